import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hivemind_core.figures.phrases import (
    TOKENS,
    WORDS,
    Phrase,
    Piece,
    compare_words,
    find_shared_phrases,
    list_common_phrases,
)

WRITTEN = st.lists(st.sampled_from(["a", "B", "river", "River,", "—", "its", "\n", "“c”"]))
TEXTS = st.one_of(st.text(), WRITTEN.map(" ".join), WRITTEN.map("\t".join))


def quote(texts: list[str], least_words: int = 3) -> list[list[str]]:
    """Return what is marked in each text."""
    found = find_shared_phrases(texts, least_words)
    return [[text[a:b] for a, b in spans] for text, spans in zip(texts, found, strict=True)]


def test_what_a_text_shares_with_the_first_is_marked() -> None:
    texts = [
        "Time is a river that carries us.",
        "Truly, time is a river; that is all.",
        "Life is short.",
    ]
    assert quote(texts) == [["Time is a river that"], ["time is a river; that"], []]


def test_case_and_punctuation_do_not_count_and_apostrophes_do() -> None:
    assert quote(["Time’s a river.", "TIME'S (a) “river”"]) == [
        ["Time’s a river"],
        ["TIME'S (a) “river"],
    ]
    assert quote(["times a river", "time's a river"]) == [[], []]


def test_two_words_are_no_phrase() -> None:
    assert quote(["A river runs", "A river stands"]) == [[], []]
    assert quote(["A river runs", "A river stands"], least_words=2) == [["A river"], ["A river"]]


def test_what_stands_in_another_order_is_marked_too() -> None:
    first = "1. War and Peace by Tolstoy 2. Crime and Punishment by Dostoevsky"
    other = "1. Crime and Punishment by Dostoevsky 2. War and Peace by Tolstoy"
    assert quote([first, other])[1] == [
        "Crime and Punishment by Dostoevsky",
        "War and Peace by Tolstoy",
    ]


def test_a_word_that_comes_before_does_not_break_a_phrase() -> None:
    assert quote(["a b c", "a x a b c"])[1] == ["a b c"]


def test_of_the_first_is_marked_what_half_of_the_others_share() -> None:
    first = "one two three four five six"
    others = ["one two three", "one two three", "four five six", "nothing of this"]
    assert quote([first, *others])[0] == ["one two three"]
    assert quote([first, *others[1:]])[0] == []
    assert quote([first, *others[1:3]])[0] == ["one two three", "four five six"]


def test_short_texts_are_marked_whole() -> None:
    assert quote(["Blue.", "blue", "“Blue”!", "Red"]) == [["Blue"], ["blue"], ["Blue"], []]
    assert quote(["Time is a river", "A river.", "A sea."]) == [[], ["A river"], []]


@pytest.mark.parametrize(
    ("first", "other", "marked"),
    [
        ("时间是一条河", "河:时间是一条河。", ["时间是一条河"]),
        ("समय एक नदी है", "कि समय एक नदी है।", ["समय एक नदी है"]),
        ("זמן הוא נהר", "כי \u202eזמן הוא נהר\u202c!", ["זמן הוא נהר"]),
        ("❤️ 👩‍👧 🌊", "❤️ 👩‍👧 🌊", []),
        ("caf\u00e9 au lait", "cafe\u0301 AU lait", ["cafe\u0301 AU lait"]),
        ("Die Straße ist lang", "DIE STRASSE IST KURZ", ["DIE STRASSE IST"]),
    ],
)
def test_any_script_has_words(first: str, other: str, marked: list[str]) -> None:
    assert quote([first, other])[1] == marked


@pytest.mark.parametrize("texts", [[], [""], ["One text of four words"], ["", "  ", "…"]])
def test_nothing_to_share_marks_nothing(texts: list[str]) -> None:
    assert find_shared_phrases(texts) == ((),) * len(texts)
    assert list_common_phrases(texts) == []


