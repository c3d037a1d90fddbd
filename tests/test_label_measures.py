"""Which labels go together: by hand, and by what must hold."""

import numpy as np
import pytest

from hivemind_core.measures.labels import (
    count_together,
    measure_lift,
    share_together,
)

# Four queries, three labels: 1 2 2 and the last query has none.
MEMBERSHIP = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]], bool)


def test_counts_by_hand() -> None:
    assert count_together(MEMBERSHIP).tolist() == [[1, 1, 0], [1, 2, 1], [0, 1, 2]]


def test_shares_of_each_other_by_hand() -> None:
    shares = share_together(count_together(MEMBERSHIP))
    assert np.isnan(np.diag(shares)).all()
    assert (shares[0, 1], shares[1, 0], shares[0, 2], shares[2, 1]) == (1, 0.5, 0, 0.5)


def test_lift_by_hand() -> None:
    lift = measure_lift(count_together(MEMBERSHIP), 4)
    assert (lift[0, 1], lift[1, 2], lift[0, 2]) == (4 * 1 / 2, 4 * 1 / 4, 0)
    assert np.allclose(lift, lift.T, equal_nan=True)


def test_independent_labels_have_a_lift_near_one() -> None:
    membership = np.random.default_rng(0).random((20_000, 4)) < 0.3
    lift = measure_lift(count_together(membership), len(membership))
    assert lift[~np.eye(4, dtype=bool)] == pytest.approx(np.ones(12), abs=0.05)


def test_the_order_of_queries_changes_nothing() -> None:
    turned = MEMBERSHIP[::-1]
    assert (count_together(turned) == count_together(MEMBERSHIP)).all()


def test_no_queries_and_unused_labels_are_nan() -> None:
    counts = count_together(np.array([[True, False]]))
    assert np.isnan(share_together(counts)[1]).all()
    assert np.isnan(measure_lift(counts, 1)).all()
    assert count_together(np.zeros((0, 0), bool)).shape == (0, 0)
