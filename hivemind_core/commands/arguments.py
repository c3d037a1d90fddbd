"""What several commands take, and how they show an import."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hivemind_core.corpus.import_report import ImportReport

CorpusArgument = Annotated[
    str, typer.Argument(metavar="CORPUS", help="Folder of the corpus, or an fsspec URL.")
]
EncoderOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="all-MiniLM-L6-v2 (the default), openai:MODEL, a folder, or a hub id.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def locate(locator: str) -> str:
    """Return the locator of a corpus that can be opened, so that it holds from any folder."""
    from fsspec.implementations.local import LocalFileSystem

    from hivemind_core.corpus.store import open_corpus

    corpus = open_corpus(locator)
    return corpus.root if isinstance(corpus.filesystem, LocalFileSystem) else corpus.locator


def show_import(done: "ImportReport", as_json: bool) -> None:
    """Tell people what an import took, and programs too where they want it."""
    import json
    from dataclasses import asdict

    from hivemind_core.corpus.import_report import format_report

    print(format_report(done), file=sys.stderr)
    if as_json:
        print(json.dumps(asdict(done)))
