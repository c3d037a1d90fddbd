"""Evaluators against people, for each criterion that people judged by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hivemind_core.calibration import (
    ScorerReport,
    calibrate,
    find_ceiling,
    list_slices,
    name_scorers,
)
from hivemind_core.corpus.store import Corpus
from hivemind_core.evaluation import (
    WITHOUT,
    Panel,
    list_annotations,
    list_criteria,
    read_panel,
)
from hivemind_core.figures import judging, votes
from hivemind_core.figures.palette import HUES, Ink
from hivemind_core.figures.verdicts import describe_verdicts, draw_verdicts
from hivemind_core.measures.disagreement import measure_alpha
from hivemind_core.measures.miscalibration import draw_items
from hivemind_core.measures.votes import share_by_prediction, share_majority
from hivemind_core.progress import Report, report_nothing
from hivemind_core.report.parts import (
    Heading,
    Part,
    Section,
    Words,
    draw_twice,
    make_grid,
)

NONE = (
    "People judged nothing in this corpus, so that no evaluator can be held against them; "
    "`hivemind import files CORPUS --ratings FILE` or `--preferences FILE` brings judgements."
)
NOTHING = "No item here has two labels."
NAMES = {"absolute": "Ratings", "pairwise": "Preferences"}
SLICES = (
    "Every slice of every scorer is among the numbers at the end of this report. "
    "docs/calibration.md says how often a verdict is wrong, and what it misses."
)


@dataclass(frozen=True, eq=False)
class Judged:
    """What people judged by one criterion, and how far each scorer agrees."""

    panel: Panel
    reports: tuple[ScorerReport, ...]

    @property
    def title(self) -> str:
        """What people did, and by which criterion."""
        name = NAMES[self.panel.annotation]
        return name if self.panel.criterion is None else f"{name} · {self.panel.criterion}"


def judge_corpus(corpus: Corpus, report: Report = report_nothing) -> tuple[Judged, ...]:
    """Return how far scorers agree with people, for every kind of judgement and criterion."""
    return tuple(_judge(corpus, report))


def _judge(corpus: Corpus, report: Report) -> Iterator[Judged]:
    for annotation in list_annotations(corpus):
        for criterion in list_criteria(corpus, annotation):
            panel = read_panel(corpus, annotation, WITHOUT if criterion is None else criterion)
            judged = Judged(panel, ())

            def tell(_: str, done: int, total: int, title: str = judged.title) -> None:
                report(title, done, total)

            reports = calibrate(panel, slices=list_slices(panel), report=tell)
            yield replace(judged, reports=reports)


def describe_judgements(judged: Sequence[Judged]) -> Section:
    """Return the section on evaluators against people."""
    title = "Evaluators against people"
    if not judged:
        return Section("calibration", title, (Words(NONE),))
    findings = [
        f"{one.title}: {judging.tell_scorers(one.reports)}" for one in judged if len(one.panel)
    ]
    parts: list[Part] = [part for one in judged for part in _describe(one)]
    return Section("calibration", title, (*parts, Words(SLICES, "note")), tuple(findings))


def _describe(one: Judged) -> Iterator[Part]:
    panel, reports = one.panel, one.reports
    yield Heading(one.title)
    yield Words(judging.tell_panel(panel, measure_alpha(panel.labels), find_ceiling(panel.labels)))
    if not len(panel):
        yield Words(NOTHING)
        return
    yield Words(judging.tell_scorers(reports), "finding")
    rows = judging.list_verdicts(reports)
    if rows:
        yield draw_twice(lambda ground: draw_verdicts(rows, ground), describe_verdicts(rows))
    yield Words(judging.EXPLAINED, "note")
    yield make_grid(f"{one.title}: every scorer", judging.tabulate_scorers(reports))
    yield Words(judging.tell_beyond(reports))
    beyond = judging.list_beyond(reports)
    if beyond:
        yield make_grid(f"{one.title}: slices beyond what range alone would give", beyond)
    if panel.annotation == "pairwise":
        yield from _describe_votes(one)


def _describe_votes(one: Judged) -> Iterator[Part]:
    panel = one.panel
    items = draw_items(panel.means, panel.queries)
    scorers = [report.scorer for report in one.reports]
    names = name_scorers(scorers)
    scored = [(name, panel.scores[own]) for name, own in zip(names, scorers, strict=True)]
    majority = [(name, share_majority(panel.labels, own, items)) for name, own in scored]
    predicted = [(name, share_by_prediction(panel.labels, own, items)) for name, own in scored]
    inks = {name: Ink(HUES[n % len(HUES)]) for n, name in enumerate(names)}
    yield Words(judging.tell_votes(majority), "finding")
    rows = [judging.list_votes(*each) for each in majority]
    yield draw_twice(
        lambda ground: votes.draw_votes(rows, inks, ground), votes.describe_votes(rows)
    )
    yield Words(f"{votes.SIDES[:1].upper()}{votes.SIDES[1:]} {votes.DRAWN}", "note")
    sides = judging.tabulate_shares(majority, "on the larger side", "taken")
    yield make_grid(f"{one.title}: how often a scorer sides with most people", sides)
    curves = [judging.list_reliability(*each) for each in predicted]
    yield draw_twice(
        lambda ground: votes.draw_reliability(curves, inks, ground),
        votes.describe_reliability(curves),
    )
    yield Words(f"{votes.PREDICTED[:1].upper()}{votes.PREDICTED[1:]} {votes.DRAWN}", "note")
    held = judging.tabulate_shares(predicted, "predicted", "observed")
    yield make_grid(f"{one.title}: predicted and observed preference", held)
