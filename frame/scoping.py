"""What a visitor chooses on the Homogeneity page: whose figures, which queries, which measure."""

import streamlit as st

from frame import exhibits, sheets
from frame.address import choose, choose_one, read_new
from frame.loading import Book
from frame.measuring import Scope
from hivemind_core.estimation import POOLINGS
from hivemind_core.figures.findings import TITLES
from hivemind_core.measurement import COSINE, SIMILARITIES

MINE, PUBLISHED, BOTH = "Yours", "Published", "Both"
WITHIN, BETWEEN, NEAREST = "Within models", "Between models", "Nearest answers"
ROBUSTNESS, CHANGE = "Robustness", "Change"
PARTS = {
    MINE: (WITHIN, BETWEEN, NEAREST, ROBUSTNESS, CHANGE),
    PUBLISHED: (WITHIN, BETWEEN),
    BOTH: (WITHIN, BETWEEN),
}
POOLED = {"queries": "Each query once", "pairs": "Each pair once"}
SUBSETS = ("The paper's 25", "All 79")


def choose_figures(*, has_corpus: bool) -> str:
    """Show in the sidebar whose figures there are, and return those that were chosen."""
    if not has_corpus:
        return PUBLISHED
    with st.sidebar:
        return choose_one("Figures", [MINE, PUBLISHED, BOTH], "of")


def choose_part(figures: str) -> str:
    """Show which questions the page answers, and return the one that was chosen."""
    return choose_one("Question", PARTS[figures], "part", is_labelled=False)


def choose_subset() -> bool:
    """Show in the sidebar which published models there are; return whether only the 25."""
    with st.sidebar:
        return choose_one("Published models", SUBSETS, "subset") == SUBSETS[0]


def choose_scope(book: Book, part: str) -> Scope:
    """Show in the sidebar which queries are measured and how, and return what was chosen.

    Only what makes a difference to the part of the page is offered.
    """
    catalogue = sheets.read_catalogue(book)
    category, query = "", ""
    if catalogue.categories:
        names = ["", *catalogue.categories]
        category = choose("category", "Category", names, "", sheets.name_category)
    if part != CHANGE:
        ids = catalogue.offer(category, read_new("only") or st.session_state.get("only"))
        query = choose(
            "only",
            "Query",
            ["", *ids],
            "",
            lambda one: catalogue.spell(one) if one else "All queries",
        )
    exhibits.take_part(catalogue.spell(query) if query else category)
    measure = choose_measure() if part in (WITHIN, BETWEEN, CHANGE) else COSINE
    pooling = _choose_pooling() if part in (WITHIN, BETWEEN, ROBUSTNESS) else POOLINGS[0]
    return Scope(category, query, measure, pooling)


def choose_measure() -> str:
    """Show in the sidebar what likeness is measured by, and return the measure."""
    return choose("measure", "Measure", SIMILARITIES, SIMILARITIES[0], TITLES.__getitem__)


def _choose_pooling() -> str:
    return choose("pooling", "Pooling", POOLINGS, POOLINGS[0], POOLED.__getitem__)
