"""What was scored here, by what, and what came of it: `scorers.json` of a corpus."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from hivemind_core.corpus.store import Corpus
from hivemind_core.errors import CorpusError

FILE = "scorers.json"


@dataclass(frozen=True)
class ScorerRecord:
    """How the scores of one scorer came about.

    Attributes
    ----------
    kind, fingerprint : str
        See `models.scorer.Scorer`.
    created : str
        Time of the last run, ISO 8601.
    responses : int
        Responses that were to be scored in it.
    scored : int
        Those that have a score.
    failures : mapping of str to int
        The others, by reason.
    details : mapping of str to str
        Exactly what was scored and by what.
    """

    kind: str
    fingerprint: str
    created: str
    responses: int
    scored: int
    failures: Mapping[str, int] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)


def read_records(corpus: Corpus) -> dict[str, ScorerRecord]:
    """Return the records of a corpus by scorer; none where nothing was scored here.

    Raises
    ------
    CorpusError
        If the file is damaged.
    """
    if not corpus.has(FILE):
        return {}
    where = corpus.path(FILE)
    try:
        content = json.loads(corpus.filesystem.cat_file(where))
        return {name: ScorerRecord(**record) for name, record in content.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise CorpusError(
            "the record of scorers must be as it was written",
            where=where,
            found=str(error),
            remedy="Remove the file, and score again",
        ) from error


def format_records(records: Mapping[str, ScorerRecord]) -> bytes:
    """Return records as the content of `scorers.json`."""
    content = {name: asdict(records[name]) for name in sorted(records)}
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
