"""What points are coloured by: which entry, which ink, which number."""

import numpy as np
import pytest

from hivemind_core.corpus.identity import Source, name_sources
from hivemind_core.figures.coloring import (
    Paint,
    Scale,
    bound_values,
    choose_ticks,
    count_decimals,
    paint_families,
    paint_numbered,
    paint_sources,
    paint_strategies,
    place_values,
    scale_lengths,
    scale_scores,
)
from hivemind_core.figures.density import CELLS, count_density
from hivemind_core.figures.palette import (
    CLUSTERS_WITH_HUE,
    DARK,
    HUMAN_SYMBOL,
    LIGHT,
    WITHHELD_SYMBOL,
    Ground,
    Ink,
    assign_inks,
    ink_families,
    mix,
)

KNOWN = name_sources(
    [
        ("gpt-4o", None),
        ("gpt-4o-mini", None),
        ("olmo2-7b", "plain"),
        ("olmo2-7b", "random"),
        ("human", None),
        (None, None),
    ]
)
INKS = assign_inks(KNOWN, LIGHT)


def read(paint: Paint) -> list[str]:
    """Return the name that each point has."""
    return [paint.names[code] for code in paint.codes]


def test_sources_are_in_order_with_people_last() -> None:
    sources = ("human", "olmo2-7b · plain", "gpt-4o", "human")
    paint = paint_sources(sources, INKS)
    assert paint.names == ("gpt-4o", "olmo2-7b · plain", "human")
    assert paint.codes.tolist() == [2, 1, 0, 2]
    assert paint.inks == tuple(INKS[name] for name in paint.names)


def test_a_source_that_is_not_known_is_not_lost() -> None:
    sources = ("renamed since", "gpt-4o")
    paints = [
        paint_sources(sources, INKS),
        paint_families(sources, KNOWN, INKS, LIGHT),
        paint_strategies(sources, KNOWN, LIGHT),
    ]
    assert [read(paint)[0] for paint in paints] == ["renamed since", "not known", "not known"]
    assert all(len(set(paint.codes.tolist())) == 2 for paint in paints)


def test_families_have_their_hue_and_people_and_withheld_models_stand_apart() -> None:
    sources = ("gpt-4o", "gpt-4o-mini", "olmo2-7b · random", "human", "unknown", "gpt-4o")
    paint = paint_families(sources, KNOWN, INKS, LIGHT)
    assert paint.names == ("gpt", "olmo", "withheld model", "people")
    assert read(paint) == ["gpt", "gpt", "olmo", "people", "withheld model", "gpt"]
    gpt, olmo, withheld, people = paint.inks
    assert (gpt.color, olmo.color) == ("#D55E00", "#009E73")
    assert gpt.symbol != olmo.symbol
    assert (people, withheld) == (INKS["human"], INKS["unknown"])
    assert (people.symbol, withheld.symbol) == (HUMAN_SYMBOL, WITHHELD_SYMBOL)


def test_the_ink_of_a_family_does_not_depend_on_what_is_shown() -> None:
    whole = paint_families([s.name for s in KNOWN], KNOWN, INKS, LIGHT)
    part = paint_families(["olmo2-7b · plain"], KNOWN, INKS, LIGHT)
    assert part.names == ("olmo",)
    assert part.inks[0] == dict(zip(whole.names, whole.inks, strict=True))["olmo"]


def test_a_family_that_is_called_people_is_not_people() -> None:
    known = [Source("people-1", "people-1", None), Source("human", "human", None)]
    paint = paint_families(["human", "people-1"], known, assign_inks(known, LIGHT), LIGHT)
    assert paint.names == ("people", "people")
    assert paint.codes.tolist() == [1, 0]


def test_more_families_than_hues_differ() -> None:
    known = name_sources([(f"{letter}family-1", None) for letter in "abcdefghijklmnopqrstu"])
    inks = ink_families(known, LIGHT)
    assert len(set(inks.values())) == len(inks) == 21
    assert len({ink.symbol for ink in list(inks.values())[:7]}) == 7


