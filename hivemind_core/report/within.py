"""Repetition within a source: every source with every control, and its queries by likeness."""

from collections.abc import Iterator

from hivemind_core.estimation import estimate_above
from hivemind_core.figures.findings import (
    MEANINGS,
    SCALES,
    TITLES,
    order_sources,
    tell_floor,
    tell_interval,
    tell_missing,
    tell_unequal,
    tell_within,
)
from hivemind_core.figures.palette import assign_inks
from hivemind_core.figures.ranking import list_marks, list_rows
from hivemind_core.figures.rows import write_tenth
from hivemind_core.figures.within import SourceRow, describe_within, draw_within
from hivemind_core.measurement import COSINE, DISTINCT, DIVERSITIES, SIMILARITIES
from hivemind_core.measures.resampling import UNDEFINED, Estimate
from hivemind_core.report.material import Material
from hivemind_core.report.parts import (
    DASH,
    Cell,
    Drawing,
    Grid,
    Part,
    Section,
    Words,
    draw_twice,
    show_estimate,
    show_number,
    take_notes,
)

OTHERS = tuple(name for name in (*SIMILARITIES, *DIVERSITIES) if name != COSINE)
BOUND = "A share of 0 or 100 % has no interval: no draw of the queries can leave it."
COUNT_DIGITS = 2  # of a number of answers


def describe_within_sources(material: Material) -> Section:
    """Return the section on how far each source repeats itself."""
    measured, numbers = material.measured, material.numbers
    finding = tell_within(measured.sources, numbers.within, numbers.people, numbers.floor)
    rows = list_rows(measured.sources, numbers.within, measured.within[COSINE])
    parts: list[Part] = [Words(finding, "finding")]
    if rows:
        parts += [_draw(material, rows), *_explain(material)]
        parts += [_tabulate(material), _tabulate_bins(rows)]
    else:
        parts += take_notes(tell_missing(measured.sources, numbers.within, numbers.reason))
    return Section("within", "Repetition within a source", tuple(parts), (finding,))


def _draw(material: Material, rows: list[SourceRow]) -> Drawing:
    numbers, sources = material.numbers, material.manifest.sources
    marks = list_marks(numbers.floor, numbers.people)
    return draw_twice(
        lambda ground: draw_within(
            rows, marks, assign_inks(sources, ground), ground, SCALES[COSINE]
        ),
        describe_within(rows),
    )


def _explain(material: Material) -> tuple[Words, ...]:
    measured, numbers = material.measured, material.numbers
    return take_notes(
        MEANINGS[COSINE],
        tell_interval(material.bootstrap.pooling, COSINE, is_query=False),
        tell_floor(measured.floors[COSINE], COSINE),
        tell_unequal(measured.counts, measured.k, measured.threshold),
        BOUND,
        tell_missing(measured.sources, numbers.within, numbers.reason),
    )


def _tabulate(material: Material) -> Grid:
    """Return every source under every measure, and below what they are held against."""
    measured = material.measured
    others = [f"{TITLES[n].lower()}{f' among {measured.k}' * (n == DISTINCT)}" for n in OTHERS]
    columns = ("source", "n", "cosine", "above floor", "queries above .8 (%)", *others)
    above = estimate_above(measured, material.bootstrap)
    rows = tuple(tuple(_list_cells(material, i, above[i])) for i in _order(material))
    floors = [measured.floors[name].mean for name in SIMILARITIES if name != COSINE]
    foot = (
        Cell("unrelated answers", f"all {measured.floors[COSINE].pairs:,} pairs, no interval"),
        Cell(""),
        show_number(measured.floors[COSINE].mean),
        Cell(""),
        Cell(""),
        *(show_number(value) for value in floors),
        *(Cell("") for _ in DIVERSITIES),
    )
    return Grid("Every source under every measure", columns, (*rows, foot), foot=1)


def _order(material: Material) -> list[int]:
    """Return the places of all sources: those with a number first, highest first."""
    ranked = order_sources(material.numbers.within)
    return ranked + [i for i in range(len(material.numbers.within)) if i not in ranked]


def _list_cells(material: Material, i: int, above: Estimate) -> Iterator[Cell]:
    measured, own = material.measured, material.numbers.within[i]
    yield Cell(measured.sources[i].name)
    yield Cell(f"{own.queries:,}")
    yield show_estimate(own)
    yield show_number(own.mean - material.numbers.floor)
    yield _show_share(above)
    for name in OTHERS:
        found = material.controls[name][i] if len(material.controls[name]) > i else UNDEFINED
        yield show_estimate(found, COUNT_DIGITS) if name in DIVERSITIES else show_estimate(found)


def _show_share(share: Estimate) -> Cell:
    """Return per cent of queries, with its interval under it; see BOUND."""
    if not share.is_defined:
        return Cell(DASH)
    is_inner = share.interval is not None and 0 < share.mean < 100
    ends = f"{share.low:.0f} to {share.high:.0f}" if is_inner else ""
    return Cell(f"{share.mean:.1f}", ends)


def _tabulate_bins(rows: list[SourceRow]) -> Grid:
    """Return per cent of queries in each tenth of likeness."""
    ends = [f"{write_tenth(b / 10)} to {write_tenth((b + 1) / 10)}" for b in range(10)]
    cells = tuple(
        (
            Cell(row.name),
            Cell(f"{row.estimate.queries:,}"),
            *(Cell(f"{share:.1f}") for share in (row.bins if row.bins is not None else ())),
        )
        for row in rows
    )
    caption = "Queries by mean cosine within a source, per cent"
    return Grid(caption, ("source", "n", *ends), cells)
