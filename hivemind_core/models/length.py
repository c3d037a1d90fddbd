"""The scorer that reads nothing: how long a response is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from hivemind_core.models.scorer import Item, Keep, Verdict
from hivemind_core.progress import Report

NAME = "length in characters"
RECORD = MappingProxyType({"scored": "the response", "score": "its characters"})


@dataclass(frozen=True)
class Length:
    """Counts the characters of a response: what it explains needs no judge."""

    name: str = NAME
    kind: str = "baseline"
    fingerprint: str = "characters"
    record: Mapping[str, str] = field(default_factory=lambda: RECORD)

    def score(self, items: Sequence[Item], keep: Keep, report: Report) -> None:
        """Score items; see `Scorer`."""
        for place, item in enumerate(items):
            keep(place, Verdict({None: float(len(item.text))}))
        report(NAME, len(items), len(items))
