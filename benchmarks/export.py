"""A talk of ten views as one file: the time to write it, its size, and how fast a view follows."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.dashboard import CHROMIUM
from benchmarks.timing import measure_seconds, print_row
from hivemind_core.exhibit import Exhibit, Panel, View
from hivemind_core.export.page import write_html
from hivemind_core.figures.atlas import draw_map
from hivemind_core.figures.coloring import Paint
from hivemind_core.figures.layers import MapPoints, MapStyle
from hivemind_core.figures.palette import DARK, HUES, LIGHT, Ground, Ink

VIEWS, POINTS = 10, 1250
CHANGE = """key => new Promise(done => {
  const start = performance.now();
  window.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
  const seen = () => requestAnimationFrame(() => requestAnimationFrame(() => {
    const drawn = [...document.querySelectorAll(".view.shown .plot")].every(p => p.dataset.drawn);
    if (drawn) done(performance.now() - start);
    else seen();
  }));
  seen();
})"""


def make_views(ground: Ground) -> list[Exhibit]:
    """Return views with a map of 1,250 answers and their table each."""
    rng = np.random.default_rng(0)
    names = tuple(f"model-{i}" for i in range(25))
    inks = tuple(Ink(HUES[i % len(HUES)]) for i in range(25))
    codes = np.repeat(np.arange(25), POINTS // 25)
    views = []
    for number in range(VIEWS):
        places = rng.normal(size=(POINTS, 2)) + 5 * rng.normal(size=(12, 2))[codes % 12]
        ids = tuple(f"{number}-{i}" for i in range(POINTS))
        points = MapPoints(ids, tuple(names[i] for i in codes), codes, places)
        figure = draw_map(points, MapStyle(Paint(names, inks, codes), ground))
        table = pa.table({"id": ids, "text": ["Time is a river that carries us."] * POINTS})
        panel = Panel(figure, f"A map of {POINTS} answers.")
        view = View("atlas", {"query": str(number)}, "made-up")
        views.append(Exhibit(view, f"Query {number}", "A reading.", (panel,), {"answers": table}))
    return views


def time_changes(content: bytes) -> tuple[float, float]:
    """Return the slowest change of view, its figure drawn, in milliseconds.

    Once all is drawn; and right after the talk was opened, in one go through all views.
    """
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "talk.html"
        path.write_bytes(content)
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        tab = browser.new_page(viewport={"width": 1920, "height": 1080})
        tab.goto(path.as_uri())
        tab.locator(".view.shown .main-svg").first.wait_for()
        hasty = max(tab.evaluate(CHANGE, "PageDown") for _ in range(VIEWS - 1))
        tab.locator("html[data-ready]").wait_for(state="attached")
        settled = max(tab.evaluate(CHANGE, "PageUp") for _ in range(VIEWS - 1))
        browser.close()
    return settled, hasty


def main() -> None:
    """Print the times and the size."""
    light, dark = make_views(LIGHT), make_views(DARK)
    content = write_html(light, "A talk", dark=dark)
    seconds = measure_seconds(lambda: write_html(light, "A talk", dark=dark))
    what = f"{VIEWS} views of {POINTS:,} answers, light and dark, to one HTML file"
    print_row(what, f"{seconds:.2f} s", "< 5 s")
    print_row("  its size", f"{len(content) / 1e6:.1f} MB", "< 8 MB")
    if not Path(CHROMIUM).exists():
        print_row("  change of view", "no Chromium", "< 300 ms")
        return
    settled, hasty = time_changes(content)
    print_row("  slowest change of view", f"{settled:.0f} ms", "< 300 ms")
    print_row("  the same while the others are still being drawn", f"{hasty:.0f} ms", "< 300 ms")


if __name__ == "__main__":
    main()
