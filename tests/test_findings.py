"""Sentences and tables of homogeneity, worked out by hand."""

from math import nan
from typing import Any

import numpy as np
import pytest

from hivemind_core.corpus.identity import name_sources
from hivemind_core.figures.changes import (
    is_sure,
    list_changes,
    tabulate_differences,
    tell_differences,
)
from hivemind_core.figures.controls import (
    name_control,
    tabulate_agreement,
    tabulate_ranks,
    tell_robustness,
    tell_unbuilt_encoder,
)
from hivemind_core.figures.findings import (
    MEANINGS,
    SCALES,
    TITLES,
    list_between,
    list_cell,
    list_controls,
    order_sources,
    tabulate_within,
    tell_between,
    tell_cell,
    tell_closest,
    tell_floor,
    tell_interval,
    tell_missing,
    tell_nearest,
    tell_unequal,
    tell_verbatim,
    tell_within,
)
from hivemind_core.figures.published import (
    list_partners,
    name_end,
    tabulate_beside,
    tabulate_published,
    tell_beside,
    tell_encoders,
    tell_published,
    tell_published_between,
)
from hivemind_core.measurement import DIVERSITIES, SIMILARITIES
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.homogeneity import Floor
from hivemind_core.measures.resampling import UNDEFINED, Estimate

MARKUP = ("<b>bold</b> ![n](http://example.com/n.png)", "[x](javascript:1) %{x} $y$ &amp;")
SOURCES = name_sources([("alpha", None), ("beta", None), ("gamma", None), ("human", None)])
ALPHA, BETA, GAMMA = (source.name for source in SOURCES[:3])
FOR_ONE_QUERY = (
    "over the answers, for this query only; under five answers, and of means over models, there "
    "are none."
)


def estimate(mean: float, spread: float = nan, queries: int = 4) -> Estimate:
    """Return a mean with an interval of that width to both sides."""
    return Estimate(mean, mean - spread, mean + spread, queries)


def table(*rows: list[float]) -> Floats:
    return np.array(rows, np.float64)


# What a measure is called


def test_every_measure_has_its_words() -> None:
    assert set(TITLES) == {*SIMILARITIES, *DIVERSITIES}
    assert set(SCALES) == set(MEANINGS) == set(SIMILARITIES)
    assert len(set(TITLES.values())) == len(TITLES)


def test_a_control_names_its_encoder_only_where_there_are_several() -> None:
    assert name_control("cosine", "small", ["small"]) == "Cosine"
    assert name_control("cosine", "small", ["small", "large"]) == "Cosine · small"
    assert name_control("lexical", "", ["small", "large"]) == "Wording"
    assert name_control("vendi", MARKUP[0], ["small", MARKUP[0]]) == f"Vendi score · {MARKUP[0]}"


FEW = "Under 5 queries there are none."


@pytest.mark.parametrize(
    ("pooling", "is_query", "told"),
    [
        ("queries", False, f"over 1,000 draws of the queries; each query counts once. {FEW}"),
        (
            "pairs",
            False,
            f"over 1,000 draws of the queries; each pair of answers counts once. {FEW}",
        ),
        ("queries", True, FOR_ONE_QUERY),
        ("pairs", True, FOR_ONE_QUERY),
    ],
)
def test_what_intervals_are_over(pooling: str, is_query: bool, told: str) -> None:
    for measure in ("cosine", "lexical"):
        words = tell_interval(pooling, measure, is_query=is_query)
        assert words == f"Intervals are 95 %, {told}"


def test_answers_of_like_length_have_no_interval_on_one_query() -> None:
    told = "This measure has no interval on one query."
    assert tell_interval("queries", "length_matched", is_query=True) == told
    assert "1,000 draws" in tell_interval("queries", "length_matched", is_query=False)


