"""What people call the same: features, the logistic model, and its fit."""

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hivemind_core.corpus.calibration import Calibration, read_calibration
from hivemind_core.errors import InputError
from hivemind_core.space.sameness import FEATURES, compare_all, measure_features

ROOT = Path(__file__).parent.parent
WEIGHTS = {"cosine": 2.0, "word_overlap": 3.0, "layout": -1.0, "headings": 1.5}
LINES = st.one_of(
    st.text(alphabet="ab c", min_size=1, max_size=12).filter(lambda line: line.strip() != ""),
    st.sampled_from(["- a", "- c d", "**a**", "**b**"]),
)
MADE_UP = Calibration("made-up", -4.0, WEIGHTS, {}, 0, 0, 0.0, "", "")


def draw_vectors(n: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, 6))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def compare_by_hand(first: str, second: str, cosine: float) -> float:
    """Return the chance of two texts of words, list items and bold words, a line each."""
    lines = [text.strip().casefold().split("\n") for text in (first, second)]
    words = [set(" ".join(part).replace("*", " ").replace("-", " ").split()) for part in lines]
    items = [sum(line.startswith("- ") for line in part) for part in lines]
    bold = [{line[2:-2] for line in part if line.startswith("**")} for part in lines]
    overlap = len(words[0] & words[1]) / len(words[0] | words[1]) if words[0] | words[1] else 0.0
    headings = len(bold[0] & bold[1]) / len(bold[0] | bold[1]) if bold[0] | bold[1] else 0.0
    layout = abs(math.log((items[0] + 1) / (items[1] + 1)))
    return 1 / (1 + math.exp(-(-4.0 + 2 * cosine + 3 * overlap - layout + 1.5 * headings)))


def test_words_by_hand() -> None:
    texts = ["Time is a river.", "time, is a THIEF; a thief!", ""]
    found = measure_features(texts, np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]))
    assert tuple(found) == FEATURES
    assert found["cosine"][0, 1] == pytest.approx(0.6)
    assert found["word_overlap"][0, 1] == pytest.approx(3 / 5)
    assert found["word_overlap"][0, 2] == 0
    assert found["word_overlap"][2, 2] == 0


def test_symbols_are_words() -> None:
    # An encoder may give all symbols it does not know one vector.
    texts, vectors = ["🎵", "🌲", "🌲!", "?!", "..."], np.ones((5, 1))
    found = measure_features(texts, vectors)["word_overlap"]
    assert found[0, 1] == 0
    assert found[1, 2] == 1
    assert found[3, 4] == 0
    assert compare_all(texts, vectors, MADE_UP)[3, 3] == 1


def test_layout_and_headings_by_hand() -> None:
    texts = [
        "# Rivers\n\n- **Nile:** long\n* Rhine\n\nThat is all.",
        "\n\n**nile**\n\n1. Rhine\n2) **Po**\n10. 5 - 3 = 2\n",
        "Rivers. Nile, Po; a * b ** c, #hash and 3.5 miles",
    ]
    found = measure_features(texts, draw_vectors(3))
    # Items: 2, 3, 0. Blank lines between paragraphs: 2, 1, 0. Headings: {rivers, nile}, {nile, po}.
    assert found["layout"][0, 1] == pytest.approx(math.log(4 / 3) + math.log(3 / 2))
    assert found["layout"][0, 2] == pytest.approx(math.log(3) + math.log(3))
    assert found["headings"][0, 1] == pytest.approx(1 / 3)
    assert found["headings"][0, 0] == 1
    assert found["headings"][0, 2] == found["headings"][2, 2] == 0


def test_only_the_beginning_is_read() -> None:
    texts = ["a " * 2000 + "b", "a " * 2000 + "c\n\n- **c**"]
    found = measure_features(texts, draw_vectors(2))
    assert found["word_overlap"][0, 1] == 1
    assert found["layout"][0, 1] == 0


