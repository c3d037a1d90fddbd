"""What evaluators are said to do, in sentences and tables."""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan

import numpy as np

from hivemind_core.calibration import (
    BIN,
    DISAGREED,
    SIMILAR,
    SURE,
    PanelSlice,
    ScorerReport,
    SliceReport,
    name_scorers,
)
from hivemind_core.evaluation import Panel
from hivemind_core.figures.curves import Curve, Slice
from hivemind_core.figures.numbers import count, drop_nan, write_interval, write_number
from hivemind_core.figures.stamp import stamp_words
from hivemind_core.figures.verdicts import VerdictRow
from hivemind_core.figures.votes import ReliabilityRow, VoteRow
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.disagreement import count_labels
from hivemind_core.measures.votes import ShareResult

TITLES = {
    BIN: "Bins of disagreement",
    DISAGREED: "Most disagreed (nested)",
    SIMILAR: "Similar quality (nested)",
}
AXES = {
    BIN: "from unanimous to split",
    DISAGREED: "the part that people disagree about most",
    SIMILAR: "from all to nearly equal judgements",
}
EXPLAINED = (
    "Spearman's rank correlation with the mean judgement by people. Expected is what the narrower "
    "range of these means alone would give, if the scorer related to people as it does on all "
    "items; its band holds 95 % of slices that follow it. Intervals are from 2,000 draws of the "
    "queries, ranked anew; slices stay as they are. p is adjusted for all scorers and slices shown."
)
Numbers = tuple[float, ...]


def tell_panel(panel: Panel, alpha: float, ceiling: float) -> str:
    """Return what people judged, and how far they agree."""
    labels = count_labels(panel.labels)
    low, high = (int(labels.min()), int(labels.max())) if len(labels) else (0, 0)
    each = str(low) if low == high else f"{low} to {high}"
    told = (
        f"{count(len(panel), 'item')} of {count(len(panel.query_ids), 'query')}, {each} labels "
        f"each; Krippendorff's alpha {write_number(alpha)}, noise ceiling {write_number(ceiling)}"
    )
    if isnan(ceiling) and len(set(panel.means.tolist())) > 1:
        told += " (undefined: the annotators' noise explains all that their means differ by)"
    if panel.left_out:
        told += f"; {count(panel.left_out, 'item')} with a single label left out"
    return stamp_words("SIMULATED" if panel.simulated else "", f"{told}.")


def tell_scorers(reports: Sequence[ScorerReport]) -> str:
    """Return how many scorers agree less where people disagree, beyond what range explains."""
    less = [report for report in reports if report.way == "less"]
    few = sum(report.verdict.startswith("Too few items") for report in reports)
    agree = "agrees" if len(less) == 1 else "agree"
    told = (
        f"Of {count(len(reports), 'scorer')} {len(less)} {agree} less with people where people "
        "disagree, beyond what range alone explains."
    )
    return f"{told} For {few} there are too few items to say." if few else told


def find_last_bin(report: ScorerReport) -> SliceReport | None:
    """Return the bin that people disagree about most."""
    bins = [part for part in report.slices if part.kind == BIN]
    return bins[-1] if bins else None


def list_verdicts(reports: Sequence[ScorerReport]) -> list[VerdictRow]:
    """Return a row a scorer, the one that agrees most with people first; undefined ones last.

    The difference of a row is the trend over all bins, which its verdict rests on.
    """
    rows = []
    for name, report in _rank(reports):
        last = find_last_bin(report)
        if last is not None:
            trend = report.trend
            shown = replace(
                last.result,
                difference=trend.difference,
                difference_low=trend.low,
                difference_high=trend.high,
                reason=last.result.reason if isnan(trend.difference) else "",
            )
            kind = report.scorer.kind
            rows.append(VerdictRow(name, kind, report.full, shown, report.trend_p))
    return rows


def _rank(reports: Sequence[ScorerReport]) -> list[tuple[str, ScorerReport]]:
    """Return the reports with a name for each scorer, best agreement first, undefined ones last."""
    names = name_scorers([report.scorer for report in reports])
    return sorted(
        zip(names, reports, strict=True),
        key=lambda pair: (isnan(pair[1].full.spearman), -pair[1].full.spearman),
    )


def tabulate_scorers(reports: Sequence[ScorerReport]) -> list[dict[str, object]]:
    """Return a row a scorer, in the order of `list_verdicts`."""
    return [
        {
            "scorer": name,
            "kind": report.scorer.kind,
            "direction": _tell_direction(report.scorer.higher_is_better),
            "n": report.full.n,
            "spearman": drop_nan(report.full.spearman),
            "95 % from": drop_nan(report.full.low),
            "95 % to": drop_nan(report.full.high),
            "within query": drop_nan(report.within_query),
            "verdict": report.verdict,
        }
        for name, report in _rank(reports)
    ]