def test_the_floor_says_what_it_rests_on() -> None:
    told = "Unrelated: 50,000 pairs of answers to different queries of the whole corpus"
    assert tell_floor(Floor(0.2, 50_000), "cosine") == f"{told}."
    assert tell_floor(Floor(0.2, 50_000), "length_matched") == f"{told}, whatever their lengths."
    assert tell_floor(Floor(nan, 0), "cosine") == ""


def test_numbers_of_answers_that_differ_are_told() -> None:
    vendi = (
        "The Vendi score grows with the number of answers, which is not the same for all sources "
        "here."
    )
    distinct = (
        "Distinct answers: how many different ones there are among 3 of a source, where a cosine "
        "of .85 or more counts as the same."
    )
    assert tell_unequal(np.array([[3, 3], [3, 3]]), 3, 0.85) == distinct
    assert tell_unequal(np.array([[3, 4]]), 0, 0.85) == vendi
    assert tell_unequal(np.array([[3, 4]]), 3, 0.85) == f"{distinct} {vendi}"
    # A lone answer has no Vendi score to compare.
    assert tell_unequal(np.array([[3, 1], [3, 1]]), 0, 0.85) == ""
    assert tell_unequal(np.empty((0, 2), np.int64), 0, 0.85) == ""


def test_numbers_of_queries_that_differ_are_told() -> None:
    queries = "Sources answered unequal numbers of queries, not all the same ones."
    assert tell_unequal(np.array([[3, 3], [3, 0]]), 0, 0.9) == queries
    told = tell_unequal(np.array([[3, 4], [3, 0]]), 3, 0.9)
    assert told.startswith("Distinct answers: ")
    assert told.endswith(f" sources here. {queries}")
    # A source that answers nothing here has no place in the tables.
    assert tell_unequal(np.array([[3, 0], [3, 0]]), 0, 0.9) == ""


# Within models


def test_the_model_that_repeats_itself_most_is_named_against_people_and_floor() -> None:
    found = [estimate(0.4), estimate(0.784, 0.05), estimate(0.5), estimate(0.9)]
    assert tell_within(SOURCES, found, estimate(0.3), 0.064) == (
        "beta repeats itself most: .78 (.73 to .83) over 4 queries, against .30 for people and .06 "
        "for unrelated answers."
    )
    people = estimate(0.3, 0.1)
    assert ", against .30 (.20 to .40) for people and" in tell_within(SOURCES, found, people, 0.1)
    assert tell_within(SOURCES, found, None, 0.064).endswith(", against .06 for unrelated answers.")
    assert tell_within(SOURCES, found, UNDEFINED, nan) == (
        "beta repeats itself most: .78 (.73 to .83) over 4 queries."
    )
    assert tell_within(SOURCES, found, estimate(0.3), nan).endswith(", against .30 for people.")


def test_people_alone_are_no_model_that_repeats_itself() -> None:
    told = "Repetition within a model is undefined here."
    found = [UNDEFINED, UNDEFINED, UNDEFINED, estimate(0.9)]
    assert tell_within(SOURCES, found, estimate(0.9), 0.1) == told
    assert tell_within((), (), None, nan) == told


def test_sources_are_ordered_from_the_highest_with_ties_in_their_order() -> None:
    found = [estimate(0.5), UNDEFINED, estimate(0.9), estimate(0.5)]
    assert order_sources(found) == [2, 0, 3]
    assert order_sources([UNDEFINED]) == order_sources([]) == []


def test_models_that_tie_are_counted_and_people_are_none_of_them() -> None:
    tied = [estimate(0.5, 0.1)] * 4
    assert tell_within(SOURCES, tied, estimate(0.5), 0.1) == (
        "3 models repeat themselves most: .50 over 4 queries, against .50 for people and .10 for "
        "unrelated answers."
    )
    # Over unequal numbers of queries, none is told.
    tied[0] = estimate(0.5, 0.1, queries=3)
    assert tell_within(SOURCES, tied, None, nan) == "3 models repeat themselves most: .50."
    # What looks the same is the same: .996 and 1 are both written 1.00, .994 is not.
    near = [estimate(0.996), UNDEFINED, estimate(1.0)]
    assert tell_within(SOURCES[:3], near, None, nan) == (
        "2 models repeat themselves most: 1.00 over 4 queries."
    )
    near = [estimate(0.994), UNDEFINED, estimate(1.0)]
    assert tell_within(SOURCES[:3], near, None, nan) == (
        "gamma repeats itself most: 1.00 over 4 queries."
    )


