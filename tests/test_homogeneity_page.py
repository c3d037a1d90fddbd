"""The Homogeneity page, run without a browser inside app.py's frame."""

import io
import json
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from frame import loading
from frame.cell import TEXT_CUT
from frame.pane import cut_text
from hivemind_core.corpus.store import Corpus, open_corpus, views_file, write_files
from hivemind_core.corpus.tables import RESPONSES
from hivemind_core.figures.numbers import write_number
from hivemind_core.measurement import SIMILARITIES, measure_corpus
from tests import dashboard_corpus
from tests.browsing import (
    HOSTILE,
    NAMES,
    ask,
    list_prose,
    list_rows,
    read,
    read_block,
    read_chart,
    read_note,
    visit,
)
from tests.dashboard_corpus import ENCODER, HOSTILE_TEXTS

pytestmark = pytest.mark.usefixtures("use_corpora")

WITHIN, BETWEEN, NEAREST = "Within models", "Between models", "Nearest answers"
ROBUSTNESS, CHANGE = "Robustness", "Change"
PARTS = (WITHIN, BETWEEN, NEAREST, ROBUSTNESS, CHANGE)
ABSTRACT = "Abstract Conceptual Questions"
PLAIN, RANDOM = "olmo2-7b · plain", "olmo2-7b · random"
MARKUP = ("![m](http://example.com/m.png)", "<i>model</i>", "<script>alert(1)</script>")
OLD = "These measures were made by an earlier version. One command makes them anew:"
NOTHING = "No answer in this corpus has a text that could be measured."
PAPER = (
    "Over 25 published models, 79.1 % of queries get answers that are at .8 or above",
    "Over 25 published models, answers by different models are at .759",
)
ALIKE = ("Similarity within a model: yours", "Similarity between models: yours")
FINDINGS = {  # by figures and corpus, in the order of PARTS
    ("Yours", "demo"): (
        f"{RANDOM} repeats itself most: .18 (.18 to .18) over 6 queries, against .14 (",
        "Answers by different models are at .23 (.23 to .23), answers by one model",
        "Among the 35 answers nearest to an answer, 3.0 (3.0 to 3.0) of 3 models appear",
        "The order of the 4 ",
        "From demo · plain to demo · random, answers by olmo2-7b become more alike",
    ),
    ("Yours", "hostile"): (
        "3 models repeat themselves most: .62 over 2 queries, against .14",
        "Answers by different models are at .77",
        "Among the 5 answers nearest to an answer, 2.0 of 3 models appear",
        "The order of the 5 ",
        f"Between {HOSTILE} · no strategy and {HOSTILE} · <u>plain</u> no model",
    ),
    ("Yours", "empty"): (NOTHING,) * 5,
    **{("Published", state): PAPER for state in NAMES},
    ("Both", "demo"): (f"{ALIKE[0]} .153 (", f"{ALIKE[1]} .228 ("),
    ("Both", "hostile"): (f"{ALIKE[0]} .563 over", f"{ALIKE[1]} .774 over"),
    ("Both", "empty"): (NOTHING, NOTHING),
}
BESIDE_THE_BOXES = ("of", "part", "subset", "order", "evidence")  # a browser's to write
CHOICES: list[tuple[str, dict[str, str]]] = [  # with the table that can be opened
    ("", {"part": WITHIN, "category": ABSTRACT, "only": "q3", "measure": "lexical"}),
    ("pairs", {"part": BETWEEN, "first": "gpt-4o", "second": PLAIN, "order": "By family"}),
    ("pairs", {"part": BETWEEN, "first": "human", "second": "human", "evidence": "q3"}),
    ("", {"part": NEAREST, "category": ABSTRACT}),
    ("agreement", {"part": ROBUSTNESS, "pooling": "pairs"}),
    ("changes", {"part": CHANGE, "from": "demo · random", "to": "demo · plain"}),
    ("", {"of": "Published", "subset": "All 79"}),
    ("pairs", {"of": "Published", "part": BETWEEN, "first": "gemini-1.5-pro"}),
    ("beside", {"of": "Both", "part": BETWEEN, "subset": "All 79"}),
]


