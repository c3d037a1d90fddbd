"""The Atlas page, run without a browser inside app.py's frame."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import streamlit
from hypothesis import example, given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from frame import picking
from frame.packing import pack_rows, unpack_rows
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.store import Corpus, open_corpus, views_file, write_files
from hivemind_core.figures.reading import rank_striking
from tests import dashboard_corpus
from tests.browsing import (
    HOSTILE,
    Prose,
    ask,
    list_drawn,
    list_prose,
    open_table,
    read,
    read_block,
    read_chart,
    read_note,
    visit,
    walk,
)
from tests.dashboard_corpus import ENCODER, HOSTILE_SCORER, HOSTILE_TEXTS, write_corpus

pytestmark = pytest.mark.usefixtures("use_corpora")

ABSTRACT, CREATIVE = "Abstract Conceptual Questions", "Creative Content Generation"
HOSTILE_CATEGORY = "<b>Category</b> ![c](http://example.com/c.png)"
QUALITY = "Score: judge · quality"
COLORINGS = ("Model", "Family", "Cluster", "Group", "Length", "Strategy", QUALITY, "Score: reward")
ANSWERS = 48  # to each query of the demo
VERBATIM = {"query": "q0", "same": "Cosine", "at_cosine": "0.99"}
ALL = pack_rows(range(ANSWERS), ANSWERS)


def list_ids(corpora: Path, query_id: str, corpus: str = "demo") -> list[str]:
    """Return the response ids of a query's map, by row."""
    rows = open_corpus(str(corpora / corpus)).read_file(views_file(ENCODER, "maps.parquet"))
    ids: list[str] = rows.filter(pc.equal(rows["query_id"], query_id))["response_id"].to_pylist()
    return ids


def list_headings(app: AppTest) -> list[str]:
    """Return what is written in bold."""
    return [element.value.strip("*") for element in app.markdown]


def list_open(app: AppTest) -> list[str]:
    """Return the heads of the groups or clusters that are listed, from top to bottom."""
    return [b.label for b in app.button if str(b.key).removeprefix("open-").isdecimal()]


def find_key(app: AppTest, label: str, place: int = 0) -> str:
    """Return the key of one of the buttons of a label."""
    return [str(button.key) for button in app.button if button.label == label][place]


def click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def list_cards(app: AppTest) -> list[int]:
    """Return the row of the first answer on each card, from top to bottom."""
    keys = [str(node.key) for node in walk(app.main) if getattr(node, "key", None)]
    rows = [key.removeprefix("answer-") for key in keys if key.startswith("answer-")]
    return [int(row) for row in rows if row.isdecimal()]


def count_picked(app: AppTest) -> int:
    """Return how many answers the panel says it shows; 0 where nothing is picked."""
    heads = [h for h in list_headings(app) if ": " in h]
    return int(heads[0].split(": ")[1].split(" ")[0].replace(",", "")) if heads else 0


# What a link opens


def test_the_atlas_opens_on_the_most_striking_query(corpora: Path) -> None:
    groups = open_corpus(str(corpora / "demo")).read_file(views_file(ENCODER, "groups.parquet"))
    app = visit("atlas")
    assert ask(app, "query") == rank_striking(groups.to_pylist())[0]
    assert ask(app, "colour") == "Model"


def test_a_link_opens_query_colour_projection_and_cluster() -> None:
    query = {"query": "q3", "colour": "Cluster", "map": "PCA", "cluster": "2"}
    app = visit("atlas", **query)
    assert not app.exception
    assert {name: ask(app, name) for name in query} == query
    assert "Write a metaphor about sleep" in read(app)
    assert list_headings(app)[0].startswith("Cluster 2: ")
    assert {t["name"] for t in read_chart(app)} >= {"cluster 1", "in no cluster"}


def test_a_link_opens_a_query() -> None:
    assert read_block(visit("atlas", query="q5"), "heading-page") == (
        "Write a metaphor about the sea"
    )


def test_a_link_narrows_the_queries_to_a_category() -> None:
    app = visit("atlas", category=ABSTRACT)
    options = app.sidebar.selectbox(key="query").options
    assert options == [f"Write a metaphor about {topic}" for topic in ("love", "sleep", "the sea")]
    assert ABSTRACT in read_note(app, "kicker")


def test_a_link_opens_the_map_of_a_category() -> None:
    app = visit("atlas", view="Category", map_category=ABSTRACT)
    assert not app.exception
    assert read_block(app, "heading-page") == ABSTRACT
    assert "3 queries on one map" in read_note(app, "kicker")
    assert sum(len(t["customdata"]) for t in read_chart(app)) == 3 * ANSWERS
    assert read_block(app, "finding-page").startswith("To one query, ")


@pytest.mark.parametrize(
    ("coloring", "entries"),
    [
        ("Model", {"gpt-4o", "gemini-1.5-pro", "human"}),
        ("Family", {"gpt", "gemini", "olmo", "people"}),
        ("Cluster", {"cluster 1", "in no cluster", "people"}),
        ("Group", {"group 1", "group 5", "people"}),
        ("Length", {"characters", "people"}),
        ("Strategy", {"plain", "random", "no strategy", "people"}),
        (QUALITY, {"judge · quality", "not scored", "people"}),
        ("Score: reward", {"reward", "people, not scored"}),
    ],
)
def test_a_link_colours_the_map(coloring: str, entries: set[str]) -> None:
    app = visit("atlas", query="q0", colour=coloring)
    assert not app.exception
    assert app.sidebar.selectbox(key="colour").value == coloring
    traces = read_chart(app)
    assert entries <= {trace["name"] for trace in traces}
    rows = [row for t in traces if "customdata" in t for row in t["customdata"].tolist()]
    assert sorted(rows) == list(range(ANSWERS))
    told = "a score" if coloring.startswith("Score: ") else coloring.lower()
    assert f"coloured by {told}" in app.get("plotly_chart")[0].proto.alt


def test_a_link_shows_sources_alone(corpora: Path) -> None:
    app = visit("atlas", query="q0", show=["gpt-4o", "human"])
    assert app.sidebar.multiselect(key="show").value == ["gpt-4o", "human"]
    counts = Counter({t["name"]: len(t["customdata"]) for t in read_chart(app)})
    assert counts == {"gpt-4o": 10, "human": 8, "the rest": 30}


