"""A corpus as one HTML file: its sections joined, written all or nothing."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hivemind_core.calibration import describe_reports
from hivemind_core.corpus.store import Corpus
from hivemind_core.corpus.whole_file import write_whole
from hivemind_core.errors import InputError, WorkError, shorten
from hivemind_core.progress import Report, report_nothing
from hivemind_core.report.between import describe_between_models, describe_nearest_models
from hivemind_core.report.categories import describe_categories
from hivemind_core.report.contents import (
    describe_corpus,
    explain_reading,
    summarise_contents,
)
from hivemind_core.report.groups import describe_groups
from hivemind_core.report.judgements import Judged, describe_judgements, judge_corpus
from hivemind_core.report.markup import Pages, write_pages
from hivemind_core.report.material import Material, read_material
from hivemind_core.report.methods import describe_methods
from hivemind_core.report.parts import Points, Section, Words
from hivemind_core.report.ranking import describe_robustness
from hivemind_core.report.within import describe_within_sources
from hivemind_core.summary import summarise

SUFFIXES = {".html", ".htm"}
INTERVALS = (
    "In brackets: 95 % intervals over the queries. Unrelated answers, and blind chance, have none: "
    "they are of all answers of the corpus, and its queries are not drawn anew for them."
)
SIMULATED = "SIMULATED: part of this corpus, or all of it, is made up."


def write_report(
    corpus: Corpus, target: Path, encoder: str | None = None, report: Report = report_nothing
) -> None:
    """Write a report of a corpus into a file that stands alone.

    Parameters
    ----------
    corpus : Corpus
        A built one.
    target : Path
        An .html file; one that is there is replaced.
    encoder : str, optional
        The first that was built by default.
    report : Report

    Raises
    ------
    InputError
        If the corpus is not built, or the file is none that can be written.
    WorkError
        If it cannot be written.
    """
    check_target(target)
    content = make_report(corpus, target.name, encoder, report)
    try:
        write_whole(target, content)
    except OSError as error:
        raise WorkError(
            "the report cannot be written", where=str(target), found=error.strerror or str(error)
        ) from error


def check_target(target: Path) -> None:
    """Raise an InputError unless a report can be written there."""
    if target.suffix.casefold() not in SUFFIXES:
        raise InputError(
            "a report is an HTML file",
            where="--to",
            found=shorten(target.name),
            remedy="--to report.html",
        )
    if not target.parent.is_dir():
        raise InputError(
            "the folder must be there", where="--to", found=f"no {shorten(str(target.parent))}"
        )
    if target.is_dir():
        raise InputError("a report is a file", where="--to", found="a folder")


def make_report(
    corpus: Corpus, target: str, encoder: str | None = None, report: Report = report_nothing
) -> bytes:
    """Return a report as the bytes of an HTML file; the same for the same corpus.

    Parameters
    ----------
    corpus : Corpus
    target : str
        Name of the file, as the command that makes it again tells it.
    encoder : str, optional
    report : Report

    Raises
    ------
    InputError
        If the corpus is not built.
    """
    material = read_material(corpus, encoder)
    judged = judge_corpus(corpus, report)
    sections = list_sections(material, judged, target, report)
    manifest = material.manifest
    return write_pages(
        Pages(
            f"How alike are the answers? {manifest.name}",
            manifest.name,
            summarise_contents(material),
            SIMULATED if manifest.simulated else "",
            tuple(sections),
            json.dumps(collect_numbers(material, judged), ensure_ascii=False, allow_nan=False),
        )
    )


def list_sections(
    material: Material, judged: Sequence[Judged], target: str, report: Report = report_nothing
) -> list[Section]:
    """Return the sections of a report, what they say in short first."""
    makers: list[Callable[[], Section]] = [
        lambda: describe_corpus(material),
        lambda: explain_reading(material),
        lambda: describe_within_sources(material),
        lambda: describe_between_models(material),
        lambda: describe_nearest_models(material),
        lambda: describe_robustness(material),
        lambda: describe_categories(material),
        lambda: describe_groups(material),
        lambda: describe_judgements(judged),
        lambda: describe_methods(material, target),
    ]
    sections = []
    for done, make in enumerate(makers, 1):
        sections.append(make())
        report("report", done, len(makers))
    return [_sum_up(sections), *sections]


def _sum_up(sections: Sequence[Section]) -> Section:
    points = tuple((told, one.anchor) for one in sections for told in one.findings)
    opening = "What the numbers say, each in a sentence that leads to its evidence:"
    return Section(
        "in-short", "In short", (Words(opening), Points(points), Words(INTERVALS, "note"))
    )


def collect_numbers(material: Material, judged: Sequence[Judged]) -> dict[str, Any]:
    """Return what `hivemind measure --json` prints, and `hivemind calibrate --json` a criterion."""
    name = material.manifest.name
    return {
        "measure": summarise(name, material.encoder, material.measured),
        "calibrate": [describe_reports(one.panel, name, one.reports) for one in judged],
        "citation": dict(material.citation),
    }