def open_part(part: str, corpus: str = "demo", **query: str) -> AppTest:
    app = visit("homogeneity", corpus, part=part, **query)
    assert not app.exception
    return app


def choose(app: AppTest, key: str, value: str) -> AppTest:
    app.selectbox(key=key).set_value(value).run()
    assert not app.exception
    return app


@pytest.fixture
def larger(tmp_path: Path, use_corpora: None, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """Write the demo again, and beside it one with six queries more and fewer answers."""
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    dashboard_corpus.write_demo(tmp_path / "demo")
    return dashboard_corpus.write_demo(tmp_path / "larger", queries=12, samples=4)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("of", "state"), FINDINGS)
def test_every_question_is_answered(of: str, state: str, part: str) -> None:
    app = open_part(part, NAMES[state], of=of)
    told = FINDINGS[of, state]
    place = PARTS.index(part) if PARTS.index(part) < len(told) else 0
    assert any(line.startswith(told[place]) for line in read(app).splitlines())
    assert app.segmented_control(key="part").value == PARTS[place]
    assert (ask(app, "part") or WITHIN) == PARTS[place]
    assert all(chart.proto.alt for chart in app.get("plotly_chart"))
    assert ("not on one scale" in read_note(app, "basis-beside")) == told[0].startswith("Simil")


def test_a_category_is_a_scope() -> None:
    app = open_part(WITHIN, category=ABSTRACT)
    assert read_note(app, "scope") == f"demo · 3 queries of {ABSTRACT}"
    assert {row[0] for row in list_rows(app, "queries", "source")} == {3}
    assert len(app.sidebar.selectbox(key="only").options) == 4
    assert "over 1,000 draws of the queries" in read_note(app, "basis-within")
    outside = open_part(WITHIN, category=ABSTRACT, only="q0")
    assert [c.value for c in outside.caption] == ["Query: the link asks for one that is not here."]
    assert read(outside) == read(app)


@pytest.mark.parametrize("part", [WITHIN, BETWEEN])
def test_a_single_query_is_a_scope_and_claims_no_more(part: str) -> None:
    app = open_part(part, only="q1")
    key = "within" if part == WITHIN else "between"
    assert read_note(app, "scope") == "demo · one query: Write a metaphor about love"
    assert "over the answers, for this query only" in read_note(app, f"basis-{key}")
    assert "draws of the queries" not in read(app)
    assert {trace["type"] for trace in read_chart(app)} <= {"scatter", "heatmap"}


@pytest.mark.parametrize("query", ["none", "one", "blank", "withheld"])
@pytest.mark.parametrize("part", [WITHIN, BETWEEN])
def test_a_query_without_two_answers_says_that_nothing_can_be_told(query: str, part: str) -> None:
    app = open_part(part, HOSTILE, only=query)
    told = "Cosine is undefined here: too few answers to one query."
    assert read_block(app, "finding-page") == told
    assert not app.get("plotly_chart")


@pytest.mark.parametrize("measure", SIMILARITIES)
def test_every_measure_is_shown_under_its_name(larger: Corpus, measure: str) -> None:
    app = open_part(WITHIN, "demo (larger)", measure=measure)
    column = {"cosine": "cosine", "lexical": "wording", "centred": "centred cosine"}
    values = dict(list_rows(app, "source", column.get(measure, "length-matched")))
    means = measure_corpus(larger, ENCODER).within[measure].mean(axis=0)
    means = {s.name: means[i] for i, s in enumerate(larger.manifest.sources)}
    assert values == pytest.approx({name: mean for name, mean in means.items() if not isnan(mean)})
    top = max((name for name in values if name != "human"), key=values.__getitem__)
    told = read_block(app, "finding-within")
    assert told.startswith(f"{top} repeats itself most: {write_number(values[top])}")


@pytest.mark.parametrize("part", [WITHIN, BETWEEN, CHANGE])
def test_under_ten_queries_centred_cosine_says_why_it_is_undefined(part: str) -> None:
    app = open_part(part, measure="centred")
    assert "undefined here: under ten queries the mean of a corpus is no reference" in read(app)
    assert not app.get("plotly_chart")
    choose(app, "measure", "cosine")
    assert app.get("plotly_chart")


