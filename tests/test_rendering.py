"""Views drawn again from their addresses, against what their pages show."""

import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from frame import loading, rendering
from frame.packing import pack_rows
from frame.rendering import CHOICES, Renderer, check_view, draw_deck, read_view
from hivemind_core.corpus.locations import find_shipped
from hivemind_core.corpus.store import open_corpus, write_tables
from hivemind_core.corpus.tables import QUERIES, build_rows
from hivemind_core.deck import Deck, Slide, parse_deck
from hivemind_core.errors import InputError
from hivemind_core.exhibit import Exhibit, View
from hivemind_core.figures.palette import LIGHT
from tests.browsing import HOSTILE, ROOT, VIEWED, list_alternatives, list_specs, read, visit

pytestmark = pytest.mark.usefixtures("use_corpora")

TOPIC = "Creative Content Generation"
VIEWS: list[tuple[str, dict[str, Any]]] = [
    ("overview", {}),
    ("atlas", {}),
    ("atlas", {"query": "q2", "colour": "Family", "show": ["gpt-4o", "human"], "same": "Cosine"}),
    ("atlas", {"query": "q2", "group": "q2-1-0", "at_people": "0.7"}),
    ("atlas", {"query": "q2", "list": "Clusters", "cluster": "1", "map": "PCA"}),
    ("atlas", {"view": "Category", "map_category": TOPIC}),
    ("homogeneity", {"measure": "lexical"}),
    ("homogeneity", {"part": "Between models", "order": "By family", "first": "gpt-4o"}),
    ("homogeneity", {"part": "Nearest answers", "category": TOPIC}),
    ("homogeneity", {"part": "Robustness", "pooling": "pairs"}),
    ("homogeneity", {"part": "Change"}),
    ("homogeneity", {"of": "Both", "part": "Between models"}),
    ("homogeneity", {"of": "Published"}),
    ("homogeneity", {"of": "Published", "part": "Between models", "subset": "All 79"}),
    ("calibration", {"bins": "4", "without_people": "true"}),
    ("calibration", {"scorers": ["reward", "praise"]}),
    ("calibration", {"calibration": "One scorer", "scorer": "reward", "item": "3"}),
    ("calibration", {"calibration": "Items", "order_items": "Unanimous first"}),
    ("calibration", {"calibration": "Votes", "annotation": "pairwise"}),
    ("calibration", {"judgements": "Simulated", "seed": "7", "planted": "50"}),
    ("calibration", {"judgements": "Published", "printed_by": "Preferences"}),
    ("taxonomy", {"topic": TOPIC}),
    ("taxonomy", {"taxonomy": "Together"}),
    ("taxonomy", {"taxonomy": "Map", "asked": "love", "queries_as": "PCA"}),
]
SHOWN = [f"{page} {' '.join(map(str, given.values()))}".strip() for page, given in VIEWS]


def ask_view(page: str, given: dict[str, Any], corpus: str = "demo") -> View:
    parameters = {n: v if isinstance(v, str) else tuple(v) for n, v in given.items()}
    return View(page, parameters, corpus)


# What can be done on a page alone has no place on a slide or on paper.
DONE_HERE = re.compile(
    r"\b(click|lasso|hover|slider|drag|scroll|sidebar|tick the)\b", re.IGNORECASE
)


def list_figures(exhibit: Exhibit) -> list[Any]:
    return [json.loads(panel.figure.to_json())["data"] for panel in exhibit.panels]


def sort_figures(figures: Sequence[Any]) -> list[str]:
    return sorted(json.dumps(figure, sort_keys=True) for figure in figures)


