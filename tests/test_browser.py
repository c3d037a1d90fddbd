"""The dashboard in a real browser: what only shows there."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import (
    HOSTILE,
    PAGES,
    Server,
    expect_harmless,
    expect_sound,
    expect_told,
    open_page,
    open_plain,
    open_tab,
    wait_until_idle,
    watch,
)

pytestmark = pytest.mark.browser

PLAIN = ("live", "talk")  # pages that open without a chart


@pytest.mark.parametrize("page", PAGES)
def test_a_deep_link_on_a_cold_server_opens_the_page_inside_the_frame(
    browser: Browser, corpora: Path, tab: Page, page: str
) -> None:
    cold = Server(corpora)
    try:
        open_plain(tab, cold.link(page, corpus="demo"))
        expect_sound(tab)
        expect(tab.get_by_text("Page not found")).to_have_count(0)
        assert tab.url.startswith(cold.link(page).rstrip("?"))
    finally:
        cold.stop()


def test_the_root_opens_the_overview(server: Server, tab: Page) -> None:
    open_page(tab, server.link("", corpus="demo"))
    expect_sound(tab)
    assert "/overview?" in tab.url
    expect(tab.get_by_text("repeats itself")).to_be_visible()
    expect(tab.get_by_text("Deploy")).to_have_count(0)


def test_choices_are_kept_between_pages_and_shared_by_link(server: Server, tab: Page) -> None:
    open_page(tab, server.link("atlas", corpus="demo", query="q2", map="PCA"))
    tab.get_by_test_id("stSidebarNav").get_by_text("Overview").click()
    tab.wait_for_url("**/overview**")
    wait_until_idle(tab)
    tab.get_by_test_id("stSidebarNav").get_by_text("Atlas").click()
    expect_told(tab, "heading-page", "Write a metaphor about work")
    tab.wait_for_url(lambda url: "query=q2" in url and "corpus=demo" in url)


def test_the_browsers_back_leads_from_the_atlas_to_the_overview(server: Server, tab: Page) -> None:
    open_page(tab, server.link("overview", corpus="demo"))
    tab.get_by_test_id("stSidebarNav").get_by_text("Atlas").click()
    tab.wait_for_url("**/atlas?**query=**")
    wait_until_idle(tab)
    heading = tab.locator(".st-key-heading-page").inner_text()
    tab.go_back()  # to the address that the link of the sidebar has: nothing changes
    wait_until_idle(tab)
    expect(tab.locator(".st-key-heading-page")).to_have_text(heading)
    tab.go_back()
    tab.wait_for_url("**/overview**")


def test_the_overview_leads_to_a_striking_query(server: Server, tab: Page) -> None:
    open_page(tab, server.link("overview", corpus="demo"))
    tab.get_by_text("Open it in the Atlas").click()
    tab.wait_for_url("**/atlas?**query=**")
    expect_told(tab, "heading-page", "Write a metaphor about")
    expect_sound(tab)


def test_the_table_twin_opens(server: Server, tab: Page) -> None:
    open_page(tab, server.link("overview", corpus="demo"))
    tab.get_by_text("The numbers as a table").first.click()
    expect(tab.get_by_test_id("stDataFrame")).to_be_visible()
    expect_sound(tab)


@pytest.mark.parametrize(
    ("scheme", "paper"), [("light", "rgb(253, 252, 250)"), ("dark", "rgb(23, 20, 18)")]
)
def test_the_theme_follows_the_visitor(
    server: Server, browser: Browser, scheme: str, paper: str
) -> None:
    tab = open_tab(browser, color_scheme=scheme)
    for page in PAGES:
        link = server.link(page, corpus="demo", query="q0")
        (open_plain if page in PLAIN else open_page)(tab, link)
        style = "e => getComputedStyle(e).backgroundColor"
        assert tab.locator(".stApp").evaluate(style) == paper
        if page not in PLAIN:
            assert tab.locator(".js-plotly-plot .main-svg").first.evaluate(style) == paper
    tab.context.close()


def test_hostile_text_does_nothing_on_the_overview(server: Server, tab: Page) -> None:
    heard = watch(tab)
    open_page(tab, server.link("overview", corpus=HOSTILE))
    expect_sound(tab)
    expect(tab.locator(".st-key-heading-page")).to_have_text(HOSTILE)
    expect_harmless(tab, server, heard)
