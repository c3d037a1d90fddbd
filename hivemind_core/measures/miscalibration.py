"""How far a scorer agrees with people on some items, and what arithmetic alone would give there.

Items chosen for nearly equal mean ratings, or for disagreement, differ less in their mean rating
than all items do, and a narrower range lowers any correlation. So each slice is held against what
the scorer would reach there if it related to people as it does on all items.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, nan, sqrt

import numpy as np

from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.resampling import draw_weights, find_interval
from hivemind_core.measures.slices import Mask
from hivemind_core.measures.spearman import RankedDraws, correlate, correlate_draws, rank_draws

DRAWS = 2000
FEWEST_QUERIES, FEWEST_ITEMS = 5, 20
FEWEST_WITHIN = 5  # items of a query that give a correlation of its own
FEWEST_ON_A_SIDE = 10  # draws that a share can be told from
TOO_FEW = "too few items to say"


@dataclass(frozen=True, eq=False)
class Items:
    """What people say of some items, and how they are drawn.

    Attributes
    ----------
    means : (n,) float64
        Mean rating, or mean preference; none nan.
    queries : (n,) int64
        Query of each item: the unit that is drawn.
    weights : (n, d) float64
        How often each draw takes each item, every item once in the first column.
    """

    means: Floats
    queries: Integers
    weights: Floats

    def choose(self, mask: Mask) -> "Items":
        """Return some of the items, drawn in the same draws."""
        return Items(self.means[mask], self.queries[mask], self.weights[mask])


def draw_items(means: Floats, queries: Integers, draws: int = DRAWS, seed: int = 0) -> Items:
    """Return items with bootstrap draws over their queries.

    Parameters
    ----------
    means : (n,) float64
    queries : (n,) int64
        0 <= query < q.
    draws, seed : int
    """
    q = int(queries.max(initial=-1)) + 1
    rng = np.random.default_rng(seed)
    drawn = np.concatenate([np.ones((1, q)), *draw_weights(q, draws, rng)])
    return Items(means, queries, np.ascontiguousarray(drawn.T[queries]))


@dataclass(frozen=True, eq=False)
class Ranked:
    """Items whose draws are ranked by what people say, ready for many scorers.

    Attributes
    ----------
    items : Items
    ranks : RankedDraws
    deviation : (d,) float64
        Standard deviation of the mean ratings in each draw.
    """

    items: Items
    ranks: RankedDraws
    deviation: Floats


def rank_items(items: Items) -> Ranked:
    """Return the items with their draws ranked by what people say."""
    totals = items.weights.sum(axis=0)
    safe = np.where(totals > 0, totals, nan)
    mean = items.means @ items.weights / safe
    apart = (items.means - (items.means.mean() if len(items.means) else 0)) ** 2
    shift = mean - (items.means.mean() if len(items.means) else 0)
    variance = apart @ items.weights / safe - shift**2
    deviation = np.sqrt(np.maximum(variance, 0))
    return Ranked(items, rank_draws(items.means, items.weights), deviation)


def expect_agreement(full: Floats, ratio: Floats) -> Floats:
    """Return the correlation on a narrower range, if nothing else changes.

    r u / sqrt(1 + r^2 (u^2 - 1)) (Thorndike's case 2).

    Parameters
    ----------
    full : float64
        r: the correlation on all items.
    ratio : float64
        u: the standard deviation of the mean rating among the chosen items over that among all.

    Notes
    -----
    Exact for a straight-line relation with even scatter, where items are chosen by their mean
    rating. docs/calibration.md has what it does under other choices.
    """
    root = np.sqrt(1 + full**2 * (ratio**2 - 1))
    # 0 / 0 for a perfect scorer where a draw has one mean rating only.
    return np.divide(full * ratio, root, out=np.full_like(root, nan), where=root > 0)


@dataclass(frozen=True)
class SliceResult:
    """Agreement of one scorer with people on a slice.

    Attributes
    ----------
    n, queries : int
        Items and queries with a score and ratings.
    spearman, low, high : float
        With its 95 % interval over queries.
    expected, null_low, null_high : float
        What the range alone would give, and the band in which 95 % of slices would lie that
        follow it.
    difference, difference_low, difference_high : float
        spearman - expected, with its interval.
    p : float
        Two-sided, of no difference.
    reason : str
        Why numbers are nan; empty where they are not.
    """

    n: int
    queries: int
    spearman: float = nan
    low: float = nan
    high: float = nan
    expected: float = nan
    null_low: float = nan
    null_high: float = nan
    difference: float = nan
    difference_low: float = nan
    difference_high: float = nan
    p: float = nan
    reason: str = ""


def find_shortage(items: Items, scores: Floats) -> str:
    """Return why a scorer cannot be judged on some items; empty where it can."""
    if len(scores) < FEWEST_ITEMS or len(np.unique(items.queries)) < FEWEST_QUERIES:
        return TOO_FEW
    if len(np.unique(scores)) < 2:
        return "the scores are all equal"
    if len(np.unique(items.means)) < 2:
        return "the mean ratings are all equal"
    return ""


@dataclass(frozen=True, eq=False)
class SliceDraws:
    """Agreement on a slice in every draw, the observed one first: found, and expected of range.

    Attributes
    ----------
    found, expected : (d,) float64
    """

    found: Floats
    expected: Floats

    @property
    def difference(self) -> Floats:
        """What range alone does not give, in every draw."""
        return self.found - self.expected


def draw_slice(
    full: tuple[Ranked, Floats], part: tuple[Ranked, Floats], draws_full: Floats | None = None
) -> SliceDraws | None:
    """Return the agreement on a slice in every draw; None where it cannot be judged.

    Parameters
    ----------
    full, part : (Ranked, (n,) float64)
        All items and those of the slice, each with its scores; none nan.
    draws_full : (d,) float64, optional
        What `correlate_draws` gives on all items, if it is known.
    """
    ranked, scores = part
    if find_shortage(ranked.items, scores):
        return None
    whole = correlate_draws(full[1], full[0].ranks) if draws_full is None else draws_full
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = ranked.deviation / full[0].deviation
    return SliceDraws(correlate_draws(scores, ranked.ranks), expect_agreement(whole, ratio))


def summarise_slice(part: tuple[Ranked, Floats], draws: SliceDraws | None) -> SliceResult:
    """Return the numbers of a slice from its draws."""
    ranked, scores = part
    queries = len(np.unique(ranked.items.queries))
    if draws is None:
        reason = find_shortage(ranked.items, scores)
        return SliceResult(len(scores), queries, reason=reason)
    difference = draws.difference
    low, high = find_interval(difference[1:])
    return SliceResult(
        len(scores),
        queries,
        float(draws.found[0]),
        *find_interval(draws.found[1:]),
        float(draws.expected[0]),
        float(draws.expected[0] + low - difference[0]),
        float(draws.expected[0] + high - difference[0]),
        float(difference[0]),
        low,
        high,
        find_p(difference[1:]),
    )


@dataclass(frozen=True)
class Trend:
    """How what range does not explain changes from the unanimous bin to the split one.

    Attributes
    ----------
    difference, low, high : float
        Change from the first bin to the last, by a straight line through the differences of all
        bins; with its 95 % interval. nan under two bins that can be judged.
    p : float
        Two-sided, of no change.
    """

    difference: float = nan
    low: float = nan
    high: float = nan
    p: float = nan


def find_trend(bins: Sequence[Floats]) -> Trend:
    """Return the trend over bins.

    slope * (last - first), the slope by least squares over the numbers of the bins.

    Parameters
    ----------
    bins : sequence of (d,) float64
        Differences of each bin in every draw, the observed one first, from unanimous to split.

    Notes
    -----
    All items have a say, so that it finds what a single bin is too small to show. A change that
    is not steady is flattened: look at the bins.
    """
    if len(bins) < 2:
        return Trend()
    places = np.arange(len(bins)) - (len(bins) - 1) / 2
    weights = places / (places @ places) * (len(bins) - 1)
    draws = weights @ np.array(bins)
    return Trend(float(draws[0]), *find_interval(draws[1:]), find_p(draws[1:]))


def find_p(draws: Floats) -> float:
    """Return the two-sided p of a difference of 0 from its bootstrap draws.

    Twice the smaller share of draws on either side of 0. Where a side has fewer than ten, that of
    a normal distribution of their mean and spread: the share would be too coarse to be adjusted
    for many scorers.
    """
    held = draws[~np.isnan(draws)]
    if len(held) == 0:
        return nan
    fewer = min(int((held <= 0).sum()), int((held >= 0).sum()))
    if fewer >= FEWEST_ON_A_SIDE:
        return min(1.0, 2 * fewer / len(held))
    spread = float(held.std())
    if spread == 0:
        return 1.0 if held[0] == 0 else 0.0
    return min(1.0, erfc(abs(float(held.mean())) / spread / sqrt(2)))


def adjust_p(values: Sequence[float]) -> list[float]:
    """Return p values adjusted for their number (Benjamini and Hochberg 1995); nan stay nan.

    Of what is called a difference at .05 then, 5 % is expected not to be one.
    """
    p = np.array(values, np.float64)
    held = np.flatnonzero(~np.isnan(p))
    order = held[np.argsort(p[held], kind="stable")]
    raw = p[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted = np.full(len(p), nan)
    adjusted[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1)
    return adjusted.tolist()


def correlate_within(scores: Floats, means: Floats, queries: Integers) -> tuple[float, int]:
    """Return the mean Spearman correlation within queries, and how many have one.

    Queries with at least five items count; each counts once.

    Returns
    -------
    mean : float
        nan where no query counts.
    queries : int
    """
    values = []
    for query in np.unique(queries):
        own = queries == query
        if int((own & ~np.isnan(scores)).sum()) >= FEWEST_WITHIN:
            values.append(correlate(scores[own], means[own]))
    held = [value for value in values if not np.isnan(value)]
    return (float(np.mean(held)), len(held)) if held else (nan, 0)
