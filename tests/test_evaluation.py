"""Panels of annotators and scorers, read from corpora that went through the store."""

from pathlib import Path

import numpy as np
import pytest

from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.store import Corpus, open_or_create, write_tables
from hivemind_core.corpus.tables import build_rows, find_table
from hivemind_core.errors import InputError
from hivemind_core.evaluation import (
    LENGTH,
    WITHOUT,
    Annotation,
    Panel,
    Scorer,
    choose_criterion,
    list_annotations,
    list_criteria,
    read_panel,
)
from hivemind_core.measures.arrays import Floats

NAN = float("nan")
HTML = "<img src=x onerror=alert(1)> [s](http://example.com)"
Rows = list[dict[str, object]]
# Two queries with two answers each, and one of a person to the first.
RESPONSES: Rows = [
    {"response_id": i, "query_id": i[:2], "model": model, "sample": 0, "text": text}
    for i, model, text in [
        ("q0a", "gpt-4o", "four"),
        ("q0b", "olmo2", "seventy"),
        ("q0h", "human", "me"),
        ("q1a", "gpt-4o", None),
        ("q1b", "olmo2", "ünïcödé"),
    ]
]


def write_corpus(folder: Path, **tables: Rows) -> Corpus:
    queries: Rows = [{"query_id": i, "query": f"Question {i}?"} for i in ("q0", "q1")]
    whole = {"queries": queries, "responses": RESPONSES, **tables}
    built = {name: build_rows(find_table(name), rows) for name, rows in whole.items()}
    return write_tables(open_or_create(str(folder)), built, Manifest("panel"))


def rate(response_id: str, *ratings: float, criterion: str | None = None) -> Rows:
    """Return an item's ratings, one an annotator from the first on."""
    about = {"response_id": response_id, "annotator_kind": "person", "criterion": criterion}
    return [about | {"annotator_id": f"p{n}", "rating": r} for n, r in enumerate(ratings)]


def prefer(pair: tuple[str, str], *preferences: float) -> Rows:
    first, second = pair
    about = {"query_id": first[:2], "response_a": first, "response_b": second}
    return [
        about | {"annotator_id": f"p{n}", "annotator_kind": "slot", "preference": value}
        for n, value in enumerate(preferences)
    ]


def score(scores: dict[str, float], scorer: str = "judge", **more: object) -> Rows:
    about = {"scorer": scorer, "kind": "lm_judge", **more}
    return [about | {"response_id": one, "score": value} for one, value in scores.items()]


def compare(scores: dict[tuple[str, str], float], scorer: str = "arena") -> Rows:
    return [
        {"query_id": a[:2], "response_a": a, "response_b": b, "score": value}
        | {"scorer": scorer, "kind": "lm_judge"}
        for (a, b), value in scores.items()
    ]


def find(panel: Panel, name: str) -> Floats:
    """Return the scores of the only scorer of that name."""
    (found,) = (values for scorer, values in panel.scores.items() if scorer.name == name)
    return found


RATED = rate("q1b", 1, 2) + rate("q0a", 5, 5, 2) + rate("q0b", 3, 4)


def test_hand_worked_panel_of_ratings(tmp_path: Path) -> None:
    scores = score({"q0a": 0.5, "q1b": -1, "q1a": 9}, higher_is_better=True)
    corpus = write_corpus(tmp_path, ratings=RATED + rate("q0h", 4), scores=scores)
    panel = read_panel(corpus, "absolute")
    assert list_annotations(corpus) == ("absolute",)
    assert (panel.annotation, panel.criterion, panel.simulated) == ("absolute", None, False)
    assert panel.items == (("q0a",), ("q0b",), ("q1b",))
    assert (panel.query_ids, panel.queries.tolist()) == (("q0", "q1"), [0, 0, 1])
    expected = np.array([[5, 5, 2], [3, 4, NAN], [1, 2, NAN]])
    assert panel.labels == pytest.approx(expected, nan_ok=True)
    assert panel.means == pytest.approx([4, 3.5, 1.5])
    assert (len(panel), panel.left_out) == (3, 1)  # q0h has a single label
    assert set(panel.scores) == {
        Scorer("judge", "lm_judge", True),
        Scorer(LENGTH, "baseline", True),
    }
    assert find(panel, "judge") == pytest.approx([0.5, NAN, -1], nan_ok=True)
    assert find(panel, LENGTH).tolist() == [4, 7, 7]  # characters, not bytes


