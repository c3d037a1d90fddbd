"""The exported page in a real browser, with the network off."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import plotly.graph_objects as go
import pytest
from playwright.sync_api import Browser, Page, expect

from hivemind_core.exhibit import Exhibit
from hivemind_core.export.page import write_html
from hivemind_core.figures.palette import DARK
from tests.browsing import be_patient, watch
from tests.exhibits import HOSTILE, draw_points, make_exhibit, make_hostile, make_talk

pytestmark = pytest.mark.browser

Open = Callable[..., tuple[Page, list[str]]]
SHOWN = ".view.shown h2"
REFUSED = """window.refused = [];
addEventListener("securitypolicyviolation", event => refused.push(event.violatedDirective));"""
DARK_PAPER = "rgb(23, 20, 18)"
COLOR = "e => getComputedStyle(e).backgroundColor"


@pytest.fixture
def open_file(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    contexts = []

    def open_it(  # type: ignore[no-untyped-def] # noqa: ANN202
        exhibits: list[Exhibit],
        dark: list[Exhibit] = [],  # noqa: B006
        *,
        is_dark: bool = False,
        **options: object,
    ):
        path = tmp_path / "talk.html"
        path.write_bytes(write_html(exhibits, "A talk", dark=dark, is_dark=is_dark))
        size = {"width": 1280, "height": 720}
        context = browser.new_context(viewport=size, offline=True, **options)  # type: ignore[arg-type]
        contexts.append(context)
        tab = be_patient(context.new_page())
        heard = watch(tab)
        tab.add_init_script(REFUSED)
        tab.goto(path.as_uri())
        tab.locator("html[data-ready]").wait_for(state="attached")
        return tab, heard

    yield open_it
    for context in contexts:
        context.close()


def list_foreign(heard: list[str]) -> list[str]:
    return [each for each in heard if not each.startswith(("file:", "data:", "blob:"))]


def test_a_dark_page_stays_whole_on_either_ground(open_file: Open) -> None:
    tab, _ = open_file([make_exhibit(figure=draw_points(DARK))], is_dark=True)
    for ground in (DARK_PAPER, "rgb(253, 252, 250)"):
        expect(tab.locator("body")).to_have_css("background-color", ground)
        expect(tab.locator(".plot .main-svg").first).to_have_css("background-color", DARK_PAPER)
        tab.keyboard.press("d")


def test_a_figure_that_cannot_be_drawn_says_so_and_the_others_are(open_file: Open) -> None:
    tab, heard = open_file(make_talk(2))
    plot = tab.locator(".view.shown .plot")
    plot.evaluate(
        """plot => {
            document.getElementById(plot.dataset.figure + "-light").textContent = "{";
            delete plot.firstElementChild.dataset.held;
            plot.dataset.drawn = "";
            dispatchEvent(new Event("resize"));
        }"""
    )
    expect(plot).to_have_attribute("data-fault", re.compile("^This figure could not be drawn: "))
    tab.keyboard.press("PageDown")
    expect(tab.locator(".view.shown .plot .main-svg").first).to_be_visible()
    assert tab.locator(".plot[data-fault]").count() == 1
    assert not [each for each in heard if "error" in each.casefold()]


def test_a_figure_without_room_says_so_and_comes_back_with_it(open_file: Open) -> None:
    tab, heard = open_file(make_talk(1))
    plot = tab.locator(".view.shown .plot")
    squeeze = """(plot, shown) => {
        plot.parentElement.style.display = shown;
        dispatchEvent(new Event("resize"));
    }"""
    plot.evaluate(squeeze, "none")
    expect(plot).to_have_attribute("data-fault", re.compile("^There is no room for this figure"))
    plot.evaluate(squeeze, "")
    expect(plot).not_to_have_attribute("data-fault", re.compile(""))
    expect(plot.locator(".main-svg").first).to_be_visible()
    assert not [each for each in heard if "error" in each.casefold()]


def test_keys_turn_pages_without_network(open_file: Open) -> None:
    tab, heard = open_file(make_talk(3))
    expect(tab.locator(SHOWN)).to_have_text("View 1 of a talk")
    for key, number in (
        ("ArrowRight", 2),
        ("PageDown", 3),
        ("ArrowRight", 3),
        ("ArrowLeft", 2),
        ("PageUp", 1),
        ("ArrowLeft", 1),
        ("Space", 2),
        ("End", 3),
        ("Shift+Space", 2),
        ("Home", 1),
        ("ArrowDown", 2),
        ("ArrowUp", 1),
    ):
        tab.keyboard.press(key)
        expect(tab.locator(SHOWN)).to_have_text(f"View {number} of a talk")
        expect(tab.locator(".view.shown")).to_have_count(1)
        expect(tab.locator(".place")).to_have_text(f"{number} / 3")
    assert list_foreign(heard) == []
    assert heard


def test_figures_are_drawn_and_answer_to_the_pointer(open_file: Open) -> None:
    tab, _ = open_file([make_exhibit(figure=draw_points(kind=go.Scattergl))])
    points = tab.locator(".view.shown .scatterlayer .point")
    expect(points).to_have_count(3)
    points.nth(1).hover(force=True)
    label, point = tab.locator(".hoverlayer .hovertext"), points.nth(1).bounding_box()
    expect(label).to_contain_text("model-a")
    box = label.bounding_box()
    assert point and box  # enlarged as figures are, the label still stands beside its point
    assert abs(box["y"] + box["height"] / 2 - point["y"] - point["height"] / 2) < 40
    assert tab.locator("canvas").count() == 0


def test_nothing_that_a_policy_forbids_is_needed(open_file: Open) -> None:
    tab, _ = open_file([make_exhibit()])
    assert tab.evaluate("document.getElementById('plotly.js-style-global').sheet.cssRules.length")
    # Plotly carries the style of street maps, which no figure here uses.
    assert set(tab.evaluate("refused")) <= {"style-src-elem"}
    assert tab.evaluate("refused.length") <= 1


def test_hostile_text_is_only_shown(open_file: Open) -> None:
    hostile = make_hostile()
    tab, heard = open_file([hostile, hostile], [hostile, hostile])
    tab.keyboard.press("d")
    tab.keyboard.press("n")
    tab.keyboard.press("PageDown")
    tab.locator(".view.shown .scatterlayer .point").first.hover(force=True)
    expect(tab.locator(".hoverlayer .hovertext")).to_contain_text("<script>")
    tab.keyboard.press("n")
    for fold in tab.locator(".view.shown summary").all():
        fold.click()
    assert list_foreign(heard) == []
    assert tab.title() == "A talk"
    expect(tab.locator("section img, iframe, object, embed, svg a")).to_have_count(0)
    scripts = tab.evaluate("[...document.scripts].filter(s => !s.type).map(s => s.text)")
    assert len(scripts) == 2  # Plotly's and the page's own
    assert not [script for script in scripts if "document.title" in script]
    shown = tab.locator(SHOWN).inner_text()
    assert shown.startswith(HOSTILE[:60])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ground_follows_the_reader_and_a_key(open_file: Open, scheme: str) -> None:
    papers = {"light": "rgb(253, 252, 250)", "dark": "rgb(23, 20, 18)"}
    other = {"light": "dark", "dark": "light"}[scheme]
    dark = [make_exhibit(figure=draw_points(DARK))]
    tab, _ = open_file([make_exhibit()], dark, color_scheme=scheme)
    figure = tab.locator(".view.shown .main-svg").first
    for expected in (scheme, other, scheme):
        assert tab.locator("body").evaluate(COLOR) == papers[expected]
        expect(figure).to_have_css("background-color", papers[expected])
        tab.keyboard.press("d")


def test_notes_contents_and_alternatives_are_at_hand(open_file: Open) -> None:
    tab, _ = open_file(make_talk(3))
    note = tab.locator(".view.shown .note")
    expect(note).to_be_hidden()
    tab.keyboard.press("n")
    expect(note).to_have_text("Note 1")
    tab.keyboard.press("o")
    expect(tab.locator(".contents")).to_be_visible()
    tab.locator(".contents a").nth(2).click()
    expect(tab.locator(".contents")).to_be_hidden()
    expect(tab.locator(SHOWN)).to_have_text("View 3 of a talk")
    expect(note).to_have_text("Note 3")
    tab.keyboard.press("Escape")
    expect(note).to_be_hidden()
    tab.locator(".view.shown summary", has_text="in words").click()
    expect(tab.locator(".view.shown details[open]")).to_contain_text("Three points on a line.")
    tab.locator(".view.shown summary", has_text="answers").click()
    expect(tab.locator(".view.shown details[open] table")).to_be_visible()
    plot = tab.get_by_role("img", name="Three points on a line.").locator("visible=true")
    expect(plot).to_have_count(1)


def test_a_reload_and_the_address_stay_at_a_view(open_file: Open) -> None:
    tab, _ = open_file(make_talk(3))
    tab.keyboard.press("End")
    assert tab.url.endswith("#view-3")
    tab.reload()
    expect(tab.locator(SHOWN)).to_have_text("View 3 of a talk")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_a_view_fits_its_screen(open_file: Open, width: int, height: int) -> None:
    long = make_exhibit("A very long query. " * 60)
    tab, _ = open_file([long, *make_talk(1)])
    tab.set_viewport_size({"width": width, "height": height})
    for _ in range(2):
        foot = tab.locator(".view.shown .citation").bounding_box()
        plot = tab.locator(".view.shown .plot").bounding_box()
        drawn = tab.locator(".view.shown .main-svg").first.bounding_box()
        assert foot and plot and drawn
        assert foot["y"] + foot["height"] <= height
        assert plot["height"] > 0.3 * height
        assert abs(drawn["width"] - plot["width"]) < 4
        tab.keyboard.press("PageDown")


def test_a_tall_figure_stands_beside_its_words(open_file: Open) -> None:
    tall = draw_points()
    tall.update_layout(height=640)
    tab, _ = open_file([make_exhibit("A tall one", figure=tall)])
    words, plot = tab.locator(SHOWN).bounding_box(), tab.locator(".plot").bounding_box()
    foot = tab.locator(".citation").bounding_box()
    assert words and plot and foot
    assert words["x"] + words["width"] <= plot["x"]
    assert plot["height"] > 0.8 * 720
    assert foot["y"] + foot["height"] <= 720


def test_who_wants_no_motion_gets_none(open_file: Open) -> None:
    tab, _ = open_file(make_talk(2), reduced_motion="reduce")
    expect(tab.locator(".view.shown")).to_have_css("transition-duration", "0s")


def test_without_scripts_all_views_are_read_one_below_the_other(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "talk.html"
    path.write_bytes(write_html(make_talk(2), "A talk"))
    context = browser.new_context(java_script_enabled=False, offline=True)
    tab = context.new_page()
    tab.goto(path.as_uri())
    for number in (1, 2):
        expect(tab.get_by_role("heading", name=f"View {number} of a talk")).to_be_visible()
    context.close()


def test_tools_are_for_maps_and_stand_below_their_legend(open_file: Open) -> None:
    chart, moved = draw_points(), draw_points()
    moved.add_scatter(x=[1], y=[2], name="model-b")
    moved.update_layout(dragmode="pan", showlegend=True, legend={"orientation": "h"})
    moved.update_yaxes(scaleanchor="x")
    chart.update_layout(dragmode=False)
    tab, _ = open_file([make_exhibit(figure=moved), make_exhibit(figure=chart)])
    tab.locator(".view.shown .plot").hover()
    tools = tab.locator(".view.shown .modebar")
    expect(tools).to_be_visible()
    legend = tab.locator(".view.shown .legend .bg").bounding_box()
    found, plot = tools.bounding_box(), tab.locator(".view.shown .plot").bounding_box()
    assert found
    assert legend
    assert plot
    assert found["y"] > legend["y"] + legend["height"]
    assert found["y"] + found["height"] <= plot["y"] + plot["height"] + 1
    tab.keyboard.press("PageDown")
    tab.locator(".view.shown .plot").hover()
    expect(tab.locator(".view.shown .modebar-btn")).to_have_count(0)


def test_letters_of_figures_can_be_read_from_the_last_row(open_file: Open) -> None:
    bars = go.Figure(go.Bar(x=[1] * 17, y=list(range(17)), orientation="h"))
    bars.update_yaxes(tickvals=list(range(17)), ticktext=[f"Category {n}" for n in range(17)])
    bars.update_layout(height=495)
    tab, _ = open_file([make_exhibit(figure=bars)])
    names = tab.locator(".view.shown .ytick text")
    size = """e => parseFloat(getComputedStyle(e).fontSize)
        * new DOMMatrix(getComputedStyle(e.closest('.drawing')).transform).a"""
    assert names.first.evaluate(size) == pytest.approx(16, abs=0.01)
    places = [box["y"] for name in names.all() if (box := name.bounding_box())]
    steps = [abs(a - b) for a, b in pairwise(places)]
    assert len(steps) == 16
    assert min(steps) > 16
