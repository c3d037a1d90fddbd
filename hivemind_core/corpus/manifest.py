"""corpus.json: what a corpus says of itself."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from hivemind_core.corpus.identity import Source
from hivemind_core.corpus.tables import SCHEMA_VERSION
from hivemind_core.errors import CorpusError

FILE = "corpus.json"


@dataclass(frozen=True)
class Manifest:
    """The corpus in a few lines.

    Attributes
    ----------
    name : str
        Short name, the one that links carry.
    source, licence, created, note : str
        Where it comes from, under which terms, when it was made (ISO 8601), what to know.
    simulated : bool
        True where any part is simulated.
    encoders : tuple of str
        Encoders whose vectors the corpus holds.
    sources : tuple of Source
        Everything that wrote a response.
    rows : dict of str to int
        Rows by table.
    withheld : dict of str to int
        Responses whose `text` or `model` the source withholds, and those whose text is `empty`.
    content_hash : str
        Hash of every row of every table. Maps and measures are not part of it.
    schema_version : int
    """

    name: str
    source: str = ""
    licence: str = ""
    created: str = ""
    note: str = ""
    simulated: bool = False
    encoders: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    withheld: dict[str, int] = field(default_factory=dict)
    content_hash: str = ""
    schema_version: int = SCHEMA_VERSION

    @property
    def models(self) -> tuple[Source, ...]:
        """The sources that are language models."""
        return tuple(source for source in self.sources if source.is_model)

    def find_source(self, model: str | None, strategy: str | None) -> Source:
        """Return the source behind a response's model and strategy."""
        return {(s.model, s.strategy): s for s in self.sources}[model, strategy]


def format_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as the bytes of corpus.json."""
    return (json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n").encode()


def parse_manifest(content: bytes, where: str) -> Manifest:
    """Return the manifest that the bytes of a corpus.json hold.

    Raises
    ------
    CorpusError
        If it is not JSON, lacks its name, has a wrong type, or is of a newer schema.
    """
    try:
        values: Any = json.loads(content)
        version = int(values.get("schema_version", 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise CorpusError(
            "corpus.json must be a JSON object", where=where, found=str(error)
        ) from error
    if version > SCHEMA_VERSION:
        raise CorpusError(
            f"this version reads corpora up to schema {SCHEMA_VERSION}",
            where=where,
            found=f"schema {version}",
            remedy="Upgrade hivemind-atlas to open it",
        )
    known = {f.name for f in fields(Manifest)}
    try:
        values["encoders"] = tuple(values.get("encoders", ()))
        values["sources"] = tuple(Source(**source) for source in values.get("sources", ()))
        return Manifest(**{name: value for name, value in values.items() if name in known})
    except TypeError as error:
        raise CorpusError(
            "corpus.json must hold what a corpus is", where=where, found=str(error)
        ) from error
