"""Homogeneity of corpora: poolings, strategies, people, holes in the grid, JSON."""

import json
from pathlib import Path

import numpy as np
import pytest

from hivemind_core.corpus.embeddings import count_missing
from hivemind_core.corpus.store import Corpus
from hivemind_core.errors import InputError
from hivemind_core.measurement import measure_corpus
from hivemind_core.summary import format_summary, summarise
from tests.planted import ENCODER, list_responses, make_ideas, make_unit_rows, write_corpus

MODELS = ("alpha", "beta", "human")


def write_grid(folder: Path, queries: int = 6, samples: int = 4) -> Corpus:
    responses = list_responses(queries, MODELS, samples)
    # Models share one idea a query; people have ideas of their own.
    ideas = np.array(
        [n if row["model"] == "human" else int(str(row["query_id"])[1:]) * 1000 for n, row in
         enumerate(responses)]
    )  # fmt: skip
    _, ideas = np.unique(ideas, return_inverse=True)
    return write_corpus(folder, responses, make_ideas(ideas, noise=0.5))


def test_planted_homogeneity_is_found(tmp_path: Path) -> None:
    corpus = write_grid(tmp_path / "grid")
    summary = summarise("grid", ENCODER, measure_corpus(corpus, ENCODER))
    assert summary["models"] == ["alpha", "beta"]
    assert (summary["queries"], summary["responses"]) == (6, 72)
    assert summary["intra"]["alpha"]["mean"] > 0.75
    assert summary["inter"]["mean"] > 0.75
    assert abs(summary["human"]["mean"]) < 0.15
    assert abs(summary["floor"]["mean"]) < 0.1
    low, high = summary["inter"]["ci95"]
    assert low < summary["inter"]["mean"] < high
    assert summary["inter"]["matrix"][0][0] is None
    assert summary["inter"]["matrix"][0][1] == summary["inter"]["mean"]
    # With 8 answers by models a query, five others exist, ten do not.
    assert summary["nearest_models"]["5"] == pytest.approx(2, abs=0.3)
    assert summary["nearest_models"]["10"] is None
    assert "more than 10" in summary["nearest_models"]["reason"]
    json.dumps(summary, allow_nan=False)


def test_poolings_agree_on_a_complete_grid_and_differ_on_another(tmp_path: Path) -> None:
    measured = measure_corpus(write_grid(tmp_path / "grid"), ENCODER)
    by_query, by_pair = (summarise("", "", measured, p) for p in ("queries", "pairs"))
    assert by_query["inter"]["mean"] == pytest.approx(by_pair["inter"]["mean"])
    assert by_query["intra"]["alpha"]["mean"] == pytest.approx(by_pair["intra"]["alpha"]["mean"])
    responses = list_responses(2, ("alpha",), 4)[:-2]  # four answers, and two
    rows = np.array([[1, 0]] * 4 + [[1, 0], [0, 1]], np.float32)
    measured = measure_corpus(write_corpus(tmp_path / "ragged", responses, rows), ENCODER)
    assert summarise("", "", measured)["intra"]["alpha"]["mean"] == pytest.approx(1 / 2)
    assert summarise("", "", measured, "pairs")["intra"]["alpha"]["mean"] == pytest.approx(6 / 7)


def test_a_model_missing_on_some_queries_changes_no_other_number(tmp_path: Path) -> None:
    responses = list_responses(5, ("alpha", "beta", "gamma"), 3)
    rows = make_unit_rows(len(responses), 16)
    whole = measure_corpus(write_corpus(tmp_path / "a", responses, rows), ENCODER)
    kept = [n for n, row in enumerate(responses)
            if row["model"] != "gamma" or row["query_id"] == "q000"]  # fmt: skip
    holes = write_corpus(tmp_path / "b", [responses[n] for n in kept], rows[kept])
    part = measure_corpus(holes, ENCODER)
    # Strata follow all sources, and the centre is that of the corpus: those two may move.
    for name in ("cosine", "lexical", "vendi", "distinct"):
        assert np.array_equal(part.within[name][:, :2], whole.within[name][:, :2])
    for name in ("cosine", "lexical"):
        assert np.array_equal(part.between[name][:, 0], whole.between[name][:, 0])
    told, before = summarise("", "", part), summarise("", "", whole)
    assert told["intra"]["alpha"] == before["intra"]["alpha"]
    assert told["inter"]["matrix"][0][1] == before["inter"]["matrix"][0][1]
    gamma = told["intra"]["gamma"]
    assert (gamma["queries"], gamma["ci95"], "5 queries" in gamma["reason"]) == (1, None, True)


def test_row_order_rotation_and_names_change_no_number(tmp_path: Path) -> None:
    responses, rng = list_responses(11, ("alpha", "beta", "human"), 5), np.random.default_rng(0)
    vectors = make_ideas(rng.integers(0, 9, len(responses)), noise=0.4)
    responses = [{**row, "text": "word " * rng.integers(1, 30)} for row in responses]
    plain = measure_corpus(write_corpus(tmp_path / "a", responses, vectors), ENCODER)
    turn, order = np.linalg.qr(rng.normal(size=(64, 64)))[0], rng.permutation(len(responses))
    names = {"alpha": "zeta", "beta": "beta", "human": "human"}
    moved = [{**responses[n], "model": names[str(responses[n]["model"])]} for n in order]
    other = measure_corpus(write_corpus(tmp_path / "b", moved, vectors[order] @ turn), ENCODER)
    for name, values in plain.within.items():
        assert other.within[name][:, [1, 0, 2]] == pytest.approx(values, abs=3e-6, nan_ok=True)
    for name, values in plain.between.items():
        assert other.between[name][:, [0, 2, 1]] == pytest.approx(values, abs=3e-6, nan_ok=True)
        assert other.floors[name].mean == pytest.approx(plain.floors[name].mean, abs=3e-6)
    assert other.nearest == pytest.approx(plain.nearest, nan_ok=True)


