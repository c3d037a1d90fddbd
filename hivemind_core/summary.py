"""The numbers of a corpus from the measures of its queries, with their intervals."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from hivemind_core.errors import InputError, shorten
from hivemind_core.measurement import Homogeneity
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.homogeneity import count_in_bins, share_above
from hivemind_core.measures.nearest import NEIGHBOURS
from hivemind_core.measures.resampling import DRAWS, average, draw_weights, find_interval, resample

POOLINGS = ("queries", "pairs")
FEWEST_QUERIES = 2
TOO_FEW = "an interval over queries needs two queries"


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
    weights = list(draw_weights(len(measured.query_ids), draws, np.random.default_rng(seed)))
    models = [i for i, source in enumerate(measured.sources) if source.is_model]
    humans = [i for i, source in enumerate(measured.sources) if source.is_human]
    intra = {
        source.name: _summarise_source(measured, i, pooling, weights)
        for i, source in enumerate(measured.sources)
    }
    result: dict[str, Any] = {
        "corpus": corpus,
        "encoder": encoder,
        "queries": len(measured.query_ids),
        "responses": int(measured.counts.sum()),
        "models": [measured.sources[i].name for i in models],
        "pooling": pooling,
        "floor": {"mean": _number(measured.floor), "n_pairs": measured.floor_pairs},
        "human": {"mean": _average_people(intra, measured, humans)} if humans else None,
        "intra": intra,
        "inter": _summarise_inter(measured, models, pooling, weights),
        "nearest_models": _summarise_nearest(measured),
    }
    if not humans:
        result["reason"] = "human: the corpus has no answers by people"
    if result["floor"]["mean"] is None:
        result["floor"]["reason"] = "unrelated answers need two queries"
    return result


def _average_people(
    intra: dict[str, dict[str, Any]], measured: Homogeneity, humans: list[int]
) -> float | None:
    """Return the mean over the sources that are people; groups of people count alike."""
    means = [intra[measured.sources[i].name]["mean"] for i in humans]
    defined = [mean for mean in means if mean is not None]
    return sum(defined) / len(defined) if defined else None


def check_pooling(pooling: str) -> None:
    """Raise an InputError unless the pooling is one of POOLINGS."""
    if pooling not in POOLINGS:
        raise InputError(f"pooling is one of {', '.join(POOLINGS)}", found=shorten(pooling))


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
    lines += ["", f"{'within':<40} {'mean':>5}  95 % interval  queries  > .8  distinct"]
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
        ]
    )


def _show(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}".replace("0.", ".", 1)


def _show_interval(interval: list[float] | None) -> str:
    return "-" if interval is None else f"[{_show(interval[0])}, {_show(interval[1])}]"


def _weigh(counts: Floats, pooling: str) -> Floats:
    return counts if pooling == "pairs" else np.ones_like(counts)


def _summarise_source(
    measured: Homogeneity, column: int, pooling: str, weights: list[Floats]
) -> dict[str, Any]:
    values = measured.intra[:, [column]]
    n = measured.counts[:, [column]].astype(np.float64)
    pairs = _weigh(n * (n - 1) / 2, pooling)
    vendi = measured.vendi[:, column]
    defined = ~np.isnan(values[:, 0])
    enough = int(defined.sum()) >= FEWEST_QUERIES
    draws = np.concatenate(resample(values, pairs, weights)) if enough else np.zeros(0)
    row: dict[str, Any] = {
        "mean": _number(float(average(values, pairs)[0])),
        "ci95": _interval(draws),
        "queries": int(defined.sum()),
        "histogram_pct": [_number(x) for x in count_in_bins(values[:, 0])],
        "share_above_0_8": _number(share_above(values[:, 0])),
        "vendi": _number(float(vendi[defined].mean()) if defined.any() else math.nan),
    }
    if row["mean"] is None:
        row["reason"] = "no query has two answers with a vector by this source"
    elif not enough:
        row["reason"] = TOO_FEW
    return row


def _summarise_inter(
    measured: Homogeneity, models: list[int], pooling: str, weights: list[Floats]
) -> dict[str, Any]:
    first, second = np.triu_indices(len(models), 1)
    chosen = np.array(models, np.int64)
    a, b = chosen[first], chosen[second]
    values = measured.inter[:, a, b]
    n = measured.counts.astype(np.float64)
    pairs = _weigh(n[:, a] * n[:, b], pooling)
    matrix = np.full((len(models), len(models)), np.nan)
    matrix[first, second] = matrix[second, first] = average(values, pairs)
    names = [measured.sources[i].model for i in models]
    between = np.array([names[i] != names[j] for i, j in zip(first, second, strict=True)], bool)
    point, draws = _pool_between(values[:, between], pairs[:, between], pooling, weights)
    result: dict[str, Any] = {
        "mean": _number(point),
        "ci95": _interval(draws),
        "matrix": [[_number(x) for x in row] for row in matrix.tolist()],
    }
    if result["mean"] is None:
        result["reason"] = "no query is answered by two different models"
    elif result["ci95"] is None:
        result["reason"] = TOO_FEW
    return result


def _pool_between(
    values: Floats, pairs: Floats, pooling: str, weights: list[Floats]
) -> tuple[float, Floats]:
    """Return the mean over pairs of different models, and its bootstrap draws.

    By queries: the mean of the pairs' own means. By pairs: every pair of responses counts once.
    """
    if values.size == 0:
        return math.nan, np.zeros(0)
    if pooling == "pairs":
        values, pairs = pool_columns(values, pairs)
    point = _mean_defined(average(values, pairs)[None, :])[0]
    if int((~np.isnan(values)).any(axis=1).sum()) < FEWEST_QUERIES:
        return float(point), np.zeros(0)
    draws = np.concatenate([_mean_defined(chunk) for chunk in resample(values, pairs, weights)])
    return float(point), draws


def pool_columns(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the weighted mean over the columns of each row, and its weight, both (q, 1)."""
    counted = np.where(np.isnan(values), 0.0, weights)
    totals = counted.sum(axis=1)
    products = (np.nan_to_num(values) * counted).sum(axis=1)
    means = np.divide(products, totals, out=np.full(len(totals), np.nan), where=totals > 0)
    return means[:, None], totals[:, None]


