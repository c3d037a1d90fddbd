"""Pages, run without a browser inside app.py's frame, on corpora in every state."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from frame import jobs, loading, picking
from frame.jobs import Job, Registry
from frame.welcome import find_folder
from hivemind_core.corpus.store import views_file
from hivemind_core.figures.reading import rank_striking
from tests import dashboard_corpus
from tests.dashboard_corpus import ENCODER, HOSTILE_TEXTS

ROOT = Path(__file__).parent.parent
PAGES = ("overview", "atlas")
HOSTILE = "<b>hostile</b> ![n](http://example.com/n.png)"
NAMES = {"demo": "demo", "empty": "empty", "hostile": HOSTILE}
HEAVY = ("torch", "umap", "sklearn", "hdbscan", "sentence_transformers", "numba")


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    dashboard_corpus.write_all(folder)
    return folder


@pytest.fixture(autouse=True)
def use_corpora(corpora: Path, private_folders: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIVEMIND_CORPORA", str(corpora))
    monkeypatch.delenv("HIVEMIND_CORPUS", raising=False)


def start(**query: str) -> AppTest:
    """Open the root, which sends the visitor on to the overview."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def open_page(page: str, corpus: str = "demo", **query: str) -> AppTest:
    app = start(corpus=corpus, **query)
    if page != "overview":
        app.switch_page(f"pages/{page}_page.py")
        app.query_params["corpus"] = corpus
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
    return app