@pytest.fixture(scope="module")
def renderer(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renderer]:
    """Keep one process that draws, as a talk does."""
    folders = {"HIVEMIND_CORPORA": str(corpora), "HIVEMIND_CORPUS": ""}
    folders["HIVEMIND_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    with Renderer(os.environ | folders) as running:
        yield running


@pytest.mark.parametrize(("page", "given"), VIEWS, ids=SHOWN)
def test_a_view_is_drawn_as_its_page_shows_it(
    renderer: Renderer, page: str, given: dict[str, Any]
) -> None:
    app = visit(page, **given)
    exhibit = renderer.draw(ask_view(page, given))
    panels = [part for one in exhibit.panels for part in (one.words, one.reading, one.basis)]
    assert not [
        told for told in (exhibit.reading, exhibit.basis, *panels) if DONE_HERE.search(told)
    ]
    words = "\n".join([read(app), *(element.value.strip("*") for element in app.markdown)])
    assert exhibit.fault == ""
    assert exhibit.title in words
    assert exhibit.reading in words
    assert [panel.words for panel in exhibit.panels if not panel.words] == []
    assert sorted(p.words for p in exhibit.panels) == sorted(list_alternatives(app))
    figures = [spec["data"] for spec in list_specs(app)]
    assert sort_figures(list_figures(exhibit)) == sort_figures(figures)
    assert exhibit.panels
    assert exhibit.tables
    for basis in (exhibit.basis, *(panel.basis for panel in exhibit.panels)):
        assert all(line in words for line in basis.split("\n"))


@pytest.mark.parametrize(("page", "given"), VIEWS, ids=SHOWN)
def test_a_view_comes_back_from_the_address_it_gives(
    renderer: Renderer, page: str, given: dict[str, Any]
) -> None:
    first = renderer.draw(ask_view(page, given))
    again = renderer.draw(first.view)
    assert again.view == first.view
    assert again.fault == ""
    assert again.reading == first.reading
    assert list_figures(again) == list_figures(first)
    assert {name: table.num_rows for name, table in again.tables.items()} == {
        name: table.num_rows for name, table in first.tables.items()
    }


@pytest.mark.parametrize(("page", "given"), VIEWS, ids=SHOWN)
def test_a_page_offers_no_choice_that_a_view_could_not_name(
    page: str, given: dict[str, Any]
) -> None:
    state = visit(page, **given).session_state
    assert {*state["chosen"], *state["bound"]} - {"corpus", "hash"} <= CHOICES[page]


def test_what_can_be_drawn_is_every_page() -> None:
    assert set(CHOICES) == set(VIEWED)


def test_a_view_of_published_figures_names_no_corpus(renderer: Renderer) -> None:
    exhibit = renderer.draw(ask_view("homogeneity", {"of": "Published"}))
    assert (exhibit.view.corpus, exhibit.view.content_hash) == ("", "")
    assert exhibit.citation["locator"] == "arXiv:2510.22954v1"
    assert "corpus" not in exhibit.citation


def test_a_view_names_its_corpus_and_cites_it(renderer: Renderer, corpora: Path) -> None:
    manifest = open_corpus(str(corpora / "demo")).manifest
    exhibit = renderer.draw(View("atlas", {"query": "q2"}, "demo"))
    assert (exhibit.view.corpus, exhibit.view.content_hash) == ("demo", manifest.content_hash)
    assert exhibit.citation["content_hash"] == manifest.content_hash
    assert exhibit.citation["encoder"] == "made-up"
    assert exhibit.view.parameters["query"] == "q2"
    assert not {"corpus", "hash"} & exhibit.view.parameters.keys()


def test_the_ground_is_that_of_the_theme_that_was_asked_for(renderer: Renderer) -> None:
    light, dark = (renderer.draw(View("overview", {}, "demo"), one) for one in ("light", "dark"))
    assert list_figures(light) != list_figures(dark)
    assert light.reading == dark.reading


def test_the_sentence_of_an_open_cell_stands_above_the_matrix(renderer: Renderer) -> None:
    given = {"part": "Between models", "first": "gpt-4o", "second": "gemini-1.5-pro"}
    exhibit = renderer.draw(ask_view("homogeneity", given))
    assert exhibit.reading.startswith("Answers by different models are at")
    assert exhibit.panels[0].reading.startswith("gpt-4o and gemini-1.5-pro:")


def test_picked_answers_come_as_a_table_with_their_texts(renderer: Renderer) -> None:
    exhibit = renderer.draw(ask_view("atlas", {"query": "q2", "group": "q2-1-0"}))
    name = next(name for name in exhibit.tables if name.endswith("q2-selection"))
    assert exhibit.tables[name]["text"].to_pylist()[0].startswith("It is ")


def test_a_table_comes_whether_its_box_is_open_or_not(renderer: Renderer) -> None:
    exhibit = renderer.draw(ask_view("homogeneity", {"part": "Between models"}))
    name = next(name for name in exhibit.tables if "between" in name)
    assert exhibit.tables[name].num_rows == 10  # pairs of five sources


@pytest.mark.parametrize("page", VIEWED)
def test_a_hostile_corpus_is_drawn(renderer: Renderer, page: str) -> None:
    exhibit = renderer.draw(View(page, {}, HOSTILE))
    assert exhibit.fault == ""
    assert exhibit.view.corpus == HOSTILE
    assert exhibit.panels or page == "live"


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ({}, "Ask the models yourself"),
        ({"ask": "Why is the sea <b>blue</b>?"}, "Why is the sea <b>blue</b>?"),
    ],
)
def test_a_live_view_is_told_and_nothing_begins(
    renderer: Renderer, given: dict[str, Any], title: str
) -> None:
    exhibit = renderer.draw(View("live", given, "demo"))
    assert (exhibit.title, exhibit.fault, exhibit.panels) == (title, "", ())
    assert exhibit.reading.startswith("Live: ")
    assert given.items() <= exhibit.view.parameters.items()


