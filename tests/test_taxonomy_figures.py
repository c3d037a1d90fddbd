"""The figures of the Taxonomy page, and what they say."""

import json

import numpy as np
import pytest

from hivemind_core.figures.palette import DARK, LIGHT, Ground, measure_contrast
from hivemind_core.figures.query_map import QueryPoints, draw_query_map
from hivemind_core.figures.shares import (
    BARS,
    DIAMONDS,
    CategoryShare,
    describe_shares,
    draw_shares,
    explain_shares,
    list_shares,
    tabulate_shares,
)
from hivemind_core.figures.taxonomy import OTHER, find_hues
from hivemind_core.figures.together import (
    Together,
    describe_together,
    draw_together,
    tabulate_together,
)
from hivemind_core.measures.labels import count_together, measure_lift, share_together

HTML = "<b>Soup</b>"
PAPER = ("Brainstorm & Ideation", "Problem Solving")


def make_together(membership: np.ndarray, names: tuple[str, ...]) -> Together:
    counts = count_together(membership)
    lift = measure_lift(counts, len(membership))
    return Together(names, counts, share_together(counts), lift)


def make_points(n: int) -> QueryPoints:
    generator = np.random.default_rng(0)
    places = generator.normal(size=(n, 2)).astype(np.float32)
    names = ("Creative Content Generation", "Information-Seeking", OTHER, "No category")
    return QueryPoints(places, generator.integers(0, 4, n), names, np.arange(n))


def test_the_papers_rows_come_first_with_what_was_published() -> None:
    rows = list_shares((*PAPER, HTML), (30, 10, 5), 100)
    assert len(rows) == 18
    held = {row.name: row for row in rows}
    assert (held[PAPER[0]].share, held[PAPER[0]].published) == (30, 15.2)
    assert held["Personal Advice"].queries == 0
    assert (rows[-1].name, rows[-1].share, rows[-1].published) == (HTML, 5, None)


def test_a_corpus_with_categories_of_its_own_shows_these_alone() -> None:
    rows = list_shares(("Jokes", "Facts"), (1, 3), 4)
    assert [(row.group, row.name, row.share) for row in rows] == [
        ("Jokes", "Jokes", 25),
        ("Facts", "Facts", 75),
    ]


def test_without_a_corpus_the_published_shares_stand_alone() -> None:
    rows = list_shares((), None, 0)
    assert len(rows) == 17
    assert {row.share for row in rows} == {None}
    assert describe_shares(rows, 0).startswith(
        "The paper's queries ask most often for Creative Content Generation (58 %)"
    )
    assert "these sum to 264 %" in explain_shares(rows, 0)
    assert "Bars" not in explain_shares(rows, 0)
    figure = draw_shares(rows, LIGHT)
    assert [trace.name for trace in figure.data if trace.showlegend is None] == [DIAMONDS]
    assert len(figure.data) == 2


def test_the_sentence_names_the_two_largest_but_never_other() -> None:
    rows = list_shares((*PAPER, OTHER), (30, 10, 90), 100)
    said = "Of 100 queries, 30 % are of Brainstorm & Ideation and 10 % are of Problem Solving."
    assert describe_shares(rows, 100) == said
    assert describe_shares(list_shares((OTHER,), (3,), 3), 3).startswith("None of 3 queries")
    assert "sum to 130 %; 2 queries of none" in explain_shares(rows, 2)


def test_an_empty_corpus_has_no_share() -> None:
    rows = list_shares(("Jokes",), (0,), 0)
    assert [row.share for row in rows] == [None]
    draw_shares(rows, LIGHT)


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_bars_and_diamonds_are_where_the_numbers_are(ground: Ground) -> None:
    rows = list_shares((*PAPER, HTML), (30, 10, 5), 100)
    figure = draw_shares(rows, ground)
    bars, diamonds, *named = figure.data
    assert (bars.showlegend, diamonds.showlegend) == (False, False)
    assert [trace.name for trace in named] == [BARS, DIAMONDS]
    assert figure.layout.showlegend
    assert list(bars.x)[::-1][:3] == [rows[0].share, rows[1].share, rows[2].share]
    assert list(diamonds.x)[::-1][0] == 58.0
    assert HTML not in figure.to_json()
    groups = {one.text for one in figure.layout.annotations}
    assert {"Open-Endedness", "Information-Seeking"} <= groups
    for note in figure.layout.annotations:
        assert measure_contrast(note.font.color, ground.paper) >= 4.5


