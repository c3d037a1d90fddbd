"""Exhibits as one file, in the form that its ending names."""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

from hivemind_core.corpus.whole_file import write_whole
from hivemind_core.errors import InputError, WorkError, shorten
from hivemind_core.exhibit import Exhibit, Panel
from hivemind_core.export.about import describe_exhibit
from hivemind_core.export.numbers import ABOUT, write_numbers
from hivemind_core.export.page import check_exhibits, write_html
from hivemind_core.export.paper import Print
from hivemind_core.export.pictures import (
    PAPER,
    draw_vectors,
    print_deck,
    write_pdf,
    write_png,
    write_svg,
)
from hivemind_core.export.print_map import write_map
from hivemind_core.export.slides import write_slides
from hivemind_core.export.stamp import Stamp, make_stamp, stamp_png, write_heading
from hivemind_core.figures.atlas import LabelledMap
from hivemind_core.figures.palette import DARK

Form = Literal["html", "svg", "png", "pdf", "pptx", "csv", "parquet"]
FORMS: tuple[Form, ...] = get_args(Form)
TYPES: dict[str, str] = {
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}
NEEDS_RENDERER: frozenset[str] = frozenset({"svg", "png", "pdf", "pptx"})
PACKED = ".zip"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same exhibits give the same bytes


@dataclass(frozen=True)
class Options:
    """How exhibits are written.

    Attributes
    ----------
    title : str
        Of the talk or the file; untrusted.
    dark : tuple of Exhibit
        The same exhibits on the dark ground, for HTML.
    printed : Print
        The size of figures as SVG and PNG, and as PDF.
    live : str
        Address of a running dashboard, in which the live views of an HTML file run.
    has_figures_alone : bool
        Whether figures are for print: maps as SVG, PNG, or as the one figure of a PDF are labelled
        with what their groups say, and a PDF holds the figures alone, a page each in the size of
        `printed`, instead of a slide a view.
    is_dark : bool
        Whether the exhibits themselves were drawn on the dark ground: for HTML, SVG and PNG, which
        then have it too. Paper and slides are light.
    """

    title: str = "Hivemind Atlas"
    dark: tuple[Exhibit, ...] = ()
    printed: Print = field(default_factory=Print)
    live: str = ""
    has_figures_alone: bool = False
    is_dark: bool = False


def find_form(name: str) -> Form:
    """Return the form that the ending of a file's name stands for; `.csv.zip` is CSV, packed.

    Raises
    ------
    InputError
        If it stands for none.
    """
    ending = name.casefold().removesuffix(PACKED).rpartition(".")[2]
    found = next((form for form in FORMS if form == ending), None)
    if found is None:
        known = ", ".join(f".{form}" for form in FORMS)
        raise InputError(f"the ending says the form: {known}", where=shorten(name))
    return found


def write_parts(
    exhibits: Sequence[Exhibit], form: Form, options: Options | None = None
) -> dict[str, bytes]:
    """Return exhibits in a form, as one file or as several, by name.

    HTML, PDF and PPTX are one file. SVG and PNG are a file a figure, CSV and Parquet a file a
    table; where these are several, and always beside CSV, `about.json` says what they are of.

    Raises
    ------
    InputError
        If there is nothing to export in that form.
    WorkError
        If the form needs a browser or a package that is not there.
    """
    options = options or Options()
    check_exhibits(exhibits)
    if form == "html":
        return {"talk.html": _write_html(exhibits, options)}
    if form == "pptx":
        return {"talk.pptx": write_slides(exhibits, options.title)}
    if form == "pdf":
        return {"talk.pdf": _write_pdf(exhibits, options)}
    if form in ("svg", "png"):
        return _write_pictures(exhibits, form, options)
    parts = write_numbers(exhibits, "csv" if form == "csv" else "parquet")
    if form == "parquet" and len(parts) == 2:  # its metadata say what it is of
        parts.pop(ABOUT)
    return parts


def write_file(exhibits: Sequence[Exhibit], form: Form, options: Options | None = None) -> bytes:
    """Return exhibits in a form as the bytes of one file: a zip where `write_parts` gives several.

    `name_ending` says which; raises as `write_parts` does.
    """
    parts = write_parts(exhibits, form, options)
    return next(iter(parts.values())) if len(parts) == 1 else _pack(parts)


def name_ending(form: Form, figures: int, tables: int) -> str:
    """Return the ending of what `write_file` makes of so many: "svg", or "svg.zip" where packed."""
    # Beside CSV there is always what the numbers are of.
    several = {"svg": figures > 1, "png": figures > 1, "csv": True, "parquet": tables > 1}
    return f"{form}{PACKED}" if several.get(form, False) else form


