"""The parts of a report, and the sentences that it brings: values worked by hand."""

from dataclasses import replace
from math import nan

import numpy as np
import pytest

from hivemind_core.calibration import BIN, DISAGREED, ScorerReport, SliceReport
from hivemind_core.corpus.catalogue import make_catalogue
from hivemind_core.estimation import Bootstrap, estimate
from hivemind_core.evaluation import Scorer
from hivemind_core.figures.categories import tell_categories
from hivemind_core.figures.judging import list_beyond, tell_beyond
from hivemind_core.figures.pairs import choose_held, tell_extremes
from hivemind_core.figures.ranking import list_marks, list_rows
from hivemind_core.figures.striking import (
    Sharing,
    choose_striking,
    explain_striking,
    find_widest,
    tell_rest,
    tell_striking,
)
from hivemind_core.measures.miscalibration import SliceResult, Trend
from hivemind_core.measures.resampling import UNDEFINED, Estimate
from hivemind_core.report.parts import Cell, make_grid, show_estimate, write_value
from tests.measured import make_measured, name_models


def test_the_ends_of_an_interval_stand_under_its_middle() -> None:
    rows = [
        {"source": "a", "n": 1200, "mean": 0.5, "95 % from": 0.25, "95 % to": 0.75, "x (%)": 12.34},
        {"source": "b", "n": 1, "mean": None, "95 % from": None, "95 % to": None, "x (%)": None},
    ]
    grid = make_grid("Numbers", rows)
    assert grid.columns == ("source", "n", "mean", "x (%)")
    first, second = grid.rows
    assert first == (Cell("a"), Cell("1,200"), Cell(".500", ".250 to .750"), Cell("12.3"))
    assert second == (Cell("b"), Cell("1"), Cell("–"), Cell("–"))
    assert grid.texts == {0}
    assert make_grid("None", []).rows == ()


@pytest.mark.parametrize(
    ("value", "name", "written"),
    [
        (None, "mean", "–"),
        (nan, "mean", "–"),
        (nan, "above (%)", "–"),
        (nan, "rank by cosine", "–"),
        (-0.0004, "mean", ".000"),
        (1.0, "mean", "1.000"),
        (2.5, "rank by cosine", "2.5"),
        (3.0, "parameter", "3"),
        (0.0, "above (%)", "0.0"),
        ("<b>", "source", "<b>"),
    ],
)
def test_values_are_written_as_their_column_asks(value: object, name: str, written: str) -> None:
    assert write_value(value, name) == written


def test_an_estimate_without_an_interval_has_nothing_under_it() -> None:
    assert show_estimate(Estimate(0.5, queries=1)) == Cell(".500")
    assert show_estimate(UNDEFINED) == Cell("–")


def test_estimates_hold_a_matrix_and_know_a_single_query() -> None:
    sources = name_models("a", "b")
    within = {"cosine": np.array([[0.8, 0.6], [0.6, 0.4]])}
    measured = make_measured(sources, within, {"cosine": np.array([[0.5], [0.3]])})
    numbers = estimate(measured, Bootstrap())
    assert numbers.matrix == pytest.approx(np.array([[0.7, 0.4], [0.4, 0.5]]))
    assert numbers.is_defined
    assert not numbers.is_single
    assert estimate(measured.choose(["q000"]), Bootstrap()).is_single


def test_rows_are_ranked_and_marks_are_those_that_are_defined() -> None:
    sources = name_models("a", "b", "c")
    estimates = [Estimate(0.2, queries=2), UNDEFINED, Estimate(0.9, queries=2)]
    values = np.array([[0.1, nan, 0.85], [0.3, nan, 0.95]])
    rows = list_rows(sources, estimates, values, "mine")
    assert [(row.name, row.group) for row in rows] == [("c", "mine"), ("a", "mine")]
    assert rows[0].bins is not None
    assert rows[0].bins.tolist() == [0] * 8 + [50, 50]
    assert list_rows(sources, estimates, None)[0].bins is None
    assert list_marks(0.1, Estimate(0.3)) == [("unrelated", 0.1), ("people", 0.3)]
    assert list_marks(nan, UNDEFINED) == []
    assert list_marks(nan, None) == []


