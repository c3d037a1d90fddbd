"""The `hivemind` command."""

import os
import socket
import sys
from typing import Annotated

import typer

from hivemind_core.errors import HivemindError, InputError, WorkError

ADDRESS = "127.0.0.1"

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


@application.command()
def app(
    corpus: Annotated[
        str | None,
        typer.Argument(
            metavar="CORPUS",
            help="Corpus to open first: a folder or an fsspec URL. The bundled one by default.",
        ),
    ] = None,
    port: Annotated[int, typer.Option(metavar="N", help="Port to serve at.")] = 8501,
) -> None:
    """Serve the dashboard at http://127.0.0.1:8501, to this machine alone."""
    from hivemind_core.corpus.locations import find_dashboard

    environment = dict(os.environ)
    if corpus is not None:
        environment["HIVEMIND_CORPUS"] = _locate(corpus)
    _check_port(port)
    script = find_dashboard() / "app.py"
    # -P keeps modules that lie in the current folder from standing in for installed ones.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(script)]
    options = {"address": ADDRESS, "port": str(port), "headless": "true"}
    command += [f"--server.{name}={value}" for name, value in options.items()]
    os.execve(sys.executable, command, environment)  # noqa: S606 - no shell is wanted


def _locate(locator: str) -> str:
    """Return the locator of a corpus that can be opened, so that it holds from any folder."""
    from fsspec.implementations.local import LocalFileSystem

    from hivemind_core.corpus.store import open_corpus

    try:
        corpus = open_corpus(locator)
    except (OSError, ValueError, ImportError) as error:  # what fsspec says of a URL
        raise InputError("there is no corpus to open", where=locator, found=str(error)) from error
    return corpus.root if isinstance(corpus.filesystem, LocalFileSystem) else corpus.locator


def _check_port(port: int) -> None:
    """Raise where the dashboard cannot listen, before the seconds that starting it takes."""
    if not 1 <= port <= 65535:
        raise InputError("a port is a number from 1 to 65535", where="--port", found=str(port))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise WorkError(
                "the dashboard cannot listen there",
                where=f"{ADDRESS}:{port}",
                found=(error.strerror or str(error)).lower(),
                remedy="Choose another port: --port N",
            ) from error


def main() -> None:
    """Run the command; an error meant for people is one line and an exit code."""
    try:
        application()
    except HivemindError as error:
        print(f"hivemind: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
