"""Rows of .jsonl, .csv and .parquet files as people keep them, each with its place.

A bad row goes to a `Sieve`, which refuses the whole import or leaves the row and remembers why.
"""

import csv
import json
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from hivemind_core.errors import InputError, shorten

JSON_LINES = (".jsonl", ".ndjson")
ENDINGS = (*JSON_LINES, ".csv", ".parquet")
PLACES_SHOWN = 3
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

NO_JSON = "each line must be a JSON object"
NO_UTF8 = "a file must be valid UTF-8"
NUL = "text must hold no NUL character"
CELLS = "a row must have as many cells as the header"
NO_ROWS = "a file must hold at least one row"
NO_PARQUET = "the file must be a whole Parquet file"


@dataclass(frozen=True)
class Left:
    """Rows of one table that were not taken, all for one reason.

    Attributes
    ----------
    rule : str
        The rule that they break, or why they are not wanted.
    rows : int
    places : tuple of str
        The first few, as "file, line or row".
    """

    rule: str
    rows: int
    places: tuple[str, ...]


class Sieve:
    """Decides about bad rows: refuses the import, or leaves the row and counts it.

    Parameters
    ----------
    skip_bad : bool
        Whether to leave bad rows instead of refusing.
    """

    def __init__(self, skip_bad: bool = False) -> None:
        self.skip_bad = skip_bad
        self._left: dict[str, dict[str, Left]] = {}
        self._unused: dict[str, None] = {}

    def refuse(self, table: str, refusal: InputError) -> None:
        """Raise the refusal, or count its row as left.

        Raises
        ------
        InputError
            The refusal itself, unless bad rows are to be skipped.
        """
        if not self.skip_bad:
            raise refusal
        self.leave(table, refusal.rule, refusal.where)

    def leave(self, table: str, rule: str, where: str) -> None:
        """Count a row that is left without being an error."""
        rules = self._left.setdefault(table, {})
        left = rules.get(rule, Left(rule, 0, ()))
        places = left.places if len(left.places) == PLACES_SHOWN else (*left.places, where)
        rules[rule] = Left(rule, left.rows + 1, places)

    def note_unused(self, path: Path, columns: Iterable[str]) -> None:
        """Remember the columns of a file that nothing is read from."""
        self._unused.update(dict.fromkeys(f"{column} of {path}" for column in columns))

    @property
    def unused(self) -> tuple[str, ...]:
        """The columns that nothing was read from, as "column of file"."""
        return tuple(self._unused)

    def list_left(self, table: str) -> tuple[Left, ...]:
        """Return what was left of a table, by reason."""
        return tuple(self._left.get(table, {}).values())


class Row(NamedTuple):
    """One row: its cells by the column's name in the file, and its place."""

    cells: dict[str, Any]
    place: str


@dataclass(frozen=True)
class RowFile:
    """A file that was read.

    Attributes
    ----------
    path : Path
    columns : tuple of str
        Every column that some row has.
    rows : list of Row
        Cells of columns that nobody asked for may be absent.
    textual : bool
        Whether numbers and lists are written as text, as in CSV.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[Row]
    textual: bool = False


def list_files(path: Path) -> list[Path]:
    """Return the file, or the readable files of a folder in the order of their names.

    Raises
    ------
    InputError
        If there is nothing at that path, or a folder holds no file of a known ending.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError("there must be a file or folder of this name", where=str(path))
    files = [f for f in sorted(path.iterdir()) if f.suffix.lower() in ENDINGS and f.is_file()]
    if not files:
        raise InputError(f"a folder must hold files that end in {_list_endings()}", where=str(path))
    return files


def read_rows(path: Path, wanted: Collection[str], table: str, sieve: Sieve) -> RowFile:
    """Read the rows of one file.

    Parameters
    ----------
    path : Path
    wanted : collection of str
        The columns of interest; others may be skipped.
    table : str
        What the rows are for; `sieve` counts by it.
    sieve : Sieve

    Raises
    ------
    InputError
        If the file is empty, unreadable as a whole, or has a bad row that `sieve` refuses.
    """
    ending, left = path.suffix.lower(), sieve.list_left(table)
    with _naming(path):
        if ending in JSON_LINES:
            found = _read_json_lines(path, table, sieve)
        elif ending == ".csv":
            found = _read_csv(path, table, sieve)
        elif ending == ".parquet":
            found = _read_parquet(path, wanted)
        else:
            raise InputError(f"a file must end in {_list_endings()}", where=str(path))
    if not found.rows and sieve.list_left(table) == left:
        raise InputError(NO_ROWS, where=str(path), found="none")
    return found


