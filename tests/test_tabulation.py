"""Measures as tables and back, and the controls of a summary that the way back needs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hivemind_core.corpus.identity import name_sources
from hivemind_core.corpus.store import Corpus
from hivemind_core.corpus.views import MEASURES
from hivemind_core.measurement import (
    CENTRED,
    DISTINCT,
    DIVERSITIES,
    LEXICAL,
    SIMILARITIES,
    Homogeneity,
    measure_corpus,
)
from hivemind_core.summary import summarise
from hivemind_core.tabulation import restore, tabulate
from tests.measured import make_measured
from tests.planted import ENCODER, list_responses, make_unit_rows, write_corpus

HOSTILE = "<b>a</b> · b\n$x$"


def go_round(measured: Homogeneity) -> Homogeneity:
    """Return the measures that come back from tables and from the text of a summary."""
    text = json.dumps(summarise("", "", measured, draws=10)["controls"], allow_nan=False)
    tables = tabulate(measured)
    assert {name: table.schema for name, table in tables.items()} == dict(MEASURES)
    return restore(tables, json.loads(text))


def assert_equal(found: Homogeneity, expected: Homogeneity) -> None:
    for name in ("sources", "query_ids", "k", "threshold"):
        assert getattr(found, name) == getattr(expected, name)
    assert np.array_equal(found.counts, expected.counts)
    assert np.array_equal(found.nearest, expected.nearest, equal_nan=True)
    for part in ("within", "between"):
        one, other = getattr(found, part), getattr(expected, part)
        assert set(one) == set(other)
        assert all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)
    assert set(found.floors) == set(expected.floors)
    for name, floor in found.floors.items():
        assert vars(floor) == pytest.approx(vars(expected.floors[name]), nan_ok=True)


def write_holes(folder: Path, queries: int = 12) -> Corpus:
    """Write a corpus of two models, one by two strategies, and people; each leaves some out."""
    responses = []
    for n, row in enumerate(list_responses(queries, ("alpha", HOSTILE, "human"), 4)):
        query, sample = int(str(row["query_id"])[1:]), int(str(row["sample"]))
        if row["model"] == "alpha":
            row["strategy"] = "hot" if sample % 2 else "cold"
        if row["model"] == HOSTILE and query % 3 == 0:
            row["model"] = None
        if (n * 7) % 5 and not (row["model"] == "human" and query):
            responses.append(row)
    return write_corpus(folder, responses, make_unit_rows(len(responses), 12))


@pytest.mark.parametrize("queries", [1, 3, 12])
def test_tables_hold_all_that_was_measured(tmp_path: Path, queries: int) -> None:
    corpus = write_holes(tmp_path / "c", queries)
    measured = measure_corpus(corpus, ENCODER)
    assert_equal(go_round(measured), measured)
    # Sources that withhold their writer are left out of those of the corpus.
    assert len(corpus.manifest.sources) > len(measured.sources)
    assert (measured.counts == 0).any() == (queries > 1)


def test_a_source_and_a_query_without_answers_come_back() -> None:
    rng = np.random.default_rng(0)
    sources = name_sources([("a", None), ("b", None), ("c", None), ("human", None)])
    counts = np.array([[3, 0, 2, 0], [1, 0, 0, 0], [4, 0, 5, 0]])
    holes = np.where(counts > 1, 0.0, np.nan)
    first, second = np.triu_indices(4, 1)
    apart = np.where(counts[:, first] * counts[:, second] > 0, 0.0, np.nan)
    measured = make_measured(
        sources,
        {name: rng.random((3, 4)) + holes for name in (*SIMILARITIES, *DIVERSITIES)},
        {name: rng.random((3, 6)) + apart for name in SIMILARITIES},
        counts,
    )
    assert_equal(go_round(measured), measured)
    nothing = measured.choose([])
    assert_equal(go_round(nothing), nothing)
    assert {table.num_rows for table in tabulate(nothing).values()} == {0}


def test_tables_have_a_row_for_those_that_answer_and_null_for_undefined() -> None:
    counts = np.array([[2, 1], [0, 3]])
    measured = make_measured(
        name_sources([("a", None), ("b", None)]),
        {LEXICAL: np.array([[0.5, np.nan], [np.nan, 0.25]])},
        {LEXICAL: np.array([[0.75], [np.nan]])},
        counts,
    )
    tables = tabulate(measured)
    rows = tables["intra"].select(["query_id", "source", "n", "lexical"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("q000", "a", 2, 0.5), ("q000", "b", 1, None), ("q001", "b", 3, 0.25)
    ]  # fmt: skip
    (pair,) = tables["inter"].to_pylist()
    assert (pair["source_a"], pair["source_b"], pair["n_pairs"]) == ("a", "b", 2)
    assert (pair["lexical"], pair["similarity"]) == (0.75, None)
    assert tables["nearest"].num_rows == 20
    assert tables["nearest"]["models"].null_count == 20


def test_measures_of_one_strategy_come_back_without_the_others(tmp_path: Path) -> None:
    corpus = write_holes(tmp_path / "c")
    measured = measure_corpus(corpus, ENCODER, "hot")
    assert_equal(go_round(measured), measured)
    assert len(measured.sources) < len(measure_corpus(corpus, ENCODER).sources)


def test_sources_come_back_as_they_were_measured_whatever_they_are_called_now() -> None:
    """A strategy that joins later gives the model's first source another name."""
    before = name_sources([("a", None), (HOSTILE, "hot")])
    now = name_sources([("a", None), (HOSTILE, "hot"), (HOSTILE, "cold")])
    assert not set(before) <= set(now)
    measured = make_measured(before, {LEXICAL: np.array([[0.5, 0.25]])})
    assert go_round(measured).sources == before
    about = summarise("", "", measured, draws=10)["controls"]
    assert [(one["name"], one["model"], one["strategy"]) for one in about["sources"]] == [
        (source.name, source.model, source.strategy) for source in before
    ]


