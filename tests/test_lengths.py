"""Length-matched similarity: strata, the definition, and a length confound that goes away."""

from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest

from hivemind_core.measurement import COSINE, LENGTH_MATCHED, measure_corpus
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.homogeneity import Sums, measure_intra, sum_by_source
from hivemind_core.measures.lengths import (
    STRATA,
    match_inter,
    match_intra,
    pick_stratum,
    stratify,
)
from tests.planted import ENCODER, list_responses, make_unit_rows, write_corpus

EAST, NORTH = [1.0, 0.0], [0.0, 1.0]


def sum_strata(rows: list[list[float]], sources: list[int], strata: list[int], count: int) -> Sums:
    numbers = np.array(sources, np.int64) * STRATA + np.array(strata, np.int64)
    return sum_by_source(np.array(rows, np.float32).reshape(-1, 2), numbers, count * STRATA)


def test_strata_by_hand() -> None:
    assert stratify(np.array([60, 10, 50, 20, 40, 30])).tolist() == [2, 0, 2, 0, 1, 1]
    assert stratify(np.array([3, 1, 2, 4]), strata=2).tolist() == [1, 0, 0, 1]


def test_strata_hold_equally_many_and_follow_the_order_alone() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.permutation(300)
    strata = stratify(lengths)
    assert np.bincount(strata).tolist() == [100, 100, 100]
    assert lengths[strata == 0].max() < lengths[strata == 1].min()
    assert np.array_equal(stratify(lengths**2 + 7), strata)
    order = rng.permutation(300)
    assert np.array_equal(stratify(lengths[order]), strata[order])


def test_answers_of_one_length_share_a_stratum() -> None:
    lengths = np.random.default_rng(1).integers(0, 8, 50)
    strata = stratify(lengths)
    assert all(len(set(strata[lengths == length].tolist())) == 1 for length in range(8))
    assert len(set(stratify(np.full(6, 12)).tolist())) == 1


@pytest.mark.parametrize("lengths", [[], [5], [5, 5], [7, 3]])
def test_few_answers_have_strata_too(lengths: list[int]) -> None:
    strata = stratify(np.array(lengths, np.int64))
    assert strata.shape == (len(lengths),)
    assert set(strata.tolist()) <= set(range(STRATA))


def test_hand_worked_values() -> None:
    rows = [EAST, EAST, EAST, NORTH, NORTH, NORTH, EAST]
    sums = sum_strata(rows, [0, 0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 1, 0, 1], 2)
    # Source 0: the short pair is equal; of three long pairs one is. Of all seven answers three
    # are short and four long: (3 x 1 + 4 x 1/3) / 7. Source 1 has one answer a stratum.
    assert match_intra(sums) == pytest.approx([(3 + 4 / 3) / 7, np.nan], nan_ok=True)
    # Short: NORTH meets two EAST. Long: EAST meets one EAST of three.
    inter = match_inter(sums)
    assert inter[0, 1] == inter[1, 0] == pytest.approx((3 * 0 + 4 / 3) / 7)
    assert np.isnan(inter.diagonal()).all()


def average_pairs(parts: list[list[float]], strata: Integers) -> float:
    """Return the weighted mean over strata that have pairs, as the docstring defines it."""
    held = [(np.mean(part), np.sum(strata == i)) for i, part in enumerate(parts) if part]
    if not held:
        return float("nan")
    means, weights = zip(*held, strict=True)
    return float(np.average(means, weights=weights))


def test_equal_to_the_definition_on_random_rows() -> None:
    rng = np.random.default_rng(2)
    rows, sources = make_unit_rows(40, 7), rng.integers(0, 4, 40)
    strata = stratify(rng.integers(1, 20, 40))
    sums = sum_by_source(rows, sources * STRATA + strata, 5 * STRATA)  # the fifth has no answer
    intra, inter = match_intra(sums), match_inter(sums)
    own: list[list[Floats]] = [
        [rows[(sources == a) & (strata == i)].astype(np.float64) for i in range(STRATA)]
        for a in range(5)
    ]
    for a in range(5):
        pairs = [[float(x @ y) for x, y in combinations(part, 2)] for part in own[a]]
        assert intra[a] == pytest.approx(average_pairs(pairs, strata), abs=1e-6, nan_ok=True)
        for b in range(a):
            cross = [[float(x @ y) for x, y in product(*both)]
                     for both in zip(own[a], own[b], strict=True)]  # fmt: skip
            assert inter[a, b] == pytest.approx(average_pairs(cross, strata), abs=1e-6, nan_ok=True)