def test_a_replay_is_drawn_as_it_ended(renderer: Renderer) -> None:
    exhibit = renderer.draw(View("live", {"replay": "shipped"}, "demo"))
    assert exhibit.title == "Write a metaphor about time in one sentence."
    assert exhibit.reading.startswith("Against plain, answers of a model are less alike under ")
    assert exhibit.panels[0].reading.startswith("32 answers, ")
    assert exhibit.panels[1].reading == ""
    assert exhibit.fault == ""
    assert len(exhibit.panels) == 2
    assert exhibit.view.parameters["replay"] == "shipped"


def test_the_deck_that_comes_with_this_is_drawn_without_fault() -> None:
    deck = parse_deck(find_shipped("decks/the-artificial-hivemind.json").read_text("utf-8"))
    with Renderer(os.environ) as renderer:
        drawn = draw_deck(deck, "light", renderer)
    assert [exhibit.fault for exhibit in drawn] == [""] * 7
    assert all(exhibit.panels for exhibit in drawn[:-1])
    # What the titles say stands on the views.
    told = [exhibit.reading for exhibit in drawn]
    assert all(slide.reading == "" and slide.note and slide.title for slide in deck.slides)
    assert "Creative Content Generation" in told[0]
    assert "12 of 159 answers, from 2 of 2 models" in told[1]
    assert "79.1 % of queries get answers that are at .8 or above within a model" in told[2]
    assert "different models are at .759 (.695 to .821 by pair)" in told[3]
    assert "answers by one model at .856" in told[3]
    assert ".60 (.55 to .66) over 30 queries, against .07 for unrelated" in told[4]
    assert "LM judges from .322 to .176" in told[5]


@pytest.mark.parametrize("page", ["overview", "atlas", "homogeneity"])
def test_an_empty_corpus_is_no_fault(renderer: Renderer, page: str) -> None:
    assert renderer.draw(View(page, {}, "empty")).fault == ""


@pytest.mark.parametrize(
    ("corpus", "told"),
    [
        ("unbuilt", "unbuilt has no maps yet"),
        ("damaged", "damaged cannot be opened"),
        ("gone", "The corpus “gone” is not here."),
    ],
)
def test_a_corpus_that_cannot_be_shown_is_a_fault(
    renderer: Renderer, corpus: str, told: str
) -> None:
    exhibit = renderer.draw(View("atlas", {}, corpus))
    assert told in exhibit.fault
    assert not exhibit.panels


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"query": "q99"}, "It asks for query = q99, which is not here."),
        ({"colour": "Smell"}, "It asks for colour = Smell, which is not here."),
        ({"same": "cosine"}, "It asks for same = cosine, which is not here."),
        ({"show": ("gpt-4o", "nobody")}, "It asks for show = gpt-4o, nobody, which is not here."),
        ({"query": "q2", "group": "q3-1-0"}, "It asks for group = q3-1-0, which is not here."),
        ({"at_people": "much"}, "It asks for at_people = much, which is not here."),
        ({"query": "W" * 600}, f"It asks for query = {'W' * 39}…, which is not here."),
        (
            {"show": tuple(f"nobody {n}" for n in range(150))},
            "It asks for show = nobody 0, nobody 1, nobody 2 and 147 more, which is not here.",
        ),
        (
            {"query": "q99", "colour": "Smell", "same": "cosine", "at_people": "much"},
            "It asks for query = q99, which is not here. It asks for colour = Smell, which is not "
            "here. It asks for same = cosine, which is not here. 1 more of its choices is not "
            "here.",
        ),
    ],
)
def test_a_choice_that_is_not_there_is_a_fault(
    renderer: Renderer, parameters: dict[str, Any], told: str
) -> None:
    assert renderer.draw(View("atlas", parameters, "demo")).fault == told


