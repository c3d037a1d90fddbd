"""What the points of a map are coloured by: categories (a paint) or numbers (a scale)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hivemind_core.corpus.identity import Source
from hivemind_core.figures.numbers import write_number
from hivemind_core.figures.palette import (
    CLUSTERS_WITH_HUE,
    HUMAN_SYMBOL,
    NEUTRAL,
    WITHHELD_SYMBOL,
    Ground,
    Ink,
    find_family,
    ink_cluster,
    ink_families,
    ink_strategies,
)

PEOPLE = "people"
WITHHELD = "withheld model"
NO_STRATEGY = "no strategy"
NOT_KNOWN = "not known"
NOT_SCORED = "not scored"
TICKS = 5
LARGEST = 1e30


@dataclass(frozen=True)
class Paint:
    """Categories, one for each point.

    Attributes
    ----------
    names : tuple of str
        Legend entries in legend order: plain text, untrusted.
    inks : tuple of Ink
        One a name.
    codes : int array, shape (n,)
        Which of the names each point has.
    """

    names: tuple[str, ...]
    inks: tuple[Ink, ...]
    codes: NDArray[np.int64]


@dataclass(frozen=True)
class Scale:
    """Numbers, one for each point.

    Attributes
    ----------
    title : str
        What the numbers are, beside the colour bar: plain text, untrusted.
    values : float array, shape (n,)
        nan is not known.
    is_log : bool
        Whether equal steps of colour are equal ratios; the title is then the unit.
    missing : str
        What the legend calls a value that is not known.
    """

    title: str
    values: NDArray[np.float64]
    is_log: bool = False
    missing: str = NOT_KNOWN


def paint_sources(sources: Sequence[str], inks: Mapping[str, Ink]) -> Paint:
    """Return a paint by source, in the order of their names, people last.

    Parameters
    ----------
    sources : sequence of str
        Source of each point. None at all gives a paint without names.
    inks : mapping of str to Ink
        By source, for the whole corpus. A source that it lacks, as one renamed since its map was
        built, is drawn in a neutral.
    """
    found = {name: inks.get(name, Ink(NEUTRAL)) for name in dict.fromkeys(sources)}
    order = sorted(found, key=lambda name: (found[name].symbol == HUMAN_SYMBOL, name))
    entries = {(name, ""): (name, found[name]) for name in order}
    return _paint(entries, [(name, "") for name in sources])


def paint_families(
    sources: Sequence[str], known: Iterable[Source], inks: Mapping[str, Ink], ground: Ground
) -> Paint:
    """Return a paint by family of models; people and withheld models have entries of their own.

    Parameters
    ----------
    sources : sequence of str
        Source of each point.
    known : iterable of Source
        All sources of the corpus, so that a colour does not depend on what is shown.
    inks : mapping of str to Ink
        By source: the inks of people and of withheld models.
    ground : Ground
    """
    known = tuple(known)
    families = ink_families(known, ground)
    entries = {("family", name): (name, ink) for name, ink in families.items()}
    kinds: dict[str, tuple[str, str]] = {}
    for called, symbol in ((WITHHELD, WITHHELD_SYMBOL), (PEOPLE, HUMAN_SYMBOL)):
        entries["apart", called] = (called, Ink(ground.muted, symbol))
    for source in known:
        if source.is_model and source.model is not None:
            kinds[source.name] = ("family", find_family(source.model))
            continue
        called = PEOPLE if source.is_human else WITHHELD
        kinds[source.name] = ("apart", called)
        if source.name in inks:
            entries["apart", called] = (called, inks[source.name])
    return _paint_known(sources, kinds, entries, ground)


def paint_strategies(sources: Sequence[str], known: Iterable[Source], ground: Ground) -> Paint:
    """Return a paint by strategy; people have an entry of their own, and so has no strategy.

    Parameters
    ----------
    sources : sequence of str
        Source of each point.
    known : iterable of Source
        All sources of the corpus, so that a colour does not depend on what is shown.
    ground : Ground
    """
    known = tuple(known)
    strategies = ink_strategies(known, ground)
    entries = {("strategy", name): (name, ink) for name, ink in strategies.items()}
    entries["apart", NO_STRATEGY] = (NO_STRATEGY, Ink(ground.muted))
    entries["apart", PEOPLE] = (PEOPLE, Ink(ground.muted, HUMAN_SYMBOL))
    kinds: dict[str, tuple[str, str]] = {}
    for source in known:
        if source.is_human:
            kinds[source.name] = ("apart", PEOPLE)
        elif source.strategy is None:
            kinds[source.name] = ("apart", NO_STRATEGY)
        else:
            kinds[source.name] = ("strategy", source.strategy)
    return _paint_known(sources, kinds, entries, ground)


def paint_numbered(labels: NDArray[np.integer], thing: str, lone: str, ground: Ground) -> Paint:
    """Return a paint by cluster or by group: the first have a hue and a symbol of their own.

    Parameters
    ----------
    labels : int array, shape (n,)
        0 is the first; -1 is in none.
    thing : str
        What a label numbers, "cluster" or "group": the first is "cluster 1".
    lone : str
        What the legend calls a point in none.
    ground : Ground
    """
    ranks = np.clip(np.asarray(labels, dtype=np.int64), -1, CLUSTERS_WITH_HUE)
    ranks[ranks < 0] = CLUSTERS_WITH_HUE + 1
    present, codes = np.unique(ranks, return_inverse=True)
    names = [f"{thing} {number + 1}" for number in range(CLUSTERS_WITH_HUE)]
    names += [f"smaller {thing}s", lone]
    inks = [ink_cluster(number, ground) for number in (*range(CLUSTERS_WITH_HUE + 1), -1)]
    return Paint(
        tuple(names[rank] for rank in present),
        tuple(inks[rank] for rank in present),
        codes.astype(np.int64),
    )


def _paint_known(
    sources: Sequence[str],
    kinds: Mapping[str, tuple[str, str]],
    entries: dict[tuple[str, str], tuple[str, Ink]],
    ground: Ground,
) -> Paint:
    """Return a paint by what is known of each source; one that is not known is not lost."""
    stranger = ("stranger", NOT_KNOWN)
    ink = Ink(ground.muted, WITHHELD_SYMBOL)
    return _paint(
        {**entries, stranger: (NOT_KNOWN, ink)}, [kinds.get(name, stranger) for name in sources]
    )


def _paint(
    entries: Mapping[tuple[str, str], tuple[str, Ink]], keys: Sequence[tuple[str, str]]
) -> Paint:
    """Return the paint of points with these keys, with the entries that occur, in their order.

    Keys and not names: a family may be called as people are.
    """
    present = set(keys)
    shown = [key for key in entries if key in present]
    numbers = {key: number for number, key in enumerate(shown)}
    codes = np.fromiter((numbers[key] for key in keys), dtype=np.int64, count=len(keys))
    names = tuple(entries[key][0] for key in shown)
    return Paint(names, tuple(entries[key][1] for key in shown), codes)


def scale_lengths(lengths: NDArray[np.integer]) -> Scale:
    """Return a logarithmic scale of characters; a negative length is not known."""
    values = np.asarray(lengths, dtype=np.float64)
    return Scale("characters", np.where(values < 0, np.nan, values), is_log=True)


def scale_scores(values: ArrayLike, title: str) -> Scale:
    """Return a scale of scores; what is not finite is not scored.

    Parameters
    ----------
    values : array_like of float, shape (n,)
    title : str
        The name of the score.
    """
    scores = np.asarray(values, dtype=np.float64)
    return Scale(title, np.where(np.isfinite(scores), scores, np.nan), missing=NOT_SCORED)


def place_values(scale: Scale) -> NDArray[np.float64]:
    """Return where each value lies along the colours: its logarithm if the scale is logarithmic.

    What has no logarithm lies where the smallest value lies that has one; what is not
    known, or too large for the 32 bits that go to a browser, nan.
    """
    values = np.where(np.abs(scale.values) < LARGEST, scale.values, np.nan)
    if not scale.is_log:
        return values
    positive = values[values > 0]
    least = positive.min() if len(positive) else 1.0
    return np.log10(np.where(np.isnan(values), values, np.where(values > 0, values, least)))


def bound_values(places: NDArray[np.float64]) -> tuple[float, float]:
    """Return both ends of the known ones; a width of 1 around a lone value, 0 to 1 for none."""
    known = places[np.isfinite(places)]
    if len(known) == 0:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def choose_ticks(low: float, high: float, *, is_log: bool) -> list[tuple[float, str]]:
    """Return a few round numbers from one end to the other, each with where it lies.

    Parameters
    ----------
    low, high : float
        Ends of the colours; of logarithms if the scale is logarithmic.
    is_log : bool
    """
    if not 1e-200 < high - low < 1e200:
        return []
    numbers = _list_ratios(low, high) if is_log else _list_steps(low, high)
    return [(log10(n) if is_log else n, write_value(n, numbers)) for n in numbers]


def choose_few_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Return at most that many round numbers, each with how a similarity is written: ".65"."""
    ticks = choose_ticks(low, high, is_log=False)
    ticks = ticks[:: max(1, -(-len(ticks) // most))]
    if any(abs(value - round(value, 2)) > 1e-9 for value, _ in ticks):
        return ticks
    return [(value, write_number(value)) for value, _ in ticks]


def _list_ratios(low: float, high: float) -> list[float]:
    """Return powers of ten, or of a finer series where these are fewer than three."""
    powers = range(floor(low), ceil(high) + 1)
    for parts in ((1,), (1, 3), (1, 2, 5), tuple(range(1, 10))):
        found = [part * 10.0**power for power in powers for part in parts]
        found = [n for n in found if low - 1e-9 <= log10(n) <= high + 1e-9]
        if len(found) >= 3:
            return found[:: ceil(len(found) / TICKS)]
    return [10 ** ((low + high) / 2)]


def _list_steps(low: float, high: float) -> list[float]:
    """Return the multiples of 1, 2 or 5 times a power of ten that are at most six."""
    power = 10.0 ** floor(log10((high - low) / TICKS))
    step = next(part * power for part in (1, 2, 5, 10) if (high - low) / (part * power) <= TICKS)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def write_value(value: float, among: Sequence[float]) -> str:
    """Return a number with as many decimals as tell these apart: "1,000", "0.25"."""
    decimals = count_decimals(float(np.ptp(among))) if len(among) > 1 else 2
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def count_decimals(width: float) -> int:
    """Return how many decimals show a hundredth of a width."""
    return int(np.clip(2 - floor(log10(width)), 0, 8)) if width > 0 else 2
