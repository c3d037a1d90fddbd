"""Groups of near-identical answers: complete linkage and its cuts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hivemind_core.space.groups import cut, link, list_groups

CHAIN = np.array([[1.0, 0.9, 0.2], [0.9, 1.0, 0.8], [0.2, 0.8, 1.0]], np.float32)


def draw_sameness(n: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ rows.T


def test_a_chain_of_alike_pairs_is_no_group() -> None:
    linkage = link(CHAIN)
    assert linkage.left.tolist() == [0, 2]
    assert linkage.right.tolist() == [1, 3]
    assert linkage.sameness.tolist() == pytest.approx([0.9, 0.2])
    assert cut(linkage, 0.85).labels.tolist() == [0, 0, 1]
    assert cut(linkage, 0.5).labels.tolist() == [0, 0, 1]
    assert cut(linkage, 0.2).labels.tolist() == [0, 0, 0]


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_answers_have_no_merges(n: int) -> None:
    assert len(link(np.ones((n, n))).sameness) == 0


def test_a_lone_answer_is_a_group() -> None:
    assert cut(link(np.ones((1, 1))), 0.5).labels.tolist() == [0]


def test_equal_answers_are_one_group_at_any_threshold() -> None:
    linkage = link(np.ones((40, 40), np.float32))
    assert set(cut(linkage, 1.0).labels.tolist()) == {0}


def test_no_pair_alike_leaves_every_answer_alone() -> None:
    assert cut(link(np.eye(5)), 0.5).labels.tolist() == [0, 1, 2, 3, 4]


def test_samenesses_below_zero_are_linked_too() -> None:
    opposite = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert link(opposite).sameness.tolist() == [-1.0]


@settings(deadline=None, max_examples=40)
@given(n=st.integers(2, 30), seed=st.integers(0, 99), threshold=st.floats(-1, 1))
def test_every_pair_of_a_group_has_the_threshold_and_no_two_groups_could_merge(
    n: int, seed: int, threshold: float
) -> None:
    sameness = draw_sameness(n, seed)
    labels = cut(link(sameness), threshold).labels
    sizes = np.bincount(labels)
    assert sizes.tolist() == sorted(sizes, reverse=True)
    for a in range(len(sizes)):
        assert sameness[np.ix_(labels == a, labels == a)].min() >= threshold - 3e-6
        for b in range(a):
            assert sameness[np.ix_(labels == a, labels == b)].min() < threshold + 3e-6


def test_row_order_changes_numbers_only() -> None:
    sameness = draw_sameness(25, 3)
    order = np.random.default_rng(0).permutation(25)
    labels = cut(link(sameness), 0.6).labels
    turned = cut(link(sameness[np.ix_(order, order)]), 0.6).labels
    together = labels[order][:, None] == labels[order][None, :]
    assert np.array_equal(together, turned[:, None] == turned[None, :])


def test_a_higher_threshold_only_splits_groups() -> None:
    linkage = link(draw_sameness(40, 7))
    coarse, fine = cut(linkage, 0.3).labels, cut(linkage, 0.7).labels
    for group in set(fine.tolist()):
        assert len(set(coarse[fine == group].tolist())) == 1


def test_planted_ideas_are_found() -> None:
    ideas = np.repeat(np.arange(4), [10, 7, 5, 1])
    sameness = np.where(ideas[:, None] == ideas[None, :], 0.9, 0.3)
    assert cut(link(sameness), 0.8).labels.tolist() == ideas.tolist()


def test_groups_are_read_by_models_then_by_size() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2])
    sources = ["a", "a", "human", "a", "b · hot", "b · hot"]
    models = ["a", "a", None, "a", "b", "b"]
    wordings = np.array([0, 0, 1, 2, 3, 4])
    first, second, third = list_groups(labels, sources, models, wordings)
    assert (first.number, first.size, first.models, first.wordings) == (1, 2, 2, 2)
    assert (second.number, second.models, second.wordings) == (0, 1, 2)
    assert second.sources == (("a", 2), ("human", 1))
    assert (third.number, third.rows) == (2, (5,))


def test_no_answers_give_no_groups() -> None:
    assert list_groups(np.empty(0, np.int32), [], [], np.empty(0, np.int32)) == []