def _mean_defined(rows: Floats) -> Floats:
    """Return the mean of each row's numbers that are not nan; nan where there are none."""
    defined = ~np.isnan(rows)
    counts = defined.sum(axis=1)
    sums = np.where(defined, rows, 0).sum(axis=1)
    return np.divide(sums, counts, out=np.full(len(rows), np.nan), where=counts > 0)


def _summarise_nearest(measured: Homogeneity) -> dict[str, Any]:
    means = average(measured.nearest, np.ones_like(measured.nearest))
    result: dict[str, Any] = {
        str(count): _number(mean) for count, mean in zip(NEIGHBOURS, means.tolist(), strict=True)
    }
    missing = [count for count in NEIGHBOURS if result[str(count)] is None]
    if missing:
        result["reason"] = f"no query has more than {missing[0]} answers by models"
    return result


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _interval(draws: Floats) -> list[float] | None:
    low, high = find_interval(draws)
    return None if math.isnan(low) else [low, high]


def list_rows(measured: Homogeneity) -> dict[str, list[dict[str, object]]]:
    """Return the measures of every query as rows of three tables: intra, inter, nearest."""
    names = [source.name for source in measured.sources]
    return {
        "intra": list(_list_intra(measured, names)),
        "inter": list(_list_inter(measured, names)),
        "nearest": [
            {"query_id": query_id, "neighbours": count, "models": _number(value)}
            for query_id, row in zip(measured.query_ids, measured.nearest.tolist(), strict=True)
            for count, value in zip(NEIGHBOURS, row, strict=True)
        ],
    }


def _list_intra(measured: Homogeneity, names: list[str]) -> Iterable[dict[str, object]]:
    for q, query_id in enumerate(measured.query_ids):
        for s in np.flatnonzero(measured.counts[q]):
            yield {
                "query_id": query_id,
                "source": names[s],
                "n": int(measured.counts[q, s]),
                "similarity": _number(float(measured.intra[q, s])),
                "vendi": _number(float(measured.vendi[q, s])),
            }


def _list_inter(measured: Homogeneity, names: list[str]) -> Iterable[dict[str, object]]:
    for q, query_id in enumerate(measured.query_ids):
        present = np.flatnonzero(measured.counts[q])
        for i, a in enumerate(present):
            for b in present[i + 1 :]:
                yield {
                    "query_id": query_id,
                    "source_a": names[a],
                    "source_b": names[b],
                    "n_pairs": int(measured.counts[q, a] * measured.counts[q, b]),
                    "similarity": _number(float(measured.inter[q, a, b])),
                }