def test_a_link_chooses_the_projection() -> None:
    umap, pca = visit("atlas", query="q0"), visit("atlas", query="q0", map="PCA")
    assert read_note(umap, "trust").startswith("UMAP of made-up vectors: 48 answers")
    assert "neighbours kept (trustworthiness) .93" in read_note(umap, "trust")
    assert read_note(pca, "trust").startswith("PCA of made-up vectors: 48 answers")
    assert "neighbours kept (trustworthiness) .81" in read_note(pca, "trust")


def test_large_maps_are_a_density_until_points_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("frame.controls.MANY", ANSWERS - 1)
    app = visit("atlas", query="q0")
    assert app.sidebar.segmented_control(key="draw").value == "Density"
    assert read_chart(app)[0]["type"] == "heatmap"
    points = visit("atlas", query="q0", draw="Points")
    assert "heatmap" not in {t["type"] for t in read_chart(points)}
    monkeypatch.setattr("frame.controls.MANY", ANSWERS)
    assert "draw" not in {control.key for control in visit("atlas", query="q0").segmented_control}


def test_a_link_lists_clusters() -> None:
    app = visit("atlas", query="q0", list="Clusters")
    assert "lie in one cluster" in read_block(app, "finding-page")
    assert read_note(app, "ideas") == ""
    assert len(list_open(app)) == 4
    click(app, "open-0")
    assert ask(app, "cluster") == "1"
    assert list_headings(app)[0].startswith("Cluster 1: ")


def test_a_link_chooses_what_sameness_is_by_and_from_where() -> None:
    assert len(list_open(visit("atlas", query="q0"))) == 5
    verbatim = visit("atlas", **VERBATIM)
    assert verbatim.slider(key="at_cosine").value == 0.99
    assert verbatim.button(key="open-once").label == "Read all 23"
    assert list_open(visit("atlas", query="q0", at_people="0.2")) == [
        "40 of 40 answers · 3 of 3 models · 8 of 8 by people"
    ]


@pytest.mark.parametrize(
    ("name", "value", "heading", "rows"),
    [
        ("group", "q0-0-1", "Nearly the same: 13 answers · 3 models · 7 wordings", 13),
        ("cluster", "1", "Cluster 1: 15 answers · 3 models · 8 wordings", 15),
        ("points", pack_rows([3, 4, 40], ANSWERS), "Your selection: 3 answers · 2 models", 3),
    ],
)
def test_a_link_picks_answers(name: str, value: str, heading: str, rows: int) -> None:
    app = visit("atlas", query="q0", **{name: value})
    assert not app.exception
    assert list_headings(app)[0] == heading
    assert ask(app, name) == value
    assert len(list_drawn(app)) == rows
    assert click(app, "back").query_params.get(name) is None
    assert list_drawn(app) == []
    assert len(list_open(app)) == 5


def test_a_link_opens_what_is_said_once() -> None:
    app = visit("atlas", **VERBATIM, once="1")
    assert list_headings(app)[0] == "Said once: 23 answers · 3 models"
    assert len(list_prose(app)) == 23
    assert not any(prose.marked for prose in list_prose(app))


def test_a_link_to_a_query_that_is_not_here_says_so() -> None:
    app = visit("atlas", query="gone")
    assert not app.exception
    assert [c.value for c in app.caption] == ["Query: the link asks for one that is not here."]


# A damaged link

HUGE = "9" * 400
DAMAGED: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "category": ({}, ("nonsense", HUGE, "", "-1", HOSTILE_CATEGORY)),
    "view": ({}, ("nonsense", HUGE, "-1", "category")),
    "map_category": ({"view": "Category"}, ("nonsense", HUGE, "-1", HOSTILE_CATEGORY)),
    "colour": ({}, ("nonsense", HUGE, "-1", "Score: nobody", "model")),
    "show": ({}, ("nonsense", HUGE, "-1", "<i>model</i>")),
    "map": ({}, ("nonsense", HUGE, "-1", "pca")),
    "draw": ({}, ("nonsense", HUGE, "-1")),
    "list": ({}, ("nonsense", HUGE, "-1")),
    "table": ({}, ("nonsense", HUGE, "-1")),
    "same": ({}, ("nonsense", HUGE, "-1", "cosine")),
    "at_people": ({}, ("nonsense", HUGE, "-1", "nan", "inf", "0.19", "1")),
    "at_cosine": ({"same": "Cosine"}, ("nonsense", HUGE, "-1", "nan", "-inf", "0.29", "1")),
    "group": ({}, ("nonsense", HUGE, "-1", "q1-0-1", "<b>")),
    "cluster": ({}, ("nonsense", HUGE, "-1", "0", "99", "1.0", "²")),
    "like": ({}, ("nonsense", HUGE, "-1", "q1-0-1")),
    "points": (
        {},
        (
            "nonsense",
            HUGE,
            "-1",
            "é",
            "eA",
            ALL[:6],
            ALL[:6] + "A" + ALL[7:],
            pack_rows([], ANSWERS),
            pack_rows([3], 3 * ANSWERS),
            "x" * 200_000,
        ),
    ),
    "pair": ({}, ("nonsense", HUGE, f"{HUGE}-1", "-1", "-1-2", "0-48", "1", "1-2-3", "a-b", "²-³")),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_choice_in_a_link_is_left_out(name: str) -> None:
    context, values = DAMAGED[name]
    sound = visit("atlas", query="q0", **context)
    for value in values:
        app = visit("atlas", query="q0", **context, **{name: value})
        assert not app.exception, value
        assert read(app) == read(sound), value
        assert list_drawn(app) == [], value
        assert not app.get("dialog"), value
        # A choice that is not offered here, as the density of a small map, keeps its word.
        assert name == "draw" or (ask(app, name) or None) == ask(sound, name), value


def test_a_damaged_query_in_a_link_opens_the_most_striking_one() -> None:
    sound = visit("atlas")
    for value in ("", "nonsense", HUGE, "-1", "markup"):
        app = visit("atlas", query=value)
        assert not app.exception
        assert read(app) == read(sound)
        assert ask(app, "query") == ask(sound, "query")


def test_a_damaged_search_in_a_link_is_cut() -> None:
    app = visit("atlas", query="q0", find="9" * 4000)
    assert not app.exception
    assert max(len(element.value) for element in app.text) < 600
    assert "No category, no query and no answer found" in read(app)