def test_models_of_different_families_differ_in_symbol_too() -> None:
    known = name_sources([(name, None) for name in ("gpt-4o", "gemini-1.5", "claude-3", "olmo-2")])
    assert len({ink.symbol for ink in assign_inks(known, LIGHT).values()}) == 4


def test_strategies_have_their_own_ink_and_none_is_neutral() -> None:
    sources = ("olmo2-7b · plain", "olmo2-7b · random", "gpt-4o", "human", "unknown")
    paint = paint_strategies(sources, KNOWN, DARK)
    assert paint.names == ("plain", "random", "no strategy", "people")
    assert read(paint) == ["plain", "random", "no strategy", "people", "no strategy"]
    assert len({ink.color for ink in paint.inks[:2]}) == 2
    assert len({ink.symbol for ink in paint.inks[:2]}) == 2
    assert paint.inks[2:] == (Ink(DARK.muted), Ink(DARK.muted, HUMAN_SYMBOL))


def test_clusters_and_groups_are_numbered_from_one() -> None:
    labels = np.array([0, 6, 7, 40, -1, -1, 0], dtype=np.int32)
    paint = paint_numbered(labels, "group", "said once", LIGHT)
    assert paint.names == ("group 1", "group 7", "smaller groups", "said once")
    assert paint.codes.tolist() == [0, 1, 2, 2, 3, 3, 0]
    assert labels.tolist() == [0, 6, 7, 40, -1, -1, 0]
    assert paint.inks[2:] == (Ink(LIGHT.muted), Ink(LIGHT.muted, "circle-open"))


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_the_first_clusters_differ_in_colour_and_in_symbol(ground: Ground) -> None:
    inks = paint_numbered(np.arange(CLUSTERS_WITH_HUE), "cluster", "none", ground).inks
    assert len({ink.color for ink in inks}) == CLUSTERS_WITH_HUE
    assert len({ink.symbol for ink in inks}) == CLUSTERS_WITH_HUE


def test_no_points_have_no_entries() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    for paint in (
        paint_sources((), INKS),
        paint_families((), KNOWN, INKS, LIGHT),
        paint_strategies((), KNOWN, LIGHT),
        paint_numbered(nothing, "cluster", "none", LIGHT),
    ):
        assert (paint.names, paint.inks, len(paint.codes)) == ((), (), 0)
        assert paint.codes.dtype == np.int64
    assert len(scale_lengths(nothing).values) == 0


def test_lengths_lie_by_their_logarithm_and_empty_ones_with_the_shortest() -> None:
    scale = scale_lengths(np.array([100, 1000, 0, -1]))
    assert (scale.title, scale.is_log, scale.missing) == ("characters", True, "not known")
    assert place_values(scale) == pytest.approx([2, 3, 2, np.nan], nan_ok=True)
    assert place_values(scale_lengths(np.array([0, 0]))).tolist() == [0, 0]


def test_scores_lie_where_they_are_and_infinite_ones_are_not_scored() -> None:
    scale = scale_scores([1, 2.5, np.inf, -np.inf, np.nan], "quality")
    assert (scale.title, scale.is_log, scale.missing) == ("quality", False, "not scored")
    expected = [1, 2.5, np.nan, np.nan, np.nan]
    assert place_values(scale) == pytest.approx(expected, nan_ok=True)
    by_hand = Scale("quality", np.array([1, np.inf, -np.inf, 1e308]), is_log=True)
    assert place_values(by_hand) == pytest.approx([0, np.nan, np.nan, np.nan], nan_ok=True)


def test_both_ends_of_numbers() -> None:
    assert bound_values(np.array([3, np.nan, -1])) == (-1, 3)
    assert bound_values(np.array([2.0, 2.0])) == (1.5, 2.5)
    assert bound_values(np.array([np.nan])) == (0, 1)
    assert bound_values(np.zeros(0)) == (0, 1)


