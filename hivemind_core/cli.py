"""The `hivemind` command."""

import sys
from collections.abc import Callable, Mapping

import typer

from hivemind_core.commands import asking, exporting, importing, measuring, serving
from hivemind_core.errors import HivemindError

COMMANDS: Mapping[str, Callable[..., None]] = {
    "app": serving.app,
    "build": measuring.build,
    "measure": measuring.measure,
    "calibrate": measuring.calibrate,
    "report": measuring.report,
    "score": asking.score,
    "export": exporting.export,
    "sample": asking.sample,
    "check": measuring.check,
}
IMPORTS: Mapping[str, Callable[..., None]] = {
    "files": importing.import_files,
    "novelty-bench": importing.import_novelty_bench,
    "infinity-chat": importing.import_infinity_chat,
}

application = typer.Typer(
    name="hivemind",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="See that language models, asked open-ended questions, repeat themselves and each other.",
)
for name, command in COMMANDS.items():
    application.command(name)(command)
import_application = typer.Typer(no_args_is_help=True, help="Bring answers into a corpus.")
for name, command in IMPORTS.items():
    import_application.command(name)(command)
application.add_typer(import_application, name="import")


def main() -> None:
    """Run the command; an error meant for people is one line and an exit code."""
    try:
        application()
    except HivemindError as error:
        print(f"hivemind: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
