"""Two dimensions for the eye: UMAP, PCA beside it, and how far either can be trusted."""

import threading
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hivemind_core.space.neighbours import find_neighbours

NEIGHBOURS = 15
SMALLEST_UMAP = 10
TRUST_SAMPLE = 2000
SEED = 42
FITTING = threading.Lock()
"""UMAP is compiled at its first fit, and two threads must not do that at once."""


@dataclass(frozen=True)
class Projection:
    """Where rows lie on a map.

    Attributes
    ----------
    points : (n, 2) float32
        UMAP, or PCA where `method` says so.
    principal : (n, 2) float32
        PCA.
    method : str
        "umap" or "pca".
    neighbours : int
        Neighbours that UMAP was given, the row itself included; 0 for PCA.
    reason : str or None
        Why the method is not UMAP.
    """

    points: NDArray[np.float32]
    principal: NDArray[np.float32]
    method: str
    neighbours: int
    reason: str | None


def project(vectors: NDArray[np.float32], seed: int = SEED) -> Projection:
    """Lay unit vectors out on a map.

    UMAP starts from PCA and gets exact cosine neighbours, which makes it repeatable: equal rows
    in equal order give equal points on one machine. Under 10 rows, or where all are equal, PCA
    stands in.

    Parameters
    ----------
    vectors : (n, d) float32
        Unit rows; n may be 0.
    seed : int

    Returns
    -------
    Projection

    Notes
    -----
    Near points on a map read alike; distances between far groups and the sizes of groups mean
    nothing.
    """
    principal = project_principal(vectors)
    reason = _reject_umap(vectors)
    if reason:
        return Projection(principal, principal, "pca", 0, reason)
    count = min(NEIGHBOURS, len(vectors) - 1)
    points = _fit_umap(vectors, principal, count, seed)
    return Projection(points, principal, "umap", count, None)


def _reject_umap(vectors: NDArray[np.float32]) -> str | None:
    if len(vectors) < SMALLEST_UMAP:
        return f"UMAP needs {SMALLEST_UMAP} answers, here are {len(vectors)}"
    if np.ptp(vectors, axis=0).max() < 1e-6:
        return "all answers have the same vector"
    return None


def project_principal(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the first two principal components of rows, shape (n, 2); zeros where there are none.

    Each component's sign makes its largest loading positive, so that a map does not flip between
    machines.
    """
    points = np.zeros((len(vectors), 2), np.float32)
    if len(vectors) < 2:
        return points
    centred = vectors - vectors.mean(axis=0, dtype=np.float64)
    axes = _find_axes(centred)
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    points[:, : axes.shape[1]] = centred @ (axes * signs)
    return points


def _find_axes(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return up to two leading eigenvectors of the covariance, shape (d, <= 2)."""
    n, d = centred.shape
    if d <= n:
        _, axes = np.linalg.eigh(centred.T @ centred)
        return np.asarray(axes[:, ::-1][:, :2])
    values, rows = np.linalg.eigh(centred @ centred.T)
    kept = values[::-1][:2] > 1e-12
    axes = centred.T @ rows[:, ::-1][:, :2][:, kept]
    return np.asarray(axes / np.linalg.norm(axes, axis=0))


def _fit_umap(
    vectors: NDArray[np.float32], start: NDArray[np.float32], count: int, seed: int
) -> NDArray[np.float32]:
    from umap import UMAP

    noise = np.random.default_rng(seed).normal(scale=1e-4, size=start.shape)
    spread = np.abs(start).max() or 1.0
    model = UMAP(
        n_neighbors=count,
        metric="cosine",
        precomputed_knn=find_neighbours(vectors, count),
        force_approximation_algorithm=True,  # or small inputs would ignore the neighbours given
        init=(10 * start / spread + noise).astype(np.float32),
        n_epochs=int(np.clip(250_000 // len(vectors), 200, 500)),
        random_state=seed,
        n_jobs=1,
    )
    with FITTING, warnings.catch_warnings():
        # New points are placed by our own code, never by UMAP's transform.
        warnings.filterwarnings("ignore", message="precomputed_knn")
        return np.asarray(model.fit_transform(vectors), np.float32)


def measure_trust(
    vectors: NDArray[np.float32], points: NDArray[np.float32], seed: int = SEED
) -> float:
    """Return the trustworthiness of a map: whether neighbours on it are neighbours in space.

    Parameters
    ----------
    vectors : (n, d) float32
        Unit rows.
    points : (n, 2) float32
    seed : int
        Draws the 2,000 rows that stand for more than 2,000.

    Returns
    -------
    float
        In [0, 1], 1 best, over min(15, n // 2 - 1) neighbours by cosine; nan under 4 rows. A map
        of verbatim repeats scores low by ties, not by fault.
    """
    from sklearn.manifold import trustworthiness

    n = len(vectors)
    if n > TRUST_SAMPLE:
        rows = np.sort(np.random.default_rng(seed).choice(n, TRUST_SAMPLE, replace=False))
        vectors, points, n = vectors[rows], points[rows], TRUST_SAMPLE
    count = min(NEIGHBOURS, n // 2 - 1)
    if count < 1:
        return float("nan")
    return float(trustworthiness(vectors, points, n_neighbors=count, metric="cosine"))
