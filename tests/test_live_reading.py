"""What the answers of a session say together: by hand, in any order, and with little to go by."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hivemind_core.corpus.cache import VectorCache
from hivemind_core.corpus.calibration import read_calibration
from hivemind_core.corpus.identity import Source, name_sources
from hivemind_core.corpus.recording import Asked, Landed
from hivemind_core.errors import WorkError
from hivemind_core.live.reading import (
    Arm,
    Frozen,
    Reader,
    Reading,
    count_by_arm,
    make_design,
    measure_scores,
)
from hivemind_core.measures.arms import Design
from hivemind_core.measures.resampling import UNDEFINED
from hivemind_core.space.encoders import DEFAULT_ENCODER, find_encoder
from tests.fakes import CountingEncoder, make_vector

X, Y, Z = np.eye(3, dtype=np.float32)
VECTORS = {
    "River": X,
    " River\n": X,
    "Sand": Y,
    "Thief": Z,
    "Rill": np.array([0.95, (1 - 0.95**2) ** 0.5, 0], np.float32),
    "Long river": np.array([3, 0, 4], np.float32),  # of length 5: the reader makes it 1
}


class GivenEncoder(CountingEncoder):
    """Gives texts the vectors that a test says, turned if it says so."""

    def __init__(
        self, vectors: Mapping[str, NDArray[np.float32]], turn: NDArray[np.float64] | None = None
    ) -> None:
        super().__init__()
        self.vectors, self.turn = vectors, turn

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        rows = np.stack([self.vectors[text] for text in texts])
        return np.asarray(rows if self.turn is None else rows @ self.turn, np.float32)


def ask(*pairs: tuple[str, str | None], samples: int = 3) -> Asked:
    strategies = tuple(dict.fromkeys(strategy for _, strategy in pairs))
    return Asked("q", "Time?", name_sources(pairs), samples, strategies)


ONE_MODEL = ask(("a", None))
TWO_MODELS = ask(("a", None), ("b", None))
# In the order of their names: a, a · hot, b, b · hot.
GRID = ask(("a", None), ("b", None), ("a", "hot"), ("b", "hot"))


def land(*told: tuple[int, str]) -> list[Landed]:
    """Return answers by source, numbered as they come."""
    return [Landed(float(n), source, n, text) for n, (source, text) in enumerate(told)]


@pytest.fixture
def cache(tmp_path: Path) -> VectorCache:
    return VectorCache(tmp_path / "vectors.sqlite")


@pytest.fixture
def reader(cache: VectorCache) -> Reader:
    return Reader(GRID, GivenEncoder(VECTORS), cache)


HAND = land(
    *((0, "River"), (2, "Sand"), (0, "River"), (1, "Sand"), (2, "Rill")),
    *((1, "Thief"), (3, "Thief"), (0, "Sand"), (3, "Long river")),
)


def test_hand_worked_reading(reader: Reader) -> None:
    reading = reader.read(HAND)
    rise = (1 - 0.95**2) ** 0.5  # cosine of Rill with Sand; with River it is .95
    assert [source.name for source in GRID.sources] == ["a", "a · hot", "b", "b · hot"]
    within = [one.mean for one in reading.within]
    assert within == pytest.approx([1 / 3, 0, rise, 0.8], abs=1e-6)
    between = [one.mean for one in reading.between]
    a_b = (2 * (0 + 0.95) + 1 + rise) / 6
    assert between[1] == pytest.approx(a_b, abs=1e-6)  # a with b
    assert between[4] == pytest.approx((1 + 0.8 + 0 + 0) / 4, abs=1e-6)  # a · hot with b · hot
    plain, hot = reading.arms
    assert (plain.strategy, plain.answers, hot.strategy, hot.answers) == (None, 5, "hot", 4)
    assert plain.within.value.mean == pytest.approx((1 / 3 + rise) / 2, abs=1e-6)
    assert hot.within.difference.mean == pytest.approx(0.4 - (1 / 3 + rise) / 2, abs=1e-6)
    assert hot.within.models == 2
    assert hot.between.value.mean == pytest.approx(0.45, abs=1e-6)
    assert hot.between.difference.mean == pytest.approx(0.45 - a_b, abs=1e-6)
    assert hot.between.models == 1
    assert plain.characters.value.mean == pytest.approx(((5 + 5 + 4) / 3 + 4) / 2)
    assert hot.characters.value.mean == pytest.approx((4.5 + 7.5) / 2)


def test_hand_worked_groups_and_different_answers(reader: Reader) -> None:
    reading = reader.read(HAND)
    assert (reading.sense, reading.threshold) == ("cosine", 0.9)
    # River, River, Rill | Sand x 3 | Thief x 2 | Long river: of equal sizes the first comes first.
    assert reading.labels.tolist() == [0, 1, 0, 1, 0, 2, 2, 1, 3]
    first, second, *rest = reading.groups
    assert [(one.number, one.size, one.models) for one in (first, second)] == [(0, 3, 2), (1, 3, 2)]
    assert (first.rows, first.wordings, second.wordings) == ((0, 2, 4), 2, 1)
    assert first.sources == (("a", 2), ("b", 1))
    assert [(one.number, one.size) for one in rest] == [(2, 2), (3, 1)]
    assert reading.k == 2
    # a: two of its three pairs differ; b and both hot ones: their two answers do.
    plain, hot = reading.arms
    assert plain.distinct == pytest.approx((1 + 2 / 3 + 2) / 2)
    assert hot.distinct == pytest.approx(2)
    assert hot.distinct_difference == pytest.approx(2 - (1 + 2 / 3 + 2) / 2)
    assert np.isnan(plain.distinct_difference)


def test_rows_have_length_one_and_come_as_the_answers_do(reader: Reader) -> None:
    reading = reader.read(HAND)
    assert reading.vectors[8] == pytest.approx([0.6, 0, 0.8])
    assert np.linalg.norm(reading.vectors, axis=1) == pytest.approx(np.ones(9))
    assert reading.answers == tuple(HAND)
    assert reading.places.shape == (9, 2)


def test_repeats_share_a_spot_and_a_wording(reader: Reader) -> None:
    told = land((0, "River"), (2, "Sand"), (0, " River\n"), (2, "River"), (1, "Thief"))
    reading = reader.read(told)
    assert np.ptp(reading.places[[0, 2, 3]], axis=0).max() < 1e-6
    assert next(one for one in reading.groups if 0 in one.rows).wordings == 1
    frozen = Frozen(np.eye(3, dtype=np.float32), np.array([[0, 0], [5, 0], [0, 5]]))
    placed = replace(reader, frozen=frozen).read(told).places
    assert placed == pytest.approx(frozen.points[[0, 1, 0, 0, 2]], abs=1e-4)


def test_what_landed_before_does_not_move_where_nothing_says_so(reader: Reader) -> None:
    few, more = reader.read(HAND[:6]), reader.read(HAND)
    assert more.places[:6] == pytest.approx(few.places, abs=1e-6)


def list_numbers(reading: Reading) -> list[object]:
    """Return the means of a reading, which follow no draw."""
    changes = [
        (one.value.mean, one.difference.mean, one.models)
        for arm in reading.arms
        for one in (arm.within, arm.between, arm.characters)
    ]
    distinct = [(arm.distinct, arm.distinct_difference, arm.answers) for arm in reading.arms]
    return [
        *(one.mean for one in (*reading.within, *reading.between)),
        *np.array(changes + distinct).ravel().tolist(),
    ]


def test_in_whatever_order_answers_come_they_say_the_same(reader: Reader) -> None:
    reading = reader.read(HAND)
    order = [4, 8, 0, 7, 3, 1, 6, 2, 5]
    shuffled = reader.read([HAND[i] for i in order])
    assert list_numbers(shuffled) == pytest.approx(list_numbers(reading), abs=1e-6, nan_ok=True)
    together = reading.labels[:, None] == reading.labels[None]
    assert np.array_equal(
        shuffled.labels[:, None] == shuffled.labels[None], together[np.ix_(order, order)]
    )


def test_a_turn_of_the_space_changes_no_number(reader: Reader, tmp_path: Path) -> None:
    turned, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    other = replace(
        reader, encoder=GivenEncoder(VECTORS, turned), cache=VectorCache(tmp_path / "b.sqlite")
    )
    one, two = reader.read(HAND), other.read(HAND)
    assert list_numbers(two) == pytest.approx(list_numbers(one), abs=1e-6, nan_ok=True)
    assert two.labels.tolist() == one.labels.tolist()


def test_a_text_is_encoded_once_however_often_it_is_read(reader: Reader) -> None:
    encoder = reader.encoder
    assert isinstance(encoder, GivenEncoder)
    for n in range(len(HAND) + 1):
        reader.read(HAND[:n])
    assert sorted(encoder.asked) == ["Long river", "Rill", "River", "Sand", "Thief"]


# Planted structure


def plant(hot: Sequence[str], plain: Sequence[str]) -> list[Landed]:
    """Return ten answers of two models under two strategies, drawn from some ideas in turn."""
    arms = {0: plain, 2: plain, 1: hot, 3: hot}
    told = [(source, arms[source][n % len(arms[source])]) for n in range(10) for source in arms]
    return land(*told)


IDEAS = {f"Idea {n}": make_vector(f"Idea {n}", 64) for n in range(10)}


def read_planted(cache: VectorCache, hot: Sequence[str], plain: Sequence[str]) -> Arm:
    asked = replace(GRID, samples=10)
    reading = Reader(asked, GivenEncoder(IDEAS), cache).read(plant(hot, plain))
    assert reading.k == 10
    return reading.arms[1]


def test_a_strategy_of_different_answers_lies_below_the_plain_one(cache: VectorCache) -> None:
    arm = read_planted(cache, list(IDEAS), ["Idea 0", "Idea 0", "Idea 1"])
    for change in (arm.within, arm.between):
        assert change.difference.high < 0
        assert change.difference.low < change.difference.mean < change.difference.high
    assert arm.distinct == 10
    assert arm.distinct_difference == 8


def test_answers_that_follow_from_each_other_have_no_interval(cache: VectorCache) -> None:
    asked = replace(GRID, samples=10, chained=("hot",))
    told = plant(list(IDEAS), ["Idea 0", "Idea 0", "Idea 1"])
    reading = Reader(asked, GivenEncoder(IDEAS), cache).read(told)
    plain, hot = reading.arms
    assert plain.within.value.interval is not None
    assert hot.within.difference.mean < 0
    assert hot.within.value.interval is hot.within.difference.interval is None
    assert hot.characters.value.interval is None
    scores = measure_scores(asked, reading, np.arange(40.0))
    assert scores[1].difference.interval is None
    assert (reading.k, hot.answers) == (10, 20)


def test_strategies_that_say_the_same_differ_by_nothing(cache: VectorCache) -> None:
    same = ["Idea 0", "Idea 1", "Idea 2"]
    arm = read_planted(cache, same, same)
    for change in (arm.within, arm.between, arm.characters):
        assert change.difference.mean == pytest.approx(0, abs=1e-6)
    assert arm.within.difference.low < 0 < arm.within.difference.high
    assert arm.distinct_difference == 0
    arm = read_planted(cache, ["Idea 0"], ["Idea 1"])
    assert arm.within.value.mean == pytest.approx(1, abs=1e-6)
    assert arm.within.difference.interval == pytest.approx([0, 0], abs=1e-6)


# Little to go by


def test_no_answer_yet(reader: Reader) -> None:
    frozen = Frozen(np.eye(3, dtype=np.float32), np.zeros((3, 2)))
    for one in (reader, replace(reader, frozen=frozen)):
        for landed in (
            [],
            [Landed(1, 0, 0, error="no"), Landed(2, 1, 0, ""), Landed(2, 1, 1, " ")],
        ):
            reading = one.read(landed)
            assert reading.answers == reading.groups == ()
            assert len(reading.vectors) == len(reading.labels) == reading.k == 0
            assert reading.places.shape == (0, 2)
            assert reading.within == (UNDEFINED,) * 4
            assert reading.between == (UNDEFINED,) * 6
            assert [arm.answers for arm in reading.arms] == [0, 0]
            assert not any(arm.within.value.is_defined for arm in reading.arms)
            assert all(np.isnan(arm.distinct) for arm in reading.arms)


@pytest.mark.parametrize("texts", [["River"], ["River", "Sand"], ["River", "River"]])
def test_one_answer_and_two(cache: VectorCache, texts: list[str]) -> None:
    reading = Reader(ONE_MODEL, GivenEncoder(VECTORS), cache).read(land(*((0, t) for t in texts)))
    (arm,) = reading.arms
    assert len(reading.places) == len(texts)
    assert np.isfinite(reading.places).all()
    assert len(reading.groups) == len(set(texts))
    assert reading.k == (2 if len(texts) == 2 else 0)
    assert arm.within.value.is_defined == (len(texts) == 2)
    assert arm.within.value.interval is None
    assert arm.characters.value.is_defined
    if reading.k:
        assert arm.distinct == len(set(texts))


def test_one_model_has_none_beside_it_and_one_strategy_no_difference(cache: VectorCache) -> None:
    told = land(*((0, text) for text in ("River", "Sand", "River", "Thief", "Sand", "Sand")))
    reading = Reader(ONE_MODEL, GivenEncoder(VECTORS), cache).read(told)
    assert reading.between == ()
    (arm,) = reading.arms
    assert arm.between.value is UNDEFINED
    assert arm.within.difference is UNDEFINED
    assert arm.within.value.interval is not None


def test_errors_and_empty_texts_have_no_place_and_no_say(reader: Reader) -> None:
    nothing = [
        Landed(3.5, 1, 50, error="status 500"),
        Landed(3.6, 2, 51, "", finish_reason="stop"),
        Landed(3.7, 3, 52, " \n\t "),
    ]
    mixed = reader.read([*HAND[:4], *nothing, *HAND[4:]])
    assert repr(mixed) == repr(reader.read(HAND))


def test_a_model_that_failed_altogether_has_no_numbers_and_leaves_those_of_others(
    cache: VectorCache,
) -> None:
    told = land(*((0, text) for text in ("River", "Sand", "River", "Thief", "Rill", "Sand")))
    failed = [Landed(9, 1, n, error="status 404") for n in range(3)]
    both = Reader(TWO_MODELS, GivenEncoder(VECTORS), cache).read([*told, *failed])
    alone = Reader(ONE_MODEL, GivenEncoder(VECTORS), cache).read(told)
    assert both.within == (*alone.within, UNDEFINED)
    assert both.between == (UNDEFINED,)
    assert both.k == alone.k == 6
    assert both.arms[0].within == alone.arms[0].within
    assert not both.arms[0].between.value.is_defined
    assert both.arms[0].distinct == alone.arms[0].distinct == 3


def test_an_encoder_that_fails_is_told_to_whoever_reads(cache: VectorCache) -> None:
    class Failing(CountingEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            raise WorkError("the service does not answer", where="failing")

    class Broken(CountingEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return np.full((len(texts), 3), np.nan, np.float32)

    with pytest.raises(WorkError, match="failing: the service does not answer"):
        Reader(ONE_MODEL, Failing(), cache).read(land((0, "River")))
    with pytest.raises(WorkError, match="one finite vector a text"):
        Reader(ONE_MODEL, Broken(), cache).read(land((0, "River")))


def test_hostile_texts_are_texts(cache: VectorCache) -> None:
    texts = ["<script>alert(1)</script>", "![x](http://x)", "\x00\x1b[31m", "a" * 100_000, "\u202e"]
    told = land(*((0, text) for text in texts))
    reading = Reader(ONE_MODEL, CountingEncoder(), cache).read(told)
    assert [one.text for one in reading.answers] == texts
    assert len(reading.groups) == 5


# Parts


def test_sources_as_models_under_strategies() -> None:
    asked = Asked("q", "?", GRID.sources, 1, ("hot", None))
    design = make_design(asked)
    assert design.models.tolist() == [0, 0, 1, 1]
    assert design.arms.tolist() == [1, 0, 1, 0]
    assert make_design(Asked("q", "?", (Source("b", "b", None),), 1)).models.tolist() == [0]


def test_different_answers_are_counted_over_the_models_that_have_both() -> None:
    rows = np.stack([X, X, Y, Z, X, Y])
    design = Design(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]))
    # Model 0: one of two, then two of two; model 1: two of two, and too few under the second arm.
    found = count_by_arm(rows, np.array([0, 0, 1, 1, 2, 2]), design, 2, 0.9)
    assert found[0] == (1.5, pytest.approx(float("nan"), nan_ok=True))
    assert found[1] == (2, 1)
    nothing = count_by_arm(rows[:0], np.zeros(0, np.int64), design, 0, 0.9)
    assert np.isnan(np.array(nothing)).all()


def test_hand_worked_scores(reader: Reader) -> None:
    reading = reader.read(HAND)
    # a: 1, 3, none; b: 4, 6; a · hot: 0, 2; b · hot: none.
    scores = np.array([1, 4, 3, 0, 6, 2, np.nan, np.nan, np.nan])
    plain, hot = measure_scores(GRID, reading, scores)
    assert plain.value.mean == pytest.approx((2 + 5) / 2)
    assert hot.value.mean == pytest.approx(1)
    assert hot.difference.mean == pytest.approx(1 - 2)
    assert hot.models == 1
    empty = measure_scores(GRID, reader.read([]), np.zeros(0))
    assert [one.value for one in empty] == [UNDEFINED, UNDEFINED]


def test_real_vectors_and_what_people_call_the_same(cache: VectorCache) -> None:
    calibration = read_calibration(DEFAULT_ENCODER)
    assert calibration is not None
    encoder = find_encoder(DEFAULT_ENCODER, {})
    told = land(
        (0, "Time is a river that carries everything away."),
        (1, "Time is a river, carrying everything away."),
        (0, "Bake the bread for forty minutes at a high heat."),
        (1, "Time is a river that carries everything away."),
    )
    reading = Reader(TWO_MODELS, encoder, cache, calibration).read(told)
    assert (reading.sense, reading.threshold) == ("people", calibration.senses["people"].default)
    assert reading.labels.tolist() == [0, 0, 1, 0]
    assert reading.groups[0].models == 2
    assert reading.within[1].mean > 0.8
    assert reading.within[0].mean < 0.3
    assert reading.places[0] == pytest.approx(reading.places[3], abs=1e-5)
