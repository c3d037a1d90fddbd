"""Planted structure: vectors and corpora whose homogeneity is known."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hivemind_core.corpus.embeddings import build_vector_column
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.store import (
    Corpus,
    embeddings_file,
    open_or_create,
    write_files,
    write_tables,
)
from hivemind_core.corpus.tables import QUERIES, RESPONSES, build_rows

ENCODER = "planted"


def make_unit_rows(n: int, d: int, seed: int = 0) -> NDArray[np.float32]:
    """Return random unit rows."""
    rows = np.random.default_rng(seed).normal(size=(n, d))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def make_ideas(
    ideas: NDArray[np.integer], d: int = 64, noise: float = 0.3, seed: int = 0
) -> NDArray[np.float32]:
    """Return one unit row an answer: its idea's direction plus noise of a relative length."""
    rng = np.random.default_rng(seed)
    centres = make_unit_rows(int(ideas.max()) + 1, d, seed + 1)
    spread = rng.normal(size=(len(ideas), d)) / np.sqrt(d)
    rows = centres[ideas] + noise * spread
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def list_responses(queries: int, models: tuple[str, ...], samples: int) -> list[dict[str, object]]:
    """Return the rows of a complete grid, with a text that names the place of each."""
    return [
        {
            "response_id": f"r{q:03}-{model}-{i:03}",
            "query_id": f"q{q:03}",
            "model": model,
            "sample": i,
            "text": f"answer {i % 3} of {model} to question {q}",
        }
        for q in range(queries)
        for model in models
        for i in range(samples)
    ]


def write_corpus(
    folder: Path, responses: list[dict[str, object]], vectors: NDArray[np.floating] | None = None
) -> Corpus:
    """Write a corpus of these responses; its queries fall into two categories.

    Vectors, aligned with the responses as given, are stored under the encoder "planted".
    """
    ids = sorted({str(row["query_id"]) for row in responses})
    queries = [
        {"query_id": i, "query": f"Question {i}?", "categories": ["Odd" if n % 2 else "Even"]}
        for n, i in enumerate(ids)
    ]
    corpus = open_or_create(str(folder), "planted")
    tables = {
        "queries": build_rows(QUERIES, queries),
        "responses": build_rows(RESPONSES, responses),
    }
    corpus = write_tables(corpus, tables, Manifest("planted"))
    if vectors is None:
        return corpus
    place = {str(row["response_id"]): n for n, row in enumerate(responses)}
    rows = corpus.read(RESPONSES, columns=["response_id", "query_id"])
    order = [place[i] for i in rows["response_id"].to_pylist()]
    table = pa.table(
        {
            "response_id": rows["response_id"],
            "query_id": rows["query_id"],
            "vector": build_vector_column(vectors[order]),
        }
    )
    manifest = Manifest(**{**vars(corpus.manifest), "encoders": (ENCODER,)})
    return write_files(corpus, {embeddings_file(ENCODER): table}, manifest)
