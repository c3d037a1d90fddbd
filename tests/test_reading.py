"""What the answers on a map say, in words: all of it worked by hand."""

from collections import Counter
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import pytest

from hivemind_core.corpus.calibration import (
    Agreement,
    AgreementRow,
    Calibration,
    read_calibration,
)
from hivemind_core.corpus.identity import name_sources
from hivemind_core.figures.reading import (
    KEYWORDS_SHOWN,
    Answer,
    Entry,
    Voice,
    describe_entry,
    describe_map,
    describe_wordings,
    group_answers,
    list_clusters,
    list_group_entries,
    rank_striking,
    tell_agreement,
    tell_finding,
    tell_growth,
    tell_ideas,
    tell_unbuilt,
)
from hivemind_core.space.groups import Group, list_groups

SOURCES = name_sources(
    [
        ("gpt-4o", None),
        ("olmo2-7b", "plain"),
        ("olmo2-7b", "random"),
        ("acme-1", None),
        ("human", None),
        (None, None),
    ]
)
PRESENT = Counter(
    {"gpt-4o": 10, "olmo2-7b · plain": 10, "olmo2-7b · random": 10, "acme-1": 10, "human": 8}
)


def make_entry(models: int, wordings: int = 0, number: int = 0, **sources: int) -> Entry:
    """Return an entry of answers by these sources; "_" stands for " · "."""
    told = tuple((name.replace("_", " · "), n) for name, n in sources.items())
    names = {"gpt": "gpt-4o", "acme": "acme-1"}
    told = tuple((names.get(name, name.replace("olmo2", "olmo2-7b")), n) for name, n in told)
    size = sum(n for _, n in told)
    return Entry(number, tuple(range(size)), models, "r", (), told, wordings or size)


SHARED = make_entry(2, gpt=7, olmo2_plain=3, olmo2_random=2)
WITH_PEOPLE = make_entry(3, gpt=7, olmo2_plain=3, acme=1, human=2)


def make_row(cluster: int, size: int, models: int, **others: Any) -> dict[str, Any]:
    row = {
        "cluster": cluster,
        "size": size,
        "models": models,
        "medoid": f"m{cluster}",
        "keywords": ["a", "b"],
        "sources": ["gpt-4o"],
        "source_counts": [size],
    }
    return row | others


def test_clusters_are_listed_by_models_then_by_size() -> None:
    labels = [0, 0, 0, 0, 1, 1, 2, 2, 2, -1]
    wordings = [0, 0, 0, 1, 2, 3, 4, 4, 4, 5]
    rows = [
        make_row(0, 4, 1),
        make_row(
            1, 2, 3, sources=["human", "b", "a"], source_counts=[1, 1, 2], keywords=list("tuvwxyz")
        ),
        make_row(2, 3, 1, keywords=None),
    ]
    first, second, third = list_clusters(rows, labels, wordings)
    assert first == Entry(1, (4, 5), 3, "m1", tuple("tuvwx"), (("a", 2), ("b", 1), ("human", 1)), 2)
    assert KEYWORDS_SHOWN == 5
    assert (second.number, second.rows, second.wordings) == (0, (0, 1, 2, 3), 2)
    assert (third.number, third.rows, third.wordings) == (2, (6, 7, 8), 1)
    assert third.keywords == ()
    assert [entry.size for entry in (first, second, third)] == [2, 4, 3]


def test_equal_clusters_keep_their_numbers_in_order() -> None:
    rows = [make_row(number, 1, 1) for number in (2, 0, 1)]
    assert [e.number for e in list_clusters(rows, [0, 1, 2], [0, 1, 2])] == [0, 1, 2]


def test_no_clusters_give_an_empty_list() -> None:
    assert list_clusters([], [-1, -1], [0, 1]) == []
    assert list_clusters([], [], []) == []


def test_groups_are_listed_in_their_order_with_what_stands_for_each() -> None:
    groups = [
        Group(1, (2, 5), 2, (("a", 1), ("b", 1)), 2),
        Group(0, (0, 1, 3), 1, (("a", 3),), 1),
    ]
    found = list_group_entries(groups, ["m0", "m1", "m2"], [["x"], list("tuvwxyz"), []])
    assert found == [
        Entry(1, (2, 5), 2, "m1", tuple("tuvwx"), (("a", 1), ("b", 1)), 2),
        Entry(0, (0, 1, 3), 1, "m0", ("x",), (("a", 3),), 1),
    ]
    assert list_group_entries([], [], []) == []