def test_a_number_may_be_written_in_another_way(renderer: Renderer) -> None:
    exhibit = renderer.draw(View("atlas", {"at_people": "0.70", "show": "gpt-4o"}, "demo"))
    assert exhibit.fault == ""
    assert exhibit.view.parameters["at_people"] == "0.7"
    assert exhibit.view.parameters["show"] == ("gpt-4o",)


def test_a_corpus_that_changed_is_drawn_and_said(
    renderer: Renderer, corpora: Path, tmp_path: Path
) -> None:
    pinned = renderer.draw(View("overview", {}, "demo")).view
    shutil.copytree(corpora / "demo", tmp_path / "demo")
    corpus = open_corpus(str(tmp_path / "demo"))
    row = {"query_id": "q-new", "query": "What is new?", "categories": None}
    write_tables(corpus, {QUERIES.name: build_rows(QUERIES, [row])}, corpus.manifest)
    environment = os.environ | {"HIVEMIND_CORPORA": str(tmp_path), "HIVEMIND_CORPUS": ""}
    with Renderer(environment) as other:
        exhibit = other.draw(pinned)
    assert exhibit.fault.startswith("The corpus changed since this was pinned: content ")
    assert exhibit.view.content_hash != pinned.content_hash
    assert exhibit.title == "demo"


@pytest.mark.parametrize(
    ("view", "told"),
    [
        (View("atlas", {}, "damaged", "ab12"), "damaged cannot be opened"),
        (View("homogeneity", {"of": "Published"}, "demo", "ab12"), ""),
    ],
)
def test_what_shows_no_corpus_says_nothing_of_its_change(
    renderer: Renderer, view: View, told: str
) -> None:
    fault = renderer.draw(view).fault
    assert told in fault
    assert "changed" not in fault


def test_a_view_pinned_without_a_corpus_is_not_another_where_one_is(renderer: Renderer) -> None:
    told = "It was pinned where there is no corpus, and one is here."
    assert renderer.draw(View("taxonomy")).fault == told


def test_a_page_without_a_corpus_gives_a_view_of_published_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "list_corpora", lambda environment: [])
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90)
    app.session_state["visited"] = "homogeneity"
    exhibit = app.run().session_state["exhibit"]
    assert exhibit.view.parameters["of"] == "Published"
    assert exhibit.view.corpus == ""
    assert exhibit.panels


def test_the_verdict_on_one_scorer_keeps_those_it_was_judged_with(renderer: Renderer) -> None:
    given = {"calibration": "One scorer", "scorer": "reward", "beside": ("reward", "praise")}
    exhibit = renderer.draw(ask_view("calibration", given))
    assert exhibit.fault == ""
    assert exhibit.view.parameters["beside"] == ("reward", "praise")


PICKED = [
    ({"cluster": "1", "list": "Clusters"}, "Cluster 1: "),
    ({"group": "q2-1-0"}, "Nearly the same: "),
    ({"like": "q2-1-0"}, "Most like one answer: "),
    ({"points": pack_rows((0, 1, 2), 48)}, "Your selection: 3 answers · "),
]


@pytest.mark.parametrize(("given", "told"), PICKED, ids=[told for _, told in PICKED])
def test_what_is_picked_is_told_with_the_map(
    renderer: Renderer, given: dict[str, str], told: str
) -> None:
    exhibit = renderer.draw(ask_view("atlas", {"query": "q2", **given}))
    assert exhibit.fault == ""
    (line,) = (line for line in exhibit.basis.split("\n") if line.startswith(told))
    assert " answers · " in line
    assert " model" in line
    assert told not in renderer.draw(ask_view("atlas", {"query": "q2"})).basis


