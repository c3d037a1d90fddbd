"""What need not be asked or computed twice: what a scorer said of a response."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hivemind_core.corpus.keyed_file import KeyedFile

Answered = tuple[str, str]
"""A query and a response to it, as texts."""


@dataclass(frozen=True)
class VerdictCache:
    """A file of texts by scorer, query and response; every `write` is whole, also after a kill.

    Attributes
    ----------
    path : pathlib.Path
        SQLite file; made when first written.
    """

    path: Path

    def read(self, fingerprint: str, items: Sequence[Answered]) -> dict[Answered, str]:
        """Return what is kept of items; those of which nothing is kept are left out."""
        keys = {_make_key(fingerprint, item): item for item in items}
        found = self._file.read(list(keys))
        return {keys[key]: text for key, text in found.items()}

    def write(self, fingerprint: str, verdicts: Mapping[Answered, str]) -> None:
        """Keep a text by item.

        Raises
        ------
        WorkError
            If the file cannot be written.
        """
        self._file.write((_make_key(fingerprint, item), text) for item, text in verdicts.items())

    @property
    def _file(self) -> KeyedFile:
        return KeyedFile(self.path, "verdicts", "verdict TEXT")


def _make_key(fingerprint: str, item: Answered) -> bytes:
    digest = hashlib.sha256()
    for part in (fingerprint, *item):
        content = part.encode()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.digest()
