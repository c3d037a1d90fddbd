"""What evaluators are said to do, and what the paper printed of them: sentences and tables."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import isnan, nan
from pathlib import Path

import numpy as np
import pytest

from hivemind_core.calibration import (
    BIN,
    DISAGREED,
    SIMILAR,
    PanelSlice,
    ScorerReport,
    SliceReport,
)
from hivemind_core.corpus import published_scorers
from hivemind_core.corpus.published_scorers import (
    ANNOTATIONS,
    FILE,
    FULL,
    KINDS,
    SLICES,
    average_kinds,
    read_published_agreement,
)
from hivemind_core.errors import CorpusError
from hivemind_core.evaluation import Panel, Scorer
from hivemind_core.figures.judging import (
    TITLES,
    count_values,
    draw_curve,
    find_last_bin,
    list_items,
    list_verdicts,
    name_slices,
    order_items,
    tabulate_scorers,
    tabulate_shares,
    tabulate_slices,
    tell_panel,
    tell_scorers,
    tell_slice,
    tell_votes,
)
from hivemind_core.figures.printed import (
    DISAGREEMENT,
    KIND_NAMES,
    make_curve,
    make_kind_curve,
    tabulate_printed,
    tell_kinds,
)
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.miscalibration import SliceResult, Trend
from hivemind_core.measures.votes import ShareResult
from tests.drawn import HOSTILE, TOO_FEW, make_result

NAN = nan
LESS, MORE = Trend(-0.2, -0.3, -0.1, 0.001), Trend(0.2, 0.1, 0.3, 0.001)
HEADER = "scorer,kind,annotation,slice,parameter,n,spearman\n"
SMALL = HEADER + "a,lm,absolute,full,,750,0.5\nb,lm,absolute,full,,750,0.1\n"
SMALL += "a,lm,absolute,disagreement,2,17,-0.1\nb,lm,absolute,disagreement,2,17,0.3\n"


def make_panel(labels: Floats, queries: tuple[int, ...] = (0, 0, 1), **changes: object) -> Panel:
    items = tuple((f"r{n}",) for n in range(len(labels)))
    names = tuple(f"q{n}" for n in range(max(queries, default=-1) + 1))
    panel = Panel("absolute", None, items, names, np.array(queries, np.int64), labels)
    return replace(panel, **changes)  # type: ignore[arg-type]


LABELS = np.array([[1, 5, 3], [2, 2, NAN], [4, 4, 5.0]])


def make_report(
    name: str = "judge",
    full: SliceResult | None = None,
    trend: Trend = LESS,
    verdict: str = "Agrees less.",
    higher: bool | None = True,
) -> ScorerReport:
    """Return a report over two bins, the second of too few items, and a slice of other kinds."""
    parts = (
        SliceReport(BIN, 1.0, make_result(0.5, 0.45), 0.9, 0.2),
        SliceReport(BIN, 2.0, TOO_FEW, nan),
        SliceReport(DISAGREED, 16.0, make_result(0.1, 0.4), 0.5, 0.03),
        SliceReport(SIMILAR, 0.5, make_result(0.2, 0.2), 0.6, 1.0),
    )
    scorer = Scorer(name, "lm_judge", higher)
    return ScorerReport(scorer, full or make_result(0.4), 0.3, parts, trend, trend.p, verdict)


UNDEFINED = SliceResult(30, 6, reason="the scores are all equal")


def test_a_panel_in_words() -> None:
    panel = make_panel(LABELS)
    assert tell_panel(panel, 0.5, 0.9) == (
        "3 items of 2 queries, 2 to 3 labels each; Krippendorff's alpha .50, noise ceiling .90."
    )
    alone = make_panel(LABELS[:1], (0,), left_out=1)
    assert tell_panel(alone, -0.25, 1) == (
        "1 item of 1 query, 3 labels each; Krippendorff's alpha −.25, noise ceiling 1.00; "
        "1 item with a single label left out."
    )


def test_what_is_undefined_or_made_up_is_told_of_a_panel() -> None:
    told = tell_panel(make_panel(LABELS), nan, nan)
    assert "alpha –, noise ceiling – (undefined: " in told
    assert tell_panel(make_panel(LABELS, simulated=True), 0, 0).startswith("SIMULATED. 3 items")
    nothing = tell_panel(make_panel(np.zeros((0, 0)), ()), nan, nan)
    assert nothing.startswith("0 items of 0 queries, 0 labels each; Krippendorff's alpha –")


def test_scorers_in_one_sentence_count_only_those_that_agree_less() -> None:
    reports = [
        make_report("a"),
        make_report("b", trend=MORE),
        make_report("c", trend=replace(LESS, p=0.2)),
        make_report("d", trend=Trend(), verdict="Too few items to say: no two bins."),
    ]
    assert tell_scorers(reports) == (
        "Of 4 scorers 1 agrees less with people where people disagree, beyond what range alone "
        "explains. For 1 there are too few items to say."
    )
    assert "too few" not in tell_scorers(reports[:3])


def test_a_scorer_of_no_stated_direction_that_goes_against_people_is_turned_round() -> None:
    against = make_report("against", make_result(-0.4), MORE, higher=None)
    assert (against.way, replace(against, trend=LESS).way) == ("less", "more")
    assert tell_scorers([against]).startswith("Of 1 scorer 1 agrees less")


def test_the_last_bin_is_the_most_disagreed_and_no_nested_slice() -> None:
    report = make_report()
    assert find_last_bin(report) == report.slices[1]
    assert find_last_bin(replace(report, slices=report.slices[2:])) is None


def test_verdicts_and_their_table_begin_with_the_best_and_end_with_the_undefined() -> None:
    reports = [
        make_report("undefined", UNDEFINED, Trend()),
        make_report("worst", make_result(-0.2)),
        make_report(HOSTILE, make_result(0.6)),
        replace(make_report("no bins", make_result(0.1)), slices=()),
    ]
    rows, table = list_verdicts(reports), tabulate_scorers(reports)
    assert [row["scorer"] for row in table] == [HOSTILE, "no bins", "worst", "undefined"]
    assert [row.scorer for row in rows] == [HOSTILE, "worst", "undefined"]  # no bins, no row
    assert [row.full.spearman for row in rows[:2]] == [0.6, -0.2]
    # The bin is too small, and the trend over all bins is not: it has a verdict.
    assert (rows[0].disagreed.n, rows[0].disagreed.reason) == (TOO_FEW.n, "")
    shown = rows[0].disagreed
    trend = (shown.difference, shown.difference_low, shown.difference_high, rows[0].p_adjusted)
    assert trend == (LESS.difference, LESS.low, LESS.high, LESS.p)  # which the verdict rests on
    assert rows[-1].reason == "the scores are all equal"
    assert list_verdicts([]) == []
    assert tabulate_scorers([]) == []


def test_the_table_of_scorers_has_what_is_drawn_and_nothing_for_what_is_undefined() -> None:
    reports = [make_report(), replace(make_report("b", UNDEFINED), within_query=nan)]
    first, second = tabulate_scorers(reports)
    assert first == {
        "scorer": "judge",
        "kind": "lm_judge",
        "direction": "higher is better",
        "n": 150,
        "spearman": 0.4,
        "95 % from": pytest.approx(0.3),
        "95 % to": pytest.approx(0.5),
        "within query": 0.3,
        "verdict": "Agrees less.",
    }
    assert list(second) == list(first)
    empty = [name for name, value in second.items() if value is None]
    assert empty == ["spearman", "95 % from", "95 % to", "within query"]


@pytest.mark.parametrize(
    ("higher", "told"),
    [
        (True, "higher is better"),
        (False, "lower is better: turned round"),
        (None, "not stated: shown as given"),
    ],
)
def test_the_direction_of_a_scorer_is_told(higher: bool | None, told: str) -> None:
    assert tabulate_scorers([make_report(higher=higher)])[0]["direction"] == told


def test_a_curve_has_the_slices_of_its_kind_by_name() -> None:
    report = make_report()
    curves = {kind: draw_curve(report, kind) for kind in TITLES}
    assert {curve.full.spearman for curve in curves.values()} == {0.4}
    labels = {kind: [part.label for part in curve.slices] for kind, curve in curves.items()}
    assert labels == {BIN: ["unanimous", "split"], DISAGREED: ["16 %"], SIMILAR: ["k = 0.5"]}
    assert [part.x for part in curves[BIN].slices] == [1, 2]
    assert curves[BIN].slices[1].result is TOO_FEW


def test_inner_bins_have_numbers_and_similar_pairs_per_cent() -> None:
    bins = tuple(SliceReport(BIN, float(n), make_result(), 0.9) for n in range(1, 5))
    similar = SliceReport(SIMILAR, 60.0, make_result(), 0.9)
    report = replace(make_report(), slices=(*bins, similar))
    labels = [part.label for part in draw_curve(report, BIN).slices]
    assert labels == ["unanimous", "2", "3", "split"]
    assert draw_curve(report, SIMILAR).slices[0].label == "60 %"
    assert draw_curve(replace(report, slices=()), BIN).slices == ()


def test_the_table_of_slices_has_a_row_a_slice() -> None:
    report = make_report()
    rows = tabulate_slices(report)
    assert [row["slice"] for row in rows] == [TITLES[part.kind] for part in report.slices]
    third = rows[2]
    assert (third["parameter"], third["n"], third["noise ceiling"]) == (16, 150, 0.5)
    assert (third["spearman"], third["expected"], third["p, adjusted"]) == (0.1, 0.4, 0.03)
    assert third["difference"] == pytest.approx(-0.3)
    assert third["difference from"] == pytest.approx(-0.32)
    assert third["difference to"] == pytest.approx(-0.28)
    few = {"slice": TITLES[BIN], "parameter": 2.0, "n": 12, "reason": "too few to say"}
    assert rows[1] == dict.fromkeys(third) | few


SHARES = (
    ShareResult(0.55, 0.5, 0.3, 0.7, 10),
    ShareResult(0.75, nan, nan, nan, 0),
    ShareResult(1.0, 0.9, nan, nan, 30),
)


def test_hand_worked_votes_in_words_and_as_a_table() -> None:
    other = ("other", (ShareResult(0.55, 0.7, 0.6, 0.8, 40),))
    assert tell_votes([other, (HOSTILE, SHARES), ("silent", SHARES[1:2])]) == (
        f"{HOSTILE} takes the side of most people most often, in 80 % of pairs: 50 % where people "
        "are closest (10 pairs), 90 % where they agree most (30 pairs)."
    )
    assert tell_votes([]).startswith("No scorer takes a side")
    rows = tabulate_shares([("judge", SHARES)], "side", "taken")
    first = {"scorer": "judge", "side": 0.55, "taken": 0.5, "95 % from": 0.3, "95 % to": 0.7}
    last = {"scorer": "judge", "side": 1.0, "taken": 0.9, "95 % from": None, "95 % to": None}
    assert rows == [first | {"n": 10}, last | {"n": 30}]  # the empty bin is left out


def test_items_lie_from_split_to_unanimous_and_back_with_equals_in_their_order() -> None:
    values = np.array([0.5, 0.0, 1.5, 0.5])
    assert order_items(values, is_split_first=True) == [2, 0, 3, 1]
    assert order_items(values, is_split_first=False) == [1, 0, 3, 2]
    assert order_items(np.zeros(0), is_split_first=True) == []


def test_hand_worked_list_of_items() -> None:
    panel = make_panel(LABELS)
    rows = list_items(panel, np.array([1.5, 0, 0.9]), [2, 0], ["first", HOSTILE])
    assert rows == [
        {"disagreement": 0.9, "mean": pytest.approx(13 / 3), "labels": 3, "query": HOSTILE},
        {"disagreement": 1.5, "mean": 3, "labels": 3, "query": "first"},
    ]
    assert list_items(panel, np.zeros(3), [], ["first", "second"]) == []


def test_labels_of_an_item_are_counted_over_the_values_of_the_panel() -> None:
    panel = make_panel(LABELS)
    assert count_values(panel, 0) == ([1, 2, 3, 4, 5], [1, 0, 1, 0, 1])
    assert count_values(panel, 1) == ([1, 2, 3, 4, 5], [0, 2, 0, 0, 0])


def test_the_shipped_numbers_are_all_of_the_papers() -> None:
    rows = read_published_agreement()
    assert len(rows) == 2112
    kinds = {row.scorer: row.kind for row in rows}
    assert Counter(kinds.values()) == {"lm": 56, "reward_model": 6, "lm_judge": 4}
    assert {row.annotation for row in rows} == set(ANNOTATIONS)
    assert {row.slice for row in rows} == set(SLICES)
    keys = {(row.scorer, row.annotation, row.slice, str(row.parameter)) for row in rows}
    assert len(keys) == len(rows)
    assert all(isnan(row.parameter) == (row.slice == FULL) for row in rows)
    assert all(-1 <= row.spearman <= 1 for row in rows)


def test_slices_have_the_sizes_of_the_human_files() -> None:
    sizes: dict[tuple[str, str], dict[float, int]] = {}
    for row in read_published_agreement():
        if row.slice != FULL:
            sizes.setdefault((row.annotation, row.slice), {})[row.parameter] = row.n
    entropy, tukey = sizes["absolute", "disagreement"], sizes["absolute", "similar_quality"]
    assert [entropy[p] for p in range(16, 0, -2)] == [123, 105, 90, 75, 63, 45, 30, 17]
    assert [tukey[k] for k in (3, 2.5, 2, 1.5, 1, 0.5)] == [745, 739, 731, 718, 695, 598]
    for which in ("disagreement", "similar_quality"):
        assert sizes["pairwise", which] == {p: 5 * p for p in range(95, 55, -5)}


@pytest.mark.parametrize(
    ("kind", "full", "similar", "split"),
    [
        ("lm", 0.361, 0.262, 0.008),
        ("reward_model", 0.330, 0.212, -0.018),
        ("lm_judge", 0.322, 0.176, -0.015),
    ],
)
def test_the_means_of_kinds(kind: str, full: float, similar: float, split: float) -> None:
    means = average_kinds(read_published_agreement(), "absolute")
    assert means[kind, FULL, 0.0] == pytest.approx(full, abs=6e-4)
    assert means[kind, "similar_quality", 0.5] == pytest.approx(similar, abs=6e-4)
    assert means[kind, "disagreement", 2.0] == pytest.approx(split, abs=6e-4)


def test_the_means_of_kinds_in_words() -> None:
    rows = read_published_agreement()
    told = {one: tell_kinds(average_kinds(rows, one), one) for one in ANNOTATIONS}
    begin = (
        "As printed, agreement falls from all answers to those of most similar quality: "
        f"{KIND_NAMES['lm']}"
    )
    assert told == {
        "absolute": f"{begin} from .361 to .262; reward models from .330 to .212; "
        "LM judges from .322 to .176.",
        "pairwise": f"{begin} from .409 to .237; reward models from .200 to .090; "
        "LM judges from .175 to .101.",
    }


@pytest.mark.parametrize("annotation", ANNOTATIONS)
@pytest.mark.parametrize("which", SLICES[1:])
def test_printed_curves_hold_what_the_table_holds(annotation: str, which: str) -> None:
    rows = read_published_agreement()
    table = [row for row in tabulate_printed(rows, annotation) if row["slice"] == which]
    means = average_kinds(rows, annotation)
    for scorer in ("Skywork/Skywork-Reward-Gemma-2-27B-v0.2", rows[0].scorer):
        curve = make_curve(rows, scorer, annotation, which)
        drawn = [(part.x, part.result.n, part.result.spearman) for part in curve.slices]
        own = [row for row in table if row["scorer"] == scorer]
        assert drawn == [(row["parameter"], row["n"], row["spearman"]) for row in own]
        assert len(drawn) == (6 if (annotation, which) == ("absolute", "similar_quality") else 8)
    for kind in KINDS:
        curve = make_kind_curve(rows, kind, annotation, which)
        assert curve.scorer == KIND_NAMES[kind]
        assert curve.full.spearman == means[kind, FULL, 0.0]
        points = [(part.x, part.result.n, part.result.spearman) for part in curve.slices]
        assert points == [(x, n, means[kind, which, x]) for x, n, _ in drawn]
        assert min(n for _, n, _ in points) > 0
        assert all(isnan(part.result.low) and isnan(part.ceiling) for part in curve.slices)


def test_a_scorer_that_is_not_printed_is_an_empty_curve() -> None:
    curve = make_curve(read_published_agreement(), HOSTILE, "absolute", DISAGREEMENT)
    assert (curve.scorer, curve.slices, curve.full.reason) == (HOSTILE, (), "not printed")


def test_the_printed_table_has_no_parameter_for_all_items() -> None:
    table = tabulate_printed(read_published_agreement(), "absolute")
    assert len(table) == 66 * 15
    assert {row["parameter"] is None for row in table if row["slice"] == FULL} == {True}
    assert {row["parameter"] is None for row in table if row["slice"] != FULL} == {False}


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let a file of four numbers be the one that ships."""
    path = tmp_path / Path(FILE).name
    path.write_text(SMALL, encoding="utf-8")
    monkeypatch.setattr(published_scorers, "find_shipped", lambda name: path)
    read_published_agreement.cache_clear()
    yield path
    read_published_agreement.cache_clear()


