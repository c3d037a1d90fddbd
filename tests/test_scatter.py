"""Rated items as points: what each tells and reports, how it is moved, and its colour."""

from dataclasses import replace
from math import nan

import numpy as np
import pytest

from hivemind_core.figures.palette import DARK, LIGHT, Ground
from hivemind_core.figures.scatter import ItemPoints, describe_scatter, draw_scatter
from tests.drawn import TITLES, make_points


def test_no_items_give_an_empty_panel() -> None:
    none = make_points(0)
    assert draw_scatter(none, TITLES, LIGHT).layout.height > 0
    assert describe_scatter(none, TITLES) == "No item has both a score and a mean rating."


def test_a_point_reports_its_row_and_tells_its_true_mean() -> None:
    points = ItemPoints(
        np.array([0.5, 2.5]), np.array([3.0, 4.0]), np.array([0.2, 1.4]), np.array([7, 40])
    )
    (trace,) = draw_scatter(points, TITLES, LIGHT).data
    assert trace.customdata == ([7], [40])
    assert isinstance(trace.customdata[0], list)
    assert [float(text) for text in trace.text] == [3.0, 4.0]
    assert trace.y.tolist() == [0.5, 2.5]
    assert trace.marker.color.tolist() == [0.2, 1.4]
    assert trace.hovertemplate.startswith("mean rating %{text:.2f}<br>score %{y")


@pytest.mark.parametrize("step", [1.0, 0.5])
def test_equal_means_are_moved_apart_a_little_and_always_alike(step: float) -> None:
    count = 200
    points = ItemPoints(
        np.zeros(count), np.full(count, 3.0), np.ones(count), np.arange(count), step
    )
    (trace,) = draw_scatter(points, TITLES, LIGHT).data
    assert np.abs(trace.x - 3).max() <= 0.04 * step + 1e-9
    assert len(set(trace.x.tolist())) > 190
    # Of a part of the items, each stands where it stood.
    kept = {
        name: getattr(points, name)[50:] for name in ("scores", "means", "disagreement", "rows")
    }
    part = replace(points, **kept)
    assert draw_scatter(part, TITLES, LIGHT).data[0].x.tolist() == trace.x[50:].tolist()


@pytest.mark.parametrize("n, kind", [(3000, "scatter"), (3001, "scattergl")])
def test_a_selection_leaves_the_looks_alone(n: int, kind: str) -> None:
    figure = draw_scatter(make_points(n), TITLES, LIGHT)
    (trace,) = figure.data
    assert trace.type == kind
    assert trace.selected.marker.to_plotly_json() == trace.unselected.marker.to_plotly_json()
    shown = trace.selected.marker.opacity * (trace.marker.opacity if n > 3000 else 1)
    assert shown == trace.marker.opacity
    assert figure.layout.clickmode == "event+select"
    assert figure.layout.dragmode is False


def test_what_is_missing_is_left_out_or_drawn_in_a_neutral() -> None:
    points = ItemPoints(
        np.array([1.0, nan, 3.0, 4.0]),
        np.array([1.0, 2.0, nan, 4.0]),
        np.array([0.5, 0.5, 0.5, nan]),
        np.arange(4),
    )
    figure = draw_scatter(points, TITLES, LIGHT)
    grey, colored = figure.data
    assert (grey.customdata, grey.marker.color) == (([3],), LIGHT.muted)
    assert colored.customdata == ([0],)
    assert describe_scatter(points, TITLES) == (
        "2 items: score against mean rating, Spearman's rho 1.00; left out: 2 items "
        "without a score or a rating."
    )


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_disagreement_ranges_over_the_ramp_with_a_bar(ground: Ground) -> None:
    axis = draw_scatter(make_points(), TITLES, ground).layout.coloraxis
    assert (axis.cmin, axis.cmax) == (0, 0.8)
    assert tuple(color for _, color in axis.colorscale) == ground.ramp
    assert axis.showscale
    assert axis.colorbar.title.text == "entropy"
    unknown = replace(make_points(), disagreement=np.full(5, nan))
    assert not draw_scatter(unknown, TITLES, ground).layout.coloraxis.showscale


def test_equal_scores_have_no_correlation() -> None:
    points = replace(make_points(), scores=np.ones(5))
    assert describe_scatter(points, TITLES).endswith("no correlation defined.")