def test_one_stratum_is_the_plain_cosine_and_sources_may_be_renamed() -> None:
    rng = np.random.default_rng(3)
    rows, sources, names = make_unit_rows(20, 5), rng.integers(0, 3, 20), np.array([2, 0, 1])
    plain = match_intra(sum_by_source(rows, sources * STRATA, 3 * STRATA))
    assert plain == pytest.approx(measure_intra(sum_by_source(rows, sources, 3)))
    strata, order = stratify(rng.integers(1, 9, 20)), rng.permutation(20)
    sums = sum_by_source(rows, sources * STRATA + strata, 3 * STRATA)
    moved = (names[sources] * STRATA + strata)[order]
    renamed = match_inter(sum_by_source(rows[order], moved, 3 * STRATA))
    assert renamed[np.ix_(names, names)] == pytest.approx(match_inter(sums), abs=1e-9, nan_ok=True)


def test_pick_stratum_takes_one_of_every_source() -> None:
    sums = sum_strata([EAST, NORTH, EAST, EAST], [0, 0, 1, 1], [0, 2, 2, 2], 2)
    assert pick_stratum(sums, 2).counts.tolist() == [1, 2]
    assert pick_stratum(sums, 1).counts.tolist() == [0, 0]
    assert pick_stratum(sums, 2).products[0, 1] == pytest.approx(0)


def test_without_pairs_of_like_length_there_is_nan_and_not_zero() -> None:
    apart = sum_strata([EAST, EAST, EAST], [0, 0, 1], [0, 1, 2], 2)
    assert np.isnan(match_intra(apart)).all()
    assert np.isnan(match_inter(apart)).all()
    nothing = sum_strata([], [], [], 2)
    assert np.isnan(match_intra(nothing)).tolist() == [True, True]
    assert np.isnan(match_inter(nothing)).all()


def test_strata_follow_all_sources() -> None:
    # Alone, the first two answers of four are the short ones; beside longer answers all four are.
    rows = np.array([EAST, NORTH, EAST, EAST], np.float32)
    alone = stratify(np.arange(4))
    beside = stratify(np.arange(12))[:4]
    found = [match_intra(sum_by_source(rows, strata, STRATA))[0] for strata in (alone, beside)]
    assert found == pytest.approx([0, 0.5])


def test_a_length_confound_goes_away(tmp_path: Path) -> None:
    """Answers are alike where their lengths are: three models keep to one, the fourth to none."""
    responses = list_responses(6, ("short", "medium", "long", "mixed"), 12)
    bands = np.array(
        [{"short": 0, "medium": 1, "long": 2}.get(str(row["model"]), n % 3)
         for n, row in enumerate(responses)]
    )  # fmt: skip
    for n, row in enumerate(responses):
        row["text"] = "x" * (200 * int(bands[n]) + n % 48 + 1)
    vectors = np.eye(256)[bands] + make_unit_rows(len(responses), 256)
    measured = measure_corpus(write_corpus(tmp_path / "c", responses, vectors), ENCODER)
    places = {source.name: i for i, source in enumerate(measured.sources)}
    raw, matched = (measured.within[name].mean(axis=0) for name in (COSINE, LENGTH_MATCHED))
    for name in ("short", "medium", "long"):
        assert raw[places[name]] - raw[places["mixed"]] > 0.3
        assert matched[places[name]] == pytest.approx(matched[places["mixed"]], abs=0.04)
    assert matched == pytest.approx(np.full(4, 0.5), abs=0.04)
    # Of long, medium, mixed and short only the pairs with "mixed" share a stratum.
    apart = np.isnan(measured.between[LENGTH_MATCHED]).all(axis=0)
    assert apart.tolist() == [True, False, True, False, True, False]
    assert measured.floors[LENGTH_MATCHED] == measured.floors[COSINE]
