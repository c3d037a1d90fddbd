"""Rows of files to typed records: what is taken, what is refused, and what is said of it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hivemind_core.corpus.records import LAYOUTS, Record, read_records
from hivemind_core.corpus.rows import Sieve, list_files
from hivemind_core.errors import InputError

GOOD = {"prompt": "why?", "model": "m", "output": "because"}


def write_lines(path: Path, *rows: object) -> Path:
    """Write rows as JSON Lines; bytes go in as they are."""
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def read(path: Path, table: str = "responses", skip_bad: bool = False) -> list[Record]:
    return read_records(path, LAYOUTS[table], Sieve(skip_bad))


def read_left(path: Path, table: str = "responses") -> list[tuple[str, int]]:
    sieve = Sieve(skip_bad=True)
    read_records(path, LAYOUTS[table], sieve)
    return [(left.rule, left.rows) for left in sieve.list_left(table)]


@pytest.mark.parametrize("query", ["query", "prompt", "instruction", "user_query"])
@pytest.mark.parametrize("text", ["text", "output", "completion", "response", "generation"])
def test_aliases_of_responses(tmp_path: Path, query: str, text: str) -> None:
    path = write_lines(tmp_path / "a.jsonl", {query: "why?", "generator": "m", text: "because"})
    assert [r.values for r in read(path)] == [{"query": "why?", "model": "m", "text": "because"}]


def test_the_column_s_own_name_goes_before_its_aliases(tmp_path: Path) -> None:
    row = {"text": "own", "output": "alias", "query": "q", "colour": "red"}
    sieve = Sieve()
    path = write_lines(tmp_path / "a.jsonl", row)
    assert read_records(path, LAYOUTS["responses"], sieve)[0].values["text"] == "own"
    assert sieve.unused == (f"colour of {path}",)


@pytest.mark.parametrize("name", ["generations", "responses", "outputs"])
def test_lists_explode_with_the_lists_beside_them(tmp_path: Path, name: str) -> None:
    row = {"query_id": 7, name: ["a", "", None], "model": "m", "partition": [0, 1, 0]}
    records = read(write_lines(tmp_path / "a.jsonl", row))
    assert [(r.values["text"], r.values["group"]) for r in records] == [
        ("a", "0"),
        ("", "1"),
        (None, "0"),
    ]
    assert {r.values["query_id"] for r in records} == {"7"}
    assert records[1].place.endswith("a.jsonl, line 1, item 2")


def test_the_three_formats_read_alike(tmp_path: Path) -> None:
    rows = [
        {"query_id": "q", "model": "m", "text": 'a "quoted",\nline\u2028', "sample": 3},
        {"query_id": "q", "model": None, "text": "ünï", "sample": None},
    ]
    lines = write_lines(tmp_path / "a.jsonl", *rows)
    parquet = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(rows), parquet)
    table = tmp_path / "a.csv"
    table.write_text(
        '\ufeffquery_id,model,text,sample\r\nq,m,"a ""quoted"",\nline\u2028",3\r\nq,,ünï,\r\n',
        encoding="utf-8",
        newline="",
    )
    expected = [record.values for record in read(lines)]
    assert [record.values for record in read(parquet)] == expected
    assert [record.values for record in read(table)] == expected


def test_csv_cells_become_numbers_lists_and_truths(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("response_id,scorer,value,higher_is_better\nr,s,-0,true\n")
    values = read(path, "scores")[0].values
    assert values["score"] == 0.0
    assert str(values["score"]) == "0.0"  # no negative zero: equal rows are equal bytes
    assert values["higher_is_better"] is True
    assert values["kind"] == "metric"
    path.write_text('query,category\na,"[""x"", ""y""]"\nb,z\n')
    assert [r.values["categories"] for r in read(path, "queries")] == [["x", "y"], ["z"]]


def test_a_csv_cell_of_brackets_alone_is_no_list_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("query,model,generations\nwhy?,m," + "[" * 100_000 + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="generations must be a list of texts"):
        read(path)


def test_a_long_cell_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"prompt,output\nq,{'x' * 300_000}\n")
    assert len(read(path)[0].values["text"]) == 300_000


def test_a_date_is_text(tmp_path: Path) -> None:
    row = GOOD | {"created": datetime(2026, 1, 2, tzinfo=UTC)}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet")[0].values["created"] == "2026-01-02T00:00:00+00:00"


def test_slots_are_told_from_people(tmp_path: Path) -> None:
    rows = [{"response_id": "r", "rater": who, "rating": 1} for who in ("slot3", "Ann")]
    kinds = [
        r.values["annotator_kind"]
        for r in read(write_lines(tmp_path / "a.jsonl", *rows), "ratings")
    ]
    assert kinds == ["slot", "person"]


BAD_ROWS = {
    "not JSON": (b'{"prompt": "q", "out', "each line must be a JSON object"),
    "a list": (b"[1]", "each line must be a JSON object"),
    "nested too deep": (b"[" * 100_000, "each line must be a JSON object"),
    "not UTF-8": (b'{"prompt": "\xff", "output": "x"}', "a file must be valid UTF-8"),
    "a raw NUL": (b'{"prompt": "\0", "output": "x"}', "text must hold no NUL character"),
    "a NUL": (GOOD | {"output": "a\0b"}, "text must hold no NUL character"),
    "a lone surrogate": (GOOD | {"output": "a\ud800"}, "text must hold no lone surrogate"),
    "no text": ({"prompt": "q", "model": "m"}, "a needed field is missing; found no text"),
    "no query": ({"output": "x"}, "a needed field is missing; found no query_id or query"),
    "null query": ({"output": "x", "prompt": None}, "a needed field is missing"),
    "a number for a text": (GOOD | {"output": 3}, "column text: a cell must be text; found 3"),
    "a text for a number": (GOOD | {"temperature": "hot"}, "a cell must be a number"),
    "a truth for a number": (GOOD | {"temperature": True}, "a cell must be a number"),
    "no number": (GOOD | {"temperature": float("nan")}, "a number must be finite"),
    "half a sample": (GOOD | {"sample": 0.5}, "a cell must be a whole number"),
    "a huge sample": (GOOD | {"sample": 2**63}, "a cell must be a whole number"),
    "an empty id": (GOOD | {"response_id": ""}, "an id or a name must not be empty"),
    "an object for a list": (GOOD | {"category": {"a": 1}}, "a cell must be a list of texts"),
    "a short list": (
        {"prompt": "q", "generations": ["a", "b"], "sample": [1]},
        "column sample: a list beside the generations must be as long as they are; found 1 for 2",
    ),
    "no list": ({"prompt": "q", "generations": "a"}, "generations must be a list of texts"),
}


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_bad_row_is_refused_with_its_place_or_left(tmp_path: Path, kind: str) -> None:
    bad, message = BAD_ROWS[kind]
    path = write_lines(tmp_path / "a.jsonl", GOOD, bad, GOOD)
    with pytest.raises(InputError, match=r"a\.jsonl, line 2") as refusal:
        read(path)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(read(path, skip_bad=True)) == 2
    assert read_left(path) == [(refusal.value.rule, 1)]


BAD_VALUES = {
    "ratings": ({"annotator_kind": "robot"}, "annotator_kind must be one of person, slot"),
    "scores": ({"kind": "oracle"}, "kind must be one of reward_model, lm_judge"),
    "preferences": ({"preference": 3}, "preference must be from -2 to 2; found 3"),
    "pair_scores": ({"score": float("inf")}, "a number must be finite"),
}
SOUND = {
    "response_id": "r",
    "query_id": "q",
    "response_a": "a",
    "response_b": "b",
    "annotator_id": "n",
    "scorer": "s",
    "rating": 1,
    "score": 1,
    "preference": 1,
}


@pytest.mark.parametrize("table", BAD_VALUES)
def test_values_outside_their_limits_are_refused(tmp_path: Path, table: str) -> None:
    bad, message = BAD_VALUES[table]
    path = write_lines(tmp_path / "a.jsonl", SOUND, SOUND | bad)
    with pytest.raises(InputError, match=message):
        read(path, table)
    assert len(read(path, table, skip_bad=True)) == 1


@pytest.mark.parametrize(
    ("table", "column"),
    [("ratings", "rating"), ("scores", "scorer"), ("preferences", "response_b")],
)
def test_a_missing_column_is_refused_with_the_names_that_would_do(
    tmp_path: Path, table: str, column: str
) -> None:
    rest = {name: cell for name, cell in SOUND.items() if name != column}
    path = write_lines(tmp_path / "a.jsonl", rest)
    with pytest.raises(InputError, match=rf"one of these must be there: {column}"):
        read(path, table, skip_bad=True)


def test_a_missing_text_column_names_its_aliases(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"prompt": "q", "answr": "x"})
    with pytest.raises(
        InputError, match=r"text, response, output.*generations.*found prompt, answr"
    ):
        read(path)


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.csv"])
@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"{name}: a file must hold at least one row"):
        read(tmp_path / name, skip_bad=True)


def test_a_parquet_file_without_rows_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"prompt": pa.array([], pa.string())}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="at least one row"):
        read(tmp_path / "a.parquet")


@pytest.mark.parametrize("keep", [0, 3, 100, -9])
def test_a_truncated_parquet_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist([GOOD]), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"a\.parquet: the file must be a whole Parquet file"):
        read(path, skip_bad=True)


@pytest.mark.parametrize("row", ["q,m", "q,m,x,y"])
def test_a_csv_row_of_another_length_is_refused(tmp_path: Path, row: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'prompt,model,output\nq,m,"a\nb"\n{row}\nq,m,c\n')
    with pytest.raises(InputError, match=r"a\.csv, line 4: a row must have as many cells"):
        read(path)
    assert [r.values["text"] for r in read(path, skip_bad=True)] == ["a\nb", "c"]


def test_csv_that_is_not_utf8_is_refused_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"prompt,output\nq,a\nq,\xe9\n")
    with pytest.raises(InputError, match=r"a\.csv, line 3: a file must be valid UTF-8"):
        read(path)
    assert read_left(path) == [("a file must be valid UTF-8", 1)]


@pytest.mark.parametrize("content", ['prompt,output\nq,"a\n', 'prompt,output\nq,"a"b\n'])
def test_csv_with_broken_quotes_is_refused_whole(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(InputError, match="every quote closed"):
        read(tmp_path / "a.csv", skip_bad=True)


def test_a_column_that_comes_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("prompt,output,output\nq,a,b\n")
    with pytest.raises(InputError, match="a column name must occur once"):
        read(tmp_path / "a.csv")


def test_files_of_a_folder_name_their_models(tmp_path: Path) -> None:
    write_lines(tmp_path / "gpt-4.1.jsonl", {"prompt": "q", "output": "a"})
    write_lines(tmp_path / "other.ndjson", GOOD | {"model": "own"}, GOOD | {"model": None})
    (tmp_path / "README.md").write_text("not an answer")
    assert [r.values["model"] for r in read(tmp_path)] == ["gpt-4.1", "own", None]


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there must be a file or folder of this name"):
        list_files(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="a folder must hold files that end in"):
        list_files(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(
        InputError, match=r"a file must end in \.jsonl, \.ndjson, \.csv or \.parquet"
    ):
        read(tmp_path / "a.txt")


def test_all_kinds_of_bad_rows_are_counted_with_their_first_places(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", GOOD, *[b"{"] * 5, GOOD | {"text": "\0"})
    sieve = Sieve(skip_bad=True)
    assert len(read_records(path, LAYOUTS["responses"], sieve)) == 1
    broken, nul = sieve.list_left("responses")
    assert (broken.rows, nul.rows) == (5, 1)
    assert broken.places == tuple(f"{path}, line {n}" for n in (2, 3, 4))
    assert nul.places == (f"{path}, line 7, column text",)
