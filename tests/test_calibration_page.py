"""The Calibration page, run without a browser inside app.py's frame."""

import io
import json
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from frame.jobs import open_registry
from hivemind_core.calibration import DISAGREEMENTS, measure_disagreement
from hivemind_core.corpus.infinity_chat import import_infinity_chat
from hivemind_core.corpus.infinity_files import find_data_sets
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.scorer_records import FILE as SCORERS_FILE
from hivemind_core.corpus.scorer_records import ScorerRecord, format_records
from hivemind_core.corpus.store import open_corpus, open_or_create, write_files, write_tables
from hivemind_core.corpus.tables import PAIR_SCORES, RESPONSES, TABLES, build_rows
from hivemind_core.evaluation import LENGTH, Annotation, Panel, read_panel
from hivemind_core.figures.printed import KIND_NAMES
from hivemind_core.measures.spearman import correlate
from tests.browsing import (
    HOSTILE,
    NAMES,
    ask,
    list_alternatives,
    list_prose,
    list_rows,
    list_specs,
    read,
    read_block,
    read_note,
    visit,
)
from tests.dashboard_corpus import (
    CRITERIA,
    FLAT_SCORER,
    HOSTILE_SCORER,
    write_demo,
    write_empty,
)
from tests.infinity_sets import Sizes, generate, write_sets

pytestmark = pytest.mark.usefixtures("use_corpora")

MINE, PUBLISHED, SIMULATED = "Of this corpus", "Published", "Simulated"
SCORERS, ONE, ITEMS = "All scorers", "One scorer", "Items"
PARTS = (SCORERS, ONE, ITEMS)
SLICED = ("Bins of disagreement", "Most disagreed (nested)", "Similar quality (nested)")
HUGE = "9" * 5000
PAPER = (
    "As printed, agreement falls from all answers to those of most similar quality: "
    f"{KIND_NAMES['lm']} from .361 to "
)
FINDINGS = {  # by judgements and corpus, in the order of PARTS
    (MINE, "demo"): ("Of 4 scorers 0 agree less", f"{LENGTH}: Is not clearly", "Labels 1: 1, 2: "),
    (MINE, "hostile"): ("Of 2 scorers 0 agree less", f"{FLAT_SCORER}: Too few", "Labels 3: 2"),
    (MINE, "empty"): ("People judged nothing in this corpus.",) * 3,
    **{(PUBLISHED, state): (PAPER,) * 3 for state in NAMES},
    (SIMULATED, "demo"): (
        "Of 2 scorers 1 agrees less",
        "steady (simulated): No sign",
        "Labels 1: ",
    ),
    (SIMULATED, "hostile"): ("Of 2 scorers 0", "steady (simulated): Too few", "Labels 1: "),
    (SIMULATED, "empty"): ("This corpus has no answers",) * 3,
}
CHOICES: list[dict[str, str]] = [
    {"criterion": "quality", "disagreement": "standard deviation"},
    {"annotation": "pairwise"},
    {"calibration": ONE, "criterion": "quality", "scorer": "perplexity"},
    {"judgements": SIMULATED, "calibration": ONE, "scorer": "miscalibrated (simulated)"},
    {"judgements": PUBLISHED},
]


def open_part(part: str, corpus: str = "demo", **query: str) -> AppTest:
    app = visit("calibration", corpus, calibration=part, **query)
    assert not app.exception
    return app


def set_box(app: AppTest, key: str, value: str) -> AppTest:
    app.selectbox(key=key).set_value(value).run()
    assert not app.exception
    return app


def read_judged(corpora: Path, criterion: str | None = "quality") -> Panel:
    """Return the ratings by a criterion, or the preferences."""
    annotation: Annotation = "absolute" if criterion else "pairwise"
    return read_panel(open_corpus(str(corpora / "demo")), annotation, criterion)


def correlate_all(panel: Panel) -> dict[str, float]:
    return {s.name: correlate(scores, panel.means) for s, scores in panel.scores.items()}