def test_groups_of_a_map_become_its_reading_list() -> None:
    labels, sources = np.array([0, 0, 0, 1, 1, -1]), ["a", "a", "human", "a", "b", "c"]
    groups = list_groups(labels, sources, ["a", "a", None, "a", "b", "c"], np.arange(6))
    first, second = list_group_entries(groups, ["m0", "m1"], [[], []])
    assert (first.medoid, first.models, first.rows) == ("m1", 2, (3, 4))
    assert (second.medoid, second.models, second.size) == ("m0", 1, 3)
    assert second.sources == (("a", 2), ("human", 1))


def test_answers_are_grouped_by_source_with_repeats_merged_and_people_last() -> None:
    sources = ["human", "b", "a", "b", "human", "a", "b", "human", "a"]
    wordings = [0, 1, 2, 3, 0, 2, 3, 4, 5]
    found = group_answers(range(9), sources, wordings, {"human"})
    assert found == [
        Voice("a", (Answer((2, 5)), Answer((8,)))),
        Voice("b", (Answer((3, 6)), Answer((1,)))),
        Voice("human", (Answer((0, 4)), Answer((7,)))),
    ]
    assert [voice.total for voice in found] == [3, 3, 3]


def test_who_said_most_comes_first_and_only_chosen_rows_count() -> None:
    sources, wordings = ["a", "b", "b", "human", "human", "human"], [0, 1, 2, 3, 3, 3]
    assert [voice.source for voice in group_answers(range(6), sources, wordings)] == [
        "human",
        "b",
        "a",
    ]
    found = group_answers([4, 1, 3], sources, wordings, ["human"])
    assert found == [Voice("b", (Answer((1,)),)), Voice("human", (Answer((4, 3)),))]


def test_the_same_words_of_two_sources_are_not_merged() -> None:
    assert group_answers([0, 1], ["a", "b"], [0, 0]) == [
        Voice("a", (Answer((0,)),)),
        Voice("b", (Answer((1,)),)),
    ]
    assert group_answers([], [], []) == []


@pytest.mark.parametrize(
    ("entry", "present", "sentence"),
    [
        (SHARED, PRESENT, "12 of 40 answers, from 2 of 3 models, say nearly the same; "
         "none of 8 answers by people does."),
        (WITH_PEOPLE, PRESENT, "11 of 40 answers, from 3 of 3 models, say nearly the same; "
         "2 of 8 answers by people do."),
        (make_entry(1, gpt=1, human=1), PRESENT, "1 of 40 answers, from 1 of 3 models, says "
         "nearly the same; 1 of 8 answers by people does."),
        (make_entry(2, gpt=2, acme=1), Counter({"gpt-4o": 3, "acme-1": 2}),
         "3 of 5 answers, from 2 of 2 models, say nearly the same."),
        (make_entry(1, gpt=2), Counter({"gpt-4o": 3}), "2 of 3 answers say nearly the same."),
        (make_entry(1, olmo2_plain=2), Counter({"olmo2-7b · plain": 3, "olmo2-7b · random": 4}),
         "2 of 7 answers say nearly the same."),
        (make_entry(1, gpt=2, human=1), Counter({"gpt-4o": 3, "human": 1}),
         "2 of 3 answers say nearly the same; 1 of 1 answer by people does."),
        (make_entry(0, human=2), Counter({"human": 5}),
         "2 of 5 answers by people say nearly the same."),
        (make_entry(0, unknown=2), Counter({"unknown": 5, "gpt-4o": 1, "acme-1": 1}),
         "2 of 7 answers, from 0 of 2 models, say nearly the same."),
    ],
)  # fmt: skip
def test_the_finding_tells_of_the_first_group(
    entry: Entry, present: Counter[str], sentence: str
) -> None:
    last = make_entry(1, number=1, acme=9)
    found = tell_finding([entry, last], present, SOURCES, 30, are_groups=True)
    assert found == sentence


