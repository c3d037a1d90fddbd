"""The whole measure suite: its time and memory, and what a response costs as a corpus grows.

Corpora are written, and measured, in processes of their own. This one has to stay light: Linux
starts the peak of a child process at the peak of its parent.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.timing import print_row, read_peak_gigabytes

SOURCES, SAMPLES, DRAWS = 25, 50, 1000
WHOLE, WHOLE_DIMENSIONS = 100, 1536
SIZES, DIMENSIONS = ((8, 5), (40, 3), (80, 3), (320, 1)), 384
"""Queries and runs: short runs are disturbed most. Under ten queries nothing is centred, which
saves the smallest corpus some per cent; the ratio comes out that much higher."""
TINY = (10, 3, 5, 16)


@dataclass(frozen=True)
class Cost:
    """What measuring a corpus took: wall-clock and processor seconds, the bootstrap's share."""

    responses: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    bootstrap: float = 0.0
    megabytes: float = 0.0


def measure_folders(folders: Sequence[str]) -> Cost:
    """Measure corpora in turn and return the cost of the last; without any, that of the imports.

    Vectors are read query by query and never held all at once, so there is no size of theirs to
    take off the peak: what exceeds the imports counts in full, the vectors at hand among it.
    """
    from benchmarks.corpora import ENCODER
    from hivemind_core.corpus.store import open_corpus
    from hivemind_core.measurement import measure_corpus
    from hivemind_core.summary import summarise

    cost = Cost()
    for folder in folders:
        start, busy = time.perf_counter(), time.process_time()
        measured = measure_corpus(open_corpus(folder), ENCODER)
        resampling = time.perf_counter()
        summarise("", ENCODER, measured, draws=DRAWS)
        stop, spent = time.perf_counter(), time.process_time() - busy
        cost = Cost(int(measured.counts.sum()), stop - start, spent, stop - resampling)
    return replace(cost, megabytes=read_peak_gigabytes() * 2**30 / 1e6)


def write(folder: str, numbers: Sequence[str]) -> None:
    """Write a corpus of so many queries, sources, samples and dimensions."""
    from benchmarks.corpora import write_corpus

    queries, sources, samples, d = map(int, numbers)
    write_corpus(Path(folder), queries, sources, samples, d)


def run(*arguments: object) -> str:
    """Run a part of this module in a process of its own; return what it prints."""
    command = [sys.executable, "-m", "benchmarks.suite", *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return done.stdout


def measure(*folders: str) -> Cost:
    """Return the cost of the last corpus in a process that has measured the others before it."""
    return Cost(**json.loads(run("measure", *folders)))


def measure_size(queries: int, runs: int, tiny: str) -> Cost:
    """Return the median cost of a corpus, each time in a new process warmed on a tiny corpus."""
    with tempfile.TemporaryDirectory() as folder:
        run("write", folder, queries, SOURCES, SAMPLES, DIMENSIONS)
        costs = [measure(tiny, folder) for _ in range(runs)]
    return sorted(costs, key=lambda cost: cost.seconds)[runs // 2]


def tell_load() -> str:
    """Return how busy the machine is, with this benchmark: it stretches wall-clock time."""
    return f"(load {os.getloadavg()[0]:.1f})"


def show_whole() -> None:
    """Print time and memory of the suite, cold, but for its imports."""
    with tempfile.TemporaryDirectory() as folder:
        run("write", folder, WHOLE, SOURCES, SAMPLES, WHOLE_DIMENSIONS)
        cost = measure(folder)
    beyond = cost.megabytes - measure().megabytes
    what = f"whole measure suite of {cost.responses:,} responses, d = {WHOLE_DIMENSIONS}"
    print_row(what, f"{cost.seconds:.1f} s", f"< 30 s {tell_load()}")
    print_row("  processor time", f"{cost.processor:.1f} s")
    print_row(f"  bootstrap of it, {DRAWS:,} draws", f"{cost.bootstrap:.2f} s")
    print_row("  peak memory", f"{cost.megabytes:.0f} MB", "< 700 MB")
    print_row("  peak memory beyond that of the imports", f"{beyond:.0f} MB", "< 500 MB")


def show_sizes() -> None:
    """Print what a response costs in corpora of several sizes."""
    costs = []
    with tempfile.TemporaryDirectory() as tiny:
        run("write", tiny, *TINY)
        for queries, runs in SIZES:
            cost = measure_size(queries, runs, tiny)
            costs.append(cost)
            wall, busy = (1e6 * x / cost.responses for x in (cost.seconds, cost.processor))
            what = f"measure suite of {cost.responses:,} responses, d = {DIMENSIONS}, a response"
            print_row(what, f"{wall:.0f} us", f"{busy:.0f} us of processors {tell_load()}")
    first, last = costs[0], costs[-1]
    more = last.responses / first.responses
    grown = last.seconds / first.seconds / more
    worked = last.processor / first.processor / more
    print_row("  largest / smallest corpus", f"{grown:.2f}x", "<= 1.3x")
    print_row("  largest / smallest corpus, by processor time", f"{worked:.2f}x", "<= 1.3x")


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write(sys.argv[2], sys.argv[3:])
    elif sys.argv[1:2] == ["measure"]:
        print(json.dumps(asdict(measure_folders(sys.argv[2:]))))
    else:
        show_whole()
        show_sizes()