def list_points(app: AppTest, name: str) -> list[tuple[float, float]]:
    """Return the points of all traces of a name in the first chart."""
    traces = [t for t in list_specs(app)[0]["data"] if t.get("name") == name]
    return [xy for t in traces for xy in zip(t["x"], t["y"], strict=True) if None not in xy]


def list_slices(app: AppTest, kind: str) -> list[tuple[Any, ...]]:
    """Open the table of slices, and return parameter, n and correlation of those of a kind."""
    app.session_state["slices"] = True
    rows = list_rows(app.run(), "slice", "parameter", "n", "spearman")
    return [row[1:] for row in rows if row[0] == kind]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Keep the files that a page offers."""
    kept: dict[str, bytes] = {}

    def keep(label: str, data: Any, name: str, *_: object, **__: object) -> bool:
        kept[name] = data() if callable(data) else data
        return False

    monkeypatch.setattr(streamlit, "download_button", keep)
    return kept


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("judgements", "state"), FINDINGS)
def test_every_question_is_answered(judgements: str, state: str, part: str) -> None:
    app = open_part(part, NAMES[state], judgements=judgements)
    told = FINDINGS[judgements, state][PARTS.index(part)]
    assert any(line.startswith(told) for line in read(app).splitlines())
    assert app.sidebar.selectbox(key="judgements").value == judgements
    assert all(list_alternatives(app))
    assert bool(list_alternatives(app)) == ((judgements, state) != (SIMULATED, "empty"))
    assert read_note(app, "panel").startswith("SIMULATED. ") == (judgements == SIMULATED)


def test_a_corpus_without_judgements_shows_the_papers_figures_and_the_commands() -> None:
    app = open_part(SCORERS, "empty")
    (code,) = app.code
    assert all(line.startswith("hivemind import files") for line in code.value.splitlines())
    for option in ("--ratings", "--scores", "--preferences", "--pair-scores"):
        assert option in code.value
    assert read_block(app, "finding-printed").startswith(PAPER)


@pytest.mark.parametrize("part", PARTS)
def test_a_corpus_that_is_not_built_is_judged(
    corpora: Path, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = read(open_part(part))
    demo = open_corpus(str(corpora / "demo"))
    tables = {table.name: demo.read(table) for table in TABLES}
    write_tables(open_or_create(str(tmp_path / "demo")), tables, Manifest("demo"))
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    assert read(open_part(part)) == plain
    assert open_part(part, judgements=SIMULATED).get("plotly_chart")


def test_criteria_have_scorers_and_verdicts_of_their_own(corpora: Path) -> None:
    app = open_part(SCORERS)
    assert app.sidebar.selectbox(key="criterion").options == list(CRITERIA)
    for criterion in CRITERIA:
        app = set_box(app, "criterion", criterion)
        agreement = correlate_all(read_judged(corpora, criterion))
        assert ("judge" in agreement) == (criterion == "quality")
        assert dict(list_rows(app, "scorer", "spearman")) == pytest.approx(agreement)
    verdicts = dict(list_rows(app, "scorer", "verdict"))
    assert [name for name in verdicts if verdicts[name].startswith("Agrees less")] == ["perplexity"]
    assert dict(list_rows(app, "scorer", "direction")).items() >= {
        ("praise", "higher is better"),
        ("perplexity", "lower is better: turned round"),
        ("judge", "not stated: shown as given"),
    }
    options = open_part(ONE, criterion="quality").selectbox(key="scorer").options
    assert options == sorted(agreement, key=lambda name: -abs(agreement[name]))


def test_judgements_without_a_criterion_are_a_choice_beside_those_with_one() -> None:
    app = open_part(SCORERS, HOSTILE)
    assert read_note(app, "panel").startswith("12 items of 1 query, 2 labels each")
    first, second = app.sidebar.selectbox(key="criterion").options
    assert (first, second) == ("(no criterion)", HOSTILE_SCORER[1])
    told = read_note(set_box(app, "criterion", second), "panel")
    assert told.startswith("57 items of 8 queries, 3 labels each")
    assert told.endswith("; 15 items with a single label left out.")
    assert "the scores are all equal" in dict(list_rows(app, "scorer", "verdict"))[FLAT_SCORER]


def test_preferences_are_judged_by_the_difference_of_scores(corpora: Path) -> None:
    app = open_part(SCORERS, annotation="pairwise")
    assert read_note(app, "panel").startswith("30 items of 6 queries, 5 labels each")
    agreement = correlate_all(read_judged(corpora, None)) | {"reward": np.nan}
    assert isnan(dict(list_rows(app, "scorer", "spearman"))["reward"])  # which scored too few
    assert dict(list_rows(app, "scorer", "spearman")) == pytest.approx(agreement, nan_ok=True)
    assert len(list_prose(open_part(ITEMS, annotation="pairwise", item="0"))) == 2
    app = open_part(ONE, annotation="pairwise", scorer="arena")
    assert [row[:2] for row in list_slices(app, SLICED[2])][:2] == [(95, 28), (90, 27)]


def test_votes_are_a_question_about_preferences_alone(files: dict[str, bytes]) -> None:
    app = open_part("Votes", annotation="pairwise")
    assert "takes the side of most people most often" in read_block(app, "finding-votes")
    assert len(list(filter(None, list_alternatives(app)))) == 2
    (name,) = [name for name in files if name.endswith(".csv")]
    table = pd.read_csv(io.BytesIO(files[name]))
    assert set(table["scorer"]) >= {"arena", "praise", "perplexity"}
    assert table["n"].between(1, 30).all()
    set_box(app, "annotation", "absolute")
    assert read_block(app, "finding-scorers").startswith("Of 4 scorers")
    assert read(open_part("Votes")) == read(app)


def test_a_scorer_that_scores_and_one_of_its_name_that_compares_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write_demo(tmp_path / "demo")
    compared = [
        row | {"scorer": "reward", "kind": "lm_judge"}
        for row in corpus.read(PAIR_SCORES).to_pylist()
    ]
    tables = {"pair_scores": build_rows(PAIR_SCORES, compared)}
    write_tables(corpus, tables, corpus.manifest)
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    app = open_part("Votes", annotation="pairwise")
    names = {row[0] for row in list_rows(app, "scorer", "on the larger side")}
    assert {"reward (metric)", "reward (lm_judge)"} <= names
    drawn = {trace.get("name") for trace in list_specs(app)[0]["data"]}
    assert {"reward (metric)", "reward (lm_judge)"} <= drawn
    listed = {row[0] for row in list_rows(open_part(SCORERS, annotation="pairwise"), "scorer")}
    assert {"reward (metric)", "reward (lm_judge)"} <= listed


def test_answers_by_people_can_be_left_out() -> None:
    for annotation, whole, part in (("absolute", 150, 120), ("pairwise", 30, 18)):
        app = open_part(ITEMS, annotation=annotation)
        assert read_note(app, "panel").startswith(f"{whole} items")
        app.sidebar.toggle(key="without_people").set_value(True).run()
        assert read_note(app, "panel").startswith(f"{part} items")
        linked = open_part(ITEMS, annotation=annotation, without_people="true")
        assert read(linked) == read(app)
    assert not open_part(ITEMS, HOSTILE).sidebar.toggle


@pytest.mark.parametrize("how", DISAGREEMENTS)
def test_bins_follow_the_measure_of_disagreement(corpora: Path, how: str) -> None:
    values = measure_disagreement(read_judged(corpora), how)
    query = {"criterion": "quality", "disagreement": how}
    for bins in (2, 10):
        app = open_part(ONE, **query, bins=str(bins))
        found = list_slices(app, SLICED[0])
        assert [row[0] for row in found] == list(range(1, len(found) + 1))
        assert 2 <= len(found) <= min(bins, len(np.unique(values)))
        assert sum(row[1] for row in found) == 150
        bar = list_specs(app)[1]["layout"]["coloraxis"]["colorbar"]
        assert bar["title"]["text"] == how
    listed = [value for (value,) in list_rows(open_part(ITEMS, **query), "disagreement")]
    assert listed == pytest.approx(sorted(values, reverse=True))


def test_scorers_are_chosen_and_other_judgements_begin_with_their_own() -> None:
    app = open_part(SCORERS, criterion="quality", scorers="praise")
    assert list_rows(app, "scorer") == [("praise",)]
    assert read_block(app, "finding-scorers").startswith("Of 1 scorer 0 agree less")
    set_box(set_box(app, "judgements", SIMULATED), "judgements", MINE)
    assert len(app.multiselect(key="scorers").value) == 5
    app.multiselect(key="scorers").set_value([]).run()
    assert read_block(app, "finding-scorers") == "No scorer is chosen, or none scored these items."
    assert not app.get("plotly_chart")


@pytest.mark.parametrize("part", [ONE, ITEMS])
def test_a_link_opens_an_item(corpora: Path, part: str) -> None:
    panel = read_judged(corpora)
    rows = open_corpus(str(corpora / "demo")).read(RESPONSES).to_pylist()
    texts = {row["response_id"]: row["text"] for row in rows}
    for item in (0, 77, len(panel) - 1):
        app = open_part(part, criterion="quality", item=str(item))
        labels = panel.labels[item].tolist()
        counts = ", ".join(f"{value}: {labels.count(value)}" for value in range(1, 6))
        assert read_note(app, "item-labels") == f"Labels {counts}"
        assert list_alternatives(app)[-1] == f"5 labels; {counts}."
        assert [one.text for one in list_prose(app)] == [texts[panel.items[item][0]]]
        assert read_note(app, "item-query").startswith("To: Write a metaphor about ")
        assert ask(app, "item") == str(item)


def test_the_first_item_of_the_list_is_open_until_one_is_chosen() -> None:
    for order, values in (("Split first", 5), ("Unanimous first", 1)):
        app = open_part(ITEMS, criterion="quality", order_items=order)
        disagreement = [row[0] for row in list_rows(app, "disagreement", "query")]
        assert disagreement == sorted(disagreement, reverse=values == 5)
        assert sum(number > 0 for number in list_specs(app)[0]["data"][0]["y"]) == values
        assert ask(app, "item") is None
    assert list_prose(open_part(ONE, criterion="quality"))


def test_the_items_of_a_slice_can_be_listed() -> None:
    app = open_part(ITEMS, criterion="quality")
    names = app.selectbox(key="slice").options
    everything = list_rows(app, "disagreement", "query")
    bins = [name for name in names if name.startswith("Bin ")]
    listed = [list_rows(set_box(app, "slice", name), "disagreement", "query") for name in bins]
    assert sum(map(len, listed)) == len(everything)  # each item is in one bin
    for name, rows in zip(bins, listed, strict=True):
        assert name.endswith(f"({len(rows)} items)")
    assert max(row[0] for row in listed[0]) < min(row[0] for row in listed[-1])


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("item", ("xyz", "99999", "-1", "1.5", "١", HUGE), ""),
        ("criterion", ("xyz", HUGE), "Criterion"),
        ("annotation", ("xyz",), "Judged by"),
        ("disagreement", ("xyz",), "Disagreement"),
        ("judgements", ("xyz",), "Judgements"),
        ("scorer", ("<b>xyz</b>",), "Scorer"),
        ("scorers", ("xyz",), ""),
        ("sliced", ("xyz",), "Slices"),
        ("bins", ("xyz", "99", HUGE), ""),
    ],
)
def test_nonsense_in_links_is_told_or_ignored(
    part: str, name: str, values: tuple[str, ...], told: str
) -> None:
    plain = read(open_part(part))
    for value in values:
        app = open_part(part, **{name: value})
        assert read(app) == plain
        is_asked = told and (part == ONE or name not in ("scorer", "sliced"))
        words = [f"{told}: the link asks for one that is not here."] if is_asked else []
        assert [caption.value for caption in app.caption] == words


@pytest.mark.parametrize("part", PARTS)
def test_what_is_simulated_says_so_everywhere(part: str, files: dict[str, bytes]) -> None:
    app = open_part(part, judgements=SIMULATED, item="3")
    app.session_state["slices"] = True
    assert not app.run().exception
    told = list_alternatives(app)
    assert len(told) == {SCORERS: 1, ONE: 3, ITEMS: 1}[part]
    assert all(words.startswith("SIMULATED. ") for words in told)
    for spec in list_specs(app):
        assert "SIMULATED" in {note["text"] for note in spec["layout"]["annotations"]}
    assert bool(files) == (part != ITEMS)
    assert all("simulated" in name for name in files)
    abouts = [json.loads(files[name]) for name in files if name.endswith("-about.json")]
    assert all(about["simulated"] is True for about in abouts)


@pytest.mark.parametrize("judgements", [MINE, SIMULATED])
def test_tables_hold_what_is_drawn(judgements: str) -> None:
    query = {"judgements": judgements, "criterion": "quality"}
    app = open_part(SCORERS, **query)
    drawn = {round(x, 9) for x, _ in list_points(app, "spearman")}
    assert {round(rho, 9) for (rho,) in list_rows(app, "spearman")} <= drawn
    for sliced in SLICED:
        app = open_part(ONE, **query, sliced=sliced)
        points = sorted(list_points(app, str(app.selectbox(key="scorer").value)))
        rows = sorted((x, rho) for x, _, rho in list_slices(app, sliced) if not isnan(rho))
        assert len(rows) > 1
        assert np.array(points) == pytest.approx(np.array(rows))


def list_values(table: pd.DataFrame) -> list[list[Any]]:
    return table.astype(object).where(table.notna(), None).to_numpy().tolist()


@pytest.mark.parametrize("choices", CHOICES)
def test_files_hold_the_numbers_that_are_shown(
    choices: dict[str, str], files: dict[str, bytes]
) -> None:
    app = visit("calibration", **choices)
    app.session_state["slices"] = True
    assert not app.run().exception
    (name,) = [name for name in files if name.endswith(".csv")]
    shown = [list_values(found.value) for found in app.dataframe]
    assert list_values(pd.read_csv(io.BytesIO(files[name]))) in shown
    about = json.loads(files[name.removesuffix(".csv") + "-about.json"])
    assert about["annotation"] == choices.get("annotation", "absolute")
    assert about.get("corpus") == (None if choices.get("judgements") == PUBLISHED else "demo")


@pytest.mark.parametrize("choices", CHOICES)
def test_every_choice_is_in_the_address_and_a_link_shows_the_same(choices: dict[str, str]) -> None:
    app = visit("calibration", calibration=choices.get("calibration", SCORERS))
    for name, value in choices.items():
        if name != "calibration":
            set_box(app, name, value)
    written = {name: str(ask(app, name)) for name in app.query_params}
    assert written.items() >= choices.items()
    again = visit("calibration", **written)
    assert read(again) == read(app)
    assert {name: ask(again, name) for name in again.query_params} == written


@pytest.mark.parametrize(("annotated", "rows"), [("Ratings", 15), ("Preferences", 17)])
def test_printed_scorers_stand_beside_the_means_of_their_kinds(annotated: str, rows: int) -> None:
    scorer = "Qwen/Qwen2.5-7B-Instruct"
    app = open_part(SCORERS, judgements=PUBLISHED, printed_by=annotated, printed_scorers=scorer)
    table = list_rows(app, "scorer", "slice", "parameter", "spearman")
    assert len(table) == 66 * rows
    own = sorted(row[3] for row in table if row[:2] == (scorer, "similar_quality"))
    assert sorted(y for _, y in list_points(app, scorer)) == pytest.approx(own)
    labels = list_specs(app)[0]["layout"]["xaxis"]["ticktext"]
    assert all("n = " in label and "n = 0" not in label for label in labels)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("query", [{"criterion": HOSTILE_SCORER[1]}, {"annotation": "pairwise"}])
def test_nothing_hostile_is_written_as_markdown_or_html(part: str, query: dict[str, str]) -> None:
    app = open_part(part, HOSTILE, item="2", **query)
    written = [element.value for element in (*app.markdown, *app.caption, *app.subheader)]
    bodies = [element.proto.body for element in app.get("html")]
    loose = [body for body in bodies if not body.startswith('<div class="prose"')]
    specs = [chart.proto.spec for chart in app.get("plotly_chart")]
    assert not any("example.com" in words or "alert" in words for words in [*written, *loose])
    assert not any(tag in spec for tag in ("<img", "<u>", "<script") for spec in specs)
    assert len(list_prose(app)) == (0 if part == SCORERS else 1 + ("annotation" in query))
    assert all(set(one.tags) <= {"div", "/div"} for one in list_prose(app))


def test_a_slice_is_looked_at_by_a_click_or_by_the_slider() -> None:
    app = open_part(ONE, criterion="quality", scorer="perplexity")
    (slider,) = app.select_slider
    assert slider.value == slider.options[-1]
    assert read_note(app, "slice").startswith(f"{slider.value}: rho ")
    curve = list_specs(app)[0]
    targets = curve["data"][-1]["customdata"]
    assert len(targets) == len(slider.options)
    slider.set_value(slider.options[0]).run()
    assert not app.exception
    assert ask(app, "slice") == slider.options[0]
    assert read_note(app, "slice").startswith(f"{slider.options[0]}: rho ")
    listed = [row[0] for row in list_rows(app, "disagreement", "query")]
    assert f"({len(listed)} items)" in slider.options[0]
    opened = open_part(ITEMS, criterion="quality", slice=slider.options[0])
    assert sorted(row[0] for row in list_rows(opened, "disagreement", "query")) == sorted(listed)


def test_a_link_may_name_a_slice() -> None:
    name = open_part(ONE, criterion="quality").select_slider[0].options[1]
    app = open_part(ONE, criterion="quality", slice=name)
    assert app.select_slider[0].value == name
    nonsense = open_part(ONE, criterion="quality", slice="Bin 99")
    assert not nonsense.exception
    assert nonsense.select_slider[0].value == nonsense.select_slider[0].options[-1]


def test_nested_slices_have_their_slider_too() -> None:
    app = open_part(ONE, criterion="quality", sliced="Similar quality (nested)")
    (slider,) = app.select_slider
    assert all(option.startswith("Similar quality, k = ") for option in slider.options)


def test_a_corpus_that_nobody_judged_offers_infinity_chats_labels() -> None:
    app = visit("calibration", "empty")
    assert app.button(key="infinity-chat-start").label == "Fetch it"
    assert "Fetch Infinity-Chat" in "".join(element.value for element in app.markdown)


def test_infinity_chat_that_is_there_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_infinity_chat(
        str(tmp_path / "infinity-chat"),
        find_data_sets(write_sets(tmp_path / "files", generate(Sizes(20, 2, 15, 10)))),
    )
    write_empty(tmp_path / "empty")
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    app = visit("calibration", "empty")
    app.button(key="labels-open").click().run()
    assert not app.exception
    assert app.sidebar.selectbox(key="corpus").value == "infinity-chat"
    assert "15 items of 1 query, 23 to 26 labels each" in read_note(app, "panel")


def test_scoring_is_offered_where_people_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, ...]] = []

    def note(*words: str) -> list[str]:
        started.append(words)
        return ["true"]

    monkeypatch.setattr("frame.offers.command_line", note)
    app = visit("calibration", "demo", criterion="quality")
    app.session_state["scoring"] = True
    app.run()
    assert not app.exception
    assert "responses that people judged. Asks the service" in read_note(app, "scoring")
    app.text_input(key="scoring-model").set_value("-rf /").run()
    app.button(key="score-start").click().run()
    assert not app.exception
    locator = started[0][-1]
    assert started == [("score", "--scorer=judge:-rf /", "--", locator)]
    open_registry().forget(f"score {locator}")


def test_how_scores_came_about_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = write_demo(tmp_path / "demo")
    record = ScorerRecord(
        "reward_model",
        "x",
        "2026-01-02",
        150,
        148,
        {"refused": 2},
        {"model": "<b>owner</b>/model", "scored": "the conversation"},
    )
    write_files(corpus, {SCORERS_FILE: format_records({"perplexity": record})})
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    app = visit("calibration", "demo", calibration=ONE, criterion="quality", scorer="perplexity")
    app.session_state["scored"] = True
    app.run()
    assert not app.exception
    assert read_note(app, "scored").startswith("148 of 150 responses scored, 2 refused")
    assert any("model: <b>owner</b>/model" in code.value for code in app.code)