def test_hand_worked_panel_of_pairs(tmp_path: Path) -> None:
    preferences = prefer(("q0b", "q0a"), 2, -1, 0) + prefer(("q1a", "q1b"), 1, 1)
    preferences += prefer(("q0a", "q0h"), 1)
    scores = score({"q0a": 0.5, "q0b": 2, "q1a": 1}, higher_is_better=True)
    corpus = write_corpus(tmp_path, preferences=preferences, scores=scores)
    panel = read_panel(corpus, "pairwise")
    assert list_annotations(corpus) == ("pairwise",)
    # A pair is in the order of its ids, whoever was asked in which.
    assert panel.items == (("q0a", "q0b"), ("q1a", "q1b"))
    assert panel.means == pytest.approx([-1 / 3, 1])
    assert find(panel, "judge") == pytest.approx([-1.5, NAN], nan_ok=True)
    assert find(panel, LENGTH) == pytest.approx([-3, NAN], nan_ok=True)  # q1a has no text
    assert panel.left_out == 1


@pytest.mark.parametrize(("higher", "sign"), [(True, 1), (False, -1), (None, 1)])
def test_direction_turns_scores_only_where_it_is_stated(
    tmp_path: Path, higher: bool | None, sign: int
) -> None:
    scores = score({"q0a": 3, "q0b": 1, "q1b": 0.5}, "perplexity", higher_is_better=higher)
    pairs = prefer(("q0a", "q0b"), 1, 0)
    corpus = write_corpus(tmp_path, ratings=RATED, preferences=pairs, scores=scores)
    panel = read_panel(corpus, "absolute")
    assert find(panel, "perplexity").tolist() == [3 * sign, 1 * sign, 0.5 * sign]
    assert {s.higher_is_better for s in panel.scores if s.name == "perplexity"} == {higher}
    assert find(read_panel(corpus, "pairwise"), "perplexity").tolist() == [2 * sign]


def test_scorers_that_only_compare_serve_either_order(tmp_path: Path) -> None:
    preferences = prefer(("q0b", "q0a"), 2, -1) + prefer(("q0a", "q0h"), 0, 1)
    preferences += prefer(("q1a", "q1b"), 1, 1)
    given = compare({("q0a", "q0b"): 0.7, ("q0a", "q0h"): -0.2})
    corpus = write_corpus(tmp_path, preferences=preferences, pair_scores=given)
    panel = read_panel(corpus, "pairwise")
    assert panel.items == (("q0a", "q0b"), ("q0a", "q0h"), ("q1a", "q1b"))
    assert find(panel, "arena") == pytest.approx([0.7, -0.2, NAN], nan_ok=True)
    assert Scorer("arena", "lm_judge", higher_is_better=True, is_for_pairs=True) in panel.scores


@pytest.mark.parametrize("pair", [("q0a", "q0b"), ("q0b", "q0a")])
def test_a_pair_compared_in_both_orders_has_the_mean_of_both(
    tmp_path: Path, pair: tuple[str, str]
) -> None:
    own = {("q0a", "q0b"): 0.7, ("q0b", "q0a"): 0.1}  # prefers what it reads first
    corpus = write_corpus(tmp_path, preferences=prefer(pair, 1, 2), pair_scores=compare(own))
    assert find(read_panel(corpus, "pairwise"), "arena") == pytest.approx([0.3])


def test_people_who_compare_in_either_order_judge_one_pair(tmp_path: Path) -> None:
    preferences = [
        prefer(("q0a", "q0b"), 2)[0] | {"annotator_id": "x"},
        prefer(("q0b", "q0a"), 1)[0] | {"annotator_id": "y"},
    ]
    panel = read_panel(write_corpus(tmp_path, preferences=preferences), "pairwise")
    assert panel.items == (("q0a", "q0b"),)
    assert sorted(panel.labels[0].tolist()) == [-1, 2]


def test_a_score_with_the_criterion_wins_over_one_without(tmp_path: Path) -> None:
    ratings = rate("q0a", 1, 2, criterion="wit") + rate("q0b", 4, 4, criterion="wit")
    scores = score({"q0a": 1, "q0b": 2}) + score({"q0a": 8}, criterion="wit")
    scores += score({"q0a": 9, "q0b": 9}, criterion="zeal") + score({"q0b": 7}, criterion="truth")
    panel = read_panel(write_corpus(tmp_path, ratings=ratings, scores=scores), "absolute")
    assert panel.criterion == "wit"
    assert find(panel, "judge").tolist() == [8, 2]


