"""The Homogeneity page in a real browser: what only shows there."""

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from hivemind_core.corpus.published import read_published
from tests.browsing import (
    HOSTILE,
    Server,
    click_point,
    expect_harmless,
    expect_sound,
    expect_told,
    open_page,
    open_tab,
    read_address,
    wait_until_idle,
    watch,
)

pytestmark = pytest.mark.browser

PARTS = ("Within models", "Between models", "Nearest answers", "Robustness", "Change")
BETWEEN = PARTS[1]
SOURCES = ("gemini-1.5-pro", "gpt-4o", "olmo2-7b · plain", "olmo2-7b · random", "human")
IS_OUTLINED = """([first, second]) => {
    const {shapes, annotations, yaxis} =
        document.querySelector(".st-key-matrix .js-plotly-plot").layout;
    const {x0, x1, y0, y1} = shapes.at(-1), names = yaxis.ticktext;
    const strong = new Set(annotations.filter(one => one.font?.weight === 600).map(x => x.text));
    return names[Math.round((y0 + y1) / 2)] === first
        && names[Math.round((x0 + x1) / 2)] === second
        && strong.size === new Set([first, second]).size;
}"""


def open_question(tab: Page, server: Server, part: str, **query: str) -> None:
    open_page(tab, server.link("homogeneity", **{"corpus": "demo", "part": part, **query}))


def click_row(tab: Page, row: int) -> None:
    """Select a row of the table of queries by the box at its left end."""
    table = tab.locator("[class*='st-key-queries-']").first
    table.scroll_into_view_if_needed()
    box = table.get_by_test_id("stDataFrameResizable").bounding_box()
    assert box is not None
    tab.mouse.click(box["x"] + 18, box["y"] + 36 * (row + 1) + 17)


def test_a_click_on_a_cell_opens_it_and_another_after_it(server: Server, tab: Page) -> None:
    heard = watch(tab)
    open_question(tab, server, BETWEEN, first="gpt-4o", second="human")
    cell = tab.locator(".st-key-finding-cell")
    expect(cell).to_contain_text("gpt-4o and human: ")
    for first, second in ((0, 1), (2, 4), (3, 3), (1, 0)):
        click_point(tab, ".st-key-matrix", first, second)
        one, other = SOURCES[first], SOURCES[second]
        told = f"{one} with itself: " if first == second else f"{one} and {other}: "
        expect(cell).to_contain_text(told)
        tab.wait_for_function(IS_OUTLINED, arg=[one, other])
        wait_until_idle(tab)
        address = read_address(tab)
        assert (address["first"], address["second"]) == (one, other)
    expect_sound(tab)
    assert not [words for words in heard if words.startswith(("error", "dialog"))]
    other_tab = tab.context.new_page()
    open_page(other_tab, tab.url)
    expect(other_tab.locator(".st-key-finding-cell")).to_have_text(cell.inner_text())
    other_tab.close()


def test_a_click_on_a_query_opens_its_closest_answers(server: Server, tab: Page) -> None:
    heard = watch(tab)
    open_question(tab, server, BETWEEN, first="gpt-4o", second="human")
    closest = tab.locator(".st-key-finding-closest")
    seen = [closest.inner_text()]
    for row in (2, 4):
        click_row(tab, row)
        expect(closest).not_to_have_text(seen[-1])
        wait_until_idle(tab)
        seen.append(closest.inner_text())
        assert read_address(tab)["evidence"].startswith("q")
    assert len(set(seen)) == 3
    expect(tab.locator("[class*='st-key-prose-closest'] .prose")).to_have_count(8)
    click_point(tab, ".st-key-matrix", 0, 1)
    expect_told(tab, "finding-cell", "gemini-1.5-pro and gpt-4o: ")
    wait_until_idle(tab)
    expect(closest).to_have_text(seen[-1])
    expect_sound(tab)
    assert not [words for words in heard if words.startswith(("error", "dialog"))]


