"""What the paper printed about 79 models: similarity within each, and between each two."""

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hivemind_core.corpus.locations import find_shipped
from hivemind_core.errors import CorpusError, shorten

TITLE = "Artificial Hivemind: The Open-Ended Homogeneity of Language Models (and Beyond)"
LOCATOR = "arXiv:2510.22954v1"
ENCODER = "text-embedding-3-small"
DECODING = "top-p 0.9, temperature 1.0"
QUERIES = 100
SAMPLES = 50

# The paper's table of models ticks the first; its text and figures go by the second.
TICKED_IN_TABLE, USED_IN_TEXT = "gpt-4o-2024-08-06", "gpt-4o-2024-11-20"

MODEL_FILE = "models.csv"
SIMILARITY_FILE = "inter_model_similarity_pct.csv"
BIN_FILE = "intra_model_similarity_bins_pct.csv"
MODEL_COLUMNS = (
    "model",
    "family",
    "provider",
    "parameters",
    "type",
    "in_main_paper",
    "in_table5",
)
PRINTED_BINS = tuple(f"0.{i}-{(i + 1) / 10:.1f}" for i in reversed(range(10)))

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PublishedModel:
    """A model of the paper.

    Attributes
    ----------
    name : str
        As the paper's tables spell it.
    family, provider : str
    type : str
        "open" or "closed" weights.
    parameters : float or None
        In billions, as the name states it; None where it states none, or only the size of one
        expert of several.
    is_main : bool
        Whether it is one of the 25 of the main paper. Those are the models ticked in its table,
        with gpt-4o-2024-08-06 replaced by gpt-4o-2024-11-20, which its text and figures go by.
    """

    name: str
    family: str
    provider: str
    type: str
    parameters: float | None
    is_main: bool


@dataclass(frozen=True, eq=False)
class Published:
    """The paper's similarities within and between m models, from 100 queries x 50 samples.

    Attributes
    ----------
    models : tuple of PublishedModel
        In the order of the paper's table.
    within : (m,) float64
        Mean cosine of two different responses of a model to one query, in [0, 1]: the printed
        diagonal d freed of its self-pairs, (50 d - 1) / 49.
    bins : (m, 10) float64
        Per cent of queries by their mean similarity within the model, 0-0.1 first; rows sum to
        100. The paper's "79 % above 0.8" is the sum of the last two, averaged over the 25.
    between : (m, m) float64
        Mean cosine of a response of one model and one of another to the same query, in [0, 1];
        symmetric, nan on the diagonal.

    Notes
    -----
    Cosines of text-embedding-3-small, printed to a tenth of a per cent, from Tables 6-11. Misleads
    beside those of another encoder, which puts unrelated texts at another height: there compare
    the order of models, and not the digits.
    """

    models: tuple[PublishedModel, ...]
    within: Floats
    bins: Floats
    between: Floats

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the models, in the table's order."""
        return tuple(model.name for model in self.models)

    def choose(self, names: Collection[str]) -> "Published":
        """Return the models of these names, in the table's order.

        Names that the paper lacks are left out; without names no model is left.
        """
        wanted = set(names)
        kept = np.array([i for i, name in enumerate(self.names) if name in wanted], np.intp)
        return Published(
            tuple(self.models[i] for i in kept),
            self.within[kept],
            self.bins[kept],
            self.between[np.ix_(kept, kept)],
        )

    def choose_main(self) -> "Published":
        """Return the 25 models of the main paper, in the table's order."""
        return self.choose({model.name for model in self.models if model.is_main})


@cache
def read_published() -> Published:
    """Return the figures that ship with the software, with arrays that cannot be written to.

    Raises
    ------
    CorpusError
        If a file of them is missing or damaged.
    """
    published = read_folder(find_shipped("published"))
    for array in (published.within, published.bins, published.between):
        array.setflags(write=False)
    return published


def read_folder(folder: Path) -> Published:
    """Return the figures in a folder laid out as `data/published`.

    Raises
    ------
    CorpusError
        If a file is missing, is not such a table, or disagrees with the other two.
    """
    models = _read_models(folder / MODEL_FILE)
    names = [model.name for model in models]
    printed = _read_similarity(folder / SIMILARITY_FILE, names) / 100
    between = printed.copy()
    np.fill_diagonal(between, np.nan)
    return Published(
        models,
        (SAMPLES * printed.diagonal() - 1) / (SAMPLES - 1),
        _read_bins(folder / BIN_FILE, names),
        between,
    )