def test_tables_hold_every_row() -> None:
    rows = list_shares(PAPER, (30, 10), 100)
    table = tabulate_shares(rows)
    assert len(table) == len(rows)
    assert table[1] == {
        "category": "Brainstorm & Ideation",
        "subcategory": "Brainstorm & Ideation",
        "queries": 30,
        "share (%)": 30.0,
        "published (%)": 15.2,
    }


def test_what_goes_together_is_said_and_tabulated() -> None:
    membership = np.zeros((200, 3), bool)
    membership[:60, :2] = True
    membership[60:120, 2] = True
    together = make_together(membership, ("One", HTML, "Three"))
    said = describe_together(together)
    assert said.startswith(f"One and {HTML} go together most: on 60 queries, 3.3 times as often")
    (row,) = tabulate_together(together)
    assert (row["queries"], row["of the one (%)"], row["times chance"]) == (60, 100, 200 / 60)


def test_what_is_too_rare_or_by_chance_is_not_claimed() -> None:
    few = np.zeros((200, 2), bool)
    few[:5] = True
    assert describe_together(make_together(few, ("A", "B"))).startswith("No two categories share")
    apart = np.ones((100, 2), bool)
    said = "No two categories go together more often than by chance."
    assert describe_together(make_together(apart, ("A", "B"))) == said


def test_every_cell_but_the_diagonal_can_be_clicked() -> None:
    membership = np.random.default_rng(0).random((100, 4)) < 0.5
    figure = draw_together(make_together(membership, ("A", "B", HTML, "D")), LIGHT)
    _, cells = figure.data
    assert len(cells.customdata) == 12
    assert list(cells.customdata[0]) == [0, 1]
    assert (cells.x[0], cells.y[0]) == (1, 0)
    assert HTML not in figure.to_json()


def test_a_corpus_where_no_categories_meet_draws() -> None:
    draw_together(make_together(np.zeros((3, 2), bool), ("A", "B")), LIGHT)


def test_the_map_carries_rows_and_no_text() -> None:
    points = make_points(500)
    figure = draw_query_map(points, None, LIGHT)
    told = sorted(row for trace in figure.data for row in trace.customdata)
    assert told == list(range(500))
    for trace in figure.data:
        assert np.array_equal(
            np.column_stack([trace.x, trace.y]), points.places[list(trace.customdata)]
        )
    assert {trace.name for trace in figure.data} == set(points.names)


def test_what_is_marked_stands_out_over_the_rest() -> None:
    points = make_points(100)
    marked = np.arange(100) < 7
    others, chosen = draw_query_map(points, marked, DARK).data
    assert list(chosen.customdata) == list(range(7))
    assert (chosen.marker.color, others.marker.color) == (DARK.accent, DARK.line)
    assert len(others.customdata) == 93


def test_a_map_of_all_of_infinity_chat_is_small() -> None:
    assert len(draw_query_map(make_points(26_070), None, LIGHT).to_json()) < 1_000_000


def test_the_papers_categories_have_six_colours() -> None:
    rows = list_shares((), None, 0)
    hues = find_hues([row.group for row in rows], LIGHT)
    paper = {hues[row.group] for row in rows}
    assert len(paper) == 6
    assert hues[OTHER] not in paper
    own = find_hues([HTML, "Jokes"], DARK)
    assert own[HTML] != own["Jokes"]


def test_a_row_is_plain_data() -> None:
    row = CategoryShare("a", "b", 1, 2.0, None)
    assert json.dumps(tabulate_shares([row]))
