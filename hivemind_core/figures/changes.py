"""What changes from one setting to another, in sentences and tables."""

from collections.abc import Sequence

import numpy as np

from hivemind_core.figures.estimates import list_ends, write_estimate
from hivemind_core.figures.numbers import count
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.resampling import Estimate


def tabulate_differences(
    rows: Sequence[tuple[str, Estimate, Estimate, Estimate]],
) -> list[dict[str, object]]:
    """Return a row a model of (name, before, after, difference)."""
    return [
        {
            "model": name,
            "from": first.mean,
            "to": second.mean,
            "difference": difference.mean,
            **list_ends(difference),
            "queries": difference.queries,
        }
        for name, first, second, difference in rows
    ]


def list_changes(
    names: Sequence[str], first: Floats, second: Floats, queries: Sequence[str]
) -> list[dict[str, object]]:
    """Return a row a model and query, the largest change first; holes are left out.

    Parameters
    ----------
    names : sequence of str, length m
    first, second : (q, m) float64
    queries : sequence of str, length q
    """
    changes = second - first
    q, m = np.nonzero(~np.isnan(changes))
    order = np.argsort(-np.abs(changes[q, m]), kind="stable")
    return [
        {
            "model": names[m[i]],
            "from": round(float(first[q[i], m[i]]), 3),
            "to": round(float(second[q[i], m[i]]), 3),
            "difference": round(float(changes[q[i], m[i]]), 3),
            "query": queries[q[i]],
        }
        for i in order.tolist()
    ]


def tell_differences(
    names: Sequence[str],
    differences: Sequence[Estimate],
    sides: tuple[str, str],
    models: int,
) -> str:
    """Return whether answers become more alike from one side to the other, and for how many models.

    Parameters
    ----------
    names : sequence of str
        Models; of several, the mean over all of them comes first.
    differences : sequence of Estimate
        Their paired differences.
    sides : (str, str)
    models : int
    """
    if not names:
        return f"Between {sides[0]} and {sides[1]} no model can be compared on a common query."
    first, own = differences[0], differences[-models:]
    if is_sure(first):
        change = f"become {'more' if first.mean > 0 else 'less'} alike"
    else:
        change = "change in no clear direction"
    sure = sum(is_sure(difference) for difference in own)
    told = (
        f"From {sides[0]} to {sides[1]}, answers by {names[0]} {change}: a difference of "
        f"{write_estimate(first)} over {count(first.queries, 'common query')}."
    )
    if models == 1:
        return told
    return f"{told} By itself, it is clear for {sure} of {count(models, 'model')}."


def is_sure(difference: Estimate) -> bool:
    """Whether the interval of a difference leaves out 0."""
    return difference.interval is not None and difference.low * difference.high > 0
