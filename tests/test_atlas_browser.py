"""The Atlas page in a real browser: what only shows there."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsing import (
    HOSTILE,
    Server,
    expect_harmless,
    expect_sound,
    expect_told,
    find_panel,
    open_page,
    open_tab,
    read_address,
    wait_until_idle,
    watch,
)
from tests.dashboard_corpus import HOSTILE_SCORER, HOSTILE_TEXTS, write_demo

pytestmark = pytest.mark.browser

BLUE_POINT, GREY_POINT = (0, 114, 178), (120, 113, 108)
WHOLE = ((0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.02))
RIGHT = ((0.5, 0.01), (0.99, 0.01), (0.99, 0.99), (0.5, 0.99), (0.5, 0.02))
NAMELESS = """() => [...document.querySelectorAll(
    "button, input, a[href], select, textarea, summary, [role=button], [role=slider]")]
    .filter(one => one.checkVisibility())
    .filter(one => !(one.ariaLabel || one.innerText.trim() || one.labels?.length || one.title
        || one.getAttribute("aria-labelledby")))
    .map(one => one.outerHTML)"""
STRONG = """() => [...document.querySelectorAll(".js-plotly-plot .scatterlayer .point")]
    .filter(one => getComputedStyle(one).opacity > 0.5).length"""


def open_atlas(tab: Page, server: Server, **query: str | list[str]) -> None:
    open_page(tab, server.link("atlas", **{"corpus": "demo", "query": "q0", **query}))


def drag(tab: Page, tool: str, corners: tuple[tuple[float, float], ...]) -> None:
    """Draw over the map with one of its tools, from corner to corner in shares of its size."""
    tab.locator(f".js-plotly-plot .modebar-btn[data-title='{tool}']").click()
    box = tab.locator(".js-plotly-plot .nsewdrag").bounding_box()
    assert box is not None
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    tab.mouse.move(*places[0])
    tab.mouse.down()
    for place in places[1:]:
        tab.mouse.move(*place, steps=4)
    tab.mouse.up()
    expect(find_panel(tab)).to_contain_text("Your selection: ")
    wait_until_idle(tab)


def choose(tab: Page, label: str, option: str) -> None:
    """Choose from a box of the sidebar."""
    wait_until_idle(tab)
    tab.get_by_role("combobox", name=label, exact=True).click()
    tab.get_by_role("option", name=option, exact=True).click()


def open_first(tab: Page, key: str = "open-0") -> None:
    find_panel(tab).locator(f".st-key-{key} button:visible").click()
    expect(tab.get_by_role("button", name="← Back")).to_be_visible()
    wait_until_idle(tab)


def read_heading(tab: Page) -> Locator:
    return tab.locator(".st-key-heading-page")


def read_picked(tab: Page) -> Locator:
    """Return the line that says what is picked."""
    return find_panel(tab).locator("strong").first


def test_a_group_opens_and_its_link_opens_it_again(
    server: Server, tab: Page, browser: Browser
) -> None:
    open_atlas(tab, server, query="q1")
    open_first(tab)
    expect(read_picked(tab)).to_contain_text("Nearly the same: 15 answers · 3 models")
    expect_sound(tab)
    other = open_tab(browser)
    open_page(other, tab.url)
    expect(find_panel(other)).to_have_text(find_panel(tab).inner_text(), use_inner_text=True)
    assert read_address(other) == read_address(tab)
    other.context.close()


def test_clicking_a_point_shows_its_answer(server: Server, tab: Page) -> None:
    open_atlas(tab, server)
    box = tab.locator(".js-plotly-plot .scatterlayer .point").first.bounding_box()
    assert box is not None
    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(read_picked(tab)).to_have_text("Your selection: 1 answer · 1 model")
    expect(find_panel(tab).locator(".prose")).to_have_count(1)
    expect(find_panel(tab).locator(".prose")).to_contain_text("It is a ")
    wait_until_idle(tab)
    expect_sound(tab)


def test_a_box_shows_its_answers(server: Server, tab: Page) -> None:
    open_atlas(tab, server)
    drag(tab, "Box Select", (WHOLE[0], WHOLE[2]))
    expect(read_picked(tab)).to_contain_text("Your selection: 48 answers · 3 models")
    expect_sound(tab)


def test_a_lasso_shows_its_answers_and_survives_every_other_look(server: Server, tab: Page) -> None:
    open_atlas(tab, server)
    drag(tab, "Lasso Select", RIGHT)
    picked = read_picked(tab).inner_text()
    number = int(picked.split(": ")[1].split(" ")[0])
    assert 0 < number < 48
    assert tab.evaluate(STRONG) == number
    for coloring in ("Cluster", "Score: judge · quality"):
        choose(tab, "Colour", coloring)
        tab.wait_for_url(f"**colour={coloring.split(':', maxsplit=1)[0]}**")
        wait_until_idle(tab)
        expect(read_picked(tab)).to_have_text(picked)
        assert tab.evaluate(STRONG) == number
    tab.get_by_role("radio", name="Clusters").click()
    tab.wait_for_url("**list=Clusters**")
    wait_until_idle(tab)
    expect(read_picked(tab)).to_have_text(picked)
    tab.get_by_role("button", name="← Back").click()
    expect(find_panel(tab)).to_contain_text("of 3 models")
    wait_until_idle(tab)
    assert tab.evaluate(STRONG) == 48
    assert "points" not in read_address(tab)
    expect_sound(tab)


def count_pixels(tab: Page, color: tuple[int, int, int]) -> int:
    """Return how many pixels of the map are of one colour."""
    picture = tab.locator(".js-plotly-plot").screenshot()
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
    return int((pixels == color).all(axis=-1).sum())


def expect_points(tab: Page, color: tuple[int, int, int]) -> None:
    """Expect many points of a colour on the map: WebGL draws when it can."""
    for _ in range(20):
        if count_pixels(tab, color) > 300:
            return
        tab.wait_for_timeout(150)
    pytest.fail("the map shows no such points")


@pytest.fixture(scope="module")
def crowd(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a corpus whose first category has over 20,000 answers."""
    folder = tmp_path_factory.mktemp("crowd")
    write_demo(folder / "demo", queries=60, samples=85)
    running = Server(folder)
    yield running
    running.stop()