def test_questions_and_figures_are_chosen_and_stand_in_the_address(
    server: Server, tab: Page
) -> None:
    open_question(tab, server, PARTS[0])
    for part in PARTS[1:]:
        tab.get_by_role("radio", name=part).click()
        tab.wait_for_url(f"**part={part.replace(' ', '*')}**")
        wait_until_idle(tab)
        expect_sound(tab)
        expect(tab.locator(".js-plotly-plot").first).to_be_visible()
    tab.get_by_role("radio", name="Published").click()  # which has nothing to say of change
    expect_told(tab, "finding-published", "79.1 %")
    wait_until_idle(tab)
    assert read_address(tab)["of"] == "Published"
    assert "part" not in read_address(tab)
    tab.get_by_role("radio", name="All 79").click()
    expect_told(tab, "finding-published", "70.1 %")
    expect_sound(tab)


@pytest.mark.parametrize("part", PARTS)
def test_a_hostile_corpus_stays_harmless(server: Server, tab: Page, part: str) -> None:
    heard = watch(tab)
    for query in ({"evidence": "markup"}, {"of": "Both"}):
        tab.goto(server.link("homogeneity", **{"corpus": HOSTILE, "part": part, **query}))
        tab.locator("[class*='st-key-finding']").first.wait_for()
        wait_until_idle(tab)
        expect_sound(tab)
        expect_harmless(tab, server, heard)


@pytest.mark.parametrize(
    ("scheme", "paper"), [("light", "rgb(253, 252, 250)"), ("dark", "rgb(23, 20, 18)")]
)
def test_every_question_is_drawn_by_day_and_by_night(
    server: Server, browser: Browser, scheme: str, paper: str
) -> None:
    tab = open_tab(browser, color_scheme=scheme)
    heard = watch(tab)
    links = [{"part": part} for part in PARTS]
    links += [{"of": of, "part": part} for of in ("Published", "Both") for part in PARTS[:2]]
    for query in links:
        open_page(tab, server.link("homogeneity", **{"corpus": "demo", **query}))
        grounds = tab.locator(".js-plotly-plot .main-svg:first-child").evaluate_all(
            "all => all.map(one => getComputedStyle(one).backgroundColor)"
        )
        assert set(grounds) == {paper}
        expect_sound(tab)
    assert not [words for words in heard if words.startswith(("error", "dialog"))]
    tab.context.close()


def test_a_model_of_the_79_is_found_by_typing_and_outlined(server: Server, tab: Page) -> None:
    heard = watch(tab)
    open_question(tab, server, BETWEEN, of="Published", subset="All 79")
    names = ("microsoft/phi-4", "gemini-1.5-pro")
    for label, typed, name in (("Model", "phi-4", names[0]), ("Other model", "1.5-pro", names[1])):
        box = tab.get_by_role("combobox", name=label, exact=True)
        box.click()
        box.press_sequentially(typed)
        tab.get_by_role("option", name=name, exact=True).click()
        wait_until_idle(tab)
        expect_told(tab, "finding-cell", name)
    expect_told(tab, "finding-cell", f"{names[0]} and {names[1]}: ")
    tab.wait_for_function(IS_OUTLINED, arg=list(names))
    wait_until_idle(tab)
    address = read_address(tab)
    assert (address["first"], address["second"]) == names
    click_point(tab, ".st-key-matrix", 0, 70)
    expect_told(tab, "finding-cell", read_published().names[70])
    assert not [words for words in heard if words.startswith(("error", "dialog"))]


def test_the_numbers_are_taken_as_a_file(server: Server, tab: Page, tmp_path: Path) -> None:
    open_question(tab, server, PARTS[0])
    with tab.expect_download() as asked:
        tab.get_by_role("button", name="Take the numbers (CSV)").click()
    assert asked.value.suggested_filename.startswith("demo_")
    assert asked.value.suggested_filename.endswith("_within-cosine-queries.csv")
    asked.value.save_as(tmp_path / "within.csv")
    rows = pd.read_csv(tmp_path / "within.csv")
    assert set(rows["source"]) == set(SOURCES)
    assert rows["cosine"].is_monotonic_decreasing
