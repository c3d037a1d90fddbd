"""Likeness between models: all pairs of them, and the models among the nearest answers."""

from hivemind_core.estimation import (
    estimate_gap,
    estimate_nearest,
    expect_nearest,
    find_model_pairs,
)
from hivemind_core.figures.findings import (
    MEANINGS,
    SCALES,
    TITLES,
    list_between,
    tell_between,
    tell_floor,
    tell_interval,
    tell_nearest,
)
from hivemind_core.figures.homogeneity import count_models
from hivemind_core.figures.matrix import FRAMED, draw_matrix
from hivemind_core.figures.nearest import (
    EXPLAINED,
    describe_nearest,
    draw_nearest_boxes,
    tabulate_nearest,
)
from hivemind_core.figures.pairs import choose_held, tell_extremes
from hivemind_core.figures.similarities import MatrixView, describe_matrix
from hivemind_core.measurement import COSINE, SIMILARITIES
from hivemind_core.measures.nearest import NEIGHBOURS
from hivemind_core.measures.ordering import order_by_similarity
from hivemind_core.report.material import Material
from hivemind_core.report.parts import (
    WIDTH,
    Cell,
    Drawing,
    Grid,
    Part,
    Section,
    Words,
    draw_twice,
    make_grid,
    show_estimate,
    show_number,
    take_notes,
)


def describe_between_models(material: Material) -> Section:
    """Return the section on how alike answers by different models are."""
    measured, numbers = material.measured, material.numbers
    gap = numbers.gap
    finding = tell_between(gap.within, gap.between, gap.gap, numbers.floor)
    parts: list[Part] = [Words(finding, "finding")]
    if len(measured.sources) > 1:
        pairs = list(zip(*(part.tolist() for part in measured.pairs), strict=True))
        ranked = choose_held(numbers.between, find_model_pairs(measured))
        extremes = tell_extremes(measured.sources, pairs, numbers.between, ranked)
        parts += [Words(extremes)] if extremes else []
        parts += [_draw(material), *_explain(material), _tabulate_measures(material)]
        rows = list_between(measured.sources, pairs, numbers.between, numbers.within)
        parts.append(make_grid("Every two sources, the most alike first", rows))
    return Section("between", "Likeness between models", tuple(parts), (finding,))


def _draw(material: Material) -> Drawing:
    values = material.numbers.matrix
    tree = order_by_similarity(values)
    names = tuple(source.name for source in material.measured.sources)
    view = MatrixView(names, values, tree.order, tree, None, "source")
    return draw_twice(
        lambda ground: draw_matrix(view, ground, scale=SCALES[COSINE], width=WIDTH),
        describe_matrix(view),
    )


def _explain(material: Material) -> tuple[Words, ...]:
    return take_notes(
        MEANINGS[COSINE],
        FRAMED,
        tell_interval(material.bootstrap.pooling, COSINE, is_query=False),
        tell_floor(material.measured.floors[COSINE], COSINE),
        "Two strategies of one model are not counted as two models.",
    )


def _tabulate_measures(material: Material) -> Grid:
    """Return within, between and the gap under every measure of likeness."""
    measured, rows = material.measured, []
    for name in SIMILARITIES:
        gap = estimate_gap(measured, material.bootstrap, name)
        found = (gap.within, gap.between, gap.gap)
        floor = show_number(measured.floors[name].mean)
        n = Cell(f"{gap.between.queries:,}")
        rows.append((Cell(TITLES[name]), n, *map(show_estimate, found), floor))
    columns = ("measure", "n", "within a model", "between models", "gap", "unrelated")
    return Grid("Within, between, and the gap under every measure", columns, tuple(rows))


def describe_nearest_models(material: Material) -> Section:
    """Return the section on how many models are among the answers nearest to an answer."""
    measured = material.measured
    models, expected = count_models(measured.sources), expect_nearest(measured).tolist()
    estimates = estimate_nearest(measured, material.bootstrap)
    finding = tell_nearest(estimates, NEIGHBOURS, models, expected)
    rows = tabulate_nearest(measured.nearest, NEIGHBOURS, expected, estimates)
    parts: list[Part] = [Words(finding, "finding")]
    if rows:
        words = describe_nearest(measured.nearest, NEIGHBOURS, models)
        drawing = draw_twice(
            lambda ground: draw_nearest_boxes(
                measured.nearest, NEIGHBOURS, models, ground, expected
            ),
            words,
        )
        parts += [drawing, Words(EXPLAINED, "note"), make_grid("Models among the nearest", rows)]
    return Section("nearest", "Models among the nearest answers", tuple(parts), (finding,))
