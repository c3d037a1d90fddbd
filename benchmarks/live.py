"""A live session: placing answers on a map, and the page script while they stream in."""

import os
import tempfile
import threading
from pathlib import Path

import numpy as np

from benchmarks.timing import make_answers, measure_seconds, print_row

ROOT = Path(__file__).parent.parent
ANSWERS = 60
SOURCES, SAMPLES = 6, 25


class HeldFeed:
    """Gives most of the answers, begins the others, and waits."""

    def run(self, listener: object, stop: threading.Event) -> None:
        """Land four of five answers, leave the rest on their way."""
        from hivemind_core.corpus.recording import Landed

        for sample in range(SAMPLES):
            for source in range(SOURCES):
                text = f"Time is a river, source {source} says, in wording {sample % 7}."
                if sample % 5:
                    listener.land(Landed(0.0, source, sample, text))  # type: ignore[attr-defined]
                else:
                    listener.hear(source, sample, text)  # type: ignore[attr-defined]
        stop.wait()


def time_tick(folder: str) -> float:
    """Return the seconds of a script run of the Live page while answers come."""
    from streamlit.testing.v1 import AppTest

    from frame.arrivals import make_reader
    from frame.stage import open_stage
    from hivemind_core.corpus.identity import name_sources
    from hivemind_core.corpus.recording import Asked
    from hivemind_core.live.session import Session

    os.environ |= {
        "HIVEMIND_CACHE": f"{folder}/cache",
        "HIVEMIND_CORPORA": f"{folder}/none",
        "HIVEMIND_WARM_UP": "off",
    }
    sources = name_sources((f"model-{i}", None) for i in range(SOURCES))
    asked = Asked("q", "What is time?", sources, SAMPLES)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.session_state["visitor"] = "benchmark"
    session = Session(asked, HeldFeed(), make_reader(asked, None))
    open_stage().put("benchmark", session)
    placed = SOURCES * (SAMPLES - SAMPLES // 5)
    while (reading := session.scene.reading) is None or len(reading.answers) < placed:
        threading.Event().wait(0.05)
    app.switch_page("pages/live_page.py").run()
    if app.exception or not app.get("plotly_chart"):
        raise SystemExit(f"the Live page did not draw its map: {app.exception}")
    seconds = measure_seconds(app.run, runs=9)
    session.cancel()
    return seconds


def main() -> None:
    """Print the rows of this benchmark."""
    from hivemind_core.space.place import lay_out_arrivals, place_rows

    rows = make_answers(2, 25, 50, 384)
    anchors, new = rows[0], rows[1][:ANSWERS]
    points = np.random.default_rng(0).normal(size=(len(anchors), 2))
    seconds = measure_seconds(lambda: place_rows(new, anchors, points), runs=9)
    what = f"placing {ANSWERS} answers on a map of {len(anchors):,}"
    print_row(what, f"{1e3 * seconds:.1f} ms", "< 50 ms")
    seconds = measure_seconds(lambda: lay_out_arrivals(new), runs=9)
    print_row(f"  on a map of their own, {ANSWERS} answers", f"{1e3 * seconds:.1f} ms", "< 50 ms")
    with tempfile.TemporaryDirectory() as folder:
        tick = time_tick(folder)
    what = f"Live page script while {SOURCES * SAMPLES} answers stream in"
    print_row(what, f"{1e3 * tick:.0f} ms", "< 200 ms")


if __name__ == "__main__":
    main()
