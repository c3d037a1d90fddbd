"""docs/sameness.md says what data/sameness/all-MiniLM-L6-v2.json holds, and what the code does."""

import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hivemind_core.corpus.calibration import read_calibration as load_calibration
from hivemind_core.space.encoders import DEFAULT_ENCODER, find_encoder
from hivemind_core.space.judge import (
    LEAST_COSINE,
    PUBLISHED_JUDGE,
    PUBLISHED_THRESHOLD,
    PUBLISHED_VOCABULARY,
    TOKENS,
)
from hivemind_core.space.sameness import CHARACTERS, FEATURES, compare_all

ROOT = Path(__file__).parent.parent
SENSES = ("people", "cosine")


@cache
def read_calibration() -> dict[str, Any]:
    path = ROOT / "data/sameness/all-MiniLM-L6-v2.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


@cache
def read_document() -> str:
    """Return the document with every run of white space as one blank: lines may break anywhere."""
    return " ".join((ROOT / "docs/sameness.md").read_text(encoding="utf-8").split())


def read_section(title: str) -> str:
    found = re.search(rf"## {title} (.*?)(?= ## |$)", read_document())
    assert found is not None, title
    return found[1]


@cache
def read_tables() -> dict[str, list[list[str]]]:
    """Return the cells of each table, head and rule apart, by the first cell and what precedes."""
    text = (ROOT / "docs/sameness.md").read_text(encoding="utf-8")
    pattern = re.compile(r"([^\n]*)\n\n(\|[^\n]*\|)\n\|[-|]+\|\n((?:\|[^\n]*\|\n)+)")
    return {
        f"{before} {_split_row(head)[0]}".strip(): [_split_row(row) for row in body.splitlines()]
        for before, head, body in pattern.findall(text)
    }


def _split_row(row: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def find_table(words: str) -> list[list[str]]:
    found = [rows for name, rows in read_tables().items() if words in name]
    assert len(found) == 1, words
    return found[0]


def show(value: float, digits: int) -> str:
    """Return a number as the document writes it: no 0 before the point."""
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:.{digits}f}")


def show_interval(value: float, interval: list[float], digits: int) -> str:
    low, high = (show(end, digits) for end in interval)
    return f"{show(value, digits)} ({low} to {high})"


def show_row(row: dict[str, Any], default: float) -> list[str]:
    threshold = show(row["threshold"], 2)
    return [
        f"**{threshold}**" if row["threshold"] == default else threshold,
        show_interval(row["precision"], row["precision_ci95"], 2),
        show_interval(row["recall"], row["recall_ci95"], 2),
        f"{100 * row['called_share']:.0f} %",
    ]


def find_row(sense: str, threshold: float) -> dict[str, Any]:
    rows = read_calibration()["senses"][sense]["rows"]
    return next(row for row in rows if row["threshold"] == pytest.approx(threshold))


def test_the_intercept_and_every_coefficient() -> None:
    calibration = read_calibration()
    assert f"where *s* is {calibration['intercept']} plus" in read_document()
    told = {row[0].strip("`"): row[1] for row in find_table("feature")}
    assert told == {name: str(weight) for name, weight in calibration["weights"].items()}
    assert tuple(told) == FEATURES
    assert f"The first {CHARACTERS:,} characters of an answer are read" in read_document()


def test_the_worked_example() -> None:
    calibration = read_calibration()
    intercept, weights = calibration["intercept"], calibration["weights"]
    total = intercept + 0.8 * weights["cosine"] + 0.6 * weights["word_overlap"]
    wanted = (
        f"*s* = {intercept} + {weights['cosine']} x .80 + {weights['word_overlap']} x .60 = "
        f"{show(total, 2)}, a sameness of {show(1 / (1 + math.exp(-total)), 2)}."
    )
    assert wanted in read_document()


def test_the_pairs_and_their_prevalence() -> None:
    calibration = read_calibration()
    assert f"{calibration['pairs']:,} pairs of answers, each to a prompt of its own" in (
        read_document()
    )
    assert calibration["prompts"] == calibration["pairs"]
    assert f"{100 * calibration['prevalence']:.1f} % are called the same" in read_document()
    assert f"{calibration['draws']:,} bootstrap draws" in read_document()
    assert calibration["folds"] == 5
    assert "five folds" in read_document()


def test_every_auc_with_its_interval() -> None:
    calibration = read_calibration()
    senses, gain = calibration["senses"], calibration["people_above_cosine"]
    wanted = [[f"`{s}`", show_interval(senses[s]["auc"], senses[s]["auc_ci95"], 3)] for s in SENSES]
    wanted.append(["difference, paired", show_interval(gain["difference"], gain["ci95"], 3)])
    (table,) = [rows for rows in read_tables().values() if len(rows[0]) == 2]
    assert table == wanted
    assert gain["ci95"][0] > 0


