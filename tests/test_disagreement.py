"""Disagreement of items, reliability and alpha: hand-worked, scipy and krippendorff as oracles."""

from collections.abc import Callable
from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import entropy

from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.disagreement import (
    average_labels,
    count_labels,
    measure_alpha,
    measure_entropy,
    measure_minority,
    measure_pairwise,
    measure_reliability,
    measure_spread,
)

NAN = float("nan")
HAND = np.array(
    [
        [3, 3, 3, 3],
        [1, 1, 5, 5],
        [1, 2, 3, 4],
        [2, NAN, 2, 5],
        [4, NAN, NAN, NAN],
        [NAN, NAN, NAN, NAN],
    ]
)
BY_ITEM = (measure_spread, measure_entropy, measure_pairwise, measure_minority)
# The example of the krippendorff package's README: three coders, fifteen units.
CODERS = np.array(
    [
        [NAN, NAN, NAN, NAN, NAN, 3, 4, 1, 2, 1, 1, 3, 3, NAN, 3],
        [1, NAN, 2, 1, 3, 3, 4, 3, NAN, NAN, NAN, NAN, NAN, NAN, NAN],
        [NAN, NAN, 2, 1, 3, 4, 4, NAN, 2, 1, 1, 3, 3, NAN, 4],
    ]
)


def make_labels(n: int = 200, r: int = 7, seed: int = 0) -> Floats:
    """Return labels 1 to 5, a fifth of them missing, two at least an item."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(1, 6, (n, r)).astype(np.float64)
    labels[:, 2:][rng.random((n, r - 2)) < 0.3] = NAN
    return labels


def test_hand_worked_values() -> None:
    assert count_labels(HAND).tolist() == [4, 4, 4, 3, 1, 0]
    assert average_labels(HAND) == pytest.approx([3, 3, 2.5, 3, 4, NAN], nan_ok=True)
    # Squares: 4 x 4 over 3; 2 (2.25 + .25) over 3; 1 + 1 + 4 over 2.
    spread = [0, np.sqrt(16 / 3), np.sqrt(5 / 3), np.sqrt(3), NAN, NAN]
    assert measure_spread(HAND) == pytest.approx(spread, nan_ok=True)
    thirds = np.log2(3) - 2 / 3
    assert measure_entropy(HAND) == pytest.approx([0, 1, 2, thirds, 0, NAN], nan_ok=True)
    assert measure_pairwise(HAND) == pytest.approx([0, 2 / 3, 1, 2 / 3, NAN, NAN], nan_ok=True)
    assert measure_minority(HAND) == pytest.approx([0, 0.5, 0.75, 1 / 3, 0, NAN], nan_ok=True)


def test_equal_to_scipy_and_to_the_definition() -> None:
    labels = make_labels()
    for row, bits, apart, spread in zip(
        labels,
        measure_entropy(labels),
        measure_pairwise(labels),
        measure_spread(labels),
        strict=True,
    ):
        held = row[~np.isnan(row)]
        counts = np.unique(held, return_counts=True)[1]
        assert bits == pytest.approx(entropy(counts, base=2), abs=1e-9)
        assert apart == pytest.approx(np.mean([a != b for a, b in combinations(held, 2)]))
        assert spread == pytest.approx(held.std(ddof=1))


@pytest.mark.parametrize("measure", BY_ITEM)
def test_shapes_without_items_or_labels(measure: Callable[[Floats], Floats]) -> None:
    assert measure(np.zeros((0, 0))).shape == measure(np.zeros((0, 4))).shape == (0,)
    assert np.isnan(measure(np.zeros((3, 0)))).all()
    assert np.isnan(measure(np.full((2, 3), NAN))).all()


def test_columns_in_another_order_give_the_very_same_entropies() -> None:
    labels = make_labels()
    moved = labels[:, np.random.default_rng(1).permutation(labels.shape[1])]
    assert np.array_equal(measure_entropy(moved), measure_entropy(labels))


def test_three_annotators_give_three_entropies() -> None:
    every = np.array(list(product([1.0, 2, 3, 4, 5], repeat=3)))
    found = np.unique(measure_entropy(every))
    assert found == pytest.approx([0, np.log2(3) - 2 / 3, np.log2(3)])


def test_unanimous_is_a_plain_zero() -> None:
    assert not np.signbit(measure_entropy(np.full((2, 3), 4.0))).any()


def test_labels_off_the_scale_count_as_values_of_their_own() -> None:
    labels = np.array([[0.0, 7, -3, 2.5], [7, 7, 7, 7]])
    assert measure_entropy(labels) == pytest.approx([2, 0])
    assert measure_minority(labels) == pytest.approx([0.75, 0])
    assert average_labels(labels) == pytest.approx([1.625, 7])


def test_hand_worked_reliability() -> None:
    # Noise: (2 / 2 + 2 / 2 + 0) / 3; means 2, 4, 2 with variance 4 / 3. 1 - (2 / 3) / (4 / 3).
    labels = np.array([[1.0, 3, NAN], [3, 5, NAN], [2, 2, NAN]])
    assert measure_reliability(labels) == pytest.approx(0.5)
    single = np.array([[5.0, NAN, NAN], [NAN, NAN, NAN]])
    assert measure_reliability(np.concatenate([labels, single])) == pytest.approx(0.5)


def test_planted_reliability_comes_back_for_any_number_of_annotators() -> None:
    rng = np.random.default_rng(0)
    truth, noise = rng.normal(size=(4000, 1)), rng.normal(size=(4000, 10))
    labels = truth + 2 * noise
    assert measure_reliability(labels) == pytest.approx(1 / 1.4, abs=0.02)
    labels[:2000, 5:] = NAN  # 4 / 5 for half of the items, 4 / 10 for the others
    assert measure_reliability(labels) == pytest.approx(1 / 1.6, abs=0.02)


@pytest.mark.parametrize(
    "labels",
    [
        np.zeros((0, 0)),
        np.zeros((3, 0)),
        np.array([[1.0, 2]]),
        np.array([[1.0, NAN], [2, NAN], [3, NAN]]),
        np.full((4, 3), 2.0),
        np.array([[1.0, 5], [5, 1], [2, 4]]),
        np.array([[1.0, 5], [2, 5], [1, 4]]),
    ],
    ids=["none", "unlabelled", "one item", "single labels", "constant", "equal means", "noise"],
)
def test_reliability_is_nan_where_noise_explains_all(labels: Floats) -> None:
    assert np.isnan(measure_reliability(labels))


def measure_alpha_slowly(labels: Floats, is_ordinal: bool) -> float:
    """Return Krippendorff's alpha by its definition: pairs within units over all pairs."""
    units = [unit for unit in (row[~np.isnan(row)] for row in labels) if len(unit) > 1]
    held = np.concatenate(units)
    values, counts = np.unique(held, return_counts=True)
    total = dict(zip(values, counts, strict=True))

    def measure_distance(a: float, b: float) -> float:
        if not is_ordinal:
            return (a - b) ** 2
        low, high = min(a, b), max(a, b)
        between = sum(n for value, n in total.items() if low <= value <= high)
        return (between - (total[a] + total[b]) / 2) ** 2

    found = sum(
        2 * sum(measure_distance(a, b) for a, b in combinations(unit, 2)) / (len(unit) - 1)
        for unit in units
    )
    chance = 2 * sum(measure_distance(a, b) for a, b in combinations(held, 2)) / (len(held) - 1)
    return 1 - found / chance


