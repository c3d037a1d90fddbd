"""Fit what people call the same under an encoder, and measure how often they agree.

    python recipes/sameness/fit.py PAIRS.parquet [--encoder NAME] [--to FILE]

PAIRS has the columns prompt, generation_0, generation_1 and similar (0 or 1).
"""

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from hivemind_core.corpus.cache import VectorCache
from hivemind_core.corpus.embeddings import normalise
from hivemind_core.corpus.locations import find_cache_folder, find_calibration_folder
from hivemind_core.progress import show_progress
from hivemind_core.space.encode import encode_texts
from hivemind_core.space.encoders import DEFAULT_ENCODER, find_encoder
from hivemind_core.space.sameness import FEATURES, measure_features

SOURCE = "NoveltyBench (Zhang et al. 2025, arXiv:2504.05228; MIT), pairs judged same or different"
FOLDS = 5
SEED = 0
DRAWS = 2000
THRESHOLDS = {"people": np.arange(0.05, 0.96, 0.01), "cosine": np.arange(0.3, 1.0, 0.01)}
PRECISE, FOUND = 0.75, 0.2  # what a default is wished to reach: precision and recall
LENGTHS = (0, 200, 1000, 2000, float("inf"))  # in characters, mean of the two answers
LEAST_KIND = 10  # pairs called the same, and different, without which an AUC says nothing

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """Pairs with their features and what people said.

    features (n, f); same (n,) 0 or 1; prompt (n,) numbers of the prompts; characters (n,) mean
    length of the two answers.
    """

    features: Floats
    same: NDArray[np.int64]
    prompt: NDArray[np.int64]
    characters: Floats

    def choose(self, rows: NDArray[np.int64]) -> "Judged":
        """Return some of the pairs, their prompts numbered anew."""
        prompt = np.unique(self.prompt[rows], return_inverse=True)[1]
        return Judged(self.features[rows], self.same[rows], prompt, self.characters[rows])


def read_pairs(path: Path, encoder_name: str) -> Judged:
    rows = pq.read_table(path).to_pydict()
    encoder = find_encoder(encoder_name, os.environ)
    texts = sorted({*rows["generation_0"], *rows["generation_1"]})
    cache = VectorCache(find_cache_folder() / "vectors.sqlite")
    with show_progress() as report:
        vectors = encode_texts(texts, encoder, cache, report)
    features, characters = [], []
    for pair in zip(rows["generation_0"], rows["generation_1"], strict=True):
        found = measure_features(pair, normalise(np.array([vectors[text] for text in pair])))
        features.append([found[name][0, 1] for name in FEATURES])
        characters.append(np.mean([len(text) for text in pair]))
    prompts = np.unique(rows["prompt"], return_inverse=True)[1]
    same = np.array(rows["similar"], np.int64)
    return Judged(np.array(features, np.float64), same, prompts, np.array(characters))


def fit(judged: Judged, rows: NDArray[np.int64] | None = None) -> Pipeline:
    """Return the model of some rows, of all by default: features on one scale, L2 penalty."""
    chosen = np.arange(len(judged.same)) if rows is None else rows
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return model.fit(judged.features[chosen], judged.same[chosen])


def read_weights(model: Pipeline) -> tuple[float, Floats]:
    """Return intercept and coefficients for features as they are, scales folded in."""
    scaler, regression = model[0], model[1]
    weights = regression.coef_[0] / scaler.scale_
    return float(regression.intercept_[0] - weights @ scaler.mean_), weights


def predict_by_folds(judged: Judged) -> Floats:
    """Return the chance of each pair from a model that has seen none of its prompt."""
    chances = np.empty(len(judged.same))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    for train, test in folds.split(judged.features, judged.same, judged.prompt):
        chances[test] = fit(judged, train).predict_proba(judged.features[test])[:, 1]
    return chances


def draw_prompts(prompts: NDArray[np.int64]) -> Floats:
    """Return how often each pair is in each bootstrap draw over prompts, shape (DRAWS, n)."""
    rng, n = np.random.default_rng(SEED), int(prompts.max()) + 1
    drawn = [np.bincount(rng.integers(0, n, n), minlength=n)[prompts] for _ in range(DRAWS)]
    return np.array(drawn, np.float64)


def find_interval(values: Floats) -> list[float | None]:
    known = values[~np.isnan(values)]
    if not len(known):
        return [None, None]
    return [round(float(x), 4) for x in np.percentile(known, [2.5, 97.5])]


def divide(parts: Floats, wholes: Floats) -> Floats:
    """Return parts over wholes, nan where there is nothing to divide by."""
    return np.divide(parts, wholes, out=np.full(parts.shape, np.nan), where=wholes > 0)


def describe_rows(scores: Floats, judged: Judged, thresholds: Floats) -> list[dict[str, Any]]:
    """Return precision and recall at each threshold, with their intervals."""
    steps = np.round(thresholds, 2)
    called = (scores[:, None] >= steps - 1e-9).astype(np.float64)
    # The first row of weights is the pairs as they are, the others are the draws.
    weights = np.vstack([np.ones(len(scores)), draw_prompts(judged.prompt)])
    hits = weights @ (called * judged.same[:, None])
    precision = divide(hits, weights @ called)
    recall = divide(hits, np.broadcast_to((weights @ judged.same)[:, None], hits.shape))
    return [
        {
            "threshold": float(step),
            "precision": None if np.isnan(precision[0, i]) else round(float(precision[0, i]), 4),
            "precision_ci95": find_interval(precision[1:, i]),
            "recall": round(float(recall[0, i]), 4),
            "recall_ci95": find_interval(recall[1:, i]),
            "called_share": round(float(called[:, i].mean()), 4),
        }
        for i, step in enumerate(steps)
    ]


