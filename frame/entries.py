"""The reading list: groups or clusters, then what was said once."""

from collections.abc import Collection, Sequence

import streamlit as st

from frame import picking
from frame.paging import offer_more, take_more
from frame.pane import Pane, count_present, cut_text, read_texts, show_source, tell_query
from frame.theme import draw_shares, write_note
from hivemind_core.figures.homogeneity import count_models
from hivemind_core.figures.numbers import count
from hivemind_core.figures.reading import Entry, describe_entry, describe_wordings
from hivemind_core.space.groups import MOST_ANSWERS

ONE_AND_PEOPLE = "Said by one model and by people"
ONE_MODEL, PEOPLE = "Said by one model only", "Said by people only"
WITHHELD, ONCE = "Said by writers that are withheld", "Said once"
SECTIONS = ("", ONE_AND_PEOPLE, ONE_MODEL, PEOPLE, WITHHELD, ONCE)
LIST_SHOWN = 10
MEDOID_CUT = 280


def show_list(pane: Pane, entries: Sequence[Entry], kind: picking.Kind) -> None:
    """Show groups or clusters: count, models, the answer in their middle, key words, sources.

    Those that most models share come first, then what one model says alone, then, of groups, the
    answers that are like no other.
    """
    lone = pane.grouping.lone if pane.grouping is not None and kind == "group" else ()
    people = {s.name for s in pane.book.manifest.sources if s.is_human}
    every: list[Entry | int] = [*entries, *lone]
    is_lone = (
        count_models(s for s in pane.book.manifest.sources if s.name in pane.sheet.present) < 2
    )
    named = [(_name_section(item, people, is_lone=is_lone), item) for item in every]
    items = sorted(named, key=lambda pair: SECTIONS.index(pair[0]))
    if not items:
        write_note(_tell_none(pane, kind), "none")
        return
    shown = take_more("list", items, LIST_SHOWN)
    medoids = [
        item.medoid if isinstance(item, Entry) else pane.sheet.ids[item] for _, item in shown
    ]
    texts = read_texts(pane, medoids)
    told = ""
    for (section, item), medoid in zip(shown, medoids, strict=True):
        if section != told:
            told = section
            _open_section(section, pane)
        if isinstance(item, Entry):
            _show_entry(pane, item, kind, texts.get(medoid))
        else:
            _show_lone(pane, item, texts.get(medoid))
    offer_more("list", len(items), len(shown), "entry")


def _tell_none(pane: Pane, kind: picking.Kind) -> str:
    """Return why the list is empty."""
    reason = "No answers read alike."
    if kind == "group" and pane.grouping is not None and not pane.grouping.is_linked:
        reason = f"Answers to a query are grouped up to {MOST_ANSWERS:,} of them; here are more."
    return f"{reason} Lasso or click points to read them."


def _name_section(item: Entry | int, people: Collection[str], *, is_lone: bool) -> str:
    """Return what an item is listed under; where one model alone was asked, that is no news."""
    if isinstance(item, int):
        return ONCE
    if item.models > 1 or (is_lone and item.models):
        return ""
    if item.models == 1:
        return ONE_AND_PEOPLE if any(name in people for name, _ in item.sources) else ONE_MODEL
    is_human = all(name in people for name, _ in item.sources)
    return PEOPLE if is_human else WITHHELD


def _open_section(section: str, pane: Pane) -> None:
    if not section:
        return
    st.markdown(f"**{section}**")
    if section == ONCE and pane.grouping is not None:
        st.button(
            f"Read all {len(pane.grouping.lone):,}",
            key="open-once",
            type="tertiary",
            on_click=picking.pick,
            args=("once", picking.ONCE),
        )


def _show_entry(pane: Pane, entry: Entry, kind: picking.Kind, medoid: str | None) -> None:
    sources, key = pane.book.manifest.sources, f"{entry.number}"
    name = entry.medoid if kind == "group" else str(entry.number + 1)
    present = count_present(pane.sheet, entry) if kind == "group" else pane.sheet.present
    with st.container(border=True, key=f"entry-{key}", gap="xsmall"):
        st.button(
            describe_entry(entry, present, sources) or count(entry.size, "answer"),
            key=f"open-{key}",
            type="tertiary",
            on_click=picking.pick,
            args=(kind, name),
            help="Read all of them",
        )
        with st.container(key=f"medoid-{key}"):
            st.text(cut_text(medoid, MEDOID_CUT))
        words = " · ".join([*entry.keywords, *filter(None, [describe_wordings(entry)])])
        write_note(words, f"keywords-{key}")
        if kind == "group":
            tell_query(pane, entry.rows[0], key)
        inks = pane.inks
        draw_shares([(inks[name].color, name, n) for name, n in entry.sources if name in inks])


def _show_lone(pane: Pane, row: int, text: str | None) -> None:
    with st.container(border=True, key=f"lone-{row}", gap="xsmall"):
        show_source(pane, pane.sheet.sources[row], f"lone-{row}")
        with st.container(key=f"medoid-lone-{row}"):
            st.text(cut_text(text, MEDOID_CUT))
        tell_query(pane, row, f"lone-{row}")
