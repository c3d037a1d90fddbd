"""How far evaluators agree with people, slice by slice, and what is to be said of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan, sqrt
from typing import Any

import numpy as np

from hivemind_core.evaluation import Panel, Scorer
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.disagreement import (
    DIGITS,
    measure_entropy,
    measure_minority,
    measure_pairwise,
    measure_reliability,
    measure_spread,
)
from hivemind_core.measures.miscalibration import (
    DRAWS,
    TOO_FEW,
    Items,
    Ranked,
    SliceDraws,
    SliceResult,
    Trend,
    adjust_p,
    correlate_within,
    draw_items,
    draw_slice,
    find_shortage,
    find_trend,
    rank_items,
    summarise_slice,
)
from hivemind_core.measures.resampling import find_interval
from hivemind_core.measures.slices import (
    PAIRWISE_PERCENT,
    TOP_PERCENT,
    TUKEY,
    Mask,
    bin_disagreement,
    measure_agreement,
    slice_disagreed,
    slice_disagreed_pairs,
    slice_similar_pairs,
    slice_similar_quality,
)
from hivemind_core.measures.spearman import correlate_draws
from hivemind_core.progress import Report, report_nothing

BIN, DISAGREED, SIMILAR = "disagreement_bin", "disagreed", "similar_quality"
BINS = 5
SURE = 0.05
ENTROPY = "entropy"
WHOLE = "nothing to compare with: the scorer is undefined on all items"
DISAGREEMENTS: dict[str, Callable[[Floats], Floats]] = {
    ENTROPY: measure_entropy,
    "standard deviation": measure_spread,
    "pairwise disagreement": measure_pairwise,
    "share of the minority": measure_minority,
}
"""What may order items from unanimous to split; the paper's is the entropy."""


@dataclass(frozen=True, eq=False)
class PanelSlice:
    """Some items of a panel.

    Attributes
    ----------
    kind : str
        BIN, DISAGREED or SIMILAR.
    parameter : float
        Number of the bin from 1 on, per cent, or reach of Tukey's fences.
    mask : (n,) bool
    ceiling : float
        The most that any scorer can correlate with these means; nan where undefined.
    """

    kind: str
    parameter: float
    mask: Mask
    ceiling: float


@dataclass(frozen=True)
class SliceReport:
    """A scorer on a slice: see SliceResult; p is also adjusted for how many there are."""

    kind: str
    parameter: float
    result: SliceResult
    ceiling: float
    p_adjusted: float = nan


@dataclass(frozen=True)
class ScorerReport:
    """A scorer against people.

    Attributes
    ----------
    scorer : Scorer
    full : SliceResult
        On all items; nothing is expected there.
    within_query : float
        Mean correlation within queries; nan where no query has five items.
    slices : tuple of SliceReport
    trend : Trend
        Over the bins of disagreement.
    trend_p : float
        Its p, adjusted for the number of scorers.
    verdict : str
    """

    scorer: Scorer
    full: SliceResult
    within_query: float
    slices: tuple[SliceReport, ...]
    trend: Trend
    trend_p: float
    verdict: str

    @property
    def way(self) -> str:
        """Whether it agrees "less" or "more" where people disagree; "" where nothing is clear."""
        return find_way(self.scorer, self.full, self.trend, self.trend_p)


def measure_disagreement(panel: Panel, how: str = ENTROPY) -> Floats:
    """Return how much annotators disagree about each item, (n,) float64."""
    return np.round(DISAGREEMENTS[how](panel.labels), DIGITS)


