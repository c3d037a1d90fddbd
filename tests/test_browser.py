"""The dashboard in a real browser: what only shows there."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import dashboard_corpus

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent
CHROMIUM = Path("/usr/bin/chromium")
HOSTILE = "<b>hostile</b> ![n](http://example.com/n.png)"
PAGES = ("overview", "atlas")
PATIENCE = 20_000


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    dashboard_corpus.write_all(folder)
    return folder


class Server:
    """A dashboard of its own, on a free port."""

    def __init__(self, corpora: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = os.environ | {"HIVEMIND_CORPORA": str(corpora), "HIVEMIND_CORPUS": ""}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self) -> None:
        for _ in range(120):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health"):
                    return
            except OSError:
                time.sleep(0.25)
        self.stop()
        pytest.fail("the dashboard did not start within 30 s")

    def link(self, page: str, **query: str) -> str:
        return f"http://127.0.0.1:{self.port}/{page}?{urlencode(query)}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("HIVEMIND_BROWSER") == "required":
            pytest.fail(f"HIVEMIND_BROWSER=required, and there is no {CHROMIUM}")
        pytest.skip(f"there is no {CHROMIUM}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def server(browser: Browser, corpora: Path) -> Iterator[Server]:
    running = Server(corpora)
    yield running
    running.stop()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield page
    page.close()


def open_page(tab: Page, link: str) -> None:
    """Open a link and wait until the page has drawn its chart."""
    tab.goto(link)
    tab.locator(".js-plotly-plot").first.wait_for()
    wait_until_idle(tab)


def wait_until_idle(tab: Page) -> None:
    tab.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def expect_sound(tab: Page) -> None:
    """Expect the frame of app.py around a page that did not fail."""
    expect(tab.locator("[data-testid=stSidebar]").get_by_text("Corpus", exact=True)).to_be_visible()
    expect(tab.locator("[data-testid=stException]")).to_have_count(0)


def panel(tab: Page) -> str:
    return tab.locator(".st-key-panel").inner_text()


@pytest.mark.parametrize("page", PAGES)
def test_a_deep_link_on_a_cold_server_opens_the_page_inside_the_frame(
    browser: Browser, corpora: Path, tab: Page, page: str
) -> None:
    cold = Server(corpora)
    try:
        open_page(tab, cold.link(page, corpus="demo"))
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


def test_clicking_a_cluster_shows_its_answers_and_its_link_opens_them_again(
    server: Server, tab: Page, browser: Browser
) -> None:
    open_page(tab, server.link("atlas", corpus="demo", query="q1"))
    tab.get_by_role("button", name="of 3 models").first.click()
    expect(tab.locator(".st-key-panel")).to_contain_text("Cluster ")
    wait_until_idle(tab)
    assert "cluster=" in tab.url
    expect_sound(tab)
    shown, link = panel(tab), tab.url
    other = browser.new_page()
    open_page(other, link)
    expect(other.locator(".st-key-panel")).to_contain_text("gpt-4o · ", timeout=PATIENCE)
    assert panel(other) == shown
    other.close()


def test_clicking_a_point_shows_its_answer(server: Server, tab: Page) -> None:
    open_page(tab, server.link("atlas", corpus="demo", query="q0"))
    box = tab.locator(".js-plotly-plot .scatterlayer .point").first.bounding_box()
    assert box is not None
    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(tab.locator(".st-key-panel")).to_contain_text("Your selection: 1 answer · 1 model")
    expect(tab.locator(".st-key-answer-0-0")).to_contain_text("It is ")
    wait_until_idle(tab)
    expect_sound(tab)


def drag_over_the_map(tab: Page) -> None:
    """Draw a lasso around the whole map."""
    tab.locator(".js-plotly-plot .modebar-btn[data-title='Lasso Select']").click()
    box = tab.locator(".js-plotly-plot .nsewdrag").bounding_box()
    assert box is not None
    corners = [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.02)]
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    tab.mouse.move(*places[0])
    tab.mouse.down()
    for place in places[1:]:
        tab.mouse.move(*place, steps=4)
    tab.mouse.up()


def test_a_lasso_shows_its_answers_and_survives_recolouring(server: Server, tab: Page) -> None:
    open_page(tab, server.link("atlas", corpus="demo", query="q0"))
    drag_over_the_map(tab)
    expect(tab.locator(".st-key-panel")).to_contain_text("Your selection: 48 answers · 3 models")
    tab.get_by_test_id("stSidebar").get_by_text("Cluster", exact=True).click()
    tab.wait_for_url("**colour=Cluster**")
    wait_until_idle(tab)
    expect(tab.locator(".st-key-panel")).to_contain_text("Your selection: 48 answers · 3 models")
    tab.get_by_role("button", name="All clusters").click()
    expect(tab.locator(".st-key-panel")).to_contain_text("of 3 models")
    expect_sound(tab)


def test_a_query_is_found_by_typing(server: Server, tab: Page) -> None:
    open_page(tab, server.link("atlas", corpus="demo", query="q0"))
    box = tab.get_by_test_id("stSidebar").get_by_role("combobox").last
    box.click()
    box.press_sequentially("the sea")
    box.press("Enter")
    expect(tab.locator(".st-key-heading-page")).to_contain_text("Write a metaphor about the sea")
    tab.wait_for_url("**query=q5**")


def test_choices_are_kept_between_pages_and_shared_by_link(server: Server, tab: Page) -> None:
    open_page(tab, server.link("atlas", corpus="demo", query="q2", map="PCA"))
    tab.get_by_test_id("stSidebarNav").get_by_text("Overview").click()
    tab.wait_for_url("**/overview**")
    wait_until_idle(tab)
    tab.get_by_test_id("stSidebarNav").get_by_text("Atlas").click()
    expect(tab.locator(".st-key-heading-page")).to_contain_text("Write a metaphor about work")
    assert "query=q2" in tab.url
    assert "corpus=demo" in tab.url


def test_the_overview_leads_to_a_striking_query(server: Server, tab: Page) -> None:
    open_page(tab, server.link("overview", corpus="demo"))
    tab.get_by_text("Open it in the Atlas").click()
    tab.wait_for_url("**/atlas?**query=**")
    expect(tab.locator(".st-key-heading-page")).to_contain_text("Write a metaphor about")
    expect_sound(tab)


def test_the_table_twin_opens(server: Server, tab: Page) -> None:
    open_page(tab, server.link("overview", corpus="demo"))
    tab.get_by_text("The numbers as a table").first.click()
    expect(tab.get_by_test_id("stDataFrame")).to_be_visible()
    expect_sound(tab)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_visitor(server: Server, browser: Browser, scheme: str) -> None:
    tab = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    open_page(tab, server.link("atlas", corpus="demo", query="q0"))
    paper = tab.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert paper == {"light": "rgb(253, 252, 250)", "dark": "rgb(23, 20, 18)"}[scheme]
    tab.close()


@pytest.mark.parametrize("query", ["markup", "one", "same", "none"])
def test_hostile_text_does_nothing(server: Server, tab: Page, query: str) -> None:
    asked: list[str] = []
    dialogs: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    tab.goto(server.link("atlas", corpus=HOSTILE, query=query))
    tab.locator(".st-key-heading-page").wait_for()
    wait_until_idle(tab)
    if query == "markup":
        for _ in range(3):
            tab.get_by_role("button", name="of 3 models").nth(_).click()
            expect(tab.locator(".st-key-panel")).to_contain_text("Cluster ")
            wait_until_idle(tab)
            tab.get_by_role("button", name="All clusters").click()
            expect(tab.get_by_role("button", name="All clusters")).to_have_count(0)
    tab.goto(server.link("overview", corpus=HOSTILE))
    tab.locator(".js-plotly-plot").first.wait_for()
    wait_until_idle(tab)
    expect_sound(tab)
    strangers = [
        url
        for url in asked
        if not url.startswith((f"http://127.0.0.1:{server.port}", "data:", "blob:"))
    ]
    assert strangers == []
    assert dialogs == []
    assert tab.title() != "broken"
