"""What people call the same under an encoder: coefficients, thresholds and how often they agree.

One JSON file an encoder, written by `recipes/sameness/fit.py` and explained in docs/sameness.md.
"""

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hivemind_core.corpus.locations import find_calibration_folder, find_shipped
from hivemind_core.errors import InputError

Interval = tuple[float, float]


@dataclass(frozen=True)
class AgreementRow:
    """How well a threshold agrees with people, from cross-validation grouped by prompt.

    Attributes
    ----------
    threshold : float
        Pairs of at least this sameness are called the same.
    precision, recall : float
        Share of the pairs called the same that people call the same, and the other way round;
        nan where no pair is called the same.
    precision_ci95, recall_ci95 : (float, float)
        From a bootstrap over prompts.
    called_share : float
        Share of all judged pairs that are called the same.
    """

    threshold: float
    precision: float
    precision_ci95: Interval
    recall: float
    recall_ci95: Interval
    called_share: float


@dataclass(frozen=True)
class Agreement:
    """How well a sense of sameness agrees with people.

    Attributes
    ----------
    default : float
        The threshold to start with; docs/sameness.md has the rule.
    auc : float
        Chance that a pair people call the same is more alike than one they do not.
    auc_ci95 : (float, float)
    rows : tuple of AgreementRow
        By rising threshold.
    """

    default: float
    auc: float
    auc_ci95: Interval
    rows: tuple[AgreementRow, ...]


@dataclass(frozen=True)
class Calibration:
    """What people call the same under one encoder.

    Attributes
    ----------
    encoder : str
    intercept : float
    weights : mapping of str to float
        Coefficient of each feature of `space.sameness`.
    senses : mapping of str to Agreement
        "people" and "cosine".
    pairs, prompts : int
        Pairs that people judged, and the prompts they answer.
    prevalence : float
        Share of the pairs that people call the same.
    source : str
        Whose judgements they are.
    fingerprint : str
        Stands for the coefficients and defaults.
    """

    encoder: str
    intercept: float
    weights: Mapping[str, float]
    senses: Mapping[str, Agreement]
    pairs: int
    prompts: int
    prevalence: float
    source: str
    fingerprint: str

    def find(self, sense: str, threshold: float) -> AgreementRow | None:
        """Return how well the nearest threshold not above the given one agrees with people.

        None below the lowest that was tried.
        """
        below = [r for r in self.senses[sense].rows if r.threshold <= threshold + 1e-9]
        return below[-1] if below else None


def read_calibration(
    encoder: str, environment: Mapping[str, str] = os.environ
) -> Calibration | None:
    """Return the calibration of an encoder: the user's own, else the shipped one, else None.

    Raises
    ------
    InputError
        If its file is damaged.
    """
    name = f"{quote(encoder, safe='')}.json"
    for folder in (find_calibration_folder(environment), find_shipped("sameness")):
        path = folder / name
        if path.is_file():
            return parse_calibration(path.read_bytes(), path)
    return None


def parse_calibration(content: bytes, path: Path) -> Calibration:
    """Return the calibration that the bytes of a file hold.

    Raises
    ------
    InputError
        If they do not hold one.
    """
    try:
        found = json.loads(content)
        return Calibration(
            encoder=str(found["encoder"]),
            intercept=_parse_finite(found["intercept"]),
            weights={str(name): _parse_finite(value) for name, value in found["weights"].items()},
            senses={name: _parse_agreement(value) for name, value in found["senses"].items()},
            pairs=int(found["pairs"]),
            prompts=int(found["prompts"]),
            prevalence=float(found["prevalence"]),
            source=str(found["source"]),
            fingerprint=hashlib.sha256(content).hexdigest()[:16],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "the file must be a whole calibration of an encoder",
            where=str(path),
            found=f"{type(error).__name__}: {error}",
            remedy="Make it again with recipes/sameness/fit.py, or remove it",
        ) from error


def _parse_agreement(found: Mapping[str, Any]) -> Agreement:
    return Agreement(
        float(found["default"]),
        float(found["auc"]),
        _parse_interval(found["auc_ci95"]),
        tuple(
            AgreementRow(
                float(row["threshold"]),
                _parse_number(row["precision"]),
                _parse_interval(row["precision_ci95"]),
                float(row["recall"]),
                _parse_interval(row["recall_ci95"]),
                float(row["called_share"]),
            )
            for row in found["rows"]
        ),
    )


def _parse_finite(value: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} among the coefficients")
    return number


def _parse_number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _parse_interval(value: list[float | None]) -> Interval:
    low, high = value
    return _parse_number(low), _parse_number(high)
