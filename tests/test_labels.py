"""The labels of one item: a small histogram, and words."""

import pytest

from hivemind_core.figures.labels import describe_labels, draw_labels, write_labels
from hivemind_core.figures.palette import LIGHT


def test_no_labels_give_an_empty_panel() -> None:
    assert draw_labels([], [], LIGHT).layout.height > 0
    assert describe_labels([0, 0], [1, 2]) == "No labels."


def test_labels_are_bars_with_their_values_under_them() -> None:
    figure = draw_labels([1, 0, 9], [-2, 0, 2], LIGHT)
    (bars,) = figure.data
    assert bars.y == (1, 0, 9)
    assert bars.hovertext == ("−2: 1 label", "0: 0 labels", "2: 9 labels")
    assert figure.layout.xaxis.ticktext == ("−2", "0", "2")
    assert figure.layout.height <= 66


def test_labels_in_words() -> None:
    assert write_labels([3, 0, 12], [1, 2, 3]) == "1: 3, 2: 0, 3: 12"
    assert write_labels([1, 2], [-1.5, 2.0]) == "−1.5: 1, 2: 2"
    assert describe_labels([3, 0], [1, 2]) == "3 labels; 1: 3, 2: 0."


def test_labels_need_a_value_each() -> None:
    with pytest.raises(ValueError, match="zip"):
        draw_labels([1, 2], [1], LIGHT)
    with pytest.raises(ValueError, match="zip"):
        write_labels([1], [1, 2])
