"""The paper's own figures of 66 scorers, in the same charts as a corpus's."""

import streamlit as st

from frame import address
from frame.address import choose_one
from frame.showing import draw_figure, show_rows, write_basis
from frame.theme import find_ground, write_finding
from hivemind_core.calibration import DISAGREED, SIMILAR
from hivemind_core.corpus import published
from hivemind_core.corpus.exports import Citation
from hivemind_core.corpus.published_scorers import (
    ANNOTATIONS,
    KINDS,
    average_kinds,
    read_published_agreement,
)
from hivemind_core.figures.curves import describe_curves, draw_curves
from hivemind_core.figures.judging import AXES
from hivemind_core.figures.palette import HUES, Ink
from hivemind_core.figures.printed import (
    SLICE_NAMES,
    make_curve,
    make_kind_curve,
    tabulate_printed,
    tell_kinds,
)

BASIS = (
    f"From the paper “{published.TITLE}” ({published.LOCATOR}), its Tables 23 to 26: Spearman's "
    "rank correlation with the mean human score. It prints neither intervals nor what a narrower "
    "range alone would give, and no scores of single responses, so that neither can be computed "
    "here. Nested slices rest on the same items."
)
ANNOTATED = {"absolute": "Ratings", "pairwise": "Preferences"}


def show_printed() -> None:
    """Show the published agreement of kinds of scorers, and of every one."""
    rows = read_published_agreement()
    with st.sidebar:
        name = choose_one("Judged by", [ANNOTATED[one] for one in ANNOTATIONS], "printed_by")
    annotation = next(one for one in ANNOTATIONS if ANNOTATED[one] == name)
    means = average_kinds(rows, annotation)
    write_finding(tell_kinds(means, annotation), "printed")
    sliced = choose_one("Slices", list(SLICE_NAMES), "printed_sliced", is_labelled=False)
    which = SLICE_NAMES[sliced]
    curves = [make_kind_curve(rows, kind, annotation, which) for kind in KINDS]
    scorers = sorted({row.scorer for row in rows})
    shown = st.multiselect(
        "Scorers beside the means of their kinds",
        scorers,
        placeholder="None, or pick some",
        **address.bind("printed_scorers"),
    )
    curves += [make_curve(rows, scorer, annotation, which) for scorer in shown]
    inks = {curve.scorer: Ink(HUES[n % len(HUES)]) for n, curve in enumerate(curves)}
    axis = AXES[SIMILAR if which == "similar_quality" else DISAGREED]
    figure = draw_curves(curves, axis, inks, find_ground(), is_reversed=True)
    draw_figure(figure, f"printed-{which}", describe_curves(curves))
    write_basis(BASIS, "printed")
    table = tabulate_printed(rows, annotation)
    citation: Citation = {
        "source": published.TITLE,
        "locator": published.LOCATOR,
        "annotation": annotation,
    }
    show_rows(table, "printed", "artificial-hivemind-published-scorers", citation)