def test_only_its_own_word_opens_what_is_said_once() -> None:
    app = visit("atlas", **VERBATIM, once="nonsense")
    assert ask(app, "once") is None
    assert len(list_open(app)) == 8


def test_what_is_said_once_opens_only_where_something_is() -> None:
    app = visit("atlas", query="q0", once="1")
    assert not app.exception
    assert ask(app, "once") is None
    assert len(list_open(app)) == 5


@given(st.sets(st.integers(0, 299)), st.integers(300, 320))
@example(set(), 300)
@example(set(range(300)), 300)
def test_rows_go_through_an_address_and_come_back(rows: set[int], n: int) -> None:
    word = pack_rows(rows, n)
    assert unpack_rows(word, n) == tuple(sorted(rows))
    assert word.isascii()
    assert not set(word) & set("/+=&?#% ")


@given(st.text(max_size=60) | st.text("abcdefghXYZ0189-_=", max_size=60), st.integers(1, 300))
def test_no_word_of_an_address_names_a_row_that_is_not_there(word: str, n: int) -> None:
    assert set(unpack_rows(word, n)) <= set(range(n))


# Groups and their threshold


def test_the_slider_cuts_other_groups() -> None:
    app = visit("atlas", query="q0")
    assert read_block(app, "finding-page").startswith("12 of 40 answers, from 3 of 3 models, ")
    assert "the 40 answers by models hold 5" in read_note(app, "ideas")
    app.slider(key="at_people").set_value(0.2).run()
    assert read_block(app, "finding-page").startswith("40 of 40 answers, from 3 of 3 models, ")
    assert "the 40 answers by models hold 1," in read_note(app, "ideas")
    app.slider(key="at_people").set_value(0.8).run()
    assert "the 40 answers by models hold 26" in read_note(app, "ideas")
    assert len(list_open(app)) == 8


def test_the_slider_keeps_the_group_of_the_answer_that_was_picked() -> None:
    app = visit("atlas", query="q0", group="q0-0-1")
    for threshold, picked in ((0.5, 13), (0.2, 48), (0.8, 1), (0.5, 13)):
        app.slider(key="at_people").set_value(threshold).run()
        assert not app.exception
        assert count_picked(app) == picked
        assert ask(app, "group") == "q0-0-1"
        assert len(list_drawn(app)) == picked


def test_the_slider_keeps_a_selection_of_points() -> None:
    app = visit("atlas", query="q0", points=pack_rows([3, 4, 40], ANSWERS))
    app.slider(key="at_people").set_value(0.8).run()
    assert count_picked(app) == 3
    assert list_drawn(app) == [3, 4, 40]


def test_another_sense_has_a_slider_of_its_own() -> None:
    app = visit("atlas", query="q0")
    app.segmented_control(key="same").set_value("cosine").run()
    assert not app.exception
    assert [slider.key for slider in app.slider] == ["at_cosine"]
    assert app.slider(key="at_cosine").value == 0.9


@pytest.fixture
def sections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """Write a query with a group of each kind, the least shared the largest."""
    ideas = (
        ("a river", ("m1", "m2")),
        ("a thief", ("m1", "m1", "m1")),
        ("a loop", ("human",) * 4),
        ("a healer", (None,) * 5),
        ("a mirror", ("m1",)),
        ("1", ("human",)),
    )
    answers = [
        {
            "response_id": f"{idea}-{sample}",
            "query_id": "q",
            "model": model,
            "sample": sample,
            "text": f"It is {idea}, in its {sample}. answer.",
            "group": idea,
        }
        for idea, models in ideas
        for sample, model in enumerate(models)
    ]
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    query = {"query_id": "q", "query": "What is time?"}
    return write_corpus(tmp_path / "sections", Manifest("sections"), [query], answers)


def list_sections(app: AppTest) -> list[tuple[str, list[str]]]:
    """Return the sections of the list with what stands in each: its answers' first words."""
    sections: list[tuple[str, list[str]]] = [("", [])]
    for node in walk(app.get_by_key("panel")):
        if node.type == "markdown":
            sections.append((node.value.strip("*"), []))
        elif str(getattr(node, "key", "")).startswith("medoid-"):
            sections[-1][1].append(node.text[0].value.split(",")[0])
    return sections


def test_the_list_goes_from_what_is_shared_to_what_is_said_once(sections: Corpus) -> None:
    app = visit("atlas", "sections")
    assert not app.exception
    assert [(name, sorted(words)) for name, words in list_sections(app)] == [
        ("", ["It is a river"]),
        ("Said by one model only", ["It is a thief"]),
        ("Said by people only", ["It is a loop"]),
        ("Said by writers that are withheld", ["It is a healer"]),
        ("Said once", ["It is 1", "It is a mirror"]),
    ]
    assert app.button(key="open-once").label == "Read all 2"


def test_what_people_say_too_is_not_said_by_one_model_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ideas = {"a river": ("m1", "m2"), "a thief": ("m1", "human")}
    answers = [
        {
            "response_id": f"{idea}-{model}",
            "query_id": "q",
            "model": model,
            "text": f"It is {idea}, says {model}.",
            "group": idea,
        }
        for idea, models in ideas.items()
        for model in models
    ]
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    query = {"query_id": "q", "query": "What is time?"}
    write_corpus(tmp_path / "shared", Manifest("shared"), [query], answers)
    told = dict(list_sections(visit("atlas", "shared")))
    assert sum(len(words) for words in told.values()) == 2
    assert "Said by one model only" not in told


def test_what_is_said_once_can_be_read_in_full() -> None:
    app = click(visit("atlas", **VERBATIM), "open-once")
    assert list_headings(app)[0] == "Said once: 23 answers · 3 models"
    assert ask(app, "once") == "1"
    assert len(set(list_cards(app))) == 23
    click(app, "back")
    assert app.button(key="open-once").label == "Read all 23"


def test_a_long_list_goes_on_when_asked() -> None:
    app = visit("atlas", **VERBATIM)
    assert len(list_open(app)) == 8
    assert len([n for n in walk(app.main) if str(getattr(n, "key", "")).startswith("lone-")]) == 2
    click(app, "more-list")
    assert len([n for n in walk(app.main) if str(getattr(n, "key", "")).startswith("lone-")]) == 23
    assert "more-list" not in {button.key for button in app.button}


