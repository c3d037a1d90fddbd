"""Clusters as a reading list and answers in full: text from models, shown as plain text only."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import streamlit as st

from frame import picking
from frame.loading import Book
from frame.sheets import Sheet, read_text, read_voices
from frame.theme import draw_shares, write_note
from hivemind_core.figures.homogeneity import count_models
from hivemind_core.figures.numbers import count
from hivemind_core.figures.palette import Ink
from hivemind_core.figures.reading import Answer, Entry, Voice, describe_entry

Thing = TypeVar("Thing")

LIST_SHOWN = 10
ANSWERS_SHOWN = 40
ANSWER_CUT = 1500
MEDOID_CUT = 280
GLYPHS = {
    "circle": "●",
    "square": "■",
    "triangle-up": "▲",
    "triangle-down": "▼",
    "pentagon": "⬟",
    "hexagram": "✶",
    "cross": "✚",
    "diamond-open": "◇",
    "x": "✕",
}


def show_list(book: Book, sheet: Sheet, inks: Mapping[str, Ink]) -> None:
    """Show the clusters: count, models, the answer in their middle, key words, sources."""
    if not sheet.entries:
        write_note("No group of answers reads alike. Lasso or click points to read them.", "none")
        return
    shown = _take_more("clusters", sheet.entries, LIST_SHOWN)
    texts = read_text(book, sheet, [entry.medoid for entry in shown])
    asked = count_models(s for s in book.manifest.sources if s.name in sheet.present)
    for entry in shown:
        with st.container(border=True, key=f"entry-{entry.cluster}", gap="xsmall"):
            _show_entry(entry, sheet, asked, texts.get(entry.medoid))
            draw_shares([(inks[name].color, n) for name, n in entry.sources if name in inks])
    _offer_more("clusters", len(sheet.entries), len(shown), "cluster")


def _show_entry(entry: Entry, sheet: Sheet, asked: int, medoid: str | None) -> None:
    st.button(
        describe_entry(entry, asked),
        key=f"open-{entry.cluster}",
        type="tertiary",
        on_click=picking.pick_cluster,
        args=(entry.cluster, sheet.find_members(entry.cluster)),
        help="Read all of them",
    )
    with st.container(key=f"medoid-{entry.cluster}"):
        st.text(_cut(medoid, MEDOID_CUT))
    write_note(" · ".join(entry.keywords), f"keywords-{entry.cluster}")


def _cut(text: str | None, width: int) -> str:
    if text is None:
        return "(text withheld by its source)"
    if not text.strip():
        return "(empty answer)"
    return text if len(text) <= width else text[:width].rstrip() + " …"


def show_picked(book: Book, sheet: Sheet, pick: picking.Pick, inks: Mapping[str, Ink]) -> None:
    """Show the answers that were picked, by source, in full, repeats merged."""
    voices = read_voices(book, sheet, pick.ids)
    st.button("← All clusters", key="back", type="tertiary", on_click=picking.pick_nothing)
    st.markdown(f"**{_describe_pick(book, pick, voices)}**")
    left = _take_more("answers", [(v, a) for v in voices for a in v.answers], ANSWERS_SHOWN)
    for number, voice in enumerate(voices):
        answers = [answer for v, answer in left if v.source == voice.source]
        if answers:
            _show_voice(number, voice, answers, inks.get(voice.source))
    _offer_more("answers", sum(len(v.answers) for v in voices), len(left), "answer")


def _describe_pick(book: Book, pick: picking.Pick, voices: Sequence[Voice]) -> str:
    """Return what was picked, in words that hold no text from the corpus."""
    names = {voice.source for voice in voices}
    models = count_models(s for s in book.manifest.sources if s.name in names)
    total = sum(voice.total for voice in voices)
    where = "Your selection" if pick.cluster is None else f"Cluster {pick.cluster + 1}"
    return f"{where}: {count(total, 'answer')} · {count(models, 'model')}"


def _show_voice(number: int, voice: Voice, answers: Sequence[Answer], ink: Ink | None) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if ink is not None:
            st.html(
                f'<span aria-hidden="true" style="color:{ink.color}">{GLYPHS[ink.symbol]}</span>',
                width="content",
            )
        with st.container(key=f"voice-{number}"):
            st.text(f"{voice.source} · {count(voice.total, 'answer')}")
    for place, answer in enumerate(answers):
        _show_answer(f"{number}-{place}", answer)


def _show_answer(key: str, answer: Answer) -> None:
    whole = f"whole-{answer.ids[0]}"
    text = answer.text
    cut = text is not None and len(text) > ANSWER_CUT and not st.session_state.get(whole)
    with st.container(border=True, key=f"answer-{key}", gap="xsmall"):
        st.text(_cut(text, ANSWER_CUT if cut else max(len(text or ""), 1)), width="stretch")
        if len(answer.ids) > 1:
            write_note(f"× {len(answer.ids)}, word for word", f"repeats-{key}")
        if cut and text is not None:
            st.button(
                f"Show all {len(text):,} characters",
                key=f"cut-{key}-{answer.ids[0]}",
                type="tertiary",
                on_click=_set,
                args=(whole, True),
            )


def _set(key: str, value: object) -> None:
    st.session_state[key] = value


def _take_more(name: str, things: Sequence[Thing], step: int) -> Sequence[Thing]:
    """Return as many things as were asked for so far on this sheet."""
    return things[: st.session_state.get(_asked(name), step)]


def _asked(name: str) -> str:
    return (
        f"asked-{name}-{hash((st.session_state.get('pick_owner'), st.session_state.get('pick')))}"
    )


def _offer_more(name: str, total: int, shown: int, thing: str) -> None:
    if shown < total:
        st.button(
            f"Show {count(min(total - shown, 100), thing)} more of {total:,}",
            key=f"more-{name}",
            on_click=_set,
            args=(_asked(name), shown + 100),
        )
