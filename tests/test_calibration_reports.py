"""Reports of scorers against people: slices, adjustment, verdicts and the JSON object."""

import json
from dataclasses import replace
from math import isnan, nan, sqrt

import numpy as np
import pytest
from scipy.stats import false_discovery_control, spearmanr

from hivemind_core.calibration import (
    BIN,
    DISAGREED,
    DISAGREEMENTS,
    SIMILAR,
    ScorerReport,
    calibrate,
    describe_reports,
    find_ceiling,
    find_way,
    list_slices,
    tell_verdict,
)
from hivemind_core.evaluation import Panel, Scorer
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.miscalibration import TOO_FEW, SliceResult, Trend, expect_agreement
from hivemind_core.measures.slices import PAIRWISE_PERCENT, TOP_PERCENT, TUKEY
from hivemind_core.simulation import Plan, simulate_panel

DRAWS = 100
HTML = "<img src=x onerror=alert(1)> [s](http://example.com)"
SLICE_KEYS = (
    "slice parameter n spearman ci95 expected null95 ceiling "
    "difference difference_ci95 p_adjusted reason"
)


def make_panel(queries: int = 20, each: int = 15, annotators: int = 9) -> Panel:
    places = np.repeat(np.arange(queries), each)
    items = [(str(n),) for n in range(len(places))]
    plan = Plan(annotators, miscalibration=0.8)
    return simulate_panel(items, places, [f"q{n:03}" for n in range(queries)], plan)


def report_on(panel: Panel, **scores: Floats) -> list[ScorerReport]:
    named = {Scorer(name, "lm_judge", True): values for name, values in scores.items()}
    panel = replace(panel, scores=dict(panel.scores) | named)
    return list(calibrate(panel, list(named), draws=DRAWS))


def draw_scores(panel: Panel, seed: int = 0) -> Floats:
    return panel.means + np.random.default_rng(seed).normal(size=len(panel))


def test_slices_of_ratings_are_bins_then_the_nested_ones() -> None:
    panel = make_panel()
    slices = list_slices(panel, bins=4)
    assert [(part.kind, part.parameter) for part in slices] == [
        *((BIN, float(n)) for n in range(1, 5)),
        *((DISAGREED, p) for p in TOP_PERCENT),
        *((SIMILAR, k) for k in TUKEY),
    ]
    assert (np.sum([part.mask for part in slices[:4]], axis=0) == 1).all()
    assert slices[3].ceiling == find_ceiling(panel.labels[slices[3].mask])


def test_slices_of_pairs_have_the_sizes_of_the_paper() -> None:
    # Preferences are each -2 to 2 with equal chance.
    labels = np.random.default_rng(0).integers(-2, 3, (500, 25)).astype(np.float64)
    panel = replace(make_panel(50, 10), annotation="pairwise", labels=labels)
    parts = [part for part in list_slices(panel) if part.kind != BIN]
    assert [part.kind for part in parts] == [DISAGREED] * 8 + [SIMILAR] * 8
    assert [part.parameter for part in parts] == [*PAIRWISE_PERCENT] * 2
    assert [part.mask.sum() for part in parts] == [475, 450, 425, 400, 375, 350, 325, 300] * 2


@pytest.mark.parametrize("how", DISAGREEMENTS)
def test_the_order_of_annotators_changes_no_slice(how: str) -> None:
    panel = make_panel(annotators=7)
    turned = replace(panel, labels=panel.labels[:, ::-1])
    for plain, other in zip(list_slices(panel, 5, how), list_slices(turned, 5, how), strict=True):
        assert np.array_equal(plain.mask, other.mask)


def test_hand_worked_ceiling() -> None:
    assert find_ceiling(np.array([[1.0, 3], [3, 5], [2, 2]])) == pytest.approx(sqrt(0.5))
    assert np.isnan([find_ceiling(np.eye(2)), find_ceiling(np.zeros((0, 0)))]).all()


def test_scores_missing_for_part_of_the_items() -> None:
    panel = make_panel()
    whole = draw_scores(panel)
    held = np.random.default_rng(1).random(len(panel)) < 0.7
    full, part = report_on(panel, whole=whole, part=np.where(held, whole, nan))
    assert (full.full.n, part.full.n) == (300, int(held.sum()))
    rho = spearmanr(whole[held], panel.means[held]).statistic
    assert part.full.spearman == pytest.approx(rho)
    for place, found in zip(list_slices(panel), part.slices, strict=True):
        own = place.mask & held
        assert found.result.n == own.sum()
        ratio = np.array([panel.means[own].std() / panel.means[held].std()])
        expected = nan if found.result.reason else expect_agreement(rho, ratio)[0]
        assert found.result.expected == pytest.approx(expected, nan_ok=True)


def test_a_seed_repeats_and_moves_only_what_is_drawn() -> None:
    panel = make_panel()
    first, again, other = (calibrate(panel, draws=DRAWS, seed=seed) for seed in (3, 3, 4))
    assert repr(first) == repr(again)
    for a, b in zip(first[0].slices, other[0].slices, strict=True):
        assert a.result.spearman == pytest.approx(b.result.spearman, nan_ok=True)
    assert first[0].full.low != other[0].full.low


def test_p_is_adjusted_over_all_scorers_bins_and_nested_slices_apart() -> None:
    every = [part for report in calibrate(make_panel(), draws=DRAWS) for part in report.slices]
    for is_bin in (True, False):
        own = [r for r in every if (r.kind == BIN) == is_bin and not r.result.reason]
        p = [r.result.p for r in own]
        assert [r.p_adjusted for r in own] == pytest.approx(false_discovery_control(p))


