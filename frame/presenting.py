"""Present a deck: drawn in the background, then opened in a tab that needs no server any more."""

from urllib.parse import urlsplit

import streamlit as st

from frame.making import Making, follow, plan_file
from frame.theme import write_note
from hivemind_core.deck import Deck
from hivemind_core.export.live import LIVE

# The page that is presented lies in the memory of the browser: the tab loads nothing. Its address
# is kept as long as this tab of the dashboard, so that a reload finds it again. Streamlit sends it
# once, and from then on its hash; as bytes, no run of the page writes it anew as JSON.
OPEN = """
export default ({parentElement, data, key}) => {
  const kept = window.hivemindTalks = window.hivemindTalks || new Map();
  if (!kept.has(key)) {
    kept.set(key, URL.createObjectURL(new Blob([data], {type: "text/html"})));
  }
  const link = parentElement.querySelector("a");
  link.href = kept.get(key);
};
"""
STYLE = """
a {
  display: inline-block; padding: 0.45rem 1.1rem; border-radius: 6px; font-weight: 600;
  text-decoration: none; color: var(--st-background-color); background: var(--st-primary-color);
  font-family: var(--st-font);
}
a:focus-visible { outline: 2px solid var(--st-text-color); outline-offset: 2px; }
"""
OPENER = st.components.v2.component(
    "hivemind_talk", html='<a target="_blank">Present</a>', css=STYLE, js=OPEN
)
KEYS = (
    "In its tab: f full screen, → and ← or Page Down and Page Up or a clicker, s speaker notes in "
    "a second window, d dark or light, b blank, o contents, ? all keys."
)


def show_presenting(deck: Deck) -> Making:
    """Show how the talk is presented, and return the file that is."""
    st.subheader("Present", anchor=False)
    write_note(
        "Every view is drawn before, light and dark. Once the talk is open it needs neither "
        "network nor this server; only live views run here.",
        "talk-how",
    )
    live = find_address() if any(slide.view.page == LIVE for slide in deck.slides) else ""
    making = plan_file("talk-present", deck, "html", live)
    follow(making, "Draw all views", _show_opener)
    return making


def find_address() -> str:
    """Return where the visitor sees this dashboard; empty where that is not known."""
    parts = urlsplit(st.context.url or "")
    if not parts.netloc:
        return ""
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').rpartition('/')[0]}"


def _show_opener(making: Making) -> None:
    OPENER(key=f"talk-open-{making.folder.name}", data=making.file.read_bytes())
    write_note(KEYS, "talk-keys")
