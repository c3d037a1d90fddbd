"""`hivemind import`: answers of others into a corpus."""

from pathlib import Path
from typing import Annotated

import typer

from hivemind_core.commands.arguments import CorpusArgument, JsonOption, show_import
from hivemind_core.errors import InputError, shorten
from hivemind_core.progress import show_progress

FileOption = Annotated[
    Path | None, typer.Option(metavar="F", help=".jsonl, .csv or .parquet file, or a folder.")
]


def import_files(
    corpus: CorpusArgument,
    *,
    responses: Annotated[
        Path | None,
        typer.Option(
            metavar="F|DIR",
            help="Answers, with model and query (or prompt). In a folder each file is a model.",
        ),
    ] = None,
    queries: FileOption = None,
    ratings: FileOption = None,
    preferences: FileOption = None,
    scores: FileOption = None,
    pair_scores: FileOption = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="F",
            help="Pairs by their texts: pair_id, query, response_a, response_b, which"
            " --preferences and --pair-scores then name by pair_id.",
        ),
    ] = None,
    embeddings: Annotated[
        Path | None,
        typer.Option(metavar="F", help="response_id and vector, as .parquet or .jsonl."),
    ] = None,
    encoder: Annotated[str, typer.Option(metavar="NAME", help="What made the embeddings.")] = "",
    name: Annotated[str | None, typer.Option(help="Name of the corpus.")] = None,
    source: Annotated[str | None, typer.Option(help="Where the answers come from.")] = None,
    licence: Annotated[str | None, typer.Option(help="Terms they stand under.")] = None,
    note: Annotated[str | None, typer.Option(help="What to know about them.")] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave bad rows and report them.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Merge .jsonl, .csv or .parquet files into a corpus, new or old: all rows or none."""
    from hivemind_core.corpus.files import Inputs, import_files
    from hivemind_core.corpus.merge import About

    inputs = Inputs(
        queries, responses, ratings, preferences, scores, pair_scores, pairs, embeddings, encoder
    )
    about = About(name, source, licence, note)
    with show_progress() as report:
        done = import_files(corpus, inputs, about=about, skip_bad=skip_bad, report=report)
    show_import(done, as_json)


def import_novelty_bench(
    corpus: CorpusArgument,
    folder: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="NoveltyBench's own layout on this machine."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Import NoveltyBench: 100 queries, five models and people; downloaded without --from."""
    from hivemind_core.corpus.download import download_novelty_bench
    from hivemind_core.corpus.novelty_bench import import_novelty_bench

    with show_progress() as report:
        found = folder or download_novelty_bench(report=report)
        done = import_novelty_bench(corpus, found, report=report)
    show_import(done, as_json)


def import_infinity_chat(
    corpus: CorpusArgument,
    folder: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="A folder for each data set, on this machine."),
    ] = None,
    revision: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Branch, tag or commit on the hub; now's by default."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Import Infinity-Chat: 26,070 queries, and responses that people rated or compared.

    Downloaded from the Hugging Face hub without --from.
    """
    from hivemind_core.corpus.infinity_chat import import_infinity_chat
    from hivemind_core.corpus.infinity_files import download_data_sets, find_data_sets

    if folder is not None and revision is not None:
        raise InputError("a folder has no revisions", where="--revision", found=shorten(revision))
    with show_progress() as report:
        found = (
            download_data_sets(revision, report=report)
            if folder is None
            else find_data_sets(folder)
        )
        done = import_infinity_chat(corpus, found, report=report)
    show_import(done, as_json)
