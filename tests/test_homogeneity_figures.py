"""What the Overview says of intervals, and that its charts use the palette's own colours."""

from pathlib import Path

import pytest

from hivemind_core.figures.homogeneity import (
    draw_nearest,
    draw_within,
    read_between,
    read_within,
)
from hivemind_core.figures.palette import DARK, LIGHT, Ground, assign_inks
from hivemind_core.measurement import measure_corpus
from hivemind_core.summary import summarise
from tests.planted import ENCODER, list_responses, make_unit_rows, write_corpus


@pytest.mark.parametrize("queries", [1, 4, 5])
def test_no_interval_is_claimed_of_few_queries(tmp_path: Path, queries: int) -> None:
    responses = list_responses(queries, ("alpha", "beta"), 4)
    corpus = write_corpus(tmp_path / "c", responses, make_unit_rows(len(responses), 8))
    summary = summarise("", "", measure_corpus(corpus, ENCODER))
    sources = corpus.manifest.sources
    for reading in (read_within(summary, sources), read_between(summary, sources)):
        assert ("needs 5 queries" in reading.basis) == (queries < 5)
        assert ("95 %" in reading.basis) == (queries >= 5)


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_axes_take_their_colours_from_the_palette(tmp_path: Path, ground: Ground) -> None:
    responses = list_responses(2, ("alpha",), 8)
    corpus = write_corpus(tmp_path / "c", responses, make_unit_rows(len(responses), 8))
    summary = summarise("", "", measure_corpus(corpus, ENCODER))
    sources = corpus.manifest.sources
    within = draw_within(summary, assign_inks(sources, ground), ground)
    nearest = draw_nearest(summary, sources, ground)
    for axis in (within.layout.xaxis, nearest.layout.xaxis, nearest.layout.yaxis):
        assert axis.tickfont.color == ground.muted
    assert within.layout.yaxis.tickfont.color == ground.ink
    # One model is separated and mixed at once: one line, one name.
    assert len(nearest.layout.annotations) == 1
