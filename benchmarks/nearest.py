"""Models among the N nearest, against a full sort per N under the same tie rule."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import make_answers, measure_seconds, print_row
from hivemind_core.measures.nearest import NEIGHBOURS, count_nearest_models

QUERIES, MODELS, SAMPLES, DIMENSIONS = 6, 25, 50, 1536
SORTED = 2


def count_by_sorting(rows: NDArray[np.float32], models: NDArray[np.int64]) -> list[float]:
    """Return the counts from the definition: for every N and response, sort all the others."""
    exact, places = rows.astype(np.float64), np.arange(len(rows))
    means = []
    for count in NEIGHBOURS:
        seen = []
        for i in range(len(rows)):
            cosines = np.round(exact @ exact[i], 6)
            order = np.lexsort((places, -cosines))
            seen.append(len(set(models[order[order != i][:count]].tolist())))
        means.append(float(np.mean(seen)))
    return means


def main() -> None:
    """Print the ratio, and whether all counts are equal."""
    answers = make_answers(QUERIES, MODELS, SAMPLES, DIMENSIONS)
    models = np.repeat(np.arange(MODELS), SAMPLES)
    seconds = measure_seconds(lambda: [count_nearest_models(rows, models) for rows in answers])
    slow = measure_seconds(
        lambda: [count_by_sorting(rows, models) for rows in answers[:SORTED]], runs=1
    )
    equal = all(
        count_nearest_models(rows, models).tolist() == count_by_sorting(rows, models)
        for rows in answers[:SORTED]
    )
    ratio = (slow / SORTED) / (seconds / QUERIES)
    print_row(
        "models among the 5 ... 50 nearest, 1,250 x d = 1536, a query", f"{seconds / QUERIES:.3f} s"
    )
    print_row("  times faster than a full sort per N", f"{ratio:.0f}x", ">= 40x")
    print_row("  all counts equal", "yes" if equal else "NO", "yes")


if __name__ == "__main__":
    main()
