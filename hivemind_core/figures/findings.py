"""What measures of homogeneity say, in sentences and tables: the finding above each figure."""

from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np

from hivemind_core.corpus.identity import Source
from hivemind_core.figures.estimates import list_ends, tell_queries, write_estimate
from hivemind_core.figures.numbers import count, drop_nan, write_number
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.homogeneity import Floor
from hivemind_core.measures.resampling import FEWEST_QUERIES, Estimate

TITLES: Mapping[str, str] = {
    "cosine": "Cosine",
    "centred": "Centred cosine",
    "length_matched": "Length-matched",
    "lexical": "Wording",
    "vendi": "Vendi score",
    "distinct": "Distinct answers",
}
SCALES: Mapping[str, str] = {
    "cosine": "mean cosine similarity",
    "centred": "mean centred cosine",
    "length_matched": "mean cosine, lengths alike",
    "lexical": "share of word pairs in common",
}
MEANINGS: Mapping[str, str] = {
    "cosine": "Mean cosine of the vectors of two answers to the same query.",
    "centred": "Mean cosine after the mean vector of the corpus is taken away, so that unrelated "
    "answers lie near 0 under every encoder.",
    "length_matched": "Mean cosine of answers of like length only: short, medium or long beside "
    "the other answers to the query.",
    "lexical": "Share of pairs of neighbouring words that two answers to the same query have in "
    "common: no encoder has a hand in it.",
}


def order_sources(estimates: Sequence[Estimate]) -> list[int]:
    """Return the places of the sources whose mean is defined, highest first."""
    held = [i for i, estimate in enumerate(estimates) if estimate.is_defined]
    return sorted(held, key=lambda i: (-estimates[i].mean, i))


def tell_within(
    sources: Sequence[Source],
    estimates: Sequence[Estimate],
    people: Estimate | None,
    floor: float,
) -> str:
    """Return which model repeats itself most, against people and unrelated answers."""
    top = next((i for i in order_sources(estimates) if sources[i].is_model), None)
    if top is None:
        return "Repetition within a model is undefined here."
    against = []
    if people is not None and people.is_defined:
        against.append(f"{write_estimate(people)} for people")
    if not isnan(floor):
        against.append(f"{write_number(floor)} for unrelated answers")
    tail = f", against {' and '.join(against)}" if against else ""
    shown = write_number(estimates[top].mean)
    equal = [
        i
        for i in order_sources(estimates)
        if sources[i].is_model and write_number(estimates[i].mean) == shown
    ]
    if len(equal) > 1:
        over = tell_queries([estimates[i] for i in equal])
        return f"{len(equal)} models repeat themselves most: {shown}{over}{tail}."
    told = f"{write_estimate(estimates[top])}{tell_queries([estimates[top]])}"
    return f"{sources[top].name} repeats itself most: {told}{tail}."


def tell_interval(pooling: str, measure: str, *, is_query: bool) -> str:
    """Return what the intervals are over, and how queries are pooled."""
    if is_query and measure == "length_matched":
        return "This measure has no interval on one query."
    if is_query:
        return (
            "Intervals are 95 %, over the answers, for this query only; under five answers, and "
            "of means over models, there are none."
        )
    pooled = (
        "each query counts once" if pooling == "queries" else "each pair of answers counts once"
    )
    return (
        f"Intervals are 95 %, over 1,000 draws of the queries; {pooled}. Under {FEWEST_QUERIES} "
        "queries there are none."
    )


def tell_floor(floor: Floor, measure: str) -> str:
    """Return what the floor rests on."""
    if isnan(floor.mean):
        return ""
    told = f"Unrelated: {floor.pairs:,} pairs of answers to different queries of the whole corpus"
    return f"{told}, whatever their lengths." if measure == "length_matched" else f"{told}."


def tell_unequal(counts: Integers, k: int, threshold: float) -> str:
    """Return what to know of the counts below: at how many answers, and where the Vendi misleads.

    Parameters
    ----------
    counts : (q, s) int
        Answers of each source to each query.
    k : int
    threshold : float
        Cosine from which on answers count as the same.
    """
    told = ""
    if k:
        told = (
            f"Distinct answers: how many different ones there are among {k} of a source, where a "
            f"cosine of {write_number(threshold)} or more counts as the same."
        )
    if len(set(counts[counts > 1].tolist())) > 1:
        told += (
            " The Vendi score grows with the number of answers, which is not the same for all "
            "sources here."
        )
    if len({int(n) for n in (counts > 0).sum(axis=0) if n}) > 1:
        told += " Sources answered unequal numbers of queries, not all the same ones."
    return told.strip()