def test_the_finding_tells_of_the_largest_cluster() -> None:
    entries = [SHARED, make_entry(1, number=2, acme=13), make_entry(1, number=1, gpt=13)]
    assert tell_finding(entries, PRESENT, SOURCES, 40) == (
        "13 of 40 answers, from 1 of 3 models, lie in one cluster; "
        "none of 8 answers by people does."
    )
    tied = [make_entry(1, number=2, acme=3), make_entry(2, number=1, gpt=2, acme=1)]
    assert "from 2 of 3 models" in tell_finding(tied, PRESENT, SOURCES, 40)
    one = [make_entry(1, gpt=1)]
    assert tell_finding(one, Counter({"gpt-4o": 2}), SOURCES, 2) == (
        "1 of 2 answers lies in one cluster."
    )
    people = [make_entry(0, human=3)]
    assert tell_finding(people, Counter({"human": 3}), SOURCES, 2) == (
        "3 of 3 answers by people lie in one cluster."
    )


@pytest.mark.parametrize("are_groups", [False, True])
def test_the_finding_of_few_or_equal_answers(are_groups: bool) -> None:
    def tell(present: Counter[str], distinct: int, unplaced: int = 0) -> str:
        return tell_finding([], present, SOURCES, distinct, unplaced, are_groups=are_groups)

    assert tell(Counter(), 0) == "Nobody answered this query."
    assert tell(Counter(), 0, 1) == "1 answer, and no text among them to be mapped."
    assert tell(Counter(), 0, 3) == "3 answers, and no text among them to be mapped."
    assert tell(Counter({"gpt-4o": 1}), 1, 3) == (
        "One answer: there is nothing to compare it with."
    )
    assert tell(Counter({"gpt-4o": 3, "human": 1}), 1) == (
        "All 4 answers are word for word the same."
    )


def test_all_numbers_of_the_finding_are_written_alike() -> None:
    many = Counter({"gpt-4o": 1250})
    entry = make_entry(1, gpt=1100)
    assert tell_finding([entry], many, SOURCES, 9, are_groups=True) == (
        "1,100 of 1,250 answers say nearly the same."
    )
    assert tell_finding([], many, SOURCES, 1) == "All 1,250 answers are word for word the same."


def test_the_finding_says_where_nothing_is_alike() -> None:
    many = Counter({"gpt-4o": 1250})
    assert tell_finding([], many, SOURCES, 1250, are_groups=True) == (
        "1,250 answers, no two of them nearly the same."
    )
    assert tell_finding([], many, SOURCES, 1250) == "1,250 answers, no group of them reads alike."


def test_what_is_not_built_is_told() -> None:
    assert tell_unbuilt(1) == "1 answer not built yet."
    assert tell_unbuilt(1250) == "1,250 answers not built yet."
    assert tell_growth(0, "hivemind build rivers") == (
        "This corpus has changed since it was built. `hivemind build rivers`"
    )
    assert tell_growth(1, "hivemind build rivers") == (
        "This corpus has grown since it was built: 1 answer has no place yet. "
        "`hivemind build rivers`"
    )
    assert "2 answers have no place yet" in tell_growth(2, "hivemind build rivers")


@pytest.mark.parametrize(
    ("labels", "by_people", "told"),
    [
        ([0, 0, 1, 2, 2, 3], [False] * 4 + [True] * 2, "the 4 answers by models hold 3, "
         "the 2 answers by people hold 2"),
        ([0, 0, 1, 1], [False, False, True, True], "the 2 answers by models hold 1, "
         "the 2 answers by people hold 1"),
        ([0, 1, 1], [True, True, True], "the 3 answers by people hold 2"),
        ([0, 1, -1, -1], [False, False, False, True], "the 2 answers by models hold 2"),
        (list(range(1200)) + [0] * 50, [False] * 1250, "the 1,250 answers by models hold 1,200"),
    ],
)  # fmt: skip
def test_different_answers_are_counted_for_models_and_people(
    labels: list[int], by_people: list[bool], told: str
) -> None:
    assert tell_ideas(labels, by_people, 0) == f"Different answers at this threshold: {told}."