def test_constant_and_too_few_scores_are_nan_with_a_reason() -> None:
    panel = make_panel()
    few = np.where(panel.queries < 4, draw_scores(panel), nan)
    flat, rare = report_on(panel, flat=np.full(len(panel), 0.1), rare=few)
    assert (flat.full.reason, flat.full.n) == ("the scores are all equal", 300)
    assert (rare.full.reason, rare.full.n, rare.full.queries) == (TOO_FEW, 60, 4)
    for report in (flat, rare):
        assert all(part.result.reason and isnan(part.result.spearman) for part in report.slices)
        assert np.isnan([report.trend_p, *(part.p_adjusted for part in report.slices)]).all()


@pytest.mark.parametrize(("queries", "each"), [(0, 0), (1, 40), (40, 0)])
def test_no_item_or_one_query_is_too_few(queries: int, each: int) -> None:
    panel = make_panel(queries, each)
    reports = calibrate(panel, draws=DRAWS)
    for report in reports:
        assert (report.full.n, report.full.reason) == (queries * each, TOO_FEW)
        assert report.verdict.startswith("Too few items to say")
    json.dumps(describe_reports(panel, "c", reports), allow_nan=False)


LESS = "less where people disagree, beyond what range alone explains "
MORE = "more where people disagree, beyond what range alone explains "
FOR, AGAINST = SliceResult(300, 20, 0.4), SliceResult(300, 20, -0.4)
RISE, FALL = Trend(0.2, 0.1, 0.304), Trend(-0.2, -0.304, -0.1)


@pytest.mark.parametrize(
    ("higher", "full", "trend", "p", "way", "verdict"),
    [
        (True, FOR, FALL, 0.049, "less", f"Agrees {LESS}(change −.20 [−.30, −.10])."),
        (True, FOR, RISE, 0.01, "more", f"Agrees {MORE}(change .20 [.10, .30])."),
        (False, AGAINST, Trend(-1.1, -1.2, -1), 0, "less", f"Agrees {LESS}(change −1.10 [−1.2"),
        (None, FOR, FALL, 0.01, "less", f"Is related to people {LESS}(change −.20 [−.30, −.10])."),
        (None, AGAINST, FALL, 0.01, "more", f"Is related to people {MORE}(change .20 [.10, .30])."),
        (None, AGAINST, RISE, 0.01, "less", f"Is related to people {LESS}(change −.20 [−.30, −."),
        (True, FOR, FALL, 0.05, "", f"No sign that it agrees {LESS}(change −.20 [−.30, −.10])."),
        (None, AGAINST, RISE, 0.9, "", f"No sign that it is related to people {LESS}(change −.20"),
        (
            True,
            FOR,
            Trend(-0.001, -0.1, 0),
            1,
            "",
            f"No sign that it agrees {LESS}(change .00 [−.1",
        ),
        (
            True,
            FOR,
            Trend(),
            nan,
            "",
            "Too few items to say: no two bins of disagreement are large enough.",
        ),
        (True, SliceResult(9, 9, reason="no luck"), Trend(), nan, "", "Nothing to say: no luck."),
        (
            True,
            SliceResult(300, 20, 0.01, -0.1, 0.12),
            FALL,
            0.01,
            "",
            "Is not clearly related to people at all (rho .01 [−.10, .12]).",
        ),
    ],
)
def test_the_verdict_is_that_of_the_trend(
    higher: bool | None, full: SliceResult, trend: Trend, p: float, way: str, verdict: str
) -> None:
    scorer = Scorer("s", "lm", higher)
    assert tell_verdict(scorer, full, trend, p).startswith(verdict)
    assert find_way(scorer, full, trend, p) == way


def test_the_trend_is_over_the_bins_that_can_be_judged_and_adjusted_over_scorers() -> None:
    panel = make_panel()
    scores, more = draw_scores(panel), draw_scores(panel, 1)
    part = np.where(list_slices(panel)[0].mask, scores, nan)
    whole, other, one_bin = report_on(panel, whole=scores, other=more, part=part)
    differences = [part.result.difference for part in whole.slices[:5]]
    slope = np.polyfit(np.arange(5.0), differences, 1)[0]
    assert whole.trend.difference == pytest.approx(4 * slope)
    p = [whole.trend.p, other.trend.p]
    assert [whole.trend_p, other.trend_p] == pytest.approx(false_discovery_control(p))
    assert one_bin.verdict.startswith("Too few items to say: no two bins")


def test_described_reports_are_json_with_the_keys_of_the_command() -> None:
    panel = make_panel(annotators=4)
    reports = report_on(panel, **{HTML: draw_scores(panel), "flat": np.zeros(len(panel))})
    described = describe_reports(replace(panel, left_out=2), "corpus", reports)
    told = json.loads(json.dumps(described, allow_nan=False))
    assert {"corpus", "annotation", "criterion", "items", "disagreement", "scorers"} <= set(told)
    assert (told["items"], told["left_out"], told["simulated"]) == (300, 2, True)
    found, flat = told["scorers"][HTML], told["scorers"]["flat"]
    assert list(found) == ["kind", "higher_is_better", "full", "verdict", "trend", "slices"]
    assert list(found["trend"]) == ["difference", "ci95", "p_adjusted"]
    assert list(found["full"]) == ["n", "spearman", "ci95", "within_query"]
    assert {" ".join(part) for part in found["slices"]} == {SLICE_KEYS}
    first, none = found["slices"][0], flat["slices"][0]
    result = reports[0].slices[0].result
    assert first["null95"] == [result.null_low, result.null_high]
    assert found["full"]["within_query"] == reports[0].within_query != result.spearman
    assert (first["reason"], none["difference"], none["null95"]) == (None, None, None)
    undefined = {"n": 300, "reason": "the scores are all equal"}
    assert flat["full"] == dict.fromkeys(found["full"]) | undefined
