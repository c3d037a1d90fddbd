"""Builds: the same bytes whatever the order, the jobs, or how often they were killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from hivemind_core import build as building
from hivemind_core.build import BuildOptions, build_corpus, choose_encoder
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.store import Corpus, embeddings_file, open_corpus, views_file
from hivemind_core.corpus.views import list_views
from hivemind_core.errors import InputError, WorkError
from hivemind_core.space.mapping import Map, MapInput
from tests.fakes import CountingEncoder, make_vector
from tests.planted import ENCODER, list_responses, make_ideas, write_corpus

RESPONSES = list_responses(4, ("alpha", "beta", "human"), 8)
VECTORS = make_ideas(np.arange(len(RESPONSES)) % 5, noise=0.5)


def make_corpus(folder: Path, order: list[int] | None = None) -> Corpus:
    order = order or list(range(len(RESPONSES)))
    return write_corpus(folder, [RESPONSES[i] for i in order], VECTORS[order])


def read_bytes(corpus: Corpus) -> dict[str, bytes]:
    return {file: Path(corpus.path(file)).read_bytes() for file in list_views(ENCODER)}


def options(tmp_path: Path, name: str = "cache", **others: int) -> BuildOptions:
    return BuildOptions(environment={"HIVEMIND_CACHE": str(tmp_path / name)}, **others)  # type: ignore[arg-type]


def test_row_order_and_jobs_do_not_change_a_byte(tmp_path: Path) -> None:
    order = list(range(len(RESPONSES)))
    random.Random(1).shuffle(order)  # noqa: S311
    first, _ = build_corpus(make_corpus(tmp_path / "a" / "c"), options(tmp_path, "one"))
    second, _ = build_corpus(
        make_corpus(tmp_path / "b" / "c", order), options(tmp_path, "two", jobs=2)
    )
    assert read_bytes(first) == read_bytes(second)


def test_views_hold_what_the_pages_read(tmp_path: Path) -> None:
    corpus, changed = build_corpus(make_corpus(tmp_path / "c"), options(tmp_path))
    assert changed
    maps = corpus.read_file(views_file(ENCODER, "maps.parquet"), query_ids=["q002"])
    assert len(maps) == 24
    assert set(maps["source"].to_pylist()) == {"alpha", "beta", "human"}
    clusters = corpus.read_file(views_file(ENCODER, "clusters.parquet"), query_ids=["q002"])
    rows = clusters.to_pylist()
    assert rows
    members = maps.to_pylist()
    for row in rows:
        inside = [m for m in members if m["cluster"] == row["cluster"]]
        assert row["size"] == len(inside) == sum(row["source_counts"])
        assert row["medoid"] in {m["response_id"] for m in inside}
        assert row["models"] == len({m["source"] for m in inside} - {"human"})
    quality = corpus.read_file(views_file(ENCODER, "map_quality.parquet")).to_pylist()
    assert [row["query_id"] for row in quality] == ["q000", "q001", "q002", "q003"]
    odd = corpus.read_where(views_file(ENCODER, "category_maps.parquet"), ("category", ["Odd"]))
    assert set(odd["query_id"].to_pylist()) == {"q001", "q003"}
    summary = json.loads(Path(corpus.path(views_file(ENCODER, "summary.json"))).read_text())
    assert summary["models"] == ["alpha", "beta"]


def test_a_second_build_does_nothing(tmp_path: Path) -> None:
    corpus, _ = build_corpus(make_corpus(tmp_path / "c"), options(tmp_path))
    before = read_bytes(corpus)
    corpus, changed = build_corpus(open_corpus(str(tmp_path / "c")), options(tmp_path))
    assert not changed
    assert read_bytes(corpus) == before


def test_a_new_query_redraws_only_what_it_touches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = [*RESPONSES, *list_responses(5, ("alpha",), 5)[20:]]
    vectors = np.stack([make_vector(str(row["response_id"])) for row in more])
    old = len(RESPONSES)
    build_corpus(write_corpus(tmp_path / "c", RESPONSES, vectors[:old]), options(tmp_path))
    drawn: list[set[str]] = []
    draw = building.draw_map

    def draw_and_note(given: MapInput) -> Map:
        drawn.append(set(given.query_ids))
        return draw(given)

    monkeypatch.setattr(building, "draw_map", draw_and_note)
    _, changed = build_corpus(write_corpus(tmp_path / "c", more, vectors), options(tmp_path))
    assert changed
    # The new query, and the category that it falls into.
    assert drawn == [{"q004"}, {"q000", "q002", "q004"}]


def test_texts_are_encoded_once_and_kept_in_half_precision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = CountingEncoder()
    monkeypatch.setattr(building, "find_encoder", lambda name, environment: encoder)
    corpus, _ = build_corpus(write_corpus(tmp_path / "c", RESPONSES), options(tmp_path))
    texts = {row["text"] for row in RESPONSES}
    assert len(texts) < len(RESPONSES)
    assert sorted(encoder.asked) == sorted(texts)
    assert corpus.manifest.encoders == ("counting",)
    table = corpus.read_file(embeddings_file("counting"))
    assert str(table.schema.field("vector").type.value_type) == "halffloat"
    # The same texts in another corpus, and the same corpus again, encode nothing.
    build_corpus(write_corpus(tmp_path / "d", RESPONSES), options(tmp_path))
    build_corpus(open_corpus(str(tmp_path / "c")), options(tmp_path))
    assert len(encoder.asked) == len(texts)


def test_empty_and_withheld_texts_get_no_vector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = CountingEncoder()
    monkeypatch.setattr(building, "find_encoder", lambda name, environment: encoder)
    rows = list_responses(2, ("alpha",), 4)
    rows[0]["text"], rows[1]["text"], rows[2]["text"] = None, "", " \n"
    corpus, _ = build_corpus(write_corpus(tmp_path / "c", rows), options(tmp_path))
    assert len(corpus.read_file(embeddings_file("counting"))) == 5
    assert corpus.manifest.withheld["text"] == 1


def test_a_corpus_without_texts_is_refused(tmp_path: Path) -> None:
    rows = list_responses(1, ("alpha",), 2)
    for row in rows:
        row["text"] = None
    with pytest.raises(InputError, match="needs responses with text"):
        build_corpus(write_corpus(tmp_path / "c", rows), options(tmp_path))


def test_vectors_of_another_length_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "find_encoder", lambda name, environment: CountingEncoder())
    corpus = make_corpus(tmp_path / "c")
    table = pq.read_table(corpus.path(embeddings_file(ENCODER)))
    pq.write_table(table.slice(1), corpus.path(embeddings_file(ENCODER)))
    with pytest.raises(WorkError, match=r"one length; found 24 and 64"):
        build_corpus(corpus, options(tmp_path))


def test_no_jobs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one job"):
        build_corpus(make_corpus(tmp_path / "c"), options(tmp_path, jobs=0))


def test_the_encoder_is_the_one_asked_for_or_the_one_there() -> None:
    assert choose_encoder(Manifest("c"), None) == "all-MiniLM-L6-v2"
    assert choose_encoder(Manifest("c", encoders=("other",)), None) == "other"
    assert choose_encoder(Manifest("c", encoders=("a", "all-MiniLM-L6-v2")), None) == (
        "all-MiniLM-L6-v2"
    )
    assert choose_encoder(Manifest("c", encoders=("other",)), "mine") == "mine"


def test_killed_builds_lose_nothing_and_end_with_the_same_bytes(tmp_path: Path) -> None:
    undisturbed, _ = build_corpus(make_corpus(tmp_path / "a" / "c"), options(tmp_path, "one"))
    make_corpus(tmp_path / "b" / "c")
    environment = {**os.environ, "HIVEMIND_CACHE": str(tmp_path / "two")}
    command = [sys.executable, "-m", "hivemind_core.cli", "build", str(tmp_path / "b" / "c")]
    maps = tmp_path / "two" / "maps"
    for wanted in (1, 3):
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(list(maps.glob("*.parquet"))) < wanted:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert len(list(maps.glob("*.parquet"))) >= 3
    subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL)
    rebuilt = open_corpus(str(tmp_path / "b" / "c"))
    assert read_bytes(rebuilt) == read_bytes(undisturbed)
    assert not list((tmp_path / "b" / "c").glob(".staged"))