def list_slices(panel: Panel, bins: int = BINS, how: str = ENTROPY) -> tuple[PanelSlice, ...]:
    """Return the slices of a panel: its bins of disagreement, then the paper's nested ones."""
    disagreement = measure_disagreement(panel, how)
    numbers = bin_disagreement(disagreement, bins)
    masks: list[tuple[str, float, Mask]] = [
        (BIN, float(number + 1), numbers == number)
        for number in range(int(numbers.max(initial=-1)) + 1)
    ]
    if panel.annotation == "absolute":
        masks += [(DISAGREED, p, slice_disagreed(disagreement, p)) for p in TOP_PERCENT]
        masks += [(SIMILAR, k, slice_similar_quality(panel.means, k)) for k in TUKEY]
    else:
        ties = (panel.labels == 0).sum(axis=1) / (~np.isnan(panel.labels)).sum(axis=1)
        agreement = measure_agreement(panel.labels)
        masks += [(DISAGREED, p, slice_disagreed_pairs(agreement, p)) for p in PAIRWISE_PERCENT]
        masks += [(SIMILAR, p, slice_similar_pairs(ties, p)) for p in PAIRWISE_PERCENT]
    return tuple(
        PanelSlice(kind, parameter, mask, find_ceiling(panel.labels[mask]))
        for kind, parameter, mask in masks
    )


def find_ceiling(labels: Floats) -> float:
    """Return the noise ceiling of some items: the root of their reliability; nan if undefined."""
    reliability = measure_reliability(labels)
    return nan if isnan(reliability) else sqrt(reliability)


def calibrate(
    panel: Panel,
    scorers: Sequence[Scorer] | None = None,
    slices: Sequence[PanelSlice] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    report: Report = report_nothing,
) -> tuple[ScorerReport, ...]:
    """Return how far each scorer agrees with people, on all items and on every slice.

    Parameters
    ----------
    panel : Panel
    scorers : sequence of Scorer, optional
        All of the panel by default.
    slices : sequence of PanelSlice, optional
        Those of `list_slices` by default; membership stays as it is in every draw.
    draws, seed : int
    report : Report

    Notes
    -----
    p values are adjusted over all scorers and slices of the call, bins and nested slices apart.
    """
    chosen = tuple(panel.scores) if scorers is None else tuple(scorers)
    parts = list_slices(panel) if slices is None else tuple(slices)
    items = draw_items(panel.means, panel.queries, draws, seed)
    full: dict[Scorer, tuple[SliceResult, Floats]] = {}
    found: dict[Scorer, list[SliceReport]] = {scorer: [] for scorer in chosen}
    bins: dict[Scorer, list[Floats]] = {scorer: [] for scorer in chosen}
    groups = _group_by_scored(panel, chosen)
    for number, (held, same) in enumerate(groups):
        whole = rank_items(_choose(items, held))
        for scorer in same:
            full[scorer] = _correlate_full(whole, panel.scores[scorer][held])
        for done, part in enumerate(parts, 1):
            # One pattern and one slice at a time: the draws of a panel take tens of megabytes.
            ranked = rank_items(_choose(items, held & part.mask))
            for scorer in same:
                scores = panel.scores[scorer]
                own = scores[held & part.mask]
                result, drawn = _compare((whole, scores[held]), (ranked, own), full[scorer][1])
                found[scorer].append(SliceReport(part.kind, part.parameter, result, part.ceiling))
                if drawn is not None and part.kind == BIN:
                    bins[scorer].append(drawn.difference)
            report("calibrate", number * len(parts) + done, len(groups) * len(parts))
    adjusted = _adjust(found)
    trends = [find_trend(bins[scorer]) for scorer in chosen]
    trend_p = adjust_p([trend.p for trend in trends])
    return tuple(
        ScorerReport(
            scorer,
            full[scorer][0],
            correlate_within(panel.scores[scorer], panel.means, panel.queries)[0],
            adjusted[scorer],
            trend,
            p,
            tell_verdict(scorer, full[scorer][0], trend, p),
        )
        for scorer, trend, p in zip(chosen, trends, trend_p, strict=True)
    )


def _group_by_scored(
    panel: Panel, scorers: Sequence[Scorer]
) -> list[tuple[Mask, tuple[Scorer, ...]]]:
    """Return which items are scored, and the scorers that scored just these."""
    groups: dict[bytes, list[Scorer]] = {}
    for scorer in scorers:
        groups.setdefault((~np.isnan(panel.scores[scorer])).tobytes(), []).append(scorer)
    return [(np.frombuffer(held, bool), tuple(same)) for held, same in groups.items()]


def _choose(items: Items, mask: Mask) -> Items:
    return items if mask.all() else items.choose(mask)