@pytest.mark.parametrize(
    ("page", "given", "told"),
    [
        ("nowhere", [], "there is no such page to draw; found 'nowhere'. There are overview, "),
        ("atlas", ["x=1"], "nothing on the page atlas is called so; found 'x'. There are at_"),
        ("atlas", ["query"], "a choice is NAME=VALUE; found 'query'"),
    ],
)
def test_words_that_name_no_view_are_refused(page: str, given: list[str], told: str) -> None:
    with pytest.raises(InputError) as caught:
        read_view(page, given)
    assert str(caught.value).startswith(told)


def test_words_name_a_view() -> None:
    view = read_view("atlas", ["query=a=b", "show=x", "show=y", "find="], "demo")
    assert view == View("atlas", {"query": "a=b", "show": ("x", "y"), "find": ""}, "demo")


def test_a_page_that_is_not_known_starts_no_process() -> None:
    renderer = Renderer({})
    with pytest.raises(InputError):
        renderer.draw(View("nowhere"))
    with pytest.raises(InputError):
        check_view(View("overview", {"query": "q1"}))
    assert renderer._process is None


def test_a_view_that_takes_too_long_is_a_fault_and_the_next_is_drawn(corpora: Path) -> None:
    environment = os.environ | {"HIVEMIND_CORPORA": str(corpora), "HIVEMIND_CORPUS": ""}
    with Renderer(environment, patience=0.01) as hasty:
        late = hasty.draw(View("overview", {}, "demo"))
        hasty._patience = rendering.PATIENCE
        drawn = hasty.draw(View("overview", {}, "demo"))
    assert late.fault == "Drawing it took longer than 0.01 seconds."
    assert late.panels == ()
    assert drawn.fault == ""
    assert len(drawn.panels) == 3


def test_a_process_that_breaks_off_says_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('no luck')")
    (tmp_path / "pickle.py").write_text("raise ImportError('no luck today')")
    with Renderer(os.environ | {"PYTHONPATH": str(tmp_path)}) as renderer:
        assert "no luck" in renderer.draw(View("overview", {}, "demo")).fault


def test_a_deck_is_drawn_in_its_own_words_and_order(renderer: Renderer) -> None:
    news: list[tuple[str, int, int]] = []
    slides = (
        Slide(View("atlas", {"query": "q3"}, "demo"), "Work", note="slowly"),
        Slide(View("atlas", {}, "gone"), "Lost"),
        Slide(View("overview", {}, "demo"), reading="It repeats itself."),
    )
    drawn = draw_deck(Deck("A talk", slides), "light", renderer, lambda *told: news.append(told))
    assert [one.title for one in drawn] == ["Work", "Lost", "demo"]
    assert drawn[0].note == "slowly"
    assert drawn[1].fault == "The corpus “gone” is not here."
    assert drawn[2].reading == "It repeats itself."
    assert news == [("drawing", n, 3) for n in range(4)]


def test_a_slide_of_no_page_is_a_fault_and_the_others_are_drawn(renderer: Renderer) -> None:
    slides = (
        Slide(View("nowhere", {"x": "y"}), "Lost"),
        Slide(View("atlas", {"colour_of_sky": "blue"}, "demo")),
        Slide(View("overview", {}, "demo")),
    )
    lost, odd, drawn = draw_deck(Deck("A talk", slides), "light", renderer)
    assert lost.fault.startswith("There is no such page to draw; found 'nowhere'. There are ")
    assert odd.fault.startswith("Nothing on the page atlas is called so; found 'colour_of_sky'. ")
    assert lost.fault.endswith(".")
    assert (lost.title, lost.panels, odd.title, odd.panels) == ("Lost", (), "Atlas", ())
    assert (drawn.title, drawn.fault, len(drawn.panels)) == ("demo", "", 3)


def test_a_map_comes_with_what_a_labelled_map_for_print_is_drawn_from(renderer: Renderer) -> None:
    (panel,) = renderer.draw(View("atlas", {}, "demo"), "dark").panels
    assert panel.labelled is not None
    assert panel.labelled.style.ground == LIGHT
    assert len(panel.labelled.labels) > 0
