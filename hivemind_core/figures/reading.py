"""What the answers on a map say: clusters as a reading list, answers side by side, a sentence."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from hivemind_core.corpus.calibration import Calibration
from hivemind_core.corpus.identity import Source
from hivemind_core.figures.numbers import count, write_number, write_percent
from hivemind_core.space.groups import Group
from hivemind_core.space.linking import COSINE, PEOPLE

KEYWORDS_SHOWN = 5
STEP = 0.02  # a threshold this far above the highest that was tried has not been tried
OPPOSITES = (
    "Negation hardly counts in this, so that a group may hold opposite answers in like words."
)


@dataclass(frozen=True)
class Entry:
    """A cluster, or a group of near-identical answers, in the reading list.

    Attributes
    ----------
    number : int
        0 for the largest.
    rows : tuple of int
        Its answers, as rows of the map, ascending.
    models : int
        Distinct models among them; people and withheld writers are none.
    medoid : str
        Response id of the answer nearest to all others.
    keywords : tuple of str
    sources : tuple of (str, int)
        Answers by source, most first.
    wordings : int
        Distinct texts: fewer than the answers where some are word for word the same.
    """

    number: int
    rows: tuple[int, ...]
    models: int
    medoid: str
    keywords: tuple[str, ...]
    sources: tuple[tuple[str, int], ...]
    wordings: int

    @property
    def size(self) -> int:
        """Number of answers."""
        return len(self.rows)


@dataclass(frozen=True)
class Answer:
    """Answers that are word for word the same: rows of the map."""

    rows: tuple[int, ...]


@dataclass(frozen=True)
class Voice:
    """A source and what it answered, repeats merged, the most repeated first."""

    source: str
    answers: tuple[Answer, ...]

    @property
    def total(self) -> int:
        """Answers, repeats counted."""
        return sum(len(answer.rows) for answer in self.answers)


def list_clusters(
    found: Iterable[Mapping[str, Any]], labels: Sequence[int], wordings: Sequence[int]
) -> list[Entry]:
    """Return clusters as a reading list: those of most models first, then the largest.

    Parameters
    ----------
    found : iterable of mapping
        Rows of `clusters.parquet`. None gives an empty list.
    labels, wordings : sequences of int, length n
        Cluster and wording of each answer of the map.
    """
    members: dict[int, list[int]] = {}
    for row, label in enumerate(labels):
        members.setdefault(label, []).append(row)
    entries = [
        Entry(
            number=row["cluster"],
            rows=tuple(members.get(row["cluster"], ())),
            models=row["models"],
            medoid=row["medoid"],
            keywords=tuple(row["keywords"] or ())[:KEYWORDS_SHOWN],
            sources=_rank(zip(row["sources"], row["source_counts"], strict=True)),
            wordings=len({wordings[i] for i in members.get(row["cluster"], ())}),
        )
        for row in found
    ]
    return sorted(entries, key=lambda entry: (-entry.models, -entry.size, entry.number))


def list_group_entries(
    groups: Iterable[Group], medoids: Sequence[str], keywords: Sequence[Sequence[str]]
) -> list[Entry]:
    """Return groups of near-identical answers as a reading list, in their order.

    Parameters
    ----------
    groups : iterable of Group
    medoids, keywords : sequences, one a group number
        Response id of the answer that stands for a group, and its key words.
    """
    return [
        Entry(
            number=group.number,
            rows=group.rows,
            models=group.models,
            medoid=medoids[group.number],
            keywords=tuple(keywords[group.number])[:KEYWORDS_SHOWN],
            sources=group.sources,
            wordings=group.wordings,
        )
        for group in groups
    ]


def _rank(counts: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts, key=lambda pair: (-pair[1], pair[0])))


def group_answers(
    rows: Iterable[int],
    sources: Sequence[str],
    wordings: Sequence[int],
    people: Collection[str] = (),
) -> list[Voice]:
    """Return answers by source, verbatim repeats merged.

    Parameters
    ----------
    rows : iterable of int
        Answers of the map to group.
    sources, wordings : sequences, length n
        Source and wording of every answer of the map.
    people : collection of str
        Sources that are people; they come last.

    Returns
    -------
    list of Voice
        The source with most answers first.
    """
    texts: dict[str, dict[int, list[int]]] = {}
    for row in rows:
        texts.setdefault(sources[row], {}).setdefault(wordings[row], []).append(row)
    voices = [
        Voice(
            source,
            tuple(
                Answer(tuple(same))
                for same in sorted(by_text.values(), key=lambda same: -len(same))
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
    *,
    are_groups: bool = False,
) -> str:
    """Return the one sentence above a map: how much of it says the same.

    Parameters
    ----------
    entries : sequence of Entry
        The reading list. Of groups its first is told, the one that most models share; of
        clusters the largest.
    present : Counter of str
        Answers on the map by source.
    sources : iterable of Source
        Those of the corpus.
    distinct : int
        Distinct texts among the answers.
    unplaced : int
        Answers that are not on the map: their text is empty or withheld.
    are_groups : bool
        Whether the entries are groups of near-identical answers, not clusters.
    """
    total = sum(present.values())
    if total == 0:
        withheld = f"{count(unplaced, 'answer')}, and no text among them to be mapped."
        return withheld if unplaced else "Nobody answered this query."
    if total == 1:
        return "One answer: there is nothing to compare it with."
    if distinct == 1:
        return f"All {total:,} answers are word for word the same."
    if not entries:
        alike = "no two of them nearly the same" if are_groups else "no group of them reads alike"
        return f"{count(total, 'answer')}, {alike}."
    if are_groups:
        return _tell_entry(entries[0], present, sources, ("say", "says", "nearly the same"))
    largest = max(entries, key=lambda e: (e.size, -e.number))
    return _tell_entry(largest, present, sources, ("lie", "lies", "in one cluster"))


def tell_growth(unbuilt: int, command: str) -> str:
    """Return what to do where a corpus has changed since its maps were built: run that command."""
    if unbuilt == 0:
        return f"This corpus has changed since it was built. `{command}`"
    have = "has" if unbuilt == 1 else "have"
    return (
        f"This corpus has grown since it was built: {count(unbuilt, 'answer')} {have} no place "
        f"yet. `{command}`"
    )


def tell_unbuilt(unbuilt: int) -> str:
    """Return how many answers the map does not hold yet."""
    return f"{count(unbuilt, 'answer')} not built yet."


def _tell_entry(
    entry: Entry,
    present: Counter[str],
    sources: Iterable[Source],
    words: tuple[str, str, str],
) -> str:
    """Return e.g. "7 of 50 answers, from 3 of 5 models, say nearly the same; …"."""
    known, (do, does, what) = list(sources), words
    models = {s.name: s.model for s in known if s.is_model}
    people = {s.name for s in known if s.is_human}
    written = sum(n for name, n in present.items() if name not in people)
    by_people = sum(n for name, n in present.items() if name in people)
    of_people = sum(n for name, n in entry.sources if name in people)
    asked = len({models[name] for name in present if name in models})
    said = entry.size - of_people
    who = f", from {entry.models} of {count(asked, 'model')}," if asked > 1 else ""
    if not said:
        verb = does if of_people == 1 else do
        others = f", and none of {written:,} by models" if written else ""
        return f"{of_people:,} of {count(by_people, 'answer')} by people {verb} {what}{others}."
    sentence = f"{said:,} of {count(written, 'answer')}{who} {does if said == 1 else do} {what}"
    if by_people:
        verb = "does" if of_people < 2 else "do"
        sentence += f"; {of_people or 'none'} of {count(by_people, 'answer')} by people {verb}"
    return sentence + "."


def tell_ideas(labels: Iterable[int], by_people: Iterable[bool], repeats: int) -> str:
    """Return how many different answers there are, of models and of people.

    Parameters
    ----------
    labels : iterable of int, length n
        Group of each answer; an answer in no group has its own. Negative: not grouped.
    by_people : iterable of bool, length n
    repeats : int
        Answers that repeat another word for word.
    """
    told = [(label, person) for label, person in zip(labels, by_people, strict=True) if label >= 0]
    parts = []
    for is_person, who in ((False, "models"), (True, "people")):
        mine = [label for label, person in told if person == is_person]
        if mine:
            verb = "holds" if len(mine) == 1 else "hold"
            parts.append(f"the {count(len(mine), 'answer')} by {who} {verb} {len(set(mine)):,}")
    if not parts:
        return ""
    words = f"Different answers at this threshold: {', '.join(parts)}."
    if not repeats:
        return words
    verb = "repeats" if repeats == 1 else "repeat"
    return f"{words} {count(repeats, 'answer')} {verb} another word for word."


def tell_agreement(calibration: Calibration | None, sense: str, threshold: float) -> str:
    """Return how often people would agree with what a threshold calls the same, and what it misses.

    Parameters
    ----------
    calibration : Calibration or None
        None where nobody has calibrated the encoder.
    sense : str
        A sense that it does not hold has not been checked either.
    threshold : float
    """
    if sense not in (PEOPLE, COSINE):
        return f"Judged by {sense}. How often people would agree has not been measured here."
    return f"{_tell_measured(calibration, sense, threshold)} {OPPOSITES}"


def _tell_measured(calibration: Calibration | None, sense: str, threshold: float) -> str:
    if calibration is None or sense not in calibration.senses:
        return "How often people would agree has not been measured for this encoder."
    row = calibration.find(sense, threshold)
    highest = calibration.senses[sense].rows[-1:]
    is_beyond = any(threshold >= last.threshold + STEP for last in highest)
    if row is None or is_beyond or isnan(sum((row.precision, *row.precision_ci95))):
        return "People judged too few pairs this alike to say how often they would agree."
    low, high = row.precision_ci95
    return (
        f"At {write_number(threshold)} people agree with {write_percent(row.precision)} "
        f"({100 * low:.0f} to {write_percent(high)}) of the pairs called the same; "
        f"{write_percent(row.recall)} of the pairs that people call the same are found."
    )


def describe_entry(entry: Entry, present: Counter[str], sources: Iterable[Source]) -> str:
    """Return the head of an entry, e.g. "38 of 50 answers · 11 of 12 models · 2 of 8 by people"."""
    known = list(sources)
    people = {s.name for s in known if s.is_human}
    models = {s.name: s.model for s in known if s.is_model}
    asked = len({models[name] for name in present if name in models})
    of_people = sum(n for name, n in entry.sources if name in people)
    by_people = sum(n for name, n in present.items() if name in people)
    said, written = entry.size - of_people, sum(present.values()) - by_people
    parts = []
    if said:
        parts.append(f"{said:,} of {count(written, 'answer')}")
    if entry.models and asked > 1:
        parts.append(f"{entry.models} of {count(asked, 'model')}")
    if of_people:
        parts.append(f"{of_people:,} of {by_people:,} by people")
    return " · ".join(parts)


def describe_wordings(entry: Entry) -> str:
    """Return how many answers of an entry repeat another word for word; empty for none."""
    repeats = entry.size - entry.wordings
    if entry.wordings == 1 < entry.size:
        return "all word for word the same"
    return f"{count(repeats, 'verbatim repeat')}" if repeats else ""


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


def rank_striking(groups: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return queries in the order in which they are worth a look.

    A query counts by the group of near-identical answers that most of its models share: answers
    times models. A group of one model alone comes after all that are shared.

    Parameters
    ----------
    groups : iterable of mapping
        Rows of `groups.parquet`; people's judgement goes before the cosine. Queries in which no
        two answers are alike are left out.
    """
    found = [row for row in groups if row["size"]]
    senses = {row["sense"] for row in found}
    sense = PEOPLE if PEOPLE in senses else min(senses, default="")

    def weigh(row: Mapping[str, Any]) -> tuple[bool, int, str]:
        return row["models"] < 2, -row["size"] * row["models"], row["query_id"]

    return [row["query_id"] for row in sorted(found, key=weigh) if row["sense"] == sense]
