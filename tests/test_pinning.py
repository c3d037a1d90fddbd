"""The button that pins what a page shows, and the deck it is pinned to."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from frame import loading
from frame.exhibits import Record, name_view
from frame.rendering import Renderer
from hivemind_core.deck import Deck, Slide, format_deck, parse_deck
from hivemind_core.exhibit import View
from tests.browsing import (
    HOSTILE,
    VIEWED,
    Server,
    expect_sound,
    open_page,
    read,
    read_block,
    visit,
)

pytestmark = pytest.mark.usefixtures("use_corpora")


@pytest.fixture
def decks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of decks of this test alone; it is made when something is pinned."""
    folder = tmp_path / "decks"
    monkeypatch.setenv("HIVEMIND_DECKS", str(folder))
    return folder


def open_pin(app: AppTest) -> AppTest:
    app.button(key="pin").click()
    return app.run()


def find(app: AppTest, name: str) -> Any:
    """Return the box of the form whose key begins so."""
    boxes = [*app.text_area, *app.selectbox]
    return next(box for box in boxes if str(box.key).startswith(f"pin-{name}-"))


def pin(app: AppTest, **words: str) -> AppTest:
    open_pin(app)
    for name, text in words.items():
        find(app, name).set_value(text)
    return submit(app)


def submit(app: AppTest) -> AppTest:
    next(button for button in app.button if button.label == "Pin").click()
    return app.run()


