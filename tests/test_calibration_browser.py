"""The Calibration page in a real browser: what only shows there."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import (
    HOSTILE,
    Server,
    click_point,
    expect_harmless,
    expect_sound,
    expect_told,
    open_page,
    open_tab,
    read_address,
    wait_until_idle,
    watch,
)
from tests.dashboard_corpus import HOSTILE_SCORER

pytestmark = pytest.mark.browser

SCORERS, ONE, VOTES, ITEMS = "All scorers", "One scorer", "Votes", "Items"
FIND_SLICE = """place => {
    const plot = document.querySelector("[class*=st-key-chart-curve] .js-plotly-plot");
    const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect();
    const {customdata, x, y} = plot._fullData.at(-1), n = customdata.indexOf(place);
    return {x: box.x + xaxis._offset + xaxis.l2p(x[n]), y: box.y + yaxis._offset + yaxis.l2p(y[n])};
}"""


def open_question(tab: Page, server: Server, part: str, **query: str) -> None:
    link = {"corpus": "demo", "criterion": "quality", "calibration": part, **query}
    open_page(tab, server.link("calibration", **link))


def test_a_click_on_a_point_opens_its_item_and_another_after_it(server: Server, tab: Page) -> None:
    heard = watch(tab)
    open_question(tab, server, ONE, scorer="praise")
    opened = tab.locator(".st-key-item-open")
    expect(opened).to_be_visible()
    told = [opened.inner_text()]
    for item in (3, 77, 120):
        click_point(tab, ".st-key-scatter", item)
        expect(opened.locator(".js-plotly-plot")).to_be_visible()
        expect(tab).to_have_url(re.compile(rf"[?&]item={item}(&|$)"))
        expect(opened).not_to_have_text(told[-1], use_inner_text=True)
        wait_until_idle(tab)
        told.append(opened.inner_text())
    expect_sound(tab)
    assert not [words for words in heard if words.startswith(("error", "dialog"))]
    other = tab.context.new_page()
    open_page(other, tab.url)
    expect(other.locator(".st-key-item-open")).to_have_text(told[-1], use_inner_text=True)
    other.close()


def test_a_click_in_the_list_opens_its_item(server: Server, tab: Page) -> None:
    open_question(tab, server, ITEMS)
    opened = tab.locator(".st-key-item-open .prose")
    seen = [opened.inner_text()]
    box = tab.get_by_test_id("stDataFrameResizable").bounding_box()
    assert box is not None
    for row in (1, 4):
        tab.mouse.click(box["x"] + 18, box["y"] + 36 * (row + 1) + 17)
        expect(opened).not_to_have_text(seen[-1])
        wait_until_idle(tab)
        seen.append(opened.inner_text())
        assert read_address(tab)["item"].isdecimal()
    expect_sound(tab)


@pytest.mark.parametrize("part", [SCORERS, ONE, VOTES, ITEMS])
def test_a_hostile_corpus_stays_harmless(server: Server, tab: Page, part: str) -> None:
    heard = watch(tab)
    judged = {"annotation": "pairwise"} if part == VOTES else {"criterion": HOSTILE_SCORER[1]}
    for query in (judged, {"item": "2"}, {"judgements": "Simulated", "item": "2"}):
        link = {"corpus": HOSTILE, "calibration": part, **query}
        tab.goto(server.link("calibration", **link))
        tab.locator("[class*='st-key-note-panel']").wait_for()
        wait_until_idle(tab)
        expect_sound(tab)
        expect_harmless(tab, server, heard)


@pytest.mark.parametrize(
    ("scheme", "paper"), [("light", "rgb(253, 252, 250)"), ("dark", "rgb(23, 20, 18)")]
)
def test_every_question_is_drawn_by_day_and_by_night(
    server: Server, browser: Browser, scheme: str, paper: str
) -> None:
    tab = open_tab(browser, color_scheme=scheme)
    heard = watch(tab)
    links: list[tuple[str, dict[str, str]]] = [(part, {}) for part in (SCORERS, ONE, ITEMS)]
    links += [(VOTES, {"annotation": "pairwise"}), (SCORERS, {"judgements": "Published"})]
    links += [(ONE, {"judgements": "Simulated", "item": "5"})]
    for part, query in links:
        open_question(tab, server, part, **query)
        grounds = tab.locator(".js-plotly-plot .main-svg:first-child").evaluate_all(
            "all => all.map(one => getComputedStyle(one).backgroundColor)"
        )
        assert set(grounds) == {paper}
        expect_sound(tab)
    assert not [words for words in heard if words.startswith(("error", "dialog"))]
    tab.context.close()


def test_a_click_on_a_slice_lists_its_items_and_another_after_it(server: Server, tab: Page) -> None:
    heard = watch(tab)
    open_question(tab, server, ONE, scorer="praise")
    for place in (0, 2, 1):
        where = tab.evaluate(FIND_SLICE, place)
        tab.mouse.move(where["x"] - 3, where["y"])
        tab.mouse.click(where["x"], where["y"])
        title = tab.get_by_role("heading", name=f"Items of Bin {place + 1} of 4")
        expect(title).to_be_visible()
        wait_until_idle(tab)
        assert read_address(tab)["slice"].startswith(f"Bin {place + 1} of 4")
        expect_told(tab, "note-slice", f"Bin {place + 1} of 4")
    expect_sound(tab)
    assert not [words for words in heard if words.startswith(("error", "dialog"))]
