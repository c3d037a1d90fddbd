"""A live session in words, tables and as a map: values worked by hand, and hostile names."""

from math import nan

import numpy as np
import pytest

from hivemind_core.corpus.identity import name_sources
from hivemind_core.corpus.recording import Asked, Landed
from hivemind_core.figures.layers import MapPoints
from hivemind_core.figures.live import (
    Style,
    draw_arrivals,
    ink_shown,
    list_differences,
    list_faults,
    name_shown,
    tabulate_arms,
    tabulate_sources,
    tell_arms,
    tell_arrivals,
    tell_likeness,
    tell_published_standing,
    tell_standing,
)
from hivemind_core.figures.palette import DARK, LIGHT, assign_inks
from hivemind_core.live.reading import Arm, Reading
from hivemind_core.live.standing import Standing
from hivemind_core.measures.arms import Change
from hivemind_core.measures.resampling import UNDEFINED, Estimate
from hivemind_core.space.groups import Group

NONE = Change(UNDEFINED)
HOSTILE = "<b>m</b>"


def ask(*pairs: tuple[str, str | None], samples: int = 4) -> Asked:
    strategies = tuple(dict.fromkeys(strategy for _, strategy in pairs))
    return Asked("q", "Time?", name_sources(pairs), samples, strategies)


def read(asked: Asked, answers: list[tuple[int, str]], labels: list[int]) -> Reading:
    """Return a reading of answers, each of a source, in groups."""
    n = len(answers)
    landed = tuple(Landed(0.0, source, i, text) for i, (source, text) in enumerate(answers))
    vectors = np.eye(max(n, 2), dtype=np.float32)[:n]
    groups = []
    for number in sorted(set(labels)):
        rows = tuple(i for i in range(n) if labels[i] == number)
        sources = [asked.sources[answers[i][0]] for i in rows]
        models = len({source.model for source in sources})
        counted = tuple((one.name, 1) for one in sources)
        groups.append(Group(number, rows, models, counted, len(rows)))
    return Reading(
        landed,
        vectors,
        np.zeros((n, 2), np.float32),
        np.array(labels, np.int32),
        tuple(groups),
        "people",
        0.5,
        (UNDEFINED,) * len(asked.sources),
        (),
        (),
        0,
    )


@pytest.mark.parametrize(
    ("answers", "labels", "told"),
    [
        ([], [], "No answer has come yet."),
        ([(0, "a")], [0], "One answer so far: there is nothing to compare it with."),
        ([(0, "a"), (1, "a ")], [0, 0], "All 2 answers are word for word the same."),
        ([(0, "a"), (1, "b")], [0, 1], "2 answers, no two of them nearly the same."),
        (
            [(0, "a"), (1, "b"), (0, "c"), (0, "d"), (1, "e"), (1, "f")],
            [0, 0, 0, 1, 1, 2],
            "5 of 6 answers say nearly the same as another; "
            "the largest group has 3, from 2 models.",
        ),
    ],
)
def test_how_much_says_the_same(
    answers: list[tuple[int, str]], labels: list[int], told: str
) -> None:
    asked = ask(("m", None), ("n", None))
    assert tell_arrivals(asked, read(asked, answers, labels)) == told


def test_nothing_is_said_before_anything_has_come() -> None:
    assert tell_arrivals(ask(("m", None)), None) == "No answer has come yet."
    told = "Loading the encoder: 7 answers wait to be placed."
    assert tell_arrivals(ask(("m", None)), None, 7) == told
    told = "Loading the encoder: 1 answer waits to be placed."
    assert tell_arrivals(ask(("m", None)), None, 1) == told
    assert tell_likeness(()) == "For this query only: likeness needs two answers."


def test_likeness_names_the_strategy_only_among_several() -> None:
    within = Change(Estimate(0.5, 0.4, 0.6, 1))
    plain = Arm(None, 4, within, NONE, NONE, nan, nan)
    assert tell_likeness([plain]) == (
        "For this query only, two answers of one model are .50 (.40 to .60) alike, by mean cosine."
    )
    assert "and under plain" in tell_likeness([plain, plain])


def test_a_standing_in_words() -> None:
    same = Standing(0.93, 99, ("a", "b", "c"), is_same=True)
    assert tell_standing(same, 8, "mine") == (
        "More alike within models than 93 % of the 99 queries of mine, by the same models "
        "(a, b and 1 more) at 8 answers each and the same encoder."
    )
    assert "by other models, those of that corpus (a)" in tell_standing(
        Standing(0.5, 9, ("a",)), 2, "mine"
    )
    few = Standing(nan, 2, reason="2 other queries have as many answers")
    assert tell_standing(few, 8, "mine").endswith("2 other queries have as many answers.")
    assert "above 40 % of its 100 queries" in tell_published_standing(Standing(0.4, 100), "e")
    assert tell_published_standing(few, "e") == ""


