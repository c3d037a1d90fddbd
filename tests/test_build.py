"""Builds: the same bytes whatever the order, the jobs, or how often they were killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from hivemind_core import build as building
from hivemind_core.build import BuildOptions, build_corpus, choose_encoder
from hivemind_core.corpus.calibration import Calibration, read_calibration
from hivemind_core.corpus.embeddings import read_vectors
from hivemind_core.corpus.files import Inputs, import_files
from hivemind_core.corpus.locations import find_calibration_folder, find_shipped
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.store import Corpus, embeddings_file, open_corpus, views_file
from hivemind_core.corpus.tables import QUERIES
from hivemind_core.corpus.views import GROUPS, LINKAGES, QUERY_MAP_NOTES, list_views
from hivemind_core.errors import InputError, WorkError
from hivemind_core.space.encoders import DEFAULT_ENCODER
from hivemind_core.space.linking import cut_named, read_linkage, split_by_query
from hivemind_core.space.mapping import Map, MapInput
from hivemind_core.space.project import project_principal
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
    random.Random(1).shuffle(order)
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
    queries = set(corpus.read(QUERIES)["query"].to_pylist())
    assert len(texts) < len(RESPONSES)
    assert sorted(encoder.asked) == sorted([*texts, *queries])
    assert corpus.manifest.encoders == ("counting",)
    table = corpus.read_file(embeddings_file("counting"))
    assert str(table.schema.field("vector").type.value_type) == "halffloat"
    # The same texts in another corpus, and the same corpus again, encode nothing.
    build_corpus(write_corpus(tmp_path / "d", RESPONSES), options(tmp_path))
    build_corpus(open_corpus(str(tmp_path / "c")), options(tmp_path))
    assert len(encoder.asked) == len(texts) + len(queries)


def test_queries_are_mapped_by_their_own_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "find_encoder", lambda name, environment: CountingEncoder())
    corpus, _ = build_corpus(write_corpus(tmp_path / "c", RESPONSES), options(tmp_path))
    table = corpus.read_file(views_file("counting", "query_map.parquet"))
    queries = corpus.read(QUERIES).to_pylist()
    assert table["query_id"].to_pylist() == [row["query_id"] for row in queries]
    vectors = np.stack([make_vector(row["query"]) for row in queries])
    wanted = project_principal(vectors)
    assert np.allclose(np.column_stack([table["pca_x"], table["pca_y"]]), wanted, atol=1e-5)
    notes = json.loads(table.schema.metadata[QUERY_MAP_NOTES])
    assert (notes["method"], notes["reason"]) == ("pca", "UMAP needs 10 queries, here are 4")
    _, changed = build_corpus(open_corpus(corpus.locator), options(tmp_path))
    assert not changed


def test_where_the_encoder_is_not_at_hand_the_queries_have_no_map(tmp_path: Path) -> None:
    corpus, _ = build_corpus(make_corpus(tmp_path / "c"), options(tmp_path))
    table = corpus.read_file(views_file(ENCODER, "query_map.parquet"))
    assert len(table) == 0
    reason = json.loads(table.schema.metadata[QUERY_MAP_NOTES])["reason"]
    assert reason.startswith(f"{ENCODER} cannot encode the queries: ")
    assert not build_corpus(open_corpus(corpus.locator), options(tmp_path))[1]


def test_an_encoder_that_fails_at_the_queries_is_asked_again_by_the_next_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(CountingEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            raise WorkError("the network is away")

    monkeypatch.setattr(building, "find_encoder", lambda name, environment: Failing())
    corpus, _ = build_corpus(make_corpus(tmp_path / "c"), options(tmp_path))
    monkeypatch.setattr(building, "find_encoder", lambda name, environment: CountingEncoder())
    built, changed = build_corpus(open_corpus(corpus.locator), options(tmp_path))
    assert changed
    assert len(built.read_file(views_file(ENCODER, "query_map.parquet"))) == 4


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


def test_a_corpus_that_nobody_answered_has_the_map_of_its_queries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "find_encoder", lambda name, environment: CountingEncoder())
    path = tmp_path / "q.jsonl"
    path.write_text("".join(json.dumps({"query": f"Question {i}?"}) + "\n" for i in range(12)))
    import_files(str(tmp_path / "c"), Inputs(queries=path))
    corpus, changed = build_corpus(open_corpus(str(tmp_path / "c")), options(tmp_path))
    assert changed
    table = corpus.read_file(views_file(DEFAULT_ENCODER, "query_map.parquet"))
    assert table["query_id"].to_pylist() == corpus.read(QUERIES)["query_id"].to_pylist()
    assert not build_corpus(open_corpus(str(tmp_path / "c")), options(tmp_path))[1]


def test_queries_without_a_text_settle_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "find_encoder", lambda name, environment: CountingEncoder())
    path = tmp_path / "r.jsonl"
    rows = [{"query": " ", "model": "m", "text": f"Answer {i}"} for i in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    import_files(str(tmp_path / "c"), Inputs(responses=path))
    assert build_corpus(open_corpus(str(tmp_path / "c")), options(tmp_path))[1]
    assert not build_corpus(open_corpus(str(tmp_path / "c")), options(tmp_path))[1]


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


def calibrate(tmp_path: Path, default: float) -> BuildOptions:
    """Write the user's own calibration of the planted encoder; return how to build with it."""
    environment = {
        "HIVEMIND_CACHE": str(tmp_path / "cache"),
        "HIVEMIND_CORPORA": str(tmp_path / "data" / "corpora"),
    }
    shipped = find_shipped("sameness") / "all-MiniLM-L6-v2.json"
    content = json.loads(shipped.read_text(encoding="utf-8"))
    content["senses"]["people"]["default"] = default
    folder = find_calibration_folder(environment)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{ENCODER}.json").write_text(json.dumps(content), encoding="utf-8")
    return BuildOptions(environment=environment)


