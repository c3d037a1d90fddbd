"""What pages show, and talks of pinned views, as files: behind `hivemind export`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from frame.rendering import GROUNDS, Ground, Renderer, draw_deck, read_view
from hivemind_core.corpus.deck_file import read_deck_file
from hivemind_core.corpus.locations import list_corpora
from hivemind_core.corpus.store import open_corpus
from hivemind_core.deck import Deck, Slide, parse_deck
from hivemind_core.errors import InputError, WorkError, shorten
from hivemind_core.exhibit import Exhibit
from hivemind_core.export.paper import COLUMN, FULL, Print
from hivemind_core.progress import Report, report_nothing


@dataclass(frozen=True)
class Wish:
    """What is written where.

    Attributes
    ----------
    to : Path
    page : str or None
        A page of the dashboard.
    choices : tuple of str
        What is chosen on it, each NAME=VALUE.
    deck : Path or None
        A talk, instead of a page.
    theme : str or None
        "light" or "dark", which paper and slides cannot be; None: light, and both in an HTML file.
    live : str
        Address of a running dashboard, in which live views of an HTML file run.
    printed : str or None
        Figures alone, for paper, as wide as "column", "page", or so many mm.
    """

    to: Path
    page: str | None = None
    choices: tuple[str, ...] = ()
    deck: Path | None = None
    theme: str | None = None
    live: str = ""
    printed: str | None = None


@dataclass(frozen=True)
class Done:
    """What was written, and what is not as it was pinned."""

    paths: tuple[Path, ...]
    faults: tuple[str, ...]


def export(wish: Wish, environment: Mapping[str, str], report: Report = report_nothing) -> Done:
    """Draw a view or a talk, and write it.

    Parameters
    ----------
    wish : Wish
    environment : mapping of str to str
        Where corpora and caches lie; `HIVEMIND_CORPUS` is the corpus that a page is drawn of.
    report : callable, optional

    Raises
    ------
    InputError
        If the wish is contradictory, the form, the page or a choice unknown, the deck unreadable,
        or a single view is not what was asked for.
    WorkError
        If nothing could be drawn, or a file cannot be written.
    """
    from hivemind_core.export.files import Options, find_form, save_files
    from hivemind_core.export.live import find_origin

    form, deck = find_form(wish.to.name), _find_talk(wish, environment)
    printed = _find_print(wish.printed, form)
    ground = _find_ground(wish.theme, form, is_for_paper=printed is not None)
    if wish.live:
        find_origin(wish.live)
    times = 2 if form == "html" and wish.theme is None else 1

    def tell(before: int) -> Report:
        return lambda stage, done, total: report(stage, before * total + done, times * total)

    with Renderer(environment) as renderer:
        exhibits = draw_deck(deck, ground, renderer, tell(0))
        faults = _check(exhibits, is_talk=wish.deck is not None)
        dark = draw_deck(deck, "dark", renderer, tell(1)) if times > 1 else []
    faults += _compare(exhibits, dark)
    options = Options(
        title=deck.title,
        dark=tuple(dark),
        live=wish.live,
        printed=printed or Print(),
        has_figures_alone=printed is not None,
        is_dark=ground == "dark",
    )
    paths = save_files(exhibits, wish.to, options)
    return Done(tuple(paths), faults)


def _find_print(width: str | None, form: str) -> Print | None:
    """Return the size of figures on paper; None where they are not for paper."""
    if width is None:
        return None
    if form not in ("pdf", "svg", "png"):
        raise InputError("figures for paper are PDF, SVG or PNG", where="--print", found=form)
    known = {"column": COLUMN, "page": FULL}
    try:
        return Print(known[width] if width in known else float(width))
    except ValueError as error:
        rule = "a width on paper is column, page, or a number of mm"
        raise InputError(rule, where="--print", found=shorten(width)) from error


def _find_talk(wish: Wish, environment: Mapping[str, str]) -> Deck:
    """Return the talk that is written: a deck, or a single view as one."""
    if (wish.deck is None) == (wish.page is None):
        rule = "a file is made of a page or of a deck"
        raise InputError(rule, remedy="Give --view PAGE, or --deck FILE")
    if wish.deck is not None:
        if wish.choices:
            raise InputError("a deck says itself what is chosen", where="--with")
        return parse_deck(read_deck_file(wish.deck), str(wish.deck))
    name = _name_corpus(environment)
    view = read_view(str(wish.page), wish.choices, name)
    return Deck(name or view.page.capitalize(), (Slide(view),))


def _name_corpus(environment: Mapping[str, str]) -> str:
    """Return what the dashboard calls the corpus that it opens first; empty without any."""
    found = (str(path) for path in list_corpora(environment))
    locator = environment.get("HIVEMIND_CORPUS") or next(found, "")
    if not locator:
        return ""
    return open_corpus(locator).manifest.name or locator.rstrip("/").rpartition("/")[2]


def _find_ground(theme: str | None, form: str, *, is_for_paper: bool) -> Ground:
    found = next((ground for ground in GROUNDS if ground == (theme or GROUNDS[0])), None)
    if found is None:
        raise InputError("a theme is light or dark", where="--theme", found=shorten(theme))
    if found == "dark" and (is_for_paper or form in ("pdf", "pptx")):
        rule = "PDF, PPTX and figures for paper are on light ground"
        raise InputError(rule, where="--theme", found=shorten(theme))
    return found


def _check(exhibits: Sequence[Exhibit], *, is_talk: bool) -> tuple[str, ...]:
    """Return what is not as it was pinned; raise where nothing is worth writing."""
    if not exhibits:
        raise InputError("the deck has no slides", remedy="Pin a view, or write one into it")
    faults = tuple(
        f"slide {number}: {exhibit.fault}" if is_talk else exhibit.fault
        for number, exhibit in enumerate(exhibits, 1)
        if exhibit.fault
    )
    if faults and not is_talk:
        raise InputError(f"the view is not there as it was asked for: {faults[0].rstrip('.')}")
    if is_talk and not any(_is_shown(exhibit) for exhibit in exhibits):
        rule = "no slide could be drawn"
        raise WorkError(f"{rule}: {faults[0] if faults else 'slides without figures'}".rstrip("."))
    return faults


def _compare(light: Sequence[Exhibit], dark: Sequence[Exhibit]) -> tuple[str, ...]:
    """Return why slides stay light on the dark ground: what could be drawn on one alone."""
    return tuple(
        f"slide {number}, on dark ground: {shade.fault}"
        for number, (one, shade) in enumerate(zip(light, dark, strict=False), 1)
        if shade.fault and shade.fault != one.fault
    )


def _is_shown(exhibit: Exhibit) -> bool:
    """Whether there is anything to see; a live view is seen while it runs."""
    is_live = exhibit.view.page == "live" and not exhibit.fault
    return bool(exhibit.panels or exhibit.tables) or is_live
