"""Made-up panels: what is planted is found, and where nothing is planted, nothing is."""

from collections.abc import Sequence

import numpy as np
import pytest

from hivemind_core.calibration import BIN, ScorerReport, calibrate, describe_reports
from hivemind_core.evaluation import Panel
from hivemind_core.measures.disagreement import measure_entropy, measure_reliability
from hivemind_core.measures.spearman import correlate
from hivemind_core.simulation import Plan, draw_labels, simulate_panel

DRAWS = 200
SEEDS = 60


def make_panel(plan: Plan, queries: int = 50, each: int = 15) -> Panel:
    places = np.repeat(np.arange(queries), each)
    items = [(f"r{n:04}",) for n in range(len(places))]
    return simulate_panel(items, places, [f"q{n:03}" for n in range(queries)], plan)


def judge(seeds: Sequence[int], miscalibration: float) -> list[tuple[ScorerReport, ScorerReport]]:
    """Return the reports of the steady and of the miscalibrated scorer, a panel a seed."""
    found = []
    for seed in seeds:
        panel = make_panel(Plan(miscalibration=miscalibration, seed=seed))
        steady, drifting = calibrate(panel, draws=DRAWS, seed=seed)
        found.append((steady, drifting))
    return found


def find_last_differences(reports: Sequence[ScorerReport]) -> list[float]:
    bins = [[part for part in report.slices if part.kind == BIN] for report in reports]
    return [parts[-1].result.difference for parts in bins]


def test_everything_is_marked_as_simulated() -> None:
    panel = make_panel(Plan(annotators=5))
    assert panel.simulated
    assert describe_reports(panel, "c", ())["simulated"] is True
    for scorer in panel.scores:
        assert "simulated" in scorer.name
        assert scorer.kind == "simulated"
        assert scorer.higher_is_better is True


def test_labels_are_whole_numbers_from_one_to_five_of_every_annotator() -> None:
    panel = make_panel(Plan(annotators=7), queries=3, each=4)
    assert panel.labels.shape == (12, 7)
    assert set(np.unique(panel.labels)) <= {1, 2, 3, 4, 5}
    extremes = draw_labels(np.array([-99.0, 99]), 4, np.random.default_rng(0))
    assert extremes.tolist() == [[1] * 4, [5] * 4]
    assert draw_labels(np.zeros(0), 4, np.random.default_rng(0)).shape == (0, 4)
    assert draw_labels(np.zeros(2), 0, np.random.default_rng(0)).shape == (2, 0)


def test_mean_ratings_follow_quality_and_items_differ_in_disagreement() -> None:
    rng = np.random.default_rng(0)
    quality = rng.normal(size=750)
    labels = draw_labels(quality, 25, rng)
    assert correlate(quality, labels.mean(axis=1)) > 0.9
    assert 0.85 < measure_reliability(labels) < 1
    assert np.ptp(measure_entropy(labels)) > 1


def test_a_plan_repeats_and_its_seed_matters() -> None:
    first, again, other = (make_panel(Plan(seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.labels, again.labels)
    for scorer, values in first.scores.items():
        assert np.array_equal(values, again.scores[scorer])
    assert not np.array_equal(first.labels, other.labels)


def test_miscalibration_touches_neither_people_nor_the_steady_scorer() -> None:
    none, some = make_panel(Plan()), make_panel(Plan(miscalibration=0.9))
    steady, drifting = none.scores
    assert np.array_equal(none.labels, some.labels)
    assert np.array_equal(none.scores[steady], some.scores[steady])
    assert not np.array_equal(none.scores[drifting], some.scores[drifting])


@pytest.mark.parametrize("agreement", [0.0, 0.45, 0.9])
def test_planted_agreement_comes_back_but_for_the_noise_of_people(agreement: float) -> None:
    panel = make_panel(Plan(agreement=agreement), queries=400)
    ceiling = np.sqrt(measure_reliability(panel.labels))
    for scores in panel.scores.values():
        found = np.corrcoef(scores, panel.means)[0, 1]
        assert found == pytest.approx(agreement * ceiling, abs=0.03)


def test_answers_to_one_query_share_some_quality() -> None:
    panel = make_panel(Plan(), queries=400)
    between = panel.means.reshape(400, 15).mean(axis=1).var()
    shuffled = np.random.default_rng(0).permutation(panel.means).reshape(400, 15)
    assert between > 1.5 * shuffled.mean(axis=1).var()


@pytest.mark.parametrize(("queries", "each"), [(0, 0), (1, 1), (4, 0)])
def test_panels_of_next_to_nothing(queries: int, each: int) -> None:
    panel = make_panel(Plan(), queries, each)
    assert len(panel) == queries * each
    assert panel.labels.shape == (len(panel), 25)
    assert all(len(values) == len(panel) for values in panel.scores.values())


def test_a_steady_scorer_is_within_its_interval_in_nineteen_of_twenty_slices() -> None:
    reports = [steady for steady, _ in judge(range(SEEDS), 0)]
    results = [part.result for steady in reports for part in steady.slices]
    held = [r for r in results if not r.reason]
    assert len(held) > 0.9 * len(results)
    null = [r.difference_low <= 0 <= r.difference_high for r in held]
    assert 0.90 <= np.mean(null) <= 0.99
    assert abs(np.mean([r.difference for r in held])) < 0.02
    assert np.mean([report.way != "" for report in reports]) < 0.12


def test_planted_miscalibration_is_found_on_average() -> None:
    reports = judge(range(20), 1)
    steady, drifting = (find_last_differences([pair[n] for pair in reports]) for n in (0, 1))
    assert np.mean(steady) == pytest.approx(0, abs=0.04)
    assert np.mean(drifting) + 4 * np.std(drifting) / np.sqrt(len(drifting)) < 0
    assert np.mean(drifting) < -0.08
    assert np.mean([pair[1].way == "less" for pair in reports]) > 0.5


def test_more_miscalibration_makes_a_larger_difference() -> None:
    drifting = [[pair[1] for pair in judge(range(8), share)] for share in (0.0, 0.5, 1.0)]
    none, half, full = (np.mean(find_last_differences(reports)) for reports in drifting)
    assert none > half > full
