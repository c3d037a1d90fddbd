"""The corpus on disk: a folder of Parquet files, read by query and written all or nothing.

A write first puts every new file into `.staged`, then a journal that names them, and only then
moves them into place. Killed before the journal, the old corpus stands; killed after it, the next
writer finishes the moves.
"""

import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import PurePosixPath
from urllib.parse import quote

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock, Timeout
from fsspec.spec import AbstractFileSystem

from hivemind_core.corpus import manifest as manifests
from hivemind_core.corpus.identity import name_sources
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.tables import QUERIES, RESPONSES, TABLES, Table
from hivemind_core.errors import CorpusError, WorkError

ROW_GROUP_ROWS = 1024
LOCK_SECONDS = 10
STAGED = ".staged"
JOURNAL = f"{STAGED}/journal.json"
COMPRESSION = "zstd"


@dataclass(frozen=True)
class Corpus:
    """An opened corpus.

    Attributes
    ----------
    locator : str
        Local path or fsspec URL that it was opened by.
    filesystem : fsspec.AbstractFileSystem
    root : str
        Its folder inside that file system.
    manifest : Manifest
        As it was when the corpus was opened.
    """

    locator: str
    filesystem: AbstractFileSystem
    root: str
    manifest: Manifest

    def path(self, file: str) -> str:
        """Return the place of a file of the corpus inside its file system."""
        return str(PurePosixPath(self.root) / file)

    def has(self, file: str) -> bool:
        """Whether the corpus holds that file."""
        return bool(self.filesystem.isfile(self.path(file)))

    def read(
        self,
        table: Table,
        *,
        columns: list[str] | None = None,
        query_ids: Iterable[str] | None = None,
    ) -> pa.Table:
        """Return rows of a table; a table that the corpus lacks has none.

        Parameters
        ----------
        table : Table
        columns : list of str, optional
            Only these; all by default.
        query_ids : iterable of str, optional
            Only the rows of these queries; reads only the row groups that hold them.

        Raises
        ------
        CorpusError
            If the file is damaged or lacks a column.
        """
        if not self.has(table.file):
            return table.empty().select(columns or table.schema.names)
        return self.read_file(table.file, columns=columns, query_ids=query_ids)

    def read_file(
        self,
        file: str,
        *,
        columns: list[str] | None = None,
        query_ids: Iterable[str] | None = None,
    ) -> pa.Table:
        """Return rows of any Parquet file of the corpus; see `read`."""
        wanted = None if query_ids is None else ("query_id", query_ids)
        return self.read_where(file, wanted, columns=columns)

    def read_where(
        self,
        file: str,
        where: tuple[str, Iterable[str]] | None,
        *,
        columns: list[str] | None = None,
    ) -> pa.Table:
        """Return the rows of a Parquet file whose column `where[0]` is one of `where[1]`."""
        filters: list[tuple[str, str, object]] | None = None
        if where is not None:
            values = sorted(set(where[1]))
            # Arrow cannot type an empty list; no id and no category is empty text.
            filters = [(where[0], "in", values) if values else (where[0], "==", "")]
        return read_parquet(self.filesystem, self.path(file), columns, filters)

    def read_schema(self, file: str) -> pa.Schema:
        """Return the columns of a Parquet file of the corpus."""
        with _naming(self.path(file)), self.filesystem.open(self.path(file), "rb") as stream:
            return pq.read_schema(stream)


def embeddings_file(encoder: str) -> str:
    """Return where the vectors of an encoder lie."""
    return f"embeddings/{quote(encoder, safe='')}.parquet"


def views_file(encoder: str, name: str) -> str:
    """Return where a map, cluster or measure table of an encoder lies."""
    return f"views/{quote(encoder, safe='')}/{name}"


def find_filesystem(locator: str) -> tuple[AbstractFileSystem, str]:
    """Return the file system behind a local path or fsspec URL, and the folder inside it.

    Raises
    ------
    CorpusError
        If no such file system is known or installed.
    """
    try:
        filesystem, root = fsspec.core.url_to_fs(os.fspath(locator))
    except (ValueError, ImportError, OSError) as error:
        raise CorpusError(
            "a corpus must be at a local path or an fsspec URL",
            where=str(locator),
            found=str(error),
        ) from error
    return filesystem, str(root)


