"""A talk in a real browser: drawn by the server, then presented without it."""

import socket
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hivemind_core.deck import Deck, Slide, format_deck
from hivemind_core.exhibit import Exhibit, View
from hivemind_core.export.page import write_html
from tests.browsing import (
    HOSTILE,
    Server,
    be_patient,
    expect_sound,
    open_plain,
    wait_until_idle,
    watch,
)
from tests.exhibits import make_hostile, make_talk

pytestmark = pytest.mark.browser

SHOWN = ".view.shown h2"
WINDOW = {"width": 1280, "height": 720}
SLIDES = (
    Slide(View("overview", {}, "demo"), "What the corpus says", "", "Begin slowly."),
    Slide(View("atlas", {"query": "q2"}, "demo"), HOSTILE, HOSTILE, HOSTILE),
    Slide(View("homogeneity", {"of": "Published"}), "As published"),
)
DRAWING = 120_000  # milliseconds that a busy machine may draw a talk
A_TALK = 3_000_000  # bytes that a talk has at least: Plotly's script is in it


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=WINDOW)  # type: ignore[arg-type]
    yield made
    made.close()


@pytest.fixture
def decks(corpora: Path) -> Iterator[Path]:
    """Return the folder of decks of the server, which is empty before and after."""
    folder = corpora.parent / "decks"
    folder.mkdir(exist_ok=True)
    yield folder
    for path in folder.iterdir():
        path.unlink()


def open_talk(server: Server, context: BrowserContext, decks: Path, *slides: Slide) -> Page:
    """Return the tab of a talk that was drawn and opened from the page."""
    (decks / "talk.json").write_text(format_deck(Deck("A talk", slides)), "utf-8")
    page = be_patient(context.new_page())
    open_plain(page, server.link("talk", corpus="demo"))
    expect_sound(page)
    page.get_by_role("button", name="Draw all views").click()
    link = page.get_by_role("link", name="Present")
    link.wait_for(timeout=DRAWING)
    with context.expect_page() as opened:
        link.click()
    talk = be_patient(opened.value)
    talk.locator(f"{SHOWN}").wait_for()
    return talk


def list_foreign(heard: list[str]) -> list[str]:
    return [each for each in heard if not each.startswith(("blob:", "data:", "about:", "file:"))]


def open_notes(context: BrowserContext, talk: Page) -> Page:
    with context.expect_page() as opened:
        talk.keyboard.press("s")
    return be_patient(opened.value)


def test_a_talk_is_presented_without_network(
    server: Server, context: BrowserContext, decks: Path
) -> None:
    talk = open_talk(server, context, decks, *SLIDES)
    heard = watch(talk)
    context.set_offline(True)
    assert talk.url.startswith(f"blob:http://127.0.0.1:{server.port}/")
    talk.reload()
    overview, *others = (slide.title for slide in SLIDES)
    titles = [*(f"{overview} ({number} of 3)" for number in (1, 2, 3)), *others]
    keys = ("PageDown", "ArrowRight", "PageDown", "ArrowRight", "Home")
    for title, key in zip(titles, keys, strict=True):
        expect(talk.locator(SHOWN)).to_have_text(title)
        expect(talk.locator(".view.shown .plot .main-svg").first).to_be_visible()
        talk.keyboard.press(key)
    expect(talk.locator(SHOWN)).to_have_text(titles[0])
    talk.locator("html[data-ready]").wait_for(state="attached")
    talk.keyboard.press("d")
    dark = talk.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")
    assert dark == "rgb(23, 20, 18)"
    assert list_foreign(heard) == []
    expect(talk.locator("section img, iframe, section b")).to_have_count(0)


def count_pages_sent(page: Page) -> list[int]:
    """Return a list that grows by the bytes of every message that could hold a whole talk."""
    sent: list[int] = []

    def hear(content: str | bytes) -> None:
        if len(content) > A_TALK:
            sent.append(len(content))

    page.on("websocket", lambda socket: socket.on("framereceived", hear))
    return sent


