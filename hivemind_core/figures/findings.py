"""What measures of homogeneity say, in sentences and tables: the finding above each figure."""

from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np

from hivemind_core.corpus.identity import Source
from hivemind_core.figures.numbers import count, write_interval, write_number
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.homogeneity import Floor
from hivemind_core.measures.resampling import FEWEST_QUERIES, Estimate

PRINTED = 3  # digits of the published figures

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
        against.append(f"{_write(people)} for people")
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
        over = _tell_queries([estimates[i] for i in equal])
        return f"{len(equal)} models repeat themselves most: {shown}{over}{tail}."
    told = f"{_write(estimates[top])}{_tell_queries([estimates[top]])}"
    return f"{sources[top].name} repeats itself most: {told}{tail}."


def _tell_queries(estimates: Sequence[Estimate]) -> str:
    """Return over how many queries numbers are, where it is the same for all."""
    numbers = {estimate.queries for estimate in estimates}
    return f" over {count(numbers.pop(), 'query')}" if len(numbers) == 1 else ""


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


def _write(estimate: Estimate) -> str:
    """Return a mean with its interval in brackets, where it has one."""
    interval = estimate.interval
    told = write_number(estimate.mean)
    return told if interval is None else f"{told} ({write_interval(interval)})"


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
            **_list_ends(shown[i]),
            "above the floor": _or_none(shown[i].mean - floor),
            "queries above .8 (%)": _or_none(above[i]),
        }
        for name, column in estimates.items():
            if name != measure:
                row[_name_measure(name, k)] = _or_none(column[i].mean)
        rows.append(row)
    return rows


def _list_ends(estimate: Estimate) -> dict[str, object]:
    """Return the ends of an interval as two columns."""
    return {"95 % from": _or_none(estimate.low), "95 % to": _or_none(estimate.high)}


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
            "mean": _or_none(estimate.mean),
            **_list_ends(estimate),
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
                "similarity": _or_none(between[n].mean),
                **_list_ends(between[n]),
                "queries": between[n].queries,
                "within the source": _or_none(within[i].mean),
                "within the other": _or_none(within[j].mean),
            }
        )
    return rows


def _or_none(value: float) -> float | None:
    return None if isnan(value) else float(value)


def tell_between(within: Estimate, between: Estimate, gap: Estimate, floor: float) -> str:
    """Return how alike answers by different models are, and the gap to those by one model."""
    if not between.is_defined:
        return "Similarity between models is undefined here."
    told = f"Answers by different models are at {_write(between)}"
    if within.is_defined:
        told += f", answers by one model at {_write(within)}: a gap of {_write(gap)},"
    told += _tell_queries([gap if within.is_defined else between])
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
        return f"{names[0]} with itself: {_write(between)} {over}{_join(against)}."
    against = [
        f"within {name} {write_number(value)}"
        for name, value in zip(names, within, strict=True)
        if not isnan(value)
    ] + against
    return f"{names[0]} and {names[1]}: {_write(between)} {over}{_join(against)}."


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
                row[f"within {name}"] = _or_none(column[q])
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


def tell_robustness(correlations: Floats, titles: Sequence[str], sources: int) -> str:
    """Return whether all controls agree on the order, and which two agree least."""
    lower = np.tril_indices(len(titles), -1)
    values = correlations[lower]
    if sources < 3:
        return "Rankings can be compared from three sources on."
    if np.isnan(values).all():
        return "Rankings cannot be compared here: the sources tie, or too few have a number."
    least = int(np.nanargmin(values))
    i, j = int(lower[0][least]), int(lower[1][least])
    if values[least] > 1 - 1e-9:
        return f"All {len(titles)} controls put the {sources} sources in one order."
    return (
        f"The order of the {sources} sources depends on the control: rank correlations go down to "
        f"{write_number(float(values[least]))}, as between {titles[j]} and {titles[i]}; their "
        f"median is {write_number(float(np.nanmedian(values)))}."
    )


def tell_unbuilt_encoder(encoder: str, missing: int) -> str:
    """Return that vectors of an encoder are not measured yet, and what has to come first."""
    told = f"Vectors of {encoder} are here and not measured yet"
    if missing:
        verb = "has" if missing == 1 else "have"
        return (
            f"{told}; {count(missing, 'answer')} {verb} none. Import theirs too, or build with the "
            "encoder itself, by its own name:"
        )
    return f"{told}:"


