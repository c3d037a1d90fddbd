"""Answers in full, by source, with the phrases marked that they share."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from frame import loading, picking
from frame.likeness import take_for_pair
from frame.paging import offer_more, take_more
from frame.pane import Pane, cut_text, read_texts, show_source, tell_query
from frame.picking import Pick
from frame.prose import show_marked, style_prose
from frame.sheets import Sheet
from frame.theme import write_note
from hivemind_core.figures.homogeneity import count_models
from hivemind_core.figures.numbers import count
from hivemind_core.figures.phrases import Span, find_shared_phrases, list_common_phrases
from hivemind_core.figures.reading import Answer, group_answers
from hivemind_core.space.cluster import find_medoid

ANSWERS_SHOWN = 40
ANSWER_CUT = 1500
PHRASE_CUT = 90


@dataclass(frozen=True)
class Card:
    """Answers that are word for word the same, on one card: a place in the pane.

    Attributes
    ----------
    answer : Answer
    voice : str
        What stands above the card where it begins a new source; else empty.
    """

    answer: Answer
    voice: str


def tell_pick(pane: Pane, pick: Pick) -> str:
    """Return what was picked, in words that hold no text from the corpus."""
    names = {pane.sheet.sources[row] for row in pick.rows}
    models = count_models(s for s in pane.book.manifest.sources if s.name in names)
    what = {
        "group": "Nearly the same",
        "cluster": f"Cluster {pick.name}",
        "once": "Said once",
        "like": "Most like one answer",
        "points": "Your selection",
    }[pick.kind]
    wordings = len({int(pane.sheet.wordings[row]) for row in pick.rows})
    told = f"{what}: {count(len(pick.rows), 'answer')} · {count(models, 'model')}"
    return told if wordings == len(pick.rows) else f"{told} · {count(wordings, 'wording')}"


def show_picked(pane: Pane, pick: Pick, tell: Callable[[Sequence[int]], str]) -> None:
    """Show the answers that were picked, by source, repeats merged, shared phrases marked.

    Parameters
    ----------
    pane : Pane
    pick : Pick
    tell : callable
        Returns what else is known of some rows that are word for word the same.
    """
    cards = _deal_cards(pane, pick)
    shown = take_more("answers", cards, ANSWERS_SHOWN)
    ids = [pane.sheet.ids[card.answer.rows[0]] for card in shown]
    texts = read_texts(pane, ids)
    written = [texts.get(one) or "" for one in ids]
    spans = _mark(pane, pick, shown, written)
    style_prose()
    for place, card in enumerate(shown):
        if card.voice:
            show_source(pane, pane.sheet.sources[card.answer.rows[0]], str(place), card.voice)
        words = tell(card.answer.rows)
        _show_card(pane, card, texts.get(ids[place]), spans[place], words)
    offer_more("answers", len(cards), len(shown), "text")


def _deal_cards(pane: Pane, pick: Pick) -> list[Card]:
    """Return the answers in the order of the pane; those like another in that of likeness."""
    sheet = pane.sheet
    if pick.kind == "like":
        return _deal_alike(sheet, pick.rows)
    people = {source.name for source in pane.book.manifest.sources if source.is_human}
    voices = group_answers(pick.rows, sheet.sources, sheet.wordings.tolist(), people)
    return [
        Card(answer, f"{voice.source} · {count(voice.total, 'answer')}" if place == 0 else "")
        for voice in voices
        for place, answer in enumerate(voice.answers)
    ]


def _deal_alike(sheet: Sheet, rows: Sequence[int]) -> list[Card]:
    wordings: dict[int, list[int]] = {}
    for row in rows:
        wordings.setdefault(int(sheet.wordings[row]), []).append(row)
    return [
        Card(Answer(tuple(same)), _name_writers([sheet.sources[row] for row in same]))
        for same in wordings.values()
    ]


def _name_writers(sources: Sequence[str]) -> str:
    """Return who wrote one wording, e.g. "gpt-4o × 3, olmo2-7b"."""
    counted = Counter(sources).items()
    return ", ".join(f"{name} × {n}" if n > 1 else name for name, n in counted)


def _mark(
    pane: Pane, pick: Pick, shown: Sequence[Card], texts: Sequence[str]
) -> Sequence[tuple[Span, ...]]:
    """Return the phrases that each text shares with the one in the middle, and list them above.

    Only answers to one query share phrases that say something.
    """
    asked = {pane.sheet.query_ids[card.answer.rows[0]] for card in shown}
    if len(shown) < 2 or len(asked) > 1 or pick.kind == "once":
        return [()] * len(shown)
    middle = 0 if pick.kind == "like" else _find_middle(pane, shown)
    order = [middle, *(i for i in range(len(shown)) if i != middle)]
    turned = [texts[i] for i in order]
    wordings = list(dict.fromkeys(text.strip() for text in turned))
    phrases = list_common_phrases(wordings)
    if phrases and pick.kind != "like":
        told = ", ".join(
            f"{phrase.answers} say “{cut_text(phrase.text, PHRASE_CUT)}”" for phrase in phrases
        )
        write_note(f"Of {count(len(wordings), 'wording')} here, {told}.", "phrases")
    found = find_shared_phrases(turned)
    return [found[order.index(i)] for i in range(len(shown))]


def _find_middle(pane: Pane, shown: Sequence[Card]) -> int:
    """Return the card whose answer is most like all the others."""
    rows = [card.answer.rows[0] for card in shown]
    places, vectors = loading.read_unit_vectors(pane.book, (pane.sheet.query_ids[rows[0]],))
    known = [places.get(pane.sheet.ids[row], -1) for row in rows]
    if min(known) < 0:
        return 0
    repeats = [len(card.answer.rows) for card in shown]
    return known.index(find_medoid(vectors, np.repeat(known, repeats)))


def _show_card(
    pane: Pane,
    card: Card,
    text: str | None,
    spans: Sequence[Span],
    words: str,
) -> None:
    row = card.answer.rows[0]
    whole = f"whole-{pane.sheet.ids[row]}"
    cut = text is not None and len(text) > ANSWER_CUT and not st.session_state.get(whole)
    with st.container(border=True, key=f"answer-{row}", gap="xsmall"):
        if text is None or not text.strip():
            st.text(cut_text(text, 1), width="stretch")
        else:
            shown = cut_text(text, ANSWER_CUT) if cut else text
            inside = [(a, min(b, ANSWER_CUT)) for a, b in spans if a < ANSWER_CUT] if cut else spans
            show_marked(shown, inside, str(row))
        repeats = len(card.answer.rows)
        told = [f"× {repeats}, word for word"] if repeats > 1 else []
        write_note(" · ".join([*told, *filter(None, [words])]), f"repeats-{row}")
        tell_query(pane, row, f"answer-{row}")
        with st.container(horizontal=True, gap="small", key=f"actions-{row}"):
            _offer_actions(pane.sheet.ids[row], row)
        if cut and text is not None:
            st.button(
                f"Show all {len(text):,} characters",
                key=f"cut-{row}",
                type="tertiary",
                on_click=st.session_state.update,
                args=({whole: True},),
            )


def _offer_actions(response_id: str, row: int) -> None:
    """Offer what can be done with one answer: find others like it, compare it with another."""
    pair: tuple[str, ...] = st.session_state.get("pair", ())
    st.button(
        "More like this",
        key=f"like-{row}",
        type="tertiary",
        on_click=picking.pick,
        args=("like", response_id),
    )
    is_second = len(pair) == 1 and pair[0] != response_id
    st.button(
        "Compare with the first" if is_second else "Compare",
        key=f"pair-{row}",
        type="tertiary",
        on_click=take_for_pair,
        args=(response_id,),
        disabled=pair == (response_id,),
    )
