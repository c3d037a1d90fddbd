"""Imports: merged, whole or not at all, and the same whatever the order of the rows."""

import csv
import json
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hivemind_core.corpus.files import Inputs, import_files
from hivemind_core.corpus.identity import make_id, make_query_id
from hivemind_core.corpus.import_report import ImportReport
from hivemind_core.corpus.merge import About
from hivemind_core.corpus.store import embeddings_file, open_corpus
from hivemind_core.corpus.tables import (
    PAIR_SCORES,
    PREFERENCES,
    QUERIES,
    RATINGS,
    RESPONSES,
    SCORES,
)
from hivemind_core.errors import CorpusError, InputError, WorkError

QUERY = "Write a metaphor about time."
ROW = {"prompt": QUERY, "model": "m", "output": "a river"}


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def take(
    folder: Path, *, skip_bad: bool = False, about: About | None = None, **given: Any
) -> ImportReport:
    """Import rows given as lists into the corpus of a folder."""
    paths = {
        name: write_lines(folder / f"{name}.jsonl", rows) if isinstance(rows, list) else rows
        for name, rows in given.items()
    }
    return import_files(
        str(folder / "corpus"),
        Inputs(**paths),
        about=about or About(),
        skip_bad=skip_bad,
        clock=lambda: datetime(2026, 1, 2, tzinfo=UTC),
    )