@pytest.mark.usefixtures("shipped")
def test_hand_worked_means_of_a_small_file() -> None:
    means = average_kinds(read_published_agreement(), "absolute")
    assert means == {
        ("lm", FULL, 0.0): pytest.approx(0.3),
        ("lm", "disagreement", 2.0): pytest.approx(0.1),
    }
    assert average_kinds(read_published_agreement(), "pairwise") == {}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",750,0.1\n", ",750,high\n", "line 3: a row must hold .* found .*high"),
        (",750,0.1\n", ",some,0.1\n", "line 3: a row must hold .* found .*some"),
        (",2,17,-0.1", ",two,17,-0.1", "line 4: a row must hold .* found .*two"),
        (",750,0.1\n", "\n", "line 3: a row must hold"),
        ("spearman", "rho", "line 2: a row must hold .* found .*spearman"),
    ],
)
def test_a_damaged_row_is_named(shipped: Path, old: str, new: str, message: str) -> None:
    assert old in SMALL
    shipped.write_text(SMALL.replace(old, new), encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"{shipped.name}, {message}.*Install"):
        read_published_agreement()


def test_a_missing_or_unreadable_file_is_named(shipped: Path) -> None:
    shipped.write_bytes(HEADER.encode() + b"\xff")
    with pytest.raises(CorpusError, match=r"readable table; found UnicodeDecodeError.*Install"):
        read_published_agreement()
    shipped.unlink()
    with pytest.raises(CorpusError, match=r"readable table; found FileNotFoundError.*Install"):
        read_published_agreement()


