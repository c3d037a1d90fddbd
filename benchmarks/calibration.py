"""The bootstrap of 66 scorers over all slices, against calling scipy for every draw."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import spearmanr
from threadpoolctl import threadpool_limits

from benchmarks.timing import measure_seconds, print_row
from hivemind_core.calibration import PanelSlice, calibrate, list_slices
from hivemind_core.evaluation import Panel, Scorer
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.miscalibration import Items, draw_items
from hivemind_core.measures.spearman import correlate_draws, rank_draws
from hivemind_core.simulation import Plan, simulate_panel

QUERIES, ANSWERS, SCORERS, DRAWS = 50, 15, 66, 2000
CALLED = 20


def make_panel() -> Panel:
    """Return 750 items with 25 labels, and 66 scorers of them."""
    items = [(f"r{i}",) for i in range(QUERIES * ANSWERS)]
    queries = np.repeat(np.arange(QUERIES), ANSWERS)
    panel = simulate_panel(items, queries, [f"q{i}" for i in range(QUERIES)], Plan())
    rng = np.random.default_rng(0)
    scores = {
        Scorer(f"scorer {n}", "metric", higher_is_better=True): panel.means * rng.random()
        + rng.normal(size=len(panel))
        for n in range(SCORERS)
    }
    return Panel(
        panel.annotation, None, panel.items, panel.query_ids, panel.queries, panel.labels, scores
    )


def call_scipy(scores: Floats, items: Items, draws: Sequence[int]) -> list[float]:
    """Return Spearman's correlation of some draws, each item as often as it is drawn."""
    found = []
    for draw in draws:
        taken = np.repeat(np.arange(len(scores)), items.weights[:, draw].astype(np.int64))
        found.append(float(spearmanr(scores[taken], items.means[taken]).statistic))
    return found


def time_scipy(
    panel: Panel, slices: Sequence[PanelSlice], items: Items, draws: Sequence[int]
) -> float:
    """Return the seconds that scipy takes for one scorer and these draws, over all slices."""
    scores = next(iter(panel.scores.values()))
    parts = [(scores, items), *((scores[p.mask], items.choose(p.mask)) for p in slices)]
    return measure_seconds(lambda: [call_scipy(*part, draws) for part in parts], runs=1)


def main() -> None:
    """Print seconds, the ratio, and the largest difference."""
    panel = make_panel()
    slices, items = list_slices(panel), draw_items(panel.means, panel.queries, DRAWS)
    with threadpool_limits(1):
        seconds = measure_seconds(lambda: calibrate(panel, slices=slices, draws=DRAWS), runs=1)
        called = time_scipy(panel, slices, items, range(1, CALLED + 1))
    slow = called / CALLED * DRAWS * SCORERS
    scores = next(iter(panel.scores.values()))
    ours = correlate_draws(scores, rank_draws(items.means, items.weights))[:CALLED]
    difference = float(np.abs(ours - call_scipy(scores, items, range(CALLED))).max())
    what = f"{SCORERS} scorers x {len(slices) + 1} slices x {DRAWS:,} draws, {len(panel)} items"
    print_row(what, f"{seconds:.1f} s", "< 30 s, one core")
    print_row("  times faster than scipy called for every draw", f"{slow / seconds:.0f}x", ">= 50x")
    print_row("  largest difference, draw by draw", f"{difference:.0e}", "<= 1e-12")


if __name__ == "__main__":
    main()