def test_pooling_by_pairs_weighs_a_query_by_its_pairs() -> None:
    """Eleven answers of a model have vectors in one query, four that are the same in another."""
    scopes = {"markup": {"only": "markup"}, "queries": {}, "pairs": {"pooling": "pairs"}}
    within = {
        name: dict(list_rows(open_part(WITHIN, HOSTILE, **scope), "source", "cosine"))[MARKUP[1]]
        for name, scope in scopes.items()
    }
    assert within["queries"] == pytest.approx((within["markup"] + 1) / 2)
    assert within["pairs"] == pytest.approx((55 * within["markup"] + 6) / 61)


def test_a_link_opens_a_cell(corpora: Path) -> None:
    measured = measure_corpus(open_corpus(str(corpora / "demo")), ENCODER)
    names = [source.name for source in measured.sources]
    mean = write_number(measured.between["cosine"][:, 0].mean())
    for first, second in (names[:2], names[1::-1]):
        told = read_block(open_part(BETWEEN, first=first, second=second), "finding-cell")
        assert told.startswith(f"{first} and {second}: {mean} ({mean} to {mean}) over 6 queries;")
    own = open_part(BETWEEN, first="human", second="human")
    assert read_block(own, "finding-cell").startswith("human with itself: .14")


def test_the_two_models_that_are_most_alike_are_open_first_and_are_in_the_address() -> None:
    app = open_part(BETWEEN)
    app.session_state["pairs"] = True
    rows = list_rows(app.run(), "source", "other source", "similarity")
    best = next(row for row in rows if "human" not in row and row[:2] != (PLAIN, RANDOM))
    assert (ask(app, "first"), ask(app, "second")) == best[:2]
    assert f": {write_number(best[2])} (" in read_block(app, "finding-cell")
    choose(app, "second", "gpt-4o")
    assert ask(app, "second") == "gpt-4o"


@pytest.mark.parametrize("of", ["Yours", "Published"])
def test_models_that_are_not_here_are_told(of: str) -> None:
    app = open_part(BETWEEN, of=of, first="nobody", second="<b>nobody</b>")
    told = [caption.value for caption in app.caption]
    assert [words.endswith(" that is not here.") for words in told] == [True, True]
    assert "nobody" not in read(app) + "".join(told)


def test_the_evidence_is_a_query_of_the_cell() -> None:
    query = {"first": "gpt-4o", "second": PLAIN}
    app = open_part(BETWEEN, evidence="q3", **query)
    assert read_block(app, "finding-closest") == "To “Write a metaphor about sleep”"
    assert ask(app, "evidence") == "q3"
    for odd in ({}, {"evidence": "nowhere"}):
        app = open_part(BETWEEN, **query, **odd)
        first = list_rows(app, "query")[0][0]
        assert read_block(app, "finding-closest") == f"To “{first}”"
        assert ask(app, "evidence") is None
        told = ["Query: the link asks for one that is not here."] if odd else []
        assert [caption.value for caption in app.caption] == told


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ({"part": "<b>Within</b>"}, "Question"),
        ({"part": CHANGE, "of": "Published"}, "Question"),
        ({"of": "yours"}, "Figures"),
        ({"of": "Published", "subset": "All 80"}, "Published models"),
        ({"part": BETWEEN, "order": "nonsense"}, "Arranged"),
    ],
)
def test_choices_that_are_not_here_are_told(query: dict[str, str], label: str) -> None:
    app = visit("homogeneity", **query)
    told = [f"{label}: the link asks for one that is not here."]
    assert [caption.value for caption in app.caption] == told
    assert not app.run().caption  # it is about the link, and not about what follows


def test_a_question_that_other_figures_lack_is_left_without_a_word() -> None:
    app = open_part(ROBUSTNESS)
    app.sidebar.segmented_control(key="of").set_value("Published").run()
    assert app.segmented_control(key="part").value == WITHIN
    assert not app.caption