def test_without_the_source_of_a_row_nothing_comes_back() -> None:
    measured = make_measured(
        name_sources([("a", None), ("b", None)]), {LEXICAL: np.array([[0.5, 0.25]])}
    )
    about = summarise("", "", measured, draws=10)["controls"]
    with pytest.raises(KeyError, match="b"):
        restore(tabulate(measured), about | {"sources": about["sources"][:1]})


def walk(told: Any) -> Iterator[dict[str, Any]]:
    """Yield every part of a summary that gives a mean."""
    if isinstance(told, dict):
        if "mean" in told:
            yield told
        for part in told.values():
            yield from walk(part)


@pytest.mark.parametrize("samples", [1, 2, 3])
@pytest.mark.parametrize("models", [("alpha",), ("alpha", "human"), ("alpha", "beta"), ("human",)])
@pytest.mark.parametrize("queries", [1, 2, 10])
def test_controls_say_why_where_there_is_no_mean(
    tmp_path: Path, queries: int, models: tuple[str, ...], samples: int
) -> None:
    responses = list_responses(queries, models, samples)
    corpus = write_corpus(tmp_path / "c", responses, make_unit_rows(len(responses), 6))
    measured = measure_corpus(corpus, ENCODER)
    controls = summarise("", "", measured, draws=10)["controls"]
    assert json.loads(json.dumps(controls, allow_nan=False)) == controls
    assert set(controls["intra"]) == {*SIMILARITIES, *DIVERSITIES}
    assert set(controls["inter"]) == set(controls["floors"]) == set(SIMILARITIES)
    parts = list(walk(controls))
    assert len(parts) == 4 + 6 * len(models) + 4 * 3
    for part in parts:
        undefined = part["mean"] is None or part.get("ci95", ()) is None
        assert bool(part.get("reason")) == undefined


def test_controls_hold_every_measure_of_a_corpus(tmp_path: Path) -> None:
    measured = measure_corpus(write_holes(tmp_path / "c"), ENCODER)
    controls = summarise("", "", measured, draws=10)["controls"]
    assert (controls["k"], controls["threshold"]) == (measured.k, measured.threshold)
    for name, values in measured.within.items():
        for place, source in enumerate(measured.sources):
            mean = controls["intra"][name][source.name]["mean"]
            own = values[:, place][~np.isnan(values[:, place])]
            assert mean == (pytest.approx(own.mean()) if len(own) else None)


def test_reasons_name_what_is_missing(tmp_path: Path) -> None:
    responses = [row for row in list_responses(5, ("alpha", "beta"), 3)
                 if row["model"] == "alpha" or row["sample"] == 0]  # fmt: skip
    corpus = write_corpus(tmp_path / "c", responses, make_unit_rows(len(responses), 6))
    intra = summarise("", "", measure_corpus(corpus, ENCODER), draws=10)["controls"]["intra"]
    assert intra[DISTINCT]["beta"]["reason"] == "no query has 3 answers of it"
    assert intra[LEXICAL]["beta"]["reason"] == "too few answers to one query"
    assert "under ten queries" in intra[CENTRED]["alpha"]["reason"]
    assert "reason" not in intra[DISTINCT]["alpha"]
    single = write_corpus(tmp_path / "d", list_responses(12, ("beta",), 1), make_unit_rows(12, 6))
    intra = summarise("", "", measure_corpus(single, ENCODER), draws=10)["controls"]["intra"]
    assert intra[DISTINCT]["beta"]["reason"] == "no query has 2 answers of it"
    assert intra[CENTRED]["beta"]["reason"] == "too few answers to one query"
