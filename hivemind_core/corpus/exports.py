"""Rows of a corpus as a file that somebody takes away, and what the file is of.

Parquet and JSON Lines hold texts exactly as they are. A spreadsheet takes a text of a CSV file that
begins with "=" for a formula and runs it, and texts here are anybody's: in CSV such a text has an
apostrophe before it.
"""

import json
import math
import re
from typing import Literal, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

import hivemind_core
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.parquet import COMPRESSION

Form = Literal["csv", "parquet", "jsonl"]
FORMS: tuple[Form, ...] = ("csv", "parquet", "jsonl")
HASH_SHOWN = 12
LONGEST_NAME = 60
METADATA_KEY = "hivemind"
# Wide ones are taken for the same. Apostrophes too: taking one away gives back every text.
FORMULA = r"^('*[=+\-@\t\r\n＝＋－＠])"
ABOUT_CSV = (
    "A text that begins with = + - @, a tab or a line end, after apostrophes or none, has one more "
    "apostrophe before it, so that no spreadsheet runs it. Parquet and JSON hold texts as they are."
)
"""What to know of a CSV file that was written here, for whoever reads it again."""

Citation: TypeAlias = dict[str, str | bool]


def cite(manifest: Manifest, encoder: str = "") -> Citation:
    """Return what somebody must know of a corpus to cite rows of it, or to find them again.

    Parameters
    ----------
    manifest : Manifest
    encoder : str
        The one whose maps and groups the rows were picked by; empty where none was.

    Returns
    -------
    dict of str
        corpus, content_hash, source, licence, simulated, encoder, software and version.
    """
    return {
        "corpus": manifest.name,
        "content_hash": manifest.content_hash,
        "source": manifest.source,
        "licence": manifest.licence,
        "simulated": manifest.simulated,
        "encoder": encoder,
        "software": "hivemind-atlas",
        "version": hivemind_core.__version__,
    }


def format_citation(citation: Citation) -> bytes:
    """Return a citation as the bytes of a JSON file, to lie beside a CSV or JSONL file."""
    return (json.dumps(citation, indent=2, ensure_ascii=False) + "\n").encode()


def name_export(manifest: Manifest, what: str, form: str) -> str:
    """Return the name of a file that holds rows of a corpus.

    Parameters
    ----------
    manifest : Manifest
    what : str
        What the rows are, in a word: "selection".
    form : str
        Ending, without its dot.

    Returns
    -------
    str
        Corpus, the first twelve digits of its content hash, and what it is, joined by "_"; of
        ASCII letters, digits, dots, hyphens and underscores only, so that every system takes it.
    """
    return f"{name_stem(manifest, what)}.{form}"


def name_stem(manifest: Manifest, what: str) -> str:
    """Return the name of a file as `name_export` gives it, without its ending."""
    parts = (manifest.name, manifest.content_hash[:HASH_SHOWN], what)
    cleaned = [re.sub(r"[^A-Za-z0-9.]+", "-", part).strip(".-")[:LONGEST_NAME] for part in parts]
    return "_".join(filter(None, cleaned)) or "corpus"


def write_rows(table: pa.Table, form: Form, citation: Citation | None = None) -> bytes:
    """Return rows as the bytes of a file, every column.

    Parameters
    ----------
    table : pyarrow.Table
        Texts, numbers, truth values, and lists of them.
    form : {"csv", "parquet", "jsonl"}
        csv
            UTF-8 with a line of column names. A missing value is nothing between the commas, an
            empty text is ``""``: readers that do not look at quotes take one for the other.
            Lists are JSON. Texts that a spreadsheet would run are made inert: see `ABOUT_CSV`.
        parquet
            Column types as they are.
        jsonl
            UTF-8, an object a line. A missing value is null; so are nan and infinite numbers,
            which JSON lacks.
    citation : dict of str, optional
        Goes into the metadata of a Parquet file, as JSON under the key "hivemind". CSV and JSONL
        hold rows only, since readers stumble over anything else; see `format_citation`.

    Returns
    -------
    bytes
        No rows give a CSV file of column names, a Parquet file without rows, no lines of JSON.
    """
    if form == "csv":
        return _write_csv(table)
    if form == "jsonl":
        return "".join(_write_json(row) + "\n" for row in table.to_pylist()).encode()
    return _write_parquet(table, citation)


def _write_csv(table: pa.Table) -> bytes:
    columns = [_disarm(_flatten(column)) for column in table.columns]
    names = _disarm(pa.chunked_array([table.column_names], pa.string())).to_pylist()
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(pa.Table.from_arrays(columns, names=names), sink)
    return bytes(sink.getvalue())


def _flatten(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column with its lists, or whatever else has parts, as JSON."""
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    if not pa.types.is_nested(column.type):
        return column
    written = [None if value is None else _write_json(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(written, pa.string())])


def _disarm(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of texts of which a spreadsheet runs none; another stays as it is."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    return pc.replace_substring_regex(column, pattern=FORMULA, replacement=r"'\1")


def _write_json(value: object) -> str:
    return json.dumps(_drop_nan(value), ensure_ascii=False, allow_nan=False)


def _drop_nan(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _drop_nan(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_drop_nan(part) for part in value]
    return value


def _write_parquet(table: pa.Table, citation: Citation | None) -> bytes:
    if citation is not None:
        kept = table.schema.metadata or {}
        about = json.dumps(citation, ensure_ascii=False)
        table = table.replace_schema_metadata({**kept, METADATA_KEY: about})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression=COMPRESSION)
    return bytes(sink.getvalue())