@pytest.mark.parametrize(
    ("repeats", "told"),
    [
        (0, ""),
        (1, " 1 answer repeats another word for word."),
        (1250, " 1,250 answers repeat another word for word."),
    ],
)
def test_repeats_are_told_after_different_answers(repeats: int, told: str) -> None:
    words = "Different answers at this threshold: the 2 answers by models hold 2."
    assert tell_ideas([0, 1], [False, False], repeats) == words + told


def test_a_single_answer_is_told_in_the_singular() -> None:
    assert tell_ideas([0, 1, 0], [False, False, True], 0) == (
        "Different answers at this threshold: the 2 answers by models hold 2, "
        "the 1 answer by people holds 1."
    )


def test_no_grouped_answers_are_told_in_no_words() -> None:
    assert tell_ideas([], [], 0) == ""
    assert tell_ideas([-1, -1], [False, True], 1) == ""


def make_calibration(*rows: AgreementRow) -> Calibration:
    agreement = Agreement(0.5, 0.8, (0.7, 0.9), rows)
    return Calibration("e", 0.0, {}, {"people": agreement}, 100, 10, 0.3, "", "")


LOW = AgreementRow(0.5, 0.614, (0.5, 0.7149), 0.42, (0.3, 0.5), 0.2)
HIGH = AgreementRow(0.6, 0.75, (0.655, 1.0), 0.071, (0.0, 0.1), 0.1)


def test_agreement_is_told_at_the_threshold_tried_next_below() -> None:
    calibration = make_calibration(LOW, HIGH)
    for threshold in (0.5, 0.55):
        found = tell_agreement(calibration, "people", threshold)
        assert found.startswith(f"At .{100 * threshold:.0f} people agree with 61 % (50 to 71 %) of")
        assert "42 %" in found
    found = tell_agreement(calibration, "people", 0.6)
    assert found.startswith("At .60 people agree with 75 % (66 to 100 %) of the pairs")
    assert "7 %" in found
    assert found.endswith(".")


def test_agreement_is_not_told_where_nobody_measured_it() -> None:
    unknown = "How often people would agree has not been measured"
    assert unknown in tell_agreement(None, "people", 0.5)
    assert unknown in tell_agreement(make_calibration(LOW), "cosine", 0.5)
    assert unknown in tell_agreement(make_calibration(LOW), "a judge", 0.5)
    assert "a judge" in tell_agreement(make_calibration(LOW), "a judge", 0.5)


def test_groups_by_likeness_are_said_to_hold_opposites_and_those_of_a_judge_are_not() -> None:
    for calibration in (None, make_calibration(LOW), make_calibration()):
        for sense in ("people", "cosine"):
            told = tell_agreement(calibration, sense, 0.5)
            assert told.endswith("a group may hold opposite answers in like words.")
        assert "opposite" not in tell_agreement(calibration, "a judge", 0.5)


def test_agreement_is_not_told_of_too_few_pairs() -> None:
    few = "People judged too few pairs"
    none = replace(HIGH, precision=nan, precision_ci95=(nan, nan))
    assert tell_agreement(make_calibration(LOW), "people", 0.49).startswith(few)
    assert tell_agreement(make_calibration(LOW, none), "people", 0.7).startswith(few)
    assert tell_agreement(make_calibration(), "people", 0.7).startswith(few)
    assert tell_agreement(make_calibration(LOW, none), "people", 0.5).startswith("At .50")


@pytest.mark.parametrize("sense", ["people", "cosine"])
def test_the_shipped_calibration_tells_its_own_numbers(sense: str) -> None:
    shipped = read_calibration("all-MiniLM-L6-v2")
    assert shipped is not None
    default = shipped.senses[sense].default
    row = shipped.find(sense, default)
    assert row is not None
    found = tell_agreement(shipped, sense, default)
    assert found.startswith(f"At {default:.2f} people".replace("0.", "."))
    for share in (row.precision, row.precision_ci95[1], row.recall):
        assert f"{100 * share:.0f} %" in found