def read_view(corpus: Corpus, name: str) -> pa.Table:
    return corpus.read_file(views_file(ENCODER, f"{name}.parquet"))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[set[str]]]:
    """Return the queries of each map that is drawn, and of each linkage that is made."""
    noted: dict[str, list[set[str]]] = {"drawn": [], "linked": []}
    draw, link = building.draw_map, building.link_query

    def draw_and_note(given: MapInput) -> Map:
        noted["drawn"].append(set(given.query_ids))
        return draw(given)

    def link_and_note(given: MapInput, calibration: Calibration | None) -> pa.Table:
        noted["linked"].append(set(given.query_ids))
        return link(given, calibration)

    monkeypatch.setattr(building, "draw_map", draw_and_note)
    monkeypatch.setattr(building, "link_query", link_and_note)
    return noted


def test_linkages_are_of_the_answers_in_the_order_of_their_maps(tmp_path: Path) -> None:
    corpus, _ = build_corpus(make_corpus(tmp_path / "c"), calibrate(tmp_path, 0.46))
    linkages = read_view(corpus, "linkages")
    assert linkages.schema.equals(LINKAGES)
    vectors = read_vectors(corpus, ENCODER)
    row_of = {one: row for row, one in enumerate(vectors.response_ids)}
    texts = {row["response_id"]: row["text"] for row in RESPONSES}
    merges = dict(split_by_query(linkages))
    for query_id, points in split_by_query(read_view(corpus, "maps")):
        ids = points["response_id"].to_pylist()
        rows = merges.pop(query_id)
        assert rows["sense"].to_pylist() == ["cosine"] * 23 + ["people"] * 23
        matrix = vectors.matrix[[row_of[one] for one in ids]].astype(np.float64)
        said = np.array([texts[one] for one in ids])
        cosines = np.where(said[:, None] == said[None, :], 1, matrix @ matrix.T)
        members = [[row] for row in range(len(ids))]
        for merge in rows.slice(0, 23).to_pylist():
            left, right = members[merge["left"]], members[merge["right"]]
            assert merge["sameness"] == pytest.approx(cosines[np.ix_(left, right)].min(), abs=3e-6)
            members.append(left + right)
            assert merge["medoid"] is None or merge["medoid"] in members[-1]
            words = set(" ".join(said[members[-1]]).split())
            assert set(merge["keywords"] or ()) <= words
        assert len(members[-1]) == 24
    assert merges == {}


