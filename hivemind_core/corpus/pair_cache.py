"""What need not be judged twice: a number for each pair of texts, by judge."""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hivemind_core.errors import WorkError

Pair = tuple[str, str]

_CREATE = "CREATE TABLE IF NOT EXISTS pairs (key BLOB PRIMARY KEY, value REAL) WITHOUT ROWID"
_BATCH = 500


@dataclass(frozen=True)
class PairCache:
    """A file of numbers by pair of texts; every `write` is whole or absent, also after a kill.

    The order within a pair does not count: (a, b) and (b, a) are one.

    Attributes
    ----------
    path : pathlib.Path
        SQLite file; made when first written.
    """

    path: Path

    def read(self, fingerprint: str, pairs: Sequence[Pair]) -> dict[Pair, float]:
        """Return the numbers kept for pairs, under the pairs as given; the others are left out."""
        if not pairs or not self.path.exists():
            return {}
        keys = {pair: _make_key(fingerprint, pair) for pair in pairs}
        wanted = sorted(set(keys.values()))
        found: dict[bytes, float] = {}
        with self._open() as connection:
            for start in range(0, len(wanted), _BATCH):
                some = wanted[start : start + _BATCH]
                marks = ",".join("?" * len(some))
                found |= connection.execute(
                    f"SELECT key, value FROM pairs WHERE key IN ({marks})",  # noqa: S608
                    some,
                )
        return {pair: found[key] for pair, key in keys.items() if key in found}

    def write(self, fingerprint: str, values: Mapping[Pair, float]) -> None:
        """Keep numbers by pair; of a pair given in both orders, the one that comes last.

        Raises
        ------
        WorkError
            If the file cannot be written.
        """
        rows = [(_make_key(fingerprint, pair), float(value)) for pair, value in values.items()]
        with self._open() as connection, connection:
            connection.executemany("INSERT OR REPLACE INTO pairs VALUES (?, ?)", rows)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=60)) as connection:
                connection.execute(_CREATE)
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise WorkError(
                "the cache of judged pairs cannot be used",
                where=str(self.path),
                found=str(error),
                remedy="Free some space, or set HIVEMIND_CACHE to another folder",
            ) from error


def _make_key(fingerprint: str, pair: Pair) -> bytes:
    """Return 32 bytes that stand for two texts, in either order, under a judge."""
    digest = hashlib.sha256()
    for part in (fingerprint, *sorted(pair)):
        content = part.encode()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.digest()