def name_control(measure: str, encoder: str, encoders: Sequence[str]) -> str:
    """Return what a control is called; with the encoder where there are several."""
    return f"{TITLES[measure]} · {encoder}" if encoder and len(encoders) > 1 else TITLES[measure]


def tabulate_ranks(
    names: Sequence[str], titles: Sequence[str], values: Floats, ranks: Floats
) -> list[dict[str, object]]:
    """Return a row a model: its value and rank under every control, by its rank in the first.

    Parameters
    ----------
    names : sequence of str, length s
    titles : sequence of str, length c
    values, ranks : (s, c) float64
    """
    order = np.argsort(ranks[:, 0], kind="stable")  # nan comes last
    return [
        {"model": names[i]}
        | {
            key: _or_none(round(float(number), 3))
            for c, title in enumerate(titles)
            for key, number in (
                (_lower(title), values[i, c]),
                (f"rank by {_lower(title)}", ranks[i, c]),
            )
        }
        for i in order.tolist()
    ]


def _lower(title: str) -> str:
    """Return a title within a line; names of encoders stay as they are."""
    return title[:1].lower() + title[1:]


def tabulate_agreement(
    titles: Sequence[str], correlations: Floats, low: Floats, high: Floats
) -> list[dict[str, object]]:
    """Return a row for each two controls, those that agree least first.

    Parameters
    ----------
    titles : sequence of str, length c
    correlations, low, high : (c, c) float64
    """
    rows, columns = np.tril_indices(len(titles), -1)
    values = correlations[rows, columns]
    return [
        {
            "control": titles[columns[n]],
            "other control": titles[rows[n]],
            "rank correlation": _or_none(values[n]),
            "95 % from": _or_none(low[rows[n], columns[n]]),
            "95 % to": _or_none(high[rows[n], columns[n]]),
        }
        for n in np.argsort(values, kind="stable").tolist()
    ]


def tabulate_differences(
    rows: Sequence[tuple[str, Estimate, Estimate, Estimate]],
) -> list[dict[str, object]]:
    """Return a row a model of (name, before, after, difference)."""
    return [
        {
            "model": name,
            "from": first.mean,
            "to": second.mean,
            "difference": difference.mean,
            **_list_ends(difference),
            "queries": difference.queries,
        }
        for name, first, second, difference in rows
    ]


def list_changes(
    names: Sequence[str], first: Floats, second: Floats, queries: Sequence[str]
) -> list[dict[str, object]]:
    """Return a row a model and query, the largest change first; holes are left out.

    Parameters
    ----------
    names : sequence of str, length m
    first, second : (q, m) float64
    queries : sequence of str, length q
    """
    changes = second - first
    q, m = np.nonzero(~np.isnan(changes))
    order = np.argsort(-np.abs(changes[q, m]), kind="stable")
    return [
        {
            "model": names[m[i]],
            "from": round(float(first[q[i], m[i]]), 3),
            "to": round(float(second[q[i], m[i]]), 3),
            "difference": round(float(changes[q[i], m[i]]), 3),
            "query": queries[q[i]],
        }
        for i in order.tolist()
    ]


def tell_differences(
    names: Sequence[str],
    differences: Sequence[Estimate],
    sides: tuple[str, str],
    models: int,
) -> str:
    """Return whether answers become more alike from one side to the other, and for how many models.

    Parameters
    ----------
    names : sequence of str
        Models; of several, the mean over all of them comes first.
    differences : sequence of Estimate
        Their paired differences.
    sides : (str, str)
    models : int
    """
    if not names:
        return f"Between {sides[0]} and {sides[1]} no model can be compared on a common query."
    first, own = differences[0], differences[-models:]
    if is_sure(first):
        change = f"become {'more' if first.mean > 0 else 'less'} alike"
    else:
        change = "change in no clear direction"
    sure = sum(is_sure(difference) for difference in own)
    told = (
        f"From {sides[0]} to {sides[1]}, answers by {names[0]} {change}: a difference of "
        f"{_write(first)} over {count(first.queries, 'common query')}."
    )
    if models == 1:
        return told
    return f"{told} By itself, it is clear for {sure} of {count(models, 'model')}."


def is_sure(difference: Estimate) -> bool:
    """Whether the interval of a difference leaves out 0."""
    return difference.interval is not None and difference.low * difference.high > 0


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
            **_list_ends(estimate),
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
