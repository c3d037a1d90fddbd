"""The queries whose answers are most nearly the same, in a sentence and as rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hivemind_core.figures.numbers import count, write_number
from hivemind_core.figures.reading import OPPOSITES, rank_striking
from hivemind_core.space.linking import PEOPLE

SENSES = {
    PEOPLE: "by the estimated chance that people call them the same",
    "cosine": "by the cosine of their vectors",
}


@dataclass(frozen=True)
class Sharing:
    """Who shares a group of near-identical answers, people told apart.

    Attributes
    ----------
    models, asked : int
        Models in the group, and models that answered the query.
    said, written : int
        Answers by models in the group, and to the query.
    said_by_people, written_by_people : int
        Those by people.
    """

    models: int
    asked: int
    said: int
    written: int
    said_by_people: int
    written_by_people: int


def choose_striking(groups: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows of `groups.parquet` in which answers are alike, the most striking first."""
    rows = list(groups)
    senses = {row["sense"] for row in rows if row["size"]}
    sense = PEOPLE if PEOPLE in senses else min(senses, default="")
    held = {row["query_id"]: row for row in rows if row["sense"] == sense}
    return [held[query_id] for query_id in rank_striking(rows)]


def keep_shared(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows whose group two models or more share."""
    return [row for row in rows if row["models"] > 1]


def find_widest(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the row whose group most models share; None where no two models share one."""
    return max(keep_shared(rows), key=lambda row: (row["models"], row["size"]), default=None)


def tell_striking(
    rows: Sequence[Mapping[str, Any]], queries: int, widest: Sharing | None = None
) -> str:
    """Return for how many queries different models give nearly the same answer.

    Parameters
    ----------
    rows : sequence of mapping
        See `choose_striking`.
    queries : int
        Queries that have groups, alike or not.
    widest : Sharing, optional
        Who shares the group of `find_widest`.
    """
    if not rows:
        return "No two answers to a query are nearly the same."
    shared = len(keep_shared(rows))
    if not shared:
        return (
            f"For none of {count(queries, 'query')} is there nearly the same answer by two models "
            "or more: models repeat themselves, and not each other."
        )
    told = (
        f"For {shared:,} of {count(queries, 'query')} there is nearly the same answer by two "
        "models or more"
    )
    return f"{told}; at the widest, {tell_sharing(widest)}." if widest else f"{told}."


def tell_sharing(who: Sharing) -> str:
    """Return who shares a group, as "4 of 4 models share one, in 16 of 50 answers"."""
    told = (
        f"{who.models} of {count(who.asked, 'model')} share one, in {who.said:,} of "
        f"{count(who.written, 'answer')}"
    )
    if not who.written_by_people:
        return told
    people = f"{who.said_by_people or 'none'} of {who.written_by_people:,} by people"
    return f"{told} by models and {people}"


def tell_rest(rows: Sequence[Mapping[str, Any]], shown: int) -> str:
    """Return what is not in a table of the first rows; empty where nothing is left.

    Parameters
    ----------
    rows : sequence of mapping
        See `choose_striking`.
    shown : int
        Rows in the table.
    """
    shared = len(keep_shared(rows))
    told = []
    if shared > shown:
        have = "has" if shared - shown == 1 else "have"
        told.append(f"{count(shared - shown, 'more query')} {have} a group that models share.")
    alone = len(rows) - max(shared, shown)
    if alone:
        have = "has" if alone == 1 else "have"
        told.append(f"{count(alone, 'other query')} {have} a group, but none that models share.")
    return " ".join(told)


def explain_striking(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return by what, and from where on, answers count as nearly the same; empty without rows."""
    if not rows:
        return ""
    sense, threshold = rows[0]["sense"], float(rows[0]["threshold"])
    how = SENSES.get(sense, f"by the judge {sense}")
    warning = f" {OPPOSITES}" if sense in SENSES else ""
    return (
        f"Answers are grouped {how}, from {write_number(threshold)} on, so that every two of a "
        "group are as alike as that (complete linkage). Different: the groups, an answer that is "
        f"alone counting as one.{warning} docs/sameness.md says how often people agree, and where "
        "it fails."
    )
