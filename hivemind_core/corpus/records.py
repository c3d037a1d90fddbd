"""From a file's own columns to records of a corpus table: names, aliases, types, limits."""

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from hivemind_core.corpus.given_vectors import VECTOR, Vector, cast_vector
from hivemind_core.corpus.rows import NUL, Row, RowFile, Sieve, list_files, read_rows
from hivemind_core.corpus.tables import (
    ANNOTATOR_KINDS,
    NUMBER,
    PREFERENCE_LIMIT,
    QUERIES,
    RESPONSES,
    SCORER_KINDS,
    TABLES,
    TEXT,
    TEXTS,
    TRUTH,
    WHOLE,
    Column,
    Table,
)
from hivemind_core.errors import InputError, shorten

NUMBERS = pa.list_(NUMBER)
WHOLES = pa.list_(WHOLE)

CORPUS = "the corpus"
"""The place of a row that is there already."""

MISSING = "a needed field is missing"
SURROGATE = "text must hold no lone surrogate"

_FREE_TEXT = (
    "query",
    "text",
    "text_a",
    "text_b",
)  # numbers are names everywhere else, but no answers
_CHOICES = {"annotator_kind": ANNOTATOR_KINDS, "kind": SCORER_KINDS}
_SLOT = re.compile(r"slot[ _-]?\d+", re.IGNORECASE)
_WHOLE_LIMIT = 2**63
_SIDES = {"a": 1.0, "b": -1.0, "tie": 0.0}

GENERATIONS = Column("generations", TEXTS, aliases=("responses", "outputs"))
BESIDE = Column("embeddings", VECTOR.type, aliases=("embedding", "vectors", "vector"))
"""Vectors that stand beside the answers they are of."""


class Record(NamedTuple):
    """One row by the corpus's own column names, and the place it came from."""

    values: dict[str, Any]
    place: str


