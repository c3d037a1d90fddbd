"""`hivemind export`: what pages show, as files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.csv
import pytest

from frame import exporting
from hivemind_core.deck import Deck, Slide, format_deck
from hivemind_core.exhibit import Exhibit, View
from hivemind_core.progress import Report
from tests.exhibits import make_exhibit


def run(folder: Path, corpora: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HIVEMIND_CORPORA": str(corpora), "HIVEMIND_PROGRESS": "json"}
    environment.pop("HIVEMIND_CORPUS", None)
    command = [sys.executable, "-m", "hivemind_core.cli", "export", *words]
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    return subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=folder, env=environment
    )


def test_a_view_is_written_as_numbers(tmp_path: Path, corpora: Path) -> None:
    words = ("--view", "homogeneity", "--with", "part=Nearest answers", "--to", "near.csv")
    done = run(tmp_path, corpora, str(corpora / "demo"), *words)
    assert done.returncode == 0, done.stderr
    assert "near.csv" in done.stdout.splitlines()
    assert pyarrow.csv.read_csv(tmp_path / "near.csv").num_rows == 7


def test_a_view_is_written_as_a_page(tmp_path: Path, corpora: Path) -> None:
    done = run(tmp_path, corpora, str(corpora / "demo"), "--view", "overview", "--to", "o.html")
    assert done.returncode == 0, done.stderr
    assert "gemini-1.5-pro repeats itself: .78" in (tmp_path / "o.html").read_text("utf-8")


def test_a_deck_is_written_with_what_is_missing_said(tmp_path: Path, corpora: Path) -> None:
    slides = (
        Slide(View("overview", {}, "demo"), "First"),
        Slide(View("atlas", {}, "gone")),
        Slide(View("nowhere")),
        Slide(View("atlas", {"sky": "blue"}, "demo")),
    )
    (tmp_path / "talk.json").write_text(format_deck(Deck("A talk", slides)))
    done = run(tmp_path, corpora, "--deck", "talk.json", "--to", "talk.html", "--theme", "dark")
    assert done.returncode == 0, done.stderr
    assert "hivemind: slide 2: The corpus “gone” is not here." in done.stderr
    assert "hivemind: slide 3: There is no such page to draw; found 'nowhere'" in done.stderr
    assert "hivemind: slide 4: Nothing on the page atlas is called so; found 'sky'" in done.stderr
    page = (tmp_path / "talk.html").read_text("utf-8")
    assert "First" in page
    assert '<html lang="en" data-ground="dark">' in page
    assert 'id="figure-1-0-dark"' in page
    assert 'id="figure-1-0-light"' not in page


def test_a_slide_that_could_be_drawn_on_light_ground_alone_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(deck: Deck, ground: str, renderer: object, report: Report) -> list[Exhibit]:
        report("drawing", 2, 2)
        late = make_exhibit(panels=(), fault="Drawing it took longer than 120 seconds.")
        return [make_exhibit(), make_exhibit() if ground == "light" else late]

    monkeypatch.setattr(exporting, "draw_deck", draw)
    path = tmp_path / "talk.json"
    path.write_text(format_deck(Deck("A talk", (Slide(View("overview")),) * 2)))
    news: list[tuple[str, int, int]] = []
    wish = exporting.Wish(tmp_path / "talk.html", deck=path)
    done = exporting.export(wish, {}, lambda *told: news.append(told))
    assert news == [("drawing", 2, 4), ("drawing", 4, 4)]  # both grounds are one piece of work
    told = "slide 2, on dark ground: Drawing it took longer than 120 seconds."
    assert done.faults == (told,)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--to", "x.html"], 2, "a file is made of a page or of a deck. Give --view PAGE, or"),
        (["--view", "overview", "--to", "x.docx"], 2, "the ending says the form"),
        (["--view", "nowhere", "--to", "x.html"], 2, "there is no such page to draw"),
        (["--view", "atlas", "--with", "x=1", "--to", "x.html"], 2, "nothing on the page atlas"),
        (["--view", "atlas", "--theme", "blue", "--to", "x.html"], 2, "a theme is light or dark"),
        (["--view", "atlas", "--theme", "dark", "--to", "x.pdf"], 2, "--theme: PDF, PPTX and fig"),
        (
            ["--view", "atlas", "--with", "query=q99", "--to", "x.html"],
            2,
            "the view is not there as it was asked for: It asks for query = q99, which is not here",
        ),
        (["--deck", "none.json", "--to", "x.html"], 2, "the deck cannot be read"),
        (
            ["--deck", "lost.json", "--to", "x.html"],
            1,
            "no slide could be drawn: slide 1: The",
        ),
        (["--deck", "bare.json", "--to", "x.html"], 2, "the deck has no slides"),
        (["--deck", "bare.json", "--with", "a=b", "--to", "x.html"], 2, "--with: a deck says"),
    ],
)
def test_what_cannot_be_written_says_why(
    tmp_path: Path, corpora: Path, words: list[str], code: int, told: str
) -> None:
    lost = Deck("Lost", (Slide(View("atlas", {}, "gone")),))
    (tmp_path / "lost.json").write_text(format_deck(lost))
    (tmp_path / "bare.json").write_text(json.dumps({"version": 1}))
    done = run(tmp_path, corpora, str(corpora / "demo"), *words)
    assert done.returncode == code
    assert told in done.stderr.splitlines()[-1]
    assert not (tmp_path / "x.html").exists()


def test_a_live_view_runs_in_the_dashboard_that_is_named(tmp_path: Path, corpora: Path) -> None:
    slides = (
        Slide(View("live", {"replay": "shipped"}, "demo"), "A replay"),
        Slide(View("live", {"ask": "What is time?"}, "demo"), "Live"),
    )
    (tmp_path / "talk.json").write_text(format_deck(Deck("A talk", slides)))
    words = ("--deck", "talk.json", "--to", "talk.html")
    assert run(tmp_path, corpora, *words).returncode == 0
    still = (tmp_path / "talk.html").read_text("utf-8")
    done = run(tmp_path, corpora, *words, "--live", "http://127.0.0.1:8501/atlas")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "talk.html").read_text("utf-8")
    assert "; frame-src http://127.0.0.1:8501; base-uri" in page
    assert 'data-live="http://127.0.0.1:8501/atlas/live?' in page
    assert "frame-src" not in still.partition("<style>")[0]
    assert "data-live=" not in still.partition("<script>")[0]
    assert still.count('<p class="still">This view is live.') == 1  # the replay stands as it ended
    assert 'data-figure="figure-1-0"' in still  # the end of the recording stands for it
    assert 'class="stage held"' in page