def test_the_table_of_sources_holds_every_measure() -> None:
    found = {
        "cosine": [estimate(0.5, 0.1, 3), UNDEFINED, estimate(0.75, queries=1)],
        "lexical": [estimate(0.2), estimate(0.1), UNDEFINED],
        "distinct": [estimate(2.5), estimate(3), estimate(1)],
    }
    rows = tabulate_within(SOURCES[:3], found, "cosine", 0.25, 5, [10.0, nan, nan])
    assert rows == [
        {
            "source": GAMMA,
            "queries": 1,
            "cosine": 0.75,
            "95 % from": None,
            "95 % to": None,
            "above the floor": 0.5,
            "queries above .8 (%)": None,
            "wording": None,
            "distinct answers among 5": 1.0,
        },
        {
            "source": ALPHA,
            "queries": 3,
            "cosine": 0.5,
            "95 % from": 0.4,
            "95 % to": 0.6,
            "above the floor": 0.25,
            "queries above .8 (%)": 10.0,
            "wording": 0.2,
            "distinct answers among 5": 2.5,
        },
    ]
    assert list(rows[0])[:5] == ["source", "queries", "cosine", "95 % from", "95 % to"]
    bare = tabulate_within(SOURCES[:3], found, "lexical", nan, 5, [nan] * 3)
    assert [(row["source"], row["wording"], row["above the floor"]) for row in bare] == [
        (ALPHA, 0.2, None),
        (BETA, 0.1, None),
    ]


def test_every_measure_of_every_source_is_listed_with_its_interval() -> None:
    found = {
        "cosine": [estimate(0.5, 0.25, 3), UNDEFINED],
        "distinct": [estimate(2.5, queries=1), estimate(3, 1)],
    }
    rows = list_controls(SOURCES[:2], found, 5)
    columns = ["source", "measure", "mean", "95 % from", "95 % to", "queries"]
    assert [list(row) for row in rows] == [columns] * 4
    assert [tuple(row.values()) for row in rows] == [
        (ALPHA, "cosine", 0.5, 0.25, 0.75, 3),
        (BETA, "cosine", None, None, None, 0),
        (ALPHA, "distinct answers among 5", 2.5, None, None, 1),
        (BETA, "distinct answers among 5", 3.0, 2.0, 4.0, 4),
    ]
    assert list_controls((), {"cosine": ()}, 5) == list_controls(SOURCES, {}, 5) == []
    with pytest.raises(ValueError, match="zip"):
        list_controls(SOURCES[:1], found, 5)


def test_sources_without_a_number_are_named_with_the_reason() -> None:
    found = [UNDEFINED, estimate(0.0), UNDEFINED]
    told = tell_missing(SOURCES[:3], found, "too few answers to one query")
    assert told == "No number for alpha, gamma: too few answers to one query."
    assert tell_missing(SOURCES[:1], [estimate(0.0)], "why") == ""
    assert tell_missing((), (), "why") == ""


# Between models, and a cell


def test_the_gap_between_within_and_between() -> None:
    told = tell_between(estimate(0.856), estimate(0.76, 0.06), estimate(0.096, 0.01), 0.1)
    assert told == (
        "Answers by different models are at .76 (.70 to .82), answers by one model at .86: a gap "
        "of .10 (.09 to .11), over 4 queries. Unrelated answers: .10."
    )
    assert tell_between(UNDEFINED, estimate(0.76), UNDEFINED, nan) == (
        "Answers by different models are at .76 over 4 queries."
    )
    assert tell_between(estimate(0.8), UNDEFINED, UNDEFINED, 0.1) == (
        "Similarity between models is undefined here."
    )
    assert "a gap of −.20, over 4 queries." in tell_between(
        estimate(0.3), estimate(0.5), estimate(-0.2), nan
    )


