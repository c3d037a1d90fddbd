"""`hivemind export`: what a page shows, or a talk, as a file."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hivemind_core.commands.arguments import locate
from hivemind_core.progress import show_progress


def export(
    corpus: Annotated[
        str | None,
        typer.Argument(metavar="CORPUS", help="Folder of the corpus, or an fsspec URL."),
    ] = None,
    *,
    to: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Its ending says the form: .html, .pdf, .pptx, .svg …"),
    ],
    view: Annotated[
        str | None, typer.Option(metavar="PAGE", help="Page of the dashboard: atlas, homogeneity …")
    ] = None,
    choices: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="NAME=VALUE", help="What is chosen on it, as in its address; again."
        ),
    ] = None,
    deck: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A talk of pinned views, instead of a view.")
    ] = None,
    theme: Annotated[
        str | None,
        typer.Option(help="light, or dark for .html, .svg and .png; .html follows its reader."),
    ] = None,
    live: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Dashboard that live views in .html run in.")
    ] = "",
    printed: Annotated[
        str | None,
        typer.Option(
            "--print", metavar="WIDTH", help="Figures alone, for paper: column, page, or mm."
        ),
    ] = None,
) -> None:
    """Write what a page of the dashboard shows, or a talk of pinned views, as a file."""
    from hivemind_core.corpus.locations import find_dashboard

    environment = dict(os.environ)
    if corpus is not None:
        environment["HIVEMIND_CORPUS"] = locate(corpus)
    sys.path.insert(0, str(find_dashboard()))  # where `frame` lies, in an installed package too
    from frame.exporting import Wish, export

    with show_progress() as report:
        wish = Wish(to, view, tuple(choices or ()), deck, theme, live, printed)
        done = export(wish, environment, report)
    for fault in done.faults:
        print(f"hivemind: {fault}", file=sys.stderr)
    for path in done.paths:
        print(path)
