"""The sources of a corpus as rows of a figure, and what they are held against."""

from collections.abc import Sequence
from math import isnan

from hivemind_core.corpus.identity import Source
from hivemind_core.figures.findings import order_sources
from hivemind_core.figures.within import SourceRow
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.homogeneity import count_in_bins
from hivemind_core.measures.resampling import Estimate


def list_rows(
    sources: Sequence[Source],
    estimates: Sequence[Estimate],
    values: Floats | None,
    group: str = "",
) -> list[SourceRow]:
    """Return the sources that have a number, the one that repeats itself most first.

    Parameters
    ----------
    sources : sequence of Source, length s
    estimates : sequence of Estimate, length s
    values : (q, s) float64 or None
        Similarity within each source by query, counted in bins; None where they are not shown.
    group : str
        See SourceRow.
    """
    return [
        SourceRow(
            sources[i].name,
            estimates[i],
            None if values is None else count_in_bins(values[:, i]),
            group,
            sources[i].is_model,
        )
        for i in order_sources(estimates)
    ]


def list_marks(floor: float, people: Estimate | None) -> list[tuple[str, float]]:
    """Return what every number is held against: unrelated answers, and people; undefined is out."""
    marks = [("unrelated", floor)]
    if people is not None:
        marks.append(("people", people.mean))
    return [(words, value) for words, value in marks if not isnan(value)]
