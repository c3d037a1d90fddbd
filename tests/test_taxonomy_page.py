"""The Taxonomy page, run without a browser inside app.py's frame."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from frame import browsing
from frame.browsing import Search, Shelfmark
from frame.loading import Book, read_stamp
from hivemind_core.build import BuildOptions, build_corpus
from hivemind_core.corpus.infinity_chat import import_infinity_chat
from hivemind_core.corpus.infinity_files import TAXONOMY, find_data_sets
from hivemind_core.corpus.store import open_corpus
from tests.browsing import (
    HOSTILE,
    NAMES,
    ask,
    list_alternatives,
    list_specs,
    read,
    read_block,
    read_note,
    visit,
)
from tests.infinity_sets import Rows, Sizes, generate, name_query, write_sets

pytestmark = pytest.mark.usefixtures("use_corpora")

SHARES, TOGETHER, MAP = "Shares", "Together", "Map"
SIZES = Sizes(queries=120, evaluation=6, absolute=30, pairwise=10)


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small Infinity-Chat that is not built."""
    folder = tmp_path_factory.mktemp("shelf")
    files = write_sets(tmp_path_factory.mktemp("files"), generate(SIZES))
    import_infinity_chat(str(folder / "chat"), find_data_sets(files))
    return folder


@pytest.fixture
def use_chat(use_corpora: None, chat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIVEMIND_CORPORA", str(chat))


@pytest.fixture
def shelf(chat: Path) -> Shelfmark:
    locator = str(chat / "chat")
    return browsing.read_shelfmark(Book(open_corpus(locator), read_stamp(locator), ""))


def list_queries(app: AppTest) -> list[str]:
    """Return the queries that the page lists."""
    found = []
    for place in range(browsing.SHOWN):
        words = read_block(app, f"query-{place}")
        if words:
            found.append(words.split("\n")[0])
    return found


@pytest.mark.parametrize("part", [SHARES, TOGETHER, MAP])
@pytest.mark.parametrize("corpus", NAMES)
def test_every_part_draws_in_every_state(part: str, corpus: str) -> None:
    app = visit("taxonomy", NAMES[corpus], taxonomy=part)
    assert not app.exception
    assert "What do the queries ask for?" in read(app)
    for alternative in list_alternatives(app):
        assert alternative
    for spec in list_specs(app):
        assert "<b>" not in str(spec["data"])


def test_without_any_corpus_the_published_shares_stand_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    monkeypatch.setattr("frame.loading.list_corpora", lambda environment: [])
    app = visit("taxonomy", "none")
    assert not app.exception
    assert "The paper's queries ask most often for Creative Content Generation" in read(app)


@pytest.mark.usefixtures("use_chat")
def test_the_corpus_stands_beside_what_was_published() -> None:
    app = visit("taxonomy", "chat")
    assert read_block(app, "finding-shares").startswith("Of 120 queries, ")
    assert "Diamonds: as published" in read_note(app, "basis-shares")
    bars, diamonds, *named = list_specs(app)[0]["data"]
    assert bars["type"] == "bar"
    assert diamonds["marker"]["symbol"] == "diamond-open"
    assert [each["name"] for each in named] == ["this corpus", "as published, of 26,070 queries"]
    assert any("3 labels beyond the paper's 17" in box.label for box in app.expander)


@pytest.mark.usefixtures("use_chat")
def test_queries_are_searched_as_one_types() -> None:
    app = visit("taxonomy", "chat")
    app.text_input(key="asked").set_value("no. 17").run()
    assert list_queries(app)[0] == name_query(17)
    app.text_input(key="asked").set_value("nothing of the kind").run()
    assert list_queries(app) == []
    assert not app.exception


@pytest.mark.usefixtures("use_chat")
def test_the_names_of_a_known_summary_find_the_papers_category() -> None:
    app = visit("taxonomy", "chat")
    app.text_input(key="asked").set_value("recommendation").run()
    labels = {button.label: button for button in app.button}
    found = next(button for label, button in labels.items() if "Recommendations" in label)
    found.click().run()
    assert app.sidebar.selectbox(key="topic").value == "Recommendations"
    assert app.text_input(key="asked").value == ""
    assert ask(app, "topic") == "Recommendations"
    assert all("Recommendations" in read_note(app, f"query-{i}") for i in range(5))


@pytest.mark.usefixtures("use_chat")
def test_novel_labels_are_found_too() -> None:
    app = visit("taxonomy", "chat", asked="teapots")
    assert list_queries(app)
    assert "labelled" in read_note(app, "query-0")
    assert "Roleplay of Teapots" in read_note(app, "query-0")


@pytest.mark.usefixtures("use_chat")
def test_filters_join_and_are_in_the_address() -> None:
    app = visit("taxonomy", "chat", split="evaluation", answered=browsing.ANSWERED)
    listed = list_queries(app)
    assert set(listed) == {name_query(0), name_query(7)}
    assert "evaluation" in read_note(app, "query-0")
    assert read_note(app, "query-0").endswith("answers")
    assert len(app.get("page_link")) >= 2
    none = visit("taxonomy", "chat", answered=browsing.UNANSWERED)
    assert read_note(none, "query-0").endswith("no answers yet")
    assert not [link for link in none.main.get("page_link") if "Atlas" in link.proto.label]


@pytest.mark.usefixtures("use_chat")
def test_a_cell_lists_the_queries_of_both_categories() -> None:
    app = visit("taxonomy", "chat", taxonomy=TOGETHER)
    cells = list_specs(app)[0]["data"][1]
    row, column = cells["customdata"][0]
    point = {"customdata": [row, column]}
    app.session_state["chart-together"] = {"selection": {"points": [point]}}
    app.run()
    assert not app.exception


@pytest.mark.usefixtures("use_chat")
def test_a_corpus_without_a_map_names_the_command() -> None:
    app = visit("taxonomy", "chat", taxonomy=MAP)
    assert any(code.value.startswith("hivemind build ") for code in app.code)
    assert list_queries(app)


def test_the_map_shows_every_query_and_its_trust() -> None:
    app = visit("taxonomy", "demo", taxonomy=MAP)
    traces = list_specs(app)[0]["data"]
    rows = sorted(row for trace in traces for row in trace["customdata"])
    assert rows == list(range(len(rows)))
    assert "trustworthiness .90" in read_note(app, "query-map")
    marked = visit("taxonomy", "demo", taxonomy=MAP, topic="Abstract Conceptual Questions")
    names = [trace["name"] for trace in list_specs(marked)[0]["data"]]
    assert names == ["the others", "chosen"]


def test_a_hostile_category_is_a_choice_and_no_markup() -> None:
    app = visit("taxonomy", HOSTILE)
    assert not app.exception
    assert "<b>Category</b>" in "".join(map(str, app.sidebar.selectbox(key="topic").options))
    assert not [m for m in app.markdown if "example.com" in m.value]


def test_find_queries_by_hand(shelf: Shelfmark) -> None:
    assert browsing.find_queries(shelf, Search()).tolist() == list(range(120))
    name = shelf.names[0]
    rows = browsing.find_queries(shelf, Search(topic=name))
    assert (rows == np.flatnonzero(shelf.membership[:, 0])).all()
    both = browsing.find_queries(shelf, Search(topic=name, also=shelf.names[1]))
    assert (both == np.flatnonzero(shelf.membership[:, :2].all(axis=1))).all()
    answered = browsing.find_queries(shelf, Search(answered=browsing.ANSWERED))
    assert len(answered) == 2


def test_the_colour_is_that_of_the_least_common_category(shelf: Shelfmark) -> None:
    names, groups = browsing.group_queries(shelf)
    sizes = dict.fromkeys(names, 0)
    for row in range(len(shelf)):
        held = {name for name, has in zip(shelf.names, shelf.membership[row], strict=True) if has}
        assert held, "every generated query has a category"
        sizes[names[groups[row]]] += 1
    assert names[-1] == "No category"
    assert sizes["No category"] == 0


def test_a_search_on_another_page_leads_to_queries_without_answers() -> None:
    app = visit("atlas", HOSTILE, find="nobody")
    assert not app.exception
    assert read_note(app, "found-query-0") == "Query 1 · no answers yet"
    (link,) = [one for one in app.get("page_link") if "among the queries" in one.proto.label]
    assert "asked=nobody" in link.proto.query_string


def test_a_corpus_that_nobody_answered_shows_the_map_that_a_build_drew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: dict[str, Rows] = {TAXONOMY: generate(Sizes(30, 0, 0, 0))[TAXONOMY]}
    import_infinity_chat(str(tmp_path / "asked"), find_data_sets(write_sets(tmp_path / "f", rows)))
    options = BuildOptions(environment={"HIVEMIND_CACHE": str(tmp_path / "cache")})
    build_corpus(open_corpus(str(tmp_path / "asked")), options)
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    app = visit("taxonomy", "asked", taxonomy=MAP)
    assert not app.exception
    assert "30 queries by what they ask" in read_block(app, "finding-query-map")
    assert "UMAP of all-MiniLM-L6-v2 vectors" in read_note(app, "query-map")
    atlas = visit("atlas", "asked")
    assert not atlas.exception
    assert "asked has no maps" in read(atlas)