def test_pairs_of_sources_come_from_the_most_alike_and_undefined_ones_last() -> None:
    pairs = [(0, 1), (0, 2), (1, 2)]
    between = [UNDEFINED, estimate(0.25, queries=1), estimate(0.75, 0.125, 2)]
    within = [estimate(0.9), UNDEFINED, estimate(0.5)]
    rows = list_between(SOURCES[:3], pairs, between, within)
    assert rows[0] == {
        "source": BETA,
        "other source": GAMMA,
        "similarity": 0.75,
        "95 % from": 0.625,
        "95 % to": 0.875,
        "queries": 2,
        "within the source": None,
        "within the other": 0.5,
    }
    assert [(row["source"], row["other source"], row["similarity"]) for row in rows[1:]] == [
        (ALPHA, GAMMA, 0.25),
        (ALPHA, BETA, None),
    ]
    assert [(row["95 % from"], row["queries"]) for row in rows[1:]] == [(None, 1), (None, 0)]
    tied = list_between(SOURCES[:3], pairs, [estimate(0.5)] * 3, within)
    assert [row["other source"] for row in tied] == [BETA, GAMMA, GAMMA]
    assert list_between(SOURCES[:1], [], [], within[:1]) == []


@pytest.mark.parametrize(("queries", "over"), [(1, "1 query"), (2, "2 queries")])
def test_a_cell_is_told_with_what_it_is_held_against(queries: int, over: str) -> None:
    found = estimate(0.5, 0.25, queries)
    assert tell_cell((ALPHA, BETA), found, (0.9, 0.8), 0.1, "") == (
        f"alpha and beta: .50 (.25 to .75) over {over}; within alpha .90, within beta .80, "
        "unrelated answers .10."
    )
    assert tell_cell((ALPHA, BETA), found, (nan, 0.8), nan, "") == (
        f"alpha and beta: .50 (.25 to .75) over {over}; within beta .80."
    )
    assert tell_cell((ALPHA, BETA), found, (nan, nan), nan, "") == (
        f"alpha and beta: .50 (.25 to .75) over {over}."
    )
    assert tell_cell((ALPHA, ALPHA), found, (0.5, 0.5), 0.1, "") == (
        f"alpha with itself: .50 (.25 to .75) over {over}; unrelated answers .10."
    )


def test_an_undefined_cell_says_why() -> None:
    assert tell_cell((ALPHA, ALPHA), UNDEFINED, (nan, nan), 0.1, "too few") == (
        "alpha with itself: undefined here, too few."
    )
    assert tell_cell((ALPHA, BETA), UNDEFINED, (0.5, nan), 0.1, "too few") == (
        "alpha and beta: undefined here, too few."
    )


def test_the_queries_of_a_cell_come_from_the_most_alike_with_their_places() -> None:
    values, own, other = np.array([0.5, nan, 0.9, 0.5]), np.full(4, 0.7), np.array([nan, 1, 2, 3.0])
    queries = ["a", "b", "c", "d"]
    assert list_cell(values, (own, other), queries, (ALPHA, BETA)) == [
        (2, {"similarity": 0.9, "query": "c", "within alpha": 0.7, "within beta": 2.0}),
        (0, {"similarity": 0.5, "query": "a", "within alpha": 0.7, "within beta": None}),
        (3, {"similarity": 0.5, "query": "d", "within alpha": 0.7, "within beta": 3.0}),
    ]
    assert list_cell(values, (own, own), queries, (ALPHA, ALPHA))[0] == (
        2,
        {"similarity": 0.9, "query": "c"},
    )
    assert list_cell(np.full(4, nan), (own, own), queries, (ALPHA, BETA)) == []


