"""The corpus on disk: a folder of Parquet files, read by query and written all or nothing."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import quote

import fsspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from fsspec.spec import AbstractFileSystem

from hivemind_core.corpus import manifest as manifests
from hivemind_core.corpus.identity import name_sources
from hivemind_core.corpus.journal import JOURNAL, finish_write, lock_corpus, stage_files
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.parquet import name_file, read_parquet
from hivemind_core.corpus.tables import QUERIES, RESPONSES, TABLES, Table, find_table
from hivemind_core.errors import CorpusError, WorkError


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
        with name_file(self.path(file)), self.filesystem.open(self.path(file), "rb") as stream:
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
        name: corpus.read(find_table(name)) if given is None else given
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
            stage_files(corpus.filesystem, corpus.root, contents)
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
            "empty": pc.sum(pc.equal(pc.utf8_trim_whitespace(responses["text"]), "")).as_py() or 0,
            "unanswered": count_unanswered(tables[QUERIES.name], responses),
        },
        content_hash=hash_tables(tables),
    )


def count_unanswered(queries: pa.Table, responses: pa.Table) -> int:
    """Return how many queries no response answers."""
    return len(set(queries["query_id"].to_pylist()) - set(responses["query_id"].to_pylist()))
