"""The sentence that joins the stages: encode -> project -> cluster -> link -> measure.

Killed at any point and run again, a build goes on where it was and ends with the same bytes:
the cache keeps vectors chunk by chunk and every map that is done, and the views replace the old
ones in one write. The same cache makes a build after a small change short.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hivemind_core.corpus.cache import TableCache, VectorCache
from hivemind_core.corpus.calibration import read_calibration
from hivemind_core.corpus.embeddings import (
    QueryResponses,
    build_vector_column,
    normalise,
    read_by_query,
    stack_vectors,
)
from hivemind_core.corpus.identity import make_id
from hivemind_core.corpus.locations import find_cache_folder
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.pair_cache import PairCache
from hivemind_core.corpus.store import Corpus, embeddings_file, views_file, write_files
from hivemind_core.corpus.tables import QUERIES, RESPONSES
from hivemind_core.corpus.views import (
    CLUSTERS,
    GROUPS,
    LINKAGES,
    MAP_TABLES,
    POINTS,
    QUALITY,
    STAMP,
    VERSION,
    add_scope,
    list_views,
)
from hivemind_core.errors import HivemindError, InputError, WorkError
from hivemind_core.measurement import measure_corpus
from hivemind_core.parallel import Task, Workers
from hivemind_core.progress import Report, report_nothing
from hivemind_core.space.encode import encode_texts
from hivemind_core.space.encoders import DEFAULT_ENCODER, Encoder, find_encoder
from hivemind_core.space.judge import find_judge
from hivemind_core.space.linking import COSINE, PEOPLE, count_groups, link_by_judge, link_query
from hivemind_core.space.mapping import Map, MapInput, draw_map
from hivemind_core.space.query_map import draw_query_map, explain_query_map, has_failed
from hivemind_core.summary import summarise
from hivemind_core.tabulation import tabulate

CATEGORY_LIMIT = 60_000
OWN_PRECISION = np.float16
PACKED = b"map"


@dataclass(frozen=True)
class BuildOptions:
    """How to build.

    Attributes
    ----------
    encoder : str or None
        None for the corpus's own choice, see `choose_encoder`.
    jobs : int
        Processes that draw maps; the result does not depend on it.
    category_maps : bool
        Whether to draw a map of every category too.
    judge : str or None
        A model that says which answers are the same, see `find_judge`: a further sense to group
        by. Without it the groups of an earlier judge are left out.
    environment : mapping
        Keys and addresses of endpoints, and the folder of caches.
    """

    encoder: str | None = None
    jobs: int = 1
    category_maps: bool = True
    judge: str | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)


def choose_encoder(manifest: Manifest, name: str | None) -> str:
    """Return the encoder that was asked for, or the corpus's own, or the default."""
    if name is not None:
        return name
    if not manifest.encoders or DEFAULT_ENCODER in manifest.encoders:
        return DEFAULT_ENCODER
    return manifest.encoders[0]


def build_corpus(
    corpus: Corpus, options: BuildOptions, report: Report = report_nothing
) -> tuple[Corpus, bool]:
    """Bring vectors, maps, clusters and measures of a corpus up to date.

    Parameters
    ----------
    corpus : Corpus
    options : BuildOptions
    report : Report

    Returns
    -------
    corpus : Corpus
    changed : bool
        False where everything was up to date already.

    Raises
    ------
    InputError
        If the encoder is unknown, or no response has a text to encode.
    WorkError
        If the encoder fails or the corpus cannot be written; what was done is kept.
    """
    if options.jobs < 1:
        raise InputError("at least one job must do the work", found=str(options.jobs))
    if not corpus.manifest.rows.get(RESPONSES.name) and corpus.manifest.rows.get(QUERIES.name):
        return _build_queries(corpus, options, report)
    corpus, encoder = encode_corpus(corpus, options, report)
    stamp = _stamp_build(corpus, encoder, options)
    if _read_stamp(corpus, encoder) == stamp:
        return corpus, False
    tables = _draw_tables(corpus, encoder, options, report)
    tables["query_map"] = _draw_query_map(corpus, encoder, options, report)
    if stamp["queries"] and has_failed(tables["query_map"]):
        stamp["queries"] = "failed"  # so that the next build tries again
    tables |= _link_answers(corpus, encoder, options, report, tables["maps"])
    measured = measure_corpus(corpus, encoder, report=report)
    tables |= tabulate(measured)
    files: dict[str, pa.Table | bytes] = {
        views_file(encoder, f"{name}.parquet"): table for name, table in tables.items()
    }
    summary = summarise(corpus.manifest.name, encoder, measured)
    files[views_file(encoder, "summary.json")] = _format_json(summary)
    files[views_file(encoder, STAMP)] = _format_json(stamp)
    return write_files(corpus, files), True


