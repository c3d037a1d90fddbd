"""Two ways into the dashboard: without a browser, for what a page says, and with one."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parent.parent
HOSTILE = "<b>hostile</b> ![n](http://example.com/n.png)"
NAMES = {"demo": "demo", "empty": "empty", "hostile": HOSTILE}
PAGES = ("overview", "atlas")
PATIENCE = 20_000


def start(**query: str) -> AppTest:
    """Open the root, which sends the visitor on to the overview."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    app.query_params.update(query)
    return app.run()


def visit(page: str, corpus: str = "demo", **query: str | Sequence[str]) -> AppTest:
    """Open a page by a link."""
    app = start(corpus=corpus)
    if page != "overview":
        app.switch_page(f"pages/{page}_page.py")
    app.query_params.update({"corpus": corpus, **query})
    return app.run()


def ask(app: AppTest, name: str) -> str | None:
    """Return a query parameter of the address; None where it has none."""
    value = app.query_params.get(name)
    return value if value is None or isinstance(value, str) else value[-1]


def read(app: AppTest) -> str:
    """Return all the plain text of a page."""
    return "\n".join(element.value for element in app.text)


def read_note(app: AppTest, key: str) -> str:
    """Return the small print of a key; empty where there is none."""
    return read_block(app, f"note-{key}")


def read_block(app: AppTest, key: str) -> str:
    """Return the plain text of a container; empty where it is not there."""
    try:
        block = app.get_by_key(key)
    except KeyError:
        return ""
    return "\n".join(element.value for element in block.text)


def read_chart(app: AppTest) -> dict[str, Any]:
    """Return the figure of the first chart."""
    spec: dict[str, Any] = json.loads(app.get("plotly_chart")[0].proto.spec)
    return spec


def walk(node: Any) -> Iterator[Any]:
    """Yield all that stands below a block, from top to bottom."""
    for child in node.children.values():
        yield child
        if hasattr(child, "children"):
            yield from walk(child)


def open_table(app: AppTest) -> AppTest:
    """Open the table below the map."""
    app.session_state["table-map"] = True
    return app.run()


class Prose(HTMLParser):
    """Reads marked text back: the text, what of it is marked, and the tags around it."""

    def __init__(self, body: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.marked = "", ""
        self.tags: list[str] = []
        self.feed(body)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data
        self.marked += data * (self.tags[-1] == "mark")


def list_prose(app: AppTest) -> list[Prose]:
    """Return the answers in full, from top to bottom."""
    bodies = [element.proto.body for element in app.get("html")]
    return [Prose(body) for body in bodies if body.startswith('<div class="prose"')]


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

    def link(self, page: str, **query: str | Sequence[str]) -> str:
        return f"http://127.0.0.1:{self.port}/{page}?{urlencode(query, doseq=True)}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


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


def find_panel(tab: Page) -> Locator:
    return tab.locator(".st-key-panel")


def read_address(tab: Page) -> dict[str, str]:
    """Return the query parameters of the address, the last of each."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(tab.url).query).items()}


def open_tab(browser: Browser, **options: Any) -> Page:
    """Open a page of a browser that has seen nothing yet; it is closed with its context."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    return page
