"""What the answers on a map say: clusters as a reading list, answers side by side, a sentence."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from hivemind_core.corpus.identity import Source
from hivemind_core.figures.numbers import count, write_number, write_percent

KEYWORDS_SHOWN = 5
LEFT_OVER = 0.6  # of a query's answers in one cluster


@dataclass(frozen=True)
class Entry:
    """One cluster of the reading list.

    Attributes
    ----------
    cluster, size, models : int
        Its number (0 is the largest), its answers, and the distinct models among them.
    medoid : str
        Response id of the answer nearest to all others.
    keywords : tuple of str
    sources : tuple of (str, int)
        Answers by source, most first.
    """

    cluster: int
    size: int
    models: int
    medoid: str
    keywords: tuple[str, ...]
    sources: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Answer:
    """A text and the ids of the answers that are word for word this text.

    `text` is None where the source withholds it.
    """

    text: str | None
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Voice:
    """A source and what it answered, repeats merged, the most repeated first."""

    source: str
    answers: tuple[Answer, ...]

    @property
    def total(self) -> int:
        """Answers, repeats counted."""
        return sum(len(answer.ids) for answer in self.answers)


def list_entries(rows: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """Return clusters as a reading list: those of most models first, then the largest.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of `clusters.parquet`. None gives an empty list.
    """
    entries = [
        Entry(
            cluster=row["cluster"],
            size=row["size"],
            models=row["models"],
            medoid=row["medoid"],
            keywords=tuple(row["keywords"] or ())[:KEYWORDS_SHOWN],
            sources=_rank(zip(row["sources"], row["source_counts"], strict=True)),
        )
        for row in rows
    ]
    return sorted(entries, key=lambda entry: (-entry.models, -entry.size, entry.cluster))


def _rank(counts: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts, key=lambda pair: (-pair[1], pair[0])))


def group_answers(rows: Iterable[Mapping[str, Any]], people: Collection[str] = ()) -> list[Voice]:
    """Return answers by source, verbatim repeats merged.

    Parameters
    ----------
    rows : iterable of mapping
        With `response_id`, `source` and `text`.
    people : collection of str
        Sources that are people; they come last.

    Returns
    -------
    list of Voice
        The source with most answers first.
    """
    texts: dict[str, dict[str | None, list[str]]] = {}
    for row in rows:
        texts.setdefault(row["source"], {}).setdefault(row["text"], []).append(row["response_id"])
    voices = [
        Voice(
            source,
            tuple(
                Answer(text, tuple(ids))
                for text, ids in sorted(by_text.items(), key=lambda item: -len(item[1]))
            ),
        )
        for source, by_text in texts.items()
    ]
    return sorted(voices, key=lambda v: (v.source in people, -v.total, v.source))


def tell_finding(
    entries: Sequence[Entry],
    present: Counter[str],
    sources: Iterable[Source],
    distinct: int,
    unplaced: int = 0,
) -> str:
    """Return the one sentence above a map: how much of it says the same.

    Parameters
    ----------
    entries : sequence of Entry
    present : Counter of str
        Answers on the map by source.
    sources : iterable of Source
        Those of the corpus.
    distinct : int
        Distinct texts among the answers.
    unplaced : int
        Answers that are not on the map: their text is empty or withheld.
    """
    total = sum(present.values())
    if total == 0 and unplaced:
        return f"{count(unplaced, 'answer')}, and no text among them to be mapped."
    if total == 0:
        return "Nobody answered this query."
    if total == 1:
        return "One answer: there is nothing to compare it with."
    if distinct == 1:
        return f"All {total} answers are word for word the same."
    if not entries:
        return f"{count(total, 'answer')}, and no group of them that reads alike."
    return _tell_largest(max(entries, key=lambda e: (e.size, -e.cluster)), present, sources)


def tell_growth(unbuilt: int, name: str) -> str:
    """Return what to do where a corpus has changed since its maps were built."""
    if unbuilt == 0:
        return f"This corpus has changed since it was built. `hivemind build {name}`"
    have = "has" if unbuilt == 1 else "have"
    return (
        f"This corpus has grown since it was built: {count(unbuilt, 'answer')} {have} no place "
        f"yet. `hivemind build {name}`"
    )


def tell_unbuilt(unbuilt: int) -> str:
    """Return how many answers the map does not hold yet."""
    return f"{count(unbuilt, 'answer')} not built yet."


def _tell_largest(entry: Entry, present: Counter[str], sources: Iterable[Source]) -> str:
    known = list(sources)
    models = {s.name: s.model for s in known if s.is_model}
    people = {s.name for s in known if s.is_human}
    written = sum(n for name, n in present.items() if name not in people)
    by_people = sum(n for name, n in present.items() if name in people)
    of_people = sum(n for name, n in entry.sources if name in people)
    asked = len({models[name] for name in present if name in models})
    said = entry.size - of_people
    verb = "lies" if said == 1 else "lie"
    who = f", from {entry.models} of {count(asked, 'model')}," if asked > 1 else ""
    if not written:
        return f"{of_people} of {count(by_people, 'answer')} by people lie in one cluster."
    sentence = f"{said} of {count(written, 'answer')}{who} {verb} in one cluster"
    if by_people:
        do = "does" if of_people < 2 else "do"
        sentence += f"; {of_people or 'none'} of {count(by_people, 'answer')} by people {do}"
    return sentence + "."


def describe_entry(entry: Entry, asked: int) -> str:
    """Return the head of a cluster in the list, e.g. "24 answers · 5 of 5 models"."""
    by = f"{entry.models} of {count(asked, 'model')}" if entry.models else "no model"
    return f"{count(entry.size, 'answer')} · {by}"


def describe_map(quality: Mapping[str, Any], unplaced: int, projection: str) -> str:
    """Return the caption under a map: how far to trust it.

    Parameters
    ----------
    quality : mapping
        A row of `map_quality.parquet`; empty where there is none.
    unplaced : int
        Answers without a place on the map.
    projection : str
        "UMAP" or "PCA": each keeps neighbours differently well.
    """
    if not quality:
        return "how far to trust it was not measured."
    trust = "pca_trustworthiness" if projection == "PCA" else "trustworthiness"
    noise = _take(quality, "noise_share")
    numbers = (
        None if noise is None else f"{write_percent(noise)} of them in no cluster",
        _name("neighbours kept (trustworthiness)", _take(quality, trust)),
        _name("clustering stability", _take(quality, "stability")),
    )
    parts = [count(quality["responses"], "answer"), *(part for part in numbers if part)]
    caption = ", ".join(parts) + "."
    if unplaced:
        caption += f" {count(unplaced, 'answer')} without text not on the map."
    if quality["reason"]:
        caption += f" {quality['reason'][:1].upper()}{quality['reason'][1:].rstrip('.')}."
    return caption


def _take(quality: Mapping[str, Any], name: str) -> float | None:
    value = quality.get(name)
    return None if value is None or isnan(value) else float(value)


def _name(words: str, value: float | None) -> str | None:
    return None if value is None else f"{words} {write_number(value)}"


def rank_striking(
    clusters: Iterable[Mapping[str, Any]], qualities: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Return queries in the order in which they are worth a look.

    A query counts by its largest cluster over several models, weighted by how stable the
    clustering is. A cluster that holds nearly every answer is what is left over when a few
    others stand apart, so it comes after those that do not.

    Parameters
    ----------
    clusters, qualities : iterable of mapping
        Rows of `clusters.parquet` and of `map_quality.parquet`.
    """
    known = {row["query_id"]: row for row in qualities}

    def weigh(row: Mapping[str, Any]) -> tuple[bool, bool, float, str]:
        quality = known.get(row["query_id"], {})
        share = row["size"] / max(quality.get("responses") or 0, row["size"], 1)
        stability = max(_take(quality, "stability") or 0.0, 0.0)
        return row["models"] < 2, share > LEFT_OVER, -row["size"] * stability, row["query_id"]

    return list(dict.fromkeys(row["query_id"] for row in sorted(clusters, key=weigh)))
