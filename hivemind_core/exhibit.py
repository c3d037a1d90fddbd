"""What a view shows, free of the page that drew it: for a talk, and for files to take away."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import plotly.graph_objects as go
import pyarrow as pa

from hivemind_core.corpus.exports import HASH_SHOWN, Citation
from hivemind_core.figures.atlas import LabelledMap


@dataclass(frozen=True)
class View:
    """Where a view is found again: a page, and what was chosen on it.

    Attributes
    ----------
    page : str
        As in its address: "atlas".
    parameters : mapping of str to str, or to a tuple of str
        Of its address, without the corpus: "query", "colour", "show", which may be several.
    corpus : str
        Its name; empty where the page shows published figures alone.
    content_hash : str
        Of the corpus when the view was pinned; empty without one.
    """

    page: str
    parameters: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    corpus: str = ""
    content_hash: str = ""


def write_query(view: View) -> dict[str, str | list[str]]:
    """Return the query of the address of a view: what is chosen, of which corpus; nothing empty."""
    asked: dict[str, str | list[str]] = {
        name: value if isinstance(value, str) else list(value)
        for name, value in view.parameters.items()
    }
    asked |= {"corpus": view.corpus, "hash": view.content_hash[:HASH_SHOWN]}
    return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True)
class Panel:
    """One figure of a view.

    Attributes
    ----------
    figure : plotly Figure
    words : str
        Its alternative text.
    reading : str
        The sentence above it; empty where the view's own says it.
    basis : str
        What it rests on, in small print.
    labelled : LabelledMap or None
        What a map of it for print is drawn from; None for other figures.
    """

    figure: go.Figure
    words: str
    reading: str = ""
    basis: str = ""
    labelled: LabelledMap | None = None


@dataclass(frozen=True)
class Exhibit:
    """A view as it was shown.

    Attributes
    ----------
    view : View
    title : str
        The heading: a question, or the query itself (untrusted text).
    reading : str
        What it says, in a sentence.
    panels : tuple of Panel
        Its figures; none where a view is words or a table alone.
    tables : mapping of str to pyarrow.Table
        The numbers behind, by a name that can be a file's.
    citation : dict of str
        Corpus, content hash, source, licence, encoder, software, version.
    basis : str
        What all of it rests on.
    note : str
        For the speaker.
    fault : str
        Why it is not what was pinned: the corpus changed, or is not here. Empty where it is.
    """

    view: View
    title: str
    reading: str
    panels: tuple[Panel, ...] = ()
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    citation: Citation = field(default_factory=dict)
    basis: str = ""
    note: str = ""
    fault: str = ""
