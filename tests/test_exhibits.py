"""What a page shows, taken as it is drawn."""

import ast

import plotly.graph_objects as go
import pyarrow as pa
import pytest

from frame import exhibits
from frame.exhibits import Record
from hivemind_core.exhibit import Panel
from tests.browsing import visit
from tests.test_architecture import read_modules

PASSING = {"frame/arrivals.py"}  # answers that still come in: no address leads back to them


def make_panel(words: str, reading: str = "") -> Panel:
    return Panel(go.Figure(), words, reading)


def test_the_first_sentence_is_the_views_own_and_the_next_ones_are_the_figures() -> None:
    record = Record()
    record.find("All.")
    record.hang(make_panel("a"))
    record.find("Skipped.")
    record.find("Of b.")
    record.hang(make_panel("b"))
    record.hang(make_panel("c"))
    record.hang(make_panel("d", "Of d."))
    assert record.reading == "All."
    assert [panel.reading for panel in record.panels] == ["", "Of b.", "", "Of d."]


def test_a_sentence_that_leads_is_the_views_own_and_the_one_before_the_first_figures() -> None:
    record = Record()
    record.find("Many answers.")
    record.hang(Panel(go.Figure(), "A map."))
    record.lead("One is better.")
    record.hang(Panel(go.Figure(), "A comparison."))
    assert record.reading == "One is better."
    assert [panel.reading for panel in record.panels] == ["Many answers.", ""]
    alone = Record()
    alone.lead("One is better.")
    assert (alone.reading, alone.panels) == ("One is better.", [])


def test_a_figure_rests_on_what_is_written_below_it() -> None:
    record = Record()
    record.rest("of it all")
    record.hang(make_panel("a"))
    record.hang(make_panel("b"))
    record.rest("two")
    record.rest("notes")
    assert record.scope == ["of it all"]
    assert [panel.basis for panel in record.panels] == ["", "two notes"]


def test_a_record_is_worth_pinning_where_it_has_a_figure_and_is_no_excuse() -> None:
    record = Record()
    assert not record.is_worth_pinning
    record.hang(make_panel("a"))
    assert record.is_worth_pinning
    record.is_bare = True
    assert not record.is_worth_pinning


def test_a_figure_is_kept_as_it_is_and_no_table_is_made_before_it_is_wanted(
    use_corpora: None,
) -> None:
    made: list[str] = []

    def make_table() -> pa.Table:
        made.append("x")
        return pa.table({"a": [1]})

    exhibits.open_record()
    figure = go.Figure()
    assert exhibits.take_figure(figure, "words") is figure
    exhibits.take_table("numbers", make_table, {"corpus": "demo"})
    record = exhibits.close_record()
    assert record is not None
    assert record.panels[0].figure is figure
    assert made == []
    assert exhibits.make_exhibit(record).tables["numbers"].num_rows == 1
    assert made == ["x"]


def test_what_a_fragment_draws_after_the_page_is_not_taken() -> None:
    exhibits.open_record()
    record = exhibits.close_record()
    exhibits.take_heading("late")
    exhibits.take_figure(go.Figure(), "late")
    assert record is not None
    assert (record.title, record.panels) == ("", [])
    assert exhibits.close_record() is None


@pytest.mark.usefixtures("use_corpora")
def test_the_map_of_a_page_is_kept_without_a_copy() -> None:
    first = visit("atlas", query="q2").session_state["record"].panels[0].figure
    again = visit("atlas", query="q2").session_state["record"].panels[0].figure
    assert first is again


@pytest.mark.usefixtures("use_corpora")
def test_a_new_run_begins_a_new_record() -> None:
    app = visit("overview")
    first = app.session_state["record"]
    again = app.run().session_state["record"]
    assert again is not first
    assert len(again.panels) == len(first.panels) == 3


def test_every_chart_of_a_page_is_taken() -> None:
    modules = read_modules("frame", "pages")
    calls = [
        (module.path, node)
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "plotly_chart"
    ]
    wrong = {f"{path}:{call.lineno}" for path, call in calls if not _is_taken(call)}
    assert len(calls) > 5
    assert {place.partition(":")[0] for place in wrong} <= PASSING


def _is_taken(call: ast.Call) -> bool:
    first = call.args[0]
    return isinstance(first, ast.Call) and getattr(first.func, "id", "") == "take_figure"