def read_bytes(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted((folder / "corpus").rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def read_responses(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = open_corpus(str(folder / "corpus")).read(RESPONSES).to_pylist()
    return rows


def refuse(folder: Path, match: str, *, skip_bad: bool = False, **given: Any) -> None:
    """Check that an import is refused and changes nothing."""
    before = read_bytes(folder)
    with pytest.raises(InputError, match=match) as refusal:
        take(folder, skip_bad=skip_bad, **given)
    assert refusal.value.exit_code == 2
    assert "\n" not in str(refusal.value)
    assert read_bytes(folder) == before


def test_ids_and_samples_are_made_from_content(tmp_path: Path) -> None:
    rows = [ROW | {"output": text} for text in ("b", "a", "b")]
    report = take(tmp_path, responses=rows)
    query_id = make_query_id(QUERY)
    assert [(r["sample"], r["text"], r["response_id"]) for r in read_responses(tmp_path)] == [
        (i, text, make_id("response", query_id, "m", None, i, text))
        for i, text in enumerate(["a", "b", "b"])
    ]
    assert report.repeats == 1
    assert report.tables["queries"].taken == 1


def test_numbers_skip_those_that_are_taken(tmp_path: Path) -> None:
    take(tmp_path, responses=[ROW | {"output": "z", "sample": 1}, ROW, ROW])
    assert [r["sample"] for r in read_responses(tmp_path)] == [0, 1, 2]


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    rows = [ROW, ROW, ROW | {"output": "a thief"}, ROW | {"sample": 7}]
    first = take(tmp_path, responses=rows)
    before = read_bytes(tmp_path)
    second = take(tmp_path, responses=rows[::-1])
    assert first.tables["responses"].taken == second.tables["responses"].already_there == 4
    assert second.tables["responses"].taken == 0
    assert read_bytes(tmp_path) == before


def test_a_file_that_has_grown_brings_only_what_is_new(tmp_path: Path) -> None:
    take(tmp_path, responses=[ROW | {"output": text} for text in ("b", "c")])
    report = take(tmp_path, responses=[ROW | {"output": text} for text in ("a", "b", "b", "c")])
    assert (report.tables["responses"].taken, report.tables["responses"].already_there) == (2, 2)
    assert sorted((r["sample"], r["text"]) for r in read_responses(tmp_path)) == [
        (0, "b"),
        (1, "c"),
        (2, "a"),
        (3, "b"),
    ]


def test_the_same_row_twice_is_counted(tmp_path: Path) -> None:
    row = ROW | {"response_id": "r"}
    report = take(tmp_path, responses=[row, row], queries=[{"query": QUERY}] * 2)
    assert (report.tables["responses"].taken, report.tables["responses"].already_there) == (1, 1)
    assert (report.tables["queries"].taken, report.tables["queries"].already_there) == (1, 1)


def test_an_id_with_other_content_is_refused_naming_both_places(tmp_path: Path) -> None:
    row = ROW | {"response_id": "r"}
    other = row | {"output": "a thief"}
    refuse(
        tmp_path,
        r"responses\.jsonl, line 2: rows of responses with one response_id must be the same;"
        r" found text 'a thief', and 'a river' in .*responses\.jsonl, line 1",
        responses=[row, other],
    )
    take(tmp_path, responses=[row])
    refuse(tmp_path, "and 'a river' in the corpus", responses=[other])
    refuse(
        tmp_path, "found query 'x', and", queries=[{"query_id": make_query_id(QUERY), "query": "x"}]
    )


def test_queries_are_found_by_text_or_id(tmp_path: Path) -> None:
    responses = [
        {"prompt": "one", "model": "m", "output": "a"},
        {"query_id": "q2", "model": "m", "output": "b"},
        {"query_id": "q3", "prompt": "three", "model": "m", "output": "c"},
        {"query_id": "q3", "model": "m", "output": "d"},
    ]
    queries = [{"query_id": "q1", "query": "one"}, {"query_id": "q2", "query": "two"}]
    take(tmp_path, responses=responses, queries=queries)
    assert [(r["query_id"], r["text"]) for r in read_responses(tmp_path)] == [
        ("q1", "a"),
        ("q2", "b"),
        ("q3", "c"),
        ("q3", "d"),
    ]
    take(tmp_path, responses=[{"query_id": "q1", "model": "n", "output": "e"}])
    assert len(read_responses(tmp_path)) == 5


def test_an_unknown_query_is_refused_or_left(tmp_path: Path) -> None:
    rows = [ROW, {"query_id": "lost", "model": "m", "output": "x"}]
    refuse(
        tmp_path, r"line 2: a query_id must belong to a query whose text is known", responses=rows
    )
    assert take(tmp_path, responses=rows, skip_bad=True).tables["responses"].left[0].rows == 1


def test_a_text_of_two_queries_needs_an_id(tmp_path: Path) -> None:
    queries = [{"query_id": name, "query": QUERY} for name in ("a", "b")]
    refuse(tmp_path, "a query's text must name one query", queries=queries, responses=[ROW])


def test_categories_map_and_labels_stay(tmp_path: Path) -> None:
    rows = [
        ROW | {"category": "Ideation and Brainstorming"},
        ROW | {"category": ["Our own", "Brainstorm & Ideation"]},
    ]
    take(tmp_path, responses=rows)
    query = open_corpus(str(tmp_path / "corpus")).read(QUERIES).to_pylist()[0]
    assert query["categories"] == ["Brainstorm & Ideation", "Our own"]
    assert query["labels"] == ["Brainstorm & Ideation", "Ideation and Brainstorming", "Our own"]


def test_categories_that_come_later_complete_a_query(tmp_path: Path) -> None:
    take(tmp_path, responses=[ROW])
    report = take(tmp_path, queries=[{"query": QUERY, "category": "Our own", "split": "test"}])
    assert report.tables["queries"].completed == 1
    assert take(tmp_path, responses=[ROW]).tables["queries"].already_there == 1
    query = open_corpus(str(tmp_path / "corpus")).read(QUERIES).to_pylist()[0]
    assert (query["categories"], query["split"]) == (["Our own"], "test")


def test_odd_input_is_taken_counted_and_shown(tmp_path: Path) -> None:
    report = take(
        tmp_path,
        queries=[{"query_id": "alone", "query": "nobody answered"}],
        responses=[
            ROW | {"output": None},
            ROW | {"model": None},
            ROW | {"output": ""},
            ROW | {"output": "x" * 100_000},
            ROW | {"response_id": "r", "sample": None},
        ],
    )
    assert report.withheld == {"text": 1, "model": 1, "empty": 1, "unanswered": 1}
    rows = read_responses(tmp_path)
    assert max(len(r["text"] or "") for r in rows) == 100_000
    assert [r["sample"] for r in rows if r["response_id"] == "r"] == [None]


ANSWERS = [ROW | {"response_id": name, "output": name} for name in "abc"]
ELSEWHERE = {"prompt": "other", "model": "m", "output": "x", "response_id": "z"}


def test_the_other_tables_refer_to_responses(tmp_path: Path) -> None:
    report = take(
        tmp_path,
        responses=ANSWERS,
        ratings=[{"response_id": "a", "annotator": "p1", "rating": 4, "criterion": "quality"}],
        scores=[{"response_id": "a", "judge": "s", "value": 0.5}],
        preferences=[{"response_a": "a", "response_b": "b", "rater": "p1", "preference": -2}],
        pair_scores=[{"response_a": "a", "response_b": "b", "scorer": "s", "score": 1}],
    )
    assert all(count.taken for count in report.tables.values())
    corpus = open_corpus(str(tmp_path / "corpus"))
    assert corpus.read(RATINGS).to_pylist()[0]["annotator_kind"] == "person"
    assert corpus.read(SCORES).to_pylist()[0]["kind"] == "metric"
    for table in (PREFERENCES, PAIR_SCORES):
        assert corpus.read(table)["query_id"].to_pylist() == [make_query_id(QUERY)]


PAIR = {"annotator_id": "p", "preference": 0}


@pytest.mark.parametrize(
    ("table", "row", "message"),
    [
        ("ratings", {"response_id": "no", "annotator_id": "p", "rating": 1}, "response_id 'no'"),
        ("scores", {"response_id": "no", "scorer": "s", "score": 1}, "must belong to a response"),
        ("preferences", PAIR | {"response_a": "a", "response_b": "no"}, "response_b 'no'"),
        ("preferences", PAIR | {"response_a": "a", "response_b": "a"}, "of two responses"),
        ("preferences", PAIR | {"response_a": "a", "response_b": "z"}, "must answer one query"),
        (
            "preferences",
            PAIR | {"response_a": "a", "response_b": "b", "query_id": "x"},
            "must answer one query, its own",
        ),
    ],
)
def test_references_that_lead_nowhere_are_refused_or_left(
    tmp_path: Path, table: str, row: dict[str, Any], message: str
) -> None:
    take(tmp_path, responses=[*ANSWERS, ELSEWHERE])
    refuse(tmp_path, rf"{table}\.jsonl, line 1: .*{message}", **{table: [row]})
    assert take(tmp_path, skip_bad=True, **{table: [row]}).tables[table].left[0].rows == 1


def test_a_refused_import_makes_no_corpus(tmp_path: Path) -> None:
    refuse(tmp_path, "must hold at least one row", responses=[])
    assert not (tmp_path / "corpus").exists()


def test_an_import_of_which_nothing_is_left_makes_no_corpus(tmp_path: Path) -> None:
    refuse(tmp_path, "needs at least one row", skip_bad=True, responses=[{"text": 1, "query": "q"}])
    assert not (tmp_path / "corpus").exists()


def test_one_bad_table_refuses_all(tmp_path: Path) -> None:
    take(tmp_path, responses=ANSWERS)
    bad = [{"response_id": "a", "scorer": "s", "score": "high"}]
    refuse(tmp_path, "a cell must be a number", responses=[ROW], scores=bad)


def test_nothing_given_is_refused(tmp_path: Path) -> None:
    refuse(tmp_path, "an import needs at least one file")


def test_a_newer_corpus_is_refused(tmp_path: Path) -> None:
    take(tmp_path, responses=ANSWERS)
    manifest = tmp_path / "corpus" / "corpus.json"
    manifest.write_text(manifest.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    with pytest.raises(CorpusError, match="found schema 2"):
        take(tmp_path, responses=ANSWERS)


def test_a_truncated_table_of_the_corpus_is_refused(tmp_path: Path) -> None:
    take(tmp_path, responses=ANSWERS)
    path = tmp_path / "corpus" / "responses.parquet"
    path.write_bytes(path.read_bytes()[:-8])
    refuse(tmp_path, "must be a whole Parquet file", responses=[ROW])


def test_a_place_that_refuses_files_is_work_that_failed(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", ANSWERS)
    with pytest.raises(WorkError, match="the corpus cannot be written") as failure:
        import_files("/proc/hivemind-test", Inputs(responses=path))
    assert failure.value.exit_code == 1


def test_what_is_said_of_a_corpus(tmp_path: Path) -> None:
    take(tmp_path, responses=ANSWERS, about=About("ours", "us", "MIT", "small"))
    take(tmp_path, responses=ANSWERS, about=About(note="smaller"))
    manifest = open_corpus(str(tmp_path / "corpus")).manifest
    assert (manifest.name, manifest.source, manifest.licence) == ("ours", "us", "MIT")
    assert (manifest.note, manifest.created) == ("smaller", "2026-01-02T00:00:00+00:00")
    with pytest.raises(InputError, match="note: what is said of a corpus must be text"):
        take(tmp_path, responses=ANSWERS, about=About(note="\udcff"))


def test_a_corpus_exported_and_imported_again_is_the_same(tmp_path: Path) -> None:
    rows = [ROW | {"category": ["Our own"], "sample": 3, "top_p": 0.9}, ROW | {"model": None}]
    take(tmp_path, responses=rows)
    first = read_bytes(tmp_path)
    (tmp_path / "again").mkdir()
    source = tmp_path / "corpus"
    take(
        tmp_path / "again",
        queries=source / "queries.parquet",
        responses=source / "responses.parquet",
    )
    assert read_bytes(tmp_path / "again") == first


TEXTS = st.sampled_from(["a", "b", "é", "", "a river"])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "prompt": st.sampled_from(["one", "two"]),
            "model": st.sampled_from(["m", "n", None]),
            "output": st.one_of(TEXTS, st.none()),
        },
        optional={
            "response_id": st.sampled_from(["r1", "r2"]),
            "sample": st.integers(0, 3),
            "category": st.sampled_from(["x", "y"]),
            "strategy": st.sampled_from(["greedy", "hot"]),
            "temperature": st.sampled_from([0.0, -0.0, 1.0]),
        },
    ),
    min_size=1,
    max_size=8,
)


def _outcome(folder: Path, rows: list[dict[str, Any]]) -> dict[str, bytes] | str:
    folder.mkdir()
    try:
        take(folder, responses=rows)
    except InputError as refusal:
        return refusal.rule
    return read_bytes(folder)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, data=st.data())
def test_the_order_of_rows_changes_no_byte(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rows))
    base = tmp_path_factory.mktemp("order")
    assert _outcome(base / "a", rows) == _outcome(base / "b", shuffled)


