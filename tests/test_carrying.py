"""What a page shows, taken as a file from the page itself."""

import json
import shutil
import sys
import zipfile
from pathlib import Path

import plotly.graph_objects as go
import pyarrow as pa
import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from frame.carrying import WORDS, list_forms
from frame.exhibits import Record
from frame.jobs import Job, open_registry
from hivemind_core.exhibit import Panel
from hivemind_core.export.files import FORMS
from tests.browsing import (
    VIEWED,
    Server,
    expect_sound,
    open_page,
    read_note,
    visit,
    wait_until_idle,
)

pytestmark = pytest.mark.usefixtures("use_corpora")
DRAWING = 120_000  # milliseconds that a busy machine may draw a view


def make_record(panels: int = 1, tables: int = 1) -> Record:
    record = Record()
    record.panels = [Panel(go.Figure(), "words")] * panels
    record.tables = {str(number): lambda: pa.table({"a": [1]}) for number in range(tables)}
    return record


def open_window(app: AppTest) -> AppTest:
    app.button(key="take-view").click()
    return app.run()


def make_file(app: AppTest, talks: Path, name: str) -> Job:
    """Let a view be written; return the job, which is over."""
    app.button(key="take-view-start").click().run()
    assert not app.exception
    (folder,) = talks.iterdir()
    job = open_registry().find(f"talk {folder / name}")
    assert job is not None
    job.wait(120)
    return job


def is_offered(app: AppTest) -> bool:
    return any(button.key == "take-view" for button in app.button)


def is_open(app: AppTest) -> bool:
    return any(box.key == "take-view-as" for box in app.selectbox)


def test_every_form_is_offered_where_there_are_figures_and_numbers() -> None:
    assert list_forms(make_record()) == tuple(WORDS)
    assert set(WORDS) == set(FORMS)
    assert list_forms(make_record(tables=0)) == ("html", "pdf", "pptx", "svg", "png")


def test_nothing_is_offered_where_a_still_shows_nothing() -> None:
    live, bare = make_record(), make_record()
    live.is_live, bare.is_bare = True, True
    assert list_forms(live) == list_forms(bare) == list_forms(make_record(panels=0)) == ()


@pytest.mark.parametrize("page", [page for page in VIEWED if page != "live"])
def test_every_page_can_be_taken(page: str) -> None:
    app = open_window(visit(page))
    assert not app.exception
    assert app.selectbox(key="take-view-as").options == list(WORDS.values())
    assert any(button.key == "take-view-start" for button in app.button)


def test_a_live_page_cannot_be_taken() -> None:
    assert not is_offered(visit("live"))
    assert not is_offered(visit("talk"))


def test_the_window_stays_with_its_view() -> None:
    app = open_window(visit("atlas", query="q2"))
    assert is_open(app.run())
    app.session_state["query"] = "q3"
    app.run()
    assert not app.exception
    assert not is_open(app)
    app.session_state["query"] = "q2"
    assert not is_open(app.run())


def test_a_pin_closes_the_window() -> None:
    app = open_window(visit("overview"))
    app.button(key="pin").click()
    app.run()
    assert not app.exception
    assert not is_open(app)


def test_without_a_browser_what_works_is_offered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = open_window(visit("overview"))
    app.selectbox(key="take-view-as").select("pdf").run()
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    app.run()
    assert not app.exception
    told = read_note(app, "take-no-renderer")
    assert told.startswith("Pictures, PDF and slides are drawn by Chrome or Chromium; found no ")
    assert told.endswith("HTML, CSV and Parquet need no browser.")
    box = app.selectbox(key="take-view-as")
    assert box.options == [WORDS["html"], WORDS["csv"], WORDS["parquet"]]
    assert box.value == "html"


def test_a_view_is_made_in_the_background(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, corpora: Path
) -> None:
    monkeypatch.setenv("HIVEMIND_CACHE", str(tmp_path))
    app = open_window(visit("homogeneity", part="Between models"))
    app.selectbox(key="take-view-as").select("csv").run()
    job = make_file(app, tmp_path / "talks", "talk.csv.zip")
    assert (job.news.state, job.news.words) == ("done", "")
    app.run()
    assert any(button.key == "take-view-download" for button in app.get("download_button"))
    (folder,) = (tmp_path / "talks").iterdir()
    with zipfile.ZipFile(folder / "talk.csv.zip") as archive:
        about = json.loads(archive.read("about.json"))
    (told,) = about if isinstance(about, list) else (about,)
    assert "How alike are the answers?" in json.dumps(told)
    deck = json.loads((folder / "deck.json").read_text("utf-8"))
    assert deck["title"] == "How alike are the answers? · Between models"
    assert [slide.get("title") for slide in deck["slides"]] == [None]


def test_a_file_that_was_cleared_away_is_offered_to_be_made_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HIVEMIND_CACHE", str(tmp_path))
    monkeypatch.setattr("frame.making.command_line", lambda *words: [sys.executable, "-c", ""])
    app = open_window(visit("overview"))
    job = make_file(app, tmp_path / "talks", "talk.html")
    assert job.news.state == "done"
    app.run()
    assert not app.exception
    assert read_note(app, "take-view-ended") == ""
    assert app.button(key="take-view-start").label == "Make it"


def test_a_cache_that_cannot_be_written_says_which_setting_helps(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HIVEMIND_CACHE", str(tmp_path))
    fail = "raise SystemExit('no luck')"
    monkeypatch.setattr("frame.making.command_line", lambda *words: [sys.executable, "-c", fail])
    app = open_window(visit("overview"))
    make_file(app, tmp_path / "talks", "talk.html")
    shutil.rmtree(tmp_path / "talks")
    (tmp_path / "talks").write_text("x")
    app.run()
    assert read_note(app, "take-view-ended") == "It did not work. no luck"
    app.button(key="take-view-start").click().run()
    assert not app.exception
    told = read_note(app, "take-view-refused")
    assert "the file cannot be made; found not a directory. Set HIVEMIND_CACHE" in told


@pytest.mark.browser
def test_a_view_is_taken_in_a_browser(server: Server, tab: Page, tmp_path: Path) -> None:
    open_page(tab, server.link("homogeneity", corpus="demo", part="Between models"))
    tab.get_by_role("button", name="Take this view").click()
    window = tab.get_by_role("dialog")
    for form, ending in (("(HTML)", "html"), ("(CSV)", "csv.zip")):
        window.get_by_role("combobox", name="As").click()
        tab.get_by_role("option", name=form).click()
        window.get_by_role("button", name="Make it").click()
        button = window.get_by_role("button", name="Download")
        button.wait_for(timeout=DRAWING)
        with tab.expect_download() as taken:
            button.click()
        name = taken.value.suggested_filename
        assert name == f"how-alike-are-the-answers-between-models.{ending}"
        taken.value.save_as(tmp_path / name)
        content = (tmp_path / name).read_bytes()
        assert content.startswith(b"<!DOCTYPE html>" if ending == "html" else b"PK")
    expect_sound(tab)
    wait_until_idle(tab)
    tab.keyboard.press("Escape")
    expect(window).to_have_count(0)
    tab.get_by_role("button", name="Pin this view").click()
    expect(window.get_by_role("button", name="Pin", exact=True)).to_be_visible()
