"""The Taxonomy page in a real browser: clicks, the lasso, and the search as one types."""

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import (
    HOSTILE,
    Server,
    click_point,
    expect_harmless,
    expect_sound,
    expect_told,
    open_page,
    read_address,
    wait_until_idle,
    watch,
)

pytestmark = pytest.mark.browser


def open_part(tab: Page, server: Server, part: str, corpus: str = "demo", **query: str) -> None:
    open_page(tab, server.link("taxonomy", corpus=corpus, taxonomy=part, **query))


def test_a_click_on_a_cell_lists_the_queries_of_both(server: Server, tab: Page) -> None:
    heard = watch(tab)
    open_part(tab, server, "Together")
    click_point(tab, ".st-key-chart-together", 0, 1)
    expect(tab.get_by_role("heading", name="Queries · 3")).to_be_visible()
    wait_until_idle(tab)
    address = read_address(tab)
    assert address["topic"] == "Creative Content Generation"
    assert address["also"] == "Abstract Conceptual Questions"
    expect_sound(tab)
    assert not [words for words in heard if words.startswith(("error", "dialog"))]


def test_a_lasso_lists_what_it_holds(server: Server, tab: Page) -> None:
    open_part(tab, server, "Map")
    plot = tab.locator(".js-plotly-plot")
    expect(plot.locator("canvas").first).to_be_attached()
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    left, top = box["x"] + 2, box["y"] + 40
    middle, bottom = box["x"] + box["width"] / 2, box["y"] + box["height"] - 60
    tab.mouse.move(left, top)
    tab.mouse.down()
    for x, y in ((middle, top), (middle, bottom), (left, bottom), (left, top)):
        tab.mouse.move(x, y, steps=6)
    tab.mouse.up()
    expect_told(tab, "note-queries", "Picked on the map.")
    wait_until_idle(tab)
    expect_sound(tab)


def test_queries_are_found_while_one_types(server: Server, tab: Page) -> None:
    open_part(tab, server, "Shares")
    wait_until_idle(tab)
    tab.locator(".st-key-asked input").press_sequentially("about lo", delay=20)
    expect(tab.get_by_role("heading", name="Queries · 1")).to_be_visible()
    expect_told(tab, "query-0", "Write a metaphor about love")
    expect_sound(tab)


def test_a_query_leads_to_its_answers(server: Server, tab: Page) -> None:
    open_part(tab, server, "Shares", asked="about sleep")
    wait_until_idle(tab)
    tab.get_by_role("link", name="Its answers in the Atlas").click()
    expect(tab.get_by_role("heading", name="Write a metaphor about sleep")).to_be_visible()


@pytest.mark.parametrize("part", ["Shares", "Map"])
def test_hostile_text_does_nothing(server: Server, tab: Page, part: str) -> None:
    heard = watch(tab)
    open_part(tab, server, part, HOSTILE)
    wait_until_idle(tab)
    expect_harmless(tab, server, heard)