def tabulate_within(
    sources: Sequence[Source],
    estimates: Mapping[str, Sequence[Estimate]],
    measure: str,
    floor: float,
    k: int,
    above: Sequence[float],
) -> list[dict[str, object]]:
    """Return a row a source, highest first: the measure that is shown, then all the others.

    Parameters
    ----------
    sources : sequence of Source, length s
    estimates : mapping of str to sequence of Estimate
        By measure, one a source.
    measure : str
        The one that is shown.
    floor : float
    k : int
        Answers among which different ones are counted.
    above : sequence of float, length s
        Per cent of queries above .8.
    """
    shown = estimates[measure]
    rows: list[dict[str, object]] = []
    for i in order_sources(shown):
        row: dict[str, object] = {
            "source": sources[i].name,
            "queries": shown[i].queries,
            TITLES[measure].lower(): shown[i].mean,
            **list_ends(shown[i]),
            "above the floor": drop_nan(shown[i].mean - floor),
            "queries above .8 (%)": drop_nan(above[i]),
        }
        for name, column in estimates.items():
            if name != measure:
                row[_name_measure(name, k)] = drop_nan(column[i].mean)
        rows.append(row)
    return rows


def list_controls(
    sources: Sequence[Source], estimates: Mapping[str, Sequence[Estimate]], k: int
) -> list[dict[str, object]]:
    """Return a row a source and measure, with its interval; undefined is None.

    Parameters
    ----------
    sources : sequence of Source, length s
    estimates : mapping of str to sequence of Estimate
        By measure, one a source.
    k : int
        Answers among which different ones are counted.
    """
    return [
        {
            "source": source.name,
            "measure": _name_measure(name, k),
            "mean": drop_nan(estimate.mean),
            **list_ends(estimate),
            "queries": estimate.queries,
        }
        for name, column in estimates.items()
        for source, estimate in zip(sources, column, strict=True)
    ]


def _name_measure(measure: str, k: int) -> str:
    return TITLES[measure].lower() + (f" among {k}" if measure == "distinct" else "")


def tell_missing(sources: Sequence[Source], estimates: Sequence[Estimate], reason: str) -> str:
    """Return which sources have no number, and why; empty where all have one."""
    pairs = zip(sources, estimates, strict=True)
    names = [source.name for source, estimate in pairs if not estimate.is_defined]
    return f"No number for {', '.join(names)}: {reason}." if names else ""


def list_between(
    sources: Sequence[Source],
    pairs: Sequence[tuple[int, int]],
    between: Sequence[Estimate],
    within: Sequence[Estimate],
) -> list[dict[str, object]]:
    """Return a row for each two sources, the most alike first, undefined ones last.

    Parameters
    ----------
    sources : sequence of Source, length s
    pairs : sequence of (int, int), length p
        Places of the two sources of each estimate.
    between : sequence of Estimate, length p
    within : sequence of Estimate, length s
    """
    order = sorted(range(len(pairs)), key=lambda n: (isnan(between[n].mean), -between[n].mean))
    rows: list[dict[str, object]] = []
    for n in order:
        i, j = pairs[n]
        rows.append(
            {
                "source": sources[i].name,
                "other source": sources[j].name,
                "similarity": drop_nan(between[n].mean),
                **list_ends(between[n]),
                "queries": between[n].queries,
                "within the source": drop_nan(within[i].mean),
                "within the other": drop_nan(within[j].mean),
            }
        )
    return rows


def tell_between(within: Estimate, between: Estimate, gap: Estimate, floor: float) -> str:
    """Return how alike answers by different models are, and the gap to those by one model."""
    if not between.is_defined:
        return "Similarity between models is undefined here."
    told = f"Answers by different models are at {write_estimate(between)}"
    if within.is_defined:
        told += (
            f", answers by one model at {write_estimate(within)}: a gap of {write_estimate(gap)},"
        )
    told += tell_queries([gap if within.is_defined else between])
    return f"{told}." if isnan(floor) else f"{told}. Unrelated answers: {write_number(floor)}."


