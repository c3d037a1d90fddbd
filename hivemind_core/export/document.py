"""HTML that stands alone: every script and style is inside, and nothing else may run or load."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from importlib.resources import files

from hivemind_core.export.about import clean_text
from hivemind_core.figures.palette import Ground

COLORS = ("paper", "ink", "line", "muted", "accent")
# Plotly makes an empty style element and adds its rules to it by script.
EMPTY_STYLE = ""
SEPARATORS = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028"}
ESCAPES = str.maketrans({**SEPARATORS, "\u2029": "\\u2029"})


@dataclass(frozen=True)
class Document:
    """The parts of a page; title and language are plain text, the rest is trusted markup.

    Attributes
    ----------
    title : str
    body : str
    style : str
    scripts : tuple of str
        Run in this order, after the body was read.
    frame : str
        Origin of the one site that may be shown in a frame, and asked whether it is there; empty:
        none may.
    ground : str
        "light" or "dark", which the page begins on; empty: what its reader prefers.
    """

    title: str
    body: str
    style: str = ""
    scripts: tuple[str, ...] = ()
    frame: str = ""
    ground: str = ""

    def write(self) -> bytes:
        """Return the page as the bytes of an HTML file."""
        policy = write_policy([self.style, EMPTY_STYLE], self.scripts, self.frame)
        scripts = "\n".join(f"<script>{script}</script>" for script in self.scripts)
        ground = f' data-ground="{self.ground}"' if self.ground else ""
        page = (
            f'<!DOCTYPE html>\n<html lang="en"{ground}>\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="referrer" content="no-referrer">\n'
            f"<title>{write_text(self.title)}</title>\n<style>{self.style}</style>\n</head>\n"
            f"<body>\n{self.body}\n{scripts}\n</body>\n</html>\n"
        )
        return page.encode()


def write_policy(styles: Sequence[str], scripts: Sequence[str], frame: str = "") -> str:
    """Return a content security policy that lets run and style only what is given here.

    Plotly sets bold text by style attributes; they are let, since they load and run nothing.
    """
    held = " ".join(_name_hash(style) for style in styles)
    run = " ".join(_name_hash(script) for script in scripts) or "'none'"
    framed = f"frame-src {write_text(frame)}; " if frame else ""
    asked = write_text(frame) if frame else "'none'"
    return (
        f"default-src 'none'; script-src {run}; style-src {held}; style-src-elem {held}; "
        "style-src-attr 'unsafe-inline'; img-src data: blob:; font-src data:; "
        f"connect-src {asked}; {framed}base-uri 'none'; form-action 'none'"
    )


def _name_hash(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def write_text(text: str) -> str:
    """Return untrusted text as HTML that shows it, fit for an attribute in double quotes too."""
    return escape(clean_text(text))


def write_data(name: str, json: str) -> str:
    """Return JSON as a block that a script can read, and that no text in it can end."""
    return f'<script type="application/json" id="{name}">{json.translate(ESCAPES)}</script>'


def read_part(name: str, package: str = "hivemind_core.export") -> str:
    """Return a style sheet or script that lies in a package."""
    return (files(package) / name).read_text("utf-8")


def list_colors(ground: Ground) -> str:
    """Return the colours of a ground as variables of a style sheet."""
    return "".join(f"--{name}:{getattr(ground, name)};" for name in COLORS)
