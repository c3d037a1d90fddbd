"""The paper's taxonomy: 6 categories, 17 subcategories, and what data files call them."""

import csv
import unicodedata
from dataclasses import dataclass
from functools import cache

from hivemind_core.corpus.locations import find_shipped


@dataclass(frozen=True)
class Subcategory:
    """One of the 17 classes of open-ended queries.

    Attributes
    ----------
    category, name : str
    share_pct : float
        Published share of 26,070 queries, in per cent. Queries have several labels, so that the
        shares sum to 264.
    labels : tuple of str
        What data files and the labeller's prompt call it.
    """

    category: str
    name: str
    share_pct: float
    labels: tuple[str, ...]


@cache
def read_taxonomy() -> tuple[Subcategory, ...]:
    """Return the 17 subcategories in the paper's order (its Figure 2)."""
    with find_shipped("published/taxonomy.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(
            Subcategory(
                row["category"],
                row["subcategory"],
                float(row["share_pct"]),
                tuple(x for x in (row["hub_labels"], row["labeller_prompt_label"]) if x),
            )
            for row in csv.DictReader(stream)
        )


def map_label(label: str) -> str | None:
    """Return the subcategory that a data file's label means; None where it is none of the 17.

    Tolerates case, punctuation, "&" for "and", plurals, "Information-Seeking about …" and
    "… with Alternative Perspectives". Never guesses from meaning.
    """
    return _index().get(_fold(label))


@cache
def _index() -> dict[str, str]:
    return {
        _fold(spelling): subcategory.name
        for subcategory in read_taxonomy()
        for spelling in (subcategory.name, *subcategory.labels)
    }


def _fold(label: str) -> str:
    """Return the words of a label that tell it from others."""
    text = unicodedata.normalize("NFKC", label).casefold().replace("&", " and ")
    text = "".join(c if c.isalnum() else " " for c in text)
    words = [word.removesuffix("s") for word in text.split()]
    folded = " ".join(word for word in words if word != "and")
    return folded.removeprefix("information seeking about ").removesuffix(
        " with alternative perspective"
    )