def test_formats_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [{"query": QUERY, "model": "m", "text": f"text {i}", "sample": i} for i in range(3)]
    outcomes = []
    for ending in ("jsonl", "csv", "parquet"):
        folder = tmp_path / ending
        folder.mkdir()
        path = folder / f"rows.{ending}"
        if ending == "csv":
            with path.open("w", newline="") as stream:
                writer = csv.DictWriter(stream, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        elif ending == "parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
        else:
            write_lines(path, rows)
        take(folder, responses=path)
        outcomes.append(read_bytes(folder))
    assert outcomes[0] == outcomes[1] == outcomes[2]


VECTORS = [{"response_id": name, "vector": [1.0, i, 0.5]} for i, name in enumerate("abc")]


def write_vectors(path: Path, rows: list[dict[str, Any]], kind: pa.DataType) -> Path:
    schema = pa.schema([("response_id", pa.string()), ("vector", pa.list_(kind))])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


def read_vectors(folder: Path) -> pa.Table:
    return open_corpus(str(folder / "corpus")).read_file(embeddings_file("e"))


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()])
def test_given_vectors_keep_their_precision(tmp_path: Path, kind: pa.DataType) -> None:
    rows = [row | {"vector": [np.float16(x) for x in row["vector"]]} for row in VECTORS[::-1]]
    path = write_vectors(tmp_path / "v.parquet", rows, kind)
    report = import_files(
        str(tmp_path / "corpus"),
        Inputs(responses=write_lines(tmp_path / "r.jsonl", ANSWERS), embeddings=path, encoder="e"),
    )
    stored = read_vectors(tmp_path)
    assert stored.schema.names == ["response_id", "query_id", "vector"]
    assert stored["vector"].type == pa.list_(kind, 3)
    assert stored["response_id"].to_pylist() == [r["response_id"] for r in read_responses(tmp_path)]
    assert sorted(stored["vector"].to_pylist()) == [[1, 0, 0.5], [1, 1, 0.5], [1, 2, 0.5]]
    assert report.tables["embeddings"].taken == 3
    assert open_corpus(str(tmp_path / "corpus")).manifest.encoders == ("e",)