def test_a_lasso_on_a_density_draws_the_points_that_it_holds(crowd: Server, tab: Page) -> None:
    open_page(tab, crowd.link("atlas", corpus="demo", view="Category"))
    expect(tab.get_by_role("radio", name="Density")).to_be_checked()
    assert count_pixels(tab, BLUE_POINT) == 0
    drag(tab, "Lasso Select", RIGHT)
    assert int(read_picked(tab).inner_text().split(": ")[1].split(" ")[0].replace(",", "")) > 1000
    expect_points(tab, BLUE_POINT)
    expect_sound(tab)


def test_picked_points_are_drawn_on_a_density_that_is_coloured_by_numbers(
    crowd: Server, tab: Page
) -> None:
    choices = {"view": "Category", "list": "Clusters", "cluster": "1"}
    open_page(tab, crowd.link("atlas", corpus="demo", colour="Cluster", **choices))
    expect(read_picked(tab)).to_contain_text("Cluster 1: ")
    expect_points(tab, BLUE_POINT)
    choose(tab, "Colour", "Length")
    tab.wait_for_url("**colour=Length**")
    expect(read_picked(tab)).to_contain_text("Cluster 1: ")
    expect_points(tab, GREY_POINT)
    expect_sound(tab)


def test_the_slider_is_moved_by_arrow_keys_and_by_dragging(server: Server, tab: Page) -> None:
    open_atlas(tab, server)
    ideas = tab.locator(".st-key-note-ideas")
    expect(ideas).to_contain_text("the 40 answers by models hold 5,")
    slider = tab.get_by_role("slider", name="Same from")
    slider.focus()
    slider.press("ArrowRight")
    tab.wait_for_url("**at_people=0.51**")
    assert read_address(tab)["query"] == "q0"
    thumb = tab.get_by_test_id("stSliderThumbValue").locator("..").bounding_box()
    track = tab.get_by_test_id("stSlider").bounding_box()
    assert thumb is not None
    assert track is not None
    height = thumb["y"] + thumb["height"] / 2
    tab.mouse.move(thumb["x"] + thumb["width"] / 2, height)
    tab.mouse.down()
    tab.mouse.move(track["x"] + track["width"] - 2, height, steps=5)
    tab.mouse.up()
    expect(ideas).to_contain_text("the 40 answers by models hold 26,")
    assert float(read_address(tab)["at_people"]) > 0.9
    expect_sound(tab)