def test_the_closest_answers_are_shown_with_what_they_share_marked(corpora: Path) -> None:
    app = open_part(BETWEEN, first="human", second="human", evidence="q3")
    answers = open_corpus(str(corpora / "demo")).read(RESPONSES).to_pylist()
    said = {a["text"] for a in answers if a["query_id"] == "q3" and a["model"] == "human"}
    prose = list_prose(app)
    assert len(prose) == 8
    assert {one.text for one in prose} <= said
    closeness = [read_note(app, f"closeness-{n}").partition(";")[0] for n in range(4)]
    assert closeness == [f"Cosine {value}" for value in (".98", ".96", ".91", ".84")]
    for left, right in zip(prose[::2], prose[1::2], strict=True):
        assert left.text != right.text
        assert left.marked == right.marked != ""
        assert left.marked in left.text


def test_answers_that_are_word_for_word_the_same_stand_once() -> None:
    app = open_part(BETWEEN, HOSTILE, first=MARKUP[0], second=MARKUP[1], only="same")
    assert read_note(app, "closeness-0") == "Word for word the same."
    assert [one.text for one in list_prose(app)] == ["Always the same."] * 2
    assert f"{MARKUP[0]} × 4, word for word" in read(app)
    app = open_part(BETWEEN, HOSTILE, first=MARKUP[0], second=MARKUP[0], only="same")
    assert read_note(app, "verbatim").startswith("4 of its 4 answers are word for word like")
    assert read_note(app, "closest-none") == "There are no two different answers to compare."


@pytest.mark.parametrize("second", MARKUP)
def test_hostile_answers_stay_text(second: str) -> None:
    app = open_part(BETWEEN, HOSTILE, first=MARKUP[0], second=second, evidence="markup")
    assert len(list_prose(app)) == 8
    for one in list_prose(app):
        assert set(one.tags) <= {"div", "mark", "/mark", "/div"}
        assert one.attributes <= {"class", "dir"}
        assert any(one.text in (text, cut_text(text, TEXT_CUT)) for text in HOSTILE_TEXTS)


@pytest.mark.parametrize("part", PARTS)
def test_nothing_hostile_is_written_as_markdown_or_html(part: str) -> None:
    for of in ("Yours", "Both"):
        app = open_part(part, HOSTILE, of=of)
        written = [element.value for element in (*app.markdown, *app.caption)]
        bodies = [element.proto.body for element in app.get("html")]
        loose = [body for body in bodies if not body.startswith('<div class="prose"')]
        assert not any("example.com" in words or "alert" in words for words in [*written, *loose])
        assert "example.com" in read(app) or of == "Both"


@pytest.mark.parametrize("part", PARTS)
def test_a_corpus_of_an_earlier_version_says_what_to_do(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = dashboard_corpus.write_demo(tmp_path / "demo")
    name = views_file(ENCODER, "summary.json")
    summary = json.loads(Path(corpus.path(name)).read_bytes())
    del summary["controls"]
    write_files(corpus, {name: json.dumps(summary).encode()}, corpus.manifest)
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path))
    for of in ("Yours", "Both"):
        app = open_part(part, of=of)
        assert read_block(app, "finding-page") == OLD
        assert [code.value for code in app.code] == [f"hivemind build {tmp_path / 'demo'}"]
        assert not app.get("plotly_chart")


@pytest.mark.parametrize("part", PARTS)
def test_without_a_corpus_the_published_figures_are_shown(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "list_corpora", lambda environment: [])
    app = open_part(part)
    assert read_note(app, "nothing").startswith("No corpus yet")
    assert read_block(app, "finding-published").startswith(PAPER[part == BETWEEN])
    assert {control.key for control in app.sidebar.segmented_control} == {"subset"}


@pytest.mark.parametrize(
    ("subset", "number", "within", "between"),
    [
        ("The paper's 25", 25, "79.1 % of queries", ".759 (.695 to .821 by pair)"),
        ("All 79", 79, "70.1 % of queries", ".734 (.592 to .837 by pair)"),
    ],
)
def test_the_published_figures_are_those_of_the_paper(
    subset: str, number: int, within: str, between: str
) -> None:
    app = open_part(WITHIN, of="Published", subset=subset)
    assert within in read_block(app, "finding-published")
    assert len(list_rows(app, "model", "mean cosine", "queries above .8 (%)")) == number
    app = open_part(BETWEEN, of="Published", subset=subset, first="gemini-1.5-pro")
    assert between in read_block(app, "finding-published")
    assert read_block(app, "finding-cell").startswith("gemini-1.5-pro and ")
    partners = list_rows(app, "model", "similarity")
    assert len(partners) == number - 1
    assert [row[1] for row in partners] == sorted((row[1] for row in partners), reverse=True)


