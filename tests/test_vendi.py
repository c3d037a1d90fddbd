"""The Vendi score."""

import numpy as np
import pytest

from hivemind_core.measures.vendi import measure_vendi
from tests.planted import make_unit_rows


def test_equal_rows_are_one_and_orthogonal_rows_are_n() -> None:
    assert measure_vendi(np.tile(make_unit_rows(1, 8), (5, 1))) == pytest.approx(1)
    assert measure_vendi(np.eye(6, dtype=np.float32)) == pytest.approx(6)


def test_two_ideas_of_unequal_size() -> None:
    rows = np.eye(2, dtype=np.float32)[[0, 0, 0, 1]]
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert measure_vendi(rows) == pytest.approx(np.exp(entropy))


def test_more_rows_than_dimensions_give_the_same_number() -> None:
    rows = make_unit_rows(30, 5)
    gram = rows.astype(np.float64) @ rows.T.astype(np.float64) / 30
    shares = np.linalg.eigvalsh(gram)
    shares = shares[shares > 1e-12]
    assert measure_vendi(rows) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))


def test_no_rows_are_nan_and_one_row_is_one() -> None:
    assert np.isnan(measure_vendi(make_unit_rows(0, 4)))
    assert measure_vendi(make_unit_rows(1, 4)) == pytest.approx(1)
