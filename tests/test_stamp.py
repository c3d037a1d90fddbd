"""What holds for every figure that takes a mark: the mark, untrusted names, sizes, stillness."""

import pytest

from hivemind_core.figures.palette import DARK, LIGHT, Ground
from tests.drawn import HOSTILE, draw_all, list_words, walk


@pytest.mark.parametrize("ground", [LIGHT, DARK])
@pytest.mark.parametrize("kind", draw_all())
def test_a_mark_is_large_on_the_figure_and_first_in_its_words(kind: str, ground: Ground) -> None:
    paint, tell = draw_all(ground=ground)[kind]
    assert "SIMULATED" not in list_words(paint(""))
    figure = paint("SIMULATED")
    marks = [each for each in figure.layout.annotations if each.text == "SIMULATED"]
    assert marks
    others = [each.font.size for each in figure.layout.annotations if each not in marks]
    assert min(each.font.size for each in marks) > max([12, *others])
    assert tell("SIMULATED") == f"SIMULATED. {tell('')}"
    assert "SIMULATED" not in tell("")


@pytest.mark.parametrize("kind", draw_all())
def test_untrusted_names_are_cut_and_escaped_everywhere(kind: str) -> None:
    paint, _ = draw_all(HOSTILE)[kind]
    texts = list(walk(paint("<b>mark</b>").to_plotly_json()))
    assert not [text for text in texts if "<img" in text or "<b>mark" in text]
    assert max(len(text) for text in texts) < 500
    templates = [trace.hovertemplate for trace in paint("").data if trace.hovertemplate]
    assert not [text for text in templates if "%{x}" in text]


@pytest.mark.parametrize("ground", [LIGHT, DARK])
@pytest.mark.parametrize("kind", draw_all())
def test_every_figure_is_still_and_legible(kind: str, ground: Ground) -> None:
    layout = draw_all(ground=ground)[kind][0]("").layout
    assert layout.dragmode is False
    assert layout.paper_bgcolor is None
    assert layout.plot_bgcolor is None
    assert layout.height > 0
    axes = [layout[name] for name in layout if name.startswith(("xaxis", "yaxis"))]
    assert all(axis.fixedrange for axis in axes)
    assert all(axis.tickfont.size >= 12 for axis in axes if axis.visible is not False)
    assert all(each.font.size >= 12 for each in layout.annotations)
