"""Whether the order of sources stays the same under other measures and other encoders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hivemind_core.estimation import Bootstrap, draw_within
from hivemind_core.measurement import DIVERSITIES, LEXICAL, SIMILARITIES, VENDI, Homogeneity
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.ranking import FEWEST_SOURCES, correlate_ranks, rank_columns
from hivemind_core.measures.resampling import FEWEST_QUERIES, find_interval


@dataclass(frozen=True)
class Control:
    """One way to rank sources: a measure, under an encoder.

    Attributes
    ----------
    measure : str
    encoder : str
        Empty for the measure of wording, which needs none.
    """

    measure: str
    encoder: str


@dataclass(frozen=True, eq=False)
class Robustness:
    """The same ranking under every control.

    Attributes
    ----------
    sources : tuple of str, length s
        Models only: people are a baseline.
    controls : tuple of Control, length c
        Those under which at least one source has a value.
    values : (s, c) float64
        nan where undefined.
    ranks : (s, c) float64
        1 for the most homogeneous source; equal ones share the mean.
    correlations, low, high : (c, c) float64
        Spearman's of two controls over the sources, with the ends of its 95 % interval over
        queries; nan where undefined.
    """

    sources: tuple[str, ...]
    controls: tuple[Control, ...]
    values: Floats
    ranks: Floats
    correlations: Floats
    low: Floats
    high: Floats


def list_controls(encoders: Sequence[str]) -> tuple[Control, ...]:
    """Return all the ways to rank sources, those of the first encoder first."""
    by_encoder = [
        Control(name, encoder)
        for encoder in encoders
        for name in (*SIMILARITIES, *DIVERSITIES)
        if name != LEXICAL
    ]
    return (*by_encoder, Control(LEXICAL, "")) if encoders else ()


def compare_rankings(measured: Mapping[str, Homogeneity], bootstrap: Bootstrap) -> Robustness:
    """Return the ranking of models under every measure and encoder.

    Parameters
    ----------
    measured : mapping of str to Homogeneity
        By encoder; one corpus, the same queries.
    bootstrap : Bootstrap
        Every draw takes the same queries under all controls: those that all encoders cover.

    Notes
    -----
    Where models have unequal numbers of answers, the Vendi score ranks them by these, and is left
    out. Measures of diversity rank the other way round, so that rank 1 is the most homogeneous
    everywhere. That two controls agree on the order does not make them agree on the distance.
    """
    asked = [set(one.query_ids) for one in measured.values()]
    common = set.intersection(*asked) if asked else set()
    measured = {encoder: one.choose(common) for encoder, one in measured.items()}
    names = sorted({s.name for one in measured.values() for s in one.sources if s.is_model})
    controls = list_controls(list(measured))
    drawn = {encoder: _draw(one, bootstrap, names) for encoder, one in measured.items()}
    first = next(iter(measured), "")
    tables = [drawn[control.encoder or first][control.measure] for control in controls]
    held = [c for c, table in enumerate(tables) if not np.isnan(table[0]).all()]
    values = np.array([tables[c] for c in held]).reshape(len(held), bootstrap.draws + 1, len(names))
    turned = _turn(values, [controls[c] for c in held])
    low, high = _bound_correlations(turned if len(common) >= FEWEST_QUERIES else turned[:, :1])
    return Robustness(
        tuple(names),
        tuple(controls[c] for c in held),
        values[:, 0].T,
        rank_columns(turned[:, 0].T),
        correlate_ranks(turned[:, 0].T),
        low,
        high,
    )


def _draw(one: Homogeneity, bootstrap: Bootstrap, names: Sequence[str]) -> dict[str, Floats]:
    """Return the mean of each named source in every draw, the observed one first, by measure."""
    places = {source.name: i for i, source in enumerate(one.sources)}
    found = {}
    for measure in (*SIMILARITIES, *DIVERSITIES):
        means = draw_within(one, bootstrap, measure)
        is_fair = measure != VENDI or _are_counts_equal(one)
        columns = [
            means[:, places[name]] if name in places and is_fair else np.full(len(means), np.nan)
            for name in names
        ]
        found[measure] = np.array(columns).reshape(len(names), len(means)).T
    return found


def _are_counts_equal(one: Homogeneity) -> bool:
    """Whether models mostly have equally many answers to a query: the Vendi score grows with it."""
    counts = one.counts[:, one.models]
    medians = {float(np.median(column[column > 1])) for column in counts.T if (column > 1).any()}
    return len(medians) < 2


def _turn(values: Floats, controls: Sequence[Control]) -> Floats:
    """Return the values with the most homogeneous source highest."""
    signs = np.array([-1.0 if control.measure in DIVERSITIES else 1.0 for control in controls])
    return values * signs[:, None, None]


def _bound_correlations(values: Floats) -> tuple[Floats, Floats]:
    """Return the ends of the interval of each correlation.

    Parameters
    ----------
    values : (c, draws + 1, s) float64
        The observed ones first.
    """
    c = len(values)
    low, high = np.full((c, c), np.nan), np.full((c, c), np.nan)
    held = ~np.isnan(values[:, 0])
    ranks = [rank_columns(part.T) for part in values[:, 1:]]
    for i in range(c):
        for j in range(i):
            both = held[i] & held[j]
            pair = [
                ranks[n][both] if (held[n] == both).all() else rank_columns(values[n][1:, both].T)
                for n in (i, j)
            ]
            low[i, j], high[i, j] = low[j, i], high[j, i] = find_interval(_correlate_draws(*pair))
    return low, high


def _correlate_draws(first: Floats, second: Floats) -> Floats:
    """Return the correlation of the ranks of each draw, (s, draws) each.

    nan in a draw that has no rank for one of the sources: its number would be of fewer sources.
    """
    if len(first) < FEWEST_SOURCES:
        return np.full(first.shape[1], np.nan)
    spread = [part - part.mean(axis=0) for part in (first, second)]
    scale = np.sqrt((spread[0] ** 2).sum(axis=0) * (spread[1] ** 2).sum(axis=0))
    products = (spread[0] * spread[1]).sum(axis=0)
    return np.divide(products, scale, out=np.full(len(scale), np.nan), where=scale > 0)
