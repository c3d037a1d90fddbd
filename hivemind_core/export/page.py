"""A view, or a whole talk, as one HTML file: opens without network, and is moved by keys."""

from collections.abc import Mapping, Sequence
from html import escape

import plotly.graph_objects as go

from hivemind_core.errors import InputError
from hivemind_core.exhibit import Exhibit, Panel
from hivemind_core.export.about import list_origins, write_citation
from hivemind_core.export.document import Document, list_colors, read_part, write_data, write_text
from hivemind_core.export.dressing import dress_figure, list_text
from hivemind_core.export.fonts import write_faces
from hivemind_core.export.live import LIVE, find_origin, write_address
from hivemind_core.export.rows import write_table
from hivemind_core.export.stage import (
    find_least,
    set_on_slide,
    split_views,
    stands_aside,
    take_part,
)
from hivemind_core.figures.palette import DARK, LIGHT, Ground

TITLE_SIZES = (60, 140, 320)  # characters up to which a title is set that large
KEYS = (
    ("→  Page Down  Space", "next"),
    ("←  Page Up", "back"),
    ("Home  End", "first, last"),
    ("o", "contents"),
    ("n", "speaker notes"),
    ("s", "speaker notes in a second window"),
    ("d", "dark or light"),
    ("f", "full screen"),
    ("b", "blank"),
    ("l", "run a live view, or show its still"),
)
STILL = "This view is live. It runs when the talk is presented from the dashboard."
RUN = '<button type="button" class="run" aria-live="polite" title="Run it live (l)"></button>'
GROUNDS: Mapping[str, Ground] = {"light": LIGHT, "dark": DARK}


def write_html(
    exhibits: Sequence[Exhibit],
    title: str,
    *,
    dark: Sequence[Exhibit] = (),
    live: str = "",
    is_dark: bool = False,
) -> bytes:
    """Return exhibits as one HTML file that needs nothing but a browser.

    One view at a time, moved by keys, buttons or a clicker; figures can be hovered and zoomed. It
    loads nothing and sends nothing, and no text in it can become a script, a link or a picture.

    Parameters
    ----------
    exhibits : sequence of Exhibit
        With figures drawn on the light ground, or on the dark one where `is_dark`.
    title : str
        Untrusted.
    dark : sequence of Exhibit
        The same ones with figures drawn on the dark ground. Without, figures stay as they are
        whatever the ground of the rest.
    live : str
        Address of a running dashboard, in which live views run; the page may show it and nothing
        else. A live view shows its figures until it is told to run; without address and figures
        it says that it is one.
    is_dark : bool
        Whether the file begins on the dark ground, whatever its reader prefers.

    Raises
    ------
    InputError
        If there is nothing to show, not as many dark exhibits as light ones, or `live` is no
        address.
    """
    check_exhibits(exhibits)
    origin = find_origin(live) if live else ""
    if dark and len(dark) != len(exhibits):
        raise InputError("light and dark exhibits must be the same", found=f"{len(dark)} dark ones")
    slides = split_views(exhibits)
    exhibits, dark = (
        [take_part(drawn[number], part) for number, part in slides] if drawn else []
        for drawn in (exhibits, dark)
    )
    grounds = [("dark" if is_dark else "light", exhibits), *([("dark", dark)] if dark else [])]
    views = [
        _write_view({name: drawn[n] for name, drawn in grounds}, (n + 1, len(exhibits)), live)
        for n in range(len(exhibits))
    ]
    body = "\n".join([_write_bar(), _write_contents(exhibits, title), *views, _write_keys()])
    from plotly.offline import get_plotlyjs

    scripts = (get_plotlyjs(), read_part("notes.js") + read_part("deck.js"))
    style = write_faces(_gather_text(exhibits, title)) + _write_colors() + read_part("deck.css")
    return Document(title, body, style, scripts, origin, "dark" if is_dark else "").write()


def check_exhibits(exhibits: Sequence[Exhibit]) -> None:
    """Raise InputError where there is nothing to export."""
    if not exhibits:
        raise InputError("there is nothing to export", remedy="Pin a view first")


def _gather_text(exhibits: Sequence[Exhibit], title: str) -> str:
    told = [f"{e.title}{e.reading}{e.basis}{e.note}{dict(e.citation)}" for e in exhibits]
    return "".join(
        [title, *told, *(list_text(p.figure.to_plotly_json()) for e in exhibits for p in e.panels)]
    )


def _write_colors() -> str:
    """Return the colours of both grounds; the dark ones where the reader wants them."""
    light, dark = list_colors(LIGHT), list_colors(DARK)
    return (
        f":root{{{light}}}\n"
        f"@media screen{{:root[data-ground=dark]{{{dark}}}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-ground]){{{dark}}}}}\n"
    )


