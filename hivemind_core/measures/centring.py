"""Cosines freed of what all answers of a corpus share."""

import numpy as np
from numpy.typing import NDArray

from hivemind_core.measures.arrays import Floats

FEWEST_QUERIES = 10
ALMOST_NONE = 1e-6


def centre(vectors: NDArray[np.float32], mean: Floats) -> NDArray[np.float32]:
    """Return rows less the mean of a corpus, scaled to unit length again.

    c = (v - m) / |v - m|

    Parameters
    ----------
    vectors : (n, d) float32
        Unit rows; n may be 0.
    mean : (d,) float64
        Mean row of the corpus.

    Returns
    -------
    (n, d) float32
        Unit rows; a row equal to the mean, to six digits, becomes one of zeros: it has no
        direction, and is to be left out.

    Notes
    -----
    Unrelated answers get a cosine near 0 under every encoder, so that numbers of different
    encoders can be laid side by side. The mean is that of the corpus: with other answers in it,
    or under ten queries, the number is another one, and a corpus about one topic loses the topic.
    """
    rows = vectors - mean.astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64)).astype(np.float32)
    rows[lengths < ALMOST_NONE] = 0
    lengths[lengths < ALMOST_NONE] = 1
    rows /= lengths[:, None]
    return np.asarray(rows, np.float32)
