"""`hivemind app`: the dashboard."""

import os
import socket
import sys
from typing import Annotated

import typer

from hivemind_core.commands.arguments import locate
from hivemind_core.errors import InputError, WorkError

ADDRESS = "127.0.0.1"


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
        environment["HIVEMIND_CORPUS"] = locate(corpus)
    _check_port(port)
    dashboard = find_dashboard()
    # -P keeps modules that lie in the current folder from standing in for installed ones.
    command = [sys.executable, "-P", str(dashboard / "frame/serve.py"), str(dashboard / "app.py")]
    options = {"address": ADDRESS, "port": str(port), "headless": "true"}
    command += [f"--server.{name}={value}" for name, value in options.items()]
    os.execve(sys.executable, command, environment)  # noqa: S606 - no shell is wanted


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
