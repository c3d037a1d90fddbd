"""Queries by category: how alike answers are in each, in a sentence."""

from collections.abc import Sequence

from hivemind_core.figures.numbers import count, write_interval, write_number
from hivemind_core.measures.resampling import FEWEST_QUERIES, Estimate

FEW = (
    f"Under {FEWEST_QUERIES} queries a number has no interval: resampling so few gives one that is "
    "far too narrow."
)


def tell_categories(rows: Sequence[tuple[str, Estimate]]) -> str:
    """Return in which category models repeat themselves most, and in which least.

    Parameters
    ----------
    rows : sequence of (str, Estimate)
        Category, and repetition within models there; undefined ones are left out. Those of fewer
        than FEWEST_QUERIES are counted and not compared.
    """
    defined = [row for row in rows if row[1].is_defined]
    held = sorted((row for row in defined if has_enough(row[1])), key=lambda row: -row[1].mean)
    few = len(defined) - len(held)
    if not defined:
        return "Repetition within a model is undefined in every category."
    if not held:
        return (
            f"No category can be told from another: {count(few, 'category')} with a number, and "
            f"none on {FEWEST_QUERIES} queries or more."
        )
    ends = [_name(*row) for row in (held[0], held[-1])]
    told = f"Models repeat themselves at {ends[0]}."
    if len(held) > 1:
        told = (
            f"Over {count(len(held), 'category')}, repetition within models ranges from {ends[1]} "
            f"to {ends[0]}."
        )
    if few:
        verb = "is" if few == 1 else "are"
        named = f"{count(few, 'category')} with fewer than {FEWEST_QUERIES} queries"
        told += f" {named} {verb} not compared."
    return told


def has_enough(estimate: Estimate) -> bool:
    """Whether a number rests on enough queries to be held against that of another category."""
    return estimate.queries >= FEWEST_QUERIES


def _name(category: str, estimate: Estimate) -> str:
    told = write_number(estimate.mean)
    if estimate.interval is not None:
        told += f" ({write_interval(estimate.interval)})"
    return f"{told} in {category} over {count(estimate.queries, 'query')}"
