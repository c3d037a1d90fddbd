"""Linkages of a query's answers: what stands for each merge, cuts with names, and their numbers."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from hivemind_core.corpus.calibration import Calibration, read_calibration
from hivemind_core.corpus.pair_cache import PairCache
from hivemind_core.corpus.views import LINKAGES, POINTS
from hivemind_core.progress import report_nothing
from hivemind_core.space import linking
from hivemind_core.space.groups import Linkage, cut, link
from hivemind_core.space.judge import PUBLISHED_JUDGE
from hivemind_core.space.keywords import KEYWORDS, WORD
from hivemind_core.space.linking import (
    COSINE,
    PEOPLE,
    NamedCut,
    compare_vectors,
    count_groups,
    cut_named,
    describe_linkage,
    find_default,
    find_lowest,
    gather_groups,
    link_by_judge,
    link_query,
    read_linkage,
    split_by_query,
)
from hivemind_core.space.mapping import MapInput, number_wordings
from hivemind_core.space.neighbours import find_nearest
from hivemind_core.space.sameness import compare_all
from tests.planted import make_ideas, make_unit_rows

SEEDS = st.integers(0, 999)
VOCABULARY = ["time", "river", "thief", "light", "stone", "mirror", "the", "and", "of", "joy"]
FOUR_TEXTS = ("Time is a river", "time flows, a river", "a river and a thief", "a thief of joy")
FOUR_VECTORS = np.array([[1, 0], [0.96, 0.28], [0.6, 0.8], [-1, 0]], np.float32)


def make_input(
    texts: Sequence[str], vectors: NDArray[np.floating], query_id: str = "q"
) -> MapInput:
    n = len(texts)
    return MapInput(
        "key",
        [f"{query_id}-{row}" for row in range(n)],
        [query_id] * n,
        ["alpha"] * n,
        ["alpha"] * n,
        list(texts),
        np.asarray(vectors, np.float32),
    )


def make_four() -> MapInput:
    return make_input(FOUR_TEXTS, FOUR_VECTORS)


def make_ideas_input(ideas: NDArray[np.integer], noise: float = 0.5, seed: int = 0) -> MapInput:
    """Return answers that share most words and most of their direction within an idea."""
    rng = np.random.default_rng(seed)
    texts = []
    for row, idea in enumerate(ideas.tolist()):
        shared = " ".join(f"{VOCABULARY[idea]}{ending}" for ending in ("s", "ing", "ed", "ish"))
        texts.append(f"{shared} {VOCABULARY[rng.integers(7)]} number{row}")
    return make_input(texts, make_ideas(ideas, noise=noise, seed=seed))


def make_random(n: int, seed: int) -> MapInput:
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(VOCABULARY, rng.integers(0, 7))) for _ in range(n)]
    return make_input(texts, make_ideas(rng.integers(0, 3, n), d=12, noise=0.8, seed=seed))


def list_members(linkage: Linkage) -> list[list[int]]:
    """Return the rows that each merge joins."""
    nodes = [[row] for row in range(len(linkage.left) + 1)]
    for left, right in zip(linkage.left.tolist(), linkage.right.tolist(), strict=True):
        nodes.append(sorted(nodes[left] + nodes[right]))
    return nodes[len(linkage.left) + 1 :]


def list_words(text: str) -> list[str]:
    return [w for w in re.findall(WORD, text.lower()) if w not in ENGLISH_STOP_WORDS]


def rank_by_hand(rows: Sequence[int], texts: Sequence[str]) -> tuple[str, ...]:
    """Return the best words of some answers: count * log(1 + half of all words / frequency)."""
    told = [list_words(text) for text in texts]
    shared = {word for word, n in Counter(w for words in told for w in set(words)).items() if n > 1}
    frequency = Counter(word for words in told for word in words if word in shared)
    held = Counter(word for row in rows for word in told[row] if word in shared)
    half = frequency.total() / 2
    weight = {word: n * np.log1p(half / frequency[word]) for word, n in held.items()}
    return tuple(sorted(weight, key=lambda word: (-round(weight[word], 12), word))[:KEYWORDS])


def name_groups(found: NamedCut, ids: Sequence[str]) -> dict[frozenset[str], tuple[object, ...]]:
    """Return what stands for each group, by its answers; a pair has no middle."""
    groups = [np.flatnonzero(found.labels == g).tolist() for g in range(len(found.medoids))]
    return {
        frozenset(ids[row] for row in rows): (
            found.keywords[g],
            ids[found.medoids[g]] if len(rows) > 2 else None,
        )
        for g, rows in enumerate(groups)
    }


@pytest.fixture
def calibration() -> Calibration:
    found = read_calibration("all-MiniLM-L6-v2")
    assert found is not None
    return found


def test_four_answers_by_hand() -> None:
    table = link_query(make_four(), None)
    assert table.schema == LINKAGES
    assert table["query_id"].to_pylist() == ["q"] * 3
    assert table["sense"].to_pylist() == [COSINE] * 3
    # Cosines: .96 of 0 and 1; .8 of 1 and 2, .6 of 0 and 2; -1 of 0 and 3.
    assert (table["left"].to_pylist(), table["right"].to_pylist()) == ([0, 2, 3], [1, 4, 5])
    assert table["sameness"].to_pylist() == pytest.approx([0.96, 0.6, -1], abs=1e-6)
    # Mean cosines to the others: .96 and .96, the first counts; .78, .88 and .70.
    assert table["medoid"].to_pylist() == [0, 1, None]
    # time 2, river 3, thief 2 of 7 words: their rarities are 1.01, .77 and 1.01.
    assert table["keywords"].to_pylist() == [["time", "river"], ["river", "time", "thief"], None]


def test_the_medoid_is_by_cosine_whatever_the_sense() -> None:
    alike = np.full((4, 4), 0.1, np.float32)
    alike[np.ix_([0, 1, 2], [0, 1, 2])] = 0.4
    alike[0, 2] = alike[2, 0] = 0.9
    table = describe_linkage(make_four(), PEOPLE, alike)
    assert table["sense"].to_pylist() == [PEOPLE] * 3
    assert table["sameness"].to_pylist() == pytest.approx([0.9, 0.4, 0.1], abs=1e-6)
    assert table["medoid"].to_pylist() == [0, 1, None]


@settings(deadline=None, max_examples=60)
@given(n=st.integers(2, 24), seed=SEEDS)
def test_every_merge_is_named_as_by_definition(n: int, seed: int) -> None:
    answers = make_random(n, seed)
    table = describe_linkage(answers, COSINE, compare_vectors(answers))
    exact = answers.vectors.astype(np.float64)
    rows = zip(list_members(read_linkage(table).linkage), table.to_pylist(), strict=True)
    for members, row in rows:
        if row["sameness"] < 0.3 - 1e-6:
            assert (row["medoid"], row["keywords"]) == (None, None)
            continue
        cosines = exact[members] @ exact[members].T
        means = (cosines.sum(axis=1) - np.diag(cosines)) / (len(members) - 1)
        assert means[members.index(row["medoid"])] >= means.max() - 4e-6
        assert tuple(row["keywords"]) == rank_by_hand(members, answers.texts)


def test_of_equally_central_answers_the_first_stands_for_the_group() -> None:
    rows = np.array([[0.6, 0.8], [0.8, 0.6], [1, 0], [0.8, 0.6]])
    answers = make_input(["a", "b", "c", "d"], rows)
    table = describe_linkage(answers, COSINE, compare_vectors(answers))
    assert table["left"].to_pylist() == [1, 0, 2]
    assert table["medoid"].to_pylist() == [1, 1, 1]


def test_the_first_answer_stands_for_a_pair() -> None:
    vectors = np.array([[1, 0], [0.802001, np.sqrt(1 - 0.802001**2)]])
    answers = make_input(["one", "two"], vectors)
    table = describe_linkage(answers, COSINE, compare_vectors(answers))
    assert table["medoid"].to_pylist() == [0]


@pytest.mark.parametrize(("sense", "lowest"), [(COSINE, 0.3), (PEOPLE, 0.2), ("a judge", 0.05)])
def test_only_merges_at_thresholds_on_offer_are_named(sense: str, lowest: float) -> None:
    assert find_lowest(sense) == lowest
    answers = make_input(["one river", "two rivers"], FOUR_VECTORS[:2])
    for sameness, medoid in ((lowest, 0), (lowest - 0.001, None)):
        matrix = np.array([[1, sameness], [sameness, 1]], np.float32)
        row = describe_linkage(answers, sense, matrix).to_pylist()[0]
        assert row["medoid"] == medoid
        assert (row["keywords"] is None) == (medoid is None)


def test_where_to_start_is_calibrated_or_a_guess(calibration: Calibration) -> None:
    for sense in (COSINE, PEOPLE):
        assert find_default(sense, calibration) == calibration.senses[sense].default
    assert find_default(COSINE, None) == 0.9
    only_people = replace(calibration, senses={PEOPLE: calibration.senses[PEOPLE]})
    assert find_default(COSINE, only_people) == 0.9
    assert find_default(PUBLISHED_JUDGE, calibration) == 0.1
    assert find_default("a judge", calibration) == 0.5


def test_cosines_by_hand() -> None:
    found = compare_vectors(make_four())
    assert found.dtype == np.float32
    wanted = [[1, 0.96, 0.6, -1], [0.96, 1, 0.8, -0.96], [0.6, 0.8, 1, -0.6], [-1, -0.96, -0.6, 1]]
    assert found == pytest.approx(np.array(wanted), abs=1e-6)


def test_verbatim_repeats_are_the_same_whatever_their_vectors() -> None:
    found = compare_vectors(make_input(["a", " a\n", "A"], FOUR_VECTORS[[0, 2, 3]]))
    assert found[0, 1] == found[1, 0] == 1
    assert found[0, 2] == -1


def test_no_answers_have_no_cosines() -> None:
    assert compare_vectors(make_input([], np.empty((0, 3)))).shape == (0, 0)


@settings(deadline=None)
@given(n=st.integers(1, 40), seed=SEEDS)
def test_cosines_are_symmetric_and_one_with_oneself(n: int, seed: int) -> None:
    answers = make_random(n, seed)
    found = compare_vectors(answers)
    assert found.shape == (n, n)
    assert np.array_equal(found, found.T)
    assert (np.diag(found) == 1).all()
    assert (np.abs(found) <= 1).all()
    same = np.array(answers.texts)[:, None] == np.array(answers.texts)[None, :]
    assert (found[same] == 1).all()
    exact = answers.vectors.astype(np.float64)
    assert found[~same] == pytest.approx((exact @ exact.T)[~same], abs=1e-6)


def test_wordings_are_numbered_within_a_query() -> None:
    found = number_wordings(["p", "p", "p", "q", "q"], ["a", "b", " a\n", "a", "A"])
    assert found.tolist() == [0, 1, 0, 2, 3]
    assert number_wordings([], []).tolist() == []


def test_without_a_calibration_there_is_no_judgement_of_people(calibration: Calibration) -> None:
    answers = make_ideas_input(np.repeat(np.arange(4), 6))
    plain, both = link_query(answers, None), link_query(answers, calibration)
    assert plain["sense"].to_pylist() == [COSINE] * 23
    assert both["sense"].to_pylist() == [COSINE] * 23 + [PEOPLE] * 23
    assert both.schema == LINKAGES
    assert both.slice(0, 23).equals(plain)


def test_people_groups_hold_the_chance_of_every_pair(calibration: Calibration) -> None:
    answers = make_ideas_input(np.arange(40) % 5, noise=0.6)
    rows = link_query(answers, calibration)
    people = rows.filter(pc.equal(rows["sense"], PEOPLE))
    chances = compare_all(answers.texts, answers.vectors, calibration)
    for threshold in (0.2, find_default(PEOPLE, calibration), 0.8):
        labels = cut_named(read_linkage(people), threshold).labels
        together = labels[:, None] == labels[None, :]
        assert chances[together].min() >= threshold - 3e-6
        assert 1 <= labels.max() < 39


@pytest.mark.parametrize("sense", [COSINE, PEOPLE])
def test_planted_ideas_are_recovered(calibration: Calibration, sense: str) -> None:
    ideas = np.repeat(np.arange(5), [12, 9, 7, 4, 1])
    answers = make_ideas_input(ideas, noise=0.3)
    rows = link_query(answers, calibration)
    found = cut_named(read_linkage(rows.filter(pc.equal(rows["sense"], sense))), 0.5)
    assert found.labels.tolist() == ideas.tolist()
    assert [ideas[medoid] for medoid in found.medoids] == [0, 1, 2, 3, 4]
    for idea, words in enumerate(found.keywords[:4]):
        assert f"{VOCABULARY[idea]}s" in words
    assert (found.medoids[4], found.keywords[4]) == (32, ())


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_answers_have_no_linkage(calibration: Calibration, n: int) -> None:
    table = link_query(make_input(["x"] * n, np.ones((n, 2))), calibration)
    assert table.schema == LINKAGES
    assert len(table) == 0


def test_too_many_answers_have_no_linkage(
    calibration: Calibration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "MOST_ANSWERS", 3)
    few = make_input(FOUR_TEXTS[:3], FOUR_VECTORS[:3])
    assert len(link_query(few, calibration)) == 4
    table = link_query(make_four(), calibration)
    assert table.schema == LINKAGES
    assert len(table) == 0


class LetterJudge:
    """Finds texts the same that begin alike."""

    name = "letters"
    fingerprint = "letters-1"

    def judge(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        return np.array([first[0] == second[0] for first, second in pairs], np.float32)


def test_a_judge_gives_a_sense_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = PairCache(tmp_path / "pairs.sqlite")
    answers = make_input(["ape", "bee", "ant", "bat"], np.ones((4, 1)))
    table = link_by_judge(answers, LetterJudge(), cache, report_nothing)
    assert table["sense"].to_pylist() == ["letters"] * 3
    assert table["sameness"].to_pylist() == [1, 1, 0]
    assert cut_named(read_linkage(table), 0.5).labels.tolist() == [0, 1, 0, 1]
    one = make_input(["ape"], np.ones((1, 1)))
    assert len(link_by_judge(one, LetterJudge(), cache, report_nothing)) == 0
    monkeypatch.setattr(linking, "MOST_ANSWERS", 3)
    assert len(link_by_judge(answers, LetterJudge(), cache, report_nothing)) == 0


def test_identical_answers_are_one_group_at_any_threshold(calibration: Calibration) -> None:
    answers = make_input([" a river of time", "a river of time"] * 4, [[0.6, 0.8]] * 8)
    rows = link_query(answers, calibration)
    assert rows["sameness"].to_pylist() == [1] * 14
    for sense in (COSINE, PEOPLE):
        named = read_linkage(rows.filter(pc.equal(rows["sense"], sense)))
        assert named.medoids == tuple(members[0] for members in list_members(named.linkage))
        found = cut_named(named, 1.0)
        assert found.labels.tolist() == [0] * 8
        assert (found.medoids, found.keywords) == ((0,), (("river", "time"),))


@pytest.mark.parametrize("sense", [COSINE, PEOPLE])
@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.9])
def test_row_order_changes_numbers_only(
    calibration: Calibration, sense: str, threshold: float
) -> None:
    answers = make_ideas_input(np.arange(60) % 7)
    order = np.random.default_rng(2).permutation(60).tolist()
    turned = replace(
        answers,
        response_ids=[answers.response_ids[i] for i in order],
        texts=[answers.texts[i] for i in order],
        vectors=answers.vectors[order],
    )
    found = []
    for one in (answers, turned):
        rows = link_query(one, calibration)
        named = read_linkage(rows.filter(pc.equal(rows["sense"], sense)))
        found.append(name_groups(cut_named(named, threshold), one.response_ids))
    assert found[0] == found[1]


@settings(deadline=None, max_examples=40)
@given(n=st.integers(2, 24), seed=SEEDS, threshold=st.floats(0.3, 1))
def test_a_named_cut_is_the_cut_with_what_stands_for_each_group(
    n: int, seed: int, threshold: float
) -> None:
    answers = make_random(n, seed)
    found = cut_named(read_linkage(link_query(answers, None)), threshold)
    assert np.array_equal(found.labels, cut(link(compare_vectors(answers)), threshold).labels)
    groups = range(int(found.labels.max()) + 1)
    assert found.labels[list(found.medoids)].tolist() == list(groups)
    for group in groups:
        rows = np.flatnonzero(found.labels == group).tolist()
        words = rank_by_hand(rows, answers.texts) if len(rows) > 1 else ()
        assert found.keywords[group] == words


def test_a_linkage_is_read_as_it_was_written(tmp_path: Path) -> None:
    answers = make_random(12, 5)
    table = link_query(answers, None)
    pq.write_table(table, tmp_path / "linkages.parquet")
    found, wanted = (
        read_linkage(pq.read_table(tmp_path / "linkages.parquet")),
        link(compare_vectors(answers)),
    )
    for name in ("left", "right", "sameness"):
        one, other = getattr(found.linkage, name), getattr(wanted, name)
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    assert found.medoids == tuple(table["medoid"].to_pylist())
    assert found.keywords == tuple(tuple(words or ()) for words in table["keywords"].to_pylist())


def test_below_the_lowest_threshold_the_first_answer_stands_for_a_group() -> None:
    named = read_linkage(link_query(make_four(), None))
    found = cut_named(named, -1)
    assert found.labels.tolist() == [0] * 4
    assert (found.medoids, found.keywords) == ((0,), ((),))
    assert cut_named(named, 0.5).medoids == (1, 3)


def test_one_answer_is_a_group_of_its_own() -> None:
    found = cut_named(read_linkage(LINKAGES.empty_table()), 0.5)
    assert found.labels.tolist() == [0]
    assert (found.medoids, found.keywords) == ((0,), ((),))


FIRST = NamedCut(np.array([0, 0, 1], np.int32), (1, 2), (("river",), ()))
SECOND = NamedCut(np.array([1, 0, 0, 0], np.int32), (3, 0), (("thief", "night"), ()))


def test_groups_of_several_queries_are_numbered_on_one_map() -> None:
    cuts = [(("a", "b", "c"), FIRST), (("d", "e", "f", "g"), SECOND)]
    found = gather_groups(cuts, ["a", "b", "c", "nobody", "d", "e", "f", "g"])
    assert found.labels.tolist() == [1, 1, 2, -1, 3, 0, 0, 0]
    assert found.medoids == ("g", "b", "c", "d")
    assert found.keywords == (("thief", "night"), ("river",), (), ())


def test_groups_count_only_the_answers_on_the_map() -> None:
    cuts = [(("a", "b", "c"), FIRST), (("d", "e", "f", "g"), SECOND)]
    found = gather_groups(cuts, ["g", "b", "a"])
    assert found.labels.tolist() == [1, 0, 0]
    assert found.medoids == ("b", "g")
    assert found.keywords == (("river",), ("thief", "night"))


@pytest.mark.parametrize("ids", [[], ["a"], ["a", "b"]])
def test_without_a_linkage_no_answer_is_in_a_group(ids: list[str]) -> None:
    found = gather_groups([], ids)
    assert found.labels.tolist() == [-1] * len(ids)
    assert (found.medoids, found.keywords) == ((), ())


@settings(deadline=None, max_examples=50)
@given(
    sizes=st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=4), max_size=4),
    data=st.data(),
)
def test_a_map_keeps_together_what_a_query_keeps_together(
    sizes: list[list[int]], data: st.DataObject
) -> None:
    cuts, group_of = [], {}
    for query, counts in enumerate(sizes):
        labels = np.repeat(np.arange(len(counts)), sorted(counts, reverse=True)).astype(np.int32)
        ids = tuple(f"{query}-{row}" for row in range(len(labels)))
        group_of |= {one: (query, int(label)) for one, label in zip(ids, labels, strict=True)}
        first = [int(np.argmax(labels == g)) for g in range(len(counts))]
        cuts.append((ids, NamedCut(labels, tuple(first), ((str(query),),) * len(counts))))
    shown = data.draw(st.permutations([*group_of, "lost"]))
    found = gather_groups(cuts, shown)
    number = {one: int(label) for one, label in zip(shown, found.labels, strict=True)}
    assert number.pop("lost") == -1
    assert {frozenset(i for i in number if number[i] == g) for g in number.values()} == {
        frozenset(i for i in group_of if group_of[i] == g) for g in group_of.values()
    }
    counted = [sum(label == g for label in number.values()) for g in range(len(found.medoids))]
    assert counted == sorted(counted, reverse=True)
    starts = [
        shown.index(next(i for i in shown if number.get(i) == g)) for g in range(len(counted))
    ]
    assert all(
        one < other
        for (size, one), (next_size, other) in pairwise(zip(counted, starts, strict=True))
        if size == next_size
    )
    for g, medoid in enumerate(found.medoids):
        assert number[medoid] == g
        assert found.keywords[g] == (medoid.split("-")[0],)


def place(answers: MapInput, sources: Sequence[str]) -> pa.Table:
    """Return the points of a query, as far as groups need them."""
    wordings = number_wordings(answers.query_ids, answers.texts).tolist()
    rows = zip(answers.response_ids, answers.query_ids, sources, wordings, strict=True)
    names = ("response_id", "query_id", "source", "wording")
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=POINTS)


def test_groups_are_counted_by_hand(calibration: Calibration) -> None:
    four = make_four()
    # At .6 the first three are a group, of two models and a person; the last is alone.
    senses = calibration.senses | {COSINE: replace(calibration.senses[COSINE], default=0.6)}
    points = place(four, ["alpha", "beta", "human", "alpha"])
    models = {"alpha": "alpha", "beta": "beta", "human": None}
    rows = link_query(four, None)
    told = {"query_id": "q", "sense": COSINE, "answers": 4}
    assert count_groups(rows, points, models, replace(calibration, senses=senses)) == [
        told | {"threshold": 0.6, "different": 2, "size": 3, "models": 2, "medoid": "q-1"}
    ]
    assert count_groups(rows, points, models, None) == [
        told | {"threshold": 0.9, "different": 3, "size": 2, "models": 2, "medoid": "q-0"}
    ]


def test_no_two_answers_alike_leave_the_first_group_empty() -> None:
    unlike = make_input(["a", "b", "c"], np.eye(3))
    (row,) = count_groups(link_query(unlike, None), place(unlike, ["alpha"] * 3), {}, None)
    assert (row["answers"], row["different"]) == (3, 3)
    assert (row["size"], row["models"], row["medoid"]) == (None, None, None)


def test_the_group_that_most_models_share_is_told_before_a_larger_one() -> None:
    answers = make_ideas_input(np.repeat([0, 1], [5, 2]), noise=0.01)
    points = place(answers, ["alpha"] * 5 + ["alpha", "beta"])
    (row,) = count_groups(
        link_query(answers, None), points, {"alpha": "alpha", "beta": "beta"}, None
    )
    assert (row["size"], row["models"], row["different"]) == (2, 2, 2)
    assert row["medoid"] in {"q-5", "q-6"}


def test_counts_agree_with_cuts(calibration: Calibration) -> None:
    sources = ["alpha", "beta", "human"]
    asked = {
        f"q{n}": replace(
            make_ideas_input(np.arange(18) % 4, noise=0.4, seed=n),
            response_ids=[f"q{n}-{row}" for row in range(18)],
            query_ids=[f"q{n}"] * 18,
        )
        for n in range(3)
    }
    linkages = pa.concat_tables([link_query(answers, calibration) for answers in asked.values()])
    points = pa.concat_tables([place(answers, sources * 6) for answers in asked.values()])
    models = {"alpha": "alpha", "beta": "beta"}
    rows = count_groups(linkages, points, models, calibration)
    assert [(row["query_id"], row["sense"]) for row in rows] == [
        (query_id, sense) for query_id in asked for sense in (COSINE, PEOPLE)
    ]
    for row in rows:
        mine = pc.and_(
            pc.equal(linkages["query_id"], row["query_id"]),
            pc.equal(linkages["sense"], row["sense"]),
        )
        found = cut_named(read_linkage(linkages.filter(mine)), row["threshold"])
        assert row["threshold"] == calibration.senses[row["sense"]].default
        assert (row["answers"], row["different"]) == (18, len(found.medoids))
        ids = asked[row["query_id"]].response_ids
        group = found.medoids.index(ids.index(row["medoid"]))
        inside = np.flatnonzero(found.labels == group)
        assert row["size"] == len(inside) > 1
        assert row["models"] == len({sources[i % 3] for i in inside.tolist()} - {"human"})


def test_a_query_without_a_linkage_is_not_counted() -> None:
    four, one = make_four(), make_input(["a"], np.ones((1, 1)), "r")
    points = pa.concat_tables([place(four, ["alpha"] * 4), place(one, ["alpha"])])
    assert count_groups(LINKAGES.empty_table(), points, {}, None) == []
    rows = count_groups(link_query(four, None), points, {}, None)
    assert [row["query_id"] for row in rows] == ["q"]


def test_rows_are_split_where_the_query_changes() -> None:
    rows = pa.table({"query_id": pa.chunked_array([["a", "a"], ["b"], ["c", "c"]]), "n": range(5)})
    found = [(name, part["n"].to_pylist()) for name, part in split_by_query(rows)]
    assert found == [("a", [0, 1]), ("b", [2]), ("c", [3, 4])]
    assert list(split_by_query(rows.slice(0, 0))) == []


@settings(deadline=None)
@given(n=st.integers(1, 40), count=st.integers(1, 50), seed=SEEDS, data=st.data())
def test_the_nearest_are_those_of_a_full_sort(
    n: int, count: int, seed: int, data: st.DataObject
) -> None:
    rows, row = make_unit_rows(n, 5, seed), data.draw(st.integers(0, n - 1))
    found, cosines = find_nearest(rows, row, count)
    assert found[0] == row
    assert len(found) == len(set(found.tolist())) == min(count, n)
    exact = rows.astype(np.float64) @ rows[row].astype(np.float64)
    assert cosines == pytest.approx(exact[found], abs=1e-6)
    others = np.sort(np.delete(exact, row))[::-1][: len(found) - 1]
    assert cosines[1:] == pytest.approx(others, abs=2e-6)


def test_of_equally_near_answers_the_first_comes_first_but_oneself_before_all() -> None:
    found, cosines = find_nearest(FOUR_VECTORS[[2, 0, 1, 0, 0]], 3, 9)
    assert found.tolist() == [3, 1, 4, 2, 0]
    assert cosines == pytest.approx([1, 1, 1, 0.96, 0.6], abs=1e-6)