def test_change_between_two_strategies_is_the_difference_of_their_rows() -> None:
    within = dict(list_rows(open_part(WITHIN), "source", "cosine"))
    app = open_part(CHANGE)
    assert (ask(app, "from"), ask(app, "to")) == ("demo · plain", "demo · random")
    ((model, first, second, difference),) = list_rows(app, "model", "from", "to", "difference")
    assert model == "olmo2-7b"
    assert (first, second) == pytest.approx((within[PLAIN], within[RANDOM]))
    assert difference == pytest.approx(second - first)
    app.session_state["changes"] = True
    assert len(list_rows(app.run(), "query", "difference")) == 6
    choose(choose(app, "from", "demo · random"), "to", "demo · plain")
    assert "become less alike: a difference of −.01" in read_block(app, "finding-change")


@pytest.mark.usefixtures("larger")
def test_change_between_two_corpora_is_over_their_common_queries() -> None:
    app = open_part(CHANGE, **{"from": "demo", "to": "demo (larger)"})
    told = read_block(app, "finding-change")
    assert told.startswith("From demo to demo (larger), answers by all models become less alike")
    assert told.endswith("for 4 of 4 models.")
    rows = list_rows(app, "model", "queries")
    assert rows[0] == ("all models", 6)
    assert set(rows) >= {("gpt-4o", 6), (PLAIN, 6), (RANDOM, 6)}


def test_sides_that_share_nothing_or_are_not_here_are_told() -> None:
    for scope in ({}, {"category": ABSTRACT}):
        app = open_part(CHANGE, **scope, **{"from": HOSTILE, "to": "demo"})
        told = f"Between {HOSTILE} and demo no model can be compared on a common query."
        assert read_block(app, "finding-change") == told
        assert read_note(app, "change-none").startswith("Queries are matched by their text")
    assert len(open_part(CHANGE, **{"from": "nowhere", "to": "demo"}).caption) == 1


def list_values(table: pd.DataFrame) -> list[list[Any]]:
    return table.astype(object).where(table.notna(), None).to_numpy().tolist()


@pytest.mark.parametrize(("table", "choices"), CHOICES)
def test_files_hold_the_numbers_that_are_shown(
    table: str, choices: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, bytes] = {}

    def keep(label: str, data: Any, name: str, *_: object, **__: object) -> bool:
        files[name] = data() if callable(data) else data
        return False

    monkeypatch.setattr(streamlit, "download_button", keep)
    app = visit("homogeneity", **choices)
    if table:
        app.session_state[table] = True
        app.run()
    assert not app.exception
    shown = [list_values(found.value) for found in app.dataframe]
    taken = [name for name in files if name.endswith(".csv")]
    assert len(taken) == (2 if table in ("agreement", "changes") else 1)
    for name in taken:
        assert list_values(pd.read_csv(io.BytesIO(files[name]))) in shown
        about = json.loads(files[name.removesuffix(".csv") + "-about.json"])
        assert about.get("corpus") == ("demo" if choices.get("of") != "Published" else None)


@pytest.mark.parametrize("choices", [choices for _, choices in CHOICES])
def test_every_choice_is_in_the_address_and_a_link_shows_the_same(choices: dict[str, str]) -> None:
    beside = {name: value for name, value in choices.items() if name in BESIDE_THE_BOXES}
    app = visit("homogeneity", **beside)
    for name, value in choices.items():
        if name not in beside:
            choose(app, name, value)
    written = {name: str(ask(app, name)) for name in app.query_params}
    assert written.items() >= choices.items() - {("part", WITHIN)}
    again = visit("homogeneity", **written)
    assert not again.exception
    assert read(again) == read(app)
    assert {name: ask(again, name) for name in again.query_params} == written
