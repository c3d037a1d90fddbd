"""Tiny corpora that are built already, written straight through the store.

Their maps, clusters and measures are made up: pages are tested on what they show, not on what is
true. Three states: `empty` holds nothing, `demo` is ordinary, `hostile` holds what models and
people should never have written.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hivemind_core import summary as measurements
from hivemind_core.corpus.embeddings import build_vector_column
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.store import (
    Corpus,
    embeddings_file,
    open_or_create,
    views_file,
    write_files,
    write_tables,
)
from hivemind_core.corpus.tables import QUERIES, RESPONSES, build_rows, find_table
from hivemind_core.corpus.views import (
    CLUSTERS,
    GROUPS,
    LINKAGES,
    POINTS,
    QUALITY,
    QUERY_MAP,
    QUERY_MAP_NOTES,
    add_scope,
)
from hivemind_core.measurement import measure_corpus
from hivemind_core.space.linking import compare_vectors, count_groups, describe_linkage
from hivemind_core.space.mapping import MapInput, number_wordings
from hivemind_core.tabulation import tabulate

ENCODER = "made-up"
MODELS = (("gpt-4o", None), ("gemini-1.5-pro", None), ("olmo2-7b", "plain"), ("olmo2-7b", "random"))
HUMAN = ("human", None)
SAMPLES = 10
PEOPLE = 8
IDEAS = ("a river", "a thief", "a healer", "a loop", "a mirror")
SCORERS = (("judge", "quality"), ("reward", None))
CRITERIA = ("interest", "quality")
ANNOTATORS = 5
RATED = 5  # samples of a source
PAIRED = 5  # pairs of a query
HOSTILE_SCORER = ("<img src=x onerror=alert(1)>", "**loud** ![s](http://example.com/s.png)")
FLAT_SCORER = "<u>flat</u> [flat](javascript:alert(1))"
HOSTILE_ANNOTATORS = ("<script>always</script>", "![a](http://example.com/a.png)", "**a**")

Rows = list[dict[str, object]]

STRATEGIES = ("<u>plain</u>", "[top](http://example.com/top)")
HOSTILE_TEXTS = (
    "<script>document.title = 'broken'; fetch('http://example.com/stolen')</script>",
    "<img src=x onerror=\"document.title='broken'\">",
    "![tracker](http://example.com/pixel.png) **bold** [link](javascript:alert(1))",
    "$\\frac{1}{2}$ :red[red] :material/home: `code`",
    "שלום עולם، مرحبا بالعالم",
    "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 \u202egnirts desrever\u202c",
    "long " * 20_000,
    "",
    "   \n\n  ",
    "one\n\n\n\ntwo\n    three",
    "</div></body></html>",
    "a" * 3000,
)


def write_demo(folder: Path, queries: int = 6, samples: int = SAMPLES) -> Corpus:
    """Write an ordinary corpus."""
    topics = ["time", "love", "work", "sleep", "money", "the sea"]
    rows: list[dict[str, object]] = [
        {
            "query_id": f"q{i}",
            "query": f"Write a metaphor about {topics[i % 6]}" + (f" ({i})" if i > 5 else ""),
            "categories": ["Creative Content Generation", "Abstract Conceptual Questions"][
                : 1 + i % 2
            ],
        }
        for i in range(queries)
    ]
    answers = [answer for row in rows for answer in _answer(str(row["query_id"]), samples)]
    manifest = Manifest("demo", licence="CC0", note="Made up.")
    judged = judge_answers(answers)
    judged["scores"] += _score(answers)
    return write_corpus(folder, manifest, rows, answers, judged)


def _answer(query_id: str, samples: int) -> Iterator[dict[str, object]]:
    for number, (model, strategy) in enumerate((*MODELS, HUMAN)):
        for sample in range(samples if model != "human" else PEOPLE):
            idea = IDEAS[(sample * (number + 1)) % 7 % len(IDEAS)]
            ending = "" if sample % 3 == 0 else f", said {model} in its {sample}. answer"
            yield {
                "response_id": f"{query_id}-{number}-{sample}",
                "query_id": query_id,
                "model": model,
                "strategy": strategy,
                "sample": sample,
                "text": f"It is {idea}{ending}.",
                "group": idea,
            }


def _score(answers: Iterable[dict[str, object]]) -> Rows:
    """Return what two scorers say: one skips every fourth sample, the other knows no people."""
    scores: Rows = []
    for answer in answers:
        sample = int(str(answer["sample"]))
        if sample % 4 != 3:
            scores.append(score_answer(answer["response_id"], *SCORERS[0], sample / 10))
        if answer["model"] != "human":
            scores.append(score_answer(answer["response_id"], *SCORERS[1], 1000 - 250 * sample))
    return scores


def score_answer(
    response_id: object, scorer: str, criterion: str | None, score: float
) -> dict[str, object]:
    """Return a row of the table of scores."""
    return {
        "response_id": response_id,
        "scorer": scorer,
        "kind": "metric",
        "criterion": criterion,
        "score": float(score),
    }


def judge_answers(answers: Iterable[dict[str, object]], seed: int = 0) -> dict[str, Rows]:
    """Return ratings, preferences, and what three more scorers say of them.

    Of three answers one is unanimous, one is not quite, and one is split. The scorer "praise"
    follows their quality throughout; "perplexity", whose low scores are the good ones, loses it
    where people are split; "arena" only compares.
    """
    rng = np.random.default_rng(seed)
    rated = [answer for answer in answers if int(str(answer["sample"])) < RATED]
    quality = {criterion: rng.integers(1, 6, len(rated)) for criterion in CRITERIA}
    ids = [str(answer["response_id"]) for answer in rated]
    rows: dict[str, Rows] = {"ratings": [], "scores": []}
    for n, response_id in enumerate(ids):
        for criterion, values in quality.items():
            labels = draw_labels(int(values[n]), n % 3, rng)
            rows["ratings"] += rate_answer(response_id, criterion, labels)
        good, noise = float(quality["quality"][n]), rng.normal(size=2)
        praise = score_answer(response_id, "praise", None, good + noise[0])
        lost = -good + noise[1] / 2 if n % 3 < 2 else 3 * noise[1]
        perplexity = score_answer(response_id, "perplexity", None, 20 + lost)
        rows["scores"] += [
            praise | {"kind": "lm_judge", "higher_is_better": True},
            perplexity | {"kind": "lm", "higher_is_better": False},
        ]
    return rows | _compare_answers(rated, dict(zip(ids, quality["quality"], strict=True)), rng)


def draw_labels(quality: int, split: int, rng: np.random.Generator) -> list[int]:
    """Return the labels of an answer: all equal, one apart, or from one end to the other."""
    apart = ([0] * ANNOTATORS, [0, 0, 0, 0, 1], [-2, -1, 0, 1, 2])[split]
    return np.clip(quality + rng.permutation(apart), 1, 5).tolist()


def rate_answer(response_id: object, criterion: str | None, labels: Iterable[float]) -> Rows:
    """Return rows of the table of ratings, one an annotator."""
    about = {"response_id": response_id, "annotator_kind": "person", "criterion": criterion}
    return [about | {"annotator_id": f"p{n}", "rating": r} for n, r in enumerate(labels)]


def _compare_answers(
    rated: Rows, quality: dict[str, int], rng: np.random.Generator
) -> dict[str, Rows]:
    """Return preferences among the first answers of neighbouring sources, and what "arena" says."""
    rows: dict[str, Rows] = {"preferences": [], "pair_scores": []}
    for query_id in dict.fromkeys(str(answer["query_id"]) for answer in rated):
        for n in range(PAIRED):
            first, second = f"{query_id}-{n}-0", f"{query_id}-{(n + 1) % 5}-1"
            gap = np.sign(int(quality[first]) - int(quality[second]))
            labels = gap + rng.integers(-1, 2, ANNOTATORS) * (n % 3 > 0)
            rows["preferences"] += prefer_answer((first, second), query_id, labels.tolist())
            pair = {"query_id": query_id, "response_a": first, "response_b": second}
            said = {"scorer": "arena", "kind": "lm_judge", "score": gap + rng.normal()}
            rows["pair_scores"].append(pair | said)
    return rows


def prefer_answer(pair: tuple[str, str], query_id: str, labels: Iterable[float]) -> Rows:
    """Return rows of the table of preferences, one an annotator."""
    about = {"query_id": query_id, "response_a": pair[0], "response_b": pair[1]}
    return [
        about | {"annotator_id": f"p{n}", "annotator_kind": "person", "preference": label}
        for n, label in enumerate(labels)
    ]


def write_empty(folder: Path) -> Corpus:
    """Write a corpus that holds nothing."""
    return write_corpus(folder, Manifest("empty"), [], [])


def write_hostile(folder: Path) -> Corpus:
    """Write a corpus of edge cases: markup in every field, and one to three answers."""
    rows: list[dict[str, object]] = [
        {"query_id": "markup", "query": "<h1>Query</h1> ![x](http://example.com/q.png) **q**\n# q"},
        {"query_id": "one", "query": "One answer?"},
        {"query_id": "two", "query": "Two answers?"},
        {"query_id": "three", "query": "Three answers?"},
        {"query_id": "same", "query": "The same, always?"},
        {"query_id": "none", "query": "Nobody answers?"},
        {"query_id": "withheld", "query": "What is not said?"},
    ]
    for row in rows:
        row["categories"] = ["<b>Category</b> ![c](http://example.com/c.png)"]
    rows += [
        {"query_id": "blank", "query": "What is there to say?"},
        {"query_id": "alone", "query": "Who else?"},
    ]
    models = ("<i>model</i>", "![m](http://example.com/m.png)", "<script>alert(1)</script>")
    answers = [
        _say("markup", model, i, text) for model in models for i, text in enumerate(HOSTILE_TEXTS)
    ]
    for query_id, number in (("one", 1), ("two", 2), ("three", 3)):
        answers += [_say(query_id, models[i], 0, f"Answer {i}") for i in range(number)]
    answers += [_say("same", models[i % 3], i, "Always the same.") for i in range(12)]
    answers += [_say("withheld", None, i, None if i % 2 else "Said.") for i in range(4)]
    answers += [_say("blank", models[i % 3], i, "") for i in range(6)]
    answers += [
        _say("alone", models[1], i, f"Alone {i}") | {"strategy": STRATEGIES[i % 2]}
        for i in range(8)
    ]
    name = "<b>hostile</b> ![n](http://example.com/n.png)"
    note = "<script>document.title='broken'</script> **note**"
    manifest = Manifest(name, note=note, licence="[x](y)")
    return write_corpus(folder, manifest, rows, answers, _judge_hostile(answers))


def _judge_hostile(answers: Rows) -> dict[str, Rows]:
    """Return ratings by annotators of whom one always says the same, two scorers, and a few pairs.

    Every fifth answer has a single label. Without a criterion, everybody says the same of all.
    """
    ids = [str(answer["response_id"]) for answer in answers]
    always, *others = HOSTILE_ANNOTATORS
    ratings: Rows = []
    for n, one in enumerate(ids):
        own = rate_answer(
            one, HOSTILE_SCORER[1], [3, 1 + n % 5, 1 + n // 2 % 5][: 3 if n % 5 else 1]
        )
        ratings += [
            row | {"annotator_id": a} for row, a in zip(own, [always, *others], strict=False)
        ]
    same = [one for one in ids if one.startswith("same-")]
    return {
        "ratings": [*ratings, *(row for one in same for row in rate_answer(one, None, [3, 3]))],
        "preferences": [
            row for pair in pairwise(same[:4]) for row in prefer_answer(pair, "same", [1, -1])
        ],
        "scores": [
            row
            for n, one in enumerate(ids)
            for row in (
                score_answer(one, *HOSTILE_SCORER, n % 7),
                score_answer(one, FLAT_SCORER, None, 1),
            )
        ],
    }


def _say(query_id: str, model: str | None, sample: int, text: str | None) -> dict[str, object]:
    return {
        "response_id": f"{query_id}-{model}-{sample}",
        "query_id": query_id,
        "model": model,
        "sample": sample,
        "text": text,
        "group": "same" if query_id == "same" else f"{sample % 4}",
    }


def write_corpus(
    folder: Path,
    manifest: Manifest,
    queries: Iterable[dict[str, object]],
    answers: Iterable[dict[str, object]],
    judged: Mapping[str, Rows] | None = None,
) -> Corpus:
    """Write queries, answers and, by table, what is said of them; then views that are made up."""
    corpus = open_or_create(str(folder))
    given = {"queries": queries, "responses": answers, **(judged or {})}
    tables = {name: build_rows(find_table(name), rows) for name, rows in given.items()}
    filled = {name: table for name, table in tables.items() if len(table)}
    corpus = write_tables(corpus, filled, manifest)
    return write_views(corpus, tables["queries"].to_pylist(), tables["responses"].to_pylist())


def grow(corpus: Corpus, query_id: str, number: int, text: str = "A new answer {}") -> None:
    """Add answers to a corpus that is built, and leave its views as they were."""
    corpus = open_or_create(corpus.locator)
    queries = corpus.read(QUERIES).to_pylist()
    if query_id not in {row["query_id"] for row in queries}:
        queries.append({"query_id": query_id, "query": f"What is {query_id}?"})
    answers = corpus.read(RESPONSES).to_pylist()
    answers += [_say(query_id, "gpt-4o", 100 + i, text.format(i)) for i in range(number)]
    tables = {"queries": build_rows(QUERIES, queries), "responses": build_rows(RESPONSES, answers)}
    write_tables(corpus, tables, corpus.manifest)


def _place_queries(queries: list[dict[str, Any]]) -> pa.Table:
    """Return a made-up map of the queries: in a row, in the order of their ids."""
    ids = sorted(query["query_id"] for query in queries)
    rows = [{"query_id": q, "x": i, "y": i % 2, "pca_x": 0, "pca_y": i} for i, q in enumerate(ids)]
    notes = {"method": "umap", "reason": None, "trustworthiness": 0.9, "pca_trustworthiness": 0.5}
    table = pa.Table.from_pylist(rows, schema=QUERY_MAP)
    return table.replace_schema_metadata({QUERY_MAP_NOTES: json.dumps(notes).encode()})


def write_views(
    corpus: Corpus, queries: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> Corpus:
    """Write made-up views of every query and category."""
    rows = [_map_row(corpus, answer) for answer in answers if answer["text"]]
    texts = {answer["response_id"]: answer for answer in answers}
    said = [texts[row["response_id"]]["text"] for row in rows]
    wordings = number_wordings([row["query_id"] for row in rows], said).tolist()
    rows = [row | {"wording": wording} for row, wording in zip(rows, wordings, strict=True)]
    groups: dict[str, list[str]] = {}
    for query in queries:
        for category in query["categories"] or ():
            groups.setdefault(category, []).append(query["query_id"])
    tables = _describe(rows, answers, {q["query_id"]: [q["query_id"]] for q in queries}, "query_id")
    named = {f"{name}.parquet": table for name, table in tables.items() if name != "maps"}
    named["maps.parquet"] = pa.Table.from_pylist(rows, schema=POINTS)
    for name, table in _describe(rows, answers, groups, "category").items():
        named[f"category_{name.removeprefix('map_')}.parquet"] = table
    files: dict[str, pa.Table | bytes] = {
        views_file(ENCODER, name): table for name, table in named.items()
    }
    files[views_file(ENCODER, "query_map.parquet")] = _place_queries(queries)
    models = {source.name: source.model for source in corpus.manifest.models}
    linkages = _link(rows, texts)
    files[views_file(ENCODER, "linkages.parquet")] = linkages
    files[views_file(ENCODER, "groups.parquet")] = pa.Table.from_pylist(
        count_groups(linkages, named["maps.parquet"], models, None), schema=GROUPS
    )
    if any(answer["text"] for answer in answers):
        files[embeddings_file(ENCODER)] = _embed(answers)
    summary = summarise(corpus, answers)
    if embeddings_file(ENCODER) in files:
        vectors = {embeddings_file(ENCODER): files[embeddings_file(ENCODER)]}
        corpus = write_files(corpus, vectors, replace(corpus.manifest, encoders=(ENCODER,)))
        measured = measure_corpus(corpus, ENCODER)
        for name, table in tabulate(measured).items():
            files[views_file(ENCODER, f"{name}.parquet")] = table
        summary["controls"] = measurements.summarise("", "", measured)["controls"]
    files[views_file(ENCODER, "summary.json")] = json.dumps(summary).encode()
    files[views_file(ENCODER, "build.json")] = json.dumps(
        {"content_hash": corpus.manifest.content_hash}
    ).encode()
    return write_files(corpus, files, replace(corpus.manifest, encoders=(ENCODER,)))


def _map_row(corpus: Corpus, answer: dict[str, Any]) -> dict[str, Any]:
    seed = np.frombuffer(answer["response_id"].encode().ljust(8, b" ")[-8:], np.uint32)
    noise = np.random.default_rng(seed).normal(size=2)
    ideas = [*IDEAS, "same", "0", "1", "2", "3"]
    cluster = ideas.index(answer["group"]) % len(IDEAS) if answer["group"] in ideas else -1
    if cluster == len(IDEAS) - 1:
        cluster = -1
    angle = 2.1 * cluster
    centre = 6 * np.array([np.cos(angle), np.sin(angle)]) if cluster >= 0 else np.zeros(2)
    x, y = centre + noise * (0.5 if cluster >= 0 else 3)
    if answer["group"] == "same":
        x, y = 0.0, 0.0
    return {
        "response_id": answer["response_id"],
        "query_id": answer["query_id"],
        "source": corpus.manifest.find_source(answer["model"], answer["strategy"]).name,
        "x": x,
        "y": y,
        "pca_x": y,
        "pca_y": x,
        "cluster": cluster,
        "characters": len(answer["text"]),
    }


def _make_vector(answer: dict[str, Any]) -> np.ndarray:
    """Return a unit vector: near those of the same idea, and the same for the same text."""
    seed = np.frombuffer((answer["text"] or "").encode().ljust(4)[:64], np.uint8)
    noise = np.random.default_rng(seed).normal(size=8)
    idea = np.eye(8)[hash_idea(answer["group"]) % 8]
    vector = idea + 0.1 * noise
    return vector / np.linalg.norm(vector)


def hash_idea(idea: str | None) -> int:
    """Return a number that stands for an idea: apart, modulo 8, for those of the demo."""
    return IDEAS.index(idea) if idea in IDEAS else sum((idea or "").encode())


def _link(rows: list[dict[str, Any]], texts: dict[str, dict[str, Any]]) -> pa.Table:
    """Return linkages of every query: people call the same what is of one idea, or verbatim so."""
    queries = sorted({row["query_id"] for row in rows})
    tables = [LINKAGES.empty_table()]
    for query_id in queries:
        mine = [texts[row["response_id"]] for row in rows if row["query_id"] == query_id]
        given = MapInput(
            "",
            [answer["response_id"] for answer in mine],
            [query_id] * len(mine),
            ["" for _ in mine],
            [answer["model"] for answer in mine],
            [answer["text"] for answer in mine],
            np.array([_make_vector(answer) for answer in mine], np.float32),
        )
        ideas = np.array([hash_idea(answer["group"]) for answer in mine])
        people = np.where(ideas[:, None] == ideas[None, :], 0.7, 0.3).astype(np.float32)
        wordings = number_wordings(given.query_ids, given.texts)
        people[wordings[:, None] == wordings[None, :]] = 1
        tables += [
            describe_linkage(given, "cosine", compare_vectors(given)),
            describe_linkage(given, "people", people),
        ]
    return pa.concat_tables(tables)


def _embed(answers: list[dict[str, Any]]) -> pa.Table:
    told = [answer for answer in answers if answer["text"]]
    vectors = np.array([_make_vector(answer) for answer in told], np.float32).reshape(-1, 8)
    columns = {name: [answer[name] for answer in told] for name in ("response_id", "query_id")}
    return pa.table(columns | {"vector": build_vector_column(vectors)})


def _describe(
    rows: list[dict[str, Any]],
    answers: list[dict[str, Any]],
    groups: dict[str, list[str]],
    column: str,
) -> dict[str, pa.Table]:
    """Return maps, clusters and quality of groups of queries, clusters numbered by size."""
    texts = {answer["response_id"]: answer for answer in answers}
    maps, clusters, quality = [], [], []
    for name, query_ids in sorted(groups.items()):
        members = [row for row in rows if row["query_id"] in query_ids]
        counts = Counter(row["cluster"] for row in members if row["cluster"] >= 0)
        if len(members) < 4:
            counts.clear()
        ranks = {old: new for new, (old, _) in enumerate(counts.most_common())}
        for row in members:
            ranked = row | {"cluster": ranks.get(row["cluster"], -1), column: name}
            if column == "query_id":
                row["cluster"] = ranked["cluster"]
            maps.append(ranked)
        mine = maps[len(maps) - len(members) :]
        clusters += [_cluster_row(column, name, c, mine, texts) for c in sorted(ranks.values())]
        quality.append(_quality_row(column, name, mine, texts))
    return {
        "maps": pa.Table.from_pylist(maps, schema=add_scope(column, POINTS)),
        "clusters": pa.Table.from_pylist(clusters, schema=add_scope(column, CLUSTERS)),
        "map_quality": pa.Table.from_pylist(quality, schema=add_scope(column, QUALITY)),
    }


def _cluster_row(
    column: str,
    name: str,
    cluster: int,
    rows: list[dict[str, Any]],
    texts: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    members = [row for row in rows if row["cluster"] == cluster]
    counts = Counter(row["source"] for row in members)
    models = {texts[row["response_id"]]["model"] for row in members} - {"human", None}
    return {
        column: name,
        "cluster": cluster,
        "size": len(members),
        "sources": list(counts),
        "source_counts": list(counts.values()),
        "models": len(models),
        "medoid": members[0]["response_id"],
        "keywords": (texts[members[0]["response_id"]]["text"] or "").split()[:3],
    }


def _quality_row(
    column: str, name: str, rows: list[dict[str, Any]], texts: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    few = len(rows) < 4
    noise = sum(row["cluster"] < 0 for row in rows)
    return {
        column: name,
        "responses": len(rows),
        "distinct_texts": len({texts[row["response_id"]]["text"] for row in rows}),
        "method": "pca" if few else "umap",
        "n_neighbors": min(15, len(rows)),
        "min_cluster_size": 5,
        "clusters": len({row["cluster"] for row in rows} - {-1}),
        "noise_share": None if few else noise / len(rows),
        "trustworthiness": None if few else 0.93,
        "pca_trustworthiness": None if few else 0.81,
        "stability": None if few else 0.88,
        "reason": "too few answers for a map of neighbours" if few else None,
    }


def summarise(corpus: Corpus, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a made-up object of `hivemind measure --json`."""
    models = [source.name for source in corpus.manifest.models]
    names = [source.name for source in corpus.manifest.sources if source.model]
    queries = corpus.manifest.rows["queries"]
    head = {
        "corpus": corpus.manifest.name,
        "encoder": ENCODER,
        "queries": queries,
        "responses": len(answers),
        "models": models,
        "pooling": "queries",
    }
    if not names:
        why = "there are no answers"
        return head | {
            "floor": {"mean": None, "n_pairs": 0, "reason": why},
            "human": None,
            "intra": {},
            "inter": {"mean": None, "ci95": None, "matrix": [], "reason": why},
            "nearest_models": None,
            "nearest_models_reason": why,
        }
    means = {name: 0.3 if name == "human" else 0.78 - 0.07 * i for i, name in enumerate(names)}
    return head | {
        "floor": {"mean": 0.06, "n_pairs": 50_000},
        "human": {"mean": 0.3} if "human" in names else None,
        "intra": {
            name: {
                "mean": mean,
                "ci95": [mean - 0.05, mean + 0.04],
                "queries": queries,
                "histogram_pct": [0, 0, 0, 0, 10, 20, 30, 20, 20, 0],
                "share_above_0_8": 20.0,
                "vendi": 3.4,
            }
            for name, mean in means.items()
        },
        "inter": {
            "mean": 0.55,
            "ci95": [0.5, 0.6],
            "matrix": [[None if a == b else 0.55 for a in models] for b in models],
        },
        "nearest_models": {"5": 1.6, "10": 2.1, "15": 2.4, "20": 2.6, "25": None},
    }


WRITERS: dict[str, Callable[[Path], Corpus]] = {
    "demo": write_demo,
    "empty": write_empty,
    "hostile": write_hostile,
}


def write_all(folder: Path) -> None:
    """Write a corpus of each state into a corpora folder, and one that is not built."""
    for name, write in WRITERS.items():
        write(folder / name)
    corpus = open_or_create(str(folder / "unbuilt"))
    rows = build_rows(QUERIES, [{"query_id": "q", "query": "Not mapped yet?"}])
    answers = build_rows(RESPONSES, [_say("q", "gpt-4o", 0, "Not yet.")])
    write_tables(corpus, {"queries": rows, "responses": answers}, Manifest("unbuilt"))
    damaged = folder / "damaged"
    damaged.mkdir()
    (damaged / "corpus.json").write_text("{", encoding="utf-8")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