def test_slices_are_named_with_their_items() -> None:
    masks = np.eye(3, dtype=bool)
    slices = [
        PanelSlice(BIN, 1.0, masks[0], nan),
        PanelSlice(BIN, 2.0, masks[1] | masks[2], nan),
        PanelSlice(DISAGREED, 16.0, masks[2], nan),
        PanelSlice(SIMILAR, 0.5, masks[0], nan),
        PanelSlice(SIMILAR, 95.0, masks[0], nan),
    ]
    assert name_slices(slices) == [
        "Bin 1 of 2, unanimous (1 item)",
        "Bin 2 of 2, split (2 items)",
        "Most disagreed, 16 % (1 item)",
        "Similar quality, k = 0.5 (1 item)",
        "Similar quality, 95 % (1 item)",
    ]
    assert name_slices([]) == []


def test_a_slice_is_told_with_what_range_alone_would_give() -> None:
    result = SliceResult(
        n=40,
        queries=8,
        spearman=0.31,
        low=0.2,
        high=0.4,
        expected=0.49,
        difference=-0.18,
        difference_low=-0.27,
        difference_high=-0.09,
    )
    part = SliceReport(BIN, 5, result, 0.8, 0.012)
    assert tell_slice("Bin 5 of 5, split (40 items)", part) == (
        "Bin 5 of 5, split (40 items): rho .31 [.20 to .40], where range alone would give .49: a "
        "difference of −.18 [−.27 to −.09], p .012."
    )
    assert tell_slice("x", replace(part, p_adjusted=0.0004)).endswith("], p < .001.")
    bare = SliceReport(BIN, 1, SliceResult(3, 1, reason="too few items"), float("nan"))
    assert tell_slice("Bin 1", bare) == "Bin 1: too few items."
