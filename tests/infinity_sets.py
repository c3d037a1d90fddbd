"""Infinity-Chat's four data sets in their published schema, filled with text of our own."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hivemind_core.corpus.infinity_files import ABSOLUTE, EVALUATION, PAIRWISE, TAXONOMY

LABELS = (
    "Creative Content Generation",
    "Ideation and Brainstorming",
    "Concept Explanations",
    "Opinion-Based Questions",
    "Information-Seeking about Recommendations",
    "Controversial Questions with Alternative Perspectives",
    "Philosophical Questions",
    "Skill Development",
)
NOVEL = ("Roleplay of Teapots", "Riddles about <b>Soup</b>")
PLACES = ("the harbour", "a quiet library", "the night train", "a rooftop garden", "the old mill")
THINGS = ("a lost umbrella", "two clocks", "an unsent letter", "a brass key", "the last biscuit")
ASKS = ("Write a short poem about", "How should one think of", "Suggest five names for", "Explain")

CATEGORY = pa.struct(
    [("category", pa.string()), ("type", pa.string()), ("justification", pa.string())]
)
MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
RESPONSE_TYPE = pa.struct([("reasoning", pa.string()), ("classification", pa.string())])
ANNOTATION = pa.struct(
    [
        ("original_query", pa.string()),
        ("revised_query", pa.string()),
        ("meaningful_information", pa.bool_()),
        ("greeting_model_inquiry", pa.bool_()),
        ("response_type", RESPONSE_TYPE),
    ]
)
TAXONOMY_SCHEMA = pa.schema(
    [
        ("conversation_id", pa.string()),
        ("messages", pa.list_(MESSAGE)),
        ("lm_judge_annotation", ANNOTATION),
        ("categories", pa.list_(CATEGORY)),
        ("language", pa.string()),
    ]
)
EVALUATION_SCHEMA = pa.schema([("query", pa.string())])
_HUMAN = [
    ("human_labels", pa.list_(pa.int64())),
    ("human_labels_raw", pa.list_(pa.string())),
    ("form_id", pa.string()),
    ("question_id", pa.string()),
]
ABSOLUTE_SCHEMA = pa.schema([("user_query", pa.string()), ("response", pa.string()), *_HUMAN])
PAIRWISE_SCHEMA = pa.schema(
    [
        ("user_query", pa.string()),
        ("response_1", pa.string()),
        ("response_2", pa.string()),
        *_HUMAN,
    ]
)

Rows = list[dict[str, object]]


@dataclass(frozen=True)
class Sizes:
    """How many rows each data set has; the published ones by default."""

    queries: int = 26_070
    evaluation: int = 100
    absolute: int = 750
    pairwise: int = 500


def name_query(number: int) -> str:
    """Return the text of a query: no two numbers have the same."""
    ask, thing = ASKS[number % len(ASKS)], THINGS[number // 4 % len(THINGS)]
    return f"{ask} {thing} at {PLACES[number // 20 % len(PLACES)]}, no. {number}"


def make_taxonomy_row(number: int, *labels: str, **more: object) -> dict[str, object]:
    """Return one query with its labels; `more` replaces columns."""
    text = name_query(number)
    row: dict[str, object] = {
        "conversation_id": f"c{number:05}",
        "messages": [{"role": "user", "content": f"{text}!!"}],
        "lm_judge_annotation": annotate(f"{text}!", text),
        "categories": [
            {
                "category": label,
                "type": "new" if label in NOVEL else "predefined",
                "justification": "It is.",
            }
            for label in labels
        ],
        "language": "English",
    }
    return row | more


def annotate(original: str | None, revised: str | None) -> dict[str, object]:
    return {
        "original_query": original,
        "revised_query": revised,
        "meaningful_information": True,
        "greeting_model_inquiry": False,
        "response_type": {"reasoning": "Many answers fit.", "classification": "many"},
    }


def rate_response(query: str, response: str | None, *labels: int | None) -> dict[str, object]:
    return {
        "user_query": query,
        "response": response,
        "human_labels": list(labels),
        "human_labels_raw": [str(label) for label in labels],
        "form_id": "f1",
        "question_id": "q1",
    }


def compare_responses(query: str, first: str, second: str, *labels: int) -> dict[str, object]:
    row = rate_response(query, first, *labels)
    del row["response"]
    return row | {"response_1": first, "response_2": second}


def generate(sizes: Sizes, seed: int = 0) -> dict[str, Rows]:
    """Return the rows of all four data sets, odd ones among them."""
    generator = np.random.default_rng(seed)
    taxonomy = []
    for number in range(sizes.queries):
        count = int(generator.integers(1, 5))
        names = list(generator.choice(LABELS, count, replace=False))
        if number % 50 == 7:
            names.append(NOVEL[number // 50 % 2])
        taxonomy.append(make_taxonomy_row(number, *names))
        if number % 10 == 3:  # the query was good as it was
            taxonomy[-1]["lm_judge_annotation"] = annotate(name_query(number), None)
    evaluation: Rows = [{"query": name_query(7 * number)} for number in range(sizes.evaluation)]
    return {
        TAXONOMY: taxonomy,
        EVALUATION: evaluation,
        ABSOLUTE: _generate_ratings(sizes.absolute, generator),
        PAIRWISE: _generate_preferences(sizes.pairwise, generator),
    }


def _generate_ratings(size: int, generator: np.random.Generator) -> Rows:
    rows = []
    for number in range(size):
        centre, count = generator.uniform(1, 5), int(generator.integers(23, 27))
        labels = np.clip(np.rint(generator.normal(centre, 1, count)), 1, 5).astype(int)
        rows.append(rate_response(name_query(7 * (number // 15)), f"Text {number}.", *labels))
    return rows


def _generate_preferences(size: int, generator: np.random.Generator) -> Rows:
    rows = []
    for number in range(size):
        labels = generator.integers(-2, 3, int(generator.integers(23, 27)))
        query = number // 10
        pair = (f"Text {15 * query + number % 10}.", f"Text {15 * query + number % 10 + 1}.")
        rows.append(compare_responses(name_query(7 * query), *pair, *labels.tolist()))
    return rows


SCHEMAS = {
    TAXONOMY: TAXONOMY_SCHEMA,
    EVALUATION: EVALUATION_SCHEMA,
    ABSOLUTE: ABSOLUTE_SCHEMA,
    PAIRWISE: PAIRWISE_SCHEMA,
}


def write_sets(folder: Path, rows: dict[str, Rows], shards: int = 1) -> Path:
    """Write data sets as the hub has them: one folder each, Parquet files under `data`."""
    for name, own in rows.items():
        place = folder / name / "data"
        place.mkdir(parents=True, exist_ok=True)
        for shard in range(shards):
            table = pa.Table.from_pylist(own[shard::shards], schema=SCHEMAS[name])
            pq.write_table(table, place / f"train-{shard:05}-of-{shards:05}.parquet")
    return folder