def take_vectors(folder: Path, rows: list[dict[str, Any]], **more: Any) -> ImportReport:
    path = write_lines(folder / "vectors.jsonl", rows)
    return import_files(str(folder / "corpus"), Inputs(embeddings=path, encoder="e"), **more)


def test_vectors_merge(tmp_path: Path) -> None:
    take(tmp_path, responses=ANSWERS)
    take_vectors(tmp_path, VECTORS[1:])
    assert read_vectors(tmp_path)["vector"].type == pa.list_(pa.float32(), 3)
    report = take_vectors(tmp_path, [*VECTORS, VECTORS[0]])
    assert (report.tables["embeddings"].taken, report.tables["embeddings"].already_there) == (1, 3)
    before = read_bytes(tmp_path)
    assert take_vectors(tmp_path, VECTORS[::-1]).tables["embeddings"].taken == 0
    assert read_bytes(tmp_path) == before


BAD_VECTORS = {
    "nan": ([1, float("nan"), 0], "no nan and no infinity"),
    "infinity": ([1, 1e300, 0], "no nan and no infinity"),
    "wrong length": ([1, 2], "must have one length; found 2 instead of 3"),
    "zero": ([0, 0, 0], "must not be all zero"),
    "text": (["1", "2", "3"], "must be a list of numbers"),
    "empty": ([], "at least one number"),
    "null": (None, "must be a list of numbers"),
    "holes": ([1, None, 2], "must be a list of numbers"),
}