def open_corpus(locator: str) -> Corpus:
    """Open a corpus by local path or fsspec URL.

    Raises
    ------
    CorpusError
        If there is none, its corpus.json is unreadable or of a newer schema, or an interrupted
        write cannot be finished.
    """
    filesystem, root = find_filesystem(locator)
    where = f"{root}/{manifests.FILE}"
    if filesystem.isfile(f"{root}/{JOURNAL}"):
        _recover(filesystem, root)
    if not filesystem.isfile(where):
        raise CorpusError(
            "there is no corpus here",
            where=str(locator),
            found="no corpus.json",
            remedy="`hivemind import --help` shows how to make one",
        )
    manifest = manifests.parse_manifest(filesystem.cat_file(where), where)
    return Corpus(str(locator), filesystem, root, manifest)


def _recover(filesystem: AbstractFileSystem, root: str) -> None:
    """Finish the write that its process did not; a writer that is still at it goes first."""
    try:
        with lock_corpus(filesystem, root):
            if filesystem.isfile(f"{root}/{JOURNAL}"):
                finish_write(filesystem, root)
    except OSError as error:
        raise CorpusError(
            "an interrupted write cannot be finished",
            where=root,
            found=error.strerror or str(error),
            remedy="Open it once where it can be written to",
        ) from error


