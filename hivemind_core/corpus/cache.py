"""What need not be computed twice: vectors by encoder and text, maps by their input."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hivemind_core.corpus.keyed_file import KeyedFile
from hivemind_core.errors import WorkError


@dataclass(frozen=True)
class VectorCache:
    """A file of vectors; every `write` is whole or absent, also after a kill.

    Attributes
    ----------
    path : pathlib.Path
        SQLite file; made when first written.
    """

    path: Path

    def read(self, fingerprint: str, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors kept for texts; those not kept are left out."""
        keys = {_make_key(fingerprint, text): text for text in texts}
        found = self._file.read(list(keys))
        return {keys[key]: np.frombuffer(vector, np.float32) for key, vector in found.items()}

    def write(self, fingerprint: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors by text.

        Raises
        ------
        WorkError
            If the file cannot be written.
        """
        self._file.write(
            (_make_key(fingerprint, text), np.asarray(vector, np.float32).tobytes())
            for text, vector in vectors.items()
        )

    @property
    def _file(self) -> KeyedFile:
        return KeyedFile(self.path, "vectors", "vector BLOB")


def _make_key(fingerprint: str, text: str) -> bytes:
    """Return 32 bytes that stand for a text under an encoder."""
    length = len(fingerprint).to_bytes(8, "big")
    return hashlib.sha256(length + fingerprint.encode() + text.encode()).digest()


@dataclass(frozen=True)
class TableCache:
    """Tables kept by key, one file each; a file is whole or absent.

    Attributes
    ----------
    folder : pathlib.Path
        Made when first written.
    """

    folder: Path

    def read(self, key: str) -> pa.Table | None:
        """Return the table kept under a key; None where there is none or it is damaged."""
        try:
            return pq.read_table(self.folder / f"{key}.parquet", partitioning=None)
        except (OSError, pa.ArrowException):
            return None

    def write(self, key: str, table: pa.Table) -> None:
        """Keep a table.

        Raises
        ------
        WorkError
            If it cannot be written.
        """
        path = self.folder / f"{key}.parquet"
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, temporary)
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise WorkError(
                "the cache of maps cannot be written",
                where=str(self.folder),
                found=error.strerror or str(error),
                remedy="Free some space, or set HIVEMIND_CACHE to another folder",
            ) from error
