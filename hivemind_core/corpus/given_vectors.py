"""Vectors that somebody else computed: read, checked, and merged with those of a corpus."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hivemind_core.corpus.embeddings import build_vector_column, stack_vectors
from hivemind_core.corpus.rows import JSON_LINES, NO_PARQUET, NO_ROWS, Sieve, list_files, read_rows
from hivemind_core.corpus.tables import RESPONSES, Column
from hivemind_core.errors import InputError, shorten

NAME = "embeddings"
RESPONSE_ID = RESPONSES.columns[0]
VECTOR = Column("vector", pa.list_(pa.float32()), required=True, aliases=("embedding",))

Vector = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class GivenVectors:
    """Vectors as a file gives them.

    Attributes
    ----------
    encoder : str
        What made them.
    ids : list of str
        Response ids.
    vectors : list of numpy.ndarray
        One for each id, in the precision of the file; JSON Lines count as float32.
    places : list of str
    """

    encoder: str
    ids: list[str]
    vectors: list[Vector]
    places: list[str]


@dataclass(frozen=True)
class MergedVectors:
    """The file of vectors after a merge, and what became of those given."""

    rows: pa.Table
    taken: int
    already_there: int


def build_vectors(ids: list[str], query_ids: list[str], matrix: Vector) -> pa.Table:
    """Return vectors as a corpus stores them.

    Parameters
    ----------
    ids, query_ids : list of str, length n
    matrix : ndarray of shape (n, d), float16, float32 or float64

    Returns
    -------
    pyarrow.Table
        response_id, query_id, vector (fixed-size list of d in the matrix's precision).
    """
    vectors = build_vector_column(matrix)
    fields = [
        pa.field("response_id", pa.string(), nullable=False),
        pa.field("query_id", pa.string()),
        pa.field("vector", vectors.type, nullable=False),
    ]
    return pa.table([pa.array(ids), pa.array(query_ids), vectors], schema=pa.schema(fields))


def read_given_vectors(path: Path, encoder: str, sieve: Sieve) -> GivenVectors:
    """Read response_id and vector from a .parquet or .jsonl file.

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column, or a cell is no vector.
    """
    if not encoder:
        raise InputError("given embeddings need the name of their encoder", remedy="Add --encoder")
    given = GivenVectors(encoder, [], [], [])
    for file in list_files(path):
        ending = file.suffix.lower()
        if ending == ".parquet":
            cells = _read_parquet(file)
        elif ending in JSON_LINES:
            cells = _read_json_lines(file, sieve)
        else:
            raise InputError("embeddings must be .parquet or .jsonl", where=str(file))
        for response_id, vector, place in cells:
            try:
                given.vectors.append(cast_vector(vector, place))
            except InputError as refusal:
                sieve.refuse(NAME, refusal)
                continue
            given.ids.append(str(response_id))
            given.places.append(place)
    return given


def _read_json_lines(path: Path, sieve: Sieve) -> list[tuple[Any, Any, str]]:
    found = read_rows(path, (), NAME, sieve)
    id_name, vector_name = (_find_column(c, found.columns, path) for c in (RESPONSE_ID, VECTOR))
    return [(r.cells.get(id_name), r.cells.get(vector_name), r.place) for r in found.rows]


def _find_column(column: Column, columns: tuple[str, ...], path: Path) -> str:
    names = (column.name, *column.aliases)
    for name in names:
        if name in columns:
            return name
    raise InputError(
        f"a column is missing; one of these must be there: {', '.join(names)}",
        where=str(path),
        found=", ".join(columns) or "no column",
    )


def _read_parquet(path: Path) -> list[tuple[Any, Any, str]]:
    try:
        with pq.ParquetFile(path) as file:
            columns = tuple(file.schema_arrow.names)
            names = [_find_column(column, columns, path) for column in (RESPONSE_ID, VECTOR)]
            rows = file.read(columns=names)
    except (pa.ArrowException, OSError) as error:
        found = shorten(str(error).split("\n", maxsplit=1)[0], 120)
        raise InputError(NO_PARQUET, where=str(path), found=found) from error
    if len(rows) == 0:
        raise InputError(NO_ROWS, where=str(path), found="none")
    vectors = _split_vectors(rows[names[1]], path)
    places = [f"{path}, row {number}" for number in range(1, len(rows) + 1)]
    return list(zip(rows[names[0]].to_pylist(), vectors, places, strict=True))


def _split_vectors(column: pa.ChunkedArray, path: Path) -> list[Any]:
    kind = column.type
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if not (is_list or pa.types.is_fixed_size_list(kind)) or not (
        pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)
    ):
        raise InputError(
            "vectors must be lists of numbers", where=f"{path}, column vector", found=str(kind)
        )
    numbers: list[Any] = []
    for chunk in filter(len, column.chunks):
        flat = chunk.flatten().to_numpy(zero_copy_only=False)
        lengths = pc.fill_null(pc.list_value_length(chunk), 0).to_numpy()
        parts = np.split(flat, np.cumsum(lengths)[:-1])
        is_null = chunk.is_null().to_pylist()
        numbers += [None if null else part for null, part in zip(is_null, parts, strict=True)]
    return numbers


def cast_vector(cell: object, place: str) -> Vector:
    """Return a list of numbers as a vector, in the precision of an array, else in float32.

    Raises
    ------
    InputError
        If it is no list of finite numbers, or all of them are zero.
    """
    if isinstance(cell, np.ndarray):
        vector = cell if cell.dtype.kind == "f" else cell.astype(np.float32)
    else:
        numbers = np.asarray(cell) if _is_flat_list(cell) else np.empty(0, dtype=object)
        if numbers.dtype.kind not in "iuf":
            rule = "a vector must be a list of numbers"
            raise InputError(rule, where=place, found=shorten(cell))
        with np.errstate(over="ignore"):
            vector = numbers.astype(np.float32)
    if len(vector) == 0:
        raise InputError("a vector must have at least one number", where=place)
    if not np.isfinite(vector).all():
        raise InputError("a vector must hold no nan and no infinity", where=place)
    if not vector.any():
        raise InputError("a vector must not be all zero: it has no direction", where=place)
    return vector


def _is_flat_list(cell: object) -> bool:
    return isinstance(cell, list) and not any(isinstance(item, list | str | dict) for item in cell)


def merge_vectors(
    held: pa.Table | None, given: GivenVectors, responses: pa.Table, sieve: Sieve
) -> MergedVectors:
    """Merge given vectors with those that a corpus holds.

    Parameters
    ----------
    held : pyarrow.Table or None
        The encoder's file, None where there is none.
    given : GivenVectors
    responses : pyarrow.Table
        Arranged; its order becomes that of the vectors.
    sieve : Sieve
        Told of vectors of a wrong length and of unknown responses.

    Returns
    -------
    MergedVectors
        In the widest precision of both.

    Raises
    ------
    InputError
        If a response has two vectors, or a bad one is refused.
    """
    known: dict[str, Vector] = {}
    if held is not None:
        known = dict(
            zip(held["response_id"].to_pylist(), stack_vectors(held["vector"]), strict=True)
        )
    response_ids = responses["response_id"].to_pylist()
    order = dict(zip(response_ids, responses["query_id"].to_pylist(), strict=True))
    length = held["vector"].type.list_size if held is not None else _find_length(given)
    stored, already = frozenset(known), 0
    for response_id, vector, place in zip(given.ids, given.vectors, given.places, strict=True):
        try:
            _check_vector(response_id, vector, (order, length), place)
        except InputError as refusal:
            sieve.refuse(NAME, refusal)
            continue
        other = known.setdefault(response_id, vector)
        if other is vector:
            continue
        if np.array_equal(other, vector):
            already += 1
            continue
        rule = "a response must have one vector from an encoder"
        sieve.refuse(NAME, InputError(rule, where=place, found=f"another for {response_id!r}"))
        if response_id not in stored:
            known[response_id] = min(other, vector, key=lambda v: v.tolist())
    taken = len(known) - len(stored)
    if not taken and held is not None:
        return MergedVectors(held, 0, already)
    ids = [response_id for response_id in response_ids if response_id in known]
    matrix = np.stack([known[i] for i in ids]) if ids else np.empty((0, length), np.float32)
    return MergedVectors(build_vectors(ids, [order[i] for i in ids], matrix), taken, already)


def _check_vector(
    response_id: str, vector: Vector, allowed: tuple[dict[str, str], int], place: str
) -> None:
    order, length = allowed
    if response_id not in order:
        rule = "a response_id must belong to a response"
        raise InputError(rule, where=place, found=repr(response_id))
    if len(vector) != length:
        rule = "vectors of one encoder must have one length"
        raise InputError(rule, where=place, found=f"{len(vector)} instead of {length}")


def _find_length(given: GivenVectors) -> int:
    """Return the length that most vectors have; of equally common ones the shortest."""
    lengths = Counter(len(vector) for vector in given.vectors)
    return min(lengths, key=lambda length: (-lengths[length], length), default=1)
