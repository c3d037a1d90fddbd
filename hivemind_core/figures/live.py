"""A query asked now: its map, its sentences and its tables, at any moment of the session."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hivemind_core.corpus.recording import Asked, Landed
from hivemind_core.figures.atlas import draw_map
from hivemind_core.figures.coloring import paint_sources
from hivemind_core.figures.difference import DifferenceRow
from hivemind_core.figures.halos import Halo
from hivemind_core.figures.layers import MapPoints, MapStyle
from hivemind_core.figures.numbers import (
    count,
    drop_nan,
    write_interval,
    write_number,
    write_percent,
)
from hivemind_core.figures.palette import HUES, SYMBOLS, Ground, Ink, tint
from hivemind_core.figures.reading import Entry, list_group_entries
from hivemind_core.live.reading import Arm, Reading
from hivemind_core.live.standing import Standing
from hivemind_core.measures.arms import Change
from hivemind_core.measures.resampling import Estimate
from hivemind_core.space.cluster import find_medoid

PLAIN = "plain"
LEAST_HALO = 3
NEW = "now"
ONLY = "For this query only"
NAMES_SHOWN = 2


def name_strategy(strategy: str | None) -> str:
    """Return what a strategy is called; the one without a name is plain."""
    return PLAIN if strategy is None else strategy


def name_shown(asked: Asked) -> tuple[str, ...]:
    """Return what the sources of a session are called beside each other: short where they can be.

    Under one model they are told by their strategies alone.
    """
    if len({source.model for source in asked.sources}) == 1 and len(asked.strategies) > 1:
        return tuple(name_strategy(source.strategy) for source in asked.sources)
    return tuple(source.name for source in asked.sources)


def ink_shown(asked: Asked, inks: Mapping[str, Ink], ground: Ground) -> dict[str, Ink]:
    """Return the inks of the sources of a session, by what they are called beside each other.

    Strategies of one model get a hue each: shades of one would hardly be told apart.

    Parameters
    ----------
    asked : Asked
    inks : mapping of str to Ink
        Of all sources, by name.
    ground : Ground
    """
    if name_shown(asked) == tuple(source.name for source in asked.sources):
        return dict(inks)
    return ink_arms(asked.strategies, ground)


def ink_arms(strategies: Sequence[str | None], ground: Ground) -> dict[str, Ink]:
    """Return a hue and a symbol for each strategy of a session, in their order, by name."""
    return {
        name_strategy(strategy): Ink(
            tint(HUES[place % len(HUES)], ground.tint), SYMBOLS[place % len(SYMBOLS)]
        )
        for place, strategy in enumerate(strategies)
    }


def list_entries(reading: Reading) -> list[Entry]:
    """Return the groups of two answers and more as a reading list; ids are rows of the reading."""
    groups = [group for group in reading.groups if group.size > 1]
    numbers = max((group.number for group in groups), default=-1) + 1
    medoids = [""] * numbers
    for group in groups:
        medoids[group.number] = str(find_medoid(reading.vectors, np.array(group.rows)))
    return list_group_entries(groups, medoids, [()] * numbers)


def tell_arrivals(asked: Asked, reading: Reading | None, waiting: int = 0) -> str:
    """Return in a sentence how much of what has come says the same.

    `waiting` is how many answers have come that the encoder, once it is loaded, will read.
    """
    if reading is None or not reading.answers:
        if waiting:
            verb = "waits" if waiting == 1 else "wait"
            return f"Loading the encoder: {count(waiting, 'answer')} {verb} to be placed."
        return "No answer has come yet."
    total, entries = len(reading.answers), list_entries(reading)
    wordings = len({str(one.text).strip() for one in reading.answers})
    if total == 1:
        return "One answer so far: there is nothing to compare it with."
    if wordings == 1:
        return f"All {total:,} answers are word for word the same."
    if not entries:
        return f"{count(total, 'answer')}, no two of them nearly the same."
    alike = sum(entry.size for entry in entries)
    largest = max(entries, key=lambda entry: (entry.size, entry.models))
    asked_models = len({source.model for source in asked.sources})
    whose = f", from {count(largest.models, 'model')}" if asked_models > 1 else ""
    said = f"{alike:,} of {count(total, 'answer')} say nearly the same as another"
    return f"{said}; the largest group has {largest.size:,}{whose}."


def tell_likeness(arms: Sequence[Arm]) -> str:
    """Return how alike the answers of the first strategy are, within models and between them."""
    arm = arms[0] if arms else None
    parts = []
    for words, change in (
        ("of one model", None if arm is None else arm.within),
        ("of different models", None if arm is None else arm.between),
    ):
        if change is not None and change.value.is_defined:
            parts.append(f"two answers {words} are {write_estimate(change.value)} alike")
    if not parts:
        return f"{ONLY}: likeness needs two answers."
    under = f" and under {name_strategy(arm.strategy)}" if arm and len(arms) > 1 else ""
    return f"{ONLY}{under}, {' and '.join(parts)}, by mean cosine."


def write_estimate(estimate: Estimate) -> str:
    """Return a mean with its interval in brackets, where it has one."""
    told = write_number(estimate.mean)
    return told if estimate.interval is None else f"{told} ({write_interval(estimate.interval)})"


def tell_standing(standing: Standing, samples: int, corpus: str) -> str:
    """Return where the query stands among those of a corpus.

    Parameters
    ----------
    standing : Standing
    samples : int
        Answers of each source that were compared.
    corpus : str
        Its name: untrusted.
    """
    if standing.reason:
        return f"No place among the queries of {corpus}: {standing.reason}."
    who = "the same models" if standing.is_same else "other models, those of that corpus"
    names = ", ".join(standing.sources[:NAMES_SHOWN])
    if len(standing.sources) > NAMES_SHOWN:
        names += f" and {len(standing.sources) - NAMES_SHOWN} more"
    return (
        f"More alike within models than {write_percent(standing.share)} of the "
        f"{count(standing.queries, 'query')} of {corpus}, by {who} ({names}) at "
        f"{count(samples, 'answer')} each and the same encoder."
    )


def tell_published_standing(standing: Standing, encoder: str) -> str:
    """Return where the query would stand in the paper's figure, and why to take care."""
    if standing.reason:
        return ""
    return (
        f"In the paper's figure the number would lie above {write_percent(standing.share)} of its "
        f"100 queries. That is of other models (25), more samples (50) and another encoder than "
        f"{encoder}, under which cosines lie elsewhere."
    )


