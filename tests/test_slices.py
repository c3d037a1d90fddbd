"""Slices and bins of items, hand-worked and on labels whose distribution is known."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm

from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.disagreement import measure_entropy
from hivemind_core.measures.slices import (
    PAIRWISE_PERCENT,
    TOP_PERCENT,
    TUKEY,
    bin_disagreement,
    measure_agreement,
    slice_disagreed,
    slice_disagreed_pairs,
    slice_similar_pairs,
    slice_similar_quality,
)

NAN = float("nan")


def make_entropies(n: int, annotators: int, seed: int = 0) -> Floats:
    """Return entropies of labels that are each 1 to 5 with equal chance."""
    labels = np.random.default_rng(seed).integers(1, 6, (n, annotators))
    return measure_entropy(labels.astype(np.float64))


def make_preferences(n: int = 500, annotators: int = 25, seed: int = 0) -> Floats:
    """Return preferences that are each -2 to 2 with equal chance."""
    labels = np.random.default_rng(seed).integers(-2, 3, (n, annotators))
    return labels.astype(np.float64)


def test_fences_are_inclusive() -> None:
    # Quartiles 1 and 3: fences at 0 and 4 for k = .5, at .5 and 3.5 for k = .25.
    means = np.array([4.0, 0, 1, 3, 2])
    assert slice_similar_quality(means, 0.5).all()
    assert slice_similar_quality(means, 0.25).tolist() == [False, False, True, True, True]


@pytest.mark.parametrize("reach", TUKEY)
def test_fences_hold_the_share_of_a_normal_distribution(reach: float) -> None:
    # Means are the quantiles of a normal distribution: quartiles at .6745, an IQR of 1.349.
    quartile = norm.ppf(0.75)
    means = norm.ppf((np.arange(750) + 0.5) / 750)
    share = 2 * norm.cdf(quartile * (1 + 2 * reach)) - 1
    assert slice_similar_quality(means, reach).sum() == pytest.approx(750 * share, abs=2)


def test_slices_of_quality_are_nested() -> None:
    means = np.random.default_rng(0).normal(size=300)
    for wide, narrow in pairwise(slice_similar_quality(means, reach) for reach in TUKEY):
        assert (wide | narrow).tolist() == wide.tolist()
    assert slice_similar_quality(np.full(9, 3.2), 0.5).all()


def test_sizes_of_disagreed_slices_without_ties() -> None:
    # The percentile lies between two of 750 values, at 749 (1 - p / 100): 749 p / 100 are above
    # it, rounded up.
    disagreement = np.random.default_rng(0).permutation(750).astype(np.float64)
    sizes = [slice_disagreed(disagreement, p).sum() for p in TOP_PERCENT]
    assert sizes == [120, 105, 90, 75, 60, 45, 30, 15]


@pytest.mark.parametrize("annotators", [3, 25])
@pytest.mark.parametrize("percent", TOP_PERCENT)
def test_disagreed_slices_take_in_equal_values(percent: int, annotators: int) -> None:
    disagreement = make_entropies(750, annotators)
    chosen = slice_disagreed(disagreement, percent)
    assert disagreement[chosen].min() > disagreement[~chosen].max()
    assert chosen.sum() >= np.ceil(749 * percent / 100)
    assert np.array_equal(chosen, disagreement >= np.percentile(disagreement, 100 - percent))


def test_with_three_annotators_every_disagreed_slice_is_all_that_fully_disagree() -> None:
    # 5 x 4 x 3 of 125 equally likely triples differ throughout: 48 % of the items.
    disagreement = make_entropies(2000, 3)
    sizes = {int(slice_disagreed(disagreement, p).sum()) for p in TOP_PERCENT}
    assert len(sizes) == 1
    assert sizes.pop() / 2000 == pytest.approx(0.48, abs=0.03)


def test_prefixes_of_pairs() -> None:
    labels = make_preferences()
    ties, agreement = (labels == 0).mean(axis=1), measure_agreement(labels)
    sizes = [475, 450, 425, 400, 375, 350, 325, 300]
    assert [slice_similar_pairs(ties, p).sum() for p in PAIRWISE_PERCENT] == sizes
    assert [slice_disagreed_pairs(agreement, p).sum() for p in PAIRWISE_PERCENT] == sizes
    last = slice_similar_pairs(ties, 60)
    assert ties[last].min() >= ties[~last].max()
    split = slice_disagreed_pairs(agreement, 60)
    assert agreement[split].max() <= agreement[~split].min()


def test_equal_pairs_come_in_their_order() -> None:
    ties = np.array([0.2, 0.4, 0.2, 0.4, 0.2, 0.2])
    chosen = [True, True, False, True, False, False]
    assert slice_similar_pairs(ties, 50).tolist() == chosen
    assert slice_disagreed_pairs(-ties, 66).tolist() == chosen  # int(3.96) of six
    many = np.tile([0.4, 0.2], 200)
    first = slice_similar_pairs(many, 75)
    assert first[::2].all()
    assert first[1::2].tolist() == [True] * 100 + [False] * 100


def test_hand_worked_agreement() -> None:
    labels = np.array(
        [[2, 1, 0, -1], [0, 0, 0, 0], [1, 2, 2, 1], [-2, 2, NAN, NAN], [-1, -2, 0, NAN], [NAN] * 4]
    )
    expected = [0.625, 0.5, 1, 0.5, 2.5 / 3, NAN]
    assert measure_agreement(labels) == pytest.approx(expected, nan_ok=True)
    assert measure_agreement(-labels) == pytest.approx(expected, nan_ok=True)


def test_nothing_gives_empty_slices() -> None:
    none = np.zeros(0)
    for chosen in (
        slice_similar_quality(none, 0.5),
        slice_disagreed(none, 16),
        slice_similar_pairs(none, 95),
        slice_disagreed_pairs(none, 60),
    ):
        assert (chosen.shape, chosen.dtype) == ((0,), np.dtype(bool))
    assert measure_agreement(np.zeros((0, 4))).shape == bin_disagreement(none).shape == (0,)
    assert np.isnan(measure_agreement(np.zeros((2, 0)))).all()


def test_hand_worked_bins() -> None:
    # Middles of the values: .3, .7 and .9 of the items.
    values = np.array([2.0, 0, 0, 1, 0, 0, 0, 1, 2, 0])
    assert bin_disagreement(values, 2).tolist() == [1, 0, 0, 1, 0, 0, 0, 1, 1, 0]
    assert bin_disagreement(values, 5).tolist() == [2, 0, 0, 1, 0, 0, 0, 1, 2, 0]


@pytest.mark.parametrize(("n", "bins"), [(23, 5), (750, 5), (9, 4), (5, 5), (3, 5)])
def test_distinct_values_fill_bins_evenly(n: int, bins: int) -> None:
    values = np.random.default_rng(0).permutation(n).astype(np.float64)
    sizes = np.bincount(bin_disagreement(values, bins))
    assert len(sizes) == min(n, bins)
    assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize(("annotators", "made"), [(2, 2), (3, 3), (25, 5)])
def test_only_the_bins_that_values_allow_are_made(annotators: int, made: int) -> None:
    values = make_entropies(750, annotators)
    numbers = bin_disagreement(values, 5)
    assert np.unique(numbers).tolist() == list(range(made))
    for low, high in pairwise(range(made)):
        assert values[numbers == low].max() < values[numbers == high].min()


def test_equal_items_are_one_bin_and_order_does_not_matter() -> None:
    assert bin_disagreement(np.full(9, 1.5)).tolist() == [0] * 9
    values = make_entropies(100, 5)
    order = np.random.default_rng(1).permutation(100)
    assert np.array_equal(bin_disagreement(values[order]), bin_disagreement(values)[order])