def test_a_drawn_talk_is_sent_to_the_browser_once(
    server: Server, context: BrowserContext, decks: Path
) -> None:
    slides = (Slide(View("homogeneity", {"of": "Published"}), "As published"),)
    (decks / "talk.json").write_text(format_deck(Deck("Sent once", slides)), "utf-8")
    page = be_patient(context.new_page())
    sent = count_pages_sent(page)
    open_plain(page, server.link("talk", corpus="demo"))
    page.get_by_role("button", name="Draw all views").click()
    link = page.get_by_role("link", name="Present")
    link.wait_for(timeout=DRAWING)
    for form in ("Slides with notes (PPTX)", "Numbers (CSV)", "Figures (PNG)"):
        page.get_by_role("combobox", name="As").click()
        page.get_by_role("option", name=form).click()
        wait_until_idle(page)
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("heading", name="demo").wait_for()
    page.get_by_role("link", name="Talk").click()
    link.wait_for()
    wait_until_idle(page)
    assert len(sent) == 1
    before = link.get_attribute("href")
    with context.expect_page() as opened:
        link.click()
    expect(be_patient(opened.value).locator(SHOWN)).to_have_text("As published")
    page.reload()
    link.wait_for()
    assert link.get_attribute("href") != before  # another tab to the server, which is sent it anew
    assert len(sent) == 2


def test_a_live_view_runs_in_the_dashboard(
    server: Server, context: BrowserContext, decks: Path
) -> None:
    live = Slide(View("live", {"replay": "shipped"}), "Live")
    talk = open_talk(server, context, decks, Slide(View("homogeneity"), "First"), live)
    expect(talk.locator("iframe")).to_have_count(0)  # nothing runs before it is shown
    talk.keyboard.press("PageDown")
    plot = talk.locator(".view.shown .plot .main-svg").first
    expect(plot).to_be_visible()  # its still, until it is told to run
    expect(talk.locator("iframe")).to_have_count(0)
    talk.get_by_role("button", name="Run it live").click()
    frame = talk.frame_locator("iframe")
    expect(frame.get_by_text("Write a metaphor about time in one sentence.")).to_be_visible()
    expect(frame.get_by_text("A replay", exact=True)).to_be_visible()
    expect(frame.get_by_test_id("stSidebarNav")).to_be_hidden()
    expect(plot).to_be_hidden()
    talk.get_by_role("button", name="Show the still").click()
    expect(plot).to_be_visible()
    expect(talk.locator("iframe")).to_be_hidden()
    talk.keyboard.press("l")
    frame.locator("h1").click()
    talk.keyboard.press("PageUp")  # a clicker leads out of the frame
    expect(talk.locator(SHOWN)).to_have_text("First")


def test_the_still_of_a_live_view_stays_where_nobody_answers(
    context: BrowserContext, tmp_path: Path
) -> None:
    with socket.socket() as asked:  # a port at which nobody listens once it is closed
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    path = tmp_path / "talk.html"
    live = replace(make_talk(1)[0], view=View("live", {"replay": "shipped"}))
    path.write_bytes(write_html([live], "A talk", live=f"http://127.0.0.1:{port}"))
    talk = be_patient(context.new_page())
    talk.goto(path.as_uri())
    talk.locator("html[data-ready]").wait_for(state="attached")
    talk.keyboard.press("l")
    expect(talk.get_by_role("button", name="The dashboard does not answer")).to_be_visible()
    expect(talk.locator(".view.shown .plot .main-svg").first).to_be_visible()
    expect(talk.locator("iframe")).to_have_count(0)


@pytest.fixture
def exported(context: BrowserContext, tmp_path: Path) -> Page:
    """Open a written file, without network."""
    path = tmp_path / "talk.html"
    path.write_bytes(write_html([*make_talk(2), make_hostile()], "A talk"))
    context.set_offline(True)
    talk = be_patient(context.new_page())
    talk.goto(path.as_uri())
    talk.locator(SHOWN).wait_for()
    return talk


