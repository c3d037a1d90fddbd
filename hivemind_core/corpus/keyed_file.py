"""A file of values by key, of which every write is whole or absent."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from hivemind_core.errors import WorkError

BATCH = 500
Rows: TypeAlias = Iterable[tuple[bytes, Any]]


@dataclass(frozen=True)
class KeyedFile:
    """An SQLite file with one table of two columns, key and value.

    Attributes
    ----------
    path : pathlib.Path
        Made when first written.
    table : str
        Name of the table, and in errors of what it keeps.
    value : str
        Name and type of the second column, in SQL.
    """

    path: Path
    table: str
    value: str

    def read(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        """Return the values kept, by key; keys that have none are left out."""
        if not keys or not self.path.exists():
            return {}
        found: dict[bytes, Any] = {}
        with self._open() as connection:
            for start in range(0, len(keys), BATCH):
                some = keys[start : start + BATCH]
                marks = ",".join("?" * len(some))
                found |= connection.execute(
                    f"SELECT * FROM {self.table} WHERE key IN ({marks})",  # noqa: S608
                    some,
                )
        return found

    def write(self, rows: Rows) -> None:
        """Keep values by key.

        Raises
        ------
        WorkError
            If the file cannot be written.
        """
        with self._open() as connection:
            self._put(connection, rows)

    @contextmanager
    def hold_open(self) -> Iterator[Callable[[Rows], None]]:
        """Give a `write` for many small writes, each whole as ever, at a part of their cost.

        A write is safe from the end of this process, and from that of the machine a moment later.
        """
        with self._open() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            yield lambda rows: self._put(connection, rows)

    def _put(self, connection: sqlite3.Connection, rows: Rows) -> None:
        with connection:
            connection.executemany(
                f"INSERT OR REPLACE INTO {self.table} VALUES (?, ?)",  # noqa: S608
                rows,
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=60)) as connection:
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {self.table} "
                    f"(key BLOB PRIMARY KEY, {self.value}) WITHOUT ROWID"
                )
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise WorkError(
                f"the cache of {self.table} cannot be used",
                where=str(self.path),
                found=str(error),
                remedy="Free some space, or set HIVEMIND_CACHE to another folder",
            ) from error
