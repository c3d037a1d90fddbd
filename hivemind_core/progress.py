"""Progress of long work: a function to call, and where its news goes."""

import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

Report = Callable[[str, int, int], None]
"""Called with the stage, the steps done, and the steps in all."""

SILENT_SECONDS = 2.0


def report_nothing(stage: str, done: int, total: int) -> None:
    """Take news and show it to nobody."""


def report_lines(stage: str, done: int, total: int) -> None:
    """Write news as JSON lines to standard error, for a program that reads them."""
    line = json.dumps({"stage": stage, "done": done, "total": total})
    print(line, file=sys.stderr, flush=True)


def describe_wait(model: str, seconds: float) -> str:
    """Return for people that a service asks to be left alone, and for how long."""
    long = f"{math.ceil(seconds / 60):,} min" if seconds > 90 else f"{math.ceil(seconds):,} s"
    return f"{model}: waiting {long}: the service asks for it"


def show_wait(model: str, seconds: float) -> None:
    """Write on standard error, above the bars, that a service asks to be left alone."""
    tqdm.write(describe_wait(model, seconds), file=sys.stderr)


@contextmanager
def show_progress(environment: Mapping[str, str] = os.environ) -> Iterator[Report]:
    """Give a `Report` for a command: bars on standard error for what takes over two seconds.

    With `HIVEMIND_PROGRESS=json` in the environment it writes JSON lines instead.
    """
    if environment.get("HIVEMIND_PROGRESS") == "json":
        yield report_lines
        return
    bars: dict[str, Any] = {}

    def report(stage: str, done: int, total: int) -> None:
        bar = bars.get(stage)
        if bar is None:
            bar = bars[stage] = tqdm(
                total=total, desc=stage, delay=SILENT_SECONDS, file=sys.stderr, dynamic_ncols=True
            )
        bar.update(done - bar.n)

    try:
        yield report
    finally:
        for bar in bars.values():
            bar.close()