def test_a_query_is_found_by_typing_its_words(server: Server, tab: Page) -> None:
    open_atlas(tab, server)
    box = tab.get_by_role("combobox", name="Query", exact=True)
    box.click()
    box.press_sequentially("the sea")
    box.press("Enter")
    expect(read_heading(tab)).to_contain_text("Write a metaphor about the sea")
    tab.wait_for_url("**query=q5**")


def test_a_search_leads_to_answers_and_back_and_to_a_query(server: Server, tab: Page) -> None:
    open_atlas(tab, server)
    box = tab.get_by_role("searchbox", name="Search")
    box.fill("river gemini")
    box.press("Enter")
    expect(find_panel(tab)).to_contain_text("Answers · 6")
    hit = find_panel(tab).locator(".st-key-found-answer-0")
    asked = hit.locator("[class*=st-key-note-found-asked]").inner_text()
    hit.get_by_role("button", name="1 answer").click()
    expect(read_picked(tab)).to_have_text("Your selection: 1 answer · 1 model")
    expect(read_heading(tab)).to_have_text(asked)
    tab.get_by_role("button", name="← Back").click()
    expect(find_panel(tab)).to_contain_text("Answers · 6")
    wait_until_idle(tab)  # what is typed while the page is drawn anew is lost
    box.fill('"about the sea"')
    box.press("Enter")
    tab.get_by_role("button", name="Query 1").click()
    expect(read_heading(tab)).to_contain_text("Write a metaphor about the sea")
    expect(find_panel(tab)).to_contain_text("of 3 models")
    wait_until_idle(tab)
    expect(box).to_have_value("")
    assert "find" not in read_address(tab)
    expect_sound(tab)


def test_the_address_holds_every_choice(server: Server, tab: Page, browser: Browser) -> None:
    open_atlas(tab, server)
    choose(tab, "Colour", "Group")
    tab.wait_for_url("**colour=Group**")
    choose(tab, "Show alone", "gpt-4o")
    tab.wait_for_url("**show=gpt-4o**")
    tab.keyboard.press("Escape")
    legend = tab.locator(".js-plotly-plot .legend")
    expect(legend.filter(has_text="the rest")).to_have_count(1)
    expect(legend).to_have_count(1)
    tab.get_by_role("radio", name="PCA").click()
    tab.wait_for_url("**map=PCA**")
    expect_told(tab, "note-trust", "PCA of")
    tab.get_by_role("radio", name="Cosine").click()
    tab.wait_for_url("**same=Cosine**")
    slider = tab.get_by_role("slider", name="Same from")
    expect(slider).to_have_value("0.9")
    slider.press("End")
    tab.wait_for_url("**at_cosine=0.99**")
    expect_told(tab, "finding-page", "6 of 40 answers")
    wait_until_idle(tab)
    drag(tab, "Lasso Select", RIGHT)
    tab.wait_for_url("**points=**")
    other = open_tab(browser)
    open_page(other, tab.url)
    expect(find_panel(other)).to_have_text(find_panel(tab).inner_text(), use_inner_text=True)
    for key in ("finding-page", "note-ideas", "note-trust", "note-agreement"):
        told = tab.locator(f".st-key-{key}").inner_text()
        expect(other.locator(f".st-key-{key}")).to_have_text(told, use_inner_text=True)
    picked = int(read_picked(tab).inner_text().split(": ")[1].split(" ")[0])
    assert other.evaluate(STRONG) == tab.evaluate(STRONG) == picked
    assert read_address(other) == read_address(tab)
    expect_sound(other)
    other.context.close()


def test_the_browsers_back_undoes_a_pick_and_a_query(server: Server, tab: Page) -> None:
    open_atlas(tab, server)
    first = read_heading(tab).inner_text()
    tab.get_by_role("button", name="Next").click()
    expect(read_heading(tab)).not_to_have_text(first)
    wait_until_idle(tab)
    open_first(tab)
    tab.go_back()
    expect(tab.get_by_role("button", name="← Back")).to_have_count(0)
    expect(find_panel(tab)).to_contain_text("of 3 models")
    expect(read_heading(tab)).not_to_have_text(first)
    wait_until_idle(tab)
    tab.go_back()
    expect(read_heading(tab)).to_have_text(first)
    wait_until_idle(tab)
    open_first(tab)
    assert {"query": "q0", "group": "q0-1-0"}.items() <= read_address(tab).items()
    expect_sound(tab)