def _write_view(drawn: Mapping[str, Exhibit], place: tuple[int, int], live: str) -> str:
    """Return a view that was drawn on one ground or on both; the words are those of the first."""
    number, total = place
    exhibit = next(iter(drawn.values()))
    label = write_text(f"{number} of {total}: {exhibit.title[:200]}")
    panels = [
        _write_panel(
            {name: one.panels[n] for name, one in drawn.items() if n < len(one.panels)},
            f"{number}-{n}",
        )
        for n in range(len(exhibit.panels))
    ]
    has_figures = bool(panels)
    tables = [
        write_table(name, table, is_open=not has_figures and not n)
        for n, (name, table) in enumerate(exhibit.tables.items())
    ]
    shown, behind = (panels, tables) if has_figures else (tables[:1], tables[1:])
    is_live = exhibit.view.page == LIVE and (bool(live) or not has_figures)
    has_still = is_live and has_figures
    reading = "" if is_live and live and not has_still else exhibit.reading
    if is_live:
        shown = [*panels, _write_live(exhibit, live)]
    aside = " aside" if stands_aside(exhibit.panels) else ""
    held = " held" if has_still else ""
    return (
        f'<section class="view" id="view-{number}" aria-roledescription="slide" '
        f'aria-label="{label}">\n<div class="stage{aside}{held}">\n'
        f"<header>{_write_title(exhibit.title)}"
        f"{_write_words('p', 'reading', reading)}"
        f"{_write_words('p', 'fault', exhibit.fault)}{RUN if has_still else ''}</header>\n"
        f'<div class="panels of-{min(len(panels) or 1, 4)}">{"".join(shown)}</div>\n'
        f"<footer>{_write_words('p', 'basis', exhibit.basis)}"
        f"{_write_words('p', 'citation', write_citation(exhibit))}</footer>\n</div>\n"
        f'<div class="behind">{_write_alternatives(exhibit.panels)}{"".join(behind)}'
        f"{_write_origins(exhibit)}</div>\n"
        f'<aside class="note" aria-label="Speaker notes">'
        f"{_write_words('p', '', exhibit.note) or '<p>No notes for this view.</p>'}</aside>\n"
        "</section>"
    )


def _write_live(exhibit: Exhibit, live: str) -> str:
    """Return where a live view runs, or the sentence that stands for it."""
    if not live:
        return f'<p class="still">{write_text(STILL)}</p>'
    address = write_text(write_address(exhibit.view, live))
    return (
        f'<div class="live" data-live="{address}" data-title="{write_text(exhibit.title)}"></div>'
    )


def _write_title(title: str) -> str:
    size = sum(len(title) > most for most in TITLE_SIZES) + 1
    return f'<h2 class="size-{size}" dir="auto" tabindex="-1">{write_text(title)}</h2>'


def _write_words(tag: str, name: str, words: str) -> str:
    """Return an element of untrusted words; nothing where there are none."""
    return f'<{tag} class="{name}" dir="auto">{write_text(words)}</{tag}>' if words else ""


def _write_panel(drawn: Mapping[str, Panel], name: str) -> str:
    panel = next(iter(drawn.values()))
    data = [
        _write_figure(one.figure, GROUNDS[ground], f"figure-{name}-{ground}")
        for ground, one in drawn.items()
    ]
    staged = set_on_slide(panel.figure)
    height, least = float(staged.layout.height or 0), find_least(staged)
    return (
        f'<figure class="panel">{_write_words("figcaption", "", panel.reading)}'
        f'<div class="plot" role="img" aria-label="{write_text(panel.words)}" '
        f'data-figure="figure-{name}" data-height="{height:g}" data-least="{least:g}">'
        f'<div class="drawing"></div></div>'
        f"{_write_words('p', 'basis', panel.basis)}{''.join(data)}</figure>"
    )


def _write_figure(figure: go.Figure, ground: Ground, name: str) -> str:
    return write_data(name, set_on_slide(dress_figure(figure, ground)).to_json())


def _write_alternatives(panels: Sequence[Panel]) -> str:
    words = "".join(_write_words("p", "", panel.words) for panel in panels)
    what = "The figure" if len(panels) == 1 else "The figures"
    return f"<details><summary>{what} in words</summary>{words}</details>" if words else ""


def _write_origins(exhibit: Exhibit) -> str:
    rows = "".join(
        f'<dt>{write_text(name)}</dt><dd dir="auto">{write_text(value)}</dd>'
        for name, value in list_origins(exhibit)
    )
    return f"<details><summary>What this is of</summary><dl>{rows}</dl></details>"


def _write_bar() -> str:
    buttons = (
        ("back", "Back", "←"),
        ("next", "Next", "→"),
        ("contents", "Contents (o)", "Contents"),
        ("notes", "Speaker notes (n)", "Notes"),
        ("speaker", "Speaker notes in a second window (s)", "Notes window"),
        ("ground", "Dark or light (d)", "Dark"),
        ("full", "Full screen (f)", "Full screen"),
        ("keys", "Keys (?)", "Keys"),
    )
    made = "".join(
        f'<button type="button" data-do="{do}" aria-label="{label}" title="{label}">'
        f"{shown}</button>"
        for do, label, shown in buttons
    )
    place = '<span class="place" aria-live="polite"></span>'
    return f'<nav class="bar" aria-label="Views">{made}{place}</nav>'


def _write_contents(exhibits: Sequence[Exhibit], title: str) -> str:
    cards = "".join(
        f'<li><a href="#view-{number}"><b>{number}</b><strong dir="auto">'
        f"{write_text(exhibit.title)}</strong>{_write_words('span', '', exhibit.reading)}</a></li>"
        for number, exhibit in enumerate(exhibits, 1)
    )
    return (
        f'<div class="contents" role="dialog" aria-label="Contents">'
        f'<h1 dir="auto">{write_text(title)}</h1><ol>{cards}</ol></div>'
    )


def _write_keys() -> str:
    rows = "".join(f"<dt>{escape(keys)}</dt><dd>{escape(what)}</dd>" for keys, what in KEYS)
    return f'<div class="keys" role="dialog" aria-label="Keys"><dl>{rows}</dl></div>'