def test_strategies_of_one_model_are_no_agreement_between_models(tmp_path: Path) -> None:
    responses = list_responses(4, ("alpha", "beta"), 4)
    for row in responses:
        if row["model"] == "alpha":
            row["strategy"] = "hot" if int(str(row["sample"])) % 2 else "cold"
    # Both strategies of alpha say one thing, beta another.
    ideas = np.array([int(row["model"] == "beta") for row in responses])
    corpus = write_corpus(tmp_path / "c", responses, make_ideas(ideas, noise=0.0))
    summary = summarise("", "", measure_corpus(corpus, ENCODER))
    assert summary["models"] == ["alpha · cold", "alpha · hot", "beta"]
    assert summary["inter"]["matrix"][0][1] == pytest.approx(1)
    assert summary["inter"]["mean"] < 0.5
    assert summary["nearest_models"]["5"] > 1  # five neighbours, three of one's own model
    only = summarise("", "", measure_corpus(corpus, ENCODER, "hot"))
    assert only["models"] == ["alpha · hot"]
    assert only["inter"]["mean"] is None
    assert "two different models" in only["inter"]["reason"]


def test_unknown_strategy_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"strategy must be one.*'warm'.*It has: none"):
        measure_corpus(write_grid(tmp_path / "c"), ENCODER, "warm")


def test_unknown_encoder_and_pooling_are_refused(tmp_path: Path) -> None:
    corpus = write_grid(tmp_path / "c")
    with pytest.raises(InputError, match="none of other, but of planted"):
        measure_corpus(corpus, "other")
    with pytest.raises(InputError, match="pooling is one of queries, pairs"):
        summarise("", "", measure_corpus(corpus, ENCODER), "both")


def test_withheld_writers_and_texts_are_left_out(tmp_path: Path) -> None:
    responses = list_responses(3, ("alpha", "beta"), 3)
    for row in responses:
        if row["model"] == "beta":
            row["model"] = None
    corpus = write_corpus(tmp_path / "c", responses, make_unit_rows(len(responses), 8))
    summary = summarise("", "", measure_corpus(corpus, ENCODER))
    assert summary["models"] == ["alpha"]
    assert summary["responses"] == 9
    assert summary["human"] is None
    assert "no answers by people" in summary["reason"]


def test_one_answer_is_undefined_with_reasons(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", list_responses(1, ("alpha",), 1), make_unit_rows(1, 4))
    summary = summarise("", "", measure_corpus(corpus, ENCODER))
    assert summary["intra"]["alpha"]["mean"] is None
    assert "two answers" in summary["intra"]["alpha"]["reason"]
    assert summary["floor"]["mean"] is None
    assert "two queries" in summary["floor"]["reason"]
    assert "-" in format_summary(summary)


def test_half_precision_changes_no_printed_digit(tmp_path: Path) -> None:
    responses = list_responses(6, ("alpha", "beta", "human"), 10)
    ideas = np.random.default_rng(0).integers(0, 20, len(responses))
    rows = make_ideas(ideas, d=384, noise=0.8)
    full = summarise("", "", measure_corpus(write_corpus(tmp_path / "a", responses, rows), ENCODER))
    half = write_corpus(tmp_path / "b", responses, rows.astype(np.float16))
    rounded = summarise("", "", measure_corpus(half, ENCODER))
    assert format_summary(full) == format_summary(rounded)


def test_a_corpus_without_responses_says_what_is_missing(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", [])
    with pytest.raises(InputError, match="found no vectors at all"):
        measure_corpus(corpus, ENCODER)


def test_responses_that_nobody_known_wrote_give_no_numbers(tmp_path: Path) -> None:
    responses = list_responses(2, ("alpha",), 3)
    for row in responses:
        row["model"] = None
    corpus = write_corpus(tmp_path / "c", responses, make_unit_rows(6, 4))
    summary = summarise("", "", measure_corpus(corpus, ENCODER))
    assert (summary["models"], summary["queries"], summary["intra"]) == ([], 0, {})
    assert summary["inter"]["mean"] is None
    assert summary["inter"]["matrix"] == []


def test_several_groups_of_people_are_one_baseline(tmp_path: Path) -> None:
    responses = list_responses(2, ("human", "alpha"), 4)
    for row in responses:
        if row["model"] == "human":
            row["strategy"] = "lab" if int(str(row["sample"])) < 2 else "online"
    same, apart = np.array([1, 0]), np.eye(2)
    rows = [apart[int(str(r["sample"])) % 2] if r.get("strategy") == "lab" else same
            for r in responses]  # fmt: skip
    corpus = write_corpus(tmp_path / "c", responses, np.array(rows, np.float32))
    summary = summarise("", "", measure_corpus(corpus, ENCODER))
    assert summary["intra"]["human · lab"]["mean"] == pytest.approx(0)
    assert summary["intra"]["human · online"]["mean"] == pytest.approx(1)
    assert summary["human"]["mean"] == pytest.approx(0.5)


def test_answers_without_a_vector_are_counted(tmp_path: Path) -> None:
    corpus = write_grid(tmp_path / "c")
    assert count_missing(corpus, ENCODER) == 0
    assert count_missing(corpus, "other") == corpus.manifest.rows["responses"]
