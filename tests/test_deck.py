"""Decks as values and as text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hivemind_core.deck import (
    MOST_SLIDES,
    VERSION,
    Deck,
    Slide,
    add_slide,
    dress,
    edit_slide,
    format_deck,
    move_slide,
    parse_deck,
    remove_slide,
)
from hivemind_core.errors import InputError
from hivemind_core.exhibit import Exhibit, View

MAP = View("atlas", {"query": "q7", "show": ("gpt-4o", "human")}, "demo", "e9a8")
DECK = Deck("A talk", tuple(Slide(View("overview"), title) for title in "abc"))


def spell(deck: Deck) -> str:
    return "".join(slide.title for slide in deck.slides)


def write(**changes: Any) -> str:
    return json.dumps({"version": VERSION, "title": "A talk", "slides": []} | changes)


def test_a_deck_is_written_for_people() -> None:
    deck = Deck("Zeit", (Slide(MAP, "Was ist die Zeit?", note="slowly"),))
    assert format_deck(deck) == (
        "{\n"
        '  "version": 1,\n'
        '  "title": "Zeit",\n'
        '  "slides": [\n'
        "    {\n"
        '      "title": "Was ist die Zeit?",\n'
        '      "note": "slowly",\n'
        '      "page": "atlas",\n'
        '      "corpus": "demo",\n'
        '      "content_hash": "e9a8",\n'
        '      "parameters": {\n'
        '        "query": "q7",\n'
        '        "show": [\n'
        '          "gpt-4o",\n'
        '          "human"\n'
        "        ]\n"
        "      }\n"
        "    }\n"
        "  ]\n"
        "}\n"
    )


def test_a_deck_says_a_corpus_by_name_and_hash_only() -> None:
    assert set(json.loads(format_deck(Deck("", (Slide(MAP),))))["slides"][0]) == {
        "page",
        "corpus",
        "content_hash",
        "parameters",
    }


WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = st.one_of(WORDS, st.lists(WORDS, min_size=1, max_size=3).map(tuple))
NAMES = WORDS.filter(lambda name: name not in ("corpus", "hash"))
VIEWS = st.builds(
    View, WORDS.filter(bool), st.dictionaries(NAMES, VALUES, max_size=3), WORDS, WORDS
)
SLIDES = st.builds(Slide, VIEWS, WORDS, WORDS, WORDS)


@given(WORDS, st.lists(SLIDES, max_size=3))
def test_what_is_written_is_read_again(title: str, slides: list[Slide]) -> None:
    deck = Deck(title, tuple(slides))
    assert parse_deck(format_deck(deck)) == deck


def test_words_may_be_as_long_as_the_page_lets_them_be() -> None:
    slide = Slide(View("atlas"), "x" * 1_000, "x" * 10_000, "x" * 20_000)
    assert parse_deck(format_deck(Deck("x" * 1_000, (slide,)))).slides == (slide,)


def test_a_deck_of_nothing_is_read() -> None:
    assert parse_deck('{"version": 1}') == Deck("")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "talk.json: a deck is a JSON object; found Expecting value"),
        ("[]", "talk.json: a deck is a JSON object; found []"),
        ("[" * 100_000, "talk.json: a deck is a JSON object; found"),
        ('{"title": "x"}', "talk.json: version is a whole number from 1; found none. Begin"),
        (write(version="1"), "talk.json: version is a whole number from 1; found '1'"),
        (write(version=True), "talk.json: version is a whole number from 1; found True"),
        (write(version=0), "talk.json: version is a whole number from 1; found 0"),
        (
            write(version=2),
            "talk.json: this software reads decks up to version 1; found version 2. Install a "
            "newer hivemind-atlas",
        ),
        (write(colour="red"), "talk.json: a deck has no 'colour'. It has version, title, slides"),
        (write(title=3), "talk.json: title is a text; found 3"),
        (write(title="\ud800"), "talk.json: a text is of whole letters; found '\\ud800'"),
        (
            write(title="x" * 200_000),
            "talk.json: title has 1,000 characters at most; found 200,000",
        ),
        *(
            (
                write(slides=[{"page": "atlas"}, {"page": "atlas", name: "x" * (longest + 1)}]),
                f"talk.json, slide 2: {name} has {longest:,} characters at most; found "
                f"{longest + 1:,}",
            )
            for name, longest in (
                ("title", 1_000),
                ("reading", 10_000),
                ("note", 20_000),
                ("page", 1_000),
                ("corpus", 1_000),
                ("content_hash", 1_000),
            )
        ),
        (write(slides={}), "talk.json: slides are a list; found {}"),
        (write(slides=["x"]), "talk.json, slide 1: a slide is a JSON object; found 'x'"),
        (
            write(slides=[{}] * (MOST_SLIDES + 1)),
            "talk.json: a deck has 500 slides at most; found 501",
        ),
        (
            write(slides=[{"page": "atlas"}, {"title": "x"}]),
            'talk.json, slide 2: a slide names the page that it is a view of. Say "page": "atlas"',
        ),
        (
            write(slides=[{"page": "atlas", "path": "/home"}]),
            "talk.json, slide 1: a slide has no 'path'. It has title, reading, note, page, corpus, "
            "content_hash, parameters",
        ),
        (
            write(slides=[{"page": "atlas", "parameters": []}]),
            "talk.json, slide 1: parameters are an object; found []",
        ),
        (
            write(slides=[{"page": "atlas", "parameters": {"bins": 5}}]),
            "talk.json, slide 1, 'bins': a parameter is a text, or a list of texts; found 5. Write "
            "a number in quotation marks",
        ),
        (
            write(slides=[{"page": "atlas", "parameters": {"show": []}}]),
            "talk.json, slide 1, 'show': a parameter is a text, or a list of texts; found []",
        ),
        (
            write(slides=[{"page": "atlas", "parameters": {"corpus": "demo"}}]),
            "talk.json, slide 1: parameters name no corpus; found 'corpus'. They stand beside",
        ),
    ],
)
def test_a_text_that_is_no_deck_says_why(text: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_deck(text, "talk.json")
    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "slide",
    [
        {"page": "atlas", "title": "x" * 100 + "\ud800"},
        {"page": "atlas", "parameters": {"query": "\ud800"}},
        {"page": "atlas", "parameters": {"show": ["a", "\ud800"]}},
        {"page": "atlas", "parameters": {"\ud800": "a"}},
    ],
)
def test_half_a_letter_is_refused_wherever_it_stands(slide: dict[str, object]) -> None:
    with pytest.raises(InputError, match="slide 1: a text is of whole letters; found '") as caught:
        parse_deck(write(slides=[slide]), "talk.json")
    assert len(str(caught.value)) < 130


def test_slides_are_added_moved_and_removed() -> None:
    new = Slide(View("atlas"), "x")
    assert spell(add_slide(DECK, new)) == "abcx"
    assert spell(add_slide(DECK, new, 0)) == "xabc"
    assert spell(move_slide(DECK, 0, 2)) == "bca"
    assert spell(move_slide(DECK, 2, 0)) == "cab"
    assert spell(move_slide(DECK, 1, 1)) == "abc"
    assert spell(remove_slide(DECK, 1)) == "ac"
    assert spell(DECK) == "abc"


def test_words_of_a_slide_are_edited_and_others_stay() -> None:
    edited = edit_slide(DECK, 1, note="speak up")
    assert edited.slides[1] == Slide(View("overview"), "b", note="speak up")
    assert edit_slide(edited, 1, title="", reading="r").slides[1].title == ""
    assert edit_slide(edited, 1).slides == edited.slides
    assert edited.slides[::2] == DECK.slides[::2]


@pytest.mark.parametrize("place", [-1, 3])
def test_a_slide_that_is_not_there_is_named(place: int) -> None:
    told = f"'A talk': the deck has no such slide; found {place + 1} of 3"
    for change in (remove_slide, edit_slide, lambda deck, at: move_slide(deck, 0, at)):
        with pytest.raises(InputError) as caught:
            change(DECK, place)
        assert str(caught.value) == told


def test_a_full_deck_takes_no_slide() -> None:
    full = Deck("long", DECK.slides[:1] * MOST_SLIDES)
    with pytest.raises(InputError, match="a deck has 500 slides at most"):
        add_slide(full, DECK.slides[0])


def test_a_slide_dresses_its_exhibit_in_its_own_words() -> None:
    exhibit = Exhibit(MAP, "What is time?", "A river.", note="")
    assert dress(Slide(MAP), exhibit) == exhibit
    dressed = dress(Slide(MAP, "Time", note="slowly"), exhibit)
    assert (dressed.title, dressed.reading, dressed.note) == ("Time", "A river.", "slowly")
