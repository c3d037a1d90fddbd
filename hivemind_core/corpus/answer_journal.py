"""What was answered, kept on arrival: nothing is asked, and paid for, twice."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hivemind_core.corpus.keyed_file import KeyedFile


def make_key(*parts: object) -> bytes:
    """Return 32 bytes that stand for what was asked: everything that makes the answer, no key."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()


@dataclass(frozen=True)
class AnswerJournal:
    """A file of outcomes by what was asked; every `write` is whole, also after a kill.

    Attributes
    ----------
    path : pathlib.Path
        SQLite file; made when first written.
    """

    path: Path

    def read(self, keys: Sequence[bytes]) -> dict[bytes, dict[str, Any]]:
        """Return what is kept, by key; keys of which nothing is kept are left out."""
        return {key: json.loads(text) for key, text in self._file.read(list(keys)).items()}

    def write(self, key: bytes, outcome: Mapping[str, Any]) -> None:
        """Keep an outcome.

        Raises
        ------
        WorkError
            If the file cannot be written.
        """
        self._file.write([(key, json.dumps(outcome))])

    @property
    def _file(self) -> KeyedFile:
        return KeyedFile(self.path, "answers", "outcome TEXT")
