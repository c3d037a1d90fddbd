"""The queries whose answers are most nearly the same, in a sentence and as rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hivemind_core.figures.numbers import count, write_number
from hivemind_core.figures.reading import rank_striking
from hivemind_core.space.linking import PEOPLE

SENSES = {
    PEOPLE: "by the estimated chance that people call them the same",
    "cosine": "by the cosine of their vectors",
}


def choose_striking(groups: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows of `groups.parquet` in which answers are alike, the most striking first."""
    rows = list(groups)
    senses = {row["sense"] for row in rows if row["size"]}
    sense = PEOPLE if PEOPLE in senses else min(senses, default="")
    held = {row["query_id"]: row for row in rows if row["sense"] == sense}
    return [held[query_id] for query_id in rank_striking(rows)]


def tell_striking(rows: Sequence[Mapping[str, Any]], queries: int) -> str:
    """Return for how many queries different models give nearly the same answer.

    Parameters
    ----------
    rows : sequence of mapping
        See `choose_striking`.
    queries : int
        Queries that have groups, alike or not.
    """
    if not rows:
        return "No two answers to a query are nearly the same."
    shared = [row for row in rows if row["models"] > 1]
    verb = "is" if len(shared) == 1 else "are"
    told = (
        f"For {len(shared):,} of {count(queries, 'query')} there {verb} nearly the same answer by "
        "two models or more"
    )
    if not shared:
        return f"{told}: models repeat themselves, and not each other."
    widest = max(shared, key=lambda row: (row["models"], row["size"]))
    return (
        f"{told}; at the widest, {count(widest['models'], 'model')} share one, in "
        f"{count(widest['size'], 'answer')} of {widest['answers']:,}."
    )


def explain_striking(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return by what, and from where on, answers count as nearly the same; empty without rows."""
    if not rows:
        return ""
    sense, threshold = rows[0]["sense"], float(rows[0]["threshold"])
    how = SENSES.get(sense, f"by the judge {sense}")
    return (
        f"Answers are grouped {how}, from {write_number(threshold)} on, so that every two of a "
        "group are as alike as that (complete linkage). Different: the groups, an answer that is "
        "alone counting as one. docs/sameness.md says how often people agree, and where it fails."
    )
