"""Many rows of a map as a short word of an address."""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterable

import numpy as np

LONGEST = 100_000  # characters that are read: a map of 60,000 answers needs 11,000 at most


def pack_rows(rows: Iterable[int], n: int) -> str:
    """Return some of n rows as letters, digits, "-" and "_": one bit a row, compressed.

    A lasso around 50 of 1,250 answers takes under 150 characters.
    """
    chosen = np.zeros(n, bool)
    chosen[list(rows)] = True
    packed = zlib.compress(np.packbits(chosen).tobytes(), 9)
    return urlsafe_b64encode(packed).decode().rstrip("=")


def unpack_rows(word: str, n: int) -> tuple[int, ...]:
    """Return the rows that a word stands for; none where it is damaged.

    A word of another map is told only where that map has many more or fewer answers.
    """
    size = (n + 7) // 8
    if len(word) > LONGEST:
        return ()
    try:
        content = urlsafe_b64decode(word + "=" * (-len(word) % 4))
        unpacking = zlib.decompressobj()
        packed = unpacking.decompress(content, size + 1)
    except (ValueError, Error, zlib.error):
        return ()
    # Without its end, nothing has compared the checksum.
    if len(packed) != size or not unpacking.eof:
        return ()
    rows = np.flatnonzero(np.unpackbits(np.frombuffer(packed, np.uint8)))
    return tuple(rows.tolist()) if not len(rows) or rows[-1] < n else ()
