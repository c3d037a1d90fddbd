"""Names that would turn the direction of what follows: on a page, on a slide, in a report."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from hivemind_core.corpus.identity import name_sources
from hivemind_core.exhibit import Exhibit
from hivemind_core.export.page import write_html
from hivemind_core.report.markup import Pages, write_pages
from hivemind_core.report.parts import Points, Section, Words

OVERRIDE = "\u202emodel"
SENTENCE = f"{OVERRIDE} repeats itself: .32"
TOLD = "\ufffdmodel repeats itself: .32"
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def _show() -> None:
    import plotly.graph_objects as go
    import streamlit as st

    from frame.exhibits import close_record, make_exhibit, open_record, take_figure, take_scope
    from frame.theme import write_finding, write_note

    sentence = "\u202emodel repeats itself: .32"
    open_record()
    write_finding(sentence)
    take_figure(go.Figure(), sentence, sentence)
    take_scope(sentence)
    write_note(sentence, "scope")
    record = close_record()
    assert record is not None
    st.session_state["exhibit"] = make_exhibit(record)


@pytest.fixture(scope="module")
def page() -> AppTest:
    return AppTest.from_function(_show, default_timeout=90).run()


def test_on_a_page(page: AppTest) -> None:
    assert not page.exception
    assert [each.value for each in page.text] == [TOLD, TOLD]


def test_on_a_slide(page: AppTest) -> None:
    exhibit: Exhibit = page.session_state["exhibit"]
    (panel,) = exhibit.panels
    assert {exhibit.reading, exhibit.basis, panel.words, panel.reading} == {TOLD}
    written = write_html([exhibit], "A talk").decode()
    assert not DIRECTIONS.search(written[written.index("<section") : written.index("<script>")])


def test_in_a_report() -> None:
    parts = (Words(SENTENCE, "finding"), Points(((SENTENCE, ""),)))
    pages = Pages("title", "name", "about", "", (Section("a", "A", parts),), "{}")
    written = write_pages(pages).decode()
    body = written[written.index("<main>") : written.index("</main>")]
    assert body.count(TOLD) == 2
    assert not DIRECTIONS.search(body)


def test_a_command_in_a_report_is_copied_as_it_is() -> None:
    command = f"hivemind report '{OVERRIDE}'"
    pages = Pages("t", "n", "a", "", (Section("a", "A", (Words(command, "code"),)),), "{}")
    assert OVERRIDE in write_pages(pages).decode()


def test_what_is_kept_is_the_name_itself() -> None:
    assert name_sources([(OVERRIDE, None)])[0].name == OVERRIDE
