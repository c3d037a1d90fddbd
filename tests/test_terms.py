"""What a search means: folding, terms, boundaries of words, spans and excerpts."""

import re
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hivemind_core.corpus.terms import (
    Folding,
    Term,
    cut_excerpt,
    find_rows,
    find_spans,
    fold,
    read_terms,
)

LETTERS = st.text(st.sampled_from("aAbé e\u0301ß夜の'’\"-. \n\u200d👩ש\u05c1"), max_size=24)


def holds(text: str | None, words: str) -> bool:
    rows = find_rows(
        pa.chunked_array([pa.array([text], pa.string())]), read_terms(words), Folding()
    )
    return rows.to_pylist() == [0]


def mark(text: str, words: str) -> list[str]:
    return [text[start:stop] for start, stop in find_spans(text, words)]


def test_a_search_is_words_and_phrases() -> None:
    assert read_terms("River  “is a  River” river") == (
        Term("river", False),
        Term("is a river", True),
    )


@pytest.mark.parametrize("words", ["", "   ", '""', '" "', "…", ". , !", "\u200d", "& - .*"])
def test_nothing_to_look_for_is_no_term(words: str) -> None:
    assert read_terms(words) == ()


def test_a_quotation_mark_that_is_not_closed_is_no_mark() -> None:
    assert read_terms('river "time is') == tuple(Term(w, False) for w in ("river", "time", "is"))


def test_marks_at_the_edge_of_a_word_do_not_count_and_signs_do() -> None:
    assert [term.text for term in read_terms("(river), & c++ don’t #1 50%")] == [
        "river",
        "c++",
        "don't",
        "#1",
        "50%",
    ]


def test_only_the_start_of_an_endless_search_counts() -> None:
    assert read_terms("a" * 100_000) == (Term("a" * 300, False),)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Café", "cafe"),
        ("cafe\u0301", "cafe"),
        ("STRASSE Straße", "strasse strasse"),
        ("ﬁre", "fire"),
        ("it’s “so” — yes", 'it\'s "so" - yes'),
        ("a\u00a0b", "a b"),
        ("so\u00adft \u202eright\u202c", "soft right"),
        ("שָׁלוֹם", "שלום"),
        ("İstanbul", "istanbul"),
        ("ASCII only\n", "ascii only\n"),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(LETTERS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Time is a river.", "river time", True),
        ("Time is a river.", "river thief", False),
        ("Rivers run", "river", True),
        ("the heart", "art", False),
        ("the arts", "art", True),
        ("the arts", '"art"', False),
        ("the art, indeed", '"art"', True),
        ("Time is a\n\n  river", '"is a river"', True),
        ("a river is time", '"time is a river"', False),
        ("the c++ book", "c++", True),
        ("the c book", "c++", False),
        ("snake_case_name", "case", True),
        ("東京の夜は長い", "夜", True),
        ("東京tower", "tower", True),
        ("हिन्दी", "दी", False),
        ("a family 👩‍👩‍👧‍👦 here", "👩", True),
        ("a.b", "a.b", True),
        ("axb", "a.b", False),
        ("(a|b)* [x] ^$ \\d", '"(a|b)* [x] ^$ \\d"', True),
        ("anything", '".*"', False),
        ("anything", '"(?i).*"', False),
        ("", "a", False),
        (None, "a", False),
    ],
)
def test_a_text_is_found(text: str | None, words: str, found: bool) -> None:
    assert holds(text, words) == found
    if text is not None:
        assert found == all(
            mark(text, f'"{t.text}"' if t.is_whole else t.text) for t in read_terms(words)
        )


@given(LETTERS, LETTERS)
def test_what_is_found_can_be_marked_and_what_is_marked_is_found(text: str, words: str) -> None:
    terms = read_terms(words)
    spans = find_spans(text, words)
    if terms and holds(text, words):
        assert spans
    if len(terms) == 1:
        assert holds(text, words) == bool(spans)
    assert all(0 <= start < stop <= len(text) for start, stop in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


def test_a_text_of_only_missing_values_holds_nothing() -> None:
    empty = pa.chunked_array([], pa.string())
    assert find_rows(empty, read_terms("a"), Folding()).to_pylist() == []
    missing = pa.chunked_array([pa.array([None, None], pa.string())])
    assert find_rows(missing, read_terms("a"), Folding()).to_pylist() == []


def test_spans_lie_in_the_text_as_it_was_written() -> None:
    assert mark("Ein Café, eine Straße; cafe\u0301!", "cafe strasse") == [
        "Café",
        "Straße",
        "cafe\u0301",
    ]
    assert mark("rivers and river", '"river"') == ["river"]
    assert mark("ba a a", '"a a"') == ["a a"]
    assert mark("time time", "time ti") == ["time", "time"]


def test_an_excerpt_shows_the_place_with_most_of_what_was_found() -> None:
    text = "river " + "word " * 200 + "time is a river " + "tail " * 200
    excerpt = cut_excerpt(text, "time river", width=100)
    assert excerpt.text.startswith("… word")
    assert excerpt.text.endswith(" …")
    assert [excerpt.text[a:b] for a, b in excerpt.spans] == ["time", "river"]
    assert len(excerpt.text) <= 104


def test_a_short_text_is_its_own_excerpt() -> None:
    excerpt = cut_excerpt("Time is a river", "river")
    assert (excerpt.text, excerpt.spans) == ("Time is a river", ((10, 15),))
    assert cut_excerpt("", "river").text == ""
    assert cut_excerpt("nothing here", "river").spans == ()


def test_an_excerpt_of_one_endless_word_is_cut() -> None:
    excerpt = cut_excerpt("a" * 3000, "a", width=50)
    assert excerpt.text == "a" * 50 + " …"
    assert excerpt.spans == ((0, 1),)


@given(LETTERS, LETTERS, st.integers(1, 12))
def test_an_excerpt_is_a_piece_of_the_text(text: str, words: str, width: int) -> None:
    excerpt = cut_excerpt(text, words, width)
    piece = re.sub(r"^… | …$", "", excerpt.text)
    assert piece in text
    assert len(piece) <= width
    assert all(0 <= start < stop <= len(excerpt.text) for start, stop in excerpt.spans)
