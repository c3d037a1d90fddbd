"""Simulate panels whose truth is known, and print the tables of docs/calibration.md as JSON.

python recipes/calibration/simulate.py > recipes/calibration/simulated.json
"""

import json
import sys
from dataclasses import dataclass

import numpy as np

from hivemind_core.calibration import BIN, ScorerReport, calibrate
from hivemind_core.simulation import Plan, simulate_panel

QUERIES, ANSWERS, DRAWS = 50, 15, 400
NULL_SEEDS, POWER_SEEDS = 400, 100
AGREEMENTS, LOSSES = (0.25, 0.45, 0.7), (0.5, 1.0)


@dataclass(frozen=True)
class Share:
    """How many of some slices, or panels, have a property."""

    held: int
    of: int

    @property
    def percent(self) -> float:
        return round(100 * self.held / self.of, 1)


def judge(plan: Plan) -> tuple[ScorerReport, ScorerReport]:
    """Return the reports of the steady and of the miscalibrated scorer of a panel."""
    items = [(f"r{i}",) for i in range(QUERIES * ANSWERS)]
    queries = np.repeat(np.arange(QUERIES), ANSWERS)
    panel = simulate_panel(items, queries, [f"q{i}" for i in range(QUERIES)], plan)
    steady, drifting = calibrate(panel, draws=DRAWS, seed=plan.seed)
    return steady, drifting


def count_null(reports: list[ScorerReport], *, are_bins: bool) -> Share:
    """Return the slices whose interval of the difference holds 0."""
    parts = [
        part.result
        for report in reports
        for part in report.slices
        if (part.kind == BIN) == are_bins and not part.result.reason
    ]
    return Share(
        sum(part.difference_low <= 0 <= part.difference_high for part in parts), len(parts)
    )


def main() -> None:
    """Print the tables."""
    null = {}
    for agreement in AGREEMENTS:
        reports = [judge(Plan(agreement=agreement, seed=seed))[0] for seed in range(NULL_SEEDS)]
        bins, nested = count_null(reports, are_bins=True), count_null(reports, are_bins=False)
        both = Share(bins.held + nested.held, bins.of + nested.of)
        alarms = Share(sum(bool(r.way) for r in reports), len(reports))
        null[str(agreement)] = {
            "bins": bins.percent,
            "nested": nested.percent,
            "all": both.percent,
            "verdicts_wrong": alarms.percent,
        }
        print(agreement, null[str(agreement)], file=sys.stderr)
    power = {}
    for agreement in AGREEMENTS:
        for loss in LOSSES:
            found = [
                judge(Plan(agreement=agreement, miscalibration=loss, seed=seed))[1].way
                for seed in range(POWER_SEEDS)
            ]
            share = Share(sum(one == "less" for one in found), len(found))
            power[f"{agreement}, {loss}"] = share.percent
            print(agreement, loss, share.percent, file=sys.stderr)
    about = {"items": QUERIES * ANSWERS, "annotators": Plan().annotators, "draws": DRAWS}
    print(json.dumps({"about": about, "null": null, "power": power}, indent=2))


if __name__ == "__main__":
    main()