@pytest.mark.parametrize("kind", BAD_VECTORS)
def test_bad_vectors_are_refused_or_left(tmp_path: Path, kind: str) -> None:
    vector, message = BAD_VECTORS[kind]
    take(tmp_path, responses=ANSWERS)
    rows = [*VECTORS[:2], {"response_id": "c", "vector": vector}]
    before = read_bytes(tmp_path)
    with pytest.raises(InputError, match=rf"vectors\.jsonl, line 3: .*{message}"):
        take_vectors(tmp_path, rows)
    assert read_bytes(tmp_path) == before
    report = take_vectors(tmp_path, rows, skip_bad=True)
    assert (report.tables["embeddings"].taken, report.tables["embeddings"].left[0].rows) == (2, 1)


def test_bad_vectors_in_parquet_are_refused(tmp_path: Path) -> None:
    take(tmp_path, responses=ANSWERS)
    for vector, message in (
        ([1.0, float("nan"), 0], "nan"),
        (None, "list"),
        ([1.0, None, 2], "nan"),
    ):
        rows = [VECTORS[0], {"response_id": "b", "vector": vector}]
        path = write_vectors(tmp_path / "v.parquet", rows, pa.float32())
        with pytest.raises(InputError, match=rf"v\.parquet, row 2: .*{message}"):
            import_files(str(tmp_path / "corpus"), Inputs(embeddings=path, encoder="e"))


def test_vectors_of_unknown_or_contradicting_responses_are_refused(tmp_path: Path) -> None:
    take(tmp_path, responses=ANSWERS)
    with pytest.raises(InputError, match="must belong to a response; found 'no'"):
        take_vectors(tmp_path, [{"response_id": "no", "vector": [1, 2, 3]}])
    with pytest.raises(InputError, match="must have one vector from an encoder"):
        take_vectors(tmp_path, [VECTORS[0], VECTORS[0] | {"vector": [9, 9, 9]}])


def test_skipping_leaves_rows_that_contradict_whatever_their_order(tmp_path: Path) -> None:
    row, other = ROW | {"response_id": "r"}, ROW | {"response_id": "r", "output": "a thief"}
    kept = set()
    for name, rows in (("a", [row, other, ROW]), ("b", [other, row, ROW])):
        (tmp_path / name).mkdir()
        report = take(tmp_path / name, skip_bad=True, responses=rows)
        (left,) = report.tables["responses"].left
        assert (left.rows, report.tables["responses"].taken) == (1, 2)
        assert "one response_id must be the same" in left.rule
        kept.add(read_bytes(tmp_path / name)["corpus/responses.parquet"])
    assert len(kept) == 1
    report = take(tmp_path / "a", skip_bad=True, responses=[row, other])
    assert report.tables["responses"].taken == 0


def test_skipping_counts_all_rows_that_contradict_the_one_that_is_taken(tmp_path: Path) -> None:
    row, other = ROW | {"response_id": "r", "output": "b"}, ROW | {"response_id": "r"}
    for name, rows in enumerate(permutations([row, row, other])):
        folder = tmp_path / str(name)
        folder.mkdir()
        report = take(folder, skip_bad=True, responses=list(rows))
        assert report.tables["responses"].left[0].rows == 2
        assert [r["text"] for r in read_responses(folder)] == ["a river"]


TWO_TEXTS = [
    {"query_id": "q1", "query": "B", "split": "test"},
    {"query_id": "q1", "query": "A"},
    {"query_id": "q1", "query": "A", "category": "Our own"},
]