def test_which_strategy_makes_answers_less_alike_and_at_what_cost() -> None:
    plain = Arm(None, 8, Change(Estimate(0.6, 0.5, 0.7, 1)), NONE, NONE, nan, nan)
    clear = Change(Estimate(0.4, 0.3, 0.5, 1), Estimate(-0.2, -0.3, -0.1, 1), 1)
    longer = Change(Estimate(90, 80, 99, 1), Estimate(40, 30, 50, 1), 1)
    hot = Arm("hot", 8, clear, NONE, longer, nan, nan)
    unsure = Arm(
        "x", 8, Change(Estimate(0.6, 0.5, 0.7, 1), Estimate(0.0, -0.1, 0.1, 1), 1), NONE, NONE, 1, 1
    )
    assert tell_arms([plain]) == "Nothing can be held against plain yet."
    assert "No strategy makes answers clearly less alike" in tell_arms([plain, unsure])
    assert tell_arms([plain, unsure, hot]) == (
        "Against plain, answers of a model are less alike under hot by .20 (.10 to .30), with 40 "
        "characters more."
    )
    chained = Arm(
        "be different",
        8,
        Change(Estimate(0.3, nan, nan, 1), Estimate(-0.3, nan, nan, 1), 1),
        NONE,
        NONE,
        nan,
        nan,
    )
    assert tell_arms([plain, unsure, chained]) == (
        "No strategy makes answers clearly less alike than plain does, on this query. Without an "
        "interval, nothing is clear of be different."
    )
    assert tell_arms([plain, hot, chained]).endswith("nothing is clear of be different.")
    assert [row.name for row in list_differences([plain, hot])] == ["hot"]
    rows = tabulate_arms([plain, hot], 8, {"length": [NONE, longer]})
    assert rows[1]["within models: change"] == -0.2
    assert rows[1]["score by length"] == 90
    assert rows[0]["within models: change"] is None


def test_what_was_known_costs_nothing_and_what_has_no_price_has_no_sum() -> None:
    asked = ask(("m", None), ("n", None), samples=2)
    landed = [
        Landed(0.0, 0, 0, "abcd", usd=0.5, seconds=1.0),
        Landed(0.0, 0, 1, "ab", usd=0.25, seconds=3.0, is_known=True),
        Landed(0.0, 1, 0, "x"),
        Landed(0.0, 1, 1, error="gone"),
    ]
    first, second = tabulate_sources(asked, landed, None)
    assert (first["USD"], first["known before"], first["characters"]) == (0.5, 1, 3.0)
    assert (second["USD"], second["answers"], second["without answer"]) == (None, 1, 1)
    assert list_faults(asked, landed) == ["n: 1 × gone"]


def test_strategies_of_one_model_are_told_by_their_names_and_have_a_hue_each() -> None:
    one = ask(("m", None), ("m", "hot"))
    assert set(name_shown(one)) == {"plain", "hot"}
    inks = assign_inks(one.sources, LIGHT)
    assert len({ink.color for ink in ink_shown(one, inks, LIGHT).values()}) == 2
    assert ink_shown(one, inks, LIGHT) != ink_shown(one, inks, DARK)
    two = ask(("m", None), ("n", None))
    assert name_shown(two) == ("m", "n")
    assert ink_shown(two, assign_inks(two.sources, LIGHT), LIGHT) == assign_inks(two.sources, LIGHT)


def test_on_a_map_that_is_there_what_came_stands_out_and_names_are_escaped() -> None:
    asked = ask((HOSTILE, None))
    reading = read(asked, [(0, "a"), (0, "b"), (0, "c")], [0, 0, 0])
    rest = MapPoints(("r1",), ("old",), np.array([-1]), np.array([[2.0, 2.0]]))
    inks = assign_inks(asked.sources, LIGHT)
    figure = draw_arrivals(asked, reading, Style(reading.places, inks, LIGHT, rest))
    drawn = {trace.name: len(trace.x) for trace in figure.data}
    assert drawn == {"&lt;b&gt;m&lt;/b&gt; (now)": 3, "the rest": 1}
    assert "<b>" not in figure.to_json()
