"""Building maps, clusters and trust, against umap-learn and hdbscan per query with defaults."""

import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from benchmarks.corpora import ENCODER, write_corpus
from benchmarks.timing import make_answers, print_row, read_peak_gigabytes

QUERIES, SOURCES, SAMPLES, DIMENSIONS = 20, 25, 50, 384


def build_ours(folder: str, jobs: int) -> None:
    """Print the seconds of a build in this process, warm, and its peak memory."""
    from hivemind_core.build import BuildOptions, build_corpus
    from hivemind_core.corpus.store import open_corpus
    from hivemind_core.space.mapping import MapInput, draw_map

    names = [f"{i}" for i in range(60)]
    warm = make_answers(1, 1, 60, DIMENSIONS)[0]
    draw_map(MapInput("", names, names, names, list(names), names, warm))
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as cache:
        environment = {"HIVEMIND_CACHE": cache}
        options = BuildOptions(ENCODER, jobs, category_maps=False, environment=environment)
        build_corpus(open_corpus(folder), options)
    print(time.perf_counter() - start, read_peak_gigabytes())


def build_defaults(folder: str) -> None:
    """Print the seconds of umap-learn and hdbscan with their defaults in this process, warm."""
    from hdbscan import HDBSCAN
    from umap import UMAP

    from hivemind_core.corpus.embeddings import read_by_query
    from hivemind_core.corpus.store import open_corpus

    warnings.simplefilter("ignore")
    UMAP().fit_transform(make_answers(1, 1, 60, DIMENSIONS)[0])
    start = time.perf_counter()
    for query in read_by_query(open_corpus(folder), ENCODER, ()):
        HDBSCAN().fit_predict(UMAP().fit_transform(query.vectors))
    print(time.perf_counter() - start, read_peak_gigabytes())


def run(*arguments: str) -> tuple[float, float]:
    """Run one of the two in a process of its own; return its seconds and gigabytes."""
    command = [sys.executable, "-m", "benchmarks.build", *arguments]
    environment = {**os.environ, "HIVEMIND_PROGRESS": "json"}
    done = subprocess.run(  # noqa: S603
        command, check=True, capture_output=True, text=True, env=environment
    )
    seconds, gigabytes = done.stdout.split()
    return float(seconds), float(gigabytes)


def main() -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / name) for name in ("one", "two")]
        for path in paths:
            write_corpus(Path(path), QUERIES, SOURCES, SAMPLES, DIMENSIONS)
        seconds, gigabytes = run("ours", paths[0], "1")
        parallel, _ = run("ours", paths[1], "2")
        default, _ = run("defaults", paths[0])
    print_row(
        f"build of {QUERIES} queries x 1,250 given vectors, d = {DIMENSIONS}", f"{seconds:.1f} s"
    )
    print_row("  umap-learn + hdbscan with defaults, maps alone", f"{default:.1f} s")
    print_row("  times faster, one process", f"{default / seconds:.2f}x", ">= 1.5x")
    print_row("  times faster, two jobs", f"{default / parallel:.2f}x", "> one process")
    print_row("  peak memory", f"{gigabytes:.2f} GB", "< 1.5 GB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["ours"]:
        build_ours(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["defaults"]:
        build_defaults(sys.argv[2])
    else:
        main()