def test_without_a_criterion_only_scores_without_one_count(tmp_path: Path) -> None:
    scores = score({"q0a": 1, "q0b": 2}) + score({"q0a": 8}, criterion="wit")
    panel = read_panel(write_corpus(tmp_path, ratings=RATED, scores=scores), "absolute")
    assert find(panel, "judge") == pytest.approx([1, 2, NAN], nan_ok=True)


def test_criteria_are_named_where_one_must_be_said_or_is_unknown(tmp_path: Path) -> None:
    ratings = rate("q0a", 1, 2, criterion="wit") + rate("q0b", 4, 4, criterion="truth")
    corpus = write_corpus(tmp_path, ratings=ratings + rate("q1a", 3, 3, 1))
    assert list_criteria(corpus, "absolute") == (None, "truth", "wit")
    with pytest.raises(InputError, match=r"which criterion.*\(none\), truth, wit.*--criterion"):
        read_panel(corpus, "absolute")
    with pytest.raises(InputError, match=r"found 'zeal'\. .*truth, wit"):
        read_panel(corpus, "absolute", "zeal")
    assert read_panel(corpus, "absolute", "truth").items == (("q0b",),)
    unnamed = read_panel(corpus, "absolute", WITHOUT)
    assert (unnamed.criterion, unnamed.items) == (None, (("q1a",),))
    assert choose_criterion(corpus, "absolute", "wit") == "wit"


def test_answers_by_people_can_be_left_out(tmp_path: Path) -> None:
    pairs = prefer(("q0a", "q0h"), 1, 2) + prefer(("q0a", "q0b"), 0, 1)
    corpus = write_corpus(tmp_path, ratings=RATED + rate("q0h", 4, 4), preferences=pairs)
    sizes: dict[Annotation, tuple[int, int]] = {"absolute": (4, 3), "pairwise": (2, 1)}
    for annotation, (everything, without) in sizes.items():
        assert len(read_panel(corpus, annotation)) == everything
        panel = read_panel(corpus, annotation, without_people=True)
        assert len(panel) == without
        assert not any("q0h" in item for item in panel.items)


@pytest.mark.parametrize("annotation", ["absolute", "pairwise"])
def test_nothing_judged_is_an_empty_panel(tmp_path: Path, annotation: Annotation) -> None:
    corpus = write_corpus(tmp_path, scores=score({"q0a": 1}), pair_scores=compare({}))
    assert list_annotations(corpus) == list_criteria(corpus, annotation) == ()
    panel = read_panel(corpus, annotation)
    assert (len(panel), panel.query_ids, dict(panel.scores)) == (0, (), {})
    assert panel.labels.shape[0] == len(panel.means) == len(panel.queries) == 0
    with pytest.raises(InputError, match="It has: none"):
        read_panel(corpus, annotation, "wit")


def test_a_scorer_with_scores_on_no_item_is_none_of_the_panel(tmp_path: Path) -> None:
    scores = score({"q0h": 1}, "elsewhere") + score({"q0a": 1}, HTML)
    panel = read_panel(write_corpus(tmp_path, ratings=RATED, scores=scores), "absolute")
    assert {scorer.name for scorer in panel.scores} == {HTML, LENGTH}


def test_the_order_of_rows_and_names_of_annotators_decide_nothing(tmp_path: Path) -> None:
    renamed = [row | {"annotator_id": f"x{9 - int(str(row['annotator_id'])[1])}"} for row in RATED]
    plain = read_panel(write_corpus(tmp_path / "plain", ratings=RATED), "absolute")
    moved = read_panel(write_corpus(tmp_path / "moved", ratings=renamed[::-1]), "absolute")
    assert moved.items == plain.items
    assert moved.labels[:, ::-1] == pytest.approx(plain.labels, nan_ok=True)


def test_of_an_annotator_who_saw_a_pair_in_both_orders_the_mean_counts(tmp_path: Path) -> None:
    """p0 likes whichever comes first by 1: no preference at all; p1 likes q0a by 1 and by 2."""
    rows = [*prefer(("q0a", "q0b"), 1, 1), *prefer(("q0b", "q0a"), 1, -2)]
    panel = read_panel(write_corpus(tmp_path, preferences=rows), "pairwise")
    assert panel.items == (("q0a", "q0b"),)
    assert panel.labels.tolist() == [[0, 1.5]]
    assert panel.means.tolist() == [0.75]


def test_a_tie_of_a_pair_that_is_turned_has_no_sign(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", preferences=prefer(("q0b", "q0a"), 0, 0, 1))
    labels = read_panel(corpus, "pairwise", None).labels
    assert labels.tolist() == [[0, 0, -1]]
    assert not np.signbit(labels[0, :2]).any()
