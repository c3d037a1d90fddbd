"""Untrusted text with marks in it, and two texts side by side.

A text is escaped, every character of it, before it goes into the page, and no tag but `mark`
stands around a part of it: nothing in a text can become a tag, an image or a link. White space
stays as it is; only null characters and carriage returns do not survive a browser.

Marks are tinted and underlined. Screen readers say them, in words that are neither copied nor
found by a search in the page, because only the style sheet holds them.
"""

import html
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import streamlit as st

from hivemind_core.figures.palette import BLUE, ORANGE
from hivemind_core.figures.phrases import SIDES, Piece, Side, Span

STYLE = f"""
<style>
.prose {{
  white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; line-height: 1.5;
}}
.prose mark {{
  color: inherit; padding: 0; text-decoration: underline; text-decoration-thickness: 2px;
  text-underline-offset: 3px; text-decoration-skip-ink: none;
}}
.prose mark.shared {{
  background: color-mix(in srgb, {ORANGE} 22%, transparent);
  text-decoration-color: color-mix(in srgb, {ORANGE} 50%, currentColor);
}}
.prose mark.only {{
  background: color-mix(in srgb, {BLUE} 22%, transparent);
  text-decoration-color: color-mix(in srgb, {BLUE} 50%, currentColor);
  text-decoration-style: dashed;
}}
.prose mark::before, .prose mark::after {{
  clip-path: inset(100%); height: 1px; width: 1px; overflow: hidden; position: absolute;
  white-space: nowrap;
}}
.prose mark.shared::before {{content: " [shared: ";}}
.prose mark.only::before {{content: " [only here: ";}}
.prose mark::after {{content: "] ";}}
</style>
"""
LINE_ENDS = str.maketrans({"\n": "&#10;", "\r": "&#13;"})


def style_prose() -> None:
    """Put the style sheet of marked texts into the page; once a run, before the first of them."""
    st.html(STYLE)


def show_marked(text: str, spans: Iterable[Span], key: str) -> None:
    """Show untrusted text with the phrases marked that it shares with others.

    Parameters
    ----------
    text : str
    spans : iterable of (int, int)
        What to mark, in characters: in order and apart from each other.
    key : str
        Of the container, unique in the page.
    """
    with st.container(key=f"prose-{key}"):
        st.html(write_marked(text, spans))


def show_difference(first: str, second: str, pieces: Sequence[Piece], key: str) -> None:
    """Show two untrusted texts side by side, with what only one of them says marked.

    Parameters
    ----------
    first, second : str
        What stands above each: who wrote it; untrusted too.
    pieces : sequence of Piece
        Of `compare_words`.
    key : str
        Of the containers, unique in the page.
    """
    columns = st.columns(2, gap="medium")
    for column, name, side in zip(columns, (first, second), SIDES, strict=True):
        with column, st.container(key=f"prose-{side}-{key}", gap="xsmall"):
            st.text(name, width="stretch")
            st.html(write_side(pieces, side))


def write_marked(text: str, spans: Iterable[Span]) -> str:
    """Return a text as HTML, with some of its characters marked as shared."""
    return _write(_cut(text, spans), "shared")


def write_side(pieces: Iterable[Piece], side: Side) -> str:
    """Return one of two compared texts as HTML, with what only it says marked."""
    return _write(((p.text, p.kind == side) for p in pieces if p.kind in ("same", side)), "only")


def _cut(text: str, spans: Iterable[Span]) -> Iterator[tuple[str, bool]]:
    """Return the pieces of a text in order, and whether each is to be marked."""
    done = 0
    for start, stop in spans:
        yield text[done:start], False
        yield text[start:stop], True
        done = stop
    yield text[done:], False


def _write(pieces: Iterable[tuple[str, bool]], mark: Literal["shared", "only"]) -> str:
    written = (
        f'<mark class="{mark}">{_escape(piece)}</mark>' if is_marked else _escape(piece)
        for piece, is_marked in pieces
    )
    return f'<div class="prose" dir="auto">{"".join(written)}</div>'


def _escape(text: str) -> str:
    """Return a text that a browser shows as it is; line ends are escaped, so that none is lost."""
    return html.escape(text).translate(LINE_ENDS)