@dataclass(frozen=True, eq=False)
class Style:
    """How the arrivals are drawn.

    Attributes
    ----------
    places : (n, 2) float
        Of the answers of the reading.
    inks : mapping of str to Ink
        By source.
    ground : Ground
    rest : MapPoints or None
        What lies on the map already.
    is_turned : bool
        Whether the map is turned to fill its frame.
    """

    places: NDArray[np.floating]
    inks: Mapping[str, Ink]
    ground: Ground
    rest: MapPoints | None = None
    is_turned: bool = False


def draw_arrivals(asked: Asked, reading: Reading, style: Style) -> go.Figure:
    """Return the map of the answers that have come.

    Parameters
    ----------
    asked : Asked
    reading : Reading
    style : Style
        Where and on what they are drawn.
    """
    called = name_shown(asked)
    names = [called[one.source] for one in reading.answers]
    entries = list_entries(reading)
    rest = style.rest
    shown = [f"{name} ({NEW})" for name in names] if rest is not None else names
    own = ink_shown(asked, style.inks, style.ground)
    inks = {**style.inks, **own, **{f"{name} ({NEW})": ink for name, ink in own.items()}}
    held = () if rest is None else rest.sources
    points = MapPoints(
        (*(() if rest is None else rest.ids), *(f"new-{row}" for row in range(len(names)))),
        (*held, *shown),
        np.full(len(held) + len(names), -1, np.int64),
        np.concatenate(
            [np.empty((0, 2)) if rest is None else rest.places, np.asarray(style.places)]
        ),
    )
    halos = [
        Halo(tuple(len(held) + row for row in entry.rows), _label(entry))
        for entry in entries
        if entry.size >= LEAST_HALO
    ]
    look = MapStyle(
        paint_sources(points.sources, inks),
        style.ground,
        shown=frozenset(shown) if rest is not None else frozenset(),
    )
    return draw_map(points, look, halos=halos, is_turned=style.is_turned)


def _label(entry: Entry) -> str:
    models = f", {entry.models} models" if entry.models > 1 else ""
    return f"{entry.size} nearly the same{models}"


def tabulate_sources(
    asked: Asked, landed: Sequence[Landed], reading: Reading | None
) -> list[dict[str, object]]:
    """Return a row a source: what was asked, what came, how alike it is and what it took."""
    rows: list[dict[str, object]] = []
    for number, source in enumerate(asked.sources):
        own = [one for one in landed if one.source == number]
        came = [one for one in own if one.text is not None]
        within = reading.within[number] if reading is not None else None
        prices = [0.0 if one.is_known else one.usd for one in came]
        rows.append(
            {
                "source": source.name,
                "asked": asked.samples,
                "answers": len(came),
                "known before": sum(one.is_known for one in came),
                "without answer": len(own) - len(came),
                "likeness": within.mean if within is not None and within.is_defined else None,
                "low": None if within is None or within.interval is None else within.low,
                "high": None if within is None or within.interval is None else within.high,
                "characters": float(np.mean([len(str(o.text)) for o in came])) if came else None,
                "seconds an answer": float(np.mean([o.seconds for o in came])) if came else None,
                "USD": _add(prices) if came else None,
            }
        )
    return rows