def ask(app: AppTest, name: str) -> str:
    """Return a query parameter of the address."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[-1]


def read(app: AppTest) -> str:
    """Return all the plain text of a page."""
    return "\n".join(element.value for element in app.text)


def read_chart(app: AppTest) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(app.get("plotly_chart")[0].proto.spec)
    return spec


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("state", NAMES)
def test_every_page_opens_on_every_corpus(page: str, state: str) -> None:
    app = open_page(page, NAMES[state])
    assert not app.exception
    assert app.sidebar.selectbox(key="corpus").value == NAMES[state]
    assert ask(app, "corpus") == NAMES[state]


def test_the_overview_tells_its_three_numbers() -> None:
    app = open_page("overview")
    words = read(app)
    assert "gemini-1.5-pro repeats itself: .78, against .30 for people and .06" in words
    assert "a gap of" in words
    assert "1.6 of 3 models" in words
    assert len(app.get("plotly_chart")) == 3
    assert {m.label: m.value for m in app.metric}["Answers by people"] == "48"


def test_every_chart_has_alternative_text() -> None:
    for page in PAGES:
        assert all(chart.proto.alt for chart in open_page(page).get("plotly_chart"))


def test_the_overview_of_an_empty_corpus_says_what_is_undefined() -> None:
    words = read(open_page("overview", "empty"))
    assert words.count("undefined") == 3
    assert "there are no answers" in words


@pytest.mark.parametrize(
    ("corpus", "told"),
    [("unbuilt", "has no maps yet"), ("damaged", "corpus.json must be a JSON object")],
)
@pytest.mark.parametrize("page", PAGES)
def test_a_corpus_that_cannot_be_shown_says_why(page: str, corpus: str, told: str) -> None:
    app = open_page(page, corpus)
    assert not app.exception
    assert told in read(app)
    assert (corpus == "unbuilt") == any(
        code.value.startswith("hivemind build") for code in app.code
    )


@pytest.mark.parametrize("page", PAGES)
def test_no_corpus_at_all_says_how_to_get_one(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "list_corpora", lambda environment: [])
    app = open_page(page)
    assert not app.exception
    assert "No corpus yet" in read(app)
    assert any("hivemind import files" in code.value for code in app.code)


@pytest.mark.parametrize("page", PAGES)
def test_a_damaged_view_is_told_in_one_line(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = dashboard_corpus.write_demo(tmp_path / "broken")
    for name in ("summary.json", "maps.parquet"):
        path = Path(corpus.path(views_file(ENCODER, name)))
        path.write_bytes(path.read_bytes()[:40])
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    app = open_page(page, "demo")
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


def test_the_atlas_opens_on_the_most_striking_query() -> None:
    app = open_page("atlas")
    shelf = {shelved.name: shelved.corpus for shelved in loading.list_shelf()}
    corpus = shelf["demo"]
    assert corpus is not None
    clusters, qualities = (
        corpus.read_file(views_file(ENCODER, f"{name}.parquet")).to_pylist()
        for name in ("clusters", "map_quality")
    )
    assert ask(app, "query") == rank_striking(clusters, qualities)[0]


def test_a_link_opens_query_colour_map_and_cluster() -> None:
    query = {"query": "q3", "colour": "Cluster", "map": "PCA", "cluster": "2"}
    app = open_page("atlas", **query)
    assert not app.exception
    assert {name: ask(app, name) for name in query} == query
    assert "Write a metaphor about sleep" in read(app)
    assert any("Cluster 2: " in element.value for element in app.markdown)
    assert {t["name"] for t in read_chart(app)["data"]} >= {"cluster 1", "in no cluster"}


def test_a_link_to_a_query_that_is_not_here_says_so() -> None:
    app = open_page("atlas", query="gone")
    assert not app.exception
    assert any("is not here" in caption.value for caption in app.caption)


def test_clicking_a_cluster_shows_its_answers_and_going_back_the_list() -> None:
    app = open_page("atlas", query="q0")
    app.button(key="open-0").click().run()
    assert not app.exception
    assert ask(app, "cluster") == "1"
    assert "gpt-4o · " in read(app)
    assert "word for word" in read(app)
    app.button(key="back").click().run()
    assert "cluster" not in app.query_params
    assert app.button(key="open-0").label.endswith("models")


def test_recolouring_keeps_a_cluster_picked() -> None:
    app = open_page("atlas", query="q0", cluster="1")
    before = sum(len(t["selectedpoints"]) for t in read_chart(app)["data"])
    app.sidebar.segmented_control[1].set_value("Cluster").run()
    assert ask(app, "cluster") == "1"
    assert sum(len(t["selectedpoints"]) for t in read_chart(app)["data"]) == before > 0


def test_another_query_starts_with_its_list() -> None:
    app = open_page("atlas", query="q0", cluster="1")
    app.sidebar.selectbox(key="query").set_value("q1").run()
    assert ask(app, "query") == "q1"
    assert "cluster" not in app.query_params


def test_a_category_narrows_the_queries() -> None:
    app = open_page("atlas", category="Abstract Conceptual Questions")
    assert len(app.sidebar.selectbox(key="query").options) == 3


def test_a_whole_category_has_a_map() -> None:
    app = open_page("atlas", view="Category", map_category="Abstract Conceptual Questions")
    assert not app.exception
    assert "3 queries on one map" in read(app)
    assert sum(len(t["customdata"]) for t in read_chart(app)["data"]) == 3 * 48
    app.button(key="open-0").click().run()
    assert "gpt-4o · " in read(app)


@pytest.mark.parametrize("query", ["one", "two", "three", "same", "none", "withheld", "markup"])
def test_odd_queries_open(query: str) -> None:
    app = open_page("atlas", HOSTILE, query=query)
    assert not app.exception
    assert ask(app, "query") == query


def test_answers_that_are_not_on_the_map_are_counted() -> None:
    assert "2 answers without text not on the map" in read(
        open_page("atlas", HOSTILE, query="withheld")
    )


def test_answers_that_came_after_the_build_are_told_as_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = dashboard_corpus.write_demo(tmp_path / "demo")
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    assert "since it was built" not in read(open_page("overview", "demo"))
    dashboard_corpus.grow(corpus, "q0", 20)
    dashboard_corpus.grow(corpus, "later", 3)
    note = "This corpus has grown since it was built: 23 answers have no place yet."
    for page in PAGES:
        app = open_page(page, "demo")
        assert not app.exception
        assert note in read(app)
    words = read(open_page("atlas", "demo", query="q0"))
    assert "20 answers not built yet" in words
    assert "without text" not in words
    assert "3 answers not built yet" in read(open_page("atlas", "demo", query="later"))


def test_identical_answers_are_merged_and_counted() -> None:
    app = open_page("atlas", HOSTILE, query="same", cluster="1")
    assert "All 12 answers are word for word the same." in read(app)
    assert read(app).count("× 4, word for word") == 3


def test_untrusted_text_is_never_markdown_or_html() -> None:
    for cluster in ("1", "2", "3"):
        app = open_page("atlas", HOSTILE, query="markup", cluster=cluster)
        rendered = [element.value for element in (*app.markdown, *app.caption, *app.subheader)]
        rendered += [element.proto.body for element in app.get("html")]
        rendered += [button.label for button in app.button]
        assert not any("example.com" in text or "<script" in text for text in rendered)


def test_a_long_answer_is_cut_until_asked_for() -> None:
    long = max(HOSTILE_TEXTS, key=len)
    for cluster in ("1", "2", "3", "4"):
        app = open_page("atlas", HOSTILE, query="markup", cluster=cluster)
        cut = [b for b in app.button if b.label == f"Show all {len(long):,} characters"]
        if cut:
            assert max(len(text.value) for text in app.text) < 5000
            cut[0].click().run()
            assert max(len(text.value) for text in app.text) == len(long.strip())
            return
    pytest.fail("no cluster holds the long answer")


def test_no_page_names_a_folder() -> None:
    for page in PAGES:
        app = open_page(page)
        assert not any("/" in ask(app, name) for name in app.query_params)


def test_nothing_heavy_is_imported_before_the_first_chart(corpora: Path) -> None:
    script = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({str(ROOT / "app.py")!r}, default_timeout=30)
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
        timeout=60,
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


def test_a_cancelled_job_ends_at_once() -> None:
    job = Job([run_python("import time; time.sleep(60)")], os.environ)
    time.sleep(0.3)
    started = time.monotonic()
    job.cancel()
    job.wait(10)
    assert job.news.state == "cancelled"
    assert time.monotonic() - started < 5


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
        "frame.welcome.command_line",
        lambda *words: run_python(
            "import sys, time; time.sleep(2); sys.exit('hivemind: no network')"
        ),
    )
    app = open_page("overview")
    app.button(key="fetch-start").click().run()
    assert not app.exception
    assert app.button(key="fetch-cancel")
    app.switch_page("pages/atlas_page.py").run()
    app.switch_page("pages/overview_page.py").run()
    folder = find_folder()
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
        "frame.welcome.command_line", lambda *words: run_python(writing.format(find_folder()))
    )
    app = start()
    app.button(key="fetch-start").click().run()
    job = jobs.open_registry().find(find_folder())
    assert job is not None
    job.wait(60)
    assert job.news.state == "done"
    app.run()
    assert not app.exception
    assert app.sidebar.selectbox(key="corpus").value == "demo"
    assert "Fetch NoveltyBench" not in "".join(element.value for element in app.markdown)


def test_a_selection_of_the_map_is_read_by_id() -> None:
    state = {"m": {"selection": {"points": [{"customdata": "a"}, {"customdata": ["b"]}]}}}
    picked: dict[str, Any] = {}

    class State(dict[str, Any]):
        pass

    session = State(state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picking.st, "session_state", session)
        picking.take_selection("m")
        picked["first"] = session["pick"]
        session["m"] = {"selection": {"points": []}}
        picking.take_selection("m")
        picked["then"] = session["pick"]
    assert picked["first"] == picking.Pick(None, ("a", "b"))
    assert picked["then"] is None
