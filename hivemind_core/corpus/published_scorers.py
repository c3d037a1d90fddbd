"""What the paper printed about 66 scorers: their agreement with people, slice by slice."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import isnan
from pathlib import Path

import numpy as np

from hivemind_core.corpus.locations import find_shipped
from hivemind_core.errors import CorpusError, shorten

FILE = "published/scorer_spearman.csv"
ANNOTATIONS = ("absolute", "pairwise")
FULL = "full"
SLICES = ("full", "similar_quality", "disagreement")
KINDS = ("lm", "reward_model", "lm_judge")


@dataclass(frozen=True)
class PublishedAgreement:
    """Spearman's correlation of a scorer with people on a slice, as printed.

    Attributes
    ----------
    scorer, kind, annotation, slice : str
    parameter : float
        Tukey's k, or per cent; nan for the full set.
    n : int
        Items of the slice.
    spearman : float
        Three digits.
    """

    scorer: str
    kind: str
    annotation: str
    slice: str
    parameter: float
    n: int
    spearman: float


@cache
def read_published_agreement() -> tuple[PublishedAgreement, ...]:
    """Return every printed number, in the order of the paper's Tables 23 to 26.

    Raises
    ------
    CorpusError
        If the file is missing or damaged.
    """
    path = find_shipped(FILE)
    try:
        return tuple(_read(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(
            "the file must be a readable table",
            where=str(path),
            found=f"{type(error).__name__}: {error}",
            remedy="Install the software again",
        ) from error


def _read(path: Path) -> Iterator[PublishedAgreement]:
    with path.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), 2):
            try:
                found = PublishedAgreement(
                    row["scorer"],
                    row["kind"],
                    row["annotation"],
                    row["slice"],
                    float(row["parameter"] or "nan"),
                    int(row["n"]),
                    float(row["spearman"]),
                )
            except (KeyError, TypeError, ValueError) as error:
                raise CorpusError(
                    "a row must hold a scorer, its slice and its numbers",
                    where=f"{path}, line {number}",
                    found=shorten(str(error)),
                    remedy="Install the software again",
                ) from error
            yield found


def average_kinds(
    rows: Sequence[PublishedAgreement], annotation: str
) -> dict[tuple[str, str, float], float]:
    """Return the mean over the scorers of each kind, by (kind, slice, parameter).

    Parameters
    ----------
    rows : sequence of PublishedAgreement
    annotation : {"absolute", "pairwise"}

    Returns
    -------
    dict
        The parameter of the full set is 0.
    """
    values: dict[tuple[str, str, float], list[float]] = {}
    for row in rows:
        if row.annotation == annotation:
            parameter = 0.0 if isnan(row.parameter) else row.parameter
            values.setdefault((row.kind, row.slice, parameter), []).append(row.spearman)
    return {key: float(np.mean(found)) for key, found in values.items()}