def test_texts_without_words_count_among_the_others() -> None:
    texts = ["Time is a river", "time is a river", "", "👩‍👧"]
    assert quote(texts) == [[], ["time is a river"], [], []]


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=12), min_size=2, max_size=5))
def test_exactly_the_sequences_of_the_first_are_marked(lists: list[list[str]]) -> None:
    spans = find_shared_phrases([" ".join(words) for words in lists])
    reference = lists[0]
    for words, found in zip(lists[1:], spans[1:], strict=True):
        size = min(3, len(words), len(reference))
        starts = range(len(words) - size + 1) if size else ()
        known = [reference[i : i + size] for i in range(len(reference) - size + 1)]
        shared = {j for i in starts if words[i : i + size] in known for j in range(i, i + size)}
        assert {p // 2 for a, b in found for p in range(a, b, 2)} == shared


@given(st.lists(TEXTS, max_size=6))
def test_spans_lie_in_order_inside_their_text(texts: list[str]) -> None:
    for text, spans in zip(texts, find_shared_phrases(texts), strict=True):
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(set(edges))
        assert all(0 <= edge <= len(text) for edge in edges)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_order_of_the_others_does_not_count(texts: list[str]) -> None:
    first, *others = find_shared_phrases(texts)
    turned = find_shared_phrases([texts[0], *texts[:0:-1]])
    assert turned == (first, *others[::-1])


def test_the_phrase_that_most_hold_is_counted() -> None:
    texts = [
        "Time is a river that carries us all.",
        "Time is a river that never stops.",
        "“Time is a\nriver”, they say.",
        "I think time is a river.",
        "Life is short.",
    ]
    assert list_common_phrases(texts) == [Phrase("Time is a river", 4)]


def test_a_longer_phrase_comes_before_a_more_frequent_one() -> None:
    texts = ["one two three. four five six seven eight nine"] * 4 + ["one two three"] * 2
    assert list_common_phrases(texts) == [
        Phrase("one two three. four five six seven eight nine", 4)
    ]
    assert list_common_phrases([*texts, *texts[-2:]]) == [Phrase("one two three", 8)]


def test_phrases_do_not_overlap_and_end_at_the_limit() -> None:
    rest = ["one two three", "five six seven", "nine ten eleven"]
    texts = [" x ".join(rest), " y ".join(rest), " z ".join(rest)]
    assert list_common_phrases(texts) == [Phrase(phrase, 3) for phrase in rest]
    assert list_common_phrases(texts, limit=1) == [Phrase("one two three", 3)]


def test_a_phrase_that_returns_is_listed_once() -> None:
    first = "War and Peace is good. I like War and Peace, but not War and Noise."
    assert list_common_phrases([first, "War and Peace is good", "War and Peace"]) == [
        Phrase("War and Peace is good", 2)
    ]


def test_a_phrase_is_counted_only_where_it_stands_in_one_piece() -> None:
    assert list_common_phrases(["a b c d", "b c d a b c"]) == [Phrase("a b c", 2)]


def test_line_breaks_leave_a_phrase_on_one_line() -> None:
    assert list_common_phrases(["a\n\nb  c", "a b c"]) == [Phrase("a b c", 2)]


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=10), min_size=2, max_size=6))
def test_counts_are_exact_and_of_most(lists: list[list[str]]) -> None:
    texts = [" ".join(words) for words in lists]
    for phrase in list_common_phrases(texts):
        assert phrase.text in texts[0]
        assert phrase.answers == sum(phrase.text in text for text in texts) > len(texts) / 2


def test_words_that_differ() -> None:
    assert compare_words("Time is a big river, flowing.", "Time is a wide river.") == (
        Piece("same", "Time is a "),
        Piece("first", "big"),
        Piece("second", "wide"),
        Piece("same", " river"),
        Piece("first", ", flowing"),
        Piece("same", "."),
    )


def test_white_space_that_differs_is_a_difference_of_its_own() -> None:
    assert compare_words("a b", "a\n\nb ") == (
        Piece("same", "a"),
        Piece("first", " "),
        Piece("second", "\n\n"),
        Piece("same", "b"),
        Piece("second", " "),
    )


def test_case_and_punctuation_are_differences() -> None:
    assert compare_words("A river", "a river!") == (
        Piece("first", "A"),
        Piece("second", "a"),
        Piece("same", " river"),
        Piece("second", "!"),
    )


def test_equal_texts_are_one_piece_and_empty_ones_none() -> None:
    assert compare_words("", "") == ()
    assert compare_words("a\r\nb", "a\r\nb") == (Piece("same", "a\r\nb"),)
    assert compare_words("", "new ") == (Piece("second", "new "),)
    assert compare_words("a", "b") == (Piece("first", "a"), Piece("second", "b"))


@given(TEXTS, TEXTS)
@example("\r\n \x00\u2028", "\u2028")
@example("👩‍👧", "👩 👧")
def test_the_pieces_of_a_side_are_its_text(first: str, second: str) -> None:
    pieces = compare_words(first, second)
    assert "".join(p.text for p in pieces if p.kind != "second") == first
    assert "".join(p.text for p in pieces if p.kind != "first") == second
    assert all(piece.text for piece in pieces)
    kinds = [piece.kind for piece in pieces]
    assert all(a != b and (a, b) != ("second", "first") for a, b in pairwise(kinds))


def test_what_lies_beyond_the_words_that_are_compared_differs() -> None:
    first = "x " + "a " * TOKENS + "same end of both"
    second = "y " + "a " * TOKENS + "other beyond both"
    pieces = compare_words(first, second)
    assert pieces[-1] == Piece("same", " both")
    assert pieces[2].kind == "same"
    assert pieces[3] == Piece("first", "a same end of")
    found = find_shared_phrases(["a b " * WORDS + "c d e", "x c d e", "a b a"])
    assert found[1] == ()
    assert found[2] == ((0, 5),)


def test_long_answers_are_read_in_time() -> None:
    rng = np.random.default_rng(0)
    common = rng.zipf(1.3, 20_000) % 5000
    texts = []
    for _ in range(40):
        drawn = np.where(rng.random(20_000) < 0.1, rng.permutation(common), common)
        texts.append(" ".join(f"w{number}" for number in drawn)[:100_000])
    start = time.perf_counter()
    spans = find_shared_phrases(texts)
    phrases = list_common_phrases(texts)
    compare_words(texts[0], texts[1])
    assert time.perf_counter() - start < 4  # 0.6 s on one idle core
    assert all(spans)
    assert phrases
