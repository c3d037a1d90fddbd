"""Evaluators against people: a corpus's ratings and scores as arrays, and how far they agree."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hivemind_core.corpus.store import Corpus
from hivemind_core.corpus.tables import (
    PAIR_SCORES,
    PREFERENCES,
    RATINGS,
    RESPONSES,
    SCORES,
    Table,
)
from hivemind_core.errors import InputError, shorten
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.disagreement import DIGITS, average_labels, count_labels

Annotation = Literal["absolute", "pairwise"]
ANNOTATIONS: tuple[Annotation, ...] = ("absolute", "pairwise")
FEWEST_LABELS = 2
LENGTH = "length in characters"
WITHOUT = "(none)"
"""What judgements without a criterion are asked for by, where others have one."""
Key = TypeVar("Key", bound=Hashable)
Item = tuple[str, ...]
"""The response that was rated, or the two that were compared."""


@dataclass(frozen=True)
class Scorer:
    """What scored the items.

    Attributes
    ----------
    name, kind : str
    higher_is_better : bool or None
        None where the source does not say, or contradicts itself: shown as given. A scorer that
        compares prefers the first of a pair by a positive score.
    is_for_pairs : bool
        Whether it compares two answers, and scores none by itself.
    """

    name: str
    kind: str
    higher_is_better: bool | None = None
    is_for_pairs: bool = False


@dataclass(frozen=True, eq=False)
class Panel:
    """What people and scorers say of some items.

    Attributes
    ----------
    annotation : str
    criterion : str or None
    items : tuple of Item, length n
    query_ids : tuple of str, length q
    queries : (n,) int64
        Place of each item's query in `query_ids`.
    labels : (n, r) float64
        nan where an annotator gave none.
    scores : mapping of Scorer to (n,) float64
        Turned so that more is better where the direction is stated; nan where missing.
    left_out : int
        Items with a single label, which say nothing of disagreement.
    simulated : bool
    """

    annotation: Annotation
    criterion: str | None
    items: tuple[Item, ...]
    query_ids: tuple[str, ...]
    queries: Integers
    labels: Floats
    scores: Mapping[Scorer, Floats] = field(default_factory=dict)
    left_out: int = 0
    simulated: bool = False

    def __len__(self) -> int:
        return len(self.items)

    @property
    def means(self) -> Floats:
        """Mean rating of each item, or mean preference."""
        return average_labels(self.labels)


def list_annotations(corpus: Corpus) -> tuple[Annotation, ...]:
    """Return which kinds of judgements by people a corpus holds."""
    held: dict[Annotation, Table] = {"absolute": RATINGS, "pairwise": PREFERENCES}
    rows = corpus.manifest.rows
    return tuple(name for name, table in held.items() if rows.get(table.name))


def choose_annotation(corpus: Corpus, annotation: str | None) -> Annotation:
    """Return the kind of judgements to take: the one asked for, or the first the corpus holds.

    Raises
    ------
    InputError
        If it is unknown, or the corpus holds no judgements of it.
    """
    held = list_annotations(corpus)
    if annotation is not None and annotation not in ANNOTATIONS:
        raise InputError(
            f"annotation is one of {', '.join(ANNOTATIONS)}", found=shorten(annotation)
        )
    for name in held:
        if annotation in (None, name):
            return name
    raise InputError(
        "the corpus must hold judgements by people",
        where=corpus.locator,
        found=f"no {annotation} ones" if annotation and held else "none",
        remedy="`hivemind import files --ratings` or `--preferences` brings them",
    )


def list_criteria(corpus: Corpus, annotation: Annotation) -> tuple[str | None, ...]:
    """Return the criteria that people judged by, in the order of their names."""
    table = RATINGS if annotation == "absolute" else PREFERENCES
    found = set(corpus.read(table, columns=["criterion"])["criterion"].to_pylist())
    return tuple(sorted(found, key=lambda name: (name is not None, name or "")))


def choose_criterion(corpus: Corpus, annotation: Annotation, criterion: str | None) -> str | None:
    """Return the criterion to judge by: the one asked for, or the only one.

    Raises
    ------
    InputError
        If there is none of that name, or several and none was asked for.
    """
    criteria = list_criteria(corpus, annotation)
    if criterion == WITHOUT and None in criteria:
        return None
    names = ", ".join(name if name is not None else WITHOUT for name in criteria)
    if criterion is None and len(criteria) > 1:
        raise InputError(
            "say which criterion people judged by",
            found=names,
            remedy="Name one: --criterion NAME",
        )
    if criterion is not None and criterion not in criteria:
        raise InputError(
            "the criterion must be one that people judged by",
            found=shorten(criterion),
            remedy=f"It has: {names or 'none'}",
        )
    return criterion if criterion is not None else next(iter(criteria), None)


def read_panel(
    corpus: Corpus,
    annotation: Annotation,
    criterion: str | None = None,
    *,
    without_people: bool = False,
) -> Panel:
    """Return what people and scorers say of the items of a corpus.

    Parameters
    ----------
    corpus : Corpus
    annotation : {"absolute", "pairwise"}
    criterion : str, optional
        A score without a criterion serves all.
    without_people : bool
        Whether answers by people are left out: they may be the references of metrics.

    Raises
    ------
    InputError
        If the criterion is unknown, or has to be said.
    """
    chosen = choose_criterion(corpus, annotation, criterion)
    responses = _read_responses(corpus)
    read = _read_absolute if annotation == "absolute" else _read_pairwise
    return read(corpus, chosen, responses, without_people)


@dataclass(frozen=True, eq=False)
class _Responses:
    query_of: Mapping[str, str]
    length_of: Mapping[str, float]
    people: frozenset[str]


def _read_responses(corpus: Corpus) -> _Responses:
    rows = corpus.read(RESPONSES, columns=["response_id", "query_id", "model", "text"])
    ids = rows["response_id"].to_pylist()
    lengths = pc.utf8_length(rows["text"]).to_pylist()
    human = {source.model for source in corpus.manifest.sources if source.is_human}
    people = (i for i, model in zip(ids, rows["model"].to_pylist(), strict=True) if model in human)
    return _Responses(
        dict(zip(ids, rows["query_id"].to_pylist(), strict=True)),
        {i: float(n) for i, n in zip(ids, lengths, strict=True) if n is not None},
        frozenset(people),
    )


def _read_absolute(
    corpus: Corpus, criterion: str | None, responses: _Responses, without_people: bool
) -> Panel:
    rows = _filter(corpus.read(RATINGS), criterion)
    keep = [
        one in responses.query_of and not (without_people and one in responses.people)
        for one in rows["response_id"].to_pylist()
    ]
    rows = rows.filter(pa.array(keep, pa.bool_()))
    rated = [(one,) for one in rows["response_id"].to_pylist()]
    items, labels = _spread(rated, rows["annotator_id"].to_pylist(), rows["rating"].to_numpy())
    ids = [item[0] for item in items]
    scores = _read_scores(corpus, criterion) | _count_characters(responses)
    return _make_panel(
        ("absolute", criterion),
        (items, labels),
        [responses.query_of[one] for one in ids],
        {scorer: _look_up(found, ids) for scorer, found in scores.items()},
    )


def _read_pairwise(
    corpus: Corpus, criterion: str | None, responses: _Responses, without_people: bool
) -> Panel:
    rows = _filter(corpus.read(PREFERENCES), criterion)
    asked: list[Item] = list(
        zip(rows["response_a"].to_pylist(), rows["response_b"].to_pylist(), strict=True)
    )
    keep = [not (without_people and set(pair) & responses.people) for pair in asked]
    rows = rows.filter(pa.array(keep, pa.bool_()))
    asked = [pair for pair, is_kept in zip(asked, keep, strict=True) if is_kept]
    # One pair, whichever came first; a preference then points the other way.
    pairs: list[Item] = [(min(pair), max(pair)) for pair in asked]
    turned = np.array(
        [-1.0 if one != pair else 1.0 for one, pair in zip(asked, pairs, strict=True)]
    )
    preferences = rows["preference"].to_numpy() * turned + 0.0  # no negative zero
    items, labels = _spread(pairs, rows["annotator_id"].to_pylist(), preferences)
    query_of = dict(zip(pairs, rows["query_id"].to_pylist(), strict=True))
    both = _read_scores(corpus, criterion) | _count_characters(responses)
    scores = {
        scorer: np.round(
            _look_up(found, [item[0] for item in items])
            - _look_up(found, [item[1] for item in items]),
            DIGITS,
        )
        for scorer, found in both.items()
    }
    compared = {scorer: _look_up(found, items) for scorer, found in _read_compared(corpus).items()}
    return _make_panel(
        ("pairwise", criterion),
        (items, labels),
        [query_of[one] for one in items],
        scores | compared,
    )


def _filter(rows: pa.Table, criterion: str | None) -> pa.Table:
    """Return the rows of a criterion; None: those without one."""
    column = rows["criterion"]
    return rows.filter(pc.is_null(column) if criterion is None else pc.equal(column, criterion))


def _spread(
    items: Sequence[Item], annotators: Sequence[str], values: Floats
) -> tuple[list[Item], Floats]:
    """Return the distinct items in order, and their labels with a column an annotator.

    Of an annotator who judged a pair in both orders the mean counts.
    """
    rows = {item: n for n, item in enumerate(sorted(set(items)))}
    columns = {name: n for n, name in enumerate(sorted(set(annotators)))}
    places = [rows[item] for item in items], [columns[name] for name in annotators]
    sums, counts = np.zeros((2, len(rows), len(columns)))
    np.add.at(sums, places, values)
    np.add.at(counts, places, 1)
    return list(rows), np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def _read_scores(corpus: Corpus, criterion: str | None) -> dict[Scorer, dict[str, float]]:
    """Return the scores of each scorer by response; those of the criterion, or of none."""
    rows = corpus.read(SCORES)
    mine = pc.is_null(rows["criterion"])
    if criterion is not None:
        mine = pc.or_(mine, pc.equal(rows["criterion"], criterion).fill_null(False))
    rows = rows.filter(mine)
    told = rows.to_pylist()
    directions: dict[tuple[str, str], set[bool]] = {}
    for row in told:
        stated = directions.setdefault((row["scorer"], row["kind"]), set())
        stated |= {row["higher_is_better"]} - {None}
    found: dict[Scorer, dict[str, float]] = {}
    for row in told:
        name, kind = row["scorer"], row["kind"]
        stated = directions[name, kind]
        scorer = Scorer(name, kind, next(iter(stated)) if len(stated) == 1 else None)
        sign = -1.0 if scorer.higher_is_better is False else 1.0
        # A score for the criterion wins over one for all, which comes first.
        found.setdefault(scorer, {})[row["response_id"]] = sign * row["score"]
    return found


def _count_characters(responses: _Responses) -> dict[Scorer, dict[str, float]]:
    """Return the scorer that only counts characters: the first confound to rule out."""
    return {Scorer(LENGTH, "baseline", higher_is_better=True): dict(responses.length_of)}


def _read_compared(corpus: Corpus) -> dict[Scorer, dict[Item, float]]:
    """Return the scores of scorers that only compare, by pair in the order of its ids.

    Of a pair that was compared in both orders the mean counts: what an answer gains by being
    read first cancels.
    """
    given: dict[Scorer, dict[Item, list[float]]] = {}
    for row in corpus.read(PAIR_SCORES).to_pylist():
        scorer = Scorer(row["scorer"], row["kind"], higher_is_better=True, is_for_pairs=True)
        pair = row["response_a"], row["response_b"]
        ordered = min(pair), max(pair)
        sign = 1.0 if pair == ordered else -1.0
        given.setdefault(scorer, {}).setdefault(ordered, []).append(sign * row["score"])
    return {
        scorer: {pair: float(np.mean(scores)) for pair, scores in pairs.items()}
        for scorer, pairs in given.items()
    }


def _look_up(found: Mapping[Key, float], keys: Sequence[Key]) -> Floats:
    return np.array([found.get(key, np.nan) for key in keys], np.float64)


def _make_panel(
    about: tuple[Annotation, str | None],
    judged: tuple[Sequence[Item], Floats],
    query_of: Sequence[str],
    scores: Mapping[Scorer, Floats],
) -> Panel:
    items, labels = judged
    held = np.flatnonzero(count_labels(labels) >= FEWEST_LABELS).tolist()
    query_ids = sorted({query_of[i] for i in held})
    places = {query_id: n for n, query_id in enumerate(query_ids)}
    return Panel(
        *about,
        tuple(items[i] for i in held),
        tuple(query_ids),
        np.array([places[query_of[i]] for i in held], np.int64),
        labels[held],
        {scorer: values[held] for scorer, values in scores.items() if not np.isnan(values).all()},
        len(items) - len(held),
    )
