"""Corpora of planted ideas with given vectors."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.timing import make_answers
from hivemind_core.corpus.embeddings import build_vector_column
from hivemind_core.corpus.store import (
    Corpus,
    embeddings_file,
    open_or_create,
    write_files,
    write_tables,
)
from hivemind_core.corpus.tables import QUERIES, RESPONSES, build_rows

ENCODER = "given"
CATEGORY = "Writing Genres"
WORDS = (
    "river",
    "thief",
    "mirror",
    "clock",
    "garden",
    "ocean",
    "candle",
    "thread",
    "train",
    "sand",
)


def write_corpus(folder: Path, queries: int, sources: int, samples: int, d: int) -> Corpus:
    """Write a complete grid with vectors and texts of 20 words, all of one category."""
    rng = np.random.default_rng(1)
    rows = [
        {
            "response_id": f"{q:03}-{s:02}-{i:02}",
            "query_id": f"{q:03}",
            "model": f"family{s % 9}-{s:02}b",
            "sample": i,
            "text": " ".join(rng.choice(WORDS, 20)),
        }
        for q in range(queries)
        for s in range(sources)
        for i in range(samples)
    ]
    tables = {
        "queries": build_rows(
            QUERIES,
            (
                {"query_id": f"{q:03}", "query": f"Question {q}?", "categories": [CATEGORY]}
                for q in range(queries)
            ),
        ),
        "responses": build_rows(RESPONSES, rows),
    }
    corpus = open_or_create(str(folder))
    corpus = write_tables(corpus, tables, corpus.manifest)
    vectors = make_answers(queries, sources, samples, d).reshape(-1, d)
    stored = corpus.read(RESPONSES, columns=["response_id", "query_id"])
    place = {row["response_id"]: i for i, row in enumerate(rows)}
    order = np.array([place[i] for i in stored["response_id"].to_pylist()])
    table = stored.append_column("vector", build_vector_column(vectors[order]))
    manifest = replace(corpus.manifest, encoders=(ENCODER,))
    return write_files(corpus, {embeddings_file(ENCODER): table}, manifest)
