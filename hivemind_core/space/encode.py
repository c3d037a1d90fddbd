"""Encode texts: each one once, in an order that does not depend on who asks."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from hivemind_core.corpus.cache import VectorCache
from hivemind_core.errors import WorkError
from hivemind_core.progress import Report
from hivemind_core.space.encoders import Encoder

CHUNK = 256


def encode_texts(
    texts: Iterable[str], encoder: Encoder, cache: VectorCache, report: Report
) -> dict[str, NDArray[np.float32]]:
    """Return a vector for every distinct text.

    Texts are taken by length and then alphabetically, in chunks that the cache keeps as soon as
    they are done: a killed run goes on with the chunk it was in, and the vectors do not depend
    on the order in which texts came.

    Parameters
    ----------
    texts : iterable of str
        Repeats are encoded once.
    encoder : Encoder
    cache : VectorCache
    report : Report

    Returns
    -------
    dict of str to (d,) float32
        Empty for no texts.

    Raises
    ------
    WorkError
        If the encoder fails, or gives a vector that is not finite.
    """
    wanted = sorted(set(texts), key=lambda text: (len(text), text))
    vectors = cache.read(encoder.fingerprint, wanted)
    missing = [text for text in wanted if text not in vectors]
    done = len(wanted) - len(missing)
    for chunk in _split(missing):
        rows = encoder.encode(chunk)
        if rows.shape[0] != len(chunk) or not np.isfinite(rows).all():
            raise WorkError(
                "an encoder must give one finite vector a text",
                where=encoder.name,
                found=f"shape {rows.shape} for {len(chunk)} texts",
            )
        new = dict(zip(chunk, rows, strict=True))
        cache.write(encoder.fingerprint, new)
        vectors |= new
        done += len(chunk)
        report("encode", done, len(wanted))
    return vectors


def _split(texts: list[str]) -> Iterator[list[str]]:
    remaining = iter(texts)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
