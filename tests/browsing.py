"""Two ways into the dashboard: without a browser, for what a page says, and with one."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, ViewportSize, expect
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parent.parent
HOSTILE = "<b>hostile</b> ![n](http://example.com/n.png)"
NAMES = {"demo": "demo", "empty": "empty", "hostile": HOSTILE}
PAGES = ("overview", "taxonomy", "atlas", "homogeneity", "calibration", "live", "talk")
VIEWED = tuple(page for page in PAGES if page != "talk")  # those that can be pinned
PATIENCE = 60_000  # milliseconds: a busy machine is not a fault
WINDOW: ViewportSize = {"width": 1280, "height": 900}


def start(**query: str) -> AppTest:
    """Open the root, which sends the visitor on to the overview."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90)
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
    return read_within(app)


def read_within(block: Any) -> str:
    """Return the headings and the plain text of a part of a page."""
    bodies = [element.proto.body for element in block.get("html")]
    headings = [body for body in bodies if body.startswith("<h1")]
    told = [unescape(body.partition(">")[2].removesuffix("</h1>")) for body in headings]
    return "\n".join([*told, *(element.value for element in block.text)])


def read_note(app: AppTest, key: str) -> str:
    """Return the small print of a key; empty where there is none."""
    return read_block(app, f"note-{key}")


def read_block(app: AppTest, key: str) -> str:
    """Return the plain text of a container; empty where it is not there."""
    try:
        block = app.get_by_key(key)
    except KeyError:
        return ""
    return read_within(block)


def read_chart(app: AppTest) -> list[dict[str, Any]]:
    """Return the traces of the first chart, arrays as numpy's."""
    traces: list[dict[str, Any]] = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    return [{name: _decode(value) for name, value in trace.items()} for trace in traces]


def list_specs(app: AppTest) -> list[dict[str, Any]]:
    """Return the charts of a page as Plotly gets them."""
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def list_alternatives(app: AppTest) -> list[str]:
    """Return the alternative texts of the charts of a page."""
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def list_rows(app: AppTest, *columns: str) -> list[tuple[Any, ...]]:
    """Return these columns of the first table that has them."""
    found = next(t.value for t in app.dataframe if set(columns) <= set(t.value.columns))
    return [tuple(row) for row in found[list(columns)].itertuples(index=False)]


def _decode(value: object) -> object:
    if not isinstance(value, dict) or "bdata" not in value:
        return value
    return np.frombuffer(base64.b64decode(value["bdata"]), np.dtype(value["dtype"]))


def list_drawn(app: AppTest) -> list[int]:
    """Return the rows that the map shows strong, because they are picked."""
    traces = [trace for trace in read_chart(app) if trace.get("selectedpoints")]
    return sorted(int(trace["customdata"][i]) for trace in traces for i in trace["selectedpoints"])


def walk(node: Any) -> Iterator[Any]:
    """Yield all that stands below a block, from top to bottom."""
    for child in node.children.values():
        yield child
        if hasattr(child, "children"):
            yield from walk(child)


def open_table(app: AppTest) -> AppTest:
    """Open the table below the map."""
    app.session_state["table"] = True
    return app.run()


class Prose(HTMLParser):
    """Reads HTML back: its text, what of it is marked, its tags and the names of attributes."""

    def __init__(self, body: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.marked = "", ""
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(body)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attributes}

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
        environment["HIVEMIND_DECKS"] = str(corpora.parent / "decks")
        environment["HIVEMIND_CACHE"] = str(corpora.parent / "cache")
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


def open_plain(tab: Page, link: str) -> None:
    """Open a link to a page that may have no chart, and wait until it has its heading."""
    tab.goto(link)
    tab.locator("[class*=st-key-heading]").first.wait_for()
    wait_until_idle(tab)


def wait_until_idle(tab: Page) -> None:
    tab.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def expect_sound(tab: Page) -> None:
    """Expect the frame of app.py around a page that did not fail."""
    expect(tab.locator("[data-testid=stSidebar]").get_by_text("Corpus", exact=True)).to_be_visible()
    expect(tab.locator("[data-testid=stException]")).to_have_count(0)


def expect_told(tab: Page, key: str, words: str) -> None:
    """Expect words in the block of a key.

    While a page is drawn anew, the block of the last run may stand beside the new one.
    """
    expect(tab.locator(f".st-key-{key}").filter(has_text=words).first).to_be_visible()


def find_panel(tab: Page) -> Locator:
    return tab.locator(".st-key-panel")


def read_address(tab: Page) -> dict[str, str]:
    """Return the query parameters of the address, the last of each."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(tab.url).query).items()}


def open_tab(browser: Browser, **options: Any) -> Page:
    """Open a page of a browser that has seen nothing yet; it is closed with its context."""
    return be_patient(browser.new_context(viewport=WINDOW, **options).new_page())


def be_patient(page: Page) -> Page:
    """Return a page that waits long enough for a busy machine."""
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    return page


def watch(tab: Page) -> list[str]:
    """Return a list that fills with what a page asks of the network, with dialogs and errors."""
    heard: list[str] = []
    tab.on("request", lambda request: heard.append(request.url))
    tab.on("pageerror", lambda error: heard.append(f"error: {error}"))

    def take_dialog(dialog: Dialog) -> None:
        heard.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    tab.on("dialog", take_dialog)
    return heard


def expect_harmless(tab: Page, server: Server, heard: Sequence[str]) -> None:
    """Expect that nothing a corpus holds has become a part of the page, or has run."""
    home = (f"http://127.0.0.1:{server.port}/", f"ws://127.0.0.1:{server.port}/", "data:", "blob:")
    assert [url for url in heard if not url.startswith(home)] == []
    assert heard
    assert tab.title() != "broken"
    expect(tab.locator("img, iframe, object, embed, svg a, b, u, em, h1 > *")).to_have_count(0)
    expect(tab.locator("h1")).to_have_count(1)
    links = tab.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
    assert links
    assert [link for link in links if not link.startswith(home)] == []
    scripts = tab.locator("script").evaluate_all("all => all.map(one => one.src || one.text)")
    assert [one for one in scripts if "example.com" in one or "broken" in one] == []


FIND_POINT = """([chart, wanted]) => {
    const plot = document.querySelector(`${chart} .js-plotly-plot`);
    const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect();
    for (const {customdata, x, y} of plot._fullData) {
        const n = (customdata ?? []).findIndex(one => wanted.every((id, i) => one?.[i] === id));
        if (n >= 0) return {
            x: box.x + xaxis._offset + xaxis.l2p(x[n]), y: box.y + yaxis._offset + yaxis.l2p(y[n])};
    }
}"""


def click_point(tab: Page, chart: str, *wanted: int) -> None:
    """Click the point of a chart, by its selector, whose custom data begin with these numbers."""
    tab.locator(f"{chart} .js-plotly-plot").scroll_into_view_if_needed()
    place = tab.evaluate(FIND_POINT, [chart, list(wanted)])
    tab.mouse.move(place["x"] - 3, place["y"])
    tab.mouse.click(place["x"], place["y"])
