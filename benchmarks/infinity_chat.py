"""Importing a made-up Infinity-Chat of the full size: its time and memory."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.timing import print_row, read_peak_gigabytes


def bring(files: str, corpus: str) -> None:
    """Import, and print seconds and megabytes."""
    from hivemind_core.corpus.infinity_chat import import_infinity_chat
    from hivemind_core.corpus.infinity_files import find_data_sets

    start = time.perf_counter()
    import_infinity_chat(corpus, find_data_sets(Path(files)))
    print(time.perf_counter() - start, read_peak_gigabytes() * 2**30 / 1e6)


def run(*arguments: str) -> str:
    """Run a part of this module in a process of its own; return what it prints."""
    command = [sys.executable, "-m", "benchmarks.infinity_chat", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return done.stdout


def write(folder: str) -> None:
    """Write the data sets in their published sizes."""
    from tests.infinity_sets import Sizes, generate, write_sets

    write_sets(Path(folder), generate(Sizes()))


def main() -> None:
    """Print the rows of this benchmark, or do the part that was asked for."""
    if sys.argv[1:2] == ["write"]:
        write(sys.argv[2])
        return
    if sys.argv[1:2] == ["bring"]:
        bring(*sys.argv[2:])
        return
    with tempfile.TemporaryDirectory() as folder:
        run("write", f"{folder}/files")
        seconds, megabytes = map(float, run("bring", f"{folder}/files", f"{folder}/c").split())
    print_row("import of Infinity-Chat's size", f"{seconds:.1f} s", "< 20 s")
    print_row("  peak memory", f"{megabytes:.0f} MB", "< 1,000 MB")


if __name__ == "__main__":
    main()
