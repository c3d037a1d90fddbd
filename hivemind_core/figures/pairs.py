"""Which two models are most and least alike, in a sentence."""

from collections.abc import Sequence

from hivemind_core.corpus.identity import Source
from hivemind_core.figures.numbers import count, write_interval, write_number
from hivemind_core.measures.resampling import Estimate

Pair = tuple[int, int]


def choose_held(between: Sequence[Estimate], pairs: Sequence[int], share: float = 0.5) -> list[int]:
    """Return the pairs of models that are defined on enough queries to be held side by side.

    Parameters
    ----------
    between : sequence of Estimate
        Of all pairs.
    pairs : sequence of int
        Those of two models.
    share : float
        Of the queries of the pair that has most of them.

    Returns
    -------
    list of int
        The most alike first.
    """
    most = max((between[n].queries for n in pairs), default=0)
    held = [n for n in pairs if between[n].is_defined and between[n].queries >= share * most]
    return sorted(held, key=lambda n: (-between[n].mean, n))


def tell_extremes(
    sources: Sequence[Source],
    places: Sequence[Pair],
    between: Sequence[Estimate],
    ranked: Sequence[int],
) -> str:
    """Return which two models are most alike, and which least; empty without any.

    Parameters
    ----------
    sources : sequence of Source, length s
    places : sequence of (int, int), length p
        The two sources of each pair.
    between : sequence of Estimate, length p
    ranked : sequence of int
        See `choose_held`.
    """
    if not ranked:
        return ""
    names = [_name(sources, places[n], between[n]) for n in (ranked[0], ranked[-1])]
    if len(ranked) == 1:
        return f"The only two models to compare are {names[0]}."
    return f"Most alike are {names[0]}; least alike are {names[1]}."


def _name(sources: Sequence[Source], pair: Pair, estimate: Estimate) -> str:
    told = f"{sources[pair[0]].name} and {sources[pair[1]].name}, {write_number(estimate.mean)}"
    if estimate.interval is not None:
        told += f" ({write_interval(estimate.interval)})"
    return f"{told} over {count(estimate.queries, 'query')}"
