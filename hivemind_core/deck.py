"""A talk as a list of pinned views: as values, and as the text of a file that people edit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hivemind_core.errors import InputError, shorten
from hivemind_core.exhibit import Exhibit, View

VERSION = 1
MOST_SLIDES = 500
LONGEST = 4_000_000  # characters of a deck
LONGEST_NAME = 1_000  # characters of a title, and of what names a view
LONGEST_TEXTS = {"reading": 10_000, "note": 20_000}  # characters
DECK_KEYS = ("version", "title", "slides")
VIEW_KEYS = ("page", "corpus", "content_hash", "parameters")
WORDS_KEYS = ("title", "reading", "note")
APART = ("corpus", "hash")  # what an address calls the corpus, which a view names for itself


@dataclass(frozen=True)
class Slide:
    """A view in a talk, and the speaker's own words for it.

    Attributes
    ----------
    view : View
    title, reading : str
        Shown instead of the page's own; empty: the page's own.
    note : str
        For the speaker.
    """

    view: View
    title: str = ""
    reading: str = ""
    note: str = ""


@dataclass(frozen=True)
class Deck:
    """A talk.

    Attributes
    ----------
    title : str
    slides : tuple of Slide
    version : int
        Of the form of its file.
    """

    title: str
    slides: tuple[Slide, ...] = ()
    version: int = VERSION


def add_slide(deck: Deck, slide: Slide, place: int | None = None) -> Deck:
    """Return a deck with a slide more: at a place from 0, or at its end.

    Raises
    ------
    InputError
        If the deck is full, or has no such place.
    """
    if len(deck.slides) >= MOST_SLIDES:
        raise InputError(f"a deck has {MOST_SLIDES} slides at most", where=shorten(deck.title))
    place = len(deck.slides) if place is None else place
    if not 0 <= place <= len(deck.slides):
        raise _miss(deck, place)
    return replace(deck, slides=(*deck.slides[:place], slide, *deck.slides[place:]))


def remove_slide(deck: Deck, place: int) -> Deck:
    """Return a deck without the slide at a place from 0; InputError where there is none."""
    _check_place(deck, place)
    return replace(deck, slides=deck.slides[:place] + deck.slides[place + 1 :])


def move_slide(deck: Deck, place: int, to: int) -> Deck:
    """Return a deck whose slide at a place stands at another; InputError where there is none."""
    _check_place(deck, place)
    _check_place(deck, to)
    return add_slide(remove_slide(deck, place), deck.slides[place], to)


def edit_slide(
    deck: Deck,
    place: int,
    *,
    title: str | None = None,
    reading: str | None = None,
    note: str | None = None,
) -> Deck:
    """Return a deck with other words on a slide; None leaves them. InputError: no such slide."""
    _check_place(deck, place)
    old = deck.slides[place]
    slide = Slide(
        old.view,
        old.title if title is None else title,
        old.reading if reading is None else reading,
        old.note if note is None else note,
    )
    return replace(deck, slides=(*deck.slides[:place], slide, *deck.slides[place + 1 :]))


def _check_place(deck: Deck, place: int) -> None:
    if not 0 <= place < len(deck.slides):
        raise _miss(deck, place)


def _miss(deck: Deck, place: int) -> InputError:
    return InputError(
        "the deck has no such slide",
        where=shorten(deck.title),
        found=f"{place + 1} of {len(deck.slides)}",
    )


def dress(slide: Slide, exhibit: Exhibit) -> Exhibit:
    """Return what a view shows, with the words of its slide."""
    return replace(
        exhibit,
        title=slide.title or exhibit.title,
        reading=slide.reading or exhibit.reading,
        note=slide.note or exhibit.note,
    )


def format_deck(deck: Deck) -> str:
    """Return a deck as the text of its file: JSON, without what is empty."""
    slides = [_format_slide(slide) for slide in deck.slides]
    whole = {"version": deck.version, "title": deck.title, "slides": slides}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _format_slide(slide: Slide) -> dict[str, object]:
    view = slide.view
    parameters = {
        name: value if isinstance(value, str) else list(value)
        for name, value in view.parameters.items()
    }
    told = {
        "title": slide.title,
        "reading": slide.reading,
        "note": slide.note,
        "page": view.page,
        "corpus": view.corpus,
        "content_hash": view.content_hash,
        "parameters": parameters,
    }
    return {name: value for name, value in told.items() if value}


def parse_deck(text: str, where: str = "deck") -> Deck:
    """Return the deck that the text of a file holds.

    Parameters
    ----------
    text : str
    where : str
        What errors call it: the name of the file.

    Raises
    ------
    InputError
        If it is no JSON, of a newer version, lacks what a deck has, holds what a deck has not, or
        a value is of a wrong kind or too long.
    """
    if len(text) > LONGEST:
        raise InputError(f"a deck has {LONGEST:,} characters at most", where=where)
    try:
        found = json.loads(text)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise InputError("a deck is a JSON object", where=where, found=str(error)) from error
    whole = _take_object(found, DECK_KEYS, where, "a deck")
    _check_version(whole, where)
    slides = whole.get("slides", [])
    if not isinstance(slides, list):
        raise InputError("slides are a list", where=where, found=shorten(slides))
    if len(slides) > MOST_SLIDES:
        rule = f"a deck has {MOST_SLIDES} slides at most"
        raise InputError(rule, where=where, found=str(len(slides)))
    title = _take_text(whole, "title", where)
    parsed = (_parse_slide(one, f"{where}, slide {n}") for n, one in enumerate(slides, 1))
    return Deck(title, tuple(parsed))


def _check_version(whole: Mapping[str, object], where: str) -> None:
    version = whole.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InputError(
            "version is a whole number from 1",
            where=where,
            found=shorten(version) if "version" in whole else "none",
            remedy=f'Begin the deck with "version": {VERSION}',
        )
    if version > VERSION:
        raise InputError(
            f"this software reads decks up to version {VERSION}",
            where=where,
            found=f"version {version}",
            remedy="Install a newer hivemind-atlas",
        )


def _parse_slide(found: object, where: str) -> Slide:
    told = _take_object(found, (*WORDS_KEYS, *VIEW_KEYS), where, "a slide")
    page = _take_text(told, "page", where)
    if not page:
        rule = "a slide names the page that it is a view of"
        raise InputError(rule, where=where, remedy='Say "page": "atlas"')
    view = View(
        page,
        _parse_parameters(told.get("parameters", {}), where),
        _take_text(told, "corpus", where),
        _take_text(told, "content_hash", where),
    )
    return Slide(view, **{name: _take_text(told, name, where) for name in WORDS_KEYS})


def _parse_parameters(found: object, where: str) -> dict[str, str | tuple[str, ...]]:
    if not isinstance(found, dict):
        raise InputError("parameters are an object", where=where, found=shorten(found))
    parameters: dict[str, str | tuple[str, ...]] = {}
    for name, value in found.items():
        if name in APART:
            remedy = 'They stand beside "page", as "corpus" and "content_hash"'
            raise InputError(
                "parameters name no corpus", where=where, found=shorten(name), remedy=remedy
            )
        _check_letters(name, where)
        several = value if isinstance(value, list) else [value]
        if not several or not all(isinstance(one, str) for one in several):
            raise InputError(
                "a parameter is a text, or a list of texts",
                where=f"{where}, {shorten(name)}",
                found=shorten(value),
                remedy="Write a number in quotation marks",
            )
        for one in several:
            _check_letters(one, where)
        parameters[name] = tuple(several) if isinstance(value, list) else value
    return parameters


def _take_object(found: object, keys: tuple[str, ...], where: str, thing: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise InputError(f"{thing} is a JSON object", where=where, found=shorten(found))
    unknown = [name for name in found if name not in keys]
    if unknown:
        raise InputError(
            f"{thing} has no {shorten(unknown[0])}", where=where, remedy=f"It has {', '.join(keys)}"
        )
    return found


def _take_text(told: Mapping[str, object], name: str, where: str) -> str:
    text = told.get(name, "")
    if not isinstance(text, str):
        raise InputError(f"{name} is a text", where=where, found=shorten(text))
    longest = LONGEST_TEXTS.get(name, LONGEST_NAME)
    if len(text) > longest:
        rule = f"{name} has {longest:,} characters at most"
        raise InputError(rule, where=where, found=f"{len(text):,}")
    _check_letters(text, where)
    return text


def _check_letters(text: str, where: str) -> None:
    """Raise where a text could not be written: JSON can spell half a letter."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError("a text is of whole letters", where=where, found=shorten(text)) from error