def test_of_two_texts_of_a_query_one_is_taken_whatever_their_order(tmp_path: Path) -> None:
    responses = [
        {"query_id": "q1", "model": "m", "output": "by id"},
        {"query": "A", "model": "m", "output": "by text"},
        {"query": "B", "model": "m", "output": "by the other text"},
    ]
    kept = set()
    for name, queries in enumerate(permutations(TWO_TEXTS)):
        folder = tmp_path / str(name)
        folder.mkdir()
        report = take(folder, skip_bad=True, queries=list(queries), responses=responses)
        (left,) = report.tables["queries"].left
        assert (left.rule, left.rows) == ("rows of queries with one query_id must be the same", 1)
        asked = open_corpus(str(folder / "corpus")).read(QUERIES).to_pylist()
        texts = {row["query_id"]: row["query"] for row in asked}
        assert texts == {"q1": "A", make_query_id("B"): "B"}
        found = {row["text"]: texts[row["query_id"]] for row in read_responses(folder)}
        assert found == {"by id": "A", "by text": "A", "by the other text": "B"}
        kept.add(read_bytes(folder)["corpus/queries.parquet"])
    assert len(kept) == 1


def test_a_response_to_another_text_than_its_query_is_left(tmp_path: Path) -> None:
    responses = [
        {"query_id": "q1", "query": text, "model": "m", "output": f"to {text}"} for text in "BAB"
    ]
    rule = "rows of queries with one query_id must be the same"
    refuse(tmp_path, rule, responses=responses)
    for name, rows in (("a", responses), ("b", [responses[i] for i in (1, 0, 2)])):
        (tmp_path / name).mkdir()
        report = take(tmp_path / name, skip_bad=True, responses=rows)
        assert [(left.rule, left.rows) for left in report.tables["responses"].left] == [(rule, 2)]
        assert [row["text"] for row in read_responses(tmp_path / name)] == ["to A"]
    report = take(tmp_path / "a", skip_bad=True, queries=[TWO_TEXTS[0]])
    assert report.tables["queries"].left[0].rows == 1


def test_a_file_of_queries_goes_before_the_texts_that_answers_carry(tmp_path: Path) -> None:
    responses = [
        {"query_id": "q1", "query": "A", "model": "m", "output": "to A"},
        {"query_id": "q1", "model": "m", "output": "by id"},
    ]
    take(tmp_path, skip_bad=True, queries=[TWO_TEXTS[0]], responses=responses)
    assert [row["text"] for row in read_responses(tmp_path)] == ["by id"]
    (query,) = open_corpus(str(tmp_path / "corpus")).read(QUERIES).to_pylist()
    assert (query["query"], query["split"]) == ("B", "test")


def test_skipping_leaves_vectors_that_contradict(tmp_path: Path) -> None:
    take(tmp_path, responses=ANSWERS)
    first, other = VECTORS[0], VECTORS[0] | {"vector": [9, 9, 9]}
    report = take_vectors(tmp_path, [other, first, *VECTORS[1:]], skip_bad=True)
    assert report.tables["embeddings"].left[0].rows == 1
    assert report.tables["embeddings"].taken == len(VECTORS)
    with pytest.raises(InputError, match="must have one vector from an encoder"):
        take_vectors(tmp_path, [VECTORS[0] | {"vector": [8, 8, 8]}])


def test_unreadable_vectors_are_refused(tmp_path: Path) -> None:
    take(tmp_path, responses=ANSWERS)
    path = write_vectors(tmp_path / "v.parquet", VECTORS, pa.float32())
    path.write_bytes(path.read_bytes()[:-5])
    for inputs, message in (
        (Inputs(embeddings=path, encoder="e"), "must be a whole Parquet file"),
        (Inputs(embeddings=path), "need the name of their encoder"),
        (
            Inputs(embeddings=write_lines(tmp_path / "a.jsonl", [ROW]), encoder="e"),
            "one of these must be there: response_id",
        ),
    ):
        with pytest.raises(InputError, match=message):
            import_files(str(tmp_path / "corpus"), inputs)


def test_hanna_imports(tmp_path: Path, test_data: Path) -> None:
    folder = test_data / "hanna"
    report = take(
        tmp_path,
        responses=folder / "responses.parquet",
        ratings=folder / "ratings.parquet",
        scores=folder / "scores.parquet",
    )
    counts = {name: count.taken for name, count in report.tables.items()}
    assert counts == {"queries": 96, "responses": 1632, "ratings": 19008, "scores": 223872}
    assert report.withheld["text"] == 960
