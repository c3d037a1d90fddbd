"""The paper's taxonomy: 6 categories, 17 subcategories, and what data files call them."""

import csv
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from hivemind_core.corpus.locations import find_shipped

# Six names that a summary of the paper made known, and what they mean. The last category of
# "opinion & advice" is a label of the data files that none of the 17 stands for.
MEANT_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "brainstorm & ideation": ("Brainstorm & Ideation",),
        "creative writing": ("Creative Content Generation", "Writing Genres"),
        "recommendation": ("Recommendations",),
        "opinion & advice": (
            "Personal Advice",
            "Controversial Questions",
            "Value-Laden Questions",
            "Opinion-Based Questions",
        ),
        "planning": ("Decision Support", "Problem Solving"),
        "open-ended QA": (
            "Philosophical Questions",
            "Abstract Conceptual Questions",
            "Ambiguous Everyday Questions",
            "Analytical & Interpretive Questions",
            "Speculative & Hypothetical Scenarios",
        ),
    }
)


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
    return _index().get(fold_label(label))


def list_other_names(category: str) -> tuple[str, ...]:
    """Return the names of `MEANT_BY` that mean a category and are not merely its own."""
    own = fold_label(category)
    return tuple(
        name for name, meant in MEANT_BY.items() if category in meant and fold_label(name) != own
    )


def list_spellings(category: str) -> tuple[str, ...]:
    """Return all that a category is called, its own name first.

    Then come the labels of data files, the category above it, and the names of `MEANT_BY`. A
    category that is none of the 17 has its own name, and perhaps one of the last.
    """
    known = {subcategory.name: subcategory for subcategory in read_taxonomy()}
    paper = known.get(map_label(category) or "")
    own = (category,) if paper is None else (category, paper.name, *paper.labels, paper.category)
    others = list_other_names(category if paper is None else paper.name)
    return tuple(dict.fromkeys((*own, *others)))


@cache
def _index() -> dict[str, str]:
    return {
        fold_label(spelling): subcategory.name
        for subcategory in read_taxonomy()
        for spelling in (subcategory.name, *subcategory.labels)
    }


def fold_label(label: str) -> str:
    """Return the words of a label that tell it from others, singular and in small letters."""
    text = unicodedata.normalize("NFKC", label).casefold().replace("&", " and ")
    text = "".join(c if c.isalnum() else " " for c in text)
    words = [word.removesuffix("s") for word in text.split()]
    folded = " ".join(word for word in words if word != "and")
    return folded.removeprefix("information seeking about ").removesuffix(
        " with alternative perspective"
    )
