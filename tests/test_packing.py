"""Rows of a map as a word of an address, and words that nobody packed."""

import random
import re
import tracemalloc
import zlib
from base64 import urlsafe_b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from frame.packing import LONGEST, pack_rows, unpack_rows

LARGEST = 60_000
MAPS = st.integers(0, 300).flatmap(
    lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)) if n else st.just(set()))
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def write_word(content: bytes) -> str:
    return urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")


@given(MAPS)
@example((0, set()))
@example((8, {0, 7}))
@example((9, {8}))
def test_a_word_gives_back_its_rows(chosen: tuple[int, set[int]]) -> None:
    n, rows = chosen
    word = pack_rows(rows, n)
    assert re.fullmatch("[A-Za-z0-9_-]+", word)
    assert unpack_rows(word, n) == tuple(sorted(rows))


@given(st.lists(st.integers(0, 99)), st.randoms())
def test_neither_order_nor_repeats_change_a_word(rows: list[int], order: random.Random) -> None:
    turned = rows * 2
    order.shuffle(turned)
    assert pack_rows(turned, 100) == pack_rows(rows, 100)


def test_a_word_of_two_rows_by_hand() -> None:
    # The first row is the highest bit of the first byte.
    assert pack_rows([0, 9], 12) == write_word(bytes([0b10000000, 0b01000000]))
    assert unpack_rows(write_word(bytes([0b00000011, 0b00010000])), 12) == (6, 7, 11)


@given(st.sets(st.integers(0, 1249), min_size=50, max_size=50))
@example(set(range(0, 1250, 25)))
def test_a_lasso_is_a_short_word(rows: set[int]) -> None:
    assert len(pack_rows(rows, 1250)) < 150


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.9, 1.0])
def test_the_largest_map_has_words_that_are_read(share: float) -> None:
    rows = random.Random(7).sample(range(LARGEST), int(share * LARGEST))
    word = pack_rows(rows, LARGEST)
    assert len(word) < 11_000 < LONGEST
    assert unpack_rows(word, LARGEST) == tuple(sorted(rows))


@given(MAPS, st.integers(0, 300), st.sampled_from(LETTERS))
@example((5, {0, 1, 2, 3, 4}), 5, "A")
def test_a_damaged_word_gives_nothing_or_what_it_was(
    chosen: tuple[int, set[int]], at: int, letter: str
) -> None:
    n, rows = chosen
    word = pack_rows(rows, n)
    at %= len(word)
    changed = word[:at] + letter + word[at + 1 :]
    for damaged in (changed, word[:at], word[at:], word[:at] + word[at + 1 :], word + word):
        assert unpack_rows(damaged, n) in {(), tuple(sorted(rows))}


def test_a_changed_bit_is_noticed() -> None:
    word = pack_rows([3, 9, 400], 1250)
    for at in range(4, len(word) - 10):
        for letter in LETTERS:
            changed = word[:at] + letter + word[at + 1 :]
            assert changed == word or unpack_rows(changed, 1250) == ()


@given(st.text(max_size=60), st.integers(0, 300))
@example("", 0)
@example("=", 8)
@example("é" * 8, 8)
@example("\x00", 8)
@example("eNoDAAAAAAE=", 8)
def test_words_that_nobody_packed_give_nothing(word: str, n: int) -> None:
    assert unpack_rows(word, n) == ()


@pytest.mark.parametrize("n", [0, 1, 1240, 1257, 60_000])
def test_a_word_of_a_map_of_another_size_gives_nothing(n: int) -> None:
    word = pack_rows([3, 9, 400], 1250)
    assert unpack_rows(word, 1250) == (3, 9, 400)
    assert unpack_rows(word, n) == ()


def test_no_row_lies_beyond_the_map() -> None:
    assert set(unpack_rows(write_word(b"\xff\xff"), 12)) <= set(range(12))


@pytest.mark.parametrize("size", [10, 1_000_000, 70_000_000])
def test_a_word_that_swells_costs_nothing(size: int) -> None:
    word = write_word(b"\xff" * size)
    assert len(word) < LONGEST
    tracemalloc.start()
    try:
        assert unpack_rows(word, 72) == ()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * LONGEST


def test_a_word_that_is_too_long_is_not_read() -> None:
    word = pack_rows([3], 8)
    spaces = "!" * 4 * LONGEST  # base64 skips what is no letter of its own
    assert unpack_rows("!" * 4 + word, 8) == (3,)
    assert unpack_rows(spaces + word, 8) == ()
