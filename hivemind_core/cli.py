"""The `hivemind` command."""

import sys
from typing import Annotated

import typer

from hivemind_core.errors import HivemindError

application = typer.Typer(
    name="hivemind",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="See that language models, asked open-ended questions, repeat themselves and each other.",
)
import_application = typer.Typer(no_args_is_help=True, help="Bring answers into a corpus.")
application.add_typer(import_application, name="import")

CorpusArgument = Annotated[
    str, typer.Argument(metavar="CORPUS", help="Folder of the corpus, or an fsspec URL.")
]


def main() -> None:
    """Run the command; an error meant for people is one line and an exit code."""
    try:
        application()
    except HivemindError as error:
        print(f"hivemind: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
