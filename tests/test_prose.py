"""Marked texts, drawn without a browser."""

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from frame.prose import STYLE, write_marked, write_side
from hivemind_core.figures.phrases import Piece, compare_words

HOSTILE = [
    "<script>document.title = 'ran'</script>",
    "</div></mark><img src=x onerror=alert(1)>",
    "&lt;b&gt; &amp;amp; &#60;",
    "![n](http://example.com/n.png) [l](javascript:alert(1)) `code` $x$ :red[no]",
    "\u202eright to left\u202c <!-- --> <![CDATA[",
    "\n\n    indented\n   \n\tcode\r\n",
    '" onmouseover="alert(1)" \'',
]
WORDS = st.text(st.characters(exclude_categories=["Cs"]))


class Reader(HTMLParser):
    """Reads a page back: its text, what of it is marked, and every tag."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.marked, self.tags = "", "", []  # type: ignore[var-annotated]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *sorted(attributes)))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        self.text += data
        self.marked += data * (self.tags[-1][0] == "mark")


def read(written: str) -> Reader:
    reader = Reader()
    reader.feed(written)
    reader.close()
    return reader


def test_a_text_is_marked_where_it_is_shared() -> None:
    assert write_marked("Time is <a> river", [(0, 4), (8, 17)]) == (
        '<div class="prose" dir="auto"><mark class="shared">Time</mark> is '
        '<mark class="shared">&lt;a&gt; river</mark></div>'
    )
    assert write_marked("", []) == '<div class="prose" dir="auto"></div>'


def test_each_side_of_a_difference_is_a_text_of_its_own() -> None:
    pieces = compare_words("a <b> river", "a big river")
    assert write_side(pieces, "first") == (
        '<div class="prose" dir="auto">a <mark class="only">&lt;b&gt;</mark> river</div>'
    )
    assert write_side(pieces, "second") == (
        '<div class="prose" dir="auto">a <mark class="only">big</mark> river</div>'
    )


@given(WORDS, st.lists(st.integers(0, 40), max_size=6))
@example("".join(HOSTILE), [0, 5, 9, 40])
def test_a_browser_reads_the_text_and_no_tag_but_ours(text: str, edges: list[int]) -> None:
    inside = sorted({min(edge, len(text)) for edge in edges})
    spans = list(zip(inside[::2], inside[1::2], strict=False))
    reader = read(write_marked(text, spans))
    assert reader.text == text
    assert reader.tags[0] == ("div", ("class", "prose"), ("dir", "auto"))
    assert reader.tags[-1] == ("/div",)
    marks = [("mark", ("class", "shared")), ("/mark",)] * len(spans)
    assert reader.tags[1:-1] == marks


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_on_both_sides(text: str) -> None:
    pieces = (Piece("same", text), Piece("first", text), Piece("second", text), Piece("same", text))
    for side in ("first", "second"):
        reader = read(write_side(pieces, side))
        assert reader.text == text * 3
        assert reader.marked == text
        assert len(reader.tags) == 4


def test_no_line_is_lost_on_the_way_to_the_page() -> None:
    assert "\n" not in write_marked("a\n   \n\r\nb", [(0, 3)])


def test_marks_are_said_and_shown_without_colour() -> None:
    for rule in ("text-decoration: underline", '[shared: "', '[only here: "', "dashed"):
        assert rule in STYLE


def show(texts: list[str]) -> AppTest:
    def page() -> None:
        import streamlit as st

        from frame.prose import show_difference, show_marked, style_prose
        from hivemind_core.figures.phrases import compare_words

        style_prose()
        texts = st.session_state["texts"]
        for place, text in enumerate(texts):
            show_marked(text, [(0, len(text) // 2)], str(place))
            show_difference("<b>a</b>", "**b**", compare_words(text, f"{text} more"), str(place))

    app = AppTest.from_function(page, default_timeout=90)
    app.session_state["texts"] = texts
    return app.run()


def test_pages_hold_escaped_texts_only() -> None:
    app = show(HOSTILE)
    assert not app.exception
    drawn = [element.proto.body for element in app.get("html")]
    pages = [body for body in drawn if "<style>" not in body]
    assert len(pages) == 3 * len(HOSTILE)
    for text, marked in zip(HOSTILE, pages[::3], strict=True):
        assert read(marked).text == text
        assert read(marked).marked == text[: len(text) // 2]
    for body in pages:
        assert {tag[0] for tag in read(body).tags} <= {"div", "/div", "mark", "/mark"}
    assert [element.value for element in app.text] == ["<b>a</b>", "**b**"] * len(HOSTILE)
    assert not app.markdown


def test_empty_and_endless_texts_are_drawn() -> None:
    app = show(["", "<b>" * 33_334])
    assert not app.exception