def _build_queries(corpus: Corpus, options: BuildOptions, report: Report) -> tuple[Corpus, bool]:
    """Draw the map of the queries of a corpus that nobody has answered yet."""
    encoder = choose_encoder(corpus.manifest, options.encoder)
    drawn = _draw_query_map(corpus, encoder, options, report)
    file = views_file(encoder, "query_map.parquet")
    if corpus.has(file) and corpus.read_file(file).equals(drawn, check_metadata=True):
        return corpus, False
    return write_files(corpus, {file: drawn}), True


def _draw_tables(
    corpus: Corpus, encoder: str, options: BuildOptions, report: Report
) -> dict[str, pa.Table]:
    """Return the map tables of every query and, if wanted, of every category."""
    workers = Workers(options.jobs, TableCache(find_cache_folder(options.environment) / "maps"))
    queries = _count_queries(corpus)
    maps = workers.run(
        (Task(given.query_ids[0], given.key, given) for given in _list_queries(corpus, encoder)),
        _draw,
        lambda done: report("map queries", done, queries),
    )
    members = _list_members(corpus) if options.category_maps else {}
    categories = workers.run(
        (
            Task(name, given.key, given)
            for name, given in _list_categories(corpus, encoder, members)
        ),
        _draw,
        lambda done: report("map categories", done, len(members)),
    )
    tables = (*_format_maps(maps, "query_id"), *_format_maps(categories, "category"))
    return dict(zip(MAP_TABLES, tables, strict=True))


def _draw_query_map(
    corpus: Corpus, encoder: str, options: BuildOptions, report: Report
) -> pa.Table:
    """Return where the queries lie; no rows, and why, where they cannot be encoded now."""
    rows = corpus.read(QUERIES, columns=["query_id", "query"])
    rows = rows.filter(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(rows["query"])), 0))
    ids, texts = rows["query_id"].to_pylist(), rows["query"].to_pylist()
    if not ids:
        return explain_query_map("no query has a text")
    folder = find_cache_folder(options.environment)
    try:
        encoded = encode_texts(
            texts,
            find_encoder(encoder, options.environment),
            VectorCache(folder / "vectors.sqlite"),
            lambda _, done, total: report("encode queries", done, total),
        )
    except HivemindError as error:  # the answers' vectors may have come from elsewhere
        words = f"{encoder} cannot encode the queries: {error}"
        return explain_query_map(words, has_failed=True)
    vectors = normalise(np.array([encoded[text] for text in texts], np.float32))
    digest = hashlib.sha256(np.ascontiguousarray(vectors).tobytes()).hexdigest()
    key, cache = make_id("queries", VERSION, digest, ids), TableCache(folder / "maps")
    drawn = cache.read(key)
    if drawn is None:
        report("map queries by their text", 0, 1)
        drawn = draw_query_map(ids, vectors)
        cache.write(key, drawn)
    report("map queries by their text", 1, 1)
    return drawn


def _can_encode(encoder: str, options: BuildOptions) -> bool:
    """Whether more texts can be encoded as the answers are: their vectors may be given ones."""
    try:
        find_encoder(encoder, options.environment)
    except InputError:
        return False
    return True


def _count_queries(corpus: Corpus) -> int:
    return len(set(corpus.read(RESPONSES, columns=["query_id"])["query_id"].to_pylist()))


def _link_answers(
    corpus: Corpus, encoder: str, options: BuildOptions, report: Report, points: pa.Table
) -> dict[str, pa.Table]:
    """Return the linkages of every query, and their groups at the threshold to start with."""
    workers = Workers(options.jobs, TableCache(find_cache_folder(options.environment) / "linkages"))
    calibration = read_calibration(encoder, options.environment)
    fingerprint = calibration.fingerprint if calibration else None
    queries = _count_queries(corpus)
    tables = workers.run(
        (
            Task(given.query_ids[0], make_id("link", given.key, fingerprint), given)
            for given in _list_queries(corpus, encoder)
        ),
        partial(link_query, calibration=calibration),
        lambda done: report("group answers", done, queries),
    )
    judged = _judge_answers(corpus, encoder, options, report)
    both = [table for name in tables for table in (tables[name], judged.get(name)) if table]
    linkages = pa.concat_tables([LINKAGES.empty_table(), *both]).combine_chunks()
    models = {source.name: source.model for source in corpus.manifest.models}
    groups = count_groups(linkages, points, models, calibration)
    return {"linkages": linkages, "groups": pa.Table.from_pylist(groups, schema=GROUPS)}