@dataclass(frozen=True)
class Layout:
    """What is looked for in the files of one table.

    Attributes
    ----------
    table : str
    columns : tuple of Column
    needed : tuple of tuple of str
        Of each group of columns every row must have one.
    explodes : bool
        Whether a list of generations becomes one record each.
    spare : tuple of str
        Columns that a row with the first needed one is read without.
    """

    table: str
    columns: tuple[Column, ...]
    needed: tuple[tuple[str, ...], ...]
    explodes: bool = False
    spare: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Every name that one of the columns may go by."""
        return frozenset(name for column in self.columns for name in list_names(column))


def list_names(column: Column) -> tuple[str, ...]:
    """Return the names that a column may have in a file, its own first."""
    return (column.name, *column.aliases)


def make_layout(table: Table) -> Layout:
    """Return what is looked for in files of a corpus table.

    Files of responses may carry the query and its categories too, and several generations in one
    row; ids that are made from content, and kinds that have a default, need not be there.
    """
    if table is QUERIES:
        return Layout(table.name, table.columns, (("query",),))
    if table is RESPONSES:
        borrowed = tuple(c for c in QUERIES.columns if c.name in ("query", "categories", "labels"))
        columns = (*table.columns, *borrowed, GENERATIONS)
        return Layout(table.name, columns, (("query_id", "query"), ("text", "generations")), True)
    given = {"query_id", "kind", "annotator_kind"}
    needed = tuple((name,) for name in table.required if name not in given)
    return Layout(table.name, table.columns, needed)


LAYOUTS = {table.name: make_layout(table) for table in TABLES}


def allow_vectors(layout: Layout) -> Layout:
    """Return the layout of files of responses that may have vectors beside them."""
    return Layout(layout.table, (*layout.columns, BESIDE), layout.needed, layout.explodes)


def read_records(path: Path, layout: Layout, sieve: Sieve) -> list[Record]:
    """Read the records of a file, or of a folder of files.

    Parameters
    ----------
    path : Path
        Where a folder holds responses, its files' stems name the model of rows without one.
    layout : Layout
    sieve : Sieve
        Told of every bad row.

    Returns
    -------
    list of Record
        Cells have the types of their columns; null cells and columns that the file lacks are
        told apart by the key being there.

    Raises
    ------
    InputError
        If a file cannot be read, lacks a column, or has a bad row that `sieve` refuses.
    """
    records: list[Record] = []
    for file in list_files(path):
        found = read_rows(file, layout.names, layout.table, sieve)
        _check_columns(found, layout)
        sieve.note_unused(file, (c for c in found.columns if c not in layout.names))
        model = file.stem if path.is_dir() and layout.table == RESPONSES.name else None
        for row in found.rows:
            records += _read_row(row, layout, model, found.textual, sieve)
    return records


def _check_columns(found: RowFile, layout: Layout) -> None:
    columns = {column.name: column for column in layout.columns}
    for group in layout.needed:
        names = [name for wanted in group for name in list_names(columns[wanted])]
        if found.rows and not set(names) & set(found.columns):
            raise InputError(
                f"a column is missing; one of these must be there: {', '.join(names)}",
                where=str(found.path),
                found=", ".join(map(str, found.columns)) or "no column",
            )


def _read_row(
    row: Row, layout: Layout, model: str | None, textual: bool, sieve: Sieve
) -> Iterator[Record]:
    try:
        cells = _pick(row, layout)
        is_list = layout.explodes and GENERATIONS.name in cells
        parts = list(_explode(cells, row.place, textual)) if is_list else [(cells, row.place)]
    except InputError as refusal:
        sieve.refuse(layout.table, refusal)
        return
    if not parts:
        sieve.leave(layout.table, "a list of generations is empty", row.place)
    for cells, place in parts:
        if model is not None:
            cells.setdefault("model", model)
        try:
            values = cast_cells(cells, layout, place, textual)
        except InputError as refusal:
            sieve.refuse(layout.table, refusal)
            continue
        yield Record(values, place)


def _pick(row: Row, layout: Layout) -> dict[str, Any]:
    """Return the cells by our own column names."""
    picked = {}
    for column in layout.columns:
        for name in list_names(column):
            if name in row.cells:
                picked[column.name] = row.cells[name]
                break
    if layout.spare and picked.get(layout.needed[0][0]) not in (None, ""):
        return {name: cell for name, cell in picked.items() if name not in layout.spare}
    return picked


def _explode(
    cells: dict[str, Any], place: str, textual: bool
) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield one response for each generation; lists beside them are taken item by item."""
    generations = cells.pop(GENERATIONS.name)
    if textual:
        generations = _parse_list(generations)
    if not isinstance(generations, list):
        rule = "generations must be a list of texts"
        raise InputError(rule, where=place, found=shorten(generations))
    own = {*RESPONSES.schema.names, BESIDE.name}
    lists = {name: cell for name, cell in cells.items() if name in own and isinstance(cell, list)}
    for name, cell in lists.items():
        if len(cell) != len(generations):
            rule = "a list beside the generations must be as long as they are"
            found = f"{len(cell)} for {len(generations)}"
            raise InputError(rule, where=f"{place}, column {name}", found=found)
    for number, text in enumerate(generations):
        items = {name: cell[number] for name, cell in lists.items()}
        yield cells | items | {"text": text}, f"{place}, item {number + 1}"


def _parse_list(cell: str) -> object:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return cell


def cast_cells(
    cells: dict[str, Any], layout: Layout, place: str, textual: bool = False
) -> dict[str, Any]:
    """Return the cells in the types of their columns, checked.

    Raises
    ------
    InputError
        If a cell has a wrong type or value, or a needed one is missing.
    """
    values = {}
    for column in layout.columns:
        if column.name in cells:
            try:
                values[column.name] = _cast(column, cells[column.name], textual)
            except InputError as refusal:
                where = f"{place}, column {column.name}"
                raise InputError(refusal.rule, where=where, found=refusal.found) from refusal
    _fill_kinds(values, layout)
    for group in layout.needed:
        if not any(_is_given(name, values) for name in group):
            raise InputError(MISSING, where=place, found=f"no {' or '.join(group)}")
    return values


def _is_given(name: str, values: dict[str, Any]) -> bool:
    # A text that is null is withheld by its source; one that is absent was forgotten.
    return name in values if name == "text" else values.get(name) is not None


def _fill_kinds(values: dict[str, Any], layout: Layout) -> None:
    """Say `metric` where a scorer's kind is not stated, and tell slots from people by their id."""
    names = {column.name for column in layout.columns}
    if "kind" in names and values.get("kind") is None:
        values["kind"] = "metric"
    if "annotator_kind" in names and values.get("annotator_kind") is None:
        is_slot = _SLOT.fullmatch(values.get("annotator_id") or "")
        values["annotator_kind"] = "slot" if is_slot else "person"