@pytest.mark.parametrize(
    ("entry", "present", "head"),
    [
        (SHARED, PRESENT, "12 of 40 answers · 2 of 3 models"),
        (WITH_PEOPLE, PRESENT, "11 of 40 answers · 3 of 3 models · 2 of 8 by people"),
        (make_entry(0, human=3), PRESENT, "3 of 8 by people"),
        (make_entry(0, human=1), Counter({"human": 1}), "1 of 1 by people"),
        (make_entry(0, unknown=2), Counter({"unknown": 4, "gpt-4o": 1}), "2 of 5 answers"),
        (make_entry(1, gpt=1), Counter({"gpt-4o": 1}), "1 of 1 answer"),
        (make_entry(1, gpt=1100, human=1000), Counter({"gpt-4o": 1250, "human": 2000}),
         "1,100 of 1,250 answers · 1,000 of 2,000 by people"),
        (make_entry(0), PRESENT, ""),
    ],
)  # fmt: skip
def test_the_head_of_an_entry_counts_models_and_people_apart(
    entry: Entry, present: Counter[str], head: str
) -> None:
    assert describe_entry(entry, present, SOURCES) == head


@pytest.mark.parametrize(
    ("size", "wordings", "told"),
    [
        (5, 5, ""),
        (1, 1, ""),
        (0, 0, ""),
        (5, 4, "1 verbatim repeat"),
        (5, 2, "3 verbatim repeats"),
        (1500, 2, "1,498 verbatim repeats"),
        (5, 1, "all word for word the same"),
        (2, 1, "all word for word the same"),
    ],
)
def test_verbatim_repeats_of_an_entry_are_told(size: int, wordings: int, told: str) -> None:
    entry = Entry(0, tuple(range(size)), 1, "r", (), (("gpt-4o", size),), wordings)
    assert describe_wordings(entry) == told


QUALITY = {
    "responses": 1250,
    "noise_share": 0.123,
    "trustworthiness": 0.934,
    "pca_trustworthiness": 0.8,
    "stability": None,
    "reason": "every 2nd of 2500 answers.",
}


def test_the_caption_says_how_far_to_trust_a_map_and_why_not() -> None:
    assert describe_map(QUALITY, 2, "UMAP") == (
        "1,250 answers, 12 % of them in no cluster, neighbours kept (trustworthiness) .93. "
        "2 answers without text not on the map. Every 2nd of 2500 answers."
    )
    assert describe_map(QUALITY | {"reason": None, "stability": 0.5}, 0, "PCA") == (
        "1,250 answers, 12 % of them in no cluster, neighbours kept (trustworthiness) .80, "
        "clustering stability .50."
    )


def test_the_caption_leaves_out_what_was_not_measured() -> None:
    bare = dict.fromkeys(QUALITY, nan) | {"responses": 1, "reason": None}
    assert describe_map(bare, 1, "UMAP") == "1 answer. 1 answer without text not on the map."
    assert describe_map({}, 2, "UMAP") == "how far to trust it was not measured."


def weigh(
    query_id: str, size: int | None, models: int | None, sense: str = "cosine"
) -> dict[str, Any]:
    return {"query_id": query_id, "sense": sense, "size": size, "models": models}


def test_queries_are_ranked_by_answers_times_models() -> None:
    rows = [
        weigh("alone", 40, 1),
        weigh("b", 6, 2),
        weigh("large", 5, 4),
        weigh("nobody's", None, None),
        weigh("a", 4, 3),
        weigh("people only", 50, 0),
        weigh("wide", 3, 5),
    ]
    assert rank_striking(rows) == ["large", "wide", "a", "b", "alone", "people only"]
    assert rank_striking(reversed(rows)) == rank_striking(rows)
    assert rank_striking([]) == rank_striking(rows[3:4]) == []


def test_the_judgement_of_people_goes_before_the_cosine() -> None:
    rows = [
        weigh("a", 9, 3, "cosine"),
        weigh("b", 2, 2, "cosine"),
        weigh("b", 5, 3, "people"),
        weigh("a", 4, 2, "people"),
        weigh("a", 9, 9, "a judge"),
    ]
    assert rank_striking(rows) == ["b", "a"]
    assert rank_striking(row for row in rows if row["sense"] == "cosine") == ["a", "b"]