def _judge_answers(
    corpus: Corpus, encoder: str, options: BuildOptions, report: Report
) -> dict[str, pa.Table]:
    """Return the linkage of each query by the judge, by query; none without a judge."""
    if options.judge is None:
        return {}
    judge = find_judge(options.judge, options.environment)
    if judge.name in (COSINE, PEOPLE):
        raise InputError(
            f"a judge must not be called {COSINE} or {PEOPLE}",
            where=options.judge,
            remedy="Rename its folder",
        )
    folder = find_cache_folder(options.environment)
    workers = Workers(1, TableCache(folder / "linkages"))
    queries, done = _count_queries(corpus), count()

    def link_judged(given: MapInput) -> pa.Table:
        # In thousandths, since a large judge may take minutes for a query.
        started = next(done)

        def tell(_: str, asked: int, total: int) -> None:
            report("judge answers", 1000 * started + 1000 * asked // total, 1000 * queries)

        return link_by_judge(given, judge, PairCache(folder / "pairs.sqlite"), tell)

    return workers.run(
        (
            Task(given.query_ids[0], make_id("judge", given.key, judge.fingerprint), given)
            for given in _list_queries(corpus, encoder)
        ),
        link_judged,
        lambda number: report("judge answers", 1000 * number, 1000 * queries),
    )


def _format_json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _stamp_build(corpus: Corpus, encoder: str, options: BuildOptions) -> dict[str, Any]:
    vectors = corpus.filesystem.cat_file(corpus.path(embeddings_file(encoder)))
    calibration = read_calibration(encoder, options.environment)
    return {
        "content_hash": corpus.manifest.content_hash,
        "encoder": encoder,
        "vectors_hash": hashlib.sha256(vectors).hexdigest(),
        "calibration": calibration.fingerprint if calibration else None,
        "queries": _can_encode(encoder, options),
        "judge": options.judge and find_judge(options.judge, options.environment).fingerprint,
        "category_maps": options.category_maps,
        "version": VERSION,
    }


def _read_stamp(corpus: Corpus, encoder: str) -> dict[str, Any] | None:
    if not all(corpus.has(file) for file in list_views(encoder)):
        return None
    try:
        return dict(json.loads(corpus.filesystem.cat_file(corpus.path(views_file(encoder, STAMP)))))
    except (OSError, ValueError, TypeError):
        return None


def encode_corpus(
    corpus: Corpus, options: BuildOptions, report: Report = report_nothing
) -> tuple[Corpus, str]:
    """Give every response with a text a vector; return the corpus and the encoder's name there.

    Vectors that the corpus already holds stay as they are, in their precision; new ones are
    float16, whose rounding changes no printed digit. Empty and withheld texts get none.

    Raises
    ------
    InputError
        If the encoder is unknown, or no response has a text.
    WorkError
        If the encoder fails, or gives vectors of another length than the corpus holds.
    """
    name = choose_encoder(corpus.manifest, options.encoder)
    encoder: Encoder | None = None
    if name not in corpus.manifest.encoders:
        encoder = find_encoder(name, options.environment)
        name = encoder.name
    held = _read_held(corpus, name)
    rows = corpus.read(RESPONSES, columns=["response_id", "query_id", "text"]).to_pydict()
    texts = dict(zip(rows["response_id"], rows["text"], strict=True))
    missing = {i: text for i, text in texts.items() if i not in held and text and text.strip()}
    if not missing:
        if not held:
            raise InputError("a corpus needs responses with text to build", where=corpus.locator)
        return corpus, name
    encoder = encoder or find_encoder(name, options.environment)
    cache = VectorCache(find_cache_folder(options.environment) / "vectors.sqlite")
    vectors = encode_texts(missing.values(), encoder, cache, report)
    new = {i: vectors[text] for i, text in missing.items()}
    table = _join_vectors(rows, held, new, corpus.path(embeddings_file(name)))
    encoders = tuple(sorted({*corpus.manifest.encoders, name}))
    manifest = replace(corpus.manifest, encoders=encoders)
    return write_files(corpus, {embeddings_file(name): table}, manifest), name


def _read_held(corpus: Corpus, encoder: str) -> dict[str, np.ndarray[Any, Any]]:
    file = embeddings_file(encoder)
    if not corpus.has(file):
        return {}
    rows = corpus.read_file(file, columns=["response_id", "vector"])
    matrix = stack_vectors(rows["vector"], corpus.path(file))
    return dict(zip(rows["response_id"].to_pylist(), matrix, strict=True))


def _join_vectors(
    rows: Mapping[str, list[Any]],
    held: dict[str, np.ndarray[Any, Any]],
    new: dict[str, np.ndarray[Any, Any]],
    where: str,
) -> pa.Table:
    """Return the embeddings table: old and new vectors in the order of the responses."""
    kept = [i for i, response_id in enumerate(rows["response_id"]) if response_id in held | new]
    ids = [rows["response_id"][i] for i in kept]
    lengths = {len(vector) for vector in (*held.values(), *new.values())}
    if len(lengths) != 1:
        raise WorkError(
            "all vectors of an encoder must have one length",
            where=where,
            found=" and ".join(map(str, sorted(lengths))),
            remedy="Give the encoder that made the vectors, or remove the file",
        )
    precision = next(iter(held.values())).dtype if held else np.dtype(OWN_PRECISION)
    matrix = np.array([held[i] if i in held else new[i] for i in ids], dtype=precision)
    return pa.table(
        {
            "response_id": pa.array(ids, pa.string()),
            "query_id": pa.array([rows["query_id"][i] for i in kept], pa.string()),
            "vector": build_vector_column(matrix),
        }
    )


def _list_queries(corpus: Corpus, encoder: str) -> Iterator[MapInput]:
    for query in read_by_query(corpus, encoder, ("model", "strategy", "text")):
        yield _make_input(corpus.manifest, [query])


def _list_members(corpus: Corpus) -> dict[str, list[str]]:
    """Return the queries of each category, by name."""
    rows = corpus.read(QUERIES, columns=["query_id", "categories"]).to_pydict()
    members: dict[str, list[str]] = {}
    for query_id, categories in zip(rows["query_id"], rows["categories"], strict=True):
        for category in sorted(set(categories or ())):
            members.setdefault(category, []).append(query_id)
    return dict(sorted(members.items()))


def _list_categories(
    corpus: Corpus, encoder: str, members: Mapping[str, list[str]]
) -> Iterator[tuple[str, MapInput]]:
    """Yield the input of each category's map; one category's vectors are held at a time."""
    for category, query_ids in members.items():
        columns = ("model", "strategy", "text")
        queries = list(read_by_query(corpus, encoder, columns, query_ids))
        if queries:
            yield category, _make_input(corpus.manifest, queries)


def _make_input(manifest: Manifest, queries: list[QueryResponses]) -> MapInput:
    """Return the input of a map of some queries; over 60,000 responses an even sample of them."""
    columns = {name: [v for q in queries for v in q.columns[name]] for name in queries[0].columns}
    total = len(columns["response_id"])
    step = -(-total // CATEGORY_LIMIT)
    vectors = np.concatenate([query.vectors for query in queries])[::step]
    columns = {name: values[::step] for name, values in columns.items()}
    pairs = zip(columns["model"], columns["strategy"], strict=True)
    sources = [manifest.find_source(model, strategy) for model, strategy in pairs]
    names = [source.name for source in sources]
    texts = [text or "" for text in columns["text"]]
    digest = hashlib.sha256(np.ascontiguousarray(vectors).tobytes()).hexdigest()
    return MapInput(
        make_id(VERSION, digest, columns["response_id"], names, texts),
        columns["response_id"],
        columns["query_id"],
        names,
        [source.model if source.is_model else None for source in sources],
        texts,
        vectors,
        f"every {step}th of {total} answers" if step > 1 else None,
    )


def _draw(given: MapInput) -> pa.Table:
    """Return a map as one table, its clusters and quality in the table's metadata."""
    drawn = draw_map(given)
    rest = json.dumps({"clusters": drawn.clusters, "quality": drawn.quality})
    return drawn.points.replace_schema_metadata({PACKED: rest.encode()})


def _unpack_map(table: pa.Table) -> Map:
    rest = json.loads(table.schema.metadata[PACKED])
    return Map(table.replace_schema_metadata(None), rest["clusters"], rest["quality"])


def _format_maps(packed: Mapping[str, pa.Table], scope: str) -> tuple[pa.Table, ...]:
    """Return maps as three tables, points, clusters and quality, with their scope in front."""
    maps = {name: _unpack_map(table) for name, table in packed.items()}
    points = []
    for name, drawn in maps.items():
        table = drawn.points
        if scope not in table.schema.names:
            table = table.add_column(0, scope, pa.array([name] * len(table), pa.string()))
        points.append(table)
    clusters = [{scope: name, **row} for name, drawn in maps.items() for row in drawn.clusters]
    quality = [{scope: name, **drawn.quality} for name, drawn in maps.items()]
    empty = add_scope(scope, POINTS).empty_table()
    return (
        pa.concat_tables([empty, *points]).combine_chunks(),
        pa.Table.from_pylist(clusters, schema=add_scope(scope, CLUSTERS)),
        pa.Table.from_pylist(quality, schema=add_scope(scope, QUALITY)),
    )