def _add(prices: Sequence[float | None]) -> float | None:
    """Return what answers cost together; None where one has no price."""
    known = [price for price in prices if price is not None]
    return sum(known) if len(known) == len(prices) else None


def list_faults(asked: Asked, landed: Sequence[Landed]) -> list[str]:
    """Return why answers are missing, most frequent first: "gpt-4o: 3 × the budget is spent"."""
    counted = Counter(
        (asked.sources[one.source].name, one.error) for one in landed if one.error is not None
    )
    return [f"{name}: {n:,} × {error}" for (name, error), n in counted.most_common()]


def tabulate_arms(
    arms: Sequence[Arm], k: int, scores: Mapping[str, Sequence[Change]]
) -> list[dict[str, object]]:
    """Return a row a strategy: likeness, different answers, length and scores, and how each moved.

    Parameters
    ----------
    arms : sequence of Arm
    k : int
        Answers among which different ones are counted.
    scores : mapping of str to sequence of Change
        By the name of a scorer; a change for each arm.
    """
    rows = []
    for place, arm in enumerate(arms):
        row: dict[str, object] = {"strategy": name_strategy(arm.strategy), "answers": arm.answers}
        row |= _spread("within models", arm.within)
        row |= _spread("between models", arm.between)
        row[f"different of {k}"] = drop_nan(arm.distinct)
        row[f"different of {k}: change"] = drop_nan(arm.distinct_difference)
        row |= _spread("characters", arm.characters)
        for name, changes in scores.items():
            row |= _spread(f"score by {name}", changes[place])
        rows.append(row)
    return rows


def _spread(name: str, change: Change) -> dict[str, object]:
    value, moved = change.value, change.difference
    return {
        name: drop_nan(value.mean),
        f"{name}: low": drop_nan(value.low),
        f"{name}: high": drop_nan(value.high),
        f"{name}: change": drop_nan(moved.mean),
        f"{name}: change, low": drop_nan(moved.low),
        f"{name}: change, high": drop_nan(moved.high),
    }


def list_differences(arms: Sequence[Arm], part: str = "within") -> list[DifferenceRow]:
    """Return the strategies after the first as rows of the figure of differences.

    Parameters
    ----------
    arms : sequence of Arm
    part : "within" or "between"
    """
    first = getattr(arms[0], part).value
    return [
        DifferenceRow(
            name_strategy(arm.strategy),
            first,
            getattr(arm, part).value,
            getattr(arm, part).difference,
        )
        for arm in arms[1:]
        if getattr(arm, part).value.is_defined
    ]


def tell_arms(arms: Sequence[Arm]) -> str:
    """Return which strategies make a model's answers clearly less alike, and what that costs."""
    against = name_strategy(arms[0].strategy) if arms else PLAIN
    clear = [arm for arm in arms[1:] if arm.within.difference.high < 0]
    if not any(arm.within.difference.is_defined for arm in arms[1:]):
        return f"Nothing can be held against {against} yet."
    unsaid = _tell_open(arms[1:])
    if not clear:
        none = f"No strategy makes answers clearly less alike than {against} does, on this query."
        return f"{none}{unsaid}"
    told = []
    for arm in sorted(clear, key=lambda one: one.within.difference.mean):
        moved = arm.within.difference
        longer = arm.characters.difference
        cost = (
            f", with {abs(longer.mean):,.0f} characters {'more' if longer.mean > 0 else 'fewer'}"
            if longer.is_defined and not longer.low <= 0 <= longer.high
            else ""
        )
        told.append(
            f"{name_strategy(arm.strategy)} by {write_number(-moved.mean)} "
            f"({write_number(-moved.high)} to {write_number(-moved.low)}){cost}"
        )
    return f"Against {against}, answers of a model are less alike under {'; '.join(told)}.{unsaid}"


def _tell_open(arms: Sequence[Arm]) -> str:
    """Return which differences have no interval, so that nothing is clear about them."""
    names = [
        name_strategy(arm.strategy)
        for arm in arms
        if arm.within.difference.is_defined and arm.within.difference.interval is None
    ]
    return f" Without an interval, nothing is clear of {', '.join(names)}." if names else ""


def describe_arrivals(asked: Asked, reading: Reading) -> str:
    """Return the map in words."""
    n, sources = len(reading.answers), {one.source for one in reading.answers}
    groups = list_entries(reading)
    return (
        f"Map of {count(n, 'answer')} by {count(len(sources), 'source')} to the query that was "
        f"asked, with {count(len(groups), 'group')} of near-identical answers. The list beside "
        "it says the same in words."
    )
