"""Answers to take away: what the table holds, and every file form read back."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq
import pytest

from frame.grouping import cut_sheet
from frame.loading import Book, read_stamp
from frame.pane import Pane
from frame.sheets import Place, Sheet, read_sheet
from frame.taking import gather_rows
from hivemind_core.corpus.exports import cite, write_rows
from hivemind_core.corpus.tables import QUERIES, RESPONSES
from tests.dashboard_corpus import ENCODER, write_demo, write_hostile

QUERY = Place("query", "q1")
CATEGORY = Place("category", "Abstract Conceptual Questions")
ADDED = ["query", "source", "cluster", "near_identical_group", "sameness", "threshold", "x", "y"]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    corpus = write_demo(tmp_path / "demo")
    return Book(corpus, read_stamp(corpus.locator), ENCODER)


def open_pane(book: Book, place: Place, sense: str = "cosine", threshold: float = 0.95) -> Pane:
    sheet = read_sheet(book, place)
    return Pane(book, sheet, cut_sheet(book, sheet, sense, threshold), {})


def mix_rows(sheet: Sheet) -> list[int]:
    """Return half of the rows of a sheet, in no order."""
    return np.random.default_rng(3).permutation(len(sheet))[: len(sheet) // 2].tolist()


@pytest.mark.parametrize("place", [QUERY, CATEGORY])
def test_every_row_is_the_answer_that_was_picked(book: Book, place: Place) -> None:
    pane = open_pane(book, place)
    rows = mix_rows(pane.sheet)
    table = gather_rows(pane, rows)
    assert table.column_names == [*RESPONSES.schema.names, *ADDED]
    stored = {row["response_id"]: row for row in book.corpus.read(RESPONSES).to_pylist()}
    asked = {row["query_id"]: row["query"] for row in book.corpus.read(QUERIES).to_pylist()}
    assert table["response_id"].to_pylist() == [pane.sheet.ids[row] for row in rows]
    for row, found in zip(rows, table.to_pylist(), strict=True):
        kept = {name: found[name] for name in RESPONSES.schema.names}
        assert kept == stored[pane.sheet.ids[row]]
        assert found["query"] == asked[found["query_id"]]
        assert found["source"] == pane.sheet.sources[row]
        assert (found["x"], found["y"]) == tuple(pane.sheet.umap.places[row])


def test_clusters_are_counted_from_one_and_null_for_none(book: Book) -> None:
    pane = open_pane(book, QUERY)
    table = gather_rows(pane, range(len(pane.sheet)))
    labels = pane.sheet.umap.clusters.tolist()
    assert -1 in labels
    assert 0 in labels
    assert table["cluster"].to_pylist() == [None if c < 0 else c + 1 for c in labels]


@pytest.mark.parametrize("place", [QUERY, CATEGORY])
def test_groups_are_those_of_the_list_with_how_they_were_cut(book: Book, place: Place) -> None:
    pane = open_pane(book, place, "people", 0.65)
    table = gather_rows(pane, range(len(pane.sheet)))
    numbers = table["near_identical_group"].to_pylist()
    assert pane.grouping is not None
    assert len(pane.grouping.entries) > 2
    for entry in pane.grouping.entries:
        assert [row for row, n in enumerate(numbers) if n == entry.number + 1] == list(entry.rows)
    assert set(table["sameness"].to_pylist()) == {"people"}
    assert set(table["threshold"].to_pylist()) == {0.65}


def test_an_answer_that_is_alone_is_in_no_group(book: Book) -> None:
    pane = open_pane(book, QUERY, threshold=0.99)
    one, other, *_ = pane.grouping.lone if pane.grouping else ()
    table = gather_rows(pane, [one, other])
    assert table["near_identical_group"].to_pylist() == [None, None]


def test_answers_to_a_query_that_was_not_linked_are_in_no_group(book: Book) -> None:
    table = gather_rows(open_pane(book, QUERY, "a judge"), range(5))
    assert table["near_identical_group"].to_pylist() == [None] * 5


def test_without_groups_there_are_no_columns_of_groups(book: Book) -> None:
    table = gather_rows(Pane(book, read_sheet(book, QUERY), None, {}), range(5))
    assert table.column_names[-5:] == ["query", "source", "cluster", "x", "y"]


def test_no_rows_give_all_columns(book: Book) -> None:
    pane = open_pane(book, QUERY)
    assert gather_rows(pane, []).schema == gather_rows(pane, [0]).schema
    assert len(gather_rows(pane, [])) == 0


def gather_hostile(folder: Path) -> tuple[Book, pa.Table]:
    corpus = write_hostile(folder / "hostile")
    book = Book(corpus, read_stamp(corpus.locator), ENCODER)
    pane = open_pane(book, Place("query", "markup"))
    return book, gather_rows(pane, range(len(pane.sheet)))


@pytest.fixture(params=["demo", "category", "hostile"])
def taken(request: pytest.FixtureRequest, book: Book, tmp_path: Path) -> tuple[Book, pa.Table]:
    if request.param == "hostile":
        return gather_hostile(tmp_path)
    pane = open_pane(book, QUERY if request.param == "demo" else CATEGORY)
    return book, gather_rows(pane, mix_rows(pane.sheet))


def test_a_parquet_file_reads_back(taken: tuple[Book, pa.Table]) -> None:
    book, table = taken
    content = write_rows(table, "parquet", cite(book.manifest, ENCODER))
    assert pq.read_table(pa.BufferReader(content)).equals(table)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(content)), table.to_pandas())


def test_a_csv_file_reads_back(taken: tuple[Book, pa.Table]) -> None:
    book, table = taken
    content = write_rows(table, "csv", cite(book.manifest, ENCODER))
    types = dict(zip(table.schema.names, table.schema.types, strict=True))
    found = pyarrow.csv.read_csv(
        pa.BufferReader(content),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )
    assert found.to_pylist() == table.to_pylist()
    frame = pd.read_csv(io.BytesIO(content), keep_default_na=False, na_values={}, dtype=str)
    assert frame["text"].tolist() == table["text"].to_pylist()


def test_a_jsonl_file_reads_back(taken: tuple[Book, pa.Table]) -> None:
    book, table = taken
    content = write_rows(table, "jsonl", cite(book.manifest, ENCODER))
    found = pyarrow.json.read_json(
        pa.BufferReader(content),
        read_options=pyarrow.json.ReadOptions(block_size=2 * len(content)),
        parse_options=pyarrow.json.ParseOptions(explicit_schema=table.schema),
    )
    assert found.select(table.column_names).to_pylist() == table.to_pylist()
    frame = pd.read_json(io.BytesIO(content), lines=True, dtype=False)
    assert frame["text"].tolist() == table["text"].to_pylist()