def _read_models(path: Path) -> tuple[PublishedModel, ...]:
    rows = [dict(zip(MODEL_COLUMNS, row, strict=True)) for row in _read_rows(path, MODEL_COLUMNS)]
    names = [row["model"] for row in rows]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated or not names:
        found = f"{shorten(repeated[0])} twice" if repeated else "none"
        raise _refuse("the file must name models, each once", path, found)
    return tuple(_make_model(row, path) for row in rows)


def _make_model(row: dict[str, str], path: Path) -> PublishedModel:
    name, ticked = row["model"], row["in_main_paper"]
    for column, known in (("type", ("open", "closed")), ("in_main_paper", ("yes", "no"))):
        if row[column] not in known:
            rule = f"{column} of {shorten(name)} must be {known[0]} or {known[1]}"
            raise _refuse(rule, path, shorten(row[column]))
    is_main = name == USED_IN_TEXT or (ticked == "yes" and name != TICKED_IN_TABLE)
    size = _parse_size(row["parameters"], name, path)
    return PublishedModel(name, row["family"], row["provider"], row["type"], size, is_main)


def _parse_size(text: str, name: str, path: Path) -> float | None:
    size = re.fullmatch(r"(\d+x)?(\d+(?:\.\d+)?)B", text, re.ASCII)
    if text and not size:
        rule = f"parameters of {shorten(name)} must be a size such as 0.5B or 8x7B, or empty"
        raise _refuse(rule, path, shorten(text))
    # Experts share layers, so that their number times their size is not the size of the model.
    return float(size[2]) if size and not size[1] else None


def _read_similarity(path: Path, names: Sequence[str]) -> Floats:
    values = _read_numbers(path, names, names)
    unequal = np.argwhere(values != values.T)
    if len(unequal):
        a, b = unequal[0]
        found = (
            f"{values[a, b]:g} and {values[b, a]:g} for {shorten(names[a])}, {shorten(names[b])}"
        )
        raise _refuse("similarity must be the same both ways", path, found)
    return values


def _read_bins(path: Path, names: Sequence[str]) -> Floats:
    values = _read_numbers(path, names, PRINTED_BINS)
    sums = values.sum(axis=1)
    wrong = np.flatnonzero(~np.isclose(sums, 100))
    if len(wrong):
        found = f"{sums[wrong[0]]:g} for {shorten(names[wrong[0]])}"
        raise _refuse("the bins of a model must sum to 100", path, found)
    return values[:, ::-1].copy()


def _read_numbers(path: Path, names: Sequence[str], columns: Sequence[str]) -> Floats:
    """Return the per cents of a table with a row for each model."""
    rows = _read_rows(path, ("model", *columns))
    given = [row[0] for row in rows]
    if given != list(names):
        rule = f"the rows must be the models of {MODEL_FILE}, in its order"
        raise _refuse(rule, path, _tell_difference(given, names))
    return np.array([[_parse_per_cent(text, path) for text in row[1:]] for row in rows])


def _parse_per_cent(text: str, path: Path) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 100:
        raise _refuse("a value must be a number of per cent, 0 to 100", path, shorten(text))
    return value


def _read_rows(path: Path, columns: Sequence[str]) -> list[list[str]]:
    """Return the rows of a table that has just these columns."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            header, *rows = [*csv.reader(stream)] or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        found = f"{type(error).__name__}: {error}"
        raise _refuse("the file must be a readable table", path, found) from error
    if header != list(columns):
        raise _refuse("the columns must be as published", path, _tell_difference(header, columns))
    for number, row in enumerate(rows, start=2):
        if len(row) != len(columns):
            rule = f"row {number} must have {len(columns)} values"
            raise _refuse(rule, path, str(len(row)))
    return rows


def _tell_difference(given: Sequence[str], expected: Sequence[str]) -> str:
    """Return where two lists of names part."""
    for place, (name, right) in enumerate(zip(given, expected, strict=False), start=1):
        if name != right:
            return f"{shorten(name)} for {shorten(right)} at place {place}"
    return f"{len(given)} for {len(expected)}"


def _refuse(rule: str, path: Path, found: str) -> CorpusError:
    remedy = "Install the software again"
    return CorpusError(rule, where=str(path), found=found, remedy=remedy)