def open_or_create(locator: str, name: str = "") -> Corpus:
    """Open a corpus, or return an empty one that nothing has been written for yet.

    Parameters
    ----------
    locator : str
    name : str, optional
        Name of a new corpus; the last part of the locator by default.
    """
    filesystem, root = find_filesystem(locator)
    if filesystem.isfile(f"{root}/{manifests.FILE}") or filesystem.isfile(f"{root}/{JOURNAL}"):
        return open_corpus(locator)
    return Corpus(str(locator), filesystem, root, Manifest(name or PurePosixPath(root).name))


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
    with _naming(path):
        return pq.read_table(
            path, filesystem=filesystem, columns=columns, filters=filters, partitioning=None
        )


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Say which file Arrow could not read."""
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


def write_tables(
    corpus: Corpus,
    tables: Mapping[str, pa.Table],
    manifest: Manifest,
    files: Mapping[str, pa.Table | bytes] | None = None,
) -> Corpus:
    """Replace tables of a corpus, all or none, and return it as it is now.

    Parameters
    ----------
    corpus : Corpus
    tables : mapping of str to pyarrow.Table
        Table name to all its rows, arranged (`tables.arrange`).
    manifest : Manifest
        Its counts, sources and content hash are brought up to date here.
    files : mapping of str to pyarrow.Table or bytes, optional
        Other files to replace in the same write, such as vectors; see `write_files`.

    Raises
    ------
    WorkError
        If the place cannot be written to; the corpus is then as it was.
    """
    rows = {table.name: tables.get(table.name) for table in TABLES}
    whole = {
        name: corpus.read({t.name: t for t in TABLES}[name]) if given is None else given
        for name, given in rows.items()
    }
    changed = {f"{name}.parquet": given for name, given in tables.items()}
    return write_files(corpus, changed | dict(files or {}), _describe(manifest, whole))


def write_files(
    corpus: Corpus, files: Mapping[str, pa.Table | bytes], manifest: Manifest | None = None
) -> Corpus:
    """Replace files of a corpus, all or none, and return it as it is now.

    Parameters
    ----------
    corpus : Corpus
    files : mapping of str to pyarrow.Table or bytes
        Path inside the corpus to its new content.
    manifest : Manifest, optional
        The new corpus.json; unchanged by default.

    Raises
    ------
    WorkError
        If the place cannot be written to, or another process changed the corpus since it was
        opened; the corpus is then as it was.
    """
    new = corpus.manifest if manifest is None else manifest
    contents = dict(files) | {manifests.FILE: manifests.format_manifest(new)}
    try:
        with lock_corpus(corpus.filesystem, corpus.root):
            _check_unchanged(corpus)
            _stage(corpus, contents)
            finish_write(corpus.filesystem, corpus.root)
    except OSError as error:
        raise WorkError(
            _describe_failure(corpus),
            where=corpus.root,
            found=error.strerror or str(error) or type(error).__name__,
            remedy="Check the space left and the rights of the folder",
        ) from error
    return replace(corpus, manifest=new)


def _check_unchanged(corpus: Corpus) -> None:
    """Refuse to write over what another process wrote since the corpus was opened."""
    if not corpus.has(manifests.FILE):
        return
    path = corpus.path(manifests.FILE)
    if manifests.parse_manifest(corpus.filesystem.cat_file(path), path) != corpus.manifest:
        raise WorkError(
            "another process changed the corpus meanwhile; nothing was written",
            where=corpus.root,
            remedy="Run the command again",
        )


def _describe_failure(corpus: Corpus) -> str:
    try:
        is_journaled = corpus.has(JOURNAL)
    except OSError:
        is_journaled = False
    if is_journaled:
        return "the corpus was written but not moved into place; opening it again finishes that"
    return "the corpus cannot be written; it is as it was before"


def _stage(corpus: Corpus, contents: Mapping[str, pa.Table | bytes]) -> None:
    """Write the new files and, last, the journal that makes them count."""
    filesystem, staged = corpus.filesystem, corpus.path(STAGED)
    if filesystem.exists(staged):
        filesystem.rm(staged, recursive=True)
    try:
        moves = {}
        for number, (file, content) in enumerate(contents.items()):
            moves[f"{STAGED}/{number}"] = file
            _put(filesystem, corpus.path(f"{STAGED}/{number}"), content)
        _put(filesystem, corpus.path(f"{STAGED}/journal.tmp"), json.dumps(moves).encode())
        _move(filesystem, corpus.path(f"{STAGED}/journal.tmp"), corpus.path(JOURNAL))
    except Exception:
        if filesystem.exists(staged):
            filesystem.rm(staged, recursive=True)
        raise


def finish_write(filesystem: AbstractFileSystem, root: str) -> None:
    """Move staged files into place; harmless when repeated after a kill.

    Raises
    ------
    CorpusError
        If the journal is damaged.
    """
    base = PurePosixPath(root)
    try:
        moves = json.loads(filesystem.cat_file(str(base / JOURNAL)))
    except ValueError as error:
        raise CorpusError("the journal of a write is damaged", where=str(base / JOURNAL)) from error
    for staged, file in moves.items():
        if filesystem.exists(str(base / staged)):
            _move(filesystem, str(base / staged), str(base / file))
    filesystem.rm(str(base / STAGED), recursive=True)


def _put(filesystem: AbstractFileSystem, path: str, content: pa.Table | bytes) -> None:
    filesystem.makedirs(str(PurePosixPath(path).parent), exist_ok=True)
    with filesystem.open(path, "wb") as stream:
        if isinstance(content, bytes):
            stream.write(content)
        else:
            stream.write(format_parquet(content))
        stream.flush()
        if isinstance(getattr(stream, "f", None), io.BufferedWriter):  # a local file
            os.fsync(stream.f.fileno())


def _move(filesystem: AbstractFileSystem, source: str, target: str) -> None:
    """Rename, replacing what is there: atomic on local disks."""
    filesystem.makedirs(str(PurePosixPath(target).parent), exist_ok=True)
    if "file" in _protocols(filesystem):
        os.replace(source, target)  # noqa: PTH105 - the paths are fsspec's strings
    else:
        filesystem.mv(source, target)


def _protocols(filesystem: AbstractFileSystem) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)


def lock_corpus(filesystem: AbstractFileSystem, root: str) -> AbstractContextManager[object]:
    """Return a lock that one writer at a time can hold; other file systems than local have none.

    Raises
    ------
    WorkError
        If another process holds it for more than ten seconds.
    """
    if "file" not in _protocols(filesystem):
        return nullcontext()
    return _hold(filesystem, root)


@contextmanager
def _hold(filesystem: AbstractFileSystem, root: str) -> Iterator[None]:
    filesystem.makedirs(root, exist_ok=True)
    try:
        with FileLock(str(PurePosixPath(root) / ".lock"), timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise WorkError(
            "one process at a time can write a corpus",
            where=root,
            remedy="Wait for the other one to end",
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


def hash_tables(tables: Mapping[str, pa.Table]) -> str:
    """Return the content hash of a corpus: SHA-256 over every row of every table, as JSON."""
    digest = hashlib.sha256()
    for name in sorted(tables):
        for batch in tables[name].to_batches(max_chunksize=4096):
            for row in batch.to_pylist():
                digest.update(json.dumps([name, row], ensure_ascii=True).encode("ascii"))
    return digest.hexdigest()


def _describe(manifest: Manifest, tables: Mapping[str, pa.Table]) -> Manifest:
    """Return the manifest with what can be read off the tables."""
    responses = tables[RESPONSES.name]
    models, strategies = responses["model"].to_pylist(), responses["strategy"].to_pylist()
    return replace(
        manifest,
        sources=name_sources(zip(models, strategies, strict=True)),
        rows={name: len(rows) for name, rows in tables.items()},
        withheld={
            "text": responses["text"].null_count,
            "model": responses["model"].null_count,
            "empty": pc.sum(pc.equal(responses["text"], "")).as_py() or 0,
            "unanswered": count_unanswered(tables[QUERIES.name], responses),
        },
        content_hash=hash_tables(tables),
    )


def count_unanswered(queries: pa.Table, responses: pa.Table) -> int:
    """Return how many queries no response answers."""
    return len(set(queries["query_id"].to_pylist()) - set(responses["query_id"].to_pylist()))