def save_files(
    exhibits: Sequence[Exhibit], path: Path, options: Options | None = None
) -> list[Path]:
    """Write exhibits to disk, each file whole or not at all, and return where they lie.

    Parameters
    ----------
    exhibits : sequence of Exhibit
    path : Path
        Its ending says the form. Several files lie beside it under its name and their own:
        `time.svg` becomes `time-1.svg` and `time-2.svg`. A lone table is CSV under the very name,
        with `time-about.json` beside it. With a further ending `.zip` all are packed into one.
    options : Options, optional

    Raises
    ------
    InputError
        If the ending is unknown, or there is nothing to export in that form.
    WorkError
        If the form needs what is not there, or a file cannot be written.
    """
    form = find_form(path.name)
    parts = write_parts(exhibits, form, options)
    if path.name.casefold().endswith(PACKED):
        _save(path, _pack(parts))
        return [path]
    held = [name for name in parts if name != ABOUT]
    targets = {
        name: path if held == [name] else path.with_name(f"{path.stem}-{name}") for name in parts
    }
    for name, target in targets.items():
        _save(target, parts[name])
    return list(targets.values())


def _write_html(exhibits: Sequence[Exhibit], options: Options) -> bytes:
    return write_html(
        exhibits, options.title, dark=options.dark, live=options.live, is_dark=options.is_dark
    )


def _write_pdf(exhibits: Sequence[Exhibit], options: Options) -> bytes:
    if not options.has_figures_alone:
        return print_deck(write_html(exhibits, options.title))
    panels, stamps = _list_panels(exhibits, "pdf")
    if len(panels) == 1 and panels[0].labelled is not None:
        return _write_labelled(panels[0].labelled, "pdf", options.printed, stamps[0])
    figures = [panel.figure for panel in panels]
    drawings = draw_vectors(figures, [options.printed] * len(figures), carries_type=False)
    told = dict.fromkeys(write_heading(stamp) for stamp in stamps)
    return write_pdf(drawings, " | ".join(told))


def _write_pictures(
    exhibits: Sequence[Exhibit], form: Literal["svg", "png"], options: Options
) -> dict[str, bytes]:
    (panels, stamps), printed = _list_panels(exhibits, form), options.printed
    is_labelled = [options.has_figures_alone and panel.labelled is not None for panel in panels]
    plain = [place for place, is_map in enumerate(is_labelled) if not is_map]
    ground = DARK if options.is_dark else PAPER
    drawings = draw_vectors([panels[n].figure for n in plain], [printed] * len(plain), ground)
    named = [stamps[n] for n in plain]
    written = iter(
        [write_svg(*pair) for pair in zip(drawings, named, strict=True)]
        if form == "svg"
        else [
            stamp_png(content, stamp, printed.dpi)
            for content, stamp in zip(write_png(drawings, printed.dpi), named, strict=True)
        ]
    )
    parts = {
        f"{number}.{form}": _write_labelled(panel.labelled, form, printed, stamp)
        if is_map and panel.labelled is not None
        else next(written)
        for number, (panel, is_map, stamp) in enumerate(
            zip(panels, is_labelled, stamps, strict=True), 1
        )
    }
    if len(parts) == 1:
        return parts
    told = json.dumps([describe_exhibit(exhibit) for exhibit in exhibits], indent=2)
    return {**parts, ABOUT: told.encode()}


def _write_labelled(
    labelled: LabelledMap, form: Literal["pdf", "svg", "png"], printed: Print, stamp: Stamp
) -> bytes:
    return write_map(labelled.points, labelled.style, labelled.labels, form, printed, stamp)


def _list_panels(exhibits: Sequence[Exhibit], form: str) -> tuple[list[Panel], list[Stamp]]:
    """Return the figures of all views, and what each says of itself."""
    panels = [(panel, exhibit) for exhibit in exhibits for panel in exhibit.panels]
    if not panels:
        raise InputError(
            f"these views have no figure to take as {form.upper()}", remedy="Take HTML or CSV"
        )
    stamps = [make_stamp(exhibit, panel.words) for panel, exhibit in panels]
    return [panel for panel, _ in panels], stamps


def _pack(parts: dict[str, bytes]) -> bytes:
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def _save(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise WorkError(
            "the file cannot be written", where=str(path), found=error.strerror or str(error)
        ) from error
