"""The typeface that a file carries with it."""

import re
from base64 import b64encode

from hivemind_core.corpus.locations import find_dashboard

# The ranges in .streamlit/config.toml.
LATIN = (
    "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+2000-206F, U+20AC, "
    "U+2122, U+2190-2199, U+2212, U+2215, U+FEFF, U+FFFD"
)
EXTENDED = (
    "U+0100-02BA, U+02BD-02C5, U+02C7-02CC, U+02CE-02D7, U+02DD-02FF, U+1E00-1E9F, U+1EF2-1EFF, "
    "U+2020, U+20A0-20AB, U+20AD-20C0, U+2113, U+2C60-2C7F, U+A720-A7FF"
)
BEYOND_LATIN = re.compile("[\u0100-\u02ff\u1e00-\u1eff\u2020\u20a0-\u20c0\u2113\u2c60-\u2c7f]")


def write_faces(text: str) -> str:
    """Return style rules that hold the typeface Inter for the letters of a text.

    Parameters
    ----------
    text : str
        Latin letters are always held, further ones where the text needs them.

    Returns
    -------
    str
        Empty where the typeface does not lie beside the dashboard: readers then see their own.
    """
    faces = [("inter-latin.woff2", LATIN)]
    if BEYOND_LATIN.search(text):
        faces.append(("inter-latin-ext.woff2", EXTENDED))
    return "".join(_write_face(name, ranges) for name, ranges in faces)


def _write_face(name: str, ranges: str) -> str:
    path = find_dashboard() / "static" / name
    if not path.is_file():
        return ""
    content = b64encode(path.read_bytes()).decode()
    return (
        "@font-face{font-family:Inter;font-style:normal;font-weight:100 900;"
        f"src:url(data:font/woff2;base64,{content}) format('woff2');unicode-range:{ranges}}}\n"
    )
