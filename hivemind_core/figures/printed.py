"""The paper's 66 scorers as curves, sentences and a table."""

from collections.abc import Mapping, Sequence
from math import nan

from hivemind_core.corpus.published_scorers import FULL, PublishedAgreement, average_kinds
from hivemind_core.figures.curves import Curve, Slice
from hivemind_core.figures.numbers import write_number
from hivemind_core.measures.miscalibration import SliceResult

DISAGREEMENT, SIMILAR = "disagreement", "similar_quality"
SLICE_NAMES = {"Similar quality (nested)": SIMILAR, "Most disagreed (nested)": DISAGREEMENT}
KIND_NAMES = {
    "lm": "LMs (perplexity)",
    "reward_model": "reward models",
    "lm_judge": "LM judges",
}
PRINTED = 3


def _print_slice(parameter: float, n: int, spearman: float, which: str) -> Slice:
    name = f"k = {parameter:g}" if which == SIMILAR and parameter < 10 else f"{parameter:g} %"
    return Slice(name, parameter, SliceResult(n, 0, spearman), nan)


def make_curve(
    rows: Sequence[PublishedAgreement], scorer: str, annotation: str, which: str
) -> Curve:
    """Return the printed slices of one scorer as a curve; no intervals are printed."""
    own = [row for row in rows if row.scorer == scorer and row.annotation == annotation]
    full = next((row for row in own if row.slice == FULL), None)
    slices = tuple(
        _print_slice(row.parameter, row.n, row.spearman, which) for row in own if row.slice == which
    )
    whole = (
        SliceResult(full.n, 0, full.spearman) if full else SliceResult(0, 0, reason="not printed")
    )
    return Curve(scorer, whole, slices)


def make_kind_curve(
    rows: Sequence[PublishedAgreement], kind: str, annotation: str, which: str
) -> Curve:
    """Return the mean over the scorers of a kind as a curve; all rest on the same items."""
    own = [row for row in rows if row.kind == kind and row.annotation == annotation]
    sizes = {(row.slice, row.parameter): row.n for row in own if row.slice != FULL}
    means = average_kinds(own, annotation)
    slices = tuple(
        _print_slice(parameter, n, means[kind, part, parameter], which)
        for (part, parameter), n in sizes.items()
        if part == which
    )
    whole = max((row.n for row in own), default=0)
    return Curve(KIND_NAMES[kind], SliceResult(whole, 0, means[kind, FULL, 0.0]), slices)


def tell_kinds(means: Mapping[tuple[str, str, float], float], annotation: str) -> str:
    """Return how far agreement falls from all items to the narrowest slice, kind by kind."""
    narrow = 0.5 if annotation == "absolute" else 60.0
    told = [
        f"{name} from {write_number(means[kind, FULL, 0.0], PRINTED)} to "
        f"{write_number(means[kind, SIMILAR, narrow], PRINTED)}"
        for kind, name in KIND_NAMES.items()
    ]
    return (
        "As printed, agreement falls from all answers to those of most similar quality: "
        f"{'; '.join(told)}."
    )


def tabulate_printed(
    rows: Sequence[PublishedAgreement], annotation: str
) -> list[dict[str, object]]:
    """Return a row a printed number."""
    return [
        {
            "scorer": row.scorer,
            "kind": row.kind,
            "slice": row.slice,
            "parameter": None if row.slice == FULL else row.parameter,
            "n": row.n,
            "spearman": row.spearman,
        }
        for row in rows
        if row.annotation == annotation
    ]
