"""Intra and inter by sums of vectors, against the loop over pairs written from the definition."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import make_answers, measure_seconds, print_row
from hivemind_core.measures.homogeneity import measure_inter, measure_intra, sum_by_source

QUERIES, SOURCES, SAMPLES, DIMENSIONS = 100, 25, 50, 1536
LOOPED = 2


def measure_by_sums(rows: NDArray[np.float32], sources: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return intra on the diagonal and inter beside it, for one query."""
    sums = sum_by_source(rows, sources, SOURCES)
    matrix = measure_inter(sums)
    np.fill_diagonal(matrix, measure_intra(sums))
    return matrix


def measure_by_pairs(rows: NDArray[np.float32], sources: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the same from the definition: every pair of responses on its own."""
    totals, counts = np.zeros((SOURCES, SOURCES)), np.zeros((SOURCES, SOURCES))
    for i, j in combinations(range(len(rows)), 2):
        a, b = sources[i], sources[j]
        totals[a, b] += rows[i] @ rows[j]
        counts[a, b] += 1
    means = totals / np.where(counts, counts, np.nan)
    return np.where(np.isnan(means), means.T, means)


def main() -> None:
    """Print the ratio, and the largest difference."""
    answers = make_answers(QUERIES, SOURCES, SAMPLES, DIMENSIONS)
    sources = np.repeat(np.arange(SOURCES), SAMPLES)
    ours = [measure_by_sums(rows, sources) for rows in answers]
    seconds = measure_seconds(lambda: [measure_by_sums(rows, sources) for rows in answers])
    looped = [measure_by_pairs(rows, sources) for rows in answers[:LOOPED]]
    loop = measure_seconds(
        lambda: [measure_by_pairs(rows, sources) for rows in answers[:LOOPED]], runs=1
    )
    ratio = (loop / LOOPED) / (seconds / QUERIES)
    difference = max(float(np.abs(a - b).max()) for a, b in zip(ours[:LOOPED], looped, strict=True))
    grid = f"{QUERIES} x {SOURCES} x {SAMPLES}, d = {DIMENSIONS}"
    print_row(f"intra + inter of {grid}", f"{seconds:.2f} s")
    print_row("  times faster than the loop over pairs", f"{ratio:.0f}x", ">= 100x")
    print_row("  largest difference", f"{difference:.1e}", "<= 1e-6")


if __name__ == "__main__":
    main()