def test_alpha_of_the_documented_example() -> None:
    assert measure_alpha(CODERS.T) == pytest.approx(0.811, abs=5e-4)


@pytest.mark.parametrize("is_ordinal", [True, False])
def test_alpha_is_equal_to_the_definition(is_ordinal: bool) -> None:
    for labels in (CODERS.T, make_labels(12, 5)):
        slow = measure_alpha_slowly(labels, is_ordinal)
        assert measure_alpha(labels, is_ordinal=is_ordinal) == pytest.approx(slow)


def test_alpha_with_an_annotator_who_gave_one_value_throughout() -> None:
    labels = np.array([[1.0, 1, 3], [2, 2, 3], [5, 5, 3], [4, 4, 3], [3, 3, 3]])
    with_him, without = measure_alpha(labels), measure_alpha(labels[:, :2])
    assert without == pytest.approx(1)
    assert with_him == pytest.approx(measure_alpha_slowly(labels, is_ordinal=False))
    assert 0 < with_him < 1


def test_alpha_is_near_zero_at_chance_and_negative_below() -> None:
    assert measure_alpha(make_labels(3000)) == pytest.approx(0, abs=0.03)
    assert measure_alpha(np.array([[1.0, 5], [5, 1], [1, 5]])) < 0


@pytest.mark.parametrize(
    "labels",
    [np.zeros((0, 0)), np.zeros((2, 0)), np.full((3, 2), 4.0), np.array([[1.0, NAN], [NAN, 2]])],
    ids=["none", "unlabelled", "one value", "nobody shares an item"],
)
def test_alpha_of_nothing_is_nan(labels: Floats) -> None:
    assert np.isnan(measure_alpha(labels))
