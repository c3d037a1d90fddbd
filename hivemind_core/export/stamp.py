"""What a picture is of, inside its file: a picture travels without the page it was taken from."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from struct import pack
from zlib import crc32

from hivemind_core.exhibit import Exhibit
from hivemind_core.export.about import clean_text, describe_exhibit, write_citation

ROOT = re.compile(r"<svg\b[^>]*>")
HEAD = 33  # bytes of a PNG: its signature, and the chunk that has to be first
METRE = 39.3700787  # inches


@dataclass(frozen=True)
class Stamp:
    """What a picture says of itself; cleaned, but still untrusted text.

    Attributes
    ----------
    title : str
    words : str
        The picture in words.
    citation : str
        Corpus, hash, source, licence and software in a line.
    about : str
        All of it, and the parameters of the view, as JSON: what `about.json` holds.
    """

    title: str
    words: str
    citation: str
    about: str

    def name_parts(self) -> dict[str, str]:
        """Return the parts under the names that formats of pictures have for them."""
        return {
            "Title": self.title,
            "Description": self.words,
            "Source": self.citation,
            "Comment": self.about,
        }


def make_stamp(exhibit: Exhibit, words: str) -> Stamp:
    """Return the stamp of a picture of a view."""
    about = json.dumps(describe_exhibit(exhibit), ensure_ascii=False)
    citation = clean_text(write_citation(exhibit))
    return Stamp(clean_text(exhibit.title), clean_text(words), citation, about)


def write_heading(stamp: Stamp) -> str:
    """Return title and citation in a line, for files that have room for no more."""
    return " · ".join(filter(None, (" ".join(stamp.title.split()), stamp.citation)))


def stamp_svg(markup: str, stamp: Stamp) -> str:
    """Return SVG with title, description and metadata."""
    parts = "".join(
        f"<{tag}>{escape(text, quote=False)}</{tag}>"
        for tag, text in (
            ("title", write_heading(stamp)),
            ("desc", stamp.words),
            ("metadata", stamp.about),
        )
    )
    return ROOT.sub(lambda root: root[0] + parts, markup, count=1)


def stamp_png(content: bytes, stamp: Stamp, dpi: float) -> bytes:
    """Return a PNG with a stamp, and with its size on paper; its points stay as they are."""
    points = round(dpi * METRE)
    chunks = _pack_chunk(b"pHYs", pack(">IIB", points, points, 1)) + _pack_texts(stamp.name_parts())
    return content[:HEAD] + chunks + content[HEAD:]


def _pack_texts(texts: Mapping[str, str]) -> bytes:
    """Return texts as chunks of Unicode, uncompressed and of no named language."""
    return b"".join(
        _pack_chunk(b"iTXt", name.encode("latin-1") + b"\0\0\0\0\0" + text.encode())
        for name, text in texts.items()
        if text
    )


def _pack_chunk(kind: bytes, body: bytes) -> bytes:
    return pack(">I", len(body)) + kind + body + pack(">I", crc32(kind + body))
