"""How numbers and names are written for people."""

import re
from html import escape
from math import isnan

# What sets the direction of the text after it, and letters that are written from the right.
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
FROM_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
WORDS_FROM_RIGHT = re.compile(f"[{FROM_RIGHT}]+(?:[ '’_-]+[{FROM_RIGHT}]+)*")
ISOLATE, END = "\u2068", "\u2069"
ISOLATED = re.compile(f"{ISOLATE}({WORDS_FROM_RIGHT.pattern}){END}")


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


def isolate_words(sentence: str) -> str:
    """Return a sentence of ours whose foreign names cannot turn the direction of the rest.

    Names come from anywhere: a mark in one that overrides the direction would set our own numbers
    backwards, so it is shown as "\ufffd". Words from the right (Arabic, Hebrew) stay as they are,
    isolated, so that a number after them stays after them. Applied again it changes nothing.
    """
    plain = DIRECTIONS.sub("\ufffd", ISOLATED.sub(r"\1", sentence))
    return WORDS_FROM_RIGHT.sub(f"{ISOLATE}\\g<0>{END}", plain)


def escape_label(text: str) -> str:
    """Return untrusted text as a label of Plotly's, which reads tags but not ``&quot;``."""
    return escape(isolate_words(text), quote=False)


def count(number: int, thing: str) -> str:
    """Return a number and what is counted: "1 answer", "1,250 answers", "2 queries"."""
    plural = thing[:-1] + "ies" if thing.endswith("ry") else thing + "s"
    return f"{number:,} {thing if number == 1 else plural}"


def drop_nan(value: float) -> float | None:
    """Return a number as a table holds it: None where it is undefined."""
    return None if isnan(value) else float(value)
