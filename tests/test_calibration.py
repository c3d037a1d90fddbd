"""Calibrations of encoders, read from their files."""

import json
from pathlib import Path

import pytest

from hivemind_core.corpus.calibration import read_calibration
from hivemind_core.corpus.locations import find_shipped
from hivemind_core.errors import InputError

SHIPPED = "all-MiniLM-L6-v2"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "sameness").mkdir()
    return {"HIVEMIND_CORPORA": str(tmp_path / "corpora")}


def test_the_shipped_one_says_how_often_people_agree(environment: dict[str, str]) -> None:
    found = read_calibration(SHIPPED, environment)
    assert found is not None
    assert (found.pairs, found.prevalence) == (1100, pytest.approx(0.343, abs=1e-3))
    people, cosine = found.senses["people"], found.senses["cosine"]
    assert cosine.auc == pytest.approx(0.75, abs=0.01)
    assert people.auc > cosine.auc
    row = found.find("cosine", 0.85)
    assert row is not None
    assert row.precision == pytest.approx(0.55, abs=0.01)
    assert row.precision_ci95[0] < row.precision < row.precision_ci95[1]


@pytest.mark.parametrize("sense", ["people", "cosine"])
def test_at_the_default_people_surely_agree_with_more_than_half(
    environment: dict[str, str], sense: str
) -> None:
    found = read_calibration(SHIPPED, environment)
    assert found is not None
    row = found.find(sense, found.senses[sense].default)
    assert row is not None
    assert row.threshold == found.senses[sense].default
    assert row.precision_ci95[0] > 0.5
    assert row.recall > 0.2


def test_a_threshold_between_rows_takes_the_row_below(environment: dict[str, str]) -> None:
    found = read_calibration(SHIPPED, environment)
    assert found is not None
    row = found.find("cosine", 0.857)
    assert row is not None
    assert row.threshold == pytest.approx(0.85)
    assert found.find("cosine", 0.1) is None


def test_nobody_was_asked_about_other_encoders(environment: dict[str, str]) -> None:
    assert read_calibration("openai:text-embedding-3-small", environment) is None


def test_a_users_own_file_comes_first(environment: dict[str, str], tmp_path: Path) -> None:
    content = (find_shipped("sameness") / f"{SHIPPED}.json").read_text(encoding="utf-8")
    for name in (SHIPPED, "openai%3Asmall"):
        path = tmp_path / "sameness" / f"{name}.json"
        path.write_text(content.replace('"pairs": 1100', '"pairs": 7'), encoding="utf-8")
    for encoder in (SHIPPED, "openai:small"):
        found = read_calibration(encoder, environment)
        assert found is not None
        assert found.pairs == 7


@pytest.mark.parametrize("content", ["{", "[]", '{"encoder": "x"}', '{"senses": 3}', "null"])
def test_a_damaged_file_is_named(environment: dict[str, str], tmp_path: Path, content: str) -> None:
    path = tmp_path / "sameness" / "mine.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.json.*whole calibration.*fit\.py"):
        read_calibration("mine", environment)


def test_coefficients_are_numbers(environment: dict[str, str], tmp_path: Path) -> None:
    content = (find_shipped("sameness") / f"{SHIPPED}.json").read_text(encoding="utf-8")
    found = json.loads(content)
    found["weights"]["cosine"] = float("nan")
    (tmp_path / "sameness" / "mine.json").write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.json.*nan among the coefficients"):
        read_calibration("mine", environment)
