"""From a corpus to its views and numbers: `build`, `measure`, `calibrate`, `report`, `check`."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from hivemind_core.commands.arguments import CorpusArgument, EncoderOption, JsonOption
from hivemind_core.errors import CorpusError, InputError
from hivemind_core.figures.numbers import isolate_words
from hivemind_core.progress import show_progress


def build(
    corpus: CorpusArgument,
    encoder: EncoderOption = None,
    jobs: Annotated[int, typer.Option(metavar="N", help="Processes that draw maps.")] = 1,
    category_maps: Annotated[
        bool, typer.Option(help="Draw one map of all answers of each category too.")
    ] = True,
    judge: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Classifier that also says which answers are the same: a folder or a hub id.",
        ),
    ] = None,
) -> None:
    """Encode, map, cluster, group and measure a corpus; run it again after every import.

    Stopped at any point, it goes on where it was.
    """
    from hivemind_core.build import BuildOptions, build_corpus, choose_encoder
    from hivemind_core.corpus.store import open_corpus

    options = BuildOptions(encoder, jobs, category_maps, judge)
    with show_progress() as report:
        built, changed = build_corpus(open_corpus(corpus), options, report)
    state = "is built" if changed else "was up to date"
    name = choose_encoder(built.manifest, encoder)
    print(
        f"{built.manifest.name} {state} ({name}): hivemind app {shlex.quote(corpus)}",
        file=sys.stderr,
    )


def measure(
    corpus: CorpusArgument,
    encoder: EncoderOption = None,
    strategy: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only answers of this strategy; people are kept."),
    ] = None,
    pooling: Annotated[
        str,
        typer.Option(help="queries: each counts once. pairs: each pair of answers counts once."),
    ] = "queries",
    as_json: JsonOption = False,
) -> None:
    """Print repetition within and similarity between models, with floor, people and intervals."""
    import json

    from hivemind_core.build import choose_encoder
    from hivemind_core.corpus.embeddings import count_missing
    from hivemind_core.corpus.store import open_corpus
    from hivemind_core.estimation import check_pooling
    from hivemind_core.measurement import measure_corpus
    from hivemind_core.summary import format_summary, summarise

    check_pooling(pooling)
    opened = open_corpus(corpus)
    name = choose_encoder(opened.manifest, encoder)
    with show_progress() as report:
        measured = measure_corpus(opened, name, strategy, report)
    missing = count_missing(opened, name)
    if missing:
        left = f"hivemind: {missing:,} answers have no vector yet and are left out"
        print(f"{left}; run: hivemind build {shlex.quote(corpus)}", file=sys.stderr)
    summary = summarise(opened.manifest.name, name, measured, pooling)
    told = isolate_words(format_summary(summary))
    print(json.dumps(summary, ensure_ascii=False) if as_json else told)


def calibrate(
    corpus: CorpusArgument,
    annotation: Annotated[
        str | None,
        typer.Option(help="absolute: ratings. pairwise: preferences. What the corpus has."),
    ] = None,
    criterion: Annotated[
        str | None, typer.Option(metavar="NAME", help="What people judged by, if by several.")
    ] = None,
    bins: Annotated[int, typer.Option(metavar="N", help="Bins of disagreement.")] = 5,
    without_people: Annotated[
        bool,
        typer.Option(help="Leave out answers by people: they may be the references of metrics."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print how far evaluators agree with people, by how much people disagree."""
    import json

    from hivemind_core.calibration import (
        calibrate as calibrate_panel,
    )
    from hivemind_core.calibration import describe_reports, format_reports, list_slices
    from hivemind_core.corpus.store import open_corpus
    from hivemind_core.evaluation import choose_annotation, read_panel

    opened = open_corpus(corpus)
    if bins < 2:
        raise InputError("there are two bins at least", where="--bins", found=str(bins))
    chosen = choose_annotation(opened, annotation)
    panel = read_panel(opened, chosen, criterion, without_people=without_people)
    with show_progress() as report:
        reports = calibrate_panel(panel, slices=list_slices(panel, bins), report=report)
    described = describe_reports(panel, opened.manifest.name, reports)
    told = isolate_words(format_reports(described))
    print(json.dumps(described, ensure_ascii=False) if as_json else told)


def report(
    corpus: CorpusArgument,
    to: Annotated[Path, typer.Option(metavar="FILE", help="The .html file to write.")],
    encoder: EncoderOption = None,
) -> None:
    """Write every number of a built corpus, with its controls, as one HTML file to hand on."""
    from hivemind_core.build import choose_encoder
    from hivemind_core.corpus.store import open_corpus
    from hivemind_core.corpus.views import list_built
    from hivemind_core.report.writing import write_report

    opened = open_corpus(corpus)
    own = choose_encoder(opened.manifest, encoder)
    with show_progress() as report:
        is_known = encoder is not None or own in list_built(opened)
        write_report(opened, to, own if is_known else None, report)
    print(f"{opened.manifest.name} is told in {to}", file=sys.stderr)


def check(corpus: CorpusArgument, as_json: JsonOption = False) -> None:
    """Say whether every table is sound, and what is missing for which page."""
    import json
    from dataclasses import asdict

    from hivemind_core.corpus.check import check_corpus, format_check

    found = check_corpus(corpus)
    print(format_check(found), file=sys.stderr)
    if as_json:
        print(json.dumps(asdict(found) | {"sound": found.is_sound}))
    if not found.is_sound:
        raise typer.Exit(CorpusError.exit_code)
