"""The `hivemind` command."""

import os
import shlex
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hivemind_core.errors import CorpusError, HivemindError, InputError, WorkError, shorten
from hivemind_core.progress import show_progress

if TYPE_CHECKING:
    from hivemind_core.corpus.import_report import ImportReport

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
    dashboard = find_dashboard()
    # -P keeps modules that lie in the current folder from standing in for installed ones.
    command = [sys.executable, "-P", str(dashboard / "frame/serve.py"), str(dashboard / "app.py")]
    options = {"address": ADDRESS, "port": str(port), "headless": "true"}
    command += [f"--server.{name}={value}" for name, value in options.items()]
    os.execve(sys.executable, command, environment)  # noqa: S606 - no shell is wanted


def _locate(locator: str) -> str:
    """Return the locator of a corpus that can be opened, so that it holds from any folder."""
    from fsspec.implementations.local import LocalFileSystem

    from hivemind_core.corpus.store import open_corpus

    corpus = open_corpus(locator)
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


EncoderOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="all-MiniLM-L6-v2 (the default), openai:MODEL, a folder, or a hub id.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@application.command()
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


@application.command()
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
    print(json.dumps(summary, ensure_ascii=False) if as_json else format_summary(summary))


@application.command()
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
    print(json.dumps(described, ensure_ascii=False) if as_json else format_reports(described))


@application.command("report")
def report_command(
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


@application.command()
def score(
    corpus: CorpusArgument,
    scorer: Annotated[
        list[str],
        typer.Option(
            metavar="NAME",
            help="judge:MODEL, reward:MODEL, perplexity:MODEL, perplexity-response:MODEL, where a"
            " MODEL is a hub id, a folder, or a judge's name at its endpoint; or length. Several:"
            " name the option again.",
        ),
    ],
    everything: Annotated[
        bool, typer.Option("--all", help="Score every response, not only those people judged.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Score the responses that people rated or compared, for `hivemind calibrate`.

    Stopped at any point, it goes on where it was.
    """
    import json
    from dataclasses import asdict

    from hivemind_core.corpus.locations import find_cache_folder
    from hivemind_core.corpus.store import open_corpus
    from hivemind_core.corpus.verdict_cache import VerdictCache
    from hivemind_core.scoring import find_scorers, format_scored, read_work, score_corpus

    opened = open_corpus(corpus)
    scorers = [found for name in scorer for found in find_scorers(name, os.environ)]
    work = read_work(opened, everything=everything)
    cache = VerdictCache(find_cache_folder(os.environ) / "verdicts.sqlite")
    results = []
    for one in scorers:
        with show_progress() as report:
            opened, done = score_corpus(opened, one, work, cache, report=report)
        results.append(done)
        print(format_scored(done), file=sys.stderr)
    if as_json:
        print(json.dumps([asdict(done) for done in results]))
    if any(done.responses and not done.scored for done in results):
        raise typer.Exit(WorkError.exit_code)


@application.command("export")
def export_command(
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
        str | None, typer.Option(help="light or dark; an .html file follows its reader by default.")
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
        environment["HIVEMIND_CORPUS"] = _locate(corpus)
    sys.path.insert(0, str(find_dashboard()))  # where `frame` lies, in an installed package too
    from frame.exporting import Wish, export

    with show_progress() as report:
        wish = Wish(to, view, tuple(choices or ()), deck, theme, live, printed)
        done = export(wish, environment, report)
    for fault in done.faults:
        print(f"hivemind: {fault}", file=sys.stderr)
    for path in done.paths:
        print(path)


QueryOption = Annotated[
    list[str] | None, typer.Option(metavar="TEXT", help="What to ask; again for another.")
]
StrategyOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="How to ask; again for another. plain by default."),
]


@application.command("sample")
def sample_command(
    corpus: CorpusArgument,
    *,
    models: Annotated[
        str,
        typer.Option(
            metavar="FILE|local",
            help="TOML file of endpoints, models and strategies; or local, for the small model "
            "that runs on this machine.",
        ),
    ],
    query: QueryOption = None,
    queries: Annotated[
        Path | None, typer.Option(metavar="F", help="Queries, as .jsonl, .csv or .parquet.")
    ] = None,
    samples: Annotated[int, typer.Option(metavar="N", help="Answers of each kind.")] = 10,
    strategy: StrategyOption = None,
    max_tokens: Annotated[int, typer.Option(metavar="N", help="Tokens of an answer.")] = 512,
    budget: Annotated[
        float | None, typer.Option(metavar="USD", help="Send nothing that could cost more.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask models, and keep their answers in a corpus, new or old.

    Stopped at any point, it goes on where it was: no answer is asked for, or paid for, twice.
    """
    import json
    from dataclasses import asdict

    from hivemind_core.corpus.answer_journal import AnswerJournal
    from hivemind_core.corpus.locations import find_cache_folder
    from hivemind_core.corpus.store import open_or_create
    from hivemind_core.models.endpoint_file import find_plan
    from hivemind_core.models.local import serve_on_demand
    from hivemind_core.sampling.answers import count_answers, format_answers
    from hivemind_core.sampling.asking import Tools, sample
    from hivemind_core.sampling.orders import (
        Order,
        choose_strategies,
        count_known,
        format_cost,
        preview,
        read_queries,
    )
    from hivemind_core.sampling.storing import store

    plan = find_plan(models, os.environ)
    chosen = choose_strategies(plan, strategy or ["plain"])
    asked = read_queries(query or (), queries)
    order = Order(asked, plan.models, chosen, samples, max_tokens, budget)
    tools = Tools(AnswerJournal(find_cache_folder(os.environ) / "answers.sqlite"))
    known = count_known(order, tools.journal)
    print(format_cost(preview(order), known), file=sys.stderr)
    opened = open_or_create(corpus)
    with serve_on_demand(plan.models, os.environ) as served, show_progress() as report:
        answers = sample(replace(order, models=served), replace(tools, report=report))
    print(format_answers(answers, budget), file=sys.stderr)
    done = store(opened, answers, tools.clock)
    _show_import(done, as_json=False)
    if as_json:
        print(json.dumps(count_answers(answers) | {"report": asdict(done)}))
    if not any(answer.text for answer in answers):
        raise typer.Exit(WorkError.exit_code)


FileOption = Annotated[
    Path | None, typer.Option(metavar="F", help=".jsonl, .csv or .parquet file, or a folder.")
]


@import_application.command("files")
def import_files_command(
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
    _show_import(done, as_json)


@import_application.command("novelty-bench")
def import_novelty_bench_command(
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
    _show_import(done, as_json)


@import_application.command("infinity-chat")
def import_infinity_chat_command(
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
    _show_import(done, as_json)


def _show_import(done: "ImportReport", as_json: bool) -> None:
    import json
    from dataclasses import asdict

    from hivemind_core.corpus.import_report import format_report

    print(format_report(done), file=sys.stderr)
    if as_json:
        print(json.dumps(asdict(done)))


@application.command()
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


def main() -> None:
    """Run the command; an error meant for people is one line and an exit code."""
    try:
        application()
    except HivemindError as error:
        print(f"hivemind: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