def test_the_closest_answers_are_told() -> None:
    marked = "marked are the phrases that both hold."
    told = [
        tell_closest(0.984, "cosine", is_same=False, has_marks=True),
        tell_closest(-0.004, "centred", is_same=False, has_marks=True),
        tell_closest(0.5, "lexical", is_same=False, has_marks=False),
        # Two texts that differ can have one vector.
        tell_closest(1.0, "cosine", is_same=False, has_marks=False),
        tell_closest(1.0, "cosine", is_same=True, has_marks=True),
    ]
    assert told == [
        f"Cosine .98; {marked}",
        f"Centred cosine .00; {marked}",
        "Wording .50; no phrase in common.",
        "Cosine 1.00; no phrase in common.",
        "Word for word the same.",
    ]


def test_answers_that_are_word_for_word_the_same_are_counted() -> None:
    assert tell_verbatim([3, 1, 2, 1]) == (
        "5 of its 7 answers are word for word like another one, the commonest 3 times; below, each "
        "wording stands once."
    )


# Nearest answers


def test_the_n_is_told_at_which_models_are_farthest_from_chance() -> None:
    nearest = [estimate(1.5, 0.5), estimate(1.5, 0.25), estimate(3.0)]
    assert tell_nearest(nearest, (5, 10, 15), 3, [2.0, 2.6, 3.0]) == (
        "Among the 10 answers nearest to an answer, 1.5 (1.2 to 1.8) of 3 models appear on average "
        "over 4 queries; blind chance would give 2.6, full separation 1."
    )
    # Of equally far ones, the smallest; a lone model is no plural.
    assert tell_nearest([estimate(1.0)] * 2, (5, 10), 1, [1.0, 1.0]).startswith(
        "Among the 5 answers nearest to an answer, 1.0 of 1 model appear"
    )


def test_an_n_that_no_query_reaches_is_not_told() -> None:
    told = tell_nearest([estimate(2.0), UNDEFINED], (5, 10), 3, [2.0, nan])
    assert told.startswith("Among the 5 answers")
    for nearest in ([UNDEFINED] * 2, []):
        assert tell_nearest(nearest, (5, 10), 3, [nan, nan]) == (
            "Models among the nearest answers are undefined here: no query has six by models."
        )


# Robustness


def test_one_order_under_all_controls_is_told() -> None:
    told = tell_robustness(np.ones((3, 3)), ["A", "B", "C"], 4)
    assert told == "All 3 controls put the 4 sources in one order."


def test_the_two_controls_that_agree_least_are_named() -> None:
    agreement = table([1, 0.8, nan], [0.8, 1, -0.25], [nan, -0.25, 1])
    told = tell_robustness(agreement, ["A", "B", "C"], 4)
    assert told == (
        "The order of the 4 sources depends on the control: rank correlations go down to −.25, as "
        "between B and C; their median is .28."
    )
    turned = tell_robustness(table([1, -1], [-1, 1]), ["A", "B"], 3)
    assert "go down to −1.00, as between A and B; their median is −1.00." in turned


def test_controls_that_cannot_be_compared_are_not_said_to_agree() -> None:
    agreement = table([1, 1, nan], [1, 1, nan], [nan, nan, nan])
    told = tell_robustness(agreement, ["A", "B", "C"], 4)
    assert told == "Where they can be compared, the 3 controls put the 4 sources in one order."


def test_two_sources_have_no_ranking_to_compare() -> None:
    told = "Rankings can be compared from three sources on."
    assert tell_robustness(np.ones((2, 2)), ["A", "B"], 2) == told
    assert tell_robustness(np.full((2, 2), nan), ["A", "B"], 2) == told
    assert tell_robustness(np.empty((0, 0)), [], 0) == told


