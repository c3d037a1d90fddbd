"""Panels whose truth is known: annotators and scorers made up over the answers of a corpus.

To teach what a chart would look like with and without miscalibration, and to test the method.
Every panel made here is marked as simulated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hivemind_core.errors import InputError
from hivemind_core.evaluation import Item, Panel, Scorer
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.disagreement import measure_entropy

LOWEST, HIGHEST = 1, 5
MIDDLE, SPREAD = 3.5, 0.9  # of the labels: where they lie, and what one unit of quality moves them
NOISE, NOISE_SPREAD = 0.9, 0.35  # of one annotator, and its log-normal spread over items
SHARED = 0.35  # of the quality that all answers to a query have in common
KIND = "simulated"


@dataclass(frozen=True)
class Plan:
    """What is made up.

    Attributes
    ----------
    annotators : int
    agreement : float
        Correlation of every scorer with the quality that people judge.
    miscalibration : float
        Share of its relation to quality that a miscalibrated scorer loses where people disagree
        most: 0 none, 1 all of it. It is lost in step with the rank of the entropy.
    seed : int
    """

    annotators: int = 25
    agreement: float = 0.45
    miscalibration: float = 0.0
    seed: int = 0


def simulate_panel(
    items: Sequence[Item], queries: Sequence[int] | Integers, query_ids: Sequence[str], plan: Plan
) -> Panel:
    """Return made-up labels and scores of some items.

    Parameters
    ----------
    items : sequence of Item, length n
    queries : (n,) int64
        Place of each item's query in `query_ids`.
    query_ids : sequence of str
    plan : Plan

    Raises
    ------
    InputError
        If the plan cannot be.

    Notes
    -----
    Quality is normal, part of it shared within a query. A label is quality and the annotator's
    noise, rounded and cut to 1 to 5; noise differs between items. The scorer "steady" relates to
    quality in one way throughout; "miscalibrated" loses part of that where people disagree.
    """
    if not (0 <= plan.agreement < 1 and 0 <= plan.miscalibration <= 1 and plan.annotators > 1):
        raise InputError(
            "agreement lies in [0, 1), miscalibration in [0, 1], and there are two annotators",
            found=str(plan),
        )
    rng, queries = np.random.default_rng(plan.seed), np.asarray(queries, np.int64)
    quality = _draw_quality(queries, len(query_ids), rng)
    labels = draw_labels(quality, plan.annotators, rng)
    steady = _draw_scores(quality, np.full(len(items), plan.agreement), rng)
    lost = 1 - plan.miscalibration * _rank_shares(measure_entropy(labels))
    drifting = _draw_scores(quality, plan.agreement * lost, rng)
    return Panel(
        "absolute",
        None,
        tuple(items),
        tuple(query_ids),
        queries,
        labels,
        {
            Scorer("steady (simulated)", KIND, higher_is_better=True): steady,
            Scorer("miscalibrated (simulated)", KIND, higher_is_better=True): drifting,
        },
        simulated=True,
    )


def _draw_quality(queries: Integers, count: int, rng: np.random.Generator) -> Floats:
    shared = rng.normal(size=count)[queries] if count else np.zeros(0)
    quality = SHARED * shared + np.sqrt(1 - SHARED**2) * rng.normal(size=len(queries))
    return np.asarray(quality, np.float64)


def draw_labels(quality: Floats, annotators: int, rng: np.random.Generator) -> Floats:
    """Return the labels of every annotator, (n, annotators): whole numbers from 1 to 5."""
    noise = np.exp(rng.normal(np.log(NOISE), NOISE_SPREAD, size=len(quality)))
    heard = MIDDLE + SPREAD * quality[:, None]
    heard = heard + noise[:, None] * rng.normal(size=(len(quality), annotators))
    return np.clip(np.rint(heard), LOWEST, HIGHEST)


def _draw_scores(quality: Floats, agreement: Floats, rng: np.random.Generator) -> Floats:
    return agreement * quality + np.sqrt(1 - agreement**2) * rng.normal(size=len(quality))


def _rank_shares(values: Floats) -> Floats:
    """Return the rank of each value as a share, 0 for the lowest and 1 for the highest."""
    ranks = np.searchsorted(np.sort(values), values, "right") - 1
    return ranks / max(len(values) - 1, 1)
