"""Light and dark, and untrusted text that is shown as it is.

Text that comes from a corpus is only ever written with `st.text`, never as markdown; where it
goes into HTML (headings, the bar below, and `frame/prose.py`) every character of it is escaped.
"""

from collections.abc import Sequence
from html import escape

import streamlit as st

from frame.exhibits import take_finding, take_heading, take_lead
from hivemind_core.figures.numbers import isolate_words
from hivemind_core.figures.palette import Ground, choose_ground

LONG_HEADING = 70
STYLE = """
<style>
.stMainBlockContainer {padding-top: 4rem; padding-bottom: 2rem; max-width: 1640px;}
[data-testid="stText"] {
  white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; font-family: inherit;
}
[class*="st-key-heading"] h1 {
  font-size: 1.75rem; font-weight: 650; line-height: 1.25; letter-spacing: -0.01em;
  margin: 0; padding: 0; white-space: pre-wrap; overflow-wrap: anywhere;
}
[class*="st-key-heading-long"] h1 {
  font-size: 1.2rem; max-height: 6.2rem; overflow-y: auto;
}
[data-testid="stSidebarHeader"] {height: 2.4rem; margin-bottom: 0;}
[data-testid="stMultiSelect"] [data-tag] {
  background: color-mix(in srgb, currentColor 12%, transparent); color: inherit;
}
[data-testid="stMain"] .stPageLink a p {text-decoration: underline; text-underline-offset: 3px;}
[class*="st-key-finding"] [data-testid="stText"] {font-size: 1.1rem; line-height: 1.45;}
.st-key-panel [data-testid="stText"] {line-height: 1.5; font-size: 0.95rem;}
[class*="st-key-note"] [data-testid="stText"],
.st-key-panel [class*="st-key-note"] [data-testid="stText"] {
  font-size: 0.86rem; opacity: 0.72; line-height: 1.45;
}
[class*="st-key-open"] button {min-height: 0; padding: 0; justify-content: start;}
[class*="st-key-open"] button p {font-weight: 600; text-align: start;}
[class*="st-key-slide-title"] [data-testid="stText"] {font-weight: 600; font-size: 1.02rem;}
[class*="st-key-actions"] button, .st-key-picked button, .st-key-first button {
  min-height: 0; padding: 0;
}
[class*="st-key-actions"] button p {font-size: 0.8rem;}
[class*="st-key-at_"] {margin-bottom: -0.9rem;}
@media (max-width: 1250px) {
  [class*="st-key-split"] > div > [data-testid="stHorizontalBlock"],
  [class*="st-key-split"] > [data-testid="stHorizontalBlock"] {flex-wrap: wrap;}
  [class*="st-key-split"] > div > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"],
  [class*="st-key-split"] > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] {
    min-width: 100%;
  }
}
.st-key-neighbours {flex: 0 0 auto;}
.st-key-neighbours button {min-height: 0; padding: 0; opacity: 0.8;}
.stVerticalBlock.st-key-chart {flex: 0 0 auto; height: calc(100vh - 24.4rem); min-height: 22rem;}
.st-key-chart > div, .st-key-chart > div > div {height: 100%;}
.stVerticalBlock[class*="st-key-scroll"] {
  flex: 0 0 auto; height: calc(100vh - 25rem); min-height: 24rem; overflow-y: auto;
  flex-wrap: nowrap;
}
.st-key-live-stage [data-stale="true"] {opacity: 1 !important;}
[class*="st-key-medoid"] [data-testid="stText"] > span {
  display: -webkit-box; -webkit-line-clamp: 4; -webkit-box-orient: vertical; overflow: hidden;
}
</style>
"""
EMBEDDED = """
<style>
.stMainBlockContainer {padding: 0.4rem 0.2rem 0;}
.stMain .stVerticalBlock {gap: 0.45rem;}
[class*="st-key-heading"] h1 {font-size: 1.35rem;}
[data-testid="stHeader"], [data-testid="stSidebar"] {display: none;}
</style>
"""


def apply_style() -> None:
    """Put the style sheet into the page; within a slide it begins at the top."""
    st.html(STYLE)
    if st.context.is_embedded:
        st.html(EMBEDDED)


def find_ground() -> Ground:
    """Return the colours of the theme that the visitor sees."""
    return choose_ground(dark=st.context.theme.type == "dark")


def write_heading(text: str, key: str = "page") -> None:
    """Write untrusted text as the heading of a page; a long one is set smaller."""
    take_heading(text)
    size = "heading" if len(text) <= LONG_HEADING else "heading-long"
    with st.container(key=f"{size}-{key}"):
        st.html(f'<h1 dir="auto">{escape(text)}</h1>')


def write_finding(text: str, key: str = "page") -> None:
    """Write the one-sentence reading above a figure; it may hold names from a corpus."""
    take_finding(text)
    _write(isolate_words(text), f"finding-{key}")


def write_lead(text: str, key: str) -> None:
    """Write a finding that is what the whole view says, whatever stands above it on the page."""
    take_lead(text)
    _write(isolate_words(text), f"finding-{key}")


def write_note(text: str, key: str) -> None:
    """Write small print that may hold text from a corpus."""
    if text:
        _write(isolate_words(text), f"note-{key}")


def _write(text: str, key: str) -> None:
    with st.container(key=key):
        st.text(text, width="stretch")


def draw_shares(shares: Sequence[tuple[str, str, int]]) -> None:
    """Draw a thin stacked bar of (colour, untrusted name, count); its words are its label."""
    parts = "".join(f'<div style="flex:{n:d};background:{color}"></div>' for color, _, n in shares)
    words = escape(", ".join(f"{name} {n:,}" for _, name, n in shares))
    st.html(
        f'<div role="img" aria-label="{words}" title="{words}" style="display:flex;gap:1px;'
        f'height:6px;border-radius:3px;overflow:hidden;width:100%">{parts}</div>'
    )
