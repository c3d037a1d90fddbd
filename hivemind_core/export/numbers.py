"""The numbers behind exhibits as files of rows, and what they are of beside them."""

import json
import re
from collections.abc import Sequence
from typing import Literal

from hivemind_core.corpus.exports import ABOUT_CSV, write_rows
from hivemind_core.errors import InputError
from hivemind_core.exhibit import Exhibit
from hivemind_core.export.about import describe_exhibit

ABOUT = "about.json"
LONGEST_NAME = 60


def write_numbers(exhibits: Sequence[Exhibit], form: Literal["csv", "parquet"]) -> dict[str, bytes]:
    """Return every table as a file, by name, and `about.json`, which says what they are of.

    Parameters
    ----------
    exhibits : sequence of Exhibit
    form : {"csv", "parquet"}
        Parquet files hold what they are of in their metadata too.

    Raises
    ------
    InputError
        If there is no table.
    """
    files: dict[str, bytes] = {}
    told = []
    for number, exhibit in enumerate(exhibits, 1):
        about = describe_exhibit(exhibit)
        names = []
        for table_name, table in exhibit.tables.items():
            name = _name_table(table_name, number if len(exhibits) > 1 else 0, form, files)
            citation = {k: _flatten(v) for k, v in about.items()}
            files[name] = write_rows(table, form, citation)
            names.append(name)
        told.append({**about, "files": names, **({"texts": ABOUT_CSV} if form == "csv" else {})})
    if not files:
        raise InputError("these views have no tables", remedy="Take them as HTML, PDF or PPTX")
    return {**files, ABOUT: (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()}


def _flatten(value: object) -> str | bool:
    """Return a value as citations hold it: what has parts as JSON."""
    if isinstance(value, str | bool):
        return value
    return json.dumps(value, ensure_ascii=False)


def _name_table(name: str, number: int, form: str, taken: dict[str, bytes]) -> str:
    """Return a name that every system takes, and that is not taken yet."""
    cleaned = re.sub(r"[^A-Za-z0-9.]+", "-", name).strip(".-")[:LONGEST_NAME] or "table"
    stem = f"{number}-{cleaned}" if number else cleaned
    names = [f"{stem}.{form}", *(f"{stem}-{again}.{form}" for again in range(2, len(taken) + 3))]
    return next(each for each in names if each not in taken)
