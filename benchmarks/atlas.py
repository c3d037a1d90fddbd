"""The Atlas page: what it sends, how soon a selection can be read, a category of 50,000 answers."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.corpora import CATEGORY, ENCODER, write_corpus
from benchmarks.timing import print_row

ROOT = Path(__file__).parent.parent
HIVEMIND = (sys.executable, "-m", "hivemind_core.cli")
QUERIES, SOURCES, SAMPLES, DIMENSIONS = 40, 25, 50, 64
SELECTED = 25_000
RUNS = 5


def build(folder: Path) -> None:
    """Write and build a corpus in a process of its own, so that this one stays light."""
    write_corpus(folder, QUERIES, SOURCES, SAMPLES, DIMENSIONS)
    command = [*HIVEMIND, "build", str(folder), "--encoder", ENCODER, "--jobs", "2"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)  # noqa: S603


def open_page(folder: Path, **query: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Return the Atlas page of a corpus, run once."""
    from streamlit.testing.v1 import AppTest

    os.environ["HIVEMIND_CORPUS"] = str(folder)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.switch_page("pages/atlas_page.py")
    for name, value in query.items():
        app.query_params[name] = value
    start = time.perf_counter()
    app.run()
    seconds = time.perf_counter() - start
    if app.exception or not app.get("plotly_chart"):
        raise SystemExit(f"the Atlas page did not draw its map: {app.exception}")
    return app, seconds


def time_selections(app, total: int, selected: int) -> float:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Return the median seconds from new selections to their reading pane."""
    from frame.packing import pack_rows

    seconds = []
    for seed in range(RUNS):
        rows = np.random.default_rng(seed).choice(total, selected, replace=False)
        app.session_state["pick"] = ("points", pack_rows(rows.tolist(), total))
        start = time.perf_counter()
        app.run()
        seconds.append(time.perf_counter() - start)
        if app.exception or f"{selected:,} answers" not in read(app.markdown):
            raise SystemExit(f"the selection was not shown: {app.exception}")
    return float(np.median(seconds))


def read(elements: Iterable[object]) -> str:
    """Return the words of some elements."""
    return "\n".join(str(getattr(element, "value", "")) for element in elements)


def measure_payload(app) -> tuple[float, bool]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Return the megabytes of the map, and whether a response id or text is among them."""
    spec = app.get("plotly_chart")[0].proto.spec
    data = json.loads(spec)["data"]
    return len(spec) / 1e6, any(part in json.dumps(data) for part in ("river", "000-00-"))


def main() -> None:
    """Print sizes and times."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HIVEMIND_CACHE": f"{folder}/cache", "HIVEMIND_CORPORA": f"{folder}/none"}
        corpus = Path(folder) / "many"
        build(corpus)
        app, _ = open_page(corpus)
        megabytes, tells = measure_payload(app)
        pane = time_selections(app, SOURCES * SAMPLES, 400)
        many, opened = open_page(corpus, view="Category", map_category=CATEGORY)
        large, _ = measure_payload(many)
        wide = time_selections(many, QUERIES * SOURCES * SAMPLES, SELECTED)
    print_row("map of 1,250 answers, sent to the browser", f"{megabytes:.3f} MB", "< 0.2 MB")
    print_row("  ids or words of answers in it", "YES" if tells else "none", "none")
    print_row("selection of 400 of 1,250 to its reading pane", f"{1000 * pane:.0f} ms", "< 300 ms")
    print_row(
        "selection of 25,000 of 50,000 to its reading pane", f"{1000 * wide:.0f} ms", "< 1000 ms"
    )
    print_row("category of 50,000 answers opens, page script, cold", f"{opened:.2f} s", "< 2 s")
    print_row("  sent to the browser", f"{large:.2f} MB")


if __name__ == "__main__":
    main()