def test_extremes_are_of_pairs_with_enough_queries() -> None:
    sources = name_models("a", "b", "c")
    places = [(0, 1), (0, 2), (1, 2)]
    between = [
        Estimate(0.5, 0.4, 0.6, 10),
        Estimate(0.9, queries=4),  # of few queries: not held against the others
        Estimate(0.7, 0.6, 0.8, 5),
    ]
    ranked = choose_held(between, [0, 1, 2])
    assert ranked == [2, 0]
    assert tell_extremes(sources, places, between, ranked) == (
        "Most alike are b and c, .70 (.60 to .80) over 5 queries; least alike are a and b, "
        ".50 (.40 to .60) over 10 queries."
    )
    assert tell_extremes(sources, places, between, [2]) == (
        "The only two models to compare are b and c, .70 (.60 to .80) over 5 queries."
    )
    assert tell_extremes(sources, places, between, []) == ""
    assert choose_held([UNDEFINED], [0]) == []


def test_categories_are_told_from_the_least_to_the_most() -> None:
    rows = [("x", Estimate(0.7, 0.6, 0.8, 9)), ("y", Estimate(0.2, 0.1, 0.3, 5))]
    told = (
        "Over 2 categories, repetition within models ranges from .20 (.10 to .30) in y over 5 "
        "queries to .70 (.60 to .80) in x over 9 queries."
    )
    assert tell_categories([*rows, ("z", UNDEFINED)]) == told
    few = ("w", Estimate(0.9, 0.9, 0.9, 4))  # the highest, on too few queries to be told
    assert tell_categories([*rows, few]) == (
        f"{told} 1 category with fewer than 5 queries is not compared."
    )
    assert tell_categories([rows[1], few, few]) == (
        "Models repeat themselves at .20 (.10 to .30) in y over 5 queries. 2 categories with "
        "fewer than 5 queries are not compared."
    )
    assert tell_categories([few, few]) == (
        "No category can be told from another: 2 categories with a number, and none on 5 queries "
        "or more."
    )
    assert tell_categories([]) == "Repetition within a model is undefined in every category."


def make_group(query_id: str, size: int | None, models: int, sense: str = "people") -> dict:
    return {
        "query_id": query_id,
        "sense": sense,
        "threshold": 0.46,
        "answers": 10,
        "different": 4,
        "size": size,
        "models": models,
        "medoid": "r",
    }


def test_striking_queries_are_those_that_models_share() -> None:
    groups = [make_group("own", 9, 1), make_group("wide", 4, 3), make_group("two", 5, 2)]
    groups += [make_group("none", None, 0), make_group("own", 2, 2, "cosine")]
    rows = choose_striking(groups)
    assert [row["query_id"] for row in rows] == ["wide", "two", "own"]
    widest = find_widest(rows)
    assert widest is not None
    assert widest["query_id"] == "wide"
    told = "For 2 of 4 queries there is nearly the same answer by two models or more"
    assert tell_striking(rows, 4) == f"{told}."
    assert tell_striking(rows, 4, Sharing(3, 4, 3, 8, 1, 2)) == (
        f"{told}; at the widest, 3 of 4 models share one, in 3 of 8 answers by models and 1 of 2 "
        "by people."
    )
    assert tell_striking(rows, 4, Sharing(3, 4, 4, 10, 0, 0)).endswith("in 4 of 10 answers.")
    assert tell_striking(rows, 4, Sharing(3, 4, 4, 8, 0, 2)).endswith("and none of 2 by people.")
    assert "chance that people call them the same, from .46 on" in explain_striking(rows)
    assert tell_striking(rows[2:], 1).endswith("models repeat themselves, and not each other.")
    assert tell_striking([], 4) == "No two answers to a query are nearly the same."
    assert (choose_striking([]), explain_striking([])) == ([], "")