def test_a_group_from_far_down_the_list_is_read_from_its_beginning(
    server: Server, tab: Page
) -> None:
    open_atlas(tab, server, same="Cosine", at_cosine="0.99")
    button = find_panel(tab).locator(".st-key-open-7 button:visible")
    button.scroll_into_view_if_needed()
    scrolled = find_panel(tab).locator("[class*=st-key-scroll]")
    assert scrolled.evaluate("list => list.scrollTop") > 0
    find_panel(tab).locator(".st-key-open-once button:visible").click()
    expect(read_picked(tab)).to_contain_text("Said once: ")
    wait_until_idle(tab)
    expect(tab.get_by_role("button", name="← Back")).to_be_in_viewport()


def test_the_browsers_back_leads_from_likeness_to_the_group_it_began_in(
    server: Server, tab: Page
) -> None:
    open_atlas(tab, server)
    open_first(tab)
    picked = read_picked(tab).inner_text()
    tab.get_by_role("button", name="More like this").first.click()
    expect(read_picked(tab)).to_contain_text("Most like one answer")
    wait_until_idle(tab)
    tab.go_back()
    expect(read_picked(tab)).to_have_text(picked)


def test_the_browsers_back_draws_the_selection_that_it_restores(server: Server, tab: Page) -> None:
    open_atlas(tab, server)
    drag(tab, "Lasso Select", RIGHT)
    picked, number = read_picked(tab).inner_text(), tab.evaluate(STRONG)
    tab.get_by_role("button", name="More like this").first.click()
    expect(read_picked(tab)).to_contain_text("Most like one answer")
    wait_until_idle(tab)
    tab.go_back()
    expect(read_picked(tab)).to_have_text(picked)
    wait_until_idle(tab)
    assert tab.evaluate(STRONG) == number


def test_shift_and_an_arrow_open_the_next_query_but_not_while_typing(
    server: Server, tab: Page
) -> None:
    open_atlas(tab, server)
    first = read_heading(tab).inner_text()
    tab.keyboard.press("Shift+ArrowRight")
    expect(read_heading(tab)).not_to_have_text(first)
    tab.wait_for_url("**query=q2**")
    wait_until_idle(tab)
    tab.keyboard.press("Shift+ArrowLeft")
    expect(read_heading(tab)).to_have_text(first)
    wait_until_idle(tab)
    box = tab.get_by_role("searchbox", name="Search")
    box.press_sequentially("river")
    box.press("Shift+ArrowLeft")
    box.press("Shift+ArrowLeft")
    assert box.evaluate("box => box.selectionEnd - box.selectionStart") == 2
    box.press("Enter")
    expect(find_panel(tab)).to_contain_text("Answers · ")
    expect(read_heading(tab)).to_have_text(first)
    slider = tab.get_by_role("slider", name="Same from")
    slider.press("ArrowRight")
    slider.press("ArrowLeft")
    slider.press("ArrowLeft")
    tab.wait_for_url("**at_people=0.49**")
    wait_until_idle(tab)
    expect(read_heading(tab)).to_have_text(first)
    assert read_address(tab)["query"] == "q0"
    expect_sound(tab)


def save(tab: Page, label: str, folder: Path) -> Path:
    with tab.expect_download() as asked:
        tab.get_by_role("button", name=label, exact=True).click()
    path = folder / asked.value.suggested_filename
    asked.value.save_as(path)
    return path


