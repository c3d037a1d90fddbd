"""What a search found, drawn without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.store import open_or_create
from tests.dashboard_corpus import (
    ENCODER,
    write_corpus,
    write_demo,
    write_empty,
    write_hostile,
)

SCRIPT = f"""
import streamlit as st
from frame.loading import Book, read_stamp
from frame.search import show_results
from hivemind_core.corpus.store import open_corpus

locator = st.session_state["locator"]
book = Book(open_corpus(locator), read_stamp(locator), {ENCODER!r})
show_results(
    book,
    st.session_state["words"],
    lambda name: st.session_state.update(opened=("category", name)),
    lambda query_id: st.session_state.update(opened=("query", query_id)),
    lambda query_id, ids: st.session_state.update(opened=("answer", query_id, ids)),
)
"""


def search(folder: Path, words: str) -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=90)
    app.session_state["locator"] = str(folder)
    app.session_state["words"] = words
    return app.run()


def read(app: AppTest) -> str:
    return "\n".join(element.value for element in app.text)


def rendered(app: AppTest) -> str:
    """Return all that Streamlit draws as markdown."""
    labels = [button.label for button in app.button] + [button.help for button in app.button]
    drawn = [e.value for e in (*app.markdown, *app.subheader, *app.caption)]
    return "\n".join(str(part) for part in (*labels, *drawn, *app.get("html")))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    write_hostile(folder)
    return folder


def test_answers_are_shown_by_query_with_the_hit_marked_and_can_be_opened(demo: Path) -> None:
    app = search(demo, "river gemini")
    assert not app.exception
    assert [s.value for s in app.subheader] == ["Answers · 6"]
    words = read(app)
    assert "In 6 queries, those with the most answers first." in words
    assert "It is a [river], said [gemini]-1.5-pro in its" in words
    assert "Write a metaphor about time" in words
    assert app.button(key="open-found-answer-0").label == "1 answer · 1 source"
    app.button(key="open-found-answer-0").click().run()
    assert app.session_state["opened"] == ("answer", "q0", ("q0-1-7",))


def test_queries_are_opened_by_id(demo: Path) -> None:
    app = search(demo, '"about the sea"')
    assert "Write a metaphor [about the sea]" in read(app)
    button = app.button(key="open-found-query-0")
    assert button.label == "Query 1 · 48 answers"
    button.click().run()
    assert app.session_state["opened"] == ("query", "q5")


def test_categories_are_opened_by_the_names_that_people_know(demo: Path) -> None:
    app = search(demo, "creative writing")
    button = app.button(key="open-found-category-0")
    assert button.label == "Creative Content Generation · 6 queries"
    assert "also called creative writing" in read(app)
    assert "No query and no answer found for “creative”, “writing”" in read(app)
    button.click().run()
    assert app.session_state["opened"] == ("category", "Creative Content Generation")


@pytest.mark.parametrize("words", ["", "  ", '""'])
def test_no_words_say_how_to_search(demo: Path, words: str) -> None:
    app = search(demo, words)
    assert not app.button
    assert "All words must occur" in read(app)


def test_what_is_nowhere_says_what_was_searched_and_how(demo: Path) -> None:
    app = search(demo, "River **nowhere** <b>")
    assert not app.button
    words = read(app)
    assert "No category, no query and no answer" in words
    assert "“river”, “**nowhere**”, “<b>”" in words
    assert "All words must occur" in words
    assert "nowhere" not in rendered(app)


def test_an_empty_corpus_has_nothing_to_find(tmp_path: Path) -> None:
    write_empty(tmp_path / "empty")
    app = search(tmp_path / "empty", "river")
    assert not app.exception
    assert "No category, no query and no answer" in read(app)


@pytest.mark.parametrize("words", ["script", "img", "tracker", "long", "שלום", "👩", "q", "said"])
def test_hostile_texts_are_never_rendered(hostile: Path, words: str) -> None:
    app = search(hostile, words)
    assert not app.exception
    assert app.button
    for piece in ("http", "<", "![", "script>", "$", ":red"):
        assert piece not in rendered(app)


def test_a_category_that_is_not_the_papers_is_shown_as_text(hostile: Path) -> None:
    app = search(hostile, "category")
    assert app.button(key="open-found-category-0").label == "Category 1 · 6 queries"
    assert "<b>Category</b> ![c](http://example.com/c.png)" in read(app)
    app.button(key="open-found-category-0").click().run()
    assert app.session_state["opened"][1].startswith("<b>Category</b>")


def test_repeats_are_quoted_once(hostile: Path) -> None:
    words = read(search(hostile, '"always the same"'))
    assert words.count("[Always the same].") == 1
    assert "<i>model</i> × 4, <script>alert(1)</script> × 4: word for word" in words


def test_ten_are_shown_and_more_when_asked(tmp_path: Path) -> None:
    queries = [{"query_id": f"q{i:02d}", "query": f"Which river, {i}?"} for i in range(40)]
    answers = [
        {"response_id": f"r{i:02d}", "query_id": f"q{i:02d}", "model": "m", "text": "A river."}
        for i in range(40)
    ]
    write_corpus(tmp_path / "many", Manifest("many"), queries, answers)
    app = search(tmp_path / "many", "river")
    opened = [b for b in app.button if str(b.key).startswith("open-found-query")]
    assert len(opened) == 10
    app.button(key="more-found-query").click().run()
    assert len([b for b in app.button if str(b.key).startswith("open-found-query")]) == 35
    assert len([b for b in app.button if str(b.key).startswith("open-found-answer")]) == 10
    app.session_state["words"] = "which river"
    app.run()
    assert len([b for b in app.button if str(b.key).startswith("open-found-query")]) == 10


def test_a_corpus_that_was_written_again_is_searched_again(tmp_path: Path) -> None:
    write_demo(tmp_path / "demo", queries=1)
    assert "In 1 query" in read(search(tmp_path / "demo", "river"))
    write_demo(tmp_path / "demo", queries=2)
    assert "In 2 queries" in read(search(tmp_path / "demo", "river"))
    assert open_or_create(str(tmp_path / "demo")).manifest.rows["queries"] == 2
