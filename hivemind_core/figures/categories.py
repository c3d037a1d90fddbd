"""Queries by category: how alike answers are in each, in a sentence."""

from collections.abc import Sequence

from hivemind_core.figures.numbers import count, write_interval, write_number
from hivemind_core.measures.resampling import Estimate


def tell_categories(rows: Sequence[tuple[str, int, Estimate]]) -> str:
    """Return in which category models repeat themselves most, and in which least.

    Parameters
    ----------
    rows : sequence of (str, int, Estimate)
        Category, its queries, and repetition within models there; undefined ones are left out.
    """
    held = sorted((row for row in rows if row[2].is_defined), key=lambda row: -row[2].mean)
    if not held:
        return "Repetition within a model is undefined in every category."
    ends = [_name(*row) for row in (held[0], held[-1])]
    if len(held) == 1:
        return f"Models repeat themselves at {ends[0]}."
    return (
        f"Over {count(len(held), 'category')}, repetition within models ranges from {ends[1]} to "
        f"{ends[0]}."
    )


def _name(category: str, queries: int, estimate: Estimate) -> str:
    told = write_number(estimate.mean)
    if estimate.interval is not None:
        told += f" ({write_interval(estimate.interval)})"
    return f"{told} in {category} over {count(queries, 'query')}"