def test_groups_are_the_linkages_cut_at_the_calibrated_threshold(tmp_path: Path) -> None:
    options = calibrate(tmp_path, 0.6)
    corpus, _ = build_corpus(make_corpus(tmp_path / "c"), options)
    calibration = read_calibration(ENCODER, options.environment)
    assert calibration is not None
    groups, linkages = read_view(corpus, "groups"), read_view(corpus, "linkages")
    assert groups.schema.equals(GROUPS)
    points = dict(split_by_query(read_view(corpus, "maps")))
    assert [(row["query_id"], row["sense"]) for row in groups.to_pylist()] == [
        (query_id, sense) for query_id in points for sense in ("cosine", "people")
    ]
    assert calibration.senses["people"].default == 0.6
    for row in groups.to_pylist():
        mine = linkages.filter(
            pc.and_(
                pc.equal(linkages["query_id"], row["query_id"]),
                pc.equal(linkages["sense"], row["sense"]),
            )
        )
        assert row["threshold"] == calibration.senses[row["sense"]].default
        found = cut_named(read_linkage(mine), row["threshold"])
        answers = points[row["query_id"]].to_pylist()
        told = [
            [answers[i]["source"] for i in np.flatnonzero(found.labels == group).tolist()]
            for group in range(len(found.medoids))
        ]
        ranked = [(len(set(names) - {"human"}), len(names)) for names in told if len(names) > 1]
        assert (row["answers"], row["different"]) == (len(answers), len(told))
        assert (row["models"], row["size"]) == max(ranked)
        ids = [answers[medoid]["response_id"] for medoid in found.medoids]
        assert len(told[ids.index(row["medoid"])]) == row["size"]


def test_without_a_calibration_answers_are_linked_by_cosine_alone(tmp_path: Path) -> None:
    corpus, _ = build_corpus(make_corpus(tmp_path / "c"), options(tmp_path))
    assert set(read_view(corpus, "linkages")["sense"].to_pylist()) == {"cosine"}
    assert set(read_view(corpus, "groups")["threshold"].to_pylist()) == {0.9}


def test_another_calibration_links_anew_and_redraws_no_map(
    tmp_path: Path, asked: dict[str, list[set[str]]]
) -> None:
    corpus, _ = build_corpus(make_corpus(tmp_path / "c"), options(tmp_path))
    before = read_bytes(corpus)
    assert len(asked["drawn"]) == 6
    for default in (0.46, 0.6):
        asked["drawn"].clear()
        asked["linked"].clear()
        options_now = calibrate(tmp_path, default)
        corpus, changed = build_corpus(open_corpus(str(tmp_path / "c")), options_now)
        assert changed
        assert asked == {"drawn": [], "linked": [{f"q00{n}"} for n in range(4)]}
        people = read_view(corpus, "groups").filter(pc.field("sense") == "people")
        assert set(people["threshold"].to_pylist()) == {default}
        _, changed = build_corpus(open_corpus(str(tmp_path / "c")), options_now)
        assert not changed
    after = read_bytes(corpus)
    changed_files = {file for file in before if before[file] != after[file]}
    assert changed_files == {
        views_file(ENCODER, name) for name in ("linkages.parquet", "groups.parquet", "build.json")
    }


def test_a_new_query_links_only_itself_and_gives_the_same_bytes(
    tmp_path: Path, asked: dict[str, list[set[str]]]
) -> None:
    more = [*RESPONSES, *list_responses(5, ("alpha",), 5)[20:]]
    vectors = np.stack([make_vector(str(row["response_id"])) for row in more])
    old = len(RESPONSES)
    build_corpus(write_corpus(tmp_path / "c", RESPONSES, vectors[:old]), calibrate(tmp_path, 0.46))
    asked["linked"].clear()
    grown, _ = build_corpus(write_corpus(tmp_path / "c", more, vectors), calibrate(tmp_path, 0.46))
    assert asked["linked"] == [{"q004"}]
    environment = calibrate(tmp_path, 0.46).environment | {"HIVEMIND_CACHE": str(tmp_path / "new")}
    fresh, _ = build_corpus(
        write_corpus(tmp_path / "d" / "c", more, vectors), BuildOptions(environment=environment)
    )
    assert len(asked["linked"]) == 6
    assert read_bytes(grown) == read_bytes(fresh)


def test_a_query_with_one_answer_has_a_map_and_no_linkage(tmp_path: Path) -> None:
    one = {**RESPONSES[0], "response_id": "lone", "query_id": "q900"}
    rows = [*RESPONSES[:24], one]
    corpus, _ = build_corpus(write_corpus(tmp_path / "c", rows, VECTORS[:25]), options(tmp_path))
    assert set(read_view(corpus, "maps")["query_id"].to_pylist()) == {"q000", "q900"}
    for name in ("linkages", "groups"):
        assert set(read_view(corpus, name)["query_id"].to_pylist()) == {"q000"}