def test_many_answers_go_on_when_asked() -> None:
    app = visit("atlas", query="q0", points=ALL)
    assert len(list_prose(app)) == 40
    assert len(list_prose(click(app, "more-answers"))) > 40
    told = [prose.text for prose in list_prose(app)]
    assert len(set(told)) == 31


@pytest.fixture
def calibration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Calibrate the made-up encoder: two thresholds, and even chances."""
    row = {
        "precision": 0.75,
        "precision_ci95": [0.5, 0.875],
        "recall": 0.6,
        "recall_ci95": [0.4, 0.8],
        "called_share": 0.3,
    }
    nothing = row | {"precision": None, "precision_ci95": [None, None]}
    rows = [row | {"threshold": 0.4}, nothing | {"threshold": 0.9}]
    sense = {"default": 0.6, "auc": 0.8, "auc_ci95": [0.7, 0.9], "rows": rows}
    content = {
        "encoder": ENCODER,
        "source": "Made up.",
        "pairs": 10,
        "prompts": 10,
        "prevalence": 0.5,
        "intercept": 0.0,
        "weights": dict.fromkeys(("cosine", "word_overlap", "layout", "headings"), 0.0),
        "senses": {"people": sense},
    }
    path = tmp_path / "sameness" / f"{ENCODER}.json"
    path.parent.mkdir()
    path.write_text(json.dumps(content), encoding="utf-8")
    dashboard_corpus.write_demo(tmp_path / "corpora" / "demo")
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path / "corpora"))
    streamlit.cache_resource.clear()
    yield path
    streamlit.cache_resource.clear()


def test_an_encoder_that_nobody_calibrated_says_so() -> None:
    assert "has not been measured" in read_note(visit("atlas", query="q0"), "agreement")


def test_a_calibration_says_how_often_people_agree_and_where_to_start(calibration: Path) -> None:
    app = visit("atlas", query="q0")
    assert app.slider(key="at_people").value == 0.6
    told = read_note(app, "agreement")
    assert told.startswith(
        "At .60 people agree with 75 % (50 to 88 %) of the pairs called the same"
    )
    assert "60 % of the pairs that people call the same are found" in told
    for threshold in (0.3, 0.95):
        app.slider(key="at_people").set_value(threshold).run()
        assert read_note(app, "agreement").startswith("People judged too few pairs this alike")
    app.segmented_control(key="same").set_value("cosine").run()
    assert "has not been measured" in read_note(app, "agreement")


def test_a_calibration_tells_the_chance_that_people_call_answers_the_same(
    calibration: Path, corpora: Path
) -> None:
    ids = list_ids(corpora, "q0")
    app = visit("atlas", query="q0", like=ids[0])
    told = [read_note(app, f"repeats-{row}") for row in list_cards(app)]
    chance = "chance that people call them the same 50 %"
    assert [note.endswith(chance) for note in told] == [False] + [True] * (len(told) - 1)
    pair = visit("atlas", query="q0", pair="0-1")
    assert chance in read_note(pair, "pair")


def test_a_damaged_calibration_is_told_in_one_line(calibration: Path) -> None:
    calibration.write_text("{", encoding="utf-8")
    app = visit("atlas", query="q0")
    assert not app.exception
    assert "This corpus is not sound" in read(app)
    assert "whole calibration" in read(app)


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """Write an ordinary corpus that a test may change."""
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    return dashboard_corpus.write_demo(tmp_path / "demo", queries=2)


def test_a_corpus_of_an_older_version_asks_for_a_build(demo: Corpus) -> None:
    Path(demo.path(views_file(ENCODER, "linkages.parquet"))).unlink()
    app = visit("atlas")
    assert not app.exception
    assert "demo has no maps yet" in read(app)
    assert [code.value for code in app.code] == [f"hivemind build {demo.locator}"]


def keep_linkages(corpus: Corpus, query_ids: Sequence[str]) -> None:
    """Write a corpus anew in which only these queries have groups."""
    file = views_file(ENCODER, "linkages.parquet")
    rows = corpus.read_file(file)
    kept = pc.is_in(rows["query_id"], pa.array(list(query_ids), pa.string()))
    write_files(corpus, {file: rows.filter(kept)}, corpus.manifest)


def test_a_corpus_without_any_groups_lists_its_clusters(demo: Corpus) -> None:
    keep_linkages(demo, [])
    app = visit("atlas", query="q0", group="q0-0-1", once="1")
    assert not app.exception
    assert not app.slider
    assert len(list_open(app)) == 4
    assert "lie in one cluster" in read_block(app, "finding-page")


def test_a_query_without_groups_is_not_said_to_repeat_nothing(demo: Corpus) -> None:
    keep_linkages(demo, ["q1"])
    app = visit("atlas", query="q0")
    assert not app.exception
    assert "no two of them nearly the same" not in read_block(app, "finding-page")
    assert "No answers read alike" not in read(app)


# Answers in full


def test_a_group_is_read_by_source_with_its_repeats_counted_and_its_phrase_marked() -> None:
    app = click(visit("atlas", query="q0"), "open-0")
    assert ask(app, "group") is not None
    words = read(app)
    for source in ("gemini-1.5-pro", "gpt-4o", "olmo2-7b · plain", "olmo2-7b · random", "human"):
        assert f"{source} · 3 answers" in words
    assert words.index("gpt-4o · 3") < words.index("human · 3")
    assert "× 2, word for word" in words
    assert "“It is a river”" in read_note(app, "phrases")
    assert read_note(app, "phrases") == "Of 8 wordings here, 8 say “It is a river”."
    assert {prose.marked for prose in list_prose(app)} == {"It is a river"}


def test_identical_answers_are_merged_and_counted() -> None:
    app = click(visit("atlas", HOSTILE, query="same"), "open-0")
    assert "All 12 answers are word for word the same." in read(app)
    assert read(app).count("× 4, word for word") == 3


def test_a_long_answer_is_cut_until_asked_for(corpora: Path) -> None:
    long = max(HOSTILE_TEXTS, key=len)
    ids = list_ids(corpora, "markup", "hostile")
    row = ids.index(f"markup-<i>model</i>-{HOSTILE_TEXTS.index(long)}")
    app = visit("atlas", HOSTILE, query="markup", points=pack_rows([row], len(ids)))
    assert [len(prose.text) for prose in list_prose(app)] == [1501]
    click(app, find_key(app, f"Show all {len(long):,} characters"))
    assert [prose.text for prose in list_prose(app)] == [long]


def test_scores_stand_beside_the_answers_that_have_one(corpora: Path) -> None:
    ids = list_ids(corpora, "q0")
    rows = [ids.index(f"q0-0-{sample}") for sample in (1, 2, 3)]
    app = visit("atlas", query="q0", colour=QUALITY, points=pack_rows(rows, ANSWERS))
    notes = {row: read_note(app, f"repeats-{row}") for row in rows}
    scored = [f"judge · quality: {score}" for score in (".10", ".20", "not scored")]
    assert list(notes.values()) == scored
    app.sidebar.selectbox(key="colour").set_value("Score: reward").run()
    notes = {row: read_note(app, f"repeats-{row}") for row in rows}
    assert [note.partition(": ")[0] for note in notes.values()] == ["reward"] * 3
    app.sidebar.selectbox(key="colour").set_value("Model").run()
    assert not any(read_note(app, f"repeats-{row}") for row in rows)


def test_unscored_answers_have_a_mark_of_their_own_on_the_map(corpora: Path) -> None:
    ids = list_ids(corpora, "q0")
    counts = {
        t["name"]: len(t["customdata"])
        for t in read_chart(visit("atlas", query="q0", colour=QUALITY))
        if "customdata" in t
    }
    unscored = [one for one in ids if int(one.rsplit("-", 1)[1]) % 4 == 3]
    assert counts["not scored"] + counts["people, not scored"] == len(unscored)


def test_repeats_of_different_scores_tell_from_which_to_which(corpora: Path) -> None:
    rows = [row for row, one in enumerate(list_ids(corpora, "q0")) if one in ("q0-1-0", "q0-1-6")]
    app = visit("atlas", query="q0", colour=QUALITY, points=pack_rows(rows, ANSWERS))
    (row,) = list_cards(app)
    assert read_note(app, f"repeats-{row}") == "× 2, word for word · judge · quality: .00 to .60"


def test_more_like_this_shows_the_nearest_first(corpora: Path) -> None:
    ids = list_ids(corpora, "q0")
    app = visit("atlas", query="q0", points=pack_rows([ids.index("q0-0-1")], ANSWERS))
    click(app, find_key(app, "More like this"))
    assert ask(app, "like") == "q0-0-1"
    assert ask(app, "points") is None
    assert list_headings(app)[0].startswith("Most like one answer: ")
    cards = list_cards(app)
    assert ids[cards[0]] == "q0-0-1"
    assert len(cards) == 16
    notes = [read_note(app, f"repeats-{row}") for row in cards]
    assert "the answer that the others are like" in notes[0]
    cosines = [float(note.split("cosine ")[1].split(" ")[0]) for note in notes[1:]]
    assert cosines == sorted(cosines, reverse=True)
    assert all(0.8 < cosine <= 1 for cosine in cosines[:6])
    assert all("a thief" in prose.text for prose in list_prose(app)[:7])
    assert len(list_drawn(app)) == count_picked(app)


def test_the_repeats_of_an_answer_are_most_like_it(corpora: Path) -> None:
    app = visit("atlas", query="q0", like="q0-1-0")
    assert read_block(app, "voice-0") == (
        "gemini-1.5-pro × 2, gpt-4o, human, olmo2-7b · plain, olmo2-7b · random × 2"
    )
    assert read_note(app, f"repeats-{list_cards(app)[0]}").startswith("× 7, word for word")


def test_two_answers_are_compared_side_by_side(corpora: Path) -> None:
    ids = list_ids(corpora, "q0")
    rows = [ids.index("q0-0-1"), ids.index("q0-0-2")]
    app = visit("atlas", query="q0", points=pack_rows(rows, ANSWERS))
    click(app, f"pair-{rows[0]}")
    assert read_note(app, "first") == ("An answer by gpt-4o waits to be compared: choose another.")
    assert app.button(key=f"pair-{rows[0]}").disabled
    assert app.button(key=f"pair-{rows[1]}").label == "Compare with the first"
    assert ask(app, "pair") is None
    assert not app.get("dialog")
    click(app, f"pair-{rows[1]}")
    assert ask(app, "pair") == f"{rows[0]}-{rows[1]}"
    (dialog,) = app.get("dialog")
    assert dialog.proto.dialog.title == "Two answers side by side"
    sides = [Prose(element.proto.body) for element in dialog.get("html")]
    assert [side.text for side in sides] == [
        "It is a thief, said gpt-4o in its 1. answer.",
        "It is a healer, said gpt-4o in its 2. answer.",
    ]
    assert ["thief" in sides[0].marked, "healer" in sides[1].marked] == [True, True]
    assert "said gpt-4o" not in sides[0].marked + sides[1].marked
    assert read_note(app, "pair").startswith("Cosine ")
    assert read_note(app, "first") == ""


def test_a_comparison_can_be_dropped_before_the_second_answer() -> None:
    app = click(visit("atlas", query="q0", points=pack_rows([1, 2], ANSWERS)), "pair-1")
    click(app, "drop-pair")
    assert read_note(app, "first") == ""
    assert [b.label for b in app.button if str(b.key).startswith("pair-")] == ["Compare"] * 2


def test_the_first_answer_waits_while_the_second_is_looked_for() -> None:
    app = visit("atlas", query="q0", group="q0-0-1")
    click(app, find_key(app, "Compare"))
    click(app, "back")
    click(app, "open-0")
    assert "waits to be compared" in read_note(app, "first")
    click(app, find_key(app, "Compare with the first"))
    assert len(app.get("dialog")) == 1


def test_an_answer_to_another_query_drops_the_first_of_a_pair() -> None:
    app = click(visit("atlas", query="q0", points=pack_rows([1], ANSWERS)), "pair-1")
    app.sidebar.selectbox(key="query").set_value("q1").run()
    app = click(app, "open-0")
    assert read_note(app, "first") == ""


def test_a_link_opens_a_comparison() -> None:
    app = visit("atlas", query="q0", pair="1-2")
    assert len(app.get("dialog")) == 1
    assert ask(app, "pair") == "1-2"
    assert len(list_open(app)) == 5


def test_answers_to_different_queries_are_compared_with_a_caution() -> None:
    app = visit("atlas", view="Category", map_category=ABSTRACT, pair=f"1-{ANSWERS + 1}")
    assert "answers to different queries, which people did not judge" in read_note(app, "pair")


# From map to map


def test_recolouring_keeps_what_is_picked() -> None:
    chosen = pack_rows([3, 4, 40], ANSWERS)
    for picked in ({"points": chosen}, {"group": "q0-0-1"}, {"cluster": "1"}):
        app = visit("atlas", query="q0", **picked)
        before = list_drawn(app)
        heading = list_headings(app)[0]
        for coloring in COLORINGS:
            app.sidebar.selectbox(key="colour").set_value(coloring).run()
            assert not app.exception
            assert list_drawn(app) == before
            assert list_headings(app)[0] == heading
        app.sidebar.segmented_control(key="map").set_value("PCA").run()
        assert list_drawn(app) == before


def test_another_query_starts_with_its_list() -> None:
    app = visit("atlas", query="q0", cluster="1")
    app.sidebar.selectbox(key="query").set_value("q1").run()
    assert ask(app, "query") == "q1"
    assert ask(app, "cluster") is None
    assert list_drawn(app) == []


def test_the_next_and_the_last_query_are_a_button_away() -> None:
    app = visit("atlas", query="q1")
    seen = [ask(app, "query")]
    assert app.button(key="go--1").disabled
    while not app.button(key="go-1").disabled:
        seen.append(ask(click(app, "go-1"), "query"))
    assert seen == ["q1", "q4", "q3", "q5", "q0", "q2"]
    back = [ask(click(app, "go--1"), "query") for _ in seen[1:]]
    assert back == seen[-2::-1]
    assert app.button(key="go--1").disabled


def test_the_next_query_is_of_the_same_category() -> None:
    app = visit("atlas", query="q1", category=ABSTRACT)
    seen = [ask(click(app, "go-1"), "query") for _ in range(2)]
    assert seen == ["q3", "q5"]
    assert app.button(key="go-1").disabled


def test_the_next_category_is_a_button_away() -> None:
    app = visit("atlas", view="Category")
    assert ask(app, "map_category") == CREATIVE
    assert app.button(key="go--1").disabled
    assert ask(click(app, "go-1"), "map_category") == ABSTRACT
    assert app.button(key="go-1").disabled
    assert ask(click(app, "go--1"), "map_category") == CREATIVE


def test_a_corpus_of_one_query_has_no_neighbours(sections: Corpus) -> None:
    app = visit("atlas", "sections")
    assert app.button(key="go--1").disabled
    assert app.button(key="go-1").disabled


def test_answers_on_the_map_of_a_category_say_which_query_they_are_to() -> None:
    app = visit("atlas", view="Category", map_category=ABSTRACT)
    assert read_note(app, "query-0").startswith("to: Write a metaphor about ")
    click(app, "open-0")
    rows = list_cards(app)
    assert {read_note(app, f"query-answer-{row}") for row in rows} == {
        read_note(app, f"query-answer-{rows[0]}")
    }
    assert read_note(app, f"query-answer-{rows[0]}").startswith("to: Write a metaphor about ")


def test_choices_outlive_a_corpus_that_has_not_got_them() -> None:
    app = visit(
        "atlas",
        query="q0",
        show="gpt-4o",
        colour=QUALITY,
        list="Clusters",
        cluster="1",
        at_people="0.8",
    )
    for name in (HOSTILE, "empty", "demo"):
        app.sidebar.selectbox(key="corpus").set_value(name).run()
        assert not app.exception
        assert ask(app, "corpus") == name
        assert ask(app, "cluster") is None
    assert app.segmented_control(key="list").value == "Clusters"


# Search


def search(app: AppTest, words: str) -> AppTest:
    app.sidebar.text_input(key="find").set_value(words).run()
    assert not app.exception
    return app


def find_hit(app: AppTest, topic: str) -> str:
    """Return the key of the button that opens what was found of a query."""
    places = range(len([b for b in app.button if str(b.key).startswith("open-found-answer")]))
    asked = [read_note(app, f"found-asked-{place}") for place in places]
    return f"open-found-answer-{asked.index(f'Write a metaphor about {topic}')}"


def test_a_search_opens_a_query_and_ends() -> None:
    app = search(visit("atlas", query="q0", category=CREATIVE), '"about the sea"')
    click(app, "open-found-query-0")
    assert ask(app, "query") == "q5"
    assert read_block(app, "heading-page") == "Write a metaphor about the sea"
    assert app.sidebar.text_input(key="find").value == ""
    assert ask(app, "category") is None
    assert len(list_open(app)) == 5


def test_a_search_opens_a_category() -> None:
    app = search(visit("atlas", query="q0"), "open-ended QA")
    click(app, "open-found-category-0")
    assert ask(app, "map_category") == ABSTRACT
    assert read_block(app, "heading-page") == ABSTRACT
    assert app.sidebar.text_input(key="find").value == ""


def test_a_search_opens_answers_and_going_back_shows_the_results(corpora: Path) -> None:
    app = search(visit("atlas", view="Category"), "river gemini")
    assert "Answers · 6" in [element.value for element in app.subheader]
    click(app, find_hit(app, "sleep"))
    assert ask(app, "query") == "q3"
    assert list_headings(app)[0] == "Your selection: 1 answer · 1 model"
    (row,) = list_cards(app)
    assert list_ids(corpora, "q3")[row] == "q3-1-7"
    click(app, "back")
    assert ask(app, "points") is None
    assert "Answers · 6" in [element.value for element in app.subheader]
    assert app.sidebar.text_input(key="find").value == "river gemini"


def test_a_search_on_the_map_of_a_category_opens_what_it_found() -> None:
    app = search(visit("atlas", query="q0", view="Category"), "river gemini")
    click(app, find_hit(app, "sleep"))
    assert ask(app, "query") == "q3"


@pytest.mark.parametrize("topic", ["time", "sleep"])
def test_answers_that_a_search_opened_stand_out_on_the_map(topic: str) -> None:
    app = search(visit("atlas", query="q0"), "river gemini")
    click(app, find_hit(app, topic))
    assert list_drawn(app) == list_cards(app)


def test_a_new_search_drops_what_is_picked() -> None:
    app = visit("atlas", query="q0", group="q0-0-1")
    search(app, "healer")
    assert ask(app, "group") is None
    assert "In 6 queries, those with the most answers first." in read(app)
    search(app, "")
    assert len(list_open(app)) == 5


def test_a_link_opens_a_search() -> None:
    app = visit("atlas", query="q0", find="river")
    assert app.sidebar.text_input(key="find").value == "river"
    assert "It is a [river]." in read(app)
    assert not list_open(app)


# The map as a table


@pytest.mark.parametrize(
    ("query", "answers"), [({"query": "q0"}, 48), ({"view": "Category"}, 6 * ANSWERS)]
)
def test_the_map_is_a_table_too_one_row_an_answer(query: dict[str, str], answers: int) -> None:
    app = visit("atlas", **query)
    assert not app.dataframe
    table = open_table(app).dataframe[0].value
    assert len(table) == table["response"].nunique() == answers
    assert ("query" in table) == ("view" in query)
    assert set(table.columns) >= {"source", "characters", "cluster", "group", "x", "y"}
    assert app.dataframe[0].proto.alt


def test_the_table_says_the_same_as_the_list(corpora: Path) -> None:
    table = open_table(visit("atlas", query="q0")).dataframe[0].value
    assert table["response"].tolist() == list_ids(corpora, "q0")
    picked = count_picked(visit("atlas", query="q0", cluster="1"))
    assert (table["cluster"] == 1).sum() == picked
    (group,) = set(table[table["response"] == "q0-0-1"]["group"])
    assert (table["group"] == group).sum() == 13
    assert table["cluster"].isna().sum() == 7


def test_a_group_has_one_number_on_the_map_and_in_the_table(sections: Corpus) -> None:
    app = open_table(visit("atlas", "sections", colour="Group"))
    numbers = app.dataframe[0].value["group"]
    traces = [trace for trace in read_chart(app) if trace["name"].startswith("group ")]
    assert len(traces) > 1
    told = {trace["name"]: set(numbers.iloc[trace["customdata"]]) for trace in traces}
    assert told == {name: {int(name.removeprefix("group "))} for name in told}


def test_what_is_listed_or_picked_can_be_taken_away() -> None:
    app = visit("atlas", query="q0")
    assert app.get_by_key("take").proto.popover.label == "Take 48 answers away"
    click(app, "open-0")
    assert app.get_by_key("take").proto.popover.label == "Take 15 answers away"
    forms = ["CSV", "Parquet", "JSON Lines", "What they are from (JSON)"]
    labels = [b.label for b in app.download_button if b.key != "take-print"]
    assert labels == forms


def test_a_selection_of_the_map_is_read_by_row() -> None:
    points = [{"customdata": 7}, {"customdata": [3]}, {"customdata": 7}]
    session: dict[str, Any] = {"m": {"selection": {"points": points}}}

    class State(dict[str, Any]):
        pass

    state = State(session)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picking.st, "session_state", state)
        picking.take_selection("m", ANSWERS)
        assert state["pick"] == ("points", pack_rows([3, 7], ANSWERS))
        state["m"] = {"selection": {"points": [{"customdata": ANSWERS}]}}
        picking.take_selection("m", ANSWERS)
        assert state["pick"] is None
        state["pick"] = ("group", "q0-0-1")
        state["m"] = {"selection": {"points": []}}
        picking.take_selection("m", ANSWERS)
        assert state["pick"] == ("group", "q0-0-1")


# Odd queries


@pytest.mark.parametrize(
    ("query", "finding", "listed"),
    [
        ("one", "One answer: there is nothing to compare it with.", 0),
        ("two", "2 of 2 answers, from 2 of 2 models, say nearly the same.", 1),
        ("three", "3 of 3 answers, from 3 of 3 models, say nearly the same.", 1),
        ("same", "All 12 answers are word for word the same.", 1),
        ("alone", "2 of 8 answers say nearly the same.", 4),
        ("withheld", "All 2 answers are word for word the same.", 1),
        ("markup", "9 of 33 answers, from 3 of 3 models, say nearly the same.", 4),
    ],
)
def test_odd_queries_say_what_there_is(query: str, finding: str, listed: int) -> None:
    for choices in (
        {},
        {"list": "Clusters"},
        {"map": "PCA"},
        {"colour": "Group"},
        {"at_people": "0.8"},
    ):
        app = visit("atlas", HOSTILE, query=query, **choices)
        assert not app.exception
        assert ask(app, "query") == query
    app = visit("atlas", HOSTILE, query=query)
    assert read_block(app, "finding-page") == finding
    assert len(list_open(app)) == listed


@pytest.mark.parametrize(
    ("query", "finding"),
    [
        ("none", "Nobody answered this query."),
        ("blank", "6 answers, and no text among them to be mapped."),
    ],
)
def test_queries_without_a_text_have_no_map(query: str, finding: str) -> None:
    app = visit("atlas", HOSTILE, query=query, group="x", points="x", pair="0-1", find="script")
    assert not app.exception
    assert read_block(app, "finding-page") == finding
    assert not app.get("plotly_chart")
    assert not app.get("dialog")


def test_a_search_is_shown_on_a_query_without_a_map() -> None:
    app = visit("atlas", HOSTILE, query="none", find="script")
    assert "Answers · " in "".join(element.value for element in app.subheader)


def test_one_answer_has_nothing_like_it() -> None:
    app = visit("atlas", HOSTILE, query="one", points=pack_rows([0], 1))
    click(app, find_key(app, "More like this"))
    assert list_headings(app)[0] == "Most like one answer: 1 answer · 1 model"


def test_answers_that_are_not_on_the_map_are_counted() -> None:
    assert "2 answers without text not on the map" in read_note(
        visit("atlas", HOSTILE, query="withheld"), "trust"
    )


def test_answers_of_one_model_only_are_not_said_to_be_shared() -> None:
    app = visit("atlas", HOSTILE, query="alone")
    assert "from" not in read_block(app, "finding-page")
    assert [head.partition(" · ")[0] for head in list_open(app)] == ["2 of 8 answers"] * 4
    assert "models" not in "".join(list_open(app))
    assert list_headings(app) == []


# Untrusted text

MARKUP = "markup-<i>model</i>-"
EVERYTHING = pack_rows(range(33), 33)
MODES: dict[str, dict[str, str]] = {
    "groups": {},
    "clusters": {"list": "Clusters"},
    "said once": {"at_people": "0.8"},
    "a group": {"group": f"{MARKUP}1"},
    "a cluster": {"cluster": "1"},
    "read all": {"at_people": "0.8", "once": "1"},
    "a selection": {"points": EVERYTHING},
    "alike": {"like": f"{MARKUP}0"},
    "a pair": {"pair": "0-13"},
    "answers found": {"find": "script"},
    "queries found": {"find": "query"},
    "categories found": {"find": "category"},
    "nothing found": {"find": "<b>nowhere</b> ![f](http://example.com/f.png)"},
    "strategies": {"colour": "Strategy", "query": "alone"},
    "families": {"colour": "Family"},
    "a source alone": {"show": "![m](http://example.com/m.png)"},
    "a category": {"view": "Category", "points": pack_rows(range(30), 51)},
    "withheld": {"query": "withheld"},
}
UNTRUSTED = (
    "example.com",
    "<script",
    "onerror",
    "<i>",
    "<b>",
    "<h1>",
    "<u>",
    "**bold**",
    "**loud**",
    "alert(",
    ":red[",
    "\\frac",
    "</div></body>",
)
ATTRIBUTES = {"aria-hidden", "aria-label", "class", "dir", "role", "style", "title"}
TYPED = ("text_input", "value")
LABELS = ("label", "help", "body", "value", "caption", "placeholder", "alt", "title")


def list_rendered(app: AppTest) -> Iterator[str]:
    """Yield all that Streamlit takes for markdown, or that a screen reader is told."""
    for node in walk(app._tree):
        if node.type == "text":
            assert node.proto.help == ""
            continue
        for name in LABELS if node.type != "html" else ():
            # What is typed into a box stays text in it.
            told = getattr(node.proto, name, "") if (node.type, name) != TYPED else ""
            if isinstance(told, str):
                yield told


def list_plotly(app: AppTest) -> Iterator[str]:
    """Yield all that Plotly takes for its own markup."""
    for chart in app.get("plotly_chart"):
        spec = json.loads(chart.proto.spec)
        for trace in spec["data"]:
            yield trace.get("name") or ""
            yield trace.get("hovertemplate") or ""
            yield (trace.get("legendgrouptitle") or {}).get("text") or ""
        yield json.dumps(spec["layout"].get("annotations", []))
        yield json.dumps(spec["layout"].get("coloraxis", {}))


def expect_text_only(app: AppTest) -> None:
    assert not app.exception
    rendered = list(list_rendered(app))
    assert len(rendered) > 10
    for told in rendered:
        assert not [piece for piece in UNTRUSTED if piece in told], told
    for told in list_plotly(app):
        assert not [piece for piece in UNTRUSTED if "<" in piece and piece in told], told
    for element in app.get("html"):
        if "<style>" not in element.proto.body:
            drawn = Prose(element.proto.body)
            assert {tag.lstrip("/") for tag in drawn.tags} <= {"div", "h1", "mark", "span"}
            assert drawn.attributes <= ATTRIBUTES


@pytest.mark.parametrize("mode", MODES)
def test_untrusted_text_stays_text(mode: str) -> None:
    app = visit("atlas", HOSTILE, **{"query": "markup", **MODES[mode]})
    expect_text_only(app)
    expect_text_only(open_table(app))


def test_untrusted_texts_are_shown_whole() -> None:
    app = visit("atlas", HOSTILE, query="markup", points=EVERYTHING)
    told = {prose.text for prose in list_prose(app)}
    short = {text for text in HOSTILE_TEXTS if text.strip() and len(text) <= 1500}
    assert short <= told
    assert "(empty answer)" in read(app)
    words = read(app)
    assert "<script>alert(1)</script> · 11 answers" in words


def test_an_untrusted_scorer_colours_the_map() -> None:
    name = f"Score: {' · '.join(HOSTILE_SCORER)}"
    app = visit("atlas", HOSTILE, query="markup", colour=name, points=EVERYTHING)
    assert not app.exception
    assert ask(app, "colour") == name
    assert "<img src=x onerror=alert(1)> · **loud** ![s](http://example.com/s.png): " in read(app)
    for told in list_plotly(app):
        assert not [piece for piece in UNTRUSTED if "<" in piece and piece in told]
    assert not any("<img" in told for told in list_plotly(app))


def test_the_name_of_a_scorer_is_no_part_of_the_alternative_text() -> None:
    name = f"Score: {' · '.join(HOSTILE_SCORER)}"
    expect_text_only(visit("atlas", HOSTILE, query="markup", colour=name))


def test_back_from_likeness_leads_to_the_group_it_began_in() -> None:
    app = click(visit("atlas", query="q0"), "open-0")
    group = ask(app, "group")
    click(app, find_key(app, "More like this"))
    click(app, find_key(app, "More like this"))
    assert ask(app, "like") is not None
    click(app, "back")
    assert ask(app, "group") == group
    click(app, "back")
    assert ask(app, "group") is None


def test_a_link_names_the_encoder_whose_map_it_shows() -> None:
    assert ask(visit("atlas", query="q0"), "encoder") == ENCODER
    app = visit("atlas", query="q0", encoder="another")
    assert [c.value for c in app.caption] == ["Encoder: the link asks for one that is not here."]


def test_points_of_another_state_of_the_corpus_are_not_picked() -> None:
    word = pack_rows([1, 2], ANSWERS)
    app = visit("atlas", query="q0", hash="0123456789ab", points=word, pair="1-2")
    assert not app.exception
    assert "another state of this corpus" in read(app)
    assert not list_cards(app)


def test_answers_that_the_encoder_cannot_tell_apart_are_counted(demo: Corpus) -> None:
    assert "share a vector" not in read_note(visit("atlas", query="q0"), "trust")
    file = views_file(ENCODER, "linkages.parquet")
    rows = demo.read_file(file)
    strongest = pa.array([1.0] * len(rows), pa.float32())
    write_files(demo, {file: rows.set_column(4, "sameness", strongest)})
    told = read_note(visit("atlas", query="q0"), "trust")
    assert "48 answers share a vector with one that is written differently." in told
