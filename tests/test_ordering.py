"""The order of models in a matrix: average linkage, the smoothest of its orders, one mirror."""

from itertools import combinations, pairwise, product

import numpy as np
import pytest
from numpy.typing import NDArray

from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.ordering import Dendrogram, order_by_family, order_by_similarity


def make_similarities(m: int, seed: int = 0) -> Floats:
    """Return distinct similarities of 0.2 to 0.9, and a diagonal that is to be ignored."""
    values = np.random.default_rng(seed).uniform(0.2, 0.9, (m, m))
    values = (values + values.T) / 2
    np.fill_diagonal(values, np.nan)
    return values


def make_families(sizes: tuple[int, ...], seed: int = 0) -> tuple[Floats, NDArray[np.int64]]:
    """Return rows in random order that have about .8 within a family and .4 across families."""
    rng = np.random.default_rng(seed)
    family = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    values = np.where(family[:, None] == family[None, :], 0.8, 0.4)
    noise = rng.uniform(-0.05, 0.05, values.shape)
    return values + (noise + noise.T) / 2, family


def list_members(tree: Dendrogram) -> list[list[int]]:
    """Return the rows of every node, its left side before its right."""
    members = [[row] for row in range(len(tree.order))]
    for left, right in zip(tree.left, tree.right, strict=True):
        members.append(members[left] + members[right])
    return members


def sum_neighbours(matrix: Floats, order: list[int]) -> float:
    return sum(float(matrix[a, b]) for a, b in pairwise(order))


def test_three_rows_by_hand() -> None:
    # a and b join at .9; c joins them at (.5 + .3) / 2. c stands beside a, which is more like it,
    # and at the end: the means are .7, .6 and .4.
    matrix = np.array([[1, 0.9, 0.5], [0.9, 1, 0.3], [0.5, 0.3, 1]])
    tree = order_by_similarity(matrix)
    assert tree.order.tolist() == [1, 0, 2]
    assert (tree.left.tolist(), tree.right.tolist()) == ([1, 3], [0, 2])
    assert tree.similarity == pytest.approx([0.9, 0.4])
    kinds = [part.dtype.name for part in (tree.order, tree.left, tree.right, tree.similarity)]
    assert kinds == ["int64", "int32", "int32", "float64"]


def test_planted_families_lie_together_and_join_last() -> None:
    matrix, family = make_families((4, 6))
    tree = order_by_similarity(matrix)
    assert np.count_nonzero(np.diff(family[tree.order])) == 1
    top = [list_members(tree)[node] for node in (tree.left[-1], tree.right[-1])]
    assert [len(set(family[rows])) for rows in top] == [1, 1]
    assert tree.similarity[-1] == pytest.approx(0.4, abs=0.05)
    assert (tree.similarity[:-1] > 0.7).all()


def test_groups_join_at_the_mean_similarity_of_their_pairs() -> None:
    matrix = make_similarities(9)
    tree = order_by_similarity(matrix)
    members = list_members(tree)
    expected = [
        np.mean([matrix[pair] for pair in product(members[left], members[right])])
        for left, right in zip(tree.left, tree.right, strict=True)
    ]
    assert tree.similarity == pytest.approx(expected)
    assert (np.diff(tree.similarity) <= 1e-12).all()
    assert members[-1] == tree.order.tolist()


def test_no_other_order_that_the_merges_allow_is_smoother() -> None:
    matrix = make_similarities(7, seed=4)
    tree = order_by_similarity(matrix)
    best = sum_neighbours(matrix, tree.order.tolist())
    others = []
    for turns in product([False, True], repeat=6):
        members = [[row] for row in range(7)]
        for left, right, turn in zip(tree.left, tree.right, turns, strict=True):
            pair = [members[left], members[right]][:: -1 if turn else 1]
            members.append(pair[0] + pair[1])
        others.append(sum_neighbours(matrix, members[-1]))
    assert best == pytest.approx(max(others))
    assert min(others) < best - 0.1