@pytest.mark.parametrize(
    ("low", "high", "is_log", "words"),
    [
        (2, 4, True, ["100", "1,000", "10,000"]),
        (1.5, 3.6, True, ["100", "300", "1,000", "3,000"]),
        (0, 9, True, ["1", "100", "10,000", "1,000,000", "100,000,000"]),
        (1, 10, False, ["2", "4", "6", "8", "10"]),
        (0, 1, False, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (-0.002, 0.003, False, ["-0.002", "-0.001", "0", "0.001", "0.002", "0.003"]),
        (0, 5000, False, ["0", "1,000", "2,000", "3,000", "4,000", "5,000"]),
    ],
)
def test_ticks_are_few_and_round(low: float, high: float, is_log: bool, words: list[str]) -> None:
    ticks = choose_ticks(low, high, is_log=is_log)
    assert [text for _, text in ticks] == words
    assert all(low - 1e-9 <= place <= high + 1e-9 for place, _ in ticks)


@pytest.mark.parametrize("low", [-7.0, -0.3, 0.0, 2.2, 1e6])
@pytest.mark.parametrize("width", [1e-9, 0.01, 0.3, 1.0, 7.7, 300.0])
@pytest.mark.parametrize("is_log", [False, True])
def test_there_are_one_to_six_ticks_that_differ(low: float, width: float, is_log: bool) -> None:
    if is_log:  # beyond 307 no floating-point number has that logarithm
        low = min(low, 5.0)
    ticks = choose_ticks(low, low + width, is_log=is_log)
    assert 1 <= len(ticks) <= 6
    assert len({place for place, _ in ticks}) == len(ticks)


def test_numbers_without_a_range_have_no_ticks() -> None:
    assert choose_ticks(1, 1, is_log=False) == []
    assert choose_ticks(-1e308, 1e308, is_log=False) == []


def test_decimals_tell_a_hundredth_of_the_range() -> None:
    assert [count_decimals(width) for width in (0, 0.05, 1, 9, 50, 4000)] == [2, 4, 2, 2, 1, 0]


def measure_luminance(color: str) -> float:
    """Return the relative luminance of #rrggbb, as WCAG defines it."""
    parts = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_numbers_stand_out_from_the_paper_more_the_higher_they_are(ground: Ground) -> None:
    paper = measure_luminance(ground.paper)
    pairs = [sorted((paper, measure_luminance(color))) for color in ground.ramp]
    contrasts = [(high + 0.05) / (low + 0.05) for low, high in pairs]
    assert contrasts[0] > 2
    assert contrasts == sorted(contrasts)


def test_mixing() -> None:
    assert mix("#000000", "#FFFFFF", 0) == "#000000"
    assert mix("#FF0000", "#0000FF", 0.5) == "#800080"
    assert mix("#FF0000", "#0000FF", 1) == "#0000FF"


def test_the_density_of_a_few_places() -> None:
    places = np.array([[0.0, 0.0], [0.001, 0.0], [1.0, 0.0], [0.0, 0.5]])
    density = count_density(places, 1.0)
    assert density.step == 1 / CELLS
    assert density.counts[0, 0] == 2
    assert density.counts[0, -1] == density.counts[-1, 0] == 1
    assert density.counts.shape == (CELLS // 2 + 1, CELLS + 1)
    assert density.corner == pytest.approx((density.step / 2, density.step / 2))


def test_a_density_loses_nothing_and_lies_over_its_places() -> None:
    places = np.random.default_rng(0).normal(size=(500, 2))
    density = count_density(places, float(np.ptp(places, axis=0).max()))
    assert density.counts.sum() == 500
    rows, columns = np.nonzero(density.counts)
    middles = np.column_stack([columns, rows]) * density.step + density.corner
    nearest = np.abs(middles[:, None] - places[None]).max(axis=2).min(axis=1)
    assert nearest.max() <= density.step / 2 + 1e-9


def test_the_density_of_no_places_and_of_one_spot() -> None:
    assert count_density(np.zeros((0, 2)), 1.0).counts.tolist() == [[0]]
    assert count_density(np.ones((4, 2)), 1.0).counts.tolist() == [[4]]
