"""What asks models: `hivemind sample` for answers, `hivemind score` for what they are worth."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from hivemind_core.commands.arguments import CorpusArgument, JsonOption, show_import
from hivemind_core.errors import PARTLY_DONE, WorkError
from hivemind_core.progress import show_progress, show_wait

QueryOption = Annotated[
    list[str] | None, typer.Option(metavar="TEXT", help="What to ask; again for another.")
]
StrategyOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="How to ask; again for another. plain by default."),
]


def sample(
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

    Exit codes: 0 all answers came; 1 none did; 2 what was given is wrong;
    3 some did not, and the others are kept: run it again to ask for these.
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
    from hivemind_core.sampling.storing import check_queries, store

    plan = find_plan(models, os.environ)
    chosen = choose_strategies(plan, strategy or ["plain"])
    asked = read_queries(query or (), queries)
    order = Order(asked, plan.models, chosen, samples, max_tokens, budget)
    journal = AnswerJournal(find_cache_folder(os.environ) / "answers.sqlite")
    print(format_cost(preview(order), count_known(order, journal)), file=sys.stderr)
    opened = open_or_create(corpus)
    check_queries(opened, asked)
    with serve_on_demand(plan.models, os.environ) as served, show_progress() as report:
        tools = Tools(journal, hold=show_wait, report=report)
        answers = sample(replace(order, models=served), tools)
    print(format_answers(answers, budget), file=sys.stderr)
    done = store(opened, answers, tools.clock)
    show_import(done, as_json=False)
    if as_json:
        print(json.dumps(count_answers(answers) | {"report": asdict(done)}))
    _exit_unless_all(sum(answer.text is not None for answer in answers), len(answers))


def _exit_unless_all(came: int, asked: int) -> None:
    if came < asked:
        raise typer.Exit(PARTLY_DONE if came else WorkError.exit_code)


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