def _tell_direction(higher_is_better: bool | None) -> str:
    if higher_is_better is None:
        return "not stated: shown as given"
    return "higher is better" if higher_is_better else "lower is better: turned round"


def draw_curve(report: ScorerReport, kind: str) -> Curve:
    """Return the slices of one kind as a curve."""
    parts = [part for part in report.slices if part.kind == kind]
    slices = tuple(
        Slice(_name_slice(part, len(parts)), _place(part), part.result, part.ceiling)
        for part in parts
    )
    return Curve(report.scorer.name, report.full, slices)


def _place(part: SliceReport) -> float:
    return part.parameter


def _name_slice(part: SliceReport, total: int) -> str:
    if part.kind == BIN:
        ends = {1: "unanimous", total: "split"}
        return ends.get(int(part.parameter), f"{int(part.parameter)}")
    if part.kind == SIMILAR and part.parameter < 10:
        return f"k = {part.parameter:g}"
    return f"{part.parameter:g} %"


def tabulate_slices(report: ScorerReport) -> list[dict[str, object]]:
    """Return a row a slice of one scorer, with what is expected there."""
    return [
        {
            "slice": TITLES[part.kind],
            "parameter": part.parameter,
            "n": part.result.n,
            "spearman": drop_nan(part.result.spearman),
            "95 % from": drop_nan(part.result.low),
            "95 % to": drop_nan(part.result.high),
            "expected": drop_nan(part.result.expected),
            "difference": drop_nan(part.result.difference),
            "difference from": drop_nan(part.result.difference_low),
            "difference to": drop_nan(part.result.difference_high),
            "p, adjusted": drop_nan(part.p_adjusted),
            "noise ceiling": drop_nan(part.ceiling),
            "reason": part.result.reason or None,
        }
        for part in report.slices
    ]


def name_slices(slices: Sequence[PanelSlice]) -> list[str]:
    """Return what each slice of a panel is called in a list, with its number of items."""
    bins = sum(part.kind == BIN for part in slices)
    named = []
    for part in slices:
        if part.kind == BIN:
            ends = {1: ", unanimous", bins: ", split"}
            name = f"Bin {part.parameter:g} of {bins}{ends.get(int(part.parameter), '')}"
        elif part.kind == SIMILAR and part.parameter < 10:
            name = f"Similar quality, k = {part.parameter:g}"
        else:
            words = "Similar quality" if part.kind == SIMILAR else "Most disagreed"
            name = f"{words}, {part.parameter:g} %"
        named.append(f"{name} ({count(int(part.mask.sum()), 'item')})")
    return named


def tell_slice(name: str, part: SliceReport) -> str:
    """Return in a sentence how far a scorer agrees with people on a slice, beside what range gives.

    `name` is the slice's, see `name_slices`.
    """
    result = part.result
    if isnan(result.spearman):
        return f"{name}: {result.reason or 'undefined'}."
    told = f"{name}: rho {write_number(result.spearman)} "
    told += f"[{write_interval([result.low, result.high])}]"
    if isnan(result.expected):
        return f"{told}."
    told += f", where range alone would give {write_number(result.expected)}"
    between = write_interval([result.difference_low, result.difference_high])
    told += f": a difference of {write_number(result.difference)} [{between}]"
    if not isnan(part.p_adjusted):
        is_small = part.p_adjusted < 0.001
        told += ", p < .001" if is_small else f", p {write_number(part.p_adjusted, 3)}"
    return f"{told}."


def list_votes(name: str, parts: Sequence[ShareResult]) -> VoteRow:
    """Return how often a scorer takes the larger side, as a row of a figure."""
    return VoteRow(name, *_list_columns(parts))


def list_reliability(name: str, parts: Sequence[ShareResult]) -> ReliabilityRow:
    """Return what people prefer by what a scorer predicts, as a row of a figure."""
    return ReliabilityRow(name, *_list_columns(parts))


def _list_columns(
    parts: Sequence[ShareResult],
) -> tuple[Numbers, Numbers, Numbers, Numbers, tuple[int, ...]]:
    """Return places, shares, both ends of their intervals, and the pairs of each."""
    return (
        tuple(part.place for part in parts),
        tuple(part.share for part in parts),
        tuple(part.low for part in parts),
        tuple(part.high for part in parts),
        tuple(part.n for part in parts),
    )


def tell_votes(rows: Sequence[tuple[str, Sequence[ShareResult]]]) -> str:
    """Return which scorer sides with most people most often, and how on the closest votes."""
    held = [(name, [part for part in parts if part.n]) for name, parts in rows]
    known = [(name, parts, _pool(parts)) for name, parts in held if parts]
    if not known:
        return "No scorer takes a side on a pair that people split over unevenly."
    name, parts, share = max(known, key=lambda one: one[2])
    first, last = parts[0], parts[-1]
    return (
        f"{name} takes the side of most people most often, in {100 * share:.0f} % of pairs: "
        f"{100 * first.share:.0f} % where people are closest ({count(first.n, 'pair')}), "
        f"{100 * last.share:.0f} % where they agree most ({count(last.n, 'pair')})."
    )


