"""`hivemind check`: whether every table is sound, and what is missing for which page."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hivemind_core.corpus.embeddings import stack_vectors
from hivemind_core.corpus.journal import JOURNAL, STAGED
from hivemind_core.corpus.manifest import FILE
from hivemind_core.corpus.store import (
    Corpus,
    embeddings_file,
    find_filesystem,
    hash_tables,
    open_corpus,
    views_file,
)
from hivemind_core.corpus.tables import (
    PAIR_SCORES,
    PREFERENCES,
    QUERIES,
    RATINGS,
    RESPONSES,
    SCORES,
    TABLES,
    Table,
    arrange,
)
from hivemind_core.corpus.views import STAMP, list_views
from hivemind_core.errors import CorpusError

BUILD = "run `hivemind build`"
MAP_PAGES = ("overview", "atlas", "homogeneity")


@dataclass(frozen=True)
class Damage:
    """Something in a corpus that is not as it must be: the file, the rule, what was found."""

    file: str
    rule: str
    found: str = ""


@dataclass(frozen=True)
class CheckReport:
    """How a corpus is.

    Attributes
    ----------
    corpus : str
        Its name.
    rows : dict of str to int
        By table.
    damage : tuple of Damage
        Empty where the corpus is sound.
    missing : dict of str to tuple of str
        For each page, what it lacks and which command makes it; empty where it can be shown.
    notes : tuple of str
        What is worth knowing and no damage.
    """

    corpus: str
    rows: dict[str, int]
    damage: tuple[Damage, ...]
    missing: dict[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged."""
        return not self.damage


def check_corpus(locator: str) -> CheckReport:
    """Look at every file of a corpus.

    Parameters
    ----------
    locator : str
        Local path or fsspec URL.

    Raises
    ------
    CorpusError
        If there is no corpus, or its corpus.json cannot be read or is of a newer schema.
    """
    notes = _find_leftovers(locator)
    corpus = open_corpus(locator)
    tables: dict[str, pa.Table] = {}
    damage: list[Damage] = []
    for table in TABLES:
        try:
            tables[table.name] = corpus.read(table)
        except CorpusError as error:
            damage.append(_describe(table.file, error))
    for table in TABLES:
        if table.name in tables:
            damage += _check_table(table, tables[table.name])
    damage += _check_references(tables)
    if not damage:
        damage += _check_manifest(corpus, tables)
    gaps: list[str] = []
    for encoder in corpus.manifest.encoders:
        damage += _check_vectors(corpus, encoder, tables.get(RESPONSES.name))
        gaps += _find_gaps(corpus, encoder, tables.get(RESPONSES.name))
    rows = {name: len(rows) for name, rows in tables.items()}
    missing = _list_missing(corpus, rows, tuple(gaps))
    return CheckReport(corpus.manifest.name, rows, tuple(damage), missing, tuple(notes))


def format_check(report: CheckReport) -> str:
    """Return a report as lines for people."""
    rows = ", ".join(f"{count:,} {name}" for name, count in report.rows.items() if count)
    lines = [f"{report.corpus}: {'sound' if report.is_sound else 'DAMAGED'}; {rows or 'no rows'}"]
    for item in report.damage:
        found = f"; found {item.found}" if item.found else ""
        lines.append(f"  damaged: {item.file}: {item.rule}{found}")
    for page, gaps in report.missing.items():
        lines.append(f"  {page}: {'; '.join(gaps) if gaps else 'ready'}")
    return "\n".join(lines + [f"  note: {note}" for note in report.notes])


def _describe(file: str, error: CorpusError) -> Damage:
    return Damage(file, error.rule, error.found)


def _find_leftovers(locator: str) -> list[str]:
    """Return what an interrupted write left; opening a corpus finishes one that got far enough."""
    filesystem, root = find_filesystem(locator)
    if filesystem.exists(f"{root}/{JOURNAL}"):
        return ["an interrupted write was found and finished"]
    if filesystem.exists(f"{root}/{STAGED}"):
        return [f"an interrupted write left {STAGED}; the next write removes it"]
    return []


def _check_table(table: Table, rows: pa.Table) -> Iterator[Damage]:
    lacking = [name for name in table.schema.names if name not in rows.schema.names]
    if lacking:
        yield Damage(table.file, "every column must be there", f"no {', '.join(lacking)}")
        return
    for field in table.schema:
        if rows.schema.field(field.name).type != field.type:
            found = f"{field.name} of {rows.schema.field(field.name).type}"
            yield Damage(table.file, f"{field.name} must be of type {field.type}", found)
            return
    for name in table.required:
        if rows[name].null_count:
            found = f"{rows[name].null_count} nulls"
            yield Damage(table.file, f"{name} must never be null", found)
            return
    keys = rows.select(list(table.key)).group_by(list(table.key)).aggregate([]).num_rows
    if keys < len(rows):
        rule = f"{' and '.join(table.key)} must be given once"
        yield Damage(table.file, rule, f"{len(rows) - keys} rows too many")
    elif not arrange(table, rows).equals(rows.select(table.schema.names).cast(table.schema)):
        yield Damage(table.file, f"rows must lie in the order of {', '.join(table.order)}")


