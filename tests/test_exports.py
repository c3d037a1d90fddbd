import csv
import io
import json
import math

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import hivemind_core
from hivemind_core.corpus.exports import (
    FORMS,
    cite,
    format_citation,
    name_export,
    write_rows,
)
from hivemind_core.corpus.manifest import Manifest

MANIFEST = Manifest(
    "two-rivers", source="a paper", licence="CC0", simulated=True, content_hash="0123456789abcdef"
)
SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("sample", pa.int64()),
        ("score", pa.float64()),
        ("truth", pa.bool_()),
        ("labels", pa.list_(pa.string())),
    ]
)
HOSTILE = '=cmd|"/C calc"!A1\n"quoted", and a comma\r\n\ttab'
RUN = "=+-@\t\r\n＝＋－＠"
FORMULAS = st.text(st.sampled_from("'=+-@\t\r\n a1"), max_size=4)
WORDS = FORMULAS | st.text(st.characters(exclude_categories=["Cs"]))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | WORDS,
            "sample": st.none() | st.integers(-(2**63), 2**63 - 1),
            "score": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "truth": st.none() | st.booleans(),
            "labels": st.none() | st.lists(st.none() | WORDS, max_size=3),
        }
    ),
    max_size=5,
)


def take_apostrophe(text: str) -> str:
    """Return a text of our CSV as it was, by the rule that `about.json` tells."""
    is_marked = text.startswith("'") and text.lstrip("'").startswith(tuple(RUN))
    return text[1:] if is_marked else text


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


@settings(deadline=None)
@given(ROWS)
@example([{"text": HOSTILE, "sample": 1, "score": 0.1, "truth": True, "labels": ["", None]}])
def test_parquet_and_jsonl_give_back_what_was_written(rows: list[dict[str, object]]) -> None:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    assert pq.read_table(pa.BufferReader(write_rows(table, "parquet"))).equals(table)
    lines = write_rows(table, "jsonl").decode().split("\n")
    assert [json.loads(line) for line in lines[:-1]] == rows
    assert lines[-1] == ""


@settings(deadline=None)
@given(ROWS)
@example([{"text": HOSTILE, "sample": 1, "score": 0.1, "truth": True, "labels": [HOSTILE]}])
def test_csv_holds_texts_and_lists_and_none_that_a_spreadsheet_runs(
    rows: list[dict[str, object]],
) -> None:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    header, *found = read_csv(write_rows(table, "csv"))
    assert header == SCHEMA.names
    assert not [line[0] for line in found if line[0].startswith(tuple(RUN))]
    assert [take_apostrophe(line[0]) for line in found] == [row["text"] or "" for row in rows]
    assert [line[1] for line in found] == [
        "" if row["sample"] is None else str(row["sample"]) for row in rows
    ]
    assert [float(line[2]) if line[2] else None for line in found] == [r["score"] for r in rows]
    assert [json.loads(line[4]) if line[4] else None for line in found] == [
        row["labels"] for row in rows
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('=HYPERLINK("http://example.com","x")', '\'=HYPERLINK("http://example.com","x")'),
        ("+1", "'+1"),
        ("- a list", "'- a list"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "'\t=1+1"),
        ("\r=1+1", "'\r=1+1"),
        ("＝1+1", "'＝1+1"),
        ("'=1+1", "''=1+1"),
        ("'tis", "'tis"),
        ("1-1", "1-1"),
        ("a\n=1+1", "a\n=1+1"),
        ("−.3", "−.3"),
        ("", ""),
    ],
)
def test_csv_marks_a_text_that_a_spreadsheet_would_run(text: str, written: str) -> None:
    table = pa.table(
        {text: pa.array([text]), "n": [-1.5], "kind": pa.array([text]).dictionary_encode()}
    )
    header, row = read_csv(write_rows(table, "csv"))
    assert (header, row) == ([written, "n", "kind"], [written, "-1.5", written])
    exact = pq.read_table(pa.BufferReader(write_rows(table, "parquet")))
    assert exact[text].to_pylist() == [text]


