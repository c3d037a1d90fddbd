"""The numbers of a corpus from the measures of its queries, with their intervals."""

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from hivemind_core.estimation import (
    Bootstrap,
    arrange_matrix,
    average_nearest,
    check_pooling,
    estimate_between,
    estimate_gap,
    estimate_people,
    estimate_within,
    explain_undefined,
    find_model_pairs,
)
from hivemind_core.measurement import COSINE, SIMILARITIES, VENDI, Homogeneity
from hivemind_core.measures.homogeneity import Floor, count_in_bins, share_above
from hivemind_core.measures.nearest import NEIGHBOURS
from hivemind_core.measures.resampling import DRAWS, FEWEST_QUERIES, Estimate

NO_PAIRS = "no query is answered by two different models"
TOO_FEW = f"an interval over queries needs {FEWEST_QUERIES} queries"


def summarise(
    corpus: str,
    encoder: str,
    measured: Homogeneity,
    pooling: str = "queries",
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the object that `hivemind measure --json` prints.

    Parameters
    ----------
    corpus, encoder : str
        Names to print.
    measured : Homogeneity
    pooling : {"queries", "pairs"}
        "queries": each query counts once. "pairs": all pairs of all queries are pooled and each
        counts once, as the paper does. Equal on a complete grid.
    draws, seed : int
        Bootstrap over queries.

    Returns
    -------
    dict
        Undefined numbers are None with a sibling "reason".

    Raises
    ------
    InputError
        If the pooling is unknown.
    """
    check_pooling(pooling)
    bootstrap = Bootstrap(pooling, draws, seed)
    people = estimate_people(measured, bootstrap)
    result: dict[str, Any] = {
        "corpus": corpus,
        "encoder": encoder,
        "queries": len(measured.query_ids),
        "responses": int(measured.counts.sum()),
        "models": [measured.sources[i].name for i in measured.models],
        "pooling": pooling,
        "floor": _describe_floor(measured.floors[COSINE]),
        "human": None if people is None else _describe_people(people),
        "intra": _summarise_intra(measured, bootstrap),
        "inter": _summarise_inter(measured, bootstrap),
        "nearest_models": _summarise_nearest(measured),
        "controls": _summarise_controls(measured, bootstrap),
    }
    if people is None:
        result["reason"] = "human: the corpus has no answers by people"
    return result


def _describe_people(people: Estimate) -> dict[str, Any]:
    told: dict[str, Any] = {"mean": _number(people.mean)}
    if told["mean"] is None:
        told["reason"] = "people answered no query twice"
    return told


def _describe_floor(
    floor: Floor, reason: str = "unrelated answers need two queries"
) -> dict[str, Any]:
    told: dict[str, Any] = {"mean": _number(floor.mean), "n_pairs": floor.pairs}
    if told["mean"] is None:
        told["reason"] = reason
    return told


def format_summary(summary: dict[str, Any]) -> str:
    """Return the summary as a table for people."""
    lines = [
        f"{summary['corpus']}: {summary['queries']} queries, {summary['responses']} responses, "
        f"encoder {summary['encoder']}, pooled by {summary['pooling']}",
        f"unrelated answers (floor)  {_show(summary['floor']['mean'])}"
        f"  over {summary['floor']['n_pairs']} pairs",
    ]
    if summary["human"] is None:
        lines.append("people                     no answers by people")
    lines += ["", f"{'within':<40} {'mean':>5}  95 % interval  queries  > .8     Vendi"]
    ranked = sorted(summary["intra"].items(), key=lambda item: -(item[1]["mean"] or -2))
    for name, row in ranked:
        above = "" if row["share_above_0_8"] is None else f"{row['share_above_0_8']:.0f} %"
        lines.append(
            f"{name[:40]:<40} {_show(row['mean']):>5}  {_show_interval(row['ci95']):<13}  "
            f"{row['queries']:>7}  {above:>4}  {_show(row['vendi']):>8}"
        )
    inter = summary["inter"]
    nearest = [f"{n}: {_show(x)}" for n, x in summary["nearest_models"].items() if n != "reason"]
    return "\n".join(
        [
            *lines,
            "",
            f"between models {_show(inter['mean'])}  {_show_interval(inter['ci95'])}",
            f"models among the N nearest  {', '.join(nearest)}",
            "",
            *_format_controls(summary["controls"]),
        ]
    )


def _format_controls(controls: dict[str, Any]) -> list[str]:
    """Return a line for each measure: within models, between them, the gap, unrelated answers."""
    head = f"{'under each measure':<20} {'within':>7} {'between':>8} {'gap':>6} {'unrelated':>10}"
    lines = [head]
    for name, part in controls["inter"].items():
        within, between, gap = (_show(part[key]["mean"]) for key in ("within", "between", "gap"))
        floor = _show(controls["floors"][name]["mean"])
        spelled = name.replace("_", "-")
        lines.append(f"{spelled:<20} {within:>7} {between:>8} {gap:>6} {floor:>10}")
    return lines


def _show(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}".replace("0.", ".", 1)


def _show_interval(interval: list[float] | None) -> str:
    return "-" if interval is None else f"[{_show(interval[0])}, {_show(interval[1])}]"


def _summarise_intra(measured: Homogeneity, bootstrap: Bootstrap) -> dict[str, Any]:
    estimates = estimate_within(measured, bootstrap)
    return {
        source.name: _summarise_source(measured, i, estimates[i])
        for i, source in enumerate(measured.sources)
    }


def _summarise_source(measured: Homogeneity, place: int, estimate: Estimate) -> dict[str, Any]:
    values = measured.within[COSINE][:, place]
    vendi = measured.within[VENDI][:, place]
    defined = ~np.isnan(values)
    row: dict[str, Any] = {
        "mean": _number(estimate.mean),
        "ci95": estimate.interval,
        "queries": estimate.queries,
        "histogram_pct": [_number(x) for x in count_in_bins(values)],
        "share_above_0_8": _number(share_above(values)),
        "vendi": _number(float(vendi[defined].mean()) if defined.any() else math.nan),
    }
    if row["mean"] is None:
        row["reason"] = "no query has two answers with a vector by this source"
    elif estimate.queries < FEWEST_QUERIES:
        row["reason"] = TOO_FEW
    return row


def _summarise_inter(measured: Homogeneity, bootstrap: Bootstrap) -> dict[str, Any]:
    means = [estimate.mean for estimate in estimate_between(measured, bootstrap)]
    matrix = arrange_matrix(means, len(measured.sources))[np.ix_(measured.models, measured.models)]
    between = estimate_gap(measured, bootstrap).between
    result: dict[str, Any] = {
        "mean": _number(between.mean),
        "ci95": between.interval,
        "matrix": [[_number(x) for x in row] for row in matrix.tolist()],
    }
    if result["mean"] is None:
        result["reason"] = NO_PAIRS
    elif result["ci95"] is None:
        result["reason"] = TOO_FEW
    return result


def _summarise_controls(measured: Homogeneity, bootstrap: Bootstrap) -> dict[str, Any]:
    """Return the numbers under every measure, and what they were taken with."""
    return {
        "sources": [asdict(source) for source in measured.sources],
        "k": measured.k,
        "threshold": measured.threshold,
        "floors": {
            name: _describe_floor(measured.floors[name], explain_undefined(measured, name))
            for name in SIMILARITIES
        },
        "intra": {name: _summarise_control(measured, bootstrap, name) for name in measured.within},
        "inter": {name: _summarise_gap(measured, bootstrap, name) for name in SIMILARITIES},
    }


def _summarise_control(
    measured: Homogeneity, bootstrap: Bootstrap, measure: str
) -> dict[str, dict[str, Any]]:
    estimates = estimate_within(measured, bootstrap, measure)
    return {
        source.name: _describe_estimate(estimate, explain_undefined(measured, measure))
        for source, estimate in zip(measured.sources, estimates, strict=True)
    }


def _summarise_gap(measured: Homogeneity, bootstrap: Bootstrap, measure: str) -> dict[str, Any]:
    found = estimate_gap(measured, bootstrap, measure)
    reason = explain_undefined(measured, measure)
    between = reason if find_model_pairs(measured) else NO_PAIRS
    return {
        "within": _describe_estimate(found.within, reason),
        "between": _describe_estimate(found.between, between),
        "gap": _describe_estimate(found.gap, between),
    }


def _describe_estimate(estimate: Estimate, reason: str) -> dict[str, Any]:
    told: dict[str, Any] = {"mean": _number(estimate.mean), "ci95": estimate.interval}
    if told["mean"] is None:
        told["reason"] = reason
    elif told["ci95"] is None:
        told["reason"] = TOO_FEW
    return told


def _summarise_nearest(measured: Homogeneity) -> dict[str, Any]:
    means = average_nearest(measured)
    result: dict[str, Any] = {
        str(count): _number(mean) for count, mean in zip(NEIGHBOURS, means.tolist(), strict=True)
    }
    missing = [count for count in NEIGHBOURS if result[str(count)] is None]
    if missing:
        result["reason"] = f"no query has more than {missing[0]} answers by models"
    return result


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
