"""The dashboard: the page script of a query of 1,250 responses, and the first chart."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.corpora import ENCODER, write_corpus
from benchmarks.timing import measure_seconds, print_row

ROOT = Path(__file__).parent.parent
HEAVY = re.compile(r"libtorch|numba|llvmlite|sklearn|hdbscan")
CHROMIUM = "/usr/bin/chromium"
PORT = 8765
HIVEMIND = (sys.executable, "-m", "hivemind_core.cli")


def build(folder: Path) -> None:
    """Write and build a corpus in a process of its own, so that this one stays light."""
    write_corpus(folder, 3, 25, 50, 384)
    command = [*HIVEMIND, "build", str(folder), "--encoder", ENCODER]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)  # noqa: S603


def time_script(folder: Path) -> float:
    """Return the seconds of a warm script run of the Atlas page."""
    from streamlit.testing.v1 import AppTest

    os.environ["HIVEMIND_CORPUS"] = str(folder)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/atlas_page.py").run()
    if app.exception or not app.get("plotly_chart"):
        raise SystemExit(f"the Atlas page did not draw its map: {app.exception}")
    return measure_seconds(app.run, runs=7)


def time_first_chart(folder: Path) -> tuple[float, list[str]] | None:
    """Return the seconds from start to a drawn chart, and heavy libraries loaded by then."""
    if not Path(CHROMIUM).exists():
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page()
        command = [*HIVEMIND, "app", str(folder), "--port", str(PORT)]
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as app:  # noqa: S603
            try:
                wait_until_ready(f"http://127.0.0.1:{PORT}/_stcore/health")
                page.goto(f"http://127.0.0.1:{PORT}/")
                page.wait_for_selector(".js-plotly-plot .main-svg", timeout=60_000)
                seconds = time.perf_counter() - start
                maps = Path(f"/proc/{app.pid}/maps").read_text(encoding="utf-8")
            finally:
                app.terminate()
        browser.close()
    return seconds, sorted(set(HEAVY.findall(maps)))


def wait_until_ready(url: str) -> None:
    """Return as soon as somebody answers."""
    for _ in range(600):
        try:
            urlopen(url, timeout=5).close()  # noqa: S310 - loopback
        except URLError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit(f"nobody answers at {url}")


def main() -> None:
    """Print the times."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HIVEMIND_CACHE": f"{folder}/cache", "HIVEMIND_CORPORA": f"{folder}/none"}
        corpus = Path(folder) / "thousand"
        build(corpus)
        first = time_first_chart(corpus)
        print_row(
            "query view of 1,250 responses, page script, warm",
            f"{1000 * time_script(corpus):.0f} ms",
            "< 300 ms",
        )
    if first is None:
        print_row("start to first chart", "no Chromium", "< 4 s")
        return
    seconds, heavy = first
    print_row("start to first chart, in a browser", f"{seconds:.1f} s", "< 4 s")
    print_row("  heavy libraries loaded by then", ", ".join(heavy) or "none", "none")


if __name__ == "__main__":
    main()