def _list_endings() -> str:
    return f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Say which file could not be read."""
    try:
        yield
    except OSError as error:
        raise InputError(
            "the file must be readable", where=str(path), found=error.strerror or str(error)
        ) from error


def _read_json_lines(path: Path, table: str, sieve: Sieve) -> RowFile:
    columns: dict[str, None] = {}
    rows = []
    content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            cells = _parse_line(line, place)
        except InputError as refusal:
            sieve.refuse(table, refusal)
            continue
        columns.update(dict.fromkeys(cells))
        rows.append(Row(cells, place))
    return RowFile(path, tuple(columns), rows)


def _parse_line(line: bytes, place: str) -> dict[str, Any]:
    if b"\0" in line:
        raise InputError(NUL, where=place)
    try:
        cells = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        found = f"byte 0x{line[error.start]:02x}"
        raise InputError(NO_UTF8, where=place, found=found) from error
    except (ValueError, RecursionError) as error:
        raise InputError(NO_JSON, where=place, found=_describe(error)) from error
    if not isinstance(cells, dict):
        raise InputError(NO_JSON, where=place, found=shorten(cells))
    return cells


def _describe(error: Exception) -> str:
    """Return what is wrong with a line, without the line number that the parser gives each."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.colno}"
    return shorten(str(error), 90)


def _read_csv(path: Path, table: str, sieve: Sieve) -> RowFile:
    # Bytes that are not UTF-8 become lone surrogates, so that a row at a time can be refused.
    content = path.read_bytes()
    if content.startswith(UTF16_MARKS):
        raise InputError(NO_UTF8, where=str(path), found="UTF-16", remedy="Save it as UTF-8")
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    with _long_cells():
        try:
            return _read_cells(path, text, table, sieve)
        except csv.Error as error:
            raise InputError(
                "the file must be comma-separated with every quote closed",
                where=str(path),
                found=str(error),
            ) from error


@contextmanager
def _long_cells() -> Iterator[None]:
    """Lift the csv module's limit of 131,072 characters a cell for a while."""
    limit = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _read_cells(path: Path, text: str, table: str, sieve: Sieve) -> RowFile:
    reader = csv.reader(_split_lines(text), strict=True)
    header = next(reader, [])
    if len(set(header)) < len(header):
        raise InputError("a column name must occur once", where=str(path), found=", ".join(header))
    rows, line = [], reader.line_num
    for cells in reader:
        place, line = f"{path}, line {line + 1}", reader.line_num
        if not cells:
            continue
        try:
            "".join(cells).encode()
        except UnicodeEncodeError:
            sieve.refuse(table, InputError(NO_UTF8, where=place))
            continue
        if len(cells) != len(header):
            found = f"{len(cells)} instead of {len(header)}"
            sieve.refuse(table, InputError(CELLS, where=place, found=found))
            continue
        rows.append(Row(dict(zip(header, cells, strict=True)), place))
    return RowFile(path, tuple(header), rows, textual=True)


def _split_lines(text: str) -> Iterator[str]:
    """Yield lines with their ends; only the line feed ends one."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _read_parquet(path: Path, wanted: Collection[str]) -> RowFile:
    try:
        with pq.ParquetFile(path) as file:
            columns = tuple(file.schema_arrow.names)
            chosen = [name for name in columns if name in wanted]
            batches = [batch.to_pylist() for batch in file.iter_batches(columns=chosen)]
    except UnicodeDecodeError as error:
        raise InputError(NO_UTF8, where=str(path), found=str(error)) from error
    except (pa.ArrowException, OSError) as error:
        found = shorten(str(error).split("\n", maxsplit=1)[0], 120)
        raise InputError(NO_PARQUET, where=str(path), found=found) from error
    rows = (cells for batch in batches for cells in batch)
    return RowFile(
        path, columns, [Row(cells, f"{path}, row {n}") for n, cells in enumerate(rows, 1)]
    )