def test_the_notes_window_keeps_step_both_ways(context: BrowserContext, exported: Page) -> None:
    notes = open_notes(context, exported)
    heard = watch(notes)
    expect(notes.locator("h1")).to_have_text("View 1 of a talk")
    expect(notes.locator(".note")).to_have_text("Note 1")
    expect(notes.locator(".next")).to_have_text("Next: View 2 of a talk")
    exported.keyboard.press("PageDown")
    expect(notes.locator("h1")).to_have_text("View 2 of a talk")
    notes.keyboard.press("PageUp")
    expect(exported.locator(SHOWN)).to_have_text("View 1 of a talk")
    expect(notes.locator(".place")).to_have_text("1 / 3")
    notes.get_by_role("button", name="Next").click()
    expect(exported.locator(SHOWN)).to_have_text("View 2 of a talk")
    notes.keyboard.press("End")
    expect(notes.locator(".next")).to_have_text("This is the last view.")
    expect(notes.locator(".note")).to_contain_text("<script>")
    expect(notes.locator("img, a, script")).to_have_count(0)
    assert list_foreign(heard) == []


def test_the_notes_window_is_styled_and_closes_with_the_talk(
    context: BrowserContext, exported: Page
) -> None:
    notes = open_notes(context, exported)
    style = "e => getComputedStyle(e).backgroundColor"
    assert notes.locator("body").evaluate(style) == "rgb(253, 252, 250)"
    exported.keyboard.press("d")
    expect(notes.locator("body")).to_have_css("background-color", "rgb(23, 20, 18)")
    expect(notes.locator(".timer")).to_have_text("0:01")
    notes.get_by_role("button", name="From 0:00").click()
    expect(notes.locator(".timer")).to_have_text("0:00")
    exported.keyboard.press("s")  # a second press opens no second one
    assert len(context.pages) == 2
    with notes.expect_event("close"):
        exported.close()


def test_a_full_screen_shows_the_view_alone(exported: Page) -> None:
    exported.keyboard.press("f")
    exported.locator("html.full").wait_for(state="attached")
    bar = exported.locator(".bar")
    expect(bar).to_have_css("opacity", "0")
    exported.mouse.move(200, 200)
    exported.mouse.move(240, 200)
    expect(bar).to_have_css("opacity", "1")
    exported.keyboard.press("PageDown")
    expect(exported.locator(SHOWN)).to_have_text("View 2 of a talk")


def test_a_written_live_view_says_that_it_is_one(context: BrowserContext, tmp_path: Path) -> None:
    path = tmp_path / "talk.html"
    live = Exhibit(View("live", {"replay": "shipped"}), "Now live", "Live: look.")
    path.write_bytes(write_html([live], "A talk"))
    talk = be_patient(context.new_page())
    talk.goto(path.as_uri())
    expect(talk.locator(".still")).to_have_text(
        "This view is live. It runs when the talk is presented from the dashboard."
    )
    expect(talk.locator("iframe")).to_have_count(0)


def test_the_numbers_of_a_talk_are_taken_away(
    server: Server, context: BrowserContext, decks: Path
) -> None:
    slides = (Slide(View("homogeneity", {"of": "Published"})), Slide(View("atlas", {}, "gone")))
    (decks / "talk.json").write_text(format_deck(Deck("Ä talk", slides)), "utf-8")
    page = be_patient(context.new_page())
    open_plain(page, server.link("talk", corpus="demo"))
    page.get_by_role("combobox", name="As").click()
    page.get_by_role("option", name="Numbers (CSV)").click()
    wait_until_idle(page)
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("button", name="Download").wait_for(timeout=DRAWING)
    expect(page.get_by_text("slide 2: The corpus “gone” is not here.")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download").click()
    assert taken.value.suggested_filename == "a-talk.csv.zip"
    with zipfile.ZipFile(taken.value.path()) as archive:
        assert "about.json" in archive.namelist()


def test_drawing_can_be_cancelled(server: Server, context: BrowserContext, decks: Path) -> None:
    slides = tuple(Slide(View("overview", {}, "demo"), f"View {n}") for n in range(60))
    (decks / "talk.json").write_text(format_deck(Deck("Long", slides)), "utf-8")
    page = be_patient(context.new_page())
    open_plain(page, server.link("talk", corpus="demo"))
    page.get_by_role("button", name="Draw all views").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    expect(page.get_by_role("link", name="Present")).to_have_count(0)
