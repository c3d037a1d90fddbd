"""What a page has drawn in this run, kept as an exhibit: for a talk, and for files to take away.

What a page writes and draws with passes what it shows on to here. Figures are kept, not copied;
tables are made only when somebody takes the exhibit.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from frame import address
from frame.loading import Shelved
from hivemind_core.corpus.exports import Citation, cite
from hivemind_core.deck import APART
from hivemind_core.exhibit import Exhibit, Panel, View
from hivemind_core.figures.atlas import LabelledMap
from hivemind_core.figures.numbers import isolate_words

FigureLike = TypeVar("FigureLike", bound=go.Figure)
MakeTable = Callable[[], pa.Table]
PART_CUT = 60  # characters


class Record:
    """What one run of a page has shown so far.

    Attributes
    ----------
    title, reading : str
        Its heading, and the first sentence that it found.
    parts : list of str
        Which of the questions of its page it answers, and of what; none where there is one alone.
    panels : list of Panel
    scope : list of str
        Small print on the whole view.
    tables : dict of str to callable
        What makes each table, by name.
    citation : dict of str
    is_bare : bool
        Whether it only says why there is nothing to show.
    is_of_corpus : bool
        False where it shows published figures alone.
    is_live : bool
        Whether it goes on while it is looked at.
    is_open : bool
        Whether the page still runs: a fragment that runs again alone adds nothing.
    """

    def __init__(self) -> None:
        self.title, self.reading = "", ""
        self.parts: list[str] = []
        self.panels: list[Panel] = []
        self.scope: list[str] = []
        self.tables: dict[str, MakeTable] = {}
        self.citation: Citation = {}
        self.is_bare, self.is_live = False, False
        self.is_of_corpus, self.is_open = True, True
        self._found = ""

    @property
    def is_worth_pinning(self) -> bool:
        """Whether it shows anything that a slide could."""
        return (bool(self.panels) or self.is_live) and not self.is_bare

    def find(self, sentence: str) -> None:
        """Take a sentence: the view's own, or that of the next figure."""
        if self.reading:
            self._found = sentence
        else:
            self.reading = sentence

    def lead(self, sentence: str) -> None:
        """Take the view's own sentence; one that came before it is that of the first figure."""
        before, self.reading = self.reading, sentence
        if before and self.panels and not self.panels[0].reading:
            self.panels[0] = replace(self.panels[0], reading=before)

    def hang(self, panel: Panel) -> None:
        """Take a figure, under the sentence before it if it has none of its own."""
        self.panels.append(replace(panel, reading=panel.reading or self._found))
        self._found = ""

    def rest(self, words: str) -> None:
        """Take what the last figure rests on."""
        if not self.panels:
            self.scope.append(words)
            return
        last = self.panels[-1]
        told = " ".join(filter(None, [last.basis, words]))
        self.panels[-1] = replace(last, basis=told)


def open_record() -> None:
    """Begin the record of a run."""
    st.session_state["record"] = Record()


def _take_record() -> Record | None:
    record: Record | None = st.session_state.get("record")
    return record if record is not None and record.is_open else None


def take_heading(text: str) -> None:
    """Take the heading of the page."""
    if (record := _take_record()) and not record.title:
        record.title = text


def take_part(words: str) -> None:
    """Take which of the questions of the page is answered, or of what; untrusted text."""
    if (record := _take_record()) and words:
        record.parts.append(words)


def take_finding(text: str) -> None:
    """Take the sentence above a figure."""
    if record := _take_record():
        record.find(isolate_words(text))


def take_lead(text: str) -> None:
    """Take the sentence of the whole view, whatever was found before."""
    if record := _take_record():
        record.lead(isolate_words(text))


def take_figure(
    figure: FigureLike, words: str, reading: str = "", labelled: LabelledMap | None = None
) -> FigureLike:
    """Take a figure and its alternative text, and return it to be drawn.

    `reading` is what it says, where that is not the sentence written before it; `labelled` what a
    map of it for print is drawn from.
    """
    if record := _take_record():
        told = isolate_words(words), isolate_words(reading)
        record.hang(Panel(figure, *told, labelled=labelled))
    return figure


def take_basis(words: str) -> None:
    """Take what the last figure rests on."""
    if (record := _take_record()) and words:
        record.rest(isolate_words(words))


def take_scope(words: str) -> None:
    """Take small print on the whole view: what it is of."""
    if (record := _take_record()) and words:
        record.scope.append(isolate_words(words))


def take_table(name: str, make_table: MakeTable, citation: Citation) -> None:
    """Take numbers behind the view, to be made when somebody takes the exhibit."""
    if record := _take_record():
        record.tables.setdefault(name, make_table)
        record.citation = record.citation or citation


def take_nothing() -> None:
    """Note that the page only says why there is nothing to show."""
    if record := _take_record():
        record.is_bare = True


def take_live(words: str) -> None:
    """Note that the page goes on while it is looked at, and the sentence that stands for it."""
    if record := _take_record():
        record.is_live, record.reading = True, isolate_words(words)


def take_published(name: str, value: str) -> None:
    """Note that the page shows published figures alone, and the choice that leads there."""
    address.note(name, value)
    if record := _take_record():
        record.is_of_corpus = False


def close_record() -> Record | None:
    """End the record of a run, and return it; None where none was open."""
    record = _take_record()
    if record is not None:
        record.is_open = False
    return record


def describe_view(record: Record) -> View:
    """Return where what was recorded is found again."""
    page = str(st.session_state.get("page", ""))
    choices = address.list_choices().items()
    chosen = {name: value for name, value in choices if value and name not in APART}
    shelved: Shelved | None = st.session_state.get("shelved")
    if shelved is None or shelved.corpus is None or not record.is_of_corpus:
        return View(page, chosen)
    return View(page, chosen, shelved.name, shelved.corpus.manifest.content_hash)


def name_view(record: Record) -> str:
    """Return the title of a view, with the part of its page that is shown, in few words."""
    parts = [part if len(part) <= PART_CUT else f"{part[:PART_CUT]}…" for part in record.parts]
    return " · ".join(filter(None, [record.title, *parts]))


def make_exhibit(record: Record) -> Exhibit:
    """Return what was recorded, with its tables; called while the page's session is there."""
    view, panels, scope = describe_view(record), list(record.panels), list(record.scope)
    if sum(bool(panel.basis) for panel in panels) == 1:  # then it speaks of all of them
        scope += [panel.basis for panel in panels if panel.basis]
        panels = [replace(panel, basis="") for panel in panels]
    reading = record.reading or (scope.pop(0) if scope else "")
    return Exhibit(
        view,
        record.title,
        reading,
        tuple(panels),
        {name: make_table() for name, make_table in record.tables.items()},
        record.citation or _cite(view),
        "\n".join(scope),
        fault=f"{record.title}: {record.reading}" if record.is_bare else "",
    )


def _cite(view: View) -> Citation:
    """Return what a view without a table is of."""
    shelved: Shelved | None = st.session_state.get("shelved")
    if not view.corpus or shelved is None or shelved.corpus is None:
        return {}
    return cite(shelved.corpus.manifest, str(view.parameters.get("encoder", "")))
