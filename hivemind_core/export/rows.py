"""The numbers behind a view as HTML tables."""

import json
from math import isfinite, isnan

import pyarrow as pa

from hivemind_core.export.document import write_text
from hivemind_core.figures.numbers import count, isolate_words

MOST_ROWS = 500  # of a table in a page; files of numbers hold all
LONGEST = 2000  # characters of a cell
DIGITS = 4


def write_table(name: str, table: pa.Table, *, is_open: bool = False) -> str:
    """Return a table as HTML, under its name and size, folded away or open.

    Parameters
    ----------
    name : str
    table : pyarrow.Table
        Untrusted. Of a long one the first 500 rows are written, and it says so.
    """
    head = "".join(f'<th scope="col">{write_text(column)}</th>' for column in table.column_names)
    shown = table.slice(0, MOST_ROWS)
    columns = [column.to_pylist() for column in shown.columns]
    rows = "".join(
        f"<tr>{''.join(_write_cell(value) for value in row)}</tr>"
        for row in zip(*columns, strict=True)
    )
    size = count(len(table), "row")
    cut = (
        f", the first {MOST_ROWS} here; CSV and Parquet hold all" if len(table) > MOST_ROWS else ""
    )
    return (
        f'<details class="table"{" open" * is_open}>'
        f"<summary>{write_text(isolate_words(name))} ({size}{cut})</summary>"
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _write_cell(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<td class="number">{write_value(value)}</td>'
    return f'<td dir="auto">{write_text(write_value(value))}</td>'


def write_value(value: object) -> str:
    """Return a value of a table in words: "–" where it is missing."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}" if isfinite(value) else str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = (
        str(value)
        if isinstance(value, str | int)
        else json.dumps(value, ensure_ascii=False, default=str)
    )
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