def test_a_selection_is_taken_away_as_files_that_hold_the_same(
    server: Server, tab: Page, tmp_path: Path
) -> None:
    open_atlas(tab, server)
    drag(tab, "Lasso Select", RIGHT)
    picked = read_picked(tab).inner_text()
    number = int(picked.split(": ")[1].split(" ")[0])
    tab.get_by_role("button", name=f"Take {number} answers away").click()
    paths = [save(tab, label, tmp_path) for label in ("CSV", "Parquet", "JSON Lines")]
    about = save(tab, "What they are from (JSON)", tmp_path)
    digits = read_address(tab)["hash"]
    assert [path.name for path in paths] == [
        f"demo_{digits}_q0-selection.{form}" for form in ("csv", "parquet", "jsonl")
    ]
    csv = pd.read_csv(paths[0], dtype_backend="numpy_nullable")
    parquet = pq.read_table(paths[1])
    lines = [json.loads(line) for line in paths[2].read_text(encoding="utf-8").splitlines()]
    assert len(parquet) == number
    for name in ("response_id", "query_id", "text", "source", "cluster", "near_identical_group"):
        values = parquet[name].to_pylist()
        assert [row[name] for row in lines] == values
        assert [None if pd.isna(value) else value for value in csv[name]] == values
    assert {"query", "model", "x", "y", "sameness", "threshold"} <= set(parquet.column_names)
    assert set(parquet["sameness"].to_pylist()) == {"people"}
    citation = json.loads(about.read_text(encoding="utf-8"))
    assert citation == json.loads((parquet.schema.metadata or {})[b"hivemind"])
    assert citation["content_hash"].startswith(digits)
    # What is shown and what is taken are the same answers.
    shown = find_panel(tab).locator(".prose").all_inner_texts()
    assert {text.strip() for text in shown} == {row["text"] for row in lines}
    expect(read_picked(tab)).to_have_text(picked)
    expect_sound(tab)


def test_two_answers_are_compared_until_the_window_is_closed(server: Server, tab: Page) -> None:
    open_atlas(tab, server, pair="1-2")
    dialog = tab.get_by_role("dialog", name="Two answers side by side")
    expect(dialog).to_contain_text("Marked is where they differ.")
    expect(dialog.locator("mark.only")).not_to_have_count(0)
    tab.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    tab.wait_for_url(lambda url: "pair=" not in url)
    open_first(tab)
    expect(dialog).to_have_count(0)
    find_panel(tab).get_by_role("button", name="Compare", exact=True).first.click()
    expect(find_panel(tab)).to_contain_text("waits to be compared")
    find_panel(tab).get_by_role("button", name="Compare with the first").first.click()
    expect(dialog).to_be_visible()
    tab.wait_for_url("**pair=**")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    tab.wait_for_url(lambda url: "pair=" not in url)
    expect(read_picked(tab)).to_contain_text("Nearly the same")
    expect_sound(tab)


def focus_by_tab(tab: Page, target: Locator, most: int = 60) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(most):
        tab.keyboard.press("Tab")
        if target.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"{most} times Tab do not lead there")


def test_a_group_is_read_and_left_by_keyboard_alone(server: Server, tab: Page) -> None:
    open_atlas(tab, server)
    focus_by_tab(tab, find_panel(tab).locator(".st-key-open-1 button:visible"))
    tab.keyboard.press("Enter")
    expect(read_picked(tab)).to_contain_text("Nearly the same: 13 answers")
    wait_until_idle(tab)
    focus_by_tab(tab, tab.get_by_role("button", name="More like this").first)
    tab.keyboard.press("Space")
    expect(read_picked(tab)).to_contain_text("Most like one answer")
    wait_until_idle(tab)
    for told in ("Nearly the same: 13 answers", "of 3 models"):
        focus_by_tab(tab, tab.get_by_role("button", name="← Back"))
        tab.keyboard.press("Enter")
        expect(find_panel(tab)).to_contain_text(told)
        wait_until_idle(tab)
    expect_sound(tab)


def test_a_screen_reader_is_told_what_everything_is(server: Server, tab: Page) -> None:
    open_atlas(tab, server, table="true")
    expect(tab.get_by_test_id("stDataFrame").locator("canvas").first).to_be_visible()
    figure = tab.get_by_role("figure", name="UMAP map of 48 answers by 5 sources")
    expect(figure).to_have_count(tab.locator(".js-plotly-plot").count())
    for name in ("Corpus", "Category", "Query", "Colour", "Show alone"):
        expect(tab.get_by_role("combobox", name=name, exact=True)).to_be_visible()
    for name in ("Map of", "Map", "List", "Same by"):
        expect(tab.get_by_role("radiogroup", name=name, exact=True)).to_be_visible()
    expect(tab.get_by_role("searchbox", name="Search")).to_be_visible()
    expect(tab.get_by_role("slider", name="Same from")).to_have_count(1)
    expect(tab.get_by_role("heading", name="What they say")).to_be_visible()
    table = tab.get_by_role("region", name="Every answer of the map, one a row")
    expect(table.get_by_role("grid", include_hidden=True)).to_have_attribute("aria-rowcount", "49")
    assert tab.evaluate(NAMELESS) == []
    open_first(tab)
    assert tab.evaluate(NAMELESS) == []


