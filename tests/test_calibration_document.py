"""docs/calibration.md says what the simulation printed, and what the code does."""

import json
import re
from pathlib import Path
from typing import Any

from hivemind_core.calibration import SURE
from hivemind_core.measures.miscalibration import DRAWS, FEWEST_ITEMS, FEWEST_QUERIES

ROOT = Path(__file__).parent.parent
DOCUMENT = " ".join((ROOT / "docs/calibration.md").read_text(encoding="utf-8").split())


def read_simulated() -> dict[str, Any]:
    path = ROOT / "recipes/calibration/simulated.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_the_table_of_null_panels_is_what_was_printed() -> None:
    for agreement, row in read_simulated()["null"].items():
        cells = [row[name] for name in ("bins", "nested", "all", "verdicts_wrong")]
        name = f"{float(agreement):.2f}".removeprefix("0")
        assert f"| {name} | {' | '.join(f'{cell:.1f}' for cell in cells)} |" in DOCUMENT
        # The form of `expected` was chosen by this.
        assert 92 <= row["all"] <= 98


def test_the_table_of_power_is_what_was_printed() -> None:
    power = read_simulated()["power"]
    for agreement in ("0.25", "0.45", "0.7"):
        half, whole = power[f"{agreement}, 0.5"], power[f"{agreement}, 1.0"]
        name = f"{float(agreement):.2f}".removeprefix("0")
        assert f"| {name} | {half:.0f} | {whole:.0f} |" in DOCUMENT


def test_the_rules_are_those_of_the_code() -> None:
    assert f"Each of {DRAWS:,} draws" in DOCUMENT
    assert f"Under {FEWEST_QUERIES} queries or {FEWEST_ITEMS} answers" in DOCUMENT
    assert f"below {SURE:.2f}".replace("0.", ".") in DOCUMENT
    about = read_simulated()["about"]
    assert f"{about['items']} answers" in DOCUMENT
    assert re.search(rf"{about['annotators']} annotators", DOCUMENT)
    assert f"{about['draws']} draws" in DOCUMENT
