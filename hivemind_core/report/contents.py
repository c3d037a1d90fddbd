"""What the corpus is, and how its numbers are read."""

from collections.abc import Iterator

from hivemind_core.corpus.exports import HASH_SHOWN
from hivemind_core.corpus.identity import Source
from hivemind_core.figures.contents import count_contents, describe_contents
from hivemind_core.figures.findings import MEANINGS, TITLES, tell_interval
from hivemind_core.figures.numbers import count, write_number
from hivemind_core.measurement import COSINE, SIMILARITIES
from hivemind_core.report.material import Material
from hivemind_core.report.parts import Cell, Grid, Part, Section, Terms, Words

COUNTED = {
    "ratings": "Ratings by people",
    "preferences": "Preferences by people",
    "scores": "Scores",
    "pair_scores": "Scores of pairs",
}
COMPLETE = "No answer is left out."
GROWN = (
    "The corpus has changed since its numbers were built, so that they are of what it held then. "
    "Run `hivemind build` and write the report again."
)
CONTROLS = (
    (
        "Unrelated answers",
        "The same measure between answers to different queries of this corpus, under the same "
        "encoder. It is where a likeness starts: a cosine means nothing without it.",
    ),
    (
        "People",
        "The same measure within the answers that people wrote to the same queries, where the "
        "corpus has any. People are a baseline and never counted as a model.",
    ),
    (
        "n",
        "Queries that give a number. Queries are what is sampled, and not answers or pairs.",
    ),
)
DIVERSITY = (
    (
        "Vendi score",
        "The effective number of different answers of a source to a query: 1 where all are the "
        "same. It grows with the number of answers.",
    ),
)


def describe_corpus(material: Material) -> Section:
    """Return the section on what the corpus holds, and what of it is left out."""
    manifest = material.manifest
    told = {
        "Name": manifest.name,
        "Source": manifest.source,
        "Licence": manifest.licence or "not stated",
        "Made": manifest.created[:10],
        "Content hash": manifest.content_hash,
        "Simulated": "yes, in part or in whole" if manifest.simulated else "no",
        "Encoder": material.encoder,
        "Also built with": ", ".join(material.encoders[1:]),
        "Software": f"{material.citation['software']} {material.citation['version']}",
    }
    parts: list[Part] = [Terms(tuple((name, text) for name, text in told.items() if text))]
    parts += [Words(line) for line in describe_contents(manifest)[1:]]
    parts += _warn(material)
    parts += [_count_rows(material), _list_sources(material)]
    return Section("corpus", "What this corpus is", tuple(parts))


def summarise_contents(material: Material) -> str:
    """Return what the corpus holds in one line, under the heading of the report."""
    measured = material.measured
    answers = count(int(measured.counts.sum()), "answer")
    sources, queries = (
        count(len(measured.sources), "source"),
        count(len(measured.query_ids), "query"),
    )
    held = material.manifest.content_hash[:HASH_SHOWN]
    return f"{answers} by {sources} to {queries} · {material.encoder} · {held}"


def _warn(material: Material) -> Iterator[Words]:
    withheld = any(material.manifest.withheld.values())
    if not withheld and not material.missing:
        yield Words(COMPLETE)
    if material.missing:
        yield Words(
            f"{count(material.missing, 'answer')} without a vector yet, left out of numbers."
        )
    if material.has_grown:
        yield Words(GROWN, "warning")


def _count_rows(material: Material) -> Grid:
    manifest = material.manifest
    counts = count_contents(manifest, material.answers)
    counts["Categories"] = f"{len(material.catalogue.categories):,}"
    measured = material.measured
    counts["Queries that are measured"] = f"{len(measured.query_ids):,}"
    counts["Answers that are measured"] = f"{int(measured.counts.sum()):,}"
    held = {name: manifest.rows.get(name, 0) for name in COUNTED}
    counts |= {COUNTED[name]: f"{n:,}" for name, n in held.items() if n}
    rows = tuple((Cell(name), Cell(value)) for name, value in counts.items())
    return Grid("What is counted", ("", "number"), rows)


def _list_sources(material: Material) -> Grid:
    measured = material.measured
    places = {source.name: i for i, source in enumerate(measured.sources)}
    rows = []
    for source in material.manifest.sources:
        own = measured.counts[:, places[source.name]] if source.name in places else None
        known = ("–", "–") if own is None else (f"{own.sum():,}", f"{(own > 0).sum():,}")
        given = f"{material.answers.get(source.name, 0):,}"
        cells = (source.name, _name_kind(source), given, *known)
        rows.append(tuple(Cell(text) for text in cells))
    columns = ("source", "what it is", "answers", "measured", "queries")
    return Grid("Sources", columns, tuple(rows), frozenset({0, 1}))


def _name_kind(source: Source) -> str:
    if source.is_human:
        return "people"
    return "model" if source.is_model else "withheld"


def explain_reading(material: Material) -> Section:
    """Return the section that says what each number is, and how to read it."""
    bootstrap, measured = material.bootstrap, material.measured
    measures = tuple((TITLES[name], MEANINGS[name]) for name in SIMILARITIES)
    distinct = (
        TITLES["distinct"],
        f"How many different answers there are among {measured.k or 'k'} of a source, where a "
        f"cosine of {write_number(measured.threshold)} or more counts as the same.",
    )
    interval = ("Interval", tell_interval(bootstrap.pooling, COSINE, is_query=False))
    pairs = (*measures, *DIVERSITY, distinct, *CONTROLS, interval)
    opening = (
        "Likeness runs from 0 to 1 and is only read beside what it is held against: unrelated "
        "answers below, people, and the other measures. In tables the 95 % interval stands under "
        "its number; a dash is a number that is undefined, and the text says why. Two encoders "
        "are not on one scale: compare sources within this report."
    )
    return Section("reading", "How to read it", (Words(opening), Terms(pairs)))
