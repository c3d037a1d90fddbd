"""The paper's categories of queries as figures show them: their colours and their names."""

from collections.abc import Sequence

from hivemind_core.corpus.taxonomy import read_taxonomy
from hivemind_core.figures.palette import (
    BLUE,
    GREEN,
    NEUTRAL,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    YELLOW,
    Ground,
    tint,
)

OTHER, NONE = "Other", "No category"
HUES = (VERMILION, ORANGE, BLUE, PURPLE, SKY, GREEN)
NAME_WIDTH = 38  # characters


def find_hues(groups: Sequence[str], ground: Ground) -> dict[str, str]:
    """Return the colour of each of the paper's categories, and of what a corpus has of its own."""
    paper = list(dict.fromkeys(sub.category for sub in read_taxonomy()))
    hues = {name: tint(hue, ground.tint) for name, hue in zip(paper, HUES, strict=True)}
    own = [name for name in groups if name not in hues and name not in (OTHER, NONE)]
    free = [tint(hue, ground.tint) for hue in (*HUES, YELLOW)]
    hues |= {name: free[i % len(free)] for i, name in enumerate(dict.fromkeys(own))}
    return hues | {OTHER: NEUTRAL, NONE: ground.line}
