"""All or nothing: files are staged, a journal names them, then they are moved into place.

Killed before the journal, the old corpus stands; killed after it, whoever opens the corpus next
finishes the moves.
"""

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import PurePosixPath

import pyarrow as pa
from filelock import FileLock, Timeout
from fsspec.spec import AbstractFileSystem

from hivemind_core.corpus.parquet import format_parquet
from hivemind_core.errors import CorpusError, WorkError

LOCK_SECONDS = 10
STAGED = ".staged"
JOURNAL = f"{STAGED}/journal.json"


def stage_files(
    filesystem: AbstractFileSystem, root: str, contents: Mapping[str, pa.Table | bytes]
) -> None:
    """Write the new files and, last, the journal that makes them count.

    Raises
    ------
    OSError
        If the place cannot be written to; nothing is left behind then.
    """
    base = PurePosixPath(root)
    staged = str(base / STAGED)
    if filesystem.exists(staged):
        filesystem.rm(staged, recursive=True)
    try:
        moves = {}
        for number, (file, content) in enumerate(contents.items()):
            moves[f"{STAGED}/{number}"] = file
            _put(filesystem, str(base / STAGED / str(number)), content)
        _put(filesystem, str(base / STAGED / "journal.tmp"), json.dumps(moves).encode())
        _move(filesystem, str(base / STAGED / "journal.tmp"), str(base / JOURNAL))
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
        _check_inside(moves)
    except (ValueError, TypeError) as error:
        raise CorpusError("the journal of a write is damaged", where=str(base / JOURNAL)) from error
    for staged, file in moves.items():
        if filesystem.exists(str(base / staged)):
            _move(filesystem, str(base / staged), str(base / file))
    filesystem.rm(str(base / STAGED), recursive=True)


def _check_inside(moves: object) -> None:
    """Refuse a journal that would move files from or to outside the corpus."""
    if not isinstance(moves, dict):
        raise TypeError("no moves")
    for place in (*moves, *moves.values()):
        path = PurePosixPath(str(place))
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise ValueError(f"a place outside the corpus: {place}")


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
