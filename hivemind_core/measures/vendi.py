"""The Vendi score: the effective number of distinct responses."""

import numpy as np
from numpy.typing import NDArray


def measure_vendi(vectors: NDArray[np.float32]) -> float:
    """Return exp of the Shannon entropy of the eigenvalues of K / n (Friedman and Dieng 2022).

    K is the cosine Gram matrix of the rows.

    Parameters
    ----------
    vectors : (n, d) float32
        Unit rows.

    Returns
    -------
    float
        In [1, n]: 1 where all are equal, n where all are orthogonal; nan for no rows.

    Notes
    -----
    Grows with n, so compare sources at equal numbers of samples only. Under encoders with a high
    floor it stays far below n even for unrelated answers.
    """
    n = len(vectors)
    if n == 0:
        return float("nan")
    rows = vectors.astype(np.float64)
    gram = rows @ rows.T if n <= rows.shape[1] else rows.T @ rows
    shares = np.linalg.eigvalsh(gram / n)
    shares = shares[shares > 1e-12]
    return float(np.exp(-np.sum(shares * np.log(shares))))
