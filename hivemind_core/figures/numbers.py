"""How numbers and names are written for people."""

from html import escape
from math import isnan


def write_number(value: float | None, digits: int = 2) -> str:
    """Return a similarity with two digits, ".78" or "1.00"; "–" where it is undefined."""
    if value is None or isnan(value):
        return "–"
    text = f"{abs(value):.{digits}f}"
    sign = "−" if value < 0 and float(text) else ""
    return sign + (text.removeprefix("0") if float(text) < 1 else text)


def write_percent(share: float) -> str:
    """Return a share of 0 to 1 in whole per cent."""
    return f"{100 * share:.0f} %"


def write_interval(interval: list[float] | None) -> str:
    """Return a 95 % interval as ".70 to .81"; "–" where it is undefined."""
    if not interval or any(end is None or isnan(end) for end in interval):
        return "–"
    return f"{write_number(interval[0])} to {write_number(interval[1])}"


def escape_label(text: str) -> str:
    """Return untrusted text as a label of Plotly's, which reads tags but not ``&quot;``."""
    return escape(text, quote=False)


def count(number: int, thing: str) -> str:
    """Return a number and what is counted: "1 answer", "1,250 answers", "2 queries"."""
    plural = thing[:-1] + "ies" if thing.endswith("ry") else thing + "s"
    return f"{number:,} {thing if number == 1 else plural}"


def drop_nan(value: float) -> float | None:
    """Return a number as a table holds it: None where it is undefined."""
    return None if isnan(value) else float(value)