def test_controls_without_a_correlation_are_no_agreement() -> None:
    told = "Rankings cannot be compared here: the sources tie, or too few have a number."
    assert tell_robustness(np.full((2, 2), nan), ["A", "B"], 3) == told
    assert tell_robustness(np.ones((1, 1)), ["A"], 3) == told
    assert tell_robustness(np.empty((0, 0)), [], 3) == told


def test_vectors_that_are_not_measured_say_what_comes_first() -> None:
    told = f"Vectors of {MARKUP[0]} are here and not measured yet"
    assert tell_unbuilt_encoder(MARKUP[0], 0) == f"{told}:"
    build = "Import theirs too, or build with the encoder itself, by its own name:"
    assert tell_unbuilt_encoder(MARKUP[0], 1) == f"{told}; 1 answer has none. {build}"
    assert tell_unbuilt_encoder(MARKUP[0], 1250) == f"{told}; 1,250 answers have none. {build}"


def test_ranks_are_listed_by_the_first_control() -> None:
    values = table([0.51234, nan], [0.9, 2.0], [nan, 1.0])
    ranks = table([2, nan], [1, 1.5], [nan, 1.5])
    rows = tabulate_ranks([ALPHA, BETA, GAMMA], ["Cosine", "Vendi score · Large"], values, ranks)
    vendi = "vendi score · Large"
    assert rows == [
        {"model": BETA, "cosine": 0.9, "rank by cosine": 1, vendi: 2, f"rank by {vendi}": 1.5},
        {"model": ALPHA, "cosine": 0.512, "rank by cosine": 2}
        | {vendi: None, f"rank by {vendi}": None},
        {"model": GAMMA, "cosine": None, "rank by cosine": None}
        | {vendi: 1, f"rank by {vendi}": 1.5},
    ]


def test_controls_are_listed_from_those_that_agree_least() -> None:
    agreement = table([1, 0.8, nan], [0.8, 1, -0.25], [nan, -0.25, 1])
    low, high = agreement - 0.125, agreement + 0.125
    assert tabulate_agreement(["A", "B", "C"], agreement, low, high) == [
        {"control": "B", "other control": "C", "rank correlation": -0.25}
        | {"95 % from": -0.375, "95 % to": -0.125},
        {"control": "A", "other control": "B", "rank correlation": 0.8}
        | {"95 % from": pytest.approx(0.675), "95 % to": pytest.approx(0.925)},
        {"control": "A", "other control": "C", "rank correlation": None}
        | {"95 % from": None, "95 % to": None},
    ]
    assert tabulate_agreement(["A"], np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1))) == []


# Change


def test_a_difference_is_sure_where_its_interval_leaves_out_nothing() -> None:
    assert is_sure(Estimate(0.2, 0.1, 0.3))
    assert is_sure(Estimate(-0.2, -0.3, -0.1))
    for unsure in (Estimate(0.2, -0.1, 0.3), Estimate(0.2, 0.0, 0.3), Estimate(0.2), UNDEFINED):
        assert not is_sure(unsure)


def test_a_change_is_told_with_how_many_models_change_surely() -> None:
    found = [estimate(-0.1, 0.05), estimate(-0.2, 0.1), estimate(0.05, 0.1)]
    assert tell_differences(["all models", ALPHA, BETA], found, ("old", "new"), 2) == (
        "From old to new, answers by all models become less alike: a difference of −.10 (−.15 to "
        "−.05) over 4 common queries. By itself, it is clear for 1 of 2 models."
    )
    assert tell_differences([ALPHA], [estimate(0.1, 0.05)], ("old", "new"), 1) == (
        "From old to new, answers by alpha become more alike: a difference of .10 (.05 to .15) "
        "over 4 common queries."
    )
    assert tell_differences([], [], ("old", "new"), 0) == (
        "Between old and new no model can be compared on a common query."
    )


def test_a_model_called_as_the_mean_of_all_is_counted() -> None:
    found = [estimate(0.1, 0.05)] * 3
    told = tell_differences(["all models", "all models", BETA], found, ("old", "new"), 2)
    assert told.endswith("it is clear for 2 of 2 models.")


