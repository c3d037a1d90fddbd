"""What the paper's figures say, and what a user's say beside them, in sentences and tables."""

from collections.abc import Sequence

import numpy as np

from hivemind_core.figures.estimates import list_ends
from hivemind_core.figures.numbers import count, write_number
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.resampling import Estimate

PRINTED = 3  # digits of the published figures


def _print(value: float | np.floating) -> str:
    """Return a number with as many digits as the paper gives."""
    return write_number(float(value), PRINTED)


def tell_beside(what: str, mine: Estimate, published: Sequence[float], basis: str) -> str:
    """Return a user's mean beside the range of the published numbers.

    Parameters
    ----------
    what : str
        "within a model" or "between models".
    mine : Estimate
        Mean over the user's models, or pairs of them.
    published : sequence of float
    basis : str
        What the published ones are: "25 models".
    """
    theirs = (
        f"published range {_print(min(published))} to {_print(max(published))}, "
        f"mean {_print(np.mean(published))}, over {basis}"
    )
    if not mine.is_defined:
        return f"Similarity {what}: undefined for your models; {theirs}."
    ends = "" if mine.interval is None else f" ({_print(mine.low)} to {_print(mine.high)})"
    over = f"over {count(mine.queries, 'query')}"
    return f"Similarity {what}: yours {_print(mine.mean)}{ends} {over}; {theirs}."


def tell_published(within: Floats, bins: Floats) -> str:
    """Return how far the published models repeat themselves.

    Parameters
    ----------
    within : (m,) float64
    bins : (m, 10) float64
        Per cent of queries in each bin of similarity, 0-0.1 first.
    """
    above = float(bins[:, 8:].sum(axis=1).mean())
    return (
        f"Over {count(len(within), 'published model')}, {above:.1f} % of queries get answers that "
        f"are at .8 or above within a model; the mean is {_print(within.mean())}, the range "
        f"{_print(within.min())} to {_print(within.max())}."
    )


def tell_published_between(within: Floats, between: Floats) -> str:
    """Return how alike the published models are, and the gap to repetition within them.

    Parameters
    ----------
    within : (m,) float64
    between : (m, m) float64
        nan on the diagonal.
    """
    mean = float(np.nanmean(between))
    gap = float(within.mean()) - mean
    return (
        f"Over {count(len(within), 'published model')}, answers by different models are at "
        f"{_print(mean)} ({_print(np.nanmin(between))} to "
        f"{_print(np.nanmax(between))} by pair), answers by one model at "
        f"{_print(within.mean())}: a gap of {_print(gap)}."
    )


def tabulate_published(
    names: Sequence[str], within: Floats, bins: Floats
) -> list[dict[str, object]]:
    """Return a row a published model, the one that repeats itself most first."""
    order = np.argsort(-within, kind="stable").tolist()
    return [
        {
            "model": names[i],
            "mean cosine": round(float(within[i]), 3),
            "queries above .8 (%)": float(bins[i, 8:].sum()),
            **{f".{b} to {name_end(b)} (%)": float(bins[i, b]) for b in range(9, -1, -1)},
        }
        for i in order
    ]


def tabulate_beside(
    rows: Sequence[tuple[str, str, Estimate]], what: str
) -> list[dict[str, object]]:
    """Return a row for each of (name, whose it is, estimate), the highest first."""
    ranked = sorted(rows, key=lambda row: -row[2].mean)
    return [
        {
            what: name,
            "whose": whose,
            "mean cosine": estimate.mean,
            **list_ends(estimate),
        }
        for name, whose, estimate in ranked
    ]


def name_end(place: int) -> str:
    """Return the upper end of one of ten bins: ".9", "1.0"."""
    return f".{place + 1}" if place < 9 else "1.0"


def list_partners(partners: Sequence[tuple[str, float]]) -> list[dict[str, object]]:
    """Return a row a model of (name, similarity)."""
    return [{"model": name, "similarity": round(value, 3)} for name, value in partners]


def tell_encoders(mine: str, theirs: str, basis: str) -> str:
    """Return what stands between a user's numbers and the published ones."""
    told = f"Published: {theirs}, {basis}."
    if mine.rsplit(":", 1)[-1] == theirs:
        return f"{told} Yours: the same encoder, other queries: digits can be compared with care."
    return (
        f"{told} Yours: {mine}. Cosines of two encoders are not on one scale: compare the order, "
        "and how far within lies above between, not the digits."
    )
