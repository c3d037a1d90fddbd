"""The Talk page without a browser: a deck is chosen, ordered, worded, and survives nonsense."""

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from frame.decks import list_shipped
from frame.making import plan_file
from frame.presenting import find_address
from hivemind_core.deck import Deck, Slide, format_deck, parse_deck
from hivemind_core.exhibit import View
from tests.browsing import HOSTILE, read, read_block, read_note, visit
from tests.test_pinning import pin

pytestmark = pytest.mark.usefixtures("use_corpora")

SHIPPED = "The artificial hivemind"


@pytest.fixture
def decks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of decks of this test alone."""
    folder = tmp_path / "decks"
    folder.mkdir()
    monkeypatch.setenv("HIVEMIND_DECKS", str(folder))
    return folder


def write_deck(folder: Path, *slides: Slide, title: str = "A talk") -> Path:
    path = folder / "a-talk.json"
    path.write_text(format_deck(Deck(title, slides)), "utf-8")
    return path


def read_titles(path: Path) -> list[str]:
    return [slide.title for slide in parse_deck(path.read_text("utf-8")).slides]


def three(folder: Path) -> Path:
    slides = (
        Slide(View("overview", {}, "demo"), "One", "First reading", "Speak up"),
        Slide(View("atlas", {"query": "q2", "show": ("gpt-4o", "human")}, "demo"), "Two"),
        Slide(View("atlas", {}, "gone"), "Three"),
    )
    return write_deck(folder, *slides)


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return app.run()


def read_slide(app: AppTest, place: int) -> str:
    return read_block(app, f"slide-{place}")


def test_the_first_visit_shows_the_deck_that_comes_with_it() -> None:
    app = visit("talk")
    assert not app.exception
    assert app.text_input(key="talk-title").value == SHIPPED
    assert "The first change makes a copy" in read_note(app, "talk-shipped")
    assert read_note(app, "talk-count") == "7 slides"
    assert "79 %" in read_slide(app, 2)
    assert "no corpus needed" in read_slide(app, 2)
    assert "as it was pinned" in read_slide(app, 0)
    assert app.button(key="talk-present-start").label == "Draw all views"


def test_the_first_change_copies_the_deck_that_comes_with_it(decks: Path) -> None:
    before = next(iter(list_shipped().values())).read_bytes()
    app = press(visit("talk"), "slide-Down-0")
    (path,) = decks.glob("*.json")
    assert read_titles(path)[1].startswith("We ask what has no single answer")
    assert len(read_titles(path)) == 7
    assert read_note(app, "talk-shipped") == ""
    assert next(iter(list_shipped().values())).read_bytes() == before


def test_the_deck_of_the_folder_is_opened_and_told(decks: Path) -> None:
    three(decks)
    app = visit("talk")
    assert app.text_input(key="talk-title").value == "A talk"
    assert "1   One" in read_slide(app, 0)
    assert "First reading" in read_slide(app, 0)
    assert "Overview · demo · here" in read_slide(app, 0)
    assert "Note: Speak up" in read_slide(app, 0)
    assert "Atlas · gone · this corpus is not here" in read_slide(app, 2)


def test_a_corpus_that_changed_is_told(decks: Path) -> None:
    write_deck(decks, Slide(View("overview", {}, "demo", "f" * 64)))
    told = read_slide(visit("talk"), 0)
    assert "this corpus has changed since" in told
    assert "1   Overview (its own title)" in told


def test_slides_are_moved(decks: Path) -> None:
    path = three(decks)
    app = visit("talk")
    assert app.button(key="slide-Up-0").disabled
    assert app.button(key="slide-Down-2").disabled
    press(press(app, "slide-Down-0"), "slide-Up-2")
    assert read_titles(path) == ["Two", "Three", "One"]


def test_a_removed_slide_comes_back(decks: Path) -> None:
    path = three(decks)
    whole = path.read_text("utf-8")
    app = press(visit("talk"), "slide-remove-1")
    assert read_titles(path) == ["One", "Three"]
    assert read_note(app, "talk-removed") == "Removed: Two"
    app = press(app, "slide-undo")
    assert path.read_text("utf-8") == whole
    assert read_note(app, "talk-removed") == ""


def test_a_removed_slide_does_not_come_back_to_another_deck(decks: Path) -> None:
    path = three(decks)
    app = press(visit("talk"), "slide-remove-1")
    app = pin(app.switch_page("pages/overview_page.py").run(), deck="A new deck")
    app = app.switch_page("pages/talk_page.py").run()
    assert app.text_input(key="talk-title").value == "My talk"
    assert read_note(app, "talk-removed") == ""
    assert read_titles(path) == ["One", "Three"]


def test_the_last_slide_can_be_removed_and_come_back(decks: Path) -> None:
    path = write_deck(decks, Slide(View("overview", {}, "demo"), "Only"))
    app = press(visit("talk"), "slide-remove-0")
    assert "No slide yet" in read_note(app, "talk-none")
    assert "nothing to present" in read_note(app, "talk-empty")
    press(app, "slide-undo")
    assert read_titles(path) == ["Only"]


def test_words_are_edited(decks: Path) -> None:
    path = three(decks)
    app = press(visit("talk"), "slide-edit-0")
    assert app.text_area(key="slide-new-note-0").value == "Speak up"
    app.text_area(key="slide-new-title-0").set_value("Another *title*")
    app.text_area(key="slide-new-reading-0").set_value("")
    next(button for button in app.button if button.label == "Keep").click()
    app.run()
    slide = parse_deck(path.read_text("utf-8")).slides[0]
    assert (slide.title, slide.reading, slide.note) == ("Another *title*", "", "Speak up")
    assert "1   Another *title*" in read_slide(visit("talk"), 0)


def test_a_slide_that_was_changed_meanwhile_is_left(decks: Path) -> None:
    path = three(decks)
    app = visit("talk")
    changed = parse_deck(path.read_text("utf-8")).slides
    path.write_text(format_deck(Deck("A talk", changed[1:])), "utf-8")
    app = press(app, "slide-remove-0")
    assert "the deck was changed meanwhile" in read_note(app, "talk-told")
    assert read_titles(path) == ["Two", "Three"]


def test_decks_of_one_title_are_told_apart(decks: Path) -> None:
    for name, title in (("a", "Talk (c)"), ("b", "Talk"), ("c", "Talk")):
        (decks / f"{name}.json").write_text(format_deck(Deck(title)), "utf-8")
    names = visit("talk").selectbox(key="talk-deck").options
    assert names[:3] == ["Talk (c)", "Talk", "Talk (c) (c)"]


def test_the_title_is_kept(decks: Path) -> None:
    path = three(decks)
    app = visit("talk")
    app.text_input(key="talk-title").set_value("My lecture").run()
    assert parse_deck(path.read_text("utf-8")).title == "My lecture"


def test_another_deck_is_chosen_and_begun(decks: Path) -> None:
    three(decks)
    app = visit("talk")
    app.selectbox(key="talk-deck").select(f"shipped/{SHIPPED}").run()
    assert app.text_input(key="talk-title").value == SHIPPED
    app.text_input(key="talk-new-title").set_value("Fresh").run()
    app = press(app, "talk-new")
    assert app.text_input(key="talk-title").value == "Fresh"
    assert "Pin this view" in read_note(app, "talk-none")
    assert {path.name for path in decks.glob("*.json")} == {"a-talk.json", "fresh.json"}


def test_without_a_folder_a_deck_stays_with_the_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIVEMIND_DECKS", "")
    app = press(visit("talk"), "slide-remove-0")
    assert len(app.session_state["deck"].slides) == 6
    assert "kept while this tab is open" in read_note(app, "talk-told")
    app = press(app, "talk-new")
    assert "kept while this tab is open" in read_note(app, "talk-told")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "a deck is a JSON object"),
        ('{"version": 99, "title": "x", "slides": []}', "this software reads decks up to version"),
        ('{"version": 1, "title": "x", "slides": [{}]}', "a slide names the page"),
    ],
)
def test_a_deck_that_was_broken_meanwhile_is_said(decks: Path, text: str, told: str) -> None:
    path = three(decks)
    app = visit("talk")
    path.write_text(text, "utf-8")
    app.run()
    assert not app.exception
    assert told in read_note(app, "talk-fault")
    app = press(app, "slide-remove-0")
    assert told in read(app)
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "broken.json: a deck is a JSON object"),
        (b'{"version": 99}', "broken.json: this software reads decks up to version 1"),
        (b'{"version": 1, "colour": "red"}', "broken.json: a deck has no 'colour'"),
        (b'{"version": 1, "slides": [{}]}', "broken.json, slide 1: a slide names the page"),
        (
            b'{"version": 1, "title": "' + b"x" * 200_000 + b'"}',
            "broken.json: title has 1,000 characters at most; found 200,000",
        ),
        (b"\xff\xfe", "broken.json: a deck is UTF-8 text"),
        (b"[" * 100_000, "broken.json: a deck is a JSON object"),
    ],
)
def test_a_deck_that_cannot_be_read_is_listed_by_its_file(
    decks: Path, content: bytes, told: str
) -> None:
    path = three(decks)
    (decks / "broken.json").write_bytes(content)
    app = visit("talk")
    assert not app.exception
    assert f"Cannot be read: {told}" in read_note(app, "talk-unreadable-0")
    assert str(decks) not in read(app)
    assert "1   One" in read_slide(app, 0)
    assert "broken" not in " ".join(app.selectbox(key="talk-deck").options)
    press(app, "slide-remove-0")
    assert read_titles(path) == ["Two", "Three"]


def test_of_many_decks_that_cannot_be_read_the_first_are_told(decks: Path) -> None:
    for number in range(12):
        (decks / f"broken-{number:02}.json").write_text("{")
    app = visit("talk")
    assert "broken-09.json" in read_note(app, "talk-unreadable-9")
    assert read_note(app, "talk-unreadable-10") == ""
    assert read_note(app, "talk-unreadable-more") == "2 other decks cannot be read either."


def test_a_deck_that_begins_with_a_byte_order_mark_is_opened(decks: Path) -> None:
    path = three(decks)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    app = press(visit("talk"), "slide-remove-0")
    assert not app.exception
    assert read_titles(path) == ["Two", "Three"]


def test_hand_edited_nonsense_is_told_slide_by_slide(decks: Path) -> None:
    slides = (
        Slide(View("nowhere", {"x": "y"}, "demo"), "Lost"),
        Slide(View("atlas", {"colour_of_sky": "blue"}, "demo"), "Odd"),
        Slide(View("overview", {}, "damaged"), "Torn"),
        Slide(View("../../etc", {}, HOSTILE, "zz"), HOSTILE, HOSTILE, HOSTILE),
    )
    write_deck(decks, *slides, title=HOSTILE)
    app = visit("talk")
    assert not app.exception
    assert "there is no such page to draw" in read_slide(app, 0)
    assert "nothing on the page atlas is called so" in read_slide(app, 1)
    assert "this corpus cannot be opened" in read_slide(app, 2)
    assert HOSTILE in read_slide(app, 3)
    assert not any(HOSTILE in element.proto.body for element in app.get("html"))
    assert not any(HOSTILE in element.value for element in app.markdown)


def test_no_corpus_at_all_still_shows_decks(monkeypatch: pytest.MonkeyPatch) -> None:
    from frame import loading

    monkeypatch.setattr(loading, "list_corpora", lambda environment: [])
    app = visit("talk")
    assert not app.exception
    assert "this corpus is not here" in read_slide(app, 0)


def test_the_talk_page_itself_is_not_pinned() -> None:
    assert not any(button.key == "pin" for button in visit("talk").button)


def test_a_form_that_needs_a_browser_says_what_works_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    app = visit("talk")
    app.selectbox(key="talk-as").select("pdf").run()
    told = read_note(app, "talk-no-renderer")
    assert told.startswith("Pictures, PDF and slides are drawn by Chrome or Chromium; found no ")
    assert told.endswith("HTML, CSV and Parquet need no browser.")
    assert not any(button.key == "talk-away-start" for button in app.button)
    app.selectbox(key="talk-as").select("csv.zip").run()
    assert any(button.key == "talk-away-start" for button in app.button)


def test_what_is_made_depends_on_all_that_decides_it(corpora: Path) -> None:
    deck = Deck("A talk", (Slide(View("overview", {}, "demo")),))
    first = plan_file("a", deck, "html")
    assert plan_file("b", deck, "html").file == first.file
    others = [
        plan_file("a", Deck("Another", deck.slides), "html"),
        plan_file("a", deck, "pdf"),
        plan_file("a", deck, "html", "http://127.0.0.1:8501"),
        plan_file("a", deck, "html", environment=os.environ | {"HIVEMIND_CORPORA": "/nowhere"}),
    ]
    assert len({first.file, *(one.file for one in others)}) == 5


def test_without_a_browser_there_is_no_address() -> None:
    assert find_address() == ""


def test_a_link_to_the_recorded_session_begins_it_once() -> None:
    app = visit("live", "demo", replay="shipped")
    assert not app.exception
    assert "Write a metaphor about time in one sentence." in read(app)
    assert app.session_state["chosen"]["replay"] == "shipped"
    app.button(key="live-leave").click().run()
    assert "Ask the models yourself" in read(app)
    assert app.session_state["chosen"]["replay"] is None


@pytest.mark.parametrize(
    ("pace", "told"),
    [
        ("10", "A replay, 10 times as fast as it was"),
        ("1", "A replay"),
        ("0", "A replay"),
        ("1e9", "A replay"),
        ("-3", "A replay"),
        ("²", "A replay"),
    ],
)
def test_a_link_says_how_fast_the_replay_is(pace: str, told: str) -> None:
    app = visit("live", "demo", replay="shipped", pace=pace)
    assert not app.exception
    assert read_note(app, "kicker") == told
    app.button(key="live-leave").click().run()


def test_another_replay_by_link_is_not_known() -> None:
    assert "Ask the models yourself" in read(visit("live", "demo", replay="/etc/passwd"))