@pytest.mark.parametrize("mean", [0.0, 0.004, -0.004, 0.3, -0.3])
@pytest.mark.parametrize("spread", [nan, 0.3])
def test_a_change_that_is_not_sure_has_no_direction(mean: float, spread: float) -> None:
    told = tell_differences([ALPHA], [estimate(mean, spread, 1)], ("old", "new"), 1)
    assert "answers by alpha change in no clear direction: a difference of " in told
    assert told.endswith(" over 1 common query.")
    assert "alike" not in told
    assert "−.00" not in told


def test_changes_are_listed_with_their_intervals() -> None:
    rows = [(ALPHA, estimate(0.5), estimate(0.75), estimate(0.25, 0.125, 2))]
    assert tabulate_differences(rows) == [
        {
            "model": ALPHA,
            "from": 0.5,
            "to": 0.75,
            "difference": 0.25,
            "95 % from": 0.125,
            "95 % to": 0.375,
            "queries": 2,
        }
    ]
    (lone,) = tabulate_differences([(ALPHA, estimate(0.5), estimate(0.75), estimate(0.25))])
    assert (lone["95 % from"], lone["95 % to"]) == (None, None)


def test_the_queries_that_change_most_come_first_and_holes_are_left_out() -> None:
    first, second = table([0.5, nan], [0.25, 0.5]), table([0.25, 0.5], [0.75, 0.25])
    rows = list_changes([ALPHA, BETA], first, second, ["a", "b"])
    assert [(row["model"], row["query"], row["difference"]) for row in rows] == [
        (ALPHA, "b", 0.5),
        (ALPHA, "a", -0.25),
        (BETA, "b", -0.25),
    ]
    assert rows[0] == {"model": ALPHA, "from": 0.25, "to": 0.75, "difference": 0.5, "query": "b"}
    assert list_changes([], np.empty((0, 0)), np.empty((0, 0)), []) == []


# The published figures


def test_the_published_models_are_told_in_three_digits() -> None:
    bins = np.zeros((2, 10))
    bins[0, 9], bins[1, 8], bins[1, 0] = 100, 25, 75
    assert tell_published(np.array([0.9, 0.71]), bins) == (
        "Over 2 published models, 62.5 % of queries get answers that are at .8 or above within a "
        "model; the mean is .805, the range .710 to .900."
    )
    assert tell_published(np.array([0.9]), bins[:1]).startswith("Over 1 published model, 100.0 %")


def test_the_published_pairs_are_told_in_three_digits() -> None:
    between = table([nan, 0.7, 0.8], [0.7, nan, 0.6], [0.8, 0.6, nan])
    assert tell_published_between(np.array([0.9, 0.8, 0.85]), between) == (
        "Over 3 published models, answers by different models are at .700 (.600 to .800 by pair), "
        "answers by one model at .850: a gap of .150."
    )


def test_the_published_table_names_its_bins() -> None:
    bins = np.zeros((2, 10))
    bins[:, 9], bins[1, 8], bins[0, 0] = 60, 40, 40
    rows = tabulate_published([ALPHA, BETA], np.array([0.5, 0.8126]), bins)
    assert [row["model"] for row in rows] == [BETA, ALPHA]
    assert rows[0]["mean cosine"] == 0.813
    assert [row["queries above .8 (%)"] for row in rows] == [100, 60]
    shares = {name: value for name, value in rows[1].items() if " to " in name}
    assert next(iter(shares)) == ".9 to 1.0 (%)"
    assert list(shares)[-1] == ".0 to .1 (%)"
    assert sum(float(str(value)) for value in shares.values()) == 100
    assert [name_end(place) for place in (0, 8, 9)] == [".1", ".9", "1.0"]