def _correlate_full(whole: Ranked, scores: Floats) -> tuple[SliceResult, Floats]:
    """Return the agreement on all items, and that of every draw."""
    n, queries = len(scores), len(np.unique(whole.items.queries))
    shortage = find_shortage(whole.items, scores)
    if shortage:
        return SliceResult(n, queries, reason=shortage), np.zeros(0)
    draws = correlate_draws(scores, whole.ranks)
    low, high = find_interval(draws[1:])
    return SliceResult(n, queries, float(draws[0]), low, high), draws


def _compare(
    full: tuple[Ranked, Floats], part: tuple[Ranked, Floats], draws: Floats
) -> tuple[SliceResult, SliceDraws | None]:
    if not len(draws):
        queries = len(np.unique(part[0].items.queries))
        return SliceResult(len(part[1]), queries, reason=WHOLE), None
    found = draw_slice(full, part, draws)
    return summarise_slice(part, found), found


def _adjust(found: dict[Scorer, list[SliceReport]]) -> dict[Scorer, tuple[SliceReport, ...]]:
    """Return the reports with p adjusted over all scorers: bins, and nested slices."""
    adjusted = {scorer: list(reports) for scorer, reports in found.items()}
    for is_bin in (True, False):
        places = [
            (scorer, n)
            for scorer, reports in found.items()
            for n, report in enumerate(reports)
            if (report.kind == BIN) == is_bin
        ]
        values = adjust_p([found[scorer][n].result.p for scorer, n in places])
        for (scorer, n), value in zip(places, values, strict=True):
            adjusted[scorer][n] = replace(found[scorer][n], p_adjusted=value)
    return {scorer: tuple(reports) for scorer, reports in adjusted.items()}


def tell_verdict(scorer: Scorer, full: SliceResult, trend: Trend, p: float) -> str:
    """Return in words whether a scorer agrees less where people disagree.

    The rule: of the trend over the bins of disagreement, what range alone does not explain. With
    p below .05, adjusted for the number of scorers, it is said in its direction; else that there
    is no sign of it; and nothing where fewer than two bins, or all items, are too few to judge, or
    where the scorer is not clearly related to people on all items. A
    scorer whose direction is not stated may go against people: then the strength of its relation
    is told, and not its agreement.
    """
    if full.reason:
        return (
            "Too few items to say." if full.reason == TOO_FEW else f"Nothing to say: {full.reason}."
        )
    if isnan(trend.difference):
        return "Too few items to say: no two bins of disagreement are large enough."
    if _is_unrelated(full):
        rho = f"{_write(full.spearman)} [{_write(full.low)}, {_write(full.high)}]"
        return f"Is not clearly related to people at all (rho {rho})."
    is_turned = _goes_against(scorer, full)
    ends = (-trend.high, -trend.low) if is_turned else (trend.low, trend.high)
    change = -trend.difference if is_turned else trend.difference
    told = f"change {_write(change)} [{_write(ends[0])}, {_write(ends[1])}]"
    verb = "Agrees" if scorer.higher_is_better is not None else "Is related to people"
    way = find_way(scorer, full, trend, p)
    if not way:
        first = "it agrees" if scorer.higher_is_better is not None else "it is related to people"
        return (
            f"No sign that {first} less where people disagree, beyond what range alone explains "
            f"({told})."
        )
    return f"{verb} {way} where people disagree, beyond what range alone explains ({told})."


def find_way(scorer: Scorer, full: SliceResult, trend: Trend, p: float) -> str:
    """Return "less" or "more" where the trend is clear, else "": the rule of `tell_verdict`."""
    if full.reason or isnan(trend.difference) or isnan(p) or p >= SURE or _is_unrelated(full):
        return ""
    return "less" if (trend.difference < 0) != _goes_against(scorer, full) else "more"


def _is_unrelated(full: SliceResult) -> bool:
    """Whether the interval of the agreement on all items holds 0: there is nothing to lose."""
    return full.low <= 0 <= full.high


def _goes_against(scorer: Scorer, full: SliceResult) -> bool:
    """Whether a scorer whose direction is not stated scores high what people rate low."""
    return scorer.higher_is_better is None and full.spearman < 0


