"""Pages, run without a browser inside app.py's frame, on corpora in every state."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from frame import jobs, loading
from frame.jobs import Job, Registry
from frame.welcome import NOVELTY_BENCH, find_folder
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.store import (
    open_corpus,
    open_or_create,
    views_file,
    write_files,
    write_tables,
)
from hivemind_core.corpus.tables import QUERIES, RESPONSES, build_rows
from hivemind_core.corpus.views import SHOWN
from hivemind_core.space.encoders import DEFAULT_ENCODER
from tests import dashboard_corpus
from tests.browsing import NAMES, PAGES, ROOT, VIEWED, ask, read, start, visit
from tests.dashboard_corpus import ENCODER

pytestmark = pytest.mark.usefixtures("use_corpora")

MAPPED = ("overview", "atlas", "homogeneity")
HEAVY = ("torch", "umap", "sklearn", "hdbscan", "sentence_transformers", "numba")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("state", NAMES)
def test_every_page_opens_on_every_corpus(page: str, state: str) -> None:
    app = visit(page, NAMES[state])
    assert not app.exception
    assert app.sidebar.selectbox(key="corpus").value == NAMES[state]
    assert ask(app, "corpus") == NAMES[state]


def test_the_overview_tells_its_three_numbers() -> None:
    app = visit("overview")
    words = read(app)
    assert "gemini-1.5-pro repeats itself: .78, against .30 for people and .06" in words
    assert "a gap of" in words
    assert "1.6 of 3 models" in words
    assert len(app.get("plotly_chart")) == 3
    assert {m.label: m.value for m in app.metric}["Answers by people"] == "48"


@pytest.mark.parametrize(("page", "charts"), [("overview", 3), ("atlas", 1)])
def test_every_chart_has_alternative_text(page: str, charts: int) -> None:
    told = [chart.proto.alt for chart in visit(page).get("plotly_chart")]
    assert len(list(filter(None, told))) == charts


def test_the_overview_of_an_empty_corpus_says_what_is_undefined() -> None:
    words = read(visit("overview", "empty"))
    assert words.count("undefined") == 3
    assert "there are no answers" in words


@pytest.mark.parametrize(
    ("corpus", "told"),
    [("unbuilt", "has no maps yet"), ("damaged", "corpus.json must be a JSON object")],
)
@pytest.mark.parametrize("page", MAPPED)
def test_a_corpus_that_cannot_be_shown_says_why(page: str, corpus: str, told: str) -> None:
    app = visit(page, corpus)
    assert not app.exception
    assert told in read(app)
    assert (corpus == "unbuilt") == any(
        code.value.startswith("hivemind build") for code in app.code
    )


@pytest.mark.parametrize("page", [page for page in VIEWED if page != "live"])
def test_no_corpus_at_all_says_how_to_get_one(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "list_corpora", lambda environment: [])
    app = visit(page)
    assert not app.exception
    assert "No corpus yet" in read(app)
    assert any("hivemind import files" in code.value for code in app.code)


@pytest.mark.parametrize("page", MAPPED)
def test_a_damaged_view_is_told_in_one_line(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = dashboard_corpus.write_demo(tmp_path / "broken")
    for name in ("summary.json", "maps.parquet"):
        path = Path(corpus.path(views_file(ENCODER, name)))
        path.write_bytes(path.read_bytes()[:40])
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    app = visit(page, "demo")
    assert not app.exception
    assert "This corpus is not sound" in read(app)


def test_the_corpus_of_the_command_line_comes_first(
    corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIVEMIND_CORPUS", str(corpora / "empty"))
    assert start().sidebar.selectbox(key="corpus").value == "empty"


def test_a_corpus_given_by_a_relative_path_is_listed_once(
    corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpora)
    monkeypatch.setenv("HIVEMIND_CORPUS", "demo")
    locators = [shelved.locator for shelved in loading.list_shelf()]
    assert locators[0] == str((corpora / "demo").resolve())
    assert len(set(locators)) == len(locators)


def test_corpora_of_the_same_name_are_told_apart(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard_corpus.write_demo(tmp_path / "other")
    monkeypatch.setenv("HIVEMIND_CORPUS", str(tmp_path / "other"))
    names = [shelved.name for shelved in loading.list_shelf()]
    assert len(set(names)) == len(names)
    assert {"demo", "demo (demo)"} <= set(names)


def test_a_link_to_another_state_of_a_corpus_says_so() -> None:
    app = start(corpus="demo", hash="0123456789ab")
    assert "The link was made with another state of this corpus" in read(app)
    app.run()
    assert "The link was made with another state of this corpus" in read(app)
    assert "another state" not in read(start(corpus="demo"))


def test_a_link_to_a_corpus_that_is_not_here_says_so() -> None:
    app = start(corpus="nowhere")
    assert not app.exception
    assert "“nowhere”, which is not here" in read(app)


def test_answers_that_came_after_the_build_are_told_as_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = dashboard_corpus.write_demo(tmp_path / "demo")
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    assert "since it was built" not in read(visit("overview", "demo"))
    dashboard_corpus.grow(corpus, "q0", 20)
    dashboard_corpus.grow(corpus, "later", 3)
    note = "This corpus has grown since it was built: 23 answers have no place yet."
    for page in MAPPED:
        app = visit(page, "demo")
        assert not app.exception
        assert note in read(app)
    words = read(visit("atlas", "demo", query="q0"))
    assert "20 answers not built yet" in words
    assert "without text" not in words
    assert "3 answers not built yet" in read(visit("atlas", "demo", query="later"))


def test_the_command_to_build_is_one_that_can_be_typed_and_builds_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my answers"
    corpus = dashboard_corpus.write_demo(folder)
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    dashboard_corpus.grow(corpus, "q0", 1)
    assert f"`hivemind build '{folder}'`" in read(visit("overview", "demo"))
    named = open_corpus(str(folder))
    both = replace(named.manifest, encoders=(DEFAULT_ENCODER, ENCODER))
    named = write_files(named, {}, both)  # as where only the second one was built
    assert f"`hivemind build '{folder}' --encoder {ENCODER}`" in read(visit("overview", "demo"))
    for name in SHOWN:
        Path(named.path(views_file(ENCODER, name))).unlink(missing_ok=True)
    os.utime(folder / "corpus.json")
    app = visit("atlas", "demo")
    assert [code.value for code in app.code] == [f"hivemind build '{folder}'"]


def test_blank_answers_are_not_told_as_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = dashboard_corpus.write_demo(tmp_path / "demo", queries=1)
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    dashboard_corpus.grow(corpus, "q0", 2, "  ")
    words = read(visit("atlas", "demo", query="q0"))
    assert "2 answers without text not on the map" in words
    assert "not built yet" not in words


def test_no_page_names_a_folder() -> None:
    for page in PAGES:
        app = visit(page)
        assert not any("/" in ask(app, name) for name in app.query_params)


def test_nothing_heavy_is_imported_before_the_first_chart(corpora: Path) -> None:
    script = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({str(ROOT / "app.py")!r}, default_timeout=90)
app.query_params["corpus"] = "demo"
app.run()
app.switch_page("pages/atlas_page.py").run()
assert app.get("plotly_chart") and not app.exception
print(sorted(set(sys.modules) & set({HEAVY!r})))
"""
    environment = os.environ | {"HIVEMIND_CORPORA": str(corpora)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == "[]", done.stderr


def run_python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def test_a_job_tells_its_progress_and_runs_every_command(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    news = '{"stage": "encode", "done": 3, "total": 7}'
    job = Job(
        [
            run_python(f"import sys; print({news!r}, file=sys.stderr)"),
            run_python(f"open({str(mark)!r}, 'w').close()"),
        ],
        os.environ,
    )
    job.wait(20)
    assert (job.news.state, job.news.stage) == ("done", "encode")
    assert (job.news.done, job.news.total) == (3, 7)
    assert mark.exists()


def test_a_job_that_fails_keeps_its_last_words_and_runs_no_further(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    job = Job(
        [
            run_python("import sys; sys.exit('hivemind: no network')"),
            run_python(f"open({str(mark)!r}, 'w').close()"),
        ],
        os.environ,
    )
    job.wait(20)
    assert (job.news.state, job.news.words) == ("failed", "hivemind: no network")
    assert not mark.exists()


def test_a_cancelled_job_ends_with_its_process() -> None:
    telling = "import os, sys, time; print(os.getpid(), file=sys.stderr, flush=True)"
    job = Job([run_python(f"{telling}; time.sleep(600)")], os.environ)
    while not job.news.words:
        time.sleep(0.05)
    job.cancel()
    job.wait(60)
    assert job.news.state == "cancelled"
    with pytest.raises(ProcessLookupError):
        os.kill(int(job.news.words), 0)


def test_a_command_that_cannot_start_fails() -> None:
    job = Job([["/nowhere/at/all"]], os.environ)
    job.wait(10)
    assert job.news.state == "failed"
    assert "/nowhere/at/all" in job.news.words


def test_a_registry_starts_a_running_job_once() -> None:
    registry = Registry()
    first = registry.start("x", [run_python("import time; time.sleep(60)")])
    assert registry.start("x", [run_python("")]) is first is registry.find("x")
    first.cancel()
    first.wait(10)
    again = registry.start("x", [run_python("")])
    assert again is not first
    again.wait(20)
    registry.forget("x")
    assert registry.find("x") is None


def test_fetching_is_offered_shown_and_told_when_it_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "frame.offers.command_line",
        lambda *words: run_python(
            "import sys, time; time.sleep(2); sys.exit('hivemind: no network')"
        ),
    )
    app = visit("overview")
    app.button(key="novelty-bench-start").click().run()
    assert not app.exception
    assert app.button(key="novelty-bench-cancel")
    app.switch_page("pages/atlas_page.py").run()
    app.switch_page("pages/overview_page.py").run()
    folder = find_folder(NOVELTY_BENCH)
    job = jobs.open_registry().find(folder)
    assert job is not None
    job.wait(20)
    app.run()
    assert "It did not work. no network" in read(app)
    jobs.open_registry().forget(folder)


def test_a_corpus_that_was_fetched_is_picked_and_no_longer_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    writing = (
        "import pathlib; from tests.dashboard_corpus import write_demo; "
        "write_demo(pathlib.Path({!r}))"
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(
        "frame.offers.command_line",
        lambda *words: run_python(writing.format(find_folder(NOVELTY_BENCH))),
    )
    app = start()
    app.button(key="novelty-bench-start").click().run()
    job = jobs.open_registry().find(find_folder(NOVELTY_BENCH))
    assert job is not None
    job.wait(60)
    assert job.news.state == "done"
    app.run()
    assert not app.exception
    assert app.sidebar.selectbox(key="corpus").value == "demo"
    assert "Fetch NoveltyBench" not in "".join(element.value for element in app.markdown)


def test_a_corpus_without_any_text_is_not_sent_to_a_build_that_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = open_or_create(str(tmp_path / "blank"))
    answers = [{"response_id": "a", "query_id": "q", "model": "m", "text": " \n"}]
    tables = {
        "queries": build_rows(QUERIES, [{"query_id": "q", "query": "Why?"}]),
        "responses": build_rows(RESPONSES, answers),
    }
    write_tables(corpus, tables, Manifest("blank"))
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    app = visit("atlas", "blank")
    assert "No answer in it has a text that could be mapped." in read(app)
    assert not any(code.value.startswith("hivemind build") for code in app.code)
