"""What need not be judged twice: a number for each pair of texts, by judge."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hivemind_core.corpus.keyed_file import KeyedFile

Pair = tuple[str, str]


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
        keys = {pair: _make_key(fingerprint, pair) for pair in pairs}
        found = self._file.read(sorted(set(keys.values())))
        return {pair: found[key] for pair, key in keys.items() if key in found}

    def write(self, fingerprint: str, values: Mapping[Pair, float]) -> None:
        """Keep numbers by pair; of a pair given in both orders, the one that comes last.

        Raises
        ------
        WorkError
            If the file cannot be written.
        """
        self._file.write(
            (_make_key(fingerprint, pair), float(value)) for pair, value in values.items()
        )

    @property
    def _file(self) -> KeyedFile:
        return KeyedFile(self.path, "pairs", "value REAL")


def _make_key(fingerprint: str, pair: Pair) -> bytes:
    """Return 32 bytes that stand for two texts, in either order, under a judge."""
    digest = hashlib.sha256()
    for part in (fingerprint, *sorted(pair)):
        content = part.encode()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.digest()