def _check_references(tables: Mapping[str, pa.Table]) -> Iterator[Damage]:
    """Check that every id that names a row of another table finds it."""
    single = ("response_id",)
    pair = ("response_a", "response_b")
    columns = {RATINGS: single, SCORES: single, PREFERENCES: pair, PAIR_SCORES: pair}
    references = [(RESPONSES, "query_id", QUERIES, "query_id")]
    for table, names in columns.items():
        references += [(table, name, RESPONSES, "response_id") for name in names]
    for table, column, target, key in references:
        rows, others = tables.get(table.name), tables.get(target.name)
        if rows is None or others is None or column not in rows.schema.names:
            continue
        known = pc.is_in(rows[column], value_set=others[key].combine_chunks())
        lost = len(rows) - (pc.sum(known).as_py() or 0)
        if lost:
            yield Damage(table.file, f"{column} must be in {target.file}", f"{lost} that are not")


def _check_manifest(corpus: Corpus, tables: Mapping[str, pa.Table]) -> Iterator[Damage]:
    rows = {name: len(rows) for name, rows in tables.items()}
    if corpus.manifest.rows != rows:
        yield Damage(FILE, "the counts of rows must be those of the tables")
    elif corpus.manifest.content_hash != hash_tables(tables):
        yield Damage(FILE, "the content hash must be that of the tables")


def _check_vectors(corpus: Corpus, encoder: str, responses: pa.Table | None) -> Iterator[Damage]:
    file = embeddings_file(encoder)
    try:
        rows = corpus.read_file(file, columns=["response_id", "query_id", "vector"])
        matrix = stack_vectors(rows["vector"], file)
    except CorpusError as error:
        yield _describe(file, error)
        return
    bad = int((~np.isfinite(matrix).all(axis=1)).sum())
    if bad:
        yield Damage(file, "vectors must be finite", f"{bad} with nan or infinity")
    zero = int((~matrix.any(axis=1)).sum())
    if zero:
        yield Damage(file, "vectors must not be all zero", f"{zero} that are")
    ids = rows["response_id"].to_pylist()
    if len(set(ids)) < len(ids):
        found = f"{len(ids) - len(set(ids))} rows too many"
        yield Damage(file, "response_id must be given once", found)
    elif responses is not None and "response_id" in responses.schema.names:
        wanted = set(ids)
        order = [i for i in responses["response_id"].to_pylist() if i in wanted]
        if len(order) < len(ids):
            found = f"{len(ids) - len(order)} that are not"
            yield Damage(file, f"response_id must be in {RESPONSES.file}", found)
        elif order != ids:
            yield Damage(file, f"rows must lie in the order of {RESPONSES.file}")


def _find_gaps(corpus: Corpus, encoder: str, responses: pa.Table | None) -> Iterator[str]:
    """Yield what an encoder's vectors and views lack."""
    if responses is None or not {"response_id", "text"} <= set(responses.schema.names):
        return
    try:
        held = corpus.read_file(embeddings_file(encoder), columns=["response_id"])
    except CorpusError:
        return
    known = set(held["response_id"].to_pylist())
    texts = zip(responses["response_id"].to_pylist(), responses["text"].to_pylist(), strict=True)
    lacking = sum(1 for i, text in texts if text and text.strip() and i not in known)
    if lacking:
        yield f"{lacking:,} responses have no vector of {encoder}: {BUILD}"
    absent = [file for file in list_views(encoder) if not corpus.has(file)]
    if absent:
        yield f"no views of {encoder}: {BUILD}"
    elif _read_built_hash(corpus, encoder) != corpus.manifest.content_hash:
        yield f"the views of {encoder} are older than the corpus: {BUILD}"


def _read_built_hash(corpus: Corpus, encoder: str) -> str | None:
    path = corpus.path(views_file(encoder, STAMP))
    try:
        return str(json.loads(corpus.filesystem.cat_file(path))["content_hash"])
    except (ValueError, TypeError, KeyError):
        return None


def _list_missing(
    corpus: Corpus, rows: Mapping[str, int], gaps: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    if not rows.get(RESPONSES.name):
        gaps = ("responses: run `hivemind import`",)
    elif not corpus.manifest.encoders:
        gaps = (f"embeddings and views: {BUILD}",)
    missing = dict.fromkeys(MAP_PAGES, gaps)
    people = rows.get(RATINGS.name) or rows.get(PREFERENCES.name)
    scorers = rows.get(SCORES.name) or rows.get(PAIR_SCORES.name)
    calibration = []
    if not people:
        calibration.append("ratings or preferences: `hivemind import files --ratings FILE`")
    if not scorers:
        calibration.append("scores: `hivemind import files --scores FILE` or `hivemind score`")
    asked = () if rows.get(QUERIES.name) else ("queries: run `hivemind import`",)
    return missing | {"taxonomy": asked, "calibration": tuple(calibration)}
