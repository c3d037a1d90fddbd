"""Measures of queries given by hand, for tests of what is made of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from hivemind_core.corpus.identity import Source, name_sources
from hivemind_core.measurement import DIVERSITIES, SIMILARITIES, Homogeneity
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.homogeneity import Floor
from hivemind_core.measures.nearest import NEIGHBOURS


def name_models(*models: str) -> tuple[Source, ...]:
    """Return the sources of models without a strategy."""
    return name_sources((model, None) for model in models)


def make_measured(
    sources: Sequence[Source],
    within: Mapping[str, Floats],
    between: Mapping[str, Floats] | None = None,
    counts: Integers | None = None,
) -> Homogeneity:
    """Return measures of the queries q000, q001, …; those that are not given are undefined.

    Each source has three answers to a query, unless counts are given.
    """
    q, s = next(iter(within.values())).shape
    pairs = np.full((q, s * (s - 1) // 2), np.nan)
    undefined = {name: np.full((q, s), np.nan) for name in (*SIMILARITIES, *DIVERSITIES)}
    return Homogeneity(
        tuple(sources),
        tuple(f"q{i:03}" for i in range(q)),
        np.full((q, s), 3) if counts is None else counts,
        undefined | dict(within),
        dict.fromkeys(SIMILARITIES, pairs) | dict(between or {}),
        np.full((q, len(NEIGHBOURS)), np.nan),
        {name: Floor(float("nan"), 0) for name in SIMILARITIES},
        3,
        0.9,
    )