def _write(value: float) -> str:
    return f"{value:z.2f}".replace("-", "−").replace("0.", ".", 1)


def describe_reports(
    panel: Panel, corpus: str, reports: Sequence[ScorerReport], how: str = ENTROPY
) -> dict[str, Any]:
    """Return the object that `hivemind calibrate --json` prints; undefined numbers are None."""
    names = name_scorers([report.scorer for report in reports])
    return {
        "corpus": corpus,
        "annotation": panel.annotation,
        "criterion": panel.criterion,
        "items": len(panel),
        "queries": len(panel.query_ids),
        "left_out": panel.left_out,
        "simulated": panel.simulated,
        "disagreement": how,
        "scorers": {
            name: _describe_scorer(report) for name, report in zip(names, reports, strict=True)
        },
    }


def name_scorers(scorers: Sequence[Scorer]) -> list[str]:
    """Return a name for each scorer: with its kind, or a number, where another has the same."""
    names = [scorer.name for scorer in scorers]
    kinds = [f"{scorer.name} ({scorer.kind})" for scorer in scorers]
    told = [
        kind if names.count(name) > 1 else name for name, kind in zip(names, kinds, strict=True)
    ]
    return [
        f"{name} {told[:n].count(name) + 1}" if told.count(name) > 1 else name
        for n, name in enumerate(told)
    ]


def _describe_scorer(report: ScorerReport) -> dict[str, Any]:
    full = report.full
    return {
        "kind": report.scorer.kind,
        "higher_is_better": report.scorer.higher_is_better,
        "full": {
            "n": full.n,
            "spearman": _number(full.spearman),
            "ci95": _interval(full.low, full.high),
            "within_query": _number(report.within_query),
            **({"reason": full.reason} if full.reason else {}),
        },
        "verdict": report.verdict,
        "trend": {
            "difference": _number(report.trend.difference),
            "ci95": _interval(report.trend.low, report.trend.high),
            "p_adjusted": _number(report.trend_p),
        },
        "slices": [_describe_slice(part) for part in report.slices],
    }


def _describe_slice(part: SliceReport) -> dict[str, Any]:
    found = part.result
    return {
        "slice": part.kind,
        "parameter": part.parameter,
        "n": found.n,
        "spearman": _number(found.spearman),
        "ci95": _interval(found.low, found.high),
        "expected": _number(found.expected),
        "null95": _interval(found.null_low, found.null_high),
        "ceiling": _number(part.ceiling),
        "difference": _number(found.difference),
        "difference_ci95": _interval(found.difference_low, found.difference_high),
        "p_adjusted": _number(part.p_adjusted),
        "reason": found.reason or None,
    }


def format_reports(described: dict[str, Any]) -> str:
    """Return what `describe_reports` gives as a table for people, the best scorer first."""
    criterion = f", {described['criterion']}" if described["criterion"] else ""
    lines = [
        f"{described['corpus']}: {described['annotation']} judgements{criterion}, "
        f"{described['items']} items of {described['queries']} queries"
        + (" - SIMULATED" if described["simulated"] else ""),
        f"{'scorer':<36} {'rho':>5}  95 % interval  within query  most disagreed",
    ]
    ranked = sorted(
        described["scorers"].items(), key=lambda pair: -(pair[1]["full"]["spearman"] or -2)
    )
    for name, part in ranked:
        bins = [one for one in part["slices"] if one["slice"] == BIN]
        full, last = part["full"], bins[-1]["spearman"] if bins else None
        ends = full["ci95"]
        interval = "-" if ends is None else f"[{_show(ends[0])}, {_show(ends[1])}]"
        lines.append(
            f"{name[:36]:<36} {_show(full['spearman']):>5}  {interval:<13}  "
            f"{_show(full['within_query']):>12}  {_show(last):>14}"
        )
        lines.append(f"    {part['verdict']}")
    return "\n".join(lines)


def _show(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}".replace("0.", ".", 1)


def _number(value: float) -> float | None:
    return None if isnan(value) else float(value)


def _interval(low: float, high: float) -> list[float] | None:
    return None if isnan(low) or isnan(high) else [float(low), float(high)]