def read_decks(folder: Path) -> list[Deck]:
    return [parse_deck(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def offers(app: AppTest) -> bool:
    return any(button.key == "pin" for button in app.button)


@pytest.mark.parametrize("page", VIEWED)
def test_what_a_page_shows_is_pinned_and_drawn_again(page: str, decks: Path, corpora: Path) -> None:
    app = visit(page)
    shown = app.session_state["record"].reading
    pin(app, note="slowly")
    assert not app.exception
    (slide,) = read_decks(decks)[0].slides
    assert (slide.view.page, slide.view.corpus, slide.note) == (page, "demo", "slowly")
    assert slide.title.partition(" · ")[0] in read(app)
    assert slide.reading == ""
    assert "Pinned as slide 1 of “My talk”." in read_block(app, "note-pin-told")
    with Renderer(os.environ) as renderer:
        assert renderer.draw(slide.view).reading == shown


def test_the_form_shows_what_will_be_pinned(decks: Path) -> None:
    app = open_pin(visit("atlas", query="q2"))
    assert find(app, "title").value == "Write a metaphor about work"
    assert find(app, "reading").value in read(app)
    assert find(app, "deck").options == ["A new deck"]
    assert not decks.exists()


@pytest.mark.parametrize(
    ("page", "given", "title"),
    [
        ("homogeneity", {}, "How alike are the answers? · Within models"),
        (
            "homogeneity",
            {"part": "Between models", "only": "q2"},
            "How alike are the answers? · Between models · Write a metaphor about work",
        ),
        (
            "homogeneity",
            {"of": "Published", "part": "Between models"},
            "How alike are the answers? · Between models · Published",
        ),
        ("taxonomy", {"taxonomy": "Map"}, "What do the queries ask for? · Map"),
        (
            "calibration",
            {"judgements": "Simulated", "calibration": "Items"},
            "Where do evaluators stop agreeing with people? · Items · Simulated",
        ),
        (
            "calibration",
            {"judgements": "Published"},
            "Where do evaluators stop agreeing with people? · Published",
        ),
        ("overview", {}, "demo"),
    ],
)
def test_the_title_says_what_part_of_the_page_it_is(
    decks: Path, page: str, given: dict[str, str], title: str
) -> None:
    assert find(open_pin(visit(page, **given)), "title").value == title


def test_a_long_part_is_cut_in_the_title() -> None:
    record = Record()
    record.title, record.parts = "How?", ["x" * 100, "y"]
    assert name_view(record) == f"How? · {'x' * 60}… · y"


def test_a_reading_that_was_changed_is_kept(decks: Path) -> None:
    pin(visit("atlas", query="q2"), title="Work", reading="They all say river.")
    (slide,) = read_decks(decks)[0].slides
    assert (slide.title, slide.reading) == ("Work", "They all say river.")


def test_the_next_pin_goes_to_the_same_deck(decks: Path) -> None:
    app = pin(visit("atlas", query="q2"))
    app.session_state["query"] = "q3"
    pin(app.run())
    (deck,) = read_decks(decks)
    assert [slide.view.parameters["query"] for slide in deck.slides] == ["q2", "q3"]


def test_a_pin_can_begin_another_deck(decks: Path) -> None:
    app = pin(visit("overview"))
    open_pin(app)
    find(app, "deck").select("A new deck")
    submit(app)
    assert [len(deck.slides) for deck in read_decks(decks)] == [1, 1]


def test_a_deck_that_lies_there_is_offered_first(decks: Path) -> None:
    decks.mkdir()
    (decks / "old.json").write_text(format_deck(Deck("Old talk", (Slide(View("overview")),))))
    (decks / "broken.json").write_text("{")
    app = open_pin(visit("overview"))
    assert find(app, "deck").options == ["Old talk", "A new deck"]
    pin(app)
    assert [len(deck.slides) for deck in [parse_deck((decks / "old.json").read_text())]] == [2]


def test_a_deck_that_was_edited_meanwhile_keeps_the_edit(decks: Path) -> None:
    app = pin(visit("overview"))
    path = decks / "my-talk.json"
    edited = json.loads(path.read_text()) | {"title": "Edited"}
    path.write_text(json.dumps(edited))
    pin(app)
    (deck,) = read_decks(decks)
    assert (deck.title, len(deck.slides)) == ("Edited", 2)


def test_a_deck_that_was_broken_meanwhile_is_said(decks: Path) -> None:
    app = open_pin(pin(visit("overview")))
    (decks / "my-talk.json").write_text("{")
    submit(app)
    assert not app.exception
    assert "my-talk.json: a deck is a JSON object" in read_block(app, "note-pin-told")


def test_without_a_folder_the_deck_stays_with_the_visitor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HIVEMIND_DECKS", "")
    app = pin(visit("overview"))
    assert "It is kept while this tab is open" in read_block(app, "note-pin-told")
    open_pin(app)
    assert find(app, "deck").options == ["My talk", "A new deck"]
    submit(app)
    assert len(app.session_state["deck"].slides) == 2
    assert app.session_state["deck_path"] is None


def test_a_folder_that_cannot_be_written_keeps_the_deck_in_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("HIVEMIND_DECKS", str(tmp_path / "file" / "decks"))
    app = pin(visit("overview"))
    assert not app.exception
    assert "the deck cannot be written" in read_block(app, "note-pin-told")
    assert len(app.session_state["deck"].slides) == 1


def test_a_copy_of_the_deck_that_came_with_it_says_that_it_has_no_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HIVEMIND_DECKS", "")
    app = pin(visit("talk").switch_page("pages/overview_page.py").run())
    told = read_block(app, "note-pin-told")
    assert "Pinned as slide 8" in told
    assert "It is kept while this tab is open" in told


@pytest.mark.parametrize("corpus", ["unbuilt", "damaged"])
def test_there_is_no_button_where_there_is_nothing_to_pin(corpus: str) -> None:
    assert not offers(visit("atlas", corpus))
    assert offers(visit("atlas"))


def test_there_is_no_button_where_no_figure_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not offers(visit("atlas", "empty"))
    monkeypatch.setattr(loading, "list_corpora", lambda environment: [])
    assert not offers(visit("atlas"))
    assert offers(visit("homogeneity"))


def test_hostile_words_are_pinned_as_they_are(decks: Path) -> None:
    app = pin(visit("atlas", HOSTILE))
    assert not app.exception
    (slide,) = read_decks(decks)[0].slides
    assert slide.view.corpus == HOSTILE
    assert HOSTILE not in "".join(element.value for element in app.markdown)


def test_a_long_lasso_is_pinned_though_no_link_holds_it(
    decks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frame.picking.LONGEST_LINK", 1)
    app = visit("atlas", query="q2", cluster="1", list="Clusters")
    assert "cluster" in app.query_params
    app = visit("atlas", query="q2", group="q2-1-0")
    pin(app)
    (slide,) = read_decks(decks)[0].slides
    assert slide.view.parameters["group"] == "q2-1-0"


@pytest.mark.browser
def test_a_view_is_pinned_in_a_browser(server: Server, tab: Page) -> None:
    open_page(tab, server.link("homogeneity", corpus="demo", part="Between models"))
    tab.get_by_role("button", name="Pin this view").click()
    tab.get_by_label("Note for the speaker").fill("slowly")
    tab.get_by_role("button", name="Pin", exact=True).click()
    told = tab.locator("[data-testid=stSidebar]").get_by_text("Pinned as slide")
    expect(told).to_be_visible()
    expect(tab.get_by_role("dialog")).to_have_count(0)
    expect_sound(tab)
