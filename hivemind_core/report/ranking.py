"""Whether the order of models stays the same under every measure and every encoder."""

from collections.abc import Sequence
from math import isnan

import numpy as np

from hivemind_core.figures.controls import name_control, tabulate_agreement, tell_robustness
from hivemind_core.figures.palette import assign_inks
from hivemind_core.figures.robustness import (
    EXPLAINED,
    describe_correlations,
    describe_ranks,
    draw_correlations,
    draw_ranks,
)
from hivemind_core.report.material import Material
from hivemind_core.report.parts import (
    Cell,
    Grid,
    Part,
    Section,
    Words,
    draw_twice,
    make_grid,
    show_number,
)
from hivemind_core.robustness import Robustness, compare_rankings
from hivemind_core.tabulation import read_homogeneity


def describe_robustness(material: Material) -> Section:
    """Return the section on what the order of models depends on."""
    found = _rank(material)
    titles = [name_control(c.measure, c.encoder, material.encoders) for c in found.controls]
    finding = tell_robustness(found.correlations, titles, len(found.sources))
    parts: list[Part] = [Words(finding, "finding")]
    if found.sources and titles:
        sources = material.manifest.sources
        ranks = draw_twice(
            lambda ground: draw_ranks(
                found.sources, titles, found.ranks, assign_inks(sources, ground), ground
            ),
            describe_ranks(found.sources, titles, found.ranks),
        )
        agreement = draw_twice(
            lambda ground: draw_correlations(titles, found.correlations, ground),
            describe_correlations(titles, found.correlations),
        )
        parts += [ranks, agreement, Words(EXPLAINED, "note"), _tabulate(found, titles)]
        rows = tabulate_agreement(titles, found.correlations, found.low, found.high)
        parts += (
            [make_grid("How well each two controls agree, the least first", rows)] if rows else []
        )
    return Section("robustness", "Robustness of the ranking", tuple(parts), (finding,))


def _rank(material: Material) -> Robustness:
    measured = {material.encoder: material.measured}
    for encoder in material.encoders[1:]:
        found = read_homogeneity(material.corpus, encoder)
        if found is not None:
            measured[encoder] = found
    return compare_rankings(measured, material.bootstrap)


def _tabulate(found: Robustness, titles: Sequence[str]) -> Grid:
    """Return the value of every model under every control, with its rank under it."""
    order = np.argsort(found.ranks[:, 0], kind="stable").tolist()  # nan comes last
    rows = tuple(
        (
            Cell(found.sources[i]),
            *(
                Cell(show_number(value).text, "" if isnan(rank) else f"rank {rank:g}")
                for value, rank in zip(found.values[i], found.ranks[i], strict=True)
            ),
        )
        for i in order
    )
    return Grid("Every model under every control", ("model", *titles), rows)