def _cast(column: Column, cell: object, textual: bool) -> object:
    """Return one cell in its column's type."""
    if cell is None or (textual and cell == "" and column.name not in _FREE_TEXT):
        return None
    if column.names_side and isinstance(cell, str):
        cell = _SIDES.get(cell.strip().casefold(), cell)
    if textual and column.type != TEXT:
        cell = _parse_cell(column, str(cell))
    value = _CASTS[column.type](column, cell)
    choices = _CHOICES.get(column.name)
    if choices and value not in choices:
        raise InputError(f"{column.name} must be one of {', '.join(choices)}", found=shorten(cell))
    return value


def _parse_cell(column: Column, cell: str) -> object:
    """Return the number, truth or list that a CSV cell spells."""
    if column.type == TEXTS and not cell.startswith("["):
        return cell
    if column.type == TRUTH:
        return {"true": True, "1": True, "false": False, "0": False}.get(cell.casefold(), cell)
    if pa.types.is_list(column.type):
        return _parse_list(cell)
    for parse in (int, float):
        with suppress(ValueError):
            return parse(cell)
    return cell


def _cast_text(column: Column, cell: object) -> str | None:
    if column.name not in _FREE_TEXT:
        if isinstance(cell, int) and not isinstance(cell, bool):
            return str(cell)
        if isinstance(cell, date):
            return cell.isoformat()
    if not isinstance(cell, str):
        raise InputError("a cell must be text", found=shorten(cell))
    if "\0" in cell:
        raise InputError(NUL, found=shorten(cell))
    if not is_sound_text(cell):
        raise InputError(SURROGATE, found=shorten(cell))
    if cell or column.name in _FREE_TEXT:
        return cell
    if column.required:
        raise InputError("an id or a name must not be empty")
    return None


def is_sound_text(text: str) -> bool:
    """Whether a text can be written as UTF-8: it has no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _cast_texts(column: Column, cell: object) -> list[str | None] | None:
    items = [cell] if isinstance(cell, str) else cell
    if not isinstance(items, list):
        raise InputError("a cell must be a list of texts", found=shorten(cell))
    is_free = column is GENERATIONS
    item_column = Column("text") if is_free else Column(column.name, required=True)
    return [None if i is None and is_free else _cast_text(item_column, i) for i in items] or None


def _cast_number(column: Column, cell: object) -> float:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        rule = "a cell must be a number" + ", or a, b or tie" * column.names_side
        raise InputError(rule, found=shorten(cell))
    try:
        value = float(cell)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise InputError("a number must be finite", found=shorten(cell))
    if column.name == "preference" and abs(value) > PREFERENCE_LIMIT:
        raise InputError("preference must be from -2 to 2", found=shorten(cell))
    return value + 0.0  # no negative zero: equal rows must be equal bytes


def _cast_whole(_column: Column, cell: object) -> int:
    value = _WHOLE_LIMIT
    if isinstance(cell, int) or (isinstance(cell, float) and cell.is_integer()):
        value = int(cell)
    if isinstance(cell, bool) or not -_WHOLE_LIMIT <= value < _WHOLE_LIMIT:
        raise InputError("a cell must be a whole number", found=shorten(cell))
    return value


def _cast_truth(_column: Column, cell: object) -> bool:
    if not isinstance(cell, bool):
        raise InputError("a cell must be true or false", found=shorten(cell))
    return cell


def _cast_numbers(column: Column, cell: object) -> list[float]:
    return [_cast_number(column, item) for item in _check_list(cell)]


def _cast_wholes(column: Column, cell: object) -> list[int]:
    return [_cast_whole(column, item) for item in _check_list(cell)]


def _cast_beside(_column: Column, cell: object) -> Vector:
    return cast_vector(cell, "")


def _check_list(cell: object) -> list[object]:
    if not isinstance(cell, list):
        raise InputError("a cell must be a list", found=shorten(cell))
    return cell


_CASTS = {
    TEXT: _cast_text,
    TEXTS: _cast_texts,
    NUMBER: _cast_number,
    WHOLE: _cast_whole,
    TRUTH: _cast_truth,
    NUMBERS: _cast_numbers,
    WHOLES: _cast_wholes,
    VECTOR.type: _cast_beside,
}
