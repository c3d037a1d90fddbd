"""Ways of asking side by side on one query: what each does to likeness, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.resampling import UNDEFINED, Estimate
from hivemind_core.measures.responses import Drawn, estimate_draws


@dataclass(frozen=True, eq=False)
class Design:
    """Who answered how: the sources of a query as models under arms.

    Attributes
    ----------
    models : (s,) int64
        Model of each source.
    arms : (s,) int64
        Strategy of each source, 0 <= arm; 0 is what others are held against.
    """

    models: Integers
    arms: Integers

    @property
    def count(self) -> int:
        """Number of arms."""
        return int(self.arms.max()) + 1 if len(self.arms) else 0


@dataclass(frozen=True)
class Change:
    """A number of one arm, and how far it is from that of the first arm.

    Attributes
    ----------
    value : Estimate
        Mean over the models that have it under this arm.
    difference : Estimate
        This arm minus the first, over the models that have it under both; undefined for the
        first arm itself.
    models : int
        Models, or pairs of models, that the difference is over.
    """

    value: Estimate
    difference: Estimate = UNDEFINED
    models: int = 0


def compare_within(drawn: Drawn, design: Design) -> tuple[Change, ...]:
    """Return, arm by arm, how far models repeat themselves.

    Mean over models of the mean cosine of a model's own answers under the arm. Both arms of a
    difference count the same models, so that who answered does not decide it.

    Parameters
    ----------
    drawn : Drawn
        Of the sources of the design.
    design : Design

    Returns
    -------
    tuple of Change, one an arm
        Intervals are over the answers, for this query only; there is none where a model has
        fewer than five, or was shown its earlier ones: a chain of answers is one draw.

    Notes
    -----
    An arm that makes answers longer, or off the point, moves the cosine too: read it beside
    `compare_means` of lengths. With five answers of few models an interval holds the truth nearer
    to nine times in ten than to nineteen in twenty.
    """
    return _compare(drawn.within, design, [(int(m),) for m in design.models], drawn.apart)


def compare_between(drawn: Drawn, design: Design) -> tuple[Change, ...]:
    """Return, arm by arm, how far different models repeat each other; see `compare_within`.

    Mean over pairs of models of the mean cosine of their answers under the same arm. A draw takes
    the same answers of a model in all its pairs, so that pairs which share one move together.
    """
    first, second = np.triu_indices(len(design.models), 1)
    same = design.arms[first] == design.arms[second]
    other = design.models[first] != design.models[second]
    columns = np.flatnonzero(same & other)
    names = [
        tuple(sorted((int(design.models[first[i]]), int(design.models[second[i]]))))
        for i in columns
    ]
    counts = np.minimum(drawn.apart[first], drawn.apart[second])[columns]
    pairs = Design(np.arange(len(columns)), design.arms[first][columns])
    return _compare(drawn.between[:, columns], pairs, names, counts, arms=design.count)


def compare_means(
    values: Floats, sources: Integers, drawn: Drawn, design: Design
) -> tuple[Change, ...]:
    """Return, arm by arm, the mean of something that each answer has: its length, its score.

    Parameters
    ----------
    values : (n,) float64
        Of each answer; nan where it has none.
    sources : (n,) int64
        Source of each answer, rows as they were given to `draw_responses`.
    drawn : Drawn
    design : Design

    Returns
    -------
    tuple of Change, one an arm
        Mean over models of a model's mean; see `compare_within`.
    """
    columns, counts = [], []
    for source, weights in enumerate(drawn.weights):
        own = values[sources == source]
        told = ~np.isnan(own)
        totals = weights[:, told].sum(axis=1)
        sums = weights[:, told] @ own[told]
        columns.append(np.divide(sums, totals, out=np.full(len(sums), nan), where=totals > 0))
        counts.append(min(int(told.sum()), int(drawn.apart[source])))
    table = np.column_stack([np.empty((len(drawn.within), 0)), *columns])
    return _compare(table, design, [(int(m),) for m in design.models], np.array(counts, np.int64))


def _compare(
    table: Floats,
    design: Design,
    names: Sequence[tuple[int, ...]],
    counts: Integers,
    arms: int | None = None,
) -> tuple[Change, ...]:
    """Return the mean over the columns of each arm; differences over names in both arms."""
    defined = ~np.isnan(table[0]) if len(table) else np.zeros(len(names), bool)
    columns = [
        {names[i]: i for i in np.flatnonzero((design.arms == arm) & defined).tolist()}
        for arm in range(design.count if arms is None else arms)
    ]
    changes = []
    for arm, own in enumerate(columns):
        value = _average(table, list(own.values()), counts)
        shared = sorted(own.keys() & columns[0].keys()) if arm else []
        difference = _subtract(
            table, [own[name] for name in shared], [columns[0][name] for name in shared], counts
        )
        changes.append(Change(value, difference, len(shared)))
    return tuple(changes)


def _average(table: Floats, columns: list[int], counts: Integers) -> Estimate:
    if not columns:
        return UNDEFINED
    return estimate_draws(table[:, columns].mean(axis=1), int(counts[columns].min()))


def _subtract(table: Floats, columns: list[int], others: list[int], counts: Integers) -> Estimate:
    if not columns:
        return UNDEFINED
    moved = table[:, columns].mean(axis=1) - table[:, others].mean(axis=1)
    return estimate_draws(moved, int(counts[[*columns, *others]].min()))