def _pool(parts: Sequence[ShareResult]) -> float:
    """Return the share over all bins."""
    return sum(part.share * part.n for part in parts) / sum(part.n for part in parts)


def tabulate_shares(
    rows: Sequence[tuple[str, Sequence[ShareResult]]], place: str, share: str
) -> list[dict[str, object]]:
    """Return a row a scorer and bin; empty bins are left out."""
    return [
        {
            "scorer": name,
            place: part.place,
            share: drop_nan(part.share),
            "95 % from": drop_nan(part.low),
            "95 % to": drop_nan(part.high),
            "n": part.n,
        }
        for name, parts in rows
        for part in parts
        if part.n
    ]


def order_items(disagreement: Floats, *, is_split_first: bool) -> list[int]:
    """Return the items from the most split to the unanimous, or the other way round."""
    values = -disagreement if is_split_first else disagreement
    return np.argsort(values, kind="stable").tolist()


def list_items(
    panel: Panel, disagreement: Floats, order: Sequence[int], texts: Sequence[str]
) -> list[dict[str, object]]:
    """Return a row an item, in an order: how it was judged, and the query it answers.

    `texts` are the queries by the panel's own numbers.
    """
    means = panel.means
    return [
        {
            "disagreement": float(disagreement[i]),
            "mean": float(means[i]),
            "labels": int((~np.isnan(panel.labels[i])).sum()),
            "query": texts[int(panel.queries[i])],
        }
        for i in order
    ]


def count_values(panel: Panel, item: int) -> tuple[list[float], list[int]]:
    """Return the values that labels take in the panel, and how often an item has each."""
    held = panel.labels[~np.isnan(panel.labels)]
    values = np.unique(held).tolist()
    own = panel.labels[item]
    return values, [int((own == value).sum()) for value in values]


def list_beyond(reports: Sequence[ScorerReport]) -> list[dict[str, object]]:
    """Return on which slices a scorer is clearly not where range alone would put it.

    Clear: the interval of the difference leaves out 0, and p, adjusted for all scorers and slices,
    is below .05. A row a scorer and side: all its slices there, and the numbers of the one that
    lies farthest off.
    """
    names = name_scorers([report.scorer for report in reports])
    rows = []
    for name, report in zip(names, reports, strict=True):
        found = [part for part in report.slices if _is_beyond(part)]
        for side, sign in (("below", -1), ("above", 1)):
            parts = [part for part in found if part.result.difference * sign > 0]
            if parts:
                rows.append({"scorer": name, "side": side} | _tell_farthest(parts))
    return rows


def _tell_farthest(parts: Sequence[SliceReport]) -> dict[str, object]:
    """Return the names of slices, and the numbers of the one that lies farthest off."""
    kinds = {part.kind: [p.parameter for p in parts if p.kind == part.kind] for part in parts}
    named = [f"{TITLES[k]} {', '.join(f'{x:g}' for x in held)}" for k, held in kinds.items()]
    farthest = max(parts, key=lambda part: abs(part.result.difference))
    result = farthest.result
    return {
        "slices": "; ".join(named),
        "farthest": f"{TITLES[farthest.kind]} {farthest.parameter:g}",
        "n": result.n,
        "spearman": result.spearman,
        "95 % from": result.low,
        "95 % to": result.high,
        "expected": result.expected,
        "difference": result.difference,
        "difference from": result.difference_low,
        "difference to": result.difference_high,
        "p, adjusted": farthest.p_adjusted,
    }


def _is_beyond(part: SliceReport) -> bool:
    ends = part.result.difference_low, part.result.difference_high
    return (ends[0] > 0 or ends[1] < 0) and part.p_adjusted < SURE


def tell_beyond(reports: Sequence[ScorerReport]) -> str:
    """Return on how many slices scorers are below, and above, what range alone would give."""
    parts = [part for report in reports for part in report.slices]
    known = sum(not isnan(part.result.difference) for part in parts)
    beyond = [part.result.difference for part in parts if _is_beyond(part)]
    below = sum(difference < 0 for difference in beyond)
    among = f"{count(known, 'slice')} of {count(len(reports), 'scorer')}"
    if not beyond:
        return f"Of {among} none lies clearly off what range alone would give."
    return (
        f"Of {among} {below:,} {'lies' if below == 1 else 'lie'} clearly below what range alone "
        f"would give, and {len(beyond) - below:,} above."
    )