def choose_default(rows: list[dict[str, Any]]) -> float:
    """Return the lowest threshold that is precise and still finds enough, else the best F0.5."""
    known = [row for row in rows if row["precision"]]
    for row in known:
        if row["precision"] >= PRECISE and row["recall"] >= FOUND:
            return float(row["threshold"])
    return float(max(known, key=lambda row: weigh(row["precision"], row["recall"]))["threshold"])


def weigh(precision: float, recall: float) -> float:
    """Return F0.5: a mean of precision and recall in which precision counts more."""
    return 1.25 * precision * recall / (0.25 * precision + recall)


def draw_auc(scores: Floats, judged: Judged) -> Floats:
    """Return the AUC of each draw, shape (DRAWS,); a tie is half a win."""
    weights, same = draw_prompts(judged.prompt), judged.same == 1
    above = scores[same][:, None] - scores[~same][None, :]
    wins = (np.sign(above) + 1) / 2
    alike, other = weights[:, same], weights[:, ~same]
    return divide(((alike @ wins) * other).sum(axis=1), alike.sum(axis=1) * other.sum(axis=1))


def measure_sense(scores: Floats, judged: Judged, sense: str) -> dict[str, Any]:
    rows = describe_rows(scores, judged, THRESHOLDS[sense])
    return {
        "default": choose_default(rows),
        "auc": round(float(roc_auc_score(judged.same, scores)), 4),
        "auc_ci95": find_interval(draw_auc(scores, judged)),
        "rows": rows,
    }


def compare_auc(first: Floats, second: Floats, judged: Judged) -> dict[str, Any]:
    """Return the difference in AUC and its interval from draws that both share."""
    drawn = draw_auc(first, judged) - draw_auc(second, judged)
    difference = roc_auc_score(judged.same, first) - roc_auc_score(judged.same, second)
    return {"difference": round(float(difference), 4), "ci95": find_interval(drawn)}


def compare_by_length(
    first: Floats, second: Floats, judged: Judged, threshold: float
) -> list[dict[str, Any]]:
    """Return both AUCs and their difference among pairs of like length.

    `called` is how many pairs the first calls the same at the threshold, `precision` with how
    many of them people agree. Lengths at which one of the two kinds of pairs is too rare are
    left out.
    """
    found = []
    for low, high in pairwise(LENGTHS):
        rows = np.flatnonzero((judged.characters >= low) & (judged.characters < high))
        part = judged.choose(rows)
        if min(part.same.sum(), (1 - part.same).sum()) < LEAST_KIND:
            continue
        called = first[rows] >= threshold - 1e-9
        found.append(
            {
                "characters": [low, None if np.isinf(high) else high],
                "pairs": len(rows),
                "prevalence": round(float(part.same.mean()), 4),
                "called": int(called.sum()),
                "precision": round(float(part.same[called].mean()), 4) if called.any() else None,
                "people": round(float(roc_auc_score(part.same, first[rows])), 4),
                "cosine": round(float(roc_auc_score(part.same, second[rows])), 4),
                "people_above_cosine": compare_auc(first[rows], second[rows], part),
            }
        )
    return found


def list_bins(chances: Floats, same: NDArray[np.int64]) -> list[Mapping[str, float]]:
    """Return what was predicted and what people said, by fifths of the prediction."""
    parts = np.array_split(np.argsort(chances, kind="stable"), 5)
    return [
        {"predicted": round(float(chances[p].mean()), 3), "same": round(float(same[p].mean()), 3)}
        for p in parts
    ]


def calibrate(judged: Judged, encoder: str) -> dict[str, Any]:
    """Return the calibration of an encoder as it is stored."""
    chances, cosines = predict_by_folds(judged), judged.features[:, FEATURES.index("cosine")]
    intercept, weights = read_weights(fit(judged))
    people = measure_sense(chances, judged, "people")
    return {
        "encoder": encoder,
        "source": SOURCE,
        "pairs": len(judged.same),
        "prompts": len(set(judged.prompt.tolist())),
        "prevalence": round(float(judged.same.mean()), 4),
        "intercept": round(intercept, 4),
        "weights": {n: round(float(w), 4) for n, w in zip(FEATURES, weights, strict=True)},
        "folds": FOLDS,
        "seed": SEED,
        "draws": DRAWS,
        "people_above_cosine": compare_auc(chances, cosines, judged),
        "by_length": compare_by_length(chances, cosines, judged, people["default"]),
        "reliability": list_bins(chances, judged.same),
        "senses": {
            "people": people,
            "cosine": measure_sense(cosines, judged, "cosine"),
        },
    }


def main() -> None:
    """Write the calibration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    parser.add_argument("--to", type=Path, help="by default where the dashboard finds it")
    given = parser.parse_args()
    found = calibrate(read_pairs(given.pairs, given.encoder), given.encoder)
    path = given.to or find_calibration_folder() / f"{quote(given.encoder, safe='')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    gain = found["people_above_cosine"]
    print(f"{path}: AUC {found['senses']['people']['auc']}, {gain['difference']} {gain['ci95']}")


if __name__ == "__main__":
    main()
