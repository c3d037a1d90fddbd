"""Vectors of responses as the measures and maps want them: unit length, in the corpus's order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hivemind_core.corpus.store import Corpus, embeddings_file
from hivemind_core.corpus.tables import RESPONSES
from hivemind_core.errors import CorpusError, InputError

ANSWERS_AT_ONCE = 5_000
"""Of 1,536 numbers each: 30 MB, and as much again while they are read."""


@dataclass(frozen=True)
class Vectors:
    """Unit vectors of some responses.

    Attributes
    ----------
    response_ids, query_ids : tuple of str, length n
    matrix : (n, d) float32
        Rows of unit length.
    """

    response_ids: tuple[str, ...]
    query_ids: tuple[str, ...]
    matrix: NDArray[np.float32]


def read_vectors(corpus: Corpus, encoder: str, query_ids: Iterable[str] | None = None) -> Vectors:
    """Return the unit vectors that a corpus holds of some queries, of all by default.

    Raises
    ------
    InputError
        If the corpus holds no vectors of that encoder.
    CorpusError
        If they are damaged.
    """
    check_vectors(corpus, encoder)
    file = embeddings_file(encoder)
    rows = corpus.read_file(file, query_ids=query_ids)
    return Vectors(
        tuple(rows["response_id"].to_pylist()),
        tuple(rows["query_id"].to_pylist()),
        normalise(stack_vectors(rows["vector"], corpus.path(file))),
    )


@dataclass(frozen=True)
class QueryResponses:
    """The responses to one query that have a vector.

    Attributes
    ----------
    query_id : str
    vectors : (n, d) float32
        Unit rows, in the order of response ids.
    columns : dict of str to list
        Columns of the responses table, aligned with the rows.
    """

    query_id: str
    vectors: NDArray[np.float32]
    columns: dict[str, list[Any]]


def read_by_query(
    corpus: Corpus, encoder: str, columns: Iterable[str], query_ids: Iterable[str] | None = None
) -> Iterator[QueryResponses]:
    """Yield the responses of one query after the other, with their vectors.

    Holds the vectors of some 5,000 answers at a time, whatever the size of the corpus. Queries
    come in the order of their ids, all of them by default; those without a vector are left out.
    """
    names = list(dict.fromkeys(("response_id", "query_id", *columns)))
    for some in _chunk_queries(corpus, query_ids):
        vectors = read_vectors(corpus, encoder, some)
        rows = corpus.read(RESPONSES, columns=names, query_ids=some).to_pydict()
        yield from _split_by_query(vectors, rows)


def sum_vectors(corpus: Corpus, encoder: str) -> tuple[NDArray[np.float64], int, int]:
    """Return the sum of all unit vectors of a corpus, their number, and that of their queries.

    Raises
    ------
    InputError
        If the corpus holds no vectors of that encoder.
    """
    check_vectors(corpus, encoder)
    sums, n, queries = [], 0, 0
    for some in _chunk_queries(corpus, None):
        vectors = read_vectors(corpus, encoder, some)
        sums.append(vectors.matrix.sum(axis=0, dtype=np.float64))
        n += len(vectors.response_ids)
        queries += len(set(vectors.query_ids))
    return np.sum(sums, axis=0) if sums else np.zeros(0), n, queries


def _chunk_queries(corpus: Corpus, query_ids: Iterable[str] | None) -> Iterator[list[str]]:
    """Yield queries in the order of their ids, as many at a time as memory should hold."""
    counted = pc.value_counts(corpus.read(RESPONSES, columns=["query_id"])["query_id"])
    counts = dict(zip(*(part.to_pylist() for part in counted.flatten()), strict=True))
    some: list[str] = []
    held = 0
    for query_id in sorted(counts if query_ids is None else set(query_ids)):
        answers = counts.get(query_id, 0)
        if some and held + answers > ANSWERS_AT_ONCE:
            yield some
            some, held = [], 0
        some.append(query_id)
        held += answers
    if some:
        yield some


def _split_by_query(vectors: Vectors, rows: dict[str, list[Any]]) -> Iterator[QueryResponses]:
    place = {response_id: i for i, response_id in enumerate(rows["response_id"])}
    known = [i for i, response_id in enumerate(vectors.response_ids) if response_id in place]
    order = sorted(known, key=lambda i: (vectors.query_ids[i], vectors.response_ids[i]))
    ids = [vectors.query_ids[i] for i in order]
    cuts = [i for i, (one, other) in enumerate(pairwise(ids), 1) if one != other]
    for start, stop in pairwise([0, *cuts, len(order)]):
        if stop > start:
            chosen = order[start:stop]
            places = [place[vectors.response_ids[i]] for i in chosen]
            columns = {name: [values[i] for i in places] for name, values in rows.items()}
            yield QueryResponses(ids[start], vectors.matrix[chosen], columns)


def check_vectors(corpus: Corpus, encoder: str) -> None:
    """Raise an InputError unless the corpus holds vectors of the encoder."""
    if not corpus.has(embeddings_file(encoder)):
        held = ", ".join(corpus.manifest.encoders)
        raise InputError(
            "the corpus must hold vectors of the encoder",
            where=corpus.locator,
            found=f"none of {encoder}, but of {held}" if held else "no vectors at all",
            remedy="`hivemind build` makes them",
        )


def count_missing(corpus: Corpus, encoder: str) -> int:
    """Return how many responses have a text but no vector: what a build would add."""
    rows = corpus.read(RESPONSES, columns=["response_id", "text"]).to_pydict()
    file = embeddings_file(encoder)
    held: set[str] = set()
    if corpus.has(file):
        held = set(corpus.read_file(file, columns=["response_id"])["response_id"].to_pylist())
    pairs = zip(rows["response_id"], rows["text"], strict=True)
    return sum(1 for i, text in pairs if text and text.strip() and i not in held)


def stack_vectors(column: pa.ChunkedArray, where: str = "") -> NDArray[np.floating]:
    """Return a fixed-size list column as an (n, d) array of its own precision.

    Raises
    ------
    CorpusError
        If the column is no fixed-size list or has nulls.
    """
    if not pa.types.is_fixed_size_list(column.type) or column.null_count:
        raise CorpusError(
            "vectors must be a fixed-size list without nulls", where=where, found=str(column.type)
        )
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat).reshape(len(column), column.type.list_size)


def build_vector_column(matrix: NDArray[np.floating]) -> pa.FixedSizeListArray:
    """Return an (n, d) array as a fixed-size list column of the same precision."""
    flat = pa.array(np.ascontiguousarray(matrix).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, matrix.shape[1])


def normalise(matrix: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return rows scaled to unit length, in float32; a row of zeros stays one.

    Lengths are taken in float64, so that half-precision input loses nothing more.
    """
    lengths = np.sqrt(np.einsum("ij,ij->i", matrix, matrix, dtype=np.float64))
    lengths[lengths == 0] = 1
    return np.divide(matrix, lengths[:, None], dtype=np.float32, casting="same_kind")
