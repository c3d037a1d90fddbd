"""What changes between two corpora, or two strategies, on the same queries."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hivemind_core.corpus.identity import Source
from hivemind_core.errors import InputError
from hivemind_core.estimation import Bootstrap, average_defined
from hivemind_core.measurement import COSINE, DISTINCT, Homogeneity
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.resampling import Estimate, estimate_columns


@dataclass(frozen=True)
class Difference:
    """A model before and after, on the queries it answered both times.

    Attributes
    ----------
    name : str
    first, second : Estimate
        Over the queries of both.
    difference : Estimate
        second - first, paired by query.
    models : int
        How many models it is the mean of.
    """

    name: str
    first: Estimate
    second: Estimate
    difference: Estimate
    models: int = 1


@dataclass(frozen=True, eq=False)
class Pairing:
    """Two sets of measures laid side by side.

    Attributes
    ----------
    names : tuple of str, length m
    first, second : (q, m) float64
        nan where either is undefined: both have the same holes.
    queries : tuple of (str, str), length q
        The ids of a query on either side.
    """

    names: tuple[str, ...]
    first: Floats
    second: Floats
    queries: tuple[tuple[str, str], ...]


def match_queries(first: Mapping[str, str], second: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the ids of the queries that two corpora share: those that read the same.

    Parameters
    ----------
    first, second : mapping of str to str
        Queries by id. White space and case do not count; of several that read the same, the one
        whose id comes first is taken.
    """
    by_text: dict[str, str] = {}
    for query_id, query in sorted(second.items(), reverse=True):
        by_text[_fold(query)] = query_id
    taken: dict[str, tuple[str, str]] = {}
    for query_id, query in sorted(first.items()):
        if _fold(query) in by_text:
            taken.setdefault(_fold(query), (query_id, by_text[_fold(query)]))
    return sorted(taken.values())


def _fold(query: str) -> str:
    return " ".join(unicodedata.normalize("NFC", query).casefold().split())


def match_models(
    first: Sequence[Source], second: Sequence[Source]
) -> list[tuple[str, Source, Source]]:
    """Return the sources of two corpora that stand for each other, with a common name.

    Those of one model and strategy; and a model that either corpus knows by one strategy only,
    whatever the strategy is called. People are no model.
    """
    first, second = ([s for s in side if s.is_model] for side in (first, second))
    known = {(source.model, source.strategy): source for source in second}
    found = ((one, known.get((one.model, one.strategy))) for one in first)
    pairs = [(one.name, one, other) for one, other in found if other is not None]
    taken = {one.model for _, one, _ in pairs}
    lone = [_find_lone(sources) for sources in (first, second)]
    pairs += [
        (model, lone[0][model], lone[1][model])
        for model in sorted(lone[0].keys() & lone[1].keys())
        if model not in taken
    ]
    return pairs


def _find_lone(sources: Sequence[Source]) -> dict[str, Source]:
    """Return the models that have one strategy only."""
    by_model: dict[str, list[Source]] = {}
    for source in sources:
        if source.model is not None:
            by_model.setdefault(source.model, []).append(source)
    return {model: found[0] for model, found in by_model.items() if len(found) == 1}


def pair_measures(
    sides: tuple[Homogeneity, Homogeneity],
    models: Sequence[tuple[str, Source, Source]],
    queries: Sequence[tuple[str, str]],
    measure: str = COSINE,
) -> Pairing:
    """Return a measure of both sides, on the queries that a model answered on both.

    Parameters
    ----------
    sides : (Homogeneity, Homogeneity)
        Under one encoder: cosines of two encoders are not on one scale.
    models : sequence of (name, source of the first side, source of the second)
    queries : sequence of (id in the first side, id in the second)
    measure : str
        One of SIMILARITIES or DIVERSITIES.

    Raises
    ------
    InputError
        If distinct answers were counted among different numbers of answers.
    """
    if measure == DISTINCT and sides[0].k != sides[1].k:
        raise InputError(
            "distinct answers can be compared among equally many only",
            found=f"among {sides[0].k} and among {sides[1].k}",
            remedy="Compare another measure",
        )
    asked = [query[0] for query in queries], [query[1] for query in queries]
    columns = (
        _pick(sides[0], [source for _, source, _ in models], asked[0], measure),
        _pick(sides[1], [source for _, _, source in models], asked[1], measure),
    )
    holes = np.isnan(columns[0]) | np.isnan(columns[1])
    first, second = (np.where(holes, np.nan, part) for part in columns)
    return Pairing(tuple(name for name, _, _ in models), first, second, tuple(queries))


def _pick(
    side: Homogeneity, sources: Sequence[Source], queries: Sequence[str], measure: str
) -> Floats:
    """Return (q, m) values; nan where the side has no such source or query."""
    rows = {query_id: i for i, query_id in enumerate(side.query_ids)}
    columns = {(source.model, source.strategy): i for i, source in enumerate(side.sources)}
    result = np.full((len(queries), len(sources)), np.nan)
    for m, source in enumerate(sources):
        column = columns.get((source.model, source.strategy))
        for q, query_id in enumerate(queries):
            if column is not None and query_id in rows:
                result[q, m] = side.within[measure][rows[query_id], column]
    return result


def estimate_differences(pairing: Pairing, bootstrap: Bootstrap) -> tuple[Difference, ...]:
    """Return the paired difference of every model, and of their mean as "all models" in front.

    A query counts once; the bootstrap draws queries, and takes both sides of a query together.
    Models without a common query are left out. With one model there is no row for all.

    Notes
    -----
    An interval that leaves out 0 says that the change is not an accident of the queries. It says
    nothing of what else differs between the sides: other samples of the same model differ too.
    """
    held = [m for m in range(len(pairing.names)) if not np.isnan(pairing.first[:, m]).all()]
    names = [pairing.names[m] for m in held]
    models = [1] * len(held)
    first, second = pairing.first[:, held], pairing.second[:, held]
    if len(held) > 1:
        names, models = ["all models", *names], [len(held), *models]
        first, second = (np.column_stack([average_defined(part), part]) for part in (first, second))
    drawn = bootstrap.draw(len(first))
    parts = [
        estimate_columns(values, np.ones_like(values), drawn)
        for values in (first, second, second - first)
    ]
    return tuple(Difference(*row) for row in zip(names, *parts, models, strict=True))
