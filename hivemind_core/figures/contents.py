"""What a corpus holds, in words and counts."""

from collections.abc import Mapping

from hivemind_core.corpus.manifest import Manifest
from hivemind_core.figures.numbers import count

WITHHELD = {
    "text": ("answer", "whose text its source withholds"),
    "empty": ("empty answer", ""),
    "unanswered": ("query", "without an answer"),
}


def count_contents(manifest: Manifest, answers: Mapping[str, int]) -> dict[str, str]:
    """Return what is counted on the overview.

    Parameters
    ----------
    manifest : Manifest
    answers : mapping of str to int
        Answers by source.
    """
    models = {source.model for source in manifest.models}
    people = sum(answers.get(s.name, 0) for s in manifest.sources if s.is_human)
    counts = {
        "Queries": manifest.rows.get("queries", 0),
        "Answers": manifest.rows.get("responses", 0),
        "Models": len(models),
        "Sources": len(manifest.sources),
        "Answers by people": people,
    }
    return {label: f"{value:,}" for label, value in counts.items()}


def describe_contents(manifest: Manifest) -> list[str]:
    """Return what the corpus says of itself, and what it lacks, as lines of plain text."""
    origin = [manifest.source, f"licence: {manifest.licence or 'not stated'}"]
    if manifest.created:
        origin.append(f"made {manifest.created[:10]}")
    if manifest.simulated:
        origin.append("partly simulated")
    strategies = sorted({s.strategy for s in manifest.models if s.strategy})
    if strategies:
        origin.append(f"strategies: {', '.join(strategies)}")
    lacking = [
        f"{count(number, thing)} {words}".strip()
        for name, (thing, words) in WITHHELD.items()
        if (number := manifest.withheld.get(name, 0))
    ]
    nameless = count(manifest.withheld.get("model", 0), "answer")
    unnamed = f"On maps, but left out of measures: {nameless} whose model its source withholds."
    left_out = f"Left out of maps and measures, and counted: {', '.join(lacking)}."
    lines = [
        " · ".join(part for part in origin if part),
        manifest.note,
        left_out if lacking else "",
        unnamed if manifest.withheld.get("model", 0) else "",
    ]
    return [line for line in lines if line]
