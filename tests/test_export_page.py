import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import pytest
from plotly.offline import get_plotlyjs

from hivemind_core.errors import InputError
from hivemind_core.exhibit import Panel, View
from hivemind_core.export.about import clean_text, list_origins, write_citation
from hivemind_core.export.document import Document, write_data
from hivemind_core.export.dressing import dress_figure, list_text
from hivemind_core.export.page import write_html
from hivemind_core.export.rows import MOST_ROWS, write_table, write_value
from hivemind_core.export.stage import (
    choose_scale,
    find_least,
    set_on_slide,
    split_views,
    stands_aside,
    take_part,
)
from hivemind_core.figures.palette import DARK, LIGHT
from tests.exhibits import (
    CITATION,
    HASH,
    HOSTILE,
    draw_points,
    make_exhibit,
    make_hostile,
    make_talk,
)


class Reader(HTMLParser):
    """Reads a page back: its tags with attributes, its text, and what its scripts hold."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.text = ""
        self._open = ""
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag == "style":
            self.styles.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        elif self._open == "style":
            self.styles[-1] += data
        else:
            self.text += data

    def find(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def figures(self) -> dict[str, dict[str, object]]:
        held = [(a["id"] or "", text) for a, text in self.scripts if a.get("type")]
        return {name: json.loads(text) for name, text in held}

    @property
    def policy(self) -> dict[str, list[str]]:
        (meta,) = [a for a in self.find("meta") if a.get("http-equiv")]
        rules = [rule.split() for rule in (meta["content"] or "").split(";")]
        return {rule[0]: rule[1:] for rule in rules}


def test_a_page_says_all_that_an_exhibit_says() -> None:
    page = Reader(write_html([make_exhibit(fault="The corpus changed.")], "A talk"))
    for told in (
        "Write a metaphor about time.",
        "Most say that time is a river.",
        "Cosine of 1,250 answers.",
        "Say it slowly.",
        "The corpus changed.",
        "Three points on a line.",
        "parameter: query",
        "q7",
        HASH,
        "CC0-1.0",
        "hivemind-atlas 9.8.7",
        "0.5123",
        "–",
    ):
        assert told in page.text
    (plot,) = [a for a in page.find("div") if a.get("role") == "img"]
    assert plot["aria-label"] == "Three points on a line."
    assert [a.get("scope") for a in page.find("th")] == ["col", "col"]


def test_plotly_is_inside_once_however_many_views_there_are() -> None:
    page = write_html(make_talk(5), "A talk")
    assert page.count(get_plotlyjs()[:2000].encode()) == 1
    assert len(page) < len(get_plotlyjs().encode()) + 400_000
    reader = Reader(page)
    assert len(reader.figures) == 5
    assert len([a for a in reader.find("section") if a["class"] == "view"]) == 5


def test_the_policy_lets_nothing_load_and_only_its_own_scripts_run() -> None:
    page = Reader(write_html([make_exhibit()], "A talk"))
    run = [text for attributes, text in page.scripts if "type" not in attributes]
    hashes = [f"'sha256-{b64encode(sha256(t.encode()).digest()).decode()}'" for t in run]
    assert len(run) == 2
    assert page.policy["script-src"] == hashes
    assert page.policy["default-src"] == page.policy["connect-src"] == ["'none'"]
    assert page.policy["img-src"] == ["data:", "blob:"]
    assert page.policy["font-src"] == ["data:"]
    # The empty one is Plotly's own, which fills it by script.
    held = [
        f"'sha256-{b64encode(sha256(t.encode()).digest()).decode()}'" for t in (*page.styles, "")
    ]
    assert page.policy["style-src-elem"] == held
    assert not [
        a for _, a in page.tags for name in a if name in ("src", "style") or name[:2] == "on"
    ]
    assert {a["href"] for a in page.find("a")} == {"#view-1"}


def test_no_script_could_end_before_its_end() -> None:
    page = Reader(write_html([make_exhibit()], "A talk"))
    run = [text for attributes, text in page.scripts if "type" not in attributes]
    assert run[0] == get_plotlyjs()
    assert not [text for text in run if re.search("</script|<!--", text, re.IGNORECASE)]


def test_hostile_text_is_text_everywhere() -> None:
    calm, hostile = (
        Reader(write_html([exhibit], title))
        for exhibit, title in ((make_exhibit(), "A talk"), (make_hostile(), HOSTILE))
    )
    assert {tag for tag, _ in hostile.tags} <= {tag for tag, _ in calm.tags} | {"figcaption"}
    assert not [a for _, a in hostile.tags for name in a if name[:2] == "on"]
    assert len(hostile.scripts) == len(calm.scripts)
    assert hostile.text.count("<script>document.title='broken'</script>") > 10
    assert {a["href"] for a in hostile.find("a")} == {"#view-1"}
    assert not re.search("[\x00\x08\ud800]", hostile.text)


def test_no_markup_of_a_figure_leads_anywhere() -> None:
    figure = draw_points(name=HOSTILE)
    figure.add_annotation(text="<b>kept</b><br><A HREF='http://example.com'>no</A>")
    figure.add_trace(go.Bar(x=np.array(["<span style='color:red'>x</span>"], object), y=[1]))
    text = list_text(dress_figure(figure, LIGHT).to_plotly_json())
    assert "<b>kept</b><br>&lt;A HREF" in text
    assert "<extra></extra>" in text
    assert not re.search(r"<(?!/?(b|br|extra)>)", text)
    assert list_text(figure.to_plotly_json()).count("<a href") > 0


@pytest.mark.parametrize("end", ["</script>", "<!--", "&lt;", "\u2028", "\u2029"])
def test_json_in_a_page_is_the_same_json_and_holds_no_end(end: str) -> None:
    block = write_data("x", json.dumps({"text": f"a{end}b"}, ensure_ascii=False))
    inside = block.partition(">")[2].removesuffix("</script>")
    assert end not in inside
    assert json.loads(inside) == {"text": f"a{end}b"}


def test_figures_are_dressed_for_their_ground_and_drawn_as_vectors() -> None:
    given = draw_points(kind=go.Scattergl)
    before = given.to_json()
    for ground in (LIGHT, DARK):
        dressed = dress_figure(given, ground)
        assert [trace.type for trace in dressed.data] == ["scatter"]
        assert dressed.layout.template.layout.paper_bgcolor == ground.paper
        assert dressed.layout.template.layout.font.color == ground.ink
        assert dressed.layout.width is None
    assert given.to_json() == before


def test_points_that_only_a_selection_shows_are_left_out() -> None:
    unseen = {"mode": "markers", "marker": {"opacity": 0}}
    place, row = np.arange(4.0), np.arange(4)
    figure = go.Figure(
        [
            go.Scattergl(x=place, y=place, customdata=row, **unseen),
            go.Scattergl(x=place, y=place, customdata=row, selectedpoints=[1, 3], **unseen),
            go.Scatter(x=place, y=place),
        ]
    )
    picked, seen = dress_figure(figure, LIGHT).data
    assert list(picked.x) == [1, 3]
    assert list(picked.customdata) == [1, 3]
    assert list(picked.selectedpoints) == [0, 1]
    assert seen.x == go.Figure(figure.data[2]).to_plotly_json()["data"][0]["x"]


def test_a_dark_page_holds_dark_figures_and_begins_dark() -> None:
    page = write_html([make_exhibit(figure=draw_points(DARK))], "", is_dark=True)
    figures = Reader(page).figures
    assert set(figures) == {"figure-1-0-dark"}
    assert figures["figure-1-0-dark"]["layout"]["template"]["layout"]["paper_bgcolor"] == DARK.paper
    assert b'<html lang="en" data-ground="dark">' in page
    assert b'<html lang="en">' in write_html([make_exhibit()], "")


def test_dark_figures_lie_beside_the_light_ones() -> None:
    light, dark = make_exhibit(), make_exhibit(figure=draw_points(DARK))
    assert set(Reader(write_html([light], "")).figures) == {"figure-1-0-light"}
    both = Reader(write_html([light], "", dark=[dark])).figures
    assert set(both) == {"figure-1-0-light", "figure-1-0-dark"}
    assert DARK.accent in json.dumps(both["figure-1-0-dark"])
    with pytest.raises(InputError, match="found 2 dark ones"):
        write_html([light], "", dark=[dark, dark])


def test_nothing_to_export_is_said() -> None:
    with pytest.raises(InputError, match=r"nothing to export\. Pin a view first"):
        write_html([], "A talk")


def test_a_view_without_figures_opens_its_table() -> None:
    tables = Reader(write_html([make_exhibit(panels=())], "")).find("details")
    assert [("open" in a) for a in tables if a.get("class") == "table"] == [True]
    assert not Reader(write_html([make_exhibit(panels=(), tables={})], "")).find("table")


def test_a_long_table_is_cut_and_says_so() -> None:
    page = write_table("t", pa.table({"n": list(range(MOST_ROWS + 1))}))
    assert page.count("<tr>") == MOST_ROWS + 1
    assert f"({MOST_ROWS + 1} rows, the first {MOST_ROWS} here" in page
    assert "here" not in write_table("t", pa.table({"n": list(range(MOST_ROWS))}))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "inf"),
        (0.0, "0"),
        (1250, "1250"),
        (True, "yes"),
        ("", ""),
        (["a", None], '["a", null]'),
        ("x" * 5000, "x" * 2000 + "…"),
    ],
)
def test_values_of_a_table_in_words(value: object, shown: str) -> None:
    assert write_value(value) == shown


def test_where_an_exhibit_is_from() -> None:
    exhibit = make_exhibit()
    assert write_citation(exhibit) == (
        "two-rivers · 0123456789ab · all-MiniLM-L6-v2 · a paper · CC0-1.0 · hivemind-atlas 9.8.7"
    )
    assert write_citation(make_exhibit(citation=CITATION | {"simulated": True})).startswith(
        "SIMULATED"
    )
    told = dict(list_origins(exhibit))
    assert told["simulated"] == "no"
    assert told["parameter: colour"] == "Model"
    assert told["content hash"] == HASH
    assert "" not in told.values()


def test_text_that_no_file_can_hold() -> None:
    assert clean_text("a\x00b\ud800c\ufffe\r\nd\te\rf") == "a\ufffdb\ufffdc\ufffd\nd\te\nf"
    assert clean_text("שלום 🌊") == "שלום 🌊"
    assert Document(HOSTILE, "").write().count(b"<script") == 0


def test_on_a_slide_the_legend_of_a_map_stands_beside_it() -> None:
    legend = {"orientation": "h", "x": 0, "y": -0.02}
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1]))
    figure.update_layout(legend=legend, margin={"b": 94})
    assert set_on_slide(figure) is figure  # no map
    figure.update_yaxes(scaleanchor="x")
    shown = set_on_slide(figure)
    assert (shown.layout.legend.orientation, shown.layout.margin.b) == ("v", 8)
    assert figure.layout.legend.orientation == "h"
    figure.update_layout(coloraxis={"showscale": True})
    assert set_on_slide(figure) is figure  # its colours are explained under it


def draw_matrix(size: int) -> go.Figure:
    """Return a matrix as the homogeneity page draws it: names beside its rows and above columns."""
    figure = go.Figure(go.Heatmap(z=np.eye(size)))
    names = [f"model {n}" for n in range(size)]
    for n, name in enumerate(names):
        figure.add_annotation(text=name, x=-0.5, xanchor="right", y=n)
        figure.add_annotation(text=name, x=n, y=-0.5, textangle=-90)
    figure.add_annotation(text="joined at", x=size, y=-0.5)
    axis = {"tickvals": list(range(size)), "ticktext": names, "range": [size - 0.48, -0.52]}
    figure.update_yaxes(**axis, scaleanchor="x", showticklabels=False)
    return figure.update_layout(height=533, margin={"t": 175, "b": 58})


def test_on_a_slide_a_large_matrix_names_its_rows_alone() -> None:
    figure = draw_matrix(25)
    shown = set_on_slide(figure)
    assert len(figure.layout.annotations) == 51
    assert [note.textangle for note in shown.layout.annotations] == [None] * 26
    assert (shown.layout.margin.t, shown.layout.height) == (40, 398)
    assert set_on_slide(draw_matrix(12)).layout.margin.t == 175


def test_how_little_height_keeps_rows_apart() -> None:
    # 25 rows and .04 of one, of 12 pixels and a fifth more each, and the margins.
    assert find_least(draw_matrix(25)) == pytest.approx(25.04 * 14.4 + 175 + 58)
    twice = go.Figure(go.Bar(y=[0, 1], x=[1, 2], orientation="h"))
    twice.update_yaxes(tickvals=list(range(20)), ticktext=["a<br>b"] * 20, tickfont={"size": 10})
    assert find_least(twice) == pytest.approx(20 * 28 + 16 + 48)
    assert find_least(go.Figure()) == 260
    assert find_least(go.Figure(layout={"height": 1000})) == 800
    counted = go.Figure(layout={"yaxis": {"tickvals": [0, 0.5], "ticktext": ["0", ".5"]}})
    assert find_least(counted) == 260


def test_a_figure_whose_rows_want_the_whole_height_stands_beside_its_words() -> None:
    def draw(rows: int, names: str) -> go.Figure:
        figure = go.Figure(layout={"height": 380, "margin": {"t": 40, "b": 48}})
        return figure.update_yaxes(tickvals=list(range(rows)), ticktext=[names] * rows)

    low = Panel(draw(8, "one line"), "")  # 8 rows of 14.4 pixels, and 88 around them
    assert not stands_aside([low])
    assert stands_aside([Panel(draw(8, "two<br>lines"), "")])  # 8 of 33.6: 476 in large letters
    assert not stands_aside([low, Panel(draw(8, "two<br>lines"), "")])
    assert not stands_aside([Panel(go.Figure(layout={"height": 519}), "")])
    assert stands_aside([Panel(go.Figure(layout={"height": 520}), "")])
    assert not stands_aside([])


def draw_rows(rows: int) -> go.Figure:
    """Return a figure of so many named rows of 14.4 pixels, and 64 around them."""
    return go.Figure().update_yaxes(tickvals=list(range(rows)), ticktext=["a"] * rows)


def test_figures_that_would_be_small_beside_each_other_are_shown_one_a_slide() -> None:
    one, three, small = (
        tuple(Panel(draw_rows(rows), f"{n}") for n in range(number))
        for number, rows in ((1, 40), (3, 3), (2, 40))
    )
    two = tuple(Panel(draw_rows(3), f"{n}") for n in range(2))
    views = [make_exhibit(panels=panels) for panels in ((), one, two, three, small)]
    views.append(replace(make_exhibit(panels=three), view=View("live")))
    split = [(3, 0), (3, 1), (3, 2), (4, 0), (4, 1)]
    assert split_views(views) == [(0, None), (1, None), (2, None), *split, (5, None)]


def test_a_part_of_a_view_says_which_and_what_it_shows() -> None:
    panels = (Panel(draw_rows(3), "Left."), Panel(draw_rows(3), "Right.", "Second.", "Of two."))
    view = make_exhibit("A view", panels=panels, reading="First.", basis="Of all.")
    assert take_part(view, None) is view
    first, second = (take_part(view, part) for part in (0, 1))
    assert (first.title, first.reading, first.basis) == ("A view (1 of 2)", "First.", "Of all.")
    assert (second.title, second.reading) == ("A view (2 of 2)", "Second.")
    assert second.basis == "Of two.\nOf all."
    assert [(p.words, p.reading, p.basis) for p in second.panels] == [("Right.", "", "")]
    assert (len(first.tables), len(second.tables)) == (1, 0)
    assert first.note == second.note == view.note


def test_both_grounds_are_split_alike() -> None:
    panels = tuple(Panel(draw_rows(3), f"{n}") for n in range(3))
    light = [make_exhibit("A view", panels=panels)]
    page = write_html(light, "A talk", dark=light).decode()
    for number in (1, 2, 3):
        assert f'<h2 class="size-1" dir="auto" tabindex="-1">A view ({number} of 3)' in page
        assert {f'id="figure-{number}-0-{ground}"' in page for ground in ("light", "dark")} == {
            True
        }


def test_letters_of_a_figure_are_large_where_there_is_room() -> None:
    bars = go.Figure(layout={"height": 400, "margin": {"t": 20, "b": 40}})
    bars.update_yaxes(tickvals=list(range(20)), ticktext=["a"] * 20)  # 348 pixels at the least
    assert choose_scale(bars, 1200, 600) == pytest.approx(1.5)  # more than enough room
    assert choose_scale(bars, 1200, 480) == pytest.approx(16 / 12)
    assert choose_scale(bars, 1200, 400) == pytest.approx(400 / 348)
    assert choose_scale(bars, 440, 480) == pytest.approx(1)
    assert choose_scale(bars, 1200, 100) == pytest.approx(0.6)
