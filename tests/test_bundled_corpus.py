"""The corpus that ships: what it holds, how large it is, and that its numbers are its own."""

import json
from pathlib import Path

import pytest

from hivemind_core.corpus.locations import find_shipped
from hivemind_core.corpus.store import open_corpus
from hivemind_core.corpus.tables import QUERIES, RESPONSES
from hivemind_core.corpus.taxonomy import read_taxonomy
from hivemind_core.measurement import measure_corpus
from hivemind_core.summary import summarise


def test_the_bundled_corpus_holds_what_it_says() -> None:
    corpus = open_corpus(str(find_shipped("two-small-models")))
    manifest = corpus.manifest
    assert {source.model for source in manifest.sources} == {
        "SmolLM2-135M-Instruct",
        "gemma-3-270m",
    }
    assert len(manifest.sources) == 8
    assert manifest.rows["responses"] == manifest.rows["queries"] * 8 * 20
    size = sum(p.stat().st_size for p in Path(corpus.root).rglob("*") if p.is_file())
    assert size < 12e6


def test_the_bundled_corpus_covers_the_taxonomy_and_records_its_settings() -> None:
    corpus = open_corpus(str(find_shipped("two-small-models")))
    categories = corpus.read(QUERIES)["categories"].to_pylist()
    assert {c for row in categories for c in row} == {s.name for s in read_taxonomy()}
    assert len(categories) >= 24
    responses = corpus.read(RESPONSES)
    for column in ("strategy", "temperature", "top_p", "min_p", "max_tokens", "finish_reason"):
        assert responses[column].null_count == 0
    assert set(responses["finish_reason"].to_pylist()) == {"stop", "length"}


def test_the_bundled_views_are_those_of_the_bundled_answers() -> None:
    corpus = open_corpus(str(find_shipped("two-small-models")))
    summary = json.loads(
        Path(corpus.path("views/all-MiniLM-L6-v2/summary.json")).read_text(encoding="utf-8")
    )
    fresh = summarise(
        corpus.manifest.name, "all-MiniLM-L6-v2", measure_corpus(corpus, "all-MiniLM-L6-v2")
    )
    assert summary["intra"].keys() == fresh["intra"].keys()
    for name, row in fresh["intra"].items():
        assert summary["intra"][name]["mean"] == pytest.approx(row["mean"], abs=1e-6)
    assert summary["inter"]["mean"] == pytest.approx(fresh["inter"]["mean"], abs=1e-6)