def test_csv_keeps_nothing_apart_from_an_empty_text() -> None:
    table = pa.table({"id": ["a", "b"], "text": pa.array([None, ""], pa.string())})
    content = write_rows(table, "csv")
    assert content == b'"id","text"\n"a",\n"b",""\n'
    options = pyarrow.csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)
    read = pyarrow.csv.read_csv(pa.BufferReader(content), convert_options=options)
    assert read["text"].to_pylist() == [None, ""]


def test_jsonl_writes_letters_as_they_are_and_no_number_that_json_lacks() -> None:
    table = pa.table({"text": ["שלום 🌊"], "score": [math.nan], "more": [[math.inf, 1.5]]})
    assert write_rows(table, "jsonl").decode() == (
        '{"text": "שלום 🌊", "score": null, "more": [null, 1.5]}\n'
    )


def test_csv_writes_parts_as_json_and_categories_as_their_names() -> None:
    parts = pa.array([{"x": 1, "y": None}, None])
    table = pa.table({"model": pa.array(["m", None]).dictionary_encode(), "parts": parts})
    assert read_csv(write_rows(table, "csv"))[1:] == [["m", '{"x": 1, "y": null}'], ["", ""]]


@pytest.mark.parametrize("chunks", [[], [["a"], [], ["b", None]]])
def test_tables_in_pieces_and_without_rows(chunks: list[list[str | None]]) -> None:
    column = pa.chunked_array(chunks, pa.string())
    table = pa.table({"text": column, "labels": pa.nulls(len(column), pa.list_(pa.string()))})
    assert pq.read_table(pa.BufferReader(write_rows(table, "parquet"))).equals(table)
    assert len(read_csv(write_rows(table, "csv"))) == 1 + len(table)
    assert write_rows(table, "jsonl").count(b"\n") == len(table)


@pytest.mark.parametrize("form", FORMS)
def test_equal_rows_give_equal_bytes(form: str) -> None:
    table = pa.Table.from_pylist([{"text": HOSTILE, "labels": ["a"]}], schema=SCHEMA)
    assert write_rows(table, form) == write_rows(table, form)  # type: ignore[arg-type]


def test_only_parquet_carries_what_it_is_of_inside() -> None:
    citation = cite(MANIFEST, "all-MiniLM-L6-v2")
    table = pa.table({"text": ["a"]}).replace_schema_metadata({"kept": "yes"})
    read = pq.read_table(pa.BufferReader(write_rows(table, "parquet", citation)))
    assert json.loads(read.schema.metadata[b"hivemind"]) == citation
    assert read.schema.metadata[b"kept"] == b"yes"
    assert write_rows(table, "csv", citation) == b'"text"\n"a"\n'
    assert write_rows(table, "jsonl", citation) == b'{"text": "a"}\n'


def test_a_citation_says_what_it_takes_to_find_the_rows_again() -> None:
    citation = cite(MANIFEST, "all-MiniLM-L6-v2")
    assert citation == {
        "corpus": "two-rivers",
        "content_hash": "0123456789abcdef",
        "source": "a paper",
        "licence": "CC0",
        "simulated": True,
        "encoder": "all-MiniLM-L6-v2",
        "software": "hivemind-atlas",
        "version": hivemind_core.__version__,
    }
    assert json.loads(format_citation(citation)) == citation


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("two-rivers", "two-rivers_0123456789ab_selection.csv"),
        ("../../etc/passwd", "etc-passwd_0123456789ab_selection.csv"),
        ("a b\n<c>:\u202e\x00", "a-b-c_0123456789ab_selection.csv"),
        ("流れ", "0123456789ab_selection.csv"),
        ("x" * 500, "x" * 60 + "_0123456789ab_selection.csv"),
        ("v1.0_final.", "v1.0-final_0123456789ab_selection.csv"),
    ],
)
def test_names_of_files_are_safe_everywhere(name: str, expected: str) -> None:
    assert name_export(Manifest(name, content_hash="0123456789abcdef"), "selection", "csv") == (
        expected
    )


def test_a_name_of_nothing_safe_is_still_a_name() -> None:
    assert name_export(Manifest("…"), "", "jsonl") == "corpus.jsonl"
