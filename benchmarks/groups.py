"""Cutting a stored linkage anew, against linking again as HDBSCAN or a new linkage would."""

import numpy as np

from benchmarks.timing import make_answers, measure_seconds, print_row
from hivemind_core.space.groups import cut, link, list_groups

SOURCES, SAMPLES, DIMENSIONS = 25, 50, 384
THRESHOLDS = np.arange(0.5, 0.96, 0.05)


def main() -> None:
    """Print the milliseconds of a cut, and how much faster it is than linking."""
    rows = make_answers(1, SOURCES, SAMPLES, DIMENSIONS)[0]
    sources = [f"model-{i // SAMPLES}" for i in range(len(rows))]
    wordings = np.unique(np.round(rows, 6), axis=0, return_inverse=True)[1]
    cosines = rows @ rows.T
    linkage = link(cosines)

    def cut_all() -> int:
        found = [cut(linkage, float(threshold)).labels for threshold in THRESHOLDS]
        return sum(len(list_groups(labels, sources, sources, wordings)) for labels in found)

    seconds = measure_seconds(cut_all) / len(THRESHOLDS)
    linked = measure_seconds(lambda: link(cosines))
    worst = 1.0
    for threshold in THRESHOLDS:
        labels = cut(linkage, float(threshold)).labels
        together = labels[:, None] == labels[None, :]
        worst = min(worst, float((cosines[together] - threshold).min()))
    print_row(
        "groups of 1,250 answers cut anew, with who is in each",
        f"{1000 * seconds:.1f} ms",
        "< 100 ms",
    )
    print_row("  times faster than linking again", f"{linked / seconds:.1f}x", "> 1x")
    print_row("  least margin of a pair over its threshold", f"{worst:.1e}", ">= -1e-5")


if __name__ == "__main__":
    main()