@pytest.mark.parametrize("digits", [12, 2])
@pytest.mark.parametrize("missing", [0, 5])
def test_rows_given_in_another_order_come_out_in_the_same(digits: int, missing: int) -> None:
    matrix = make_similarities(12, seed=digits).round(digits)
    for a, b in list(combinations(range(12), 2))[::7][:missing]:
        matrix[a, b] = matrix[b, a] = np.nan
    plain = order_by_similarity(matrix)
    for seed in range(8):
        rows = np.random.default_rng(seed).permutation(12)
        moved = order_by_similarity(matrix[np.ix_(rows, rows)])
        assert rows[moved.order].tolist() == plain.order.tolist()
        assert moved.similarity.tolist() == plain.similarity.tolist()


@pytest.mark.parametrize("seed", range(6))
def test_rows_of_high_similarity_lean_to_the_start(seed: int) -> None:
    matrix = make_similarities(10, seed)
    order = order_by_similarity(matrix).order
    assert np.corrcoef(np.arange(10), np.nanmean(matrix, axis=1)[order])[0, 1] < 0


def test_neither_diagonal_nor_level_counts() -> None:
    matrix = make_similarities(8)
    plain = order_by_similarity(matrix)
    high = matrix + 3
    np.fill_diagonal(high, 0)
    lifted = order_by_similarity(high)
    assert lifted.order.tolist() == plain.order.tolist()
    assert lifted.similarity == pytest.approx(plain.similarity + 3)


def test_a_missing_pair_counts_as_the_smallest() -> None:
    matrix = make_similarities(8)
    matrix[2, 5] = matrix[5, 2] = np.nan
    filled = matrix.copy()
    filled[2, 5] = filled[5, 2] = np.nanmin(matrix)
    found, expected = order_by_similarity(matrix), order_by_similarity(filled)
    assert found.order.tolist() == expected.order.tolist()
    assert found.similarity.tolist() == expected.similarity.tolist()
    assert np.isnan(matrix[2, 5])  # what was given is left as it was


@pytest.mark.parametrize("m", [0, 1, 2, 5])
def test_without_similarities_the_order_is_the_given_one(m: int) -> None:
    tree = order_by_similarity(np.full((m, m), np.nan))
    assert tree.order.tolist() == list(range(m))
    assert len(tree.left) == len(tree.right) == len(tree.similarity) == max(m - 1, 0)
    assert np.isnan(tree.similarity).all()
    assert list_members(tree)[-1:] == [list(range(m))] * (m > 0)


def test_two_rows_and_ties_keep_their_order() -> None:
    pair = order_by_similarity(np.array([[1, 0.7], [0.7, 1]]))
    assert (pair.order.tolist(), pair.similarity.tolist()) == ([0, 1], [pytest.approx(0.7)])
    equal = order_by_similarity(np.full((5, 5), 0.6))
    assert sorted(equal.order.tolist()) == list(range(5))
    assert equal.order[0] < equal.order[-1]
    assert equal.similarity == pytest.approx([0.6] * 4)


@pytest.mark.parametrize("shape", [(2, 3), (4,)])
def test_what_is_no_square_is_told(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"square matrix of similarities, got shape \("):
        order_by_similarity(np.zeros(shape))


def test_families_are_in_the_order_of_their_names() -> None:
    matrix, family = make_families((3, 4, 2), seed=1)
    names = [("Qwen", "gpt", "claude")[one] for one in family]
    order = order_by_family(names, matrix).tolist()
    assert [names[row] for row in order] == ["claude"] * 2 + ["gpt"] * 4 + ["Qwen"] * 3
    by_similarity = order_by_similarity(matrix).order.tolist()
    for name in ("claude", "gpt", "Qwen"):
        members = [row for row in order if names[row] == name]
        assert members == [row for row in by_similarity if names[row] == name]


def test_no_families_and_too_few_families() -> None:
    assert order_by_family([], np.empty((0, 0))).tolist() == []
    with pytest.raises(ValueError, match="a family for each of 2 rows, got 1"):
        order_by_family(["gpt"], np.ones((2, 2)))
