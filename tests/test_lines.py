"""Lines of scorers: their inks, and where their names stand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from hivemind_core.figures.lines import spread
from hivemind_core.figures.palette import LIGHT
from tests.drawn import draw, find, make_curve


def test_a_scorer_without_an_ink_is_neutral_beside_others_and_the_accent_alone() -> None:
    alone, beside = draw(make_curve("c")), draw(make_curve("c"), make_curve("b"))
    assert find(alone, "c").line.color == LIGHT.accent
    assert find(beside, "c").line.color == LIGHT.muted


def test_names_at_the_right_do_not_cover_each_other() -> None:
    figure = draw(*[make_curve(f"s{i}", 0.3, 0.2 + i / 1000) for i in range(8)])
    layout = figure.layout
    inner = layout.height - layout.margin.t - layout.margin.b
    low, high = layout.yaxis.range
    places = sorted((each.y - low) / (high - low) * inner for each in layout.annotations)
    assert len(places) == 8
    assert min(np.diff(places)) >= 16
    assert places[0] > 0
    assert places[-1] < inner


def test_labels_that_would_cover_each_other_part_by_as_little_as_they_can() -> None:
    # Two of height 2 that both want 5 stand at 4 and 6; a third that wants 9 is not in their way.
    places = spread(np.array([5.0, 9.0, 5.0]), np.full(3, 2.0), 0, 20)
    assert places == pytest.approx([4, 9, 6])
    assert spread(np.array([0.0, 0.0]), np.full(2, 2.0), 0, 20) == pytest.approx([1, 3])
    assert spread(np.array([20.0]), np.array([4.0]), 0, 20) == pytest.approx([18])
    assert len(spread(np.zeros(0), np.zeros(0), 0, 20)) == 0


@given(some.lists(some.tuples(some.floats(-1, 21), some.floats(0.1, 1)), min_size=1, max_size=12))
def test_labels_keep_their_order_and_their_room(labels: list[tuple[float, float]]) -> None:
    wanted, heights = (np.array(each) for each in zip(*labels, strict=True))
    places = spread(wanted, heights, 0, 20)
    order = np.argsort(places)
    gaps = np.diff(places[order]) - (heights[order][1:] + heights[order][:-1]) / 2
    assert (gaps > -1e-9).all()
    assert (np.diff(wanted[order]) >= 0).all()
    assert (places - heights / 2 > -1e-9).all()
    assert (places + heights / 2 < 20 + 1e-9).all()