def tell_cell(
    names: tuple[str, str],
    between: Estimate,
    within: tuple[float, float],
    floor: float,
    reason: str,
) -> str:
    """Return how alike two sources are, or how alike one's own answers, if both are one."""
    if not between.is_defined:
        if names[0] == names[1]:
            return f"{names[0]} with itself: undefined here, {reason}."
        return f"{names[0]} and {names[1]}: undefined here, {reason}."
    over = f"over {count(between.queries, 'query')}"
    against = [] if isnan(floor) else [f"unrelated answers {write_number(floor)}"]
    if names[0] == names[1]:
        return f"{names[0]} with itself: {write_estimate(between)} {over}{_join(against)}."
    against = [
        f"within {name} {write_number(value)}"
        for name, value in zip(names, within, strict=True)
        if not isnan(value)
    ] + against
    return f"{names[0]} and {names[1]}: {write_estimate(between)} {over}{_join(against)}."


def _join(parts: Sequence[str]) -> str:
    return f"; {', '.join(parts)}" if parts else ""


def list_cell(
    values: Floats,
    within: tuple[Floats, Floats],
    queries: Sequence[str],
    names: tuple[str, str],
) -> list[tuple[int, dict[str, object]]]:
    """Return a row a query where a cell is defined, the most alike first, with its place.

    Parameters
    ----------
    values : (q,) float64
        Similarity of the two sources, or within the one.
    within : ((q,), (q,)) float64
        Similarity within either.
    queries : sequence of str, length q
    names : (str, str)
        Of the sources.
    """
    held = np.flatnonzero(~np.isnan(values))
    order = held[np.argsort(-values[held], kind="stable")]
    rows: list[tuple[int, dict[str, object]]] = []
    for q in order.tolist():
        row: dict[str, object] = {"similarity": float(values[q]), "query": queries[q]}
        if names[0] != names[1]:
            for name, column in zip(names, within, strict=True):
                row[f"within {name}"] = drop_nan(column[q])
        rows.append((q, row))
    return rows


def tell_closest(similarity: float, measure: str, *, is_same: bool, has_marks: bool) -> str:
    """Return how close two answers are, and whether they share phrases."""
    if is_same:
        return "Word for word the same."
    told = f"{TITLES[measure]} {write_number(similarity)}"
    if has_marks:
        return f"{told}; marked are the phrases that both hold."
    return f"{told}; no phrase in common."


def tell_verbatim(counts: Sequence[int]) -> str:
    """Return how many of a source's answers are word for word like another of them.

    Parameters
    ----------
    counts : sequence of int
        Answers of each wording.
    """
    repeated = sum(n for n in counts if n > 1)
    return (
        f"{repeated} of its {count(sum(counts), 'answer')} are word for word like another one, "
        f"the commonest {max(counts)} times; below, each wording stands once."
    )


def tell_nearest(
    nearest: Sequence[Estimate], neighbours: Sequence[int], models: int, expected: Sequence[float]
) -> str:
    """Return how many models are among the nearest answers, against blind chance.

    Told is the N at which the two are farthest apart: at a small one there is room for few
    models, at a large one all are reached whatever they say.

    Parameters
    ----------
    nearest : sequence of Estimate, length n
        Models among the N nearest.
    neighbours : sequence of int, length n
    models : int
    expected : sequence of float, length n
        Models among N answers drawn blindly.
    """
    held = [n for n, one in enumerate(nearest) if one.is_defined]
    if not held:
        return "Models among the nearest answers are undefined here: no query has six by models."
    n = max(held, key=lambda n: expected[n] - nearest[n].mean)
    found = nearest[n]
    ends = f" ({found.low:.1f} to {found.high:.1f})" if found.interval else ""
    return (
        f"Among the {neighbours[n]} answers nearest to an answer, {found.mean:.1f}{ends} of "
        f"{count(models, 'model')} appear on average over {count(found.queries, 'query')}; blind "
        f"chance would give {expected[n]:.1f}, full separation 1."
    )
