"""The numbers of a corpus, category by category."""

from hivemind_core.estimation import Estimates, estimate
from hivemind_core.figures.categories import FEW, tell_categories
from hivemind_core.figures.findings import SCALES, order_sources
from hivemind_core.figures.ranking import list_marks
from hivemind_core.figures.within import SourceRow, draw_within
from hivemind_core.measurement import COSINE
from hivemind_core.measures.resampling import UNDEFINED
from hivemind_core.report.material import Material
from hivemind_core.report.parts import (
    Cell,
    Drawing,
    Grid,
    Part,
    Section,
    Words,
    draw_twice,
    show_estimate,
)

NONE = "The queries of this corpus have no categories."
BASIS = (
    "Means over models, each model once, with 95 % intervals over the queries of a category. A "
    "query may be of several categories, so that categories overlap. Unrelated answers are those "
    f"of the whole corpus. {FEW}"
)


def describe_categories(material: Material) -> Section:
    """Return the section on how alike answers are in each category."""
    found = {
        name: estimate(chosen, material.bootstrap)
        for name, ids in material.catalogue.categories.items()
        if (chosen := material.measured.choose(ids)).query_ids
    }
    if not found:
        return Section("categories", "Category by category", (Words(NONE),))
    rows = [(name, one.gap.within) for name, one in found.items()]
    finding = tell_categories(rows)
    parts: list[Part] = [Words(finding, "finding")]
    if any(one.gap.within.is_defined for one in found.values()):
        parts.append(_draw(material, found, finding))
    parts += [Words(BASIS, "note"), _tabulate(found), _tabulate_sources(found)]
    return Section("categories", "Category by category", tuple(parts), (finding,))


def _draw(material: Material, found: dict[str, Estimates], finding: str) -> Drawing:
    held = [(name, one.gap.within) for name, one in found.items() if one.gap.within.is_defined]
    ranked = sorted(held, key=lambda row: -row[1].mean)
    rows = [SourceRow(name, within, None) for name, within in ranked]
    marks = list_marks(material.numbers.floor, material.numbers.people)
    return draw_twice(
        lambda ground: draw_within(rows, marks, {}, ground, SCALES[COSINE]),
        finding,
    )


def _tabulate(found: dict[str, Estimates]) -> Grid:
    """Return a row a category; people have a column where they answered."""
    has_people = any(one.people is not None for one in found.values())
    rows = []
    for name, one in found.items():
        told = (one.gap.within, one.gap.between, one.gap.gap)
        own = (one.people or UNDEFINED,) if has_people else ()
        numbers = (show_estimate(number) for number in (*told, *own))
        rows.append((Cell(name), Cell(f"{len(one.measured.query_ids):,}"), *numbers))
    columns = ("category", "n", "within a model", "between models", "gap")
    people = ("people",) if has_people else ()
    caption = "Within, between, and the gap in each category"
    return Grid(caption, (*columns, *people), tuple(rows))


def _tabulate_sources(found: dict[str, Estimates]) -> Grid:
    rows = tuple(
        (
            Cell(name),
            Cell(one.measured.sources[i].name),
            Cell(f"{one.within[i].queries:,}"),
            show_estimate(one.within[i]),
        )
        for name, one in found.items()
        for i in order_sources(one.within)
    )
    columns = ("category", "source", "n", "cosine")
    return Grid("Every source in each category", columns, rows, frozenset({0, 1}))