def test_what_a_table_of_striking_queries_leaves_adds_up_to_what_is_told() -> None:
    groups = [make_group(f"shared {n}", 4, 2) for n in range(4)]
    rows = choose_striking([*groups, make_group("own", 9, 1), make_group("people", 2, 0)])
    others = "2 other queries have a group, but none that models share."
    assert tell_rest(rows, 4) == others
    assert tell_rest(rows, 3) == f"1 more query has a group that models share. {others}"
    assert tell_rest(rows, 2) == f"2 more queries have a group that models share. {others}"
    assert tell_rest(rows[:4], 4) == ""
    alone = rows[4:]  # none is shared, so that these are in the table
    assert find_widest(alone) is None
    assert tell_rest(alone, 1) == "1 other query has a group, but none that models share."
    assert tell_rest([], 0) == ""


@pytest.mark.parametrize(("sense", "is_told"), [("people", 1), ("cosine", 1), ("a judge", 0)])
def test_a_group_may_hold_opposites_where_negation_is_not_seen(sense: str, is_told: bool) -> None:
    told = explain_striking([make_group("q", 4, 2, sense)])
    assert ("a group may hold opposite answers in like words" in told) == is_told


def make_slice(kind: str, difference: float, low: float, high: float, p: float) -> SliceReport:
    result = SliceResult(
        30,
        6,
        0.2,
        0.1,
        0.3,
        expected=0.2 - difference,
        difference=difference,
        difference_low=low,
        difference_high=high,
    )
    return SliceReport(kind, 2.0, result, 0.9, p)


def test_slices_beyond_are_those_with_a_clear_difference_and_a_small_p() -> None:
    slices = (
        make_slice(BIN, -0.3, -0.5, -0.1, 0.01),
        make_slice(BIN, -0.3, -0.5, 0.1, 0.01),  # the interval holds 0
        make_slice(DISAGREED, 0.3, 0.1, 0.5, 0.2),  # p is not small
        make_slice(DISAGREED, 0.3, 0.1, 0.5, 0.04),
        make_slice(DISAGREED, nan, nan, nan, nan),
    )
    full = SliceResult(60, 6, 0.5, 0.4, 0.6)
    one = ScorerReport(Scorer("s", "lm"), full, nan, slices, Trend(nan, nan, nan, nan), nan, "")
    rows = list_beyond([one])
    assert [(row["side"], row["farthest"], row["difference"]) for row in rows] == [
        ("below", "Bins of disagreement 2", -0.3),
        ("above", "Most disagreed (nested) 2", 0.3),
    ]
    wider = make_slice(BIN, -0.4, -0.5, -0.3, 0.01)
    (row,) = list_beyond([replace(one, slices=(slices[0], wider))])
    assert (row["slices"], row["difference"]) == ("Bins of disagreement 2, 2", -0.4)
    assert tell_beyond([one]) == (
        "Of 4 slices of 1 scorer 1 lies clearly below what range alone would give, and 1 above."
    )
    assert tell_beyond([replace(one, slices=slices[1:3])]) == (
        "Of 2 slices of 1 scorer none lies clearly off what range alone would give."
    )


def test_a_catalogue_names_each_query_apart_and_ranks_categories() -> None:
    rows = [
        {"query_id": "aaaaaaaaaa", "query": "Why?", "categories": ["x", "y"]},
        {"query_id": "bbbbbbbbbb", "query": " Why? ", "categories": ["y"]},
        {"query_id": "cccccccccc", "query": "w" * 300, "categories": None},
        {"query_id": "dddddddddd", "query": "Nobody?", "categories": ["x"]},
    ]
    found = make_catalogue(rows, {"aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"})
    assert found.labels["aaaaaaaaaa"] == "Why? [aaaaaaaa]"
    assert found.labels["bbbbbbbbbb"] == "Why? [bbbbbbbb]"
    assert found.labels["cccccccccc"] == "w" * 240 + "…"
    assert {name: set(ids) for name, ids in found.categories.items()} == {
        "y": {"aaaaaaaaaa", "bbbbbbbbbb"},
        "x": {"aaaaaaaaaa"},
    }
    assert list(found.categories) == ["y", "x"]
    assert "dddddddddd" in found.queries