MARKUP = "markup-<i>model</i>-"
MODES: dict[str, tuple[dict[str, str], str]] = {
    "groups": ({}, "שלום"),
    "a group": ({"group": f"{MARKUP}1"}, "<img src=x onerror"),
    "a cluster": ({"list": "Clusters", "cluster": "1"}, "<script>document.title = 'broken'"),
    "said once": ({"at_people": "0.8", "once": "1"}, "![tracker](http://example.com/pixel.png)"),
    "alike": ({"like": f"{MARKUP}0"}, "<script>document.title = 'broken'"),
    "answers found": ({"find": "script"}, "fetch('http://example.com/stolen')"),
    "queries found": ({"find": "query"}, "![x](http://example.com/q.png)"),
    "categories found": ({"find": "category"}, "![c](http://example.com/c.png)"),
    "nothing found": ({"find": "<img src=x onerror=alert(2)>"}, "onerror"),
    "strategies": ({"query": "alone", "colour": "Strategy"}, "Alone 0"),
    "a category": ({"view": "Category"}, "to: <h1>Query</h1>"),
    "scores": (
        {"colour": f"Score: {' · '.join(HOSTILE_SCORER)}", "group": f"{MARKUP}1"},
        "<img src=x onerror=alert(1)> · **loud**",
    ),
}


def test_hostile_text_does_nothing_in_any_list(server: Server, tab: Page) -> None:
    heard = watch(tab)
    for query, told in MODES.values():
        open_atlas(tab, server, **{"corpus": HOSTILE, "query": "markup", "table": "true", **query})
        expect(find_panel(tab)).to_contain_text(told)
        expect_sound(tab)
        expect_harmless(tab, server, heard)


def test_hostile_text_does_nothing_in_a_comparison(server: Server, tab: Page) -> None:
    heard = watch(tab)
    open_atlas(tab, server, corpus=HOSTILE, query="markup", pair="0-12")
    dialog = tab.get_by_role("dialog", name="Two answers side by side")
    expect(dialog.locator(".prose")).to_have_text(list(HOSTILE_TEXTS[:2]))
    expect_sound(tab)
    expect_harmless(tab, server, heard)


def test_hostile_names_stay_text_in_boxes_legends_and_hovers(server: Server, tab: Page) -> None:
    heard = watch(tab)
    open_atlas(tab, server, corpus=HOSTILE, query="alone", colour="Model")
    expect(tab.locator(".js-plotly-plot .legend")).to_contain_text(
        "![m](http://example.c…>plain</u>"
    )
    box = tab.locator(".js-plotly-plot .scatterlayer .point").first.bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)
    expect(tab.locator(".js-plotly-plot .hoverlayer")).to_contain_text("![m](http://example.com")
    expect_harmless(tab, server, heard)
    for label, told in (
        ("Corpus", HOSTILE),
        ("Category", "<b>Category</b>"),
        ("Query", "<h1>Query</h1>"),
        ("Colour", "Score: <img src=x onerror=alert(1)>"),
        ("Show alone", "<script>alert(1)</script>"),
    ):
        tab.get_by_role("combobox", name=label, exact=True).click()
        expect(tab.get_by_role("option").filter(has_text=told)).not_to_have_count(0)
        expect_harmless(tab, server, heard)
        tab.keyboard.press("Escape")


@pytest.mark.parametrize("query", ["one", "same", "none", "blank", "withheld"])
def test_odd_queries_open(server: Server, tab: Page, query: str) -> None:
    heard = watch(tab)
    tab.goto(server.link("atlas", corpus=HOSTILE, query=query))
    read_heading(tab).wait_for()
    wait_until_idle(tab)
    expect_sound(tab)
    expect(tab.locator(".js-plotly-plot")).to_have_count(0 if query in ("none", "blank") else 1)
    expect_harmless(tab, server, heard)
