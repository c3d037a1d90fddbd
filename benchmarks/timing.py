"""Clocks, peak memory, and one way to print a row."""

import resource
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def measure_seconds(work: Callable[[], object], runs: int = 3) -> float:
    """Return the median wall-clock seconds of some runs."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def read_peak_gigabytes() -> float:
    """Return the largest memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def print_row(what: str, found: str, wanted: str = "") -> None:
    """Print one row of the table."""
    print(f"{what:<66} {found:>12}  {wanted}", flush=True)


def make_answers(queries: int, sources: int, samples: int, d: int) -> NDArray[np.float32]:
    """Return unit rows, query by query and source by source: 40 ideas a query, some verbatim."""
    rng = np.random.default_rng(0)
    rows = np.empty((queries, sources * samples, d), np.float32)
    for query in range(queries):
        block = rows[query]
        ideas = rng.normal(size=(40, d))
        chosen = rng.zipf(1.6, len(block)) % 40
        noise = rng.normal(size=(len(block), d)) * rng.choice([0.0, 0.6], (len(block), 1))
        block[:] = ideas[chosen] + noise
        rows[query] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return rows