def test_own_models_beside_the_published_ones() -> None:
    theirs = "published range .600 to .900, mean .750, over 2 models"
    mine = estimate(0.375, 0.125, 12)
    assert tell_beside("within a model", mine, [0.9, 0.6], "2 models") == (
        f"Similarity within a model: yours .375 (.250 to .500) over 12 queries; {theirs}."
    )
    assert tell_beside("between models", estimate(0.375, queries=1), [0.9, 0.6], "2 models") == (
        f"Similarity between models: yours .375 over 1 query; {theirs}."
    )
    assert tell_beside("between models", UNDEFINED, [0.9, 0.6], "2 models") == (
        f"Similarity between models: undefined for your models; {theirs}."
    )
    assert tell_beside("within a model", mine, [0.9], "1 model").endswith("over 1 model.")


def test_the_table_of_both_mixes_them_by_height() -> None:
    rows = [(ALPHA, "yours", estimate(0.5, 0.25)), (BETA, "published", estimate(0.75))]
    assert tabulate_beside(rows, "model") == [
        {"model": BETA, "whose": "published", "mean cosine": 0.75}
        | {"95 % from": None, "95 % to": None},
        {"model": ALPHA, "whose": "yours", "mean cosine": 0.5}
        | {"95 % from": 0.25, "95 % to": 0.75},
    ]


def test_partners_are_listed_as_they_come() -> None:
    assert list_partners([(ALPHA, 0.81234), (BETA, 0.5)]) == [
        {"model": ALPHA, "similarity": 0.812},
        {"model": BETA, "similarity": 0.5},
    ]
    assert list_partners([]) == []


@pytest.mark.parametrize(
    ("mine", "told"),
    [
        ("api:large", "Yours: the same encoder, other queries: digits can be compared with care."),
        ("large", "Yours: the same encoder, other queries: digits can be compared with care."),
        ("small", "Yours: small. Cosines of two encoders are not on one scale: compare the order"),
        ("not-large", "Yours: not-large. Cosines of two encoders are not on one scale"),
    ],
)
def test_digits_of_two_encoders_are_not_compared(mine: str, told: str) -> None:
    assert tell_encoders(mine, "large", "9 queries").startswith(
        f"Published: large, 9 queries. {told}"
    )


# Names are never read as anything but text


def test_names_stay_as_they_are_in_every_sentence_and_table() -> None:
    sources = name_sources([(name, None) for name in MARKUP])
    first, second = (source.name for source in sources)
    one = [estimate(0.5, 0.1), estimate(0.4, 0.1)]
    told: list[Any] = [
        tell_within(sources, one, None, nan),
        tell_cell((first, second), one[0], (0.5, 0.4), nan, ""),
        tell_cell((first, second), UNDEFINED, (nan, nan), nan, "too few"),
        tell_cell((first, first), UNDEFINED, (nan, nan), nan, "too few"),
        tell_differences([first], one[:1], (second, "x"), 1),
        tell_differences([], [], (first, second), 0),
        tell_missing(sources, [UNDEFINED] * 2, "why"),
        tell_unbuilt_encoder(first, 2),
        list_controls(sources, {"cosine": one}, 0)[0]["source"],
        list_between(sources, [(0, 1)], one[:1], one)[0]["source"],
        tell_robustness(table([1, 0.5], [0.5, 1]), [first, second], 3),
        tell_encoders(first, "x", "y"),
        tabulate_within(sources, {"cosine": one}, "cosine", nan, 0, [nan, nan])[0]["source"],
        tabulate_ranks([first], ["Cosine"], table([0.5]), table([1]))[0]["model"],
        list_changes([first], table([0.5]), table([0.6]), [second])[0]["model"],
        list_partners([(first, 0.5)])[0]["model"],
    ]
    for words in told:
        assert first in str(words)
    row = list_cell(np.array([0.5]), (np.array([nan]), np.array([nan])), [second], (first, second))
    assert list(row[0][1]) == ["similarity", "query", f"within {first}", f"within {second}"]
    assert row[0][1]["query"] == second
