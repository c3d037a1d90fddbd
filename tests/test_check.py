"""Checking a corpus: sound, damaged, and what is missing for which page."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from hivemind_core.corpus.check import check_corpus, format_check
from hivemind_core.corpus.files import Inputs, import_files
from hivemind_core.corpus.store import embeddings_file, open_corpus, write_files
from hivemind_core.corpus.views import list_views
from hivemind_core.errors import CorpusError

VECTORS = embeddings_file("e")


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a corpus with everything that any page needs."""
    folder = tmp_path_factory.mktemp("check")
    answers = [
        {"response_id": name, "prompt": f"q{i // 2}", "model": "m", "output": name}
        for i, name in enumerate("abcd")
    ]
    ratings = [{"response_id": "a", "annotator_id": "p", "rating": 1}]
    scores = [{"response_id": "a", "scorer": "s", "score": 1}]
    vectors = [{"response_id": name, "vector": [1, i]} for i, name in enumerate("abcd")]
    inputs = Inputs(
        responses=write_lines(folder / "a.jsonl", answers),
        ratings=write_lines(folder / "r.jsonl", ratings),
        scores=write_lines(folder / "s.jsonl", scores),
        embeddings=write_lines(folder / "v.jsonl", vectors),
        encoder="e",
    )
    import_files(str(folder / "c"), inputs)
    corpus = open_corpus(str(folder / "c"))
    views: dict[str, pa.Table | bytes] = dict.fromkeys(list_views("e"), b"{}")
    stamp = json.dumps({"content_hash": corpus.manifest.content_hash}).encode()
    views[next(file for file in views if file.endswith("build.json"))] = stamp
    write_files(corpus, views)
    return folder / "c"


@pytest.fixture
def corpus(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "c"))


def change(path: Path, column: str, *, row: int, cell: object) -> None:
    """Put another cell into a stored table."""
    table = pq.read_table(path)
    cells = table[column].to_pylist()
    cells[row] = cell
    field = table.schema.field(column).with_nullable(True)
    index = table.schema.get_field_index(column)
    pq.write_table(table.set_column(index, field, pa.array(cells, field.type)), path)


def list_damage(corpus: Path) -> list[str]:
    return [f"{d.file}: {d.rule}; {d.found}" for d in check_corpus(str(corpus)).damage]


def test_a_whole_corpus_is_sound_and_ready(corpus: Path) -> None:
    report = check_corpus(str(corpus))
    assert report.is_sound
    assert report.rows["responses"] == 4
    pages = ("overview", "atlas", "homogeneity", "taxonomy", "calibration")
    assert report.missing == dict.fromkeys(pages, ())
    assert report.notes == ()
    assert "c: sound; 2 queries, 4 responses" in format_check(report)


@pytest.mark.parametrize(
    ("file", "column", "cell", "damage"),
    [
        ("responses", "query_id", None, "query_id must never be null; 1 nulls"),
        ("responses", "response_id", "b", "response_id must be given once; 1 rows too many"),
        ("responses", "query_id", "zz", "query_id must be in queries.parquet; 1 that are not"),
        ("ratings", "response_id", "zz", "response_id must be in responses.parquet; 1 that"),
        ("scores", "scorer", None, "scorer must never be null"),
        ("responses", "sample", 9, "rows must lie in the order of query_id, model"),
        (
            "responses",
            "text",
            "changed",
            "corpus.json: the content hash must be that of the tables",
        ),
        (VECTORS.removesuffix(".parquet"), "vector", [1.0, float("nan")], "must be finite; 1 with"),
        (VECTORS.removesuffix(".parquet"), "vector", [0.0, 0.0], "must not be all zero; 1 that"),
        (VECTORS.removesuffix(".parquet"), "vector", None, "without nulls"),
        (VECTORS.removesuffix(".parquet"), "response_id", "zz", "in responses.parquet; 1 that"),
    ],
)
def test_damage_is_found(corpus: Path, file: str, column: str, cell: object, damage: str) -> None:
    change(corpus / f"{file}.parquet", column, row=0, cell=cell)
    found = list_damage(corpus)
    assert any(damage in line for line in found), found


def test_wrong_columns_are_found(corpus: Path) -> None:
    path = corpus / "responses.parquet"
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["strategy"]), path)
    assert list_damage(corpus) == ["responses.parquet: every column must be there; no strategy"]
    number = pc.cast(table["sample"], pa.float64())
    pq.write_table(table.set_column(3, "sample", number), path)
    assert list_damage(corpus) == [
        "responses.parquet: sample must be of type int64; sample of double"
    ]


def test_rows_out_of_order_and_too_few_are_found(corpus: Path) -> None:
    path = corpus / "responses.parquet"
    table = pq.read_table(path)
    pq.write_table(table.take([3, 2, 1, 0]), path)
    assert "rows must lie in the order" in list_damage(corpus)[0]
    (corpus / "ratings.parquet").unlink()
    pq.write_table(table, path)
    assert list_damage(corpus) == ["corpus.json: the counts of rows must be those of the tables; "]


@pytest.mark.parametrize("file", ["queries.parquet", "responses.parquet", VECTORS])
def test_a_truncated_file_is_found(corpus: Path, file: str) -> None:
    (corpus / file).write_bytes((corpus / file).read_bytes()[:-9])
    assert any(f"{file}: the file must be a whole Parquet file" in d for d in list_damage(corpus))
    assert "DAMAGED" in format_check(check_corpus(str(corpus)))


def test_missing_vectors_and_views_name_the_command(corpus: Path) -> None:
    change(corpus / "responses.parquet", "text", row=0, cell="other")
    path = corpus / VECTORS
    pq.write_table(pq.read_table(path).slice(1), path)
    (corpus / "views" / "e" / "maps.parquet").unlink()
    missing = check_corpus(str(corpus)).missing
    assert missing["atlas"] == (
        "1 responses have no vector of e: run `hivemind build`",
        "no views of e: run `hivemind build`",
    )


def test_views_older_than_the_corpus_are_stale(corpus: Path, tmp_path: Path) -> None:
    more = [{"response_id": "e", "prompt": "q0", "model": "n", "output": ""}]
    import_files(str(corpus), Inputs(responses=write_lines(tmp_path / "m.jsonl", more)))
    report = check_corpus(str(corpus))
    assert report.is_sound
    stale = "the views of e are older than the corpus: run `hivemind build`"
    assert report.missing["overview"] == (stale,)


def test_what_calibration_lacks_is_said(tmp_path: Path) -> None:
    rows = [{"prompt": "q", "model": "m", "output": "x"}]
    import_files(str(tmp_path / "c"), Inputs(responses=write_lines(tmp_path / "a.jsonl", rows)))
    missing = check_corpus(str(tmp_path / "c")).missing
    assert missing["overview"] == ("embeddings and views: run `hivemind build`",)
    assert missing["taxonomy"] == ()
    assert [gap.split(":")[0] for gap in missing["calibration"]] == [
        "ratings or preferences",
        "scores",
    ]


def test_leftovers_of_a_write_are_noted(corpus: Path) -> None:
    (corpus / ".staged").mkdir()
    (corpus / ".staged" / "0").write_bytes(b"x")
    report = check_corpus(str(corpus))
    assert report.is_sound
    assert "an interrupted write left .staged" in report.notes[0]
    (corpus / ".staged" / "journal.json").write_text('{".staged/0": "note.txt"}')
    assert "found and finished" in check_corpus(str(corpus)).notes[0]
    assert (corpus / "note.txt").read_bytes() == b"x"


def test_no_corpus_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there is no corpus here"):
        check_corpus(str(tmp_path))