@pytest.mark.parametrize("sense", SENSES)
def test_every_row_of_a_threshold_table(sense: str) -> None:
    default = read_calibration()["senses"][sense]["default"]
    table = find_table(f"`{sense}`")
    thresholds = [float(row[0].strip("*")) for row in table]
    assert len(thresholds) >= 8
    assert thresholds == sorted(thresholds)
    assert default in thresholds
    for told, threshold in zip(table, thresholds, strict=True):
        assert told == show_row(find_row(sense, threshold), default)


def test_the_defaults_and_why() -> None:
    senses = read_calibration()["senses"]
    first, second = (show(senses[sense]["default"], 2) for sense in SENSES)
    section = read_section("The default")
    assert f"so both defaults are the second: {first} and {second}." in section
    near = {sense: find_row(sense, at) for sense, at in (("people", 0.7), ("cosine", 0.96))}
    shown = {
        sense: (show(row["precision"], 3), f"{100 * row['recall']:.0f} %")
        for sense, row in near.items()
    }
    assert (
        f"`people` has {shown['people'][0]} at .70, but finds {shown['people'][1]} there; "
        f"`cosine` {shown['cosine'][0]} at .96 and finds {shown['cosine'][1]})"
    ) in section
    lows = [find_row(s, senses[s]["default"])["precision_ci95"][0] for s in SENSES]
    assert min(round(low, 2) for low in lows) >= 0.6


def test_reliability_and_how_often_the_default_is_right() -> None:
    calibration = read_calibration()
    fifths = [
        f"{show(part['predicted'], 2)}/{show(part['same'], 2)}"
        for part in calibration["reliability"]
    ]
    assert ", ".join(fifths) in read_document()
    row = find_row("people", calibration["senses"]["people"]["default"])
    called, prevalence = row["called_share"], calibration["prevalence"]
    hits = called * row["precision"]
    right = hits + (1 - prevalence) - (called - hits)
    assert f"right on {100 * right:.0f} % of the pairs" in read_document()
    assert f"right on {100 * (1 - prevalence):.0f} %" in read_document()


def test_what_is_said_of_opposites() -> None:
    """The two answers are read off the document, and their numbers are taken anew."""
    told = read_section("How it misleads").partition("**Opposites.** ")[2]
    texts = re.findall('"([^"]+)"', told)[:2]
    assert [text.split(",")[0] for text in texts] == ["Yes", "No"]
    calibration = load_calibration(DEFAULT_ENCODER)
    assert calibration is not None
    vectors = find_encoder(DEFAULT_ENCODER, {}).encode(texts)
    cosine, chance = float(vectors[0] @ vectors[1]), compare_all(texts, vectors, calibration)[0, 1]
    assert f"cosine {show(cosine, 2)} and sameness {show(float(chance), 2)}:" in told


def test_what_is_said_of_lengths() -> None:
    short, *longer = read_calibration()["by_length"]
    section = read_section("How it misleads")
    gain = short["people_above_cosine"]
    interval = show_interval(gain["difference"], gain["ci95"], 3)
    assert f"AUC {show(short['people'], 3)} against {show(short['cosine'], 3)}" in section
    assert f"difference {interval}, on {short['pairs']} pairs only" in section
    agreed = round(short["called"] * short["precision"])
    assert f"of the {short['called']} it calls the same at the default" in section
    assert f"people agree with {agreed}." in section
    assert short["characters"] == [0, 200]
    for part in longer:
        gain = part["people_above_cosine"]
        assert show_interval(gain["difference"], gain["ci95"], 3) in section
    assert longer[-1]["pairs"] > read_calibration()["pairs"] / 2
    assert "Half of the judged answers are longer than 2,000 characters" in section


def test_what_is_said_of_the_judge() -> None:
    section = read_section("An optional judge")
    assert f"hivemind build my-corpus --judge {PUBLISHED_JUDGE}" in section
    assert f"`{PUBLISHED_VOCABULARY}`" in section
    assert f"first {TOKENS} tokens" in section
    assert f"above {show(PUBLISHED_THRESHOLD, 3)}" in section
    assert f"cosine is at least {show(LEAST_COSINE, 2)}" in section
    row = find_row("cosine", LEAST_COSINE)
    low, high = (100 * (1 - end) for end in row["recall_ci95"][::-1])
    lost = f"{100 * (1 - row['recall']):.1f} % ({low:.0f} to {high:.0f})"
    assert f"{lost} of the pairs that people call the same" in section
    for answers in (10, 50, 200):
        assert f"{answers * (answers - 1) // 2:,} for {answers}" in section