def test_the_chance_by_hand() -> None:
    texts, vectors = ["time is a river", "time is a thief"], np.array([[1.0, 0.0], [0.8, 0.6]])
    wanted = compare_by_hand(*texts, 0.8)
    assert compare_all(texts, vectors, MADE_UP)[0, 1] == pytest.approx(wanted, abs=1e-6)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(LINES, max_size=4).map("\n".join), max_size=8))
def test_all_pairs_at_once_are_each_pair_alone(texts: list[str]) -> None:
    vectors = draw_vectors(len(texts))
    found = compare_all(texts, vectors, MADE_UP)
    assert found.shape == (len(texts), len(texts))
    for i, first in enumerate(texts):
        for j, second in enumerate(texts):
            same = first.strip() == second.strip()
            wanted = 1.0 if same else compare_by_hand(first, second, vectors[i] @ vectors[j])
            assert found[i, j] == pytest.approx(wanted, abs=1e-5)


def test_row_order_changes_nothing() -> None:
    texts = [f"answer {'x ' * i}" for i in range(9)]
    vectors, order = draw_vectors(9), np.random.default_rng(1).permutation(9)
    turned = compare_all([texts[i] for i in order], vectors[order], MADE_UP)
    assert turned == pytest.approx(compare_all(texts, vectors, MADE_UP)[np.ix_(order, order)])


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_answers(n: int) -> None:
    assert compare_all(["x"] * n, draw_vectors(n), MADE_UP).tolist() == [[1.0]] * n


def test_odd_texts_have_chances_too() -> None:
    texts = [
        "…!",
        "",
        "שלום עולם",
        "👩‍👩‍👧",
        "a " * 50_000,
        "**" * 50_000,
        " same ",
        "same",
        "1,000",
    ]
    found = compare_all(texts, draw_vectors(len(texts)), MADE_UP)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() == 1
    assert np.array_equal(found, found.T)
    assert found[6, 7] == 1


def test_the_shipped_model_prefers_alike_answers() -> None:
    shipped = read_calibration("all-MiniLM-L6-v2", {"HIVEMIND_CORPORA": "/nowhere/corpora"})
    assert shipped is not None
    assert shipped.weights["cosine"] > 0
    assert shipped.weights["word_overlap"] > 0
    assert shipped.weights["layout"] < 0
    assert shipped.weights["headings"] > 0


def test_a_calibration_of_other_features_is_refused() -> None:
    older = replace(MADE_UP, weights={"cosine": 2.0, "length_ratio": -1.0})
    with pytest.raises(InputError, match=r"made-up: .*must weigh cosine.*length_ratio.*fit\.py"):
        compare_all(["a", "b"], draw_vectors(2), older)


def test_the_shipped_calibration_is_what_the_pairs_give(test_data: Path, tmp_path: Path) -> None:
    pairs = test_data / "novelty-bench" / "human_equivalence_pairs.parquet"
    command = [sys.executable, ROOT / "recipes/sameness/fit.py", pairs, "--to", tmp_path / "a.json"]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": ROOT})
    fresh = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    shipped = json.loads((ROOT / "data/sameness/all-MiniLM-L6-v2.json").read_text(encoding="utf-8"))
    # Vectors differ in last digits between processors, and a pair may cross a threshold.
    assert fresh["weights"] == pytest.approx(shipped["weights"], abs=0.01)
    assert fresh["people_above_cosine"]["ci95"][0] > 0
    for sense in ("people", "cosine"):
        found, wanted = fresh["senses"][sense], shipped["senses"][sense]
        assert found["auc"] == pytest.approx(wanted["auc"], abs=0.002)
        assert found["default"] == pytest.approx(wanted["default"], abs=0.011)
        precisions = [[row["precision"] for row in x["rows"][:60]] for x in (found, wanted)]
        assert precisions[0] == pytest.approx(precisions[1], abs=0.01)
