"""How an estimate is written in sentences and in tables."""

from collections.abc import Sequence

from hivemind_core.figures.numbers import count, drop_nan, write_interval, write_number
from hivemind_core.measures.resampling import Estimate


def tell_queries(estimates: Sequence[Estimate]) -> str:
    """Return over how many queries numbers are, where it is the same for all."""
    numbers = {estimate.queries for estimate in estimates}
    return f" over {count(numbers.pop(), 'query')}" if len(numbers) == 1 else ""


def write_estimate(estimate: Estimate) -> str:
    """Return a mean with its interval in brackets, where it has one."""
    interval = estimate.interval
    told = write_number(estimate.mean)
    return told if interval is None else f"{told} ({write_interval(interval)})"


def list_ends(estimate: Estimate) -> dict[str, object]:
    """Return the ends of an interval as two columns."""
    return {"95 % from": drop_nan(estimate.low), "95 % to": drop_nan(estimate.high)}
