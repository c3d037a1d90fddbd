"""Fit what people call the same under an encoder, and measure how often they agree.

    python recipes/sameness/fit.py PAIRS.parquet [--encoder NAME] [--to FILE]

PAIRS has the columns prompt, generation_0, generation_1 and similar (0 or 1).
"""

import argparse
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
AGREED = 2 / 3  # the default calls no pairs the same with which fewer people agree
LEAST_CALLED = 0.02  # of the pairs: of fewer a precision says nothing

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """Pairs with their features and what people said: features (n, f), same (n,), prompt (n,)."""

    features: Floats
    same: NDArray[np.int64]
    prompt: NDArray[np.int64]


def read_pairs(path: Path, encoder_name: str) -> Judged:
    rows = pq.read_table(path).to_pydict()
    encoder = find_encoder(encoder_name, os.environ)
    texts = sorted({*rows["generation_0"], *rows["generation_1"]})
    cache = VectorCache(find_cache_folder() / "vectors.sqlite")
    with show_progress() as report:
        vectors = encode_texts(texts, encoder, cache, report)
    features = []
    for pair in zip(rows["generation_0"], rows["generation_1"], strict=True):
        found = measure_features(pair, normalise(np.array([vectors[text] for text in pair])))
        features.append([found[name][0, 1] for name in FEATURES])
    prompts = np.unique(rows["prompt"], return_inverse=True)[1]
    return Judged(np.array(features, np.float64), np.array(rows["similar"], np.int64), prompts)


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


def draw_prompts(prompts: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield the rows of bootstrap draws over prompts."""
    rng = np.random.default_rng(SEED)
    rows = [np.flatnonzero(prompts == prompt) for prompt in range(prompts.max() + 1)]
    for _ in range(DRAWS):
        yield np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])


def find_interval(values: list[float]) -> list[float | None]:
    known = [value for value in values if not np.isnan(value)]
    return (
        [round(float(x), 4) for x in np.percentile(known, [2.5, 97.5])] if known else [None, None]
    )


def count_at(scores: Floats, same: NDArray[np.int64], threshold: float) -> tuple[float, float]:
    """Return precision, nan where no pair is called the same, and recall."""
    called = scores >= threshold - 1e-9
    hits = float((called & (same == 1)).sum())
    return hits / called.sum() if called.any() else float("nan"), hits / (same == 1).sum()


def describe_rows(scores: Floats, judged: Judged, thresholds: Floats) -> list[dict[str, Any]]:
    draws = [(scores[rows], judged.same[rows]) for rows in draw_prompts(judged.prompt)]
    rows = []
    for threshold in np.round(thresholds, 2).tolist():
        precision, recall = count_at(scores, judged.same, threshold)
        drawn = [count_at(*draw, threshold) for draw in draws]
        rows.append(
            {
                "threshold": threshold,
                "precision": None if np.isnan(precision) else round(precision, 4),
                "precision_ci95": find_interval([p for p, _ in drawn]),
                "recall": round(recall, 4),
                "recall_ci95": find_interval([r for _, r in drawn]),
                "called_share": round(float((scores >= threshold - 1e-9).mean()), 4),
            }
        )
    return rows


def choose_default(rows: list[dict[str, Any]]) -> float:
    """Return the lowest threshold from which on people agree with two of three pairs."""
    fit_rows = [row for row in rows if row["called_share"] >= LEAST_CALLED]
    failing = [row["threshold"] for row in fit_rows if row["precision"] < AGREED]
    above = [r["threshold"] for r in fit_rows if r["threshold"] > max(failing, default=-1)]
    return float(above[0] if above else fit_rows[-1]["threshold"])


def measure_sense(scores: Floats, judged: Judged, sense: str) -> dict[str, Any]:
    rows = describe_rows(scores, judged, THRESHOLDS[sense])
    drawn = [roc_auc_score(judged.same[r], scores[r]) for r in draw_prompts(judged.prompt)]
    return {
        "default": choose_default(rows),
        "auc": round(float(roc_auc_score(judged.same, scores)), 4),
        "auc_ci95": find_interval(drawn),
        "rows": rows,
    }


def compare_auc(first: Floats, second: Floats, judged: Judged) -> dict[str, Any]:
    """Return the difference in AUC and its interval from draws that both share."""
    same = judged.same
    drawn = [
        float(roc_auc_score(same[r], first[r]) - roc_auc_score(same[r], second[r]))
        for r in draw_prompts(judged.prompt)
    ]
    difference = roc_auc_score(same, first) - roc_auc_score(same, second)
    return {"difference": round(float(difference), 4), "ci95": find_interval(drawn)}


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
        "reliability": list_bins(chances, judged.same),
        "senses": {
            "people": measure_sense(chances, judged, "people"),
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
