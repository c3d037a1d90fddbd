"""Parquet files of a corpus: read by filter, written with whole queries in a row group."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.spec import AbstractFileSystem

from hivemind_core.errors import CorpusError

ROW_GROUP_ROWS = 1024
COMPRESSION = "zstd"


def read_parquet(
    filesystem: AbstractFileSystem,
    path: str,
    columns: list[str] | None = None,
    filters: list[tuple[str, str, object]] | None = None,
) -> pa.Table:
    """Return rows of a Parquet file.

    Raises
    ------
    CorpusError
        If the file is missing, truncated or damaged, or lacks a column.
    """
    with name_file(path):
        return pq.read_table(
            path, filesystem=filesystem, columns=columns, filters=filters, partitioning=None
        )


@contextmanager
def name_file(path: str) -> Iterator[None]:
    """Say which file Arrow could not read, as a CorpusError."""
    try:
        yield
    except FileNotFoundError as error:
        raise CorpusError("the file is missing", where=path) from error
    except (pa.ArrowInvalid, pa.ArrowException, OSError) as error:
        raise CorpusError(
            "the file must be a whole Parquet file",
            where=path,
            found=str(error).split("\n", maxsplit=1)[0],
            remedy="Import it again, or restore it from a copy",
        ) from error


def format_parquet(rows: pa.Table) -> bytes:
    """Return rows as the bytes of a Parquet file, whole queries to a row group where it has them.

    Equal rows give equal bytes.
    """
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, rows.schema, compression=COMPRESSION) as writer:
        for start, stop in _split_rows(rows):
            writer.write_table(rows.slice(start, stop - start), row_group_size=max(stop - start, 1))
    return bytes(sink.getvalue())


def _split_rows(rows: pa.Table) -> list[tuple[int, int]]:
    """Return the row groups as (start, stop): at least 1,024 rows each, cut between queries."""
    if len(rows) == 0 or "query_id" not in rows.schema.names:
        return [(i, min(i + 2**16, len(rows))) for i in range(0, len(rows), 2**16)]
    ids = rows["query_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    ends = np.append(np.flatnonzero(np.diff(ids)) + 1, len(ids))
    cuts = [0]
    for end in ends.tolist():
        if end - cuts[-1] >= ROW_GROUP_ROWS or end == len(ids):
            cuts.append(end)
    return list(pairwise(cuts))
