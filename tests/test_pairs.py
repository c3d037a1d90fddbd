"""Pairs given by their texts, and vectors beside the answers they are of."""

import json
import os
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hivemind_core.corpus.embeddings import stack_vectors
from hivemind_core.corpus.files import Inputs, import_files
from hivemind_core.corpus.import_report import ImportReport
from hivemind_core.corpus.store import Corpus, embeddings_file, open_corpus, views_file
from hivemind_core.corpus.tables import PAIR_SCORES, PREFERENCES, QUERIES, RESPONSES
from hivemind_core.errors import InputError
from hivemind_core.evaluation import read_panel
from tests.dashboard_corpus import ENCODER, write_demo
from tests.test_cli_import import run

Rows = list[dict[str, object]]

PAIR = {
    "pair_id": "p1",
    "query": "Why?",
    "response_a": "Because.",
    "response_b": "Who knows?",
    "model_a": "alpha",
    "model_b": "beta",
}
JUDGED = {"pair_id": "p1", "annotator_id": "ann", "label": "a"}


def write(folder: Path, name: str, rows: Rows) -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def bring(
    folder: Path, *, skip_bad: bool = False, encoder: str = "", **rows: Rows
) -> tuple[Corpus, ImportReport]:
    files = {name: write(folder, name, own) for name, own in rows.items()}
    locator = str(folder / "corpus")
    done = import_files(locator, Inputs(**files, encoder=encoder), skip_bad=skip_bad)  # type: ignore[arg-type]
    return open_corpus(locator), done


def read_texts(corpus: Corpus) -> dict[str, str]:
    return {row["response_id"]: row["text"] for row in corpus.read(RESPONSES).to_pylist()}


def test_a_file_of_pairs_brings_queries_and_responses(tmp_path: Path) -> None:
    scores: Rows = [{"pair_id": "p1", "scorer": "judge", "label": "tie"}]
    corpus, done = bring(tmp_path, pairs=[PAIR], preferences=[JUDGED], pair_scores=scores)
    (query,) = corpus.read(QUERIES).to_pylist()
    assert query["query"] == "Why?"
    models = {row["model"]: row["text"] for row in corpus.read(RESPONSES).to_pylist()}
    assert models == {"alpha": "Because.", "beta": "Who knows?"}
    (preference,) = corpus.read(PREFERENCES).to_pylist()
    texts = read_texts(corpus)
    assert texts[preference["response_a"]] == "Because."
    assert preference["preference"] == 1
    (score,) = corpus.read(PAIR_SCORES).to_pylist()
    assert (score["score"], score["scorer"]) == (0, "judge")
    assert done.tables["responses"].taken == 2


def test_texts_may_stand_in_the_file_of_preferences(tmp_path: Path) -> None:
    rows: Rows = [
        {
            "prompt": "Why?",
            "response_1": "Because.",
            "response_2": "Who knows?",
            "annotator": name,
            "preference": value,
        }
        for name, value in (("x", 2), ("y", -1))
    ]
    corpus, _ = bring(tmp_path, preferences=rows)
    (pair,) = {(r["response_a"], r["response_b"]) for r in corpus.read(PREFERENCES).to_pylist()}
    assert [read_texts(corpus)[response_id] for response_id in pair] == ["Because.", "Who knows?"]
    assert abs(read_panel(corpus, "pairwise", None).means).tolist() == [0.5]
    assert set(corpus.read(RESPONSES)["model"].to_pylist()) == {None}


def test_equal_texts_are_one_response_and_of_other_models_two(tmp_path: Path) -> None:
    second = PAIR | {"pair_id": "p2", "response_b": "Because.", "model_b": "alpha2"}
    third = PAIR | {"pair_id": "p3", "response_b": "Nobody."}
    corpus, _ = bring(tmp_path, pairs=[PAIR, second, third, PAIR], preferences=[JUDGED])
    assert sorted(read_texts(corpus).values()) == ["Because.", "Because.", "Nobody.", "Who knows?"]


def test_a_response_that_the_corpus_holds_is_that(tmp_path: Path) -> None:
    held: Rows = [{"query": "Why?", "model": "alpha", "text": "Because.", "response_id": "mine"}]
    bring(tmp_path, responses=held)
    corpus, _ = bring(tmp_path, pairs=[PAIR], preferences=[JUDGED])
    (preference,) = corpus.read(PREFERENCES).to_pylist()
    assert preference["response_a"] == "mine"
    assert len(corpus.read(RESPONSES)) == 2


def test_twice_is_once_and_order_changes_nothing(tmp_path: Path) -> None:
    pairs: Rows = [PAIR | {"pair_id": f"p{n}", "response_b": f"Text {n}"} for n in range(5)]
    judged: Rows = [JUDGED | {"pair_id": f"p{n}"} for n in range(5)]
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    corpus, _ = bring(first, pairs=pairs, preferences=judged)
    other, _ = bring(second, pairs=pairs[::-1], preferences=judged[::-1])
    assert corpus.manifest.content_hash == other.manifest.content_hash
    again, done = bring(first, pairs=pairs, preferences=judged)
    assert again.manifest == corpus.manifest
    assert done.tables["preferences"].already_there == 5


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"preferences": [JUDGED]}, "a pair_id must belong to a pair of --pairs; found 'p1'"),
        (
            {"pairs": [PAIR, PAIR | {"response_a": "Else."}], "preferences": [JUDGED]},
            "rows of pairs with one pair_id must be the same; found p1",
        ),
        (
            {"pairs": [PAIR], "preferences": [JUDGED | {"label": "both"}]},
            "a cell must be a number, or a, b or tie; found 'both'",
        ),
        (
            {"preferences": [{"annotator_id": "x", "label": 1, "text_a": "q", "text_b": "r"}]},
            "preferences.jsonl, line 1: a text needs its query, by query_id or query",
        ),
        ({"pairs": [{"pair_id": "p1", "query": "Why?", "text_a": "q"}]}, "a column is missing"),
        (
            {"preferences": [{"annotator_id": "x", "label": 1}]},
            "one of these must be there: response_a, pair_id",
        ),
    ],
)
def test_what_is_no_pair_is_told(tmp_path: Path, rows: dict[str, Rows], words: str) -> None:
    with pytest.raises(InputError, match=words):
        bring(tmp_path, **rows)
    assert not (tmp_path / "corpus").exists()


def test_bad_rows_are_skipped_and_counted(tmp_path: Path) -> None:
    judged: Rows = [JUDGED, JUDGED | {"pair_id": "p9"}, JUDGED | {"label": "garbage"}]
    corpus, done = bring(tmp_path, skip_bad=True, pairs=[PAIR], preferences=judged)
    assert len(corpus.read(PREFERENCES)) == 1
    assert sum(left.rows for left in done.tables["preferences"].left) == 2


BARE = {name: cell for name, cell in PAIR.items() if not name.startswith("model")}
MINE: Rows = [{"query_id": "q1", "query": "Why?"}]


def name_sides(corpus: Corpus) -> tuple[str, str]:
    (row,) = corpus.read(PREFERENCES).to_pylist()
    return row["response_a"], row["response_b"]


@pytest.mark.parametrize("together", [False, True])
def test_a_pair_finds_its_query_by_text(tmp_path: Path, together: bool) -> None:
    given: dict[str, Rows] = {"queries": MINE}
    if not together:
        bring(tmp_path, **given)
        given = {}
    corpus, _ = bring(tmp_path, pairs=[PAIR], preferences=[JUDGED], **given)
    assert corpus.read(QUERIES)["query_id"].to_pylist() == ["q1"]
    assert set(corpus.read(RESPONSES)["query_id"].to_pylist()) == {"q1"}


def test_a_pair_whose_query_has_two_ids_needs_one(tmp_path: Path) -> None:
    queries: Rows = [*MINE, {"query_id": "q2", "query": "Why?"}]
    with pytest.raises(InputError, match="a query's text must name one query where its id is not"):
        bring(tmp_path, queries=queries, pairs=[PAIR], preferences=[JUDGED])
    corpus, _ = bring(tmp_path, queries=queries, pairs=[PAIR | {"query_id": "q2"}])
    assert set(corpus.read(RESPONSES)["query_id"].to_pylist()) == {"q2"}


def test_a_pair_of_an_unknown_query_is_told(tmp_path: Path) -> None:
    row = {"pair_id": "p1", "query_id": "lost", "text_a": "x", "text_b": "y"}
    with pytest.raises(InputError, match="a query_id must belong to a query whose text is known"):
        bring(tmp_path, pairs=[row])
    corpus, done = bring(tmp_path, skip_bad=True, pairs=[row, PAIR])
    assert sum(left.rows for left in done.tables["responses"].left) == 1
    assert len(corpus.read(RESPONSES)) == 2
    _, done = bring(tmp_path, skip_bad=True, pairs=[row])
    assert sum(left.rows for left in done.tables["responses"].left) == 1


def answer(model: str | None, text: str, **more: object) -> dict[str, object]:
    return {"query": "Why?", "model": model, "text": text, **more}


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("pair", [PAIR, BARE])
def test_a_pair_finds_its_responses_by_text(
    tmp_path: Path, pair: dict[str, object], together: bool
) -> None:
    given: dict[str, Rows] = {
        "queries": MINE,
        "responses": [
            answer("alpha", "Because.", response_id="one", temperature=0.5),
            answer("beta", "Who knows?", response_id="two", strategy="hot"),
        ],
    }
    if not together:
        bring(tmp_path, **given)
        given = {}
    corpus, _ = bring(tmp_path, pairs=[pair], preferences=[JUDGED], **given)
    assert name_sides(corpus) == ("one", "two")
    assert len(corpus.read(RESPONSES)) == 2


def test_a_pair_finds_responses_whose_ids_are_made(tmp_path: Path) -> None:
    rows: Rows = [answer("alpha", "Because."), answer("beta", "Who knows?")]
    corpus, done = bring(tmp_path, responses=rows, pairs=[PAIR], preferences=[JUDGED])
    assert len(corpus.read(RESPONSES)) == 2
    assert corpus.read(RESPONSES)["sample"].to_pylist() == [0, 0]
    assert done.tables["responses"].taken == 2


def test_a_text_of_another_model_is_another_response(tmp_path: Path) -> None:
    rows: Rows = [answer("gamma", "Because."), answer(None, "Because.")]
    corpus, _ = bring(tmp_path, responses=rows, pairs=[PAIR], preferences=[JUDGED])
    models = sorted(str(model) for model in corpus.read(RESPONSES)["model"].to_pylist())
    assert models == ["None", "alpha", "beta", "gamma"]


def test_a_text_of_several_models_is_nobodys_where_none_is_named(tmp_path: Path) -> None:
    rows: Rows = [answer("alpha", "Because."), answer("gamma", "Because.")]
    corpus, _ = bring(tmp_path, responses=rows, pairs=[BARE], preferences=[JUDGED])
    side, _ = name_sides(corpus)
    models = {r["response_id"]: r["model"] for r in corpus.read(RESPONSES).to_pylist()}
    assert models[side] is None
    again, done = bring(tmp_path, responses=rows, pairs=[BARE], preferences=[JUDGED])
    assert again.manifest == corpus.manifest
    assert done.tables["responses"].taken == 0


def test_pairs_that_name_the_model_tell_those_that_do_not(tmp_path: Path) -> None:
    pairs: Rows = [BARE | {"pair_id": "p2"}, PAIR]
    corpus, _ = bring(tmp_path, pairs=pairs, preferences=[JUDGED | {"pair_id": "p2"}])
    assert len(corpus.read(RESPONSES)) == 2
    texts = read_texts(corpus)
    assert [texts[side] for side in name_sides(corpus)] == ["Because.", "Who knows?"]


def test_of_verbatim_repeats_a_pair_names_the_first(tmp_path: Path) -> None:
    rows: Rows = [
        answer("alpha", "Because.", response_id=name, sample=number)
        for number, name in enumerate("zay")
    ]
    for name, order in (("a", rows), ("b", rows[::-1])):
        (tmp_path / name).mkdir()
        corpus, _ = bring(tmp_path / name, responses=order, pairs=[PAIR], preferences=[JUDGED])
        assert name_sides(corpus)[0] == "z"


def test_a_pair_names_no_response_that_is_left(tmp_path: Path) -> None:
    rows: Rows = [
        answer("alpha", text, response_id="mine") for text in ("Because.", "Aha.", "Why not?")
    ]
    for name, order in enumerate(permutations(rows)):
        folder = tmp_path / str(name)
        folder.mkdir()
        corpus, done = bring(
            folder, skip_bad=True, responses=list(order), pairs=[PAIR], preferences=[JUDGED]
        )
        texts = read_texts(corpus)
        assert texts["mine"] == "Aha."
        assert [texts[side] for side in name_sides(corpus)] == ["Because.", "Who knows?"]
        assert sum(left.rows for left in done.tables["responses"].left) == 2


def test_of_pairs_that_contradict_one_is_taken_whatever_their_order(tmp_path: Path) -> None:
    other = PAIR | {"response_a": "Ask again."}
    kept = set()
    for name, pairs in enumerate(permutations([PAIR, PAIR, other])):
        folder = tmp_path / str(name)
        folder.mkdir()
        corpus, done = bring(folder, skip_bad=True, pairs=list(pairs), preferences=[JUDGED])
        (left,) = done.tables["responses"].left
        assert left.rule == "rows of pairs with one pair_id must be the same"
        assert left.rows == 2
        assert sorted(read_texts(corpus).values()) == ["Ask again.", "Who knows?"]
        kept.add(corpus.manifest.content_hash)
    assert len(kept) == 1


def test_a_query_gets_the_categories_of_all_its_pairs(tmp_path: Path) -> None:
    pairs: Rows = [
        PAIR | {"category": "Our own"},
        PAIR | {"category": "Another"},
        PAIR | {"pair_id": "p2", "category": "A third"},
        PAIR | {"pair_id": "p3"},
    ]
    for name, order in (("a", pairs), ("b", pairs[::-1])):
        (tmp_path / name).mkdir()
        corpus, _ = bring(tmp_path / name, pairs=order)
        (query,) = corpus.read(QUERIES).to_pylist()
        assert query["categories"] == ["A third", "Another", "Our own"]


def test_a_side_is_no_number_of_a_rating(tmp_path: Path) -> None:
    responses: Rows = [{"query": "q", "model": "m", "text": "t", "response_id": "r"}]
    ratings: Rows = [{"response_id": "r", "annotator_id": "x", "rating": "a"}]
    with pytest.raises(InputError, match="a cell must be a number; found 'a'"):
        bring(tmp_path, responses=responses, ratings=ratings)


MODELS = st.sampled_from(["alpha", "beta", None])
ANSWERED = st.sampled_from(["x", "y"])
ASKED = st.one_of(
    st.fixed_dictionaries({"query": st.sampled_from(["one", "two"])}),
    st.fixed_dictionaries({"query_id": st.sampled_from(["q1", "q2"])}),
    st.fixed_dictionaries({"query_id": st.just("q1"), "query": st.sampled_from(["one", "two"])}),
)


def join(*parts: st.SearchStrategy[dict[str, object]]) -> st.SearchStrategy[Rows]:
    rows = st.tuples(*parts).map(lambda own: {k: v for part in own for k, v in part.items()})
    return st.lists(rows, max_size=4)


LABELLED = st.fixed_dictionaries({}, optional={"category": st.sampled_from(["c", "d"])})
FILES = st.fixed_dictionaries(
    {
        "queries": join(ASKED.filter(lambda row: "query" in row), LABELLED),
        "responses": join(
            ASKED,
            LABELLED,
            st.fixed_dictionaries(
                {"model": MODELS, "text": ANSWERED},
                optional={"response_id": st.sampled_from(["r1", "r2"])},
            ),
        ),
        "pairs": join(
            ASKED,
            LABELLED,
            st.fixed_dictionaries(
                {
                    "pair_id": st.sampled_from(["p1", "p2"]),
                    "model_a": MODELS,
                    "model_b": MODELS,
                    "text_a": ANSWERED,
                    "text_b": ANSWERED,
                }
            ),
        ),
        "preferences": join(
            st.one_of(
                st.fixed_dictionaries({"pair_id": st.sampled_from(["p1", "p2"])}),
                st.tuples(
                    ASKED, st.fixed_dictionaries({"text_a": ANSWERED, "text_b": ANSWERED})
                ).map(lambda own: own[0] | own[1]),
            ),
            st.fixed_dictionaries(
                {"annotator_id": st.just("ann"), "preference": st.integers(-1, 1)}
            ),
        ),
    }
)


def tell_outcome(folder: Path, skip_bad: bool, files: dict[str, Rows]) -> object:
    """Return what became of an import: its content and its counts, or that it was refused."""
    folder.mkdir()
    try:
        corpus, done = bring(folder, skip_bad=skip_bad, **files)
    except InputError:
        return "refused"
    left = {
        name: sorted((own.rule, own.rows) for own in count.left)
        for name, count in done.tables.items()
    }
    counts = {name: (c.taken, c.already_there, c.completed) for name, c in done.tables.items()}
    return corpus.manifest.content_hash, counts, left


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=FILES, skip_bad=st.booleans(), data=st.data())
def test_the_order_of_rows_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    files: dict[str, Rows],
    skip_bad: bool,
    data: st.DataObject,
) -> None:
    files = {name: rows for name, rows in files.items() if rows}
    shuffled = {name: data.draw(st.permutations(rows)) for name, rows in files.items()}
    base = tmp_path_factory.mktemp("order")
    first = tell_outcome(base / "a", skip_bad, files)
    assert first == tell_outcome(base / "b", skip_bad, shuffled)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=FILES)
def test_the_same_import_again_brings_nothing(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, Rows]
) -> None:
    folder = tmp_path_factory.mktemp("again") / "own"
    files = {name: rows for name, rows in files.items() if rows}
    if tell_outcome(folder, True, files) != "refused":
        before = open_corpus(str(folder / "corpus")).manifest
        assert bring(folder, skip_bad=True, **files)[0].manifest == before


def test_pandalm_as_it_is(tmp_path: Path) -> None:
    data = os.environ.get("HIVEMIND_TEST_DATA")
    if not data:
        pytest.skip("HIVEMIND_TEST_DATA is not set")
    folder = Path(data) / "pandalm"
    done = run(
        *("import", "files", tmp_path / "pandalm", "--skip-bad"),
        *("--pairs", folder / "pairs.parquet"),
        *("--preferences", folder / "pair_ratings.parquet"),
        *("--pair-scores", folder / "pair_scores.parquet"),
    )
    assert done.returncode == 0, done.stderr
    told = run("calibrate", tmp_path / "pandalm", "--json")
    described = json.loads(told.stdout)
    assert (described["annotation"], described["items"]) == ("pairwise", 999)
    assert set(described["scorers"]) == {
        "gpt-3.5-turbo",
        "pandalm-7b",
        "length in characters",
    }


def write_models(folder: Path, *, vectors: bool = True) -> Path:
    """Write the layout of the paper's authors: a file for each model, prompts with responses."""
    folder.mkdir()
    for number, model in enumerate(("alpha", "beta")):
        rows: Rows = [
            {"prompt": f"Prompt {p}", "responses": [f"{model} {p} {i}" for i in range(3)]}
            for p in range(2)
        ]
        if vectors:
            rows = [
                row | {"embeddings": [[number + 1.0, p, i] for i in range(3)]}
                for p, row in enumerate(rows)
            ]
        write(folder, model, rows)
    return folder


def test_the_authors_layout_comes_with_its_vectors(tmp_path: Path) -> None:
    inputs = Inputs(responses=write_models(tmp_path / "models"), encoder="theirs")
    done = import_files(str(tmp_path / "corpus"), inputs)
    corpus = open_corpus(str(tmp_path / "corpus"))
    assert corpus.manifest.encoders == ("theirs",)
    assert (done.tables["responses"].taken, done.tables["embeddings"].taken) == (12, 12)
    assert done.unused_columns == ()
    rows = corpus.read_file(embeddings_file("theirs"))
    vectors = dict(zip(rows["response_id"].to_pylist(), stack_vectors(rows["vector"]), strict=True))
    for response in corpus.read(RESPONSES).to_pylist():
        model, p, i = response["text"].split()
        wanted = [1.0 + (model == "beta"), float(p), float(i)]
        assert vectors[response["response_id"]].tolist() == wanted
        assert response["model"] == model
    again = import_files(str(tmp_path / "corpus"), inputs)
    assert (again.tables["embeddings"].taken, again.tables["embeddings"].already_there) == (0, 12)


def test_vectors_without_the_name_of_their_encoder_are_left_and_said(tmp_path: Path) -> None:
    done = import_files(
        str(tmp_path / "corpus"), Inputs(responses=write_models(tmp_path / "models"))
    )
    assert done.notes == ("vectors beside answers were left: --encoder NAME says what made them",)
    assert any(column.startswith("embeddings of ") for column in done.unused_columns)
    assert open_corpus(str(tmp_path / "corpus")).manifest.encoders == ()


def test_one_vector_beside_one_answer(tmp_path: Path) -> None:
    rows: Rows = [{"query": "q", "model": "m", "text": "t", "embedding": [1, 0, np.pi]}]
    corpus, _ = bring(tmp_path, responses=rows, encoder="theirs")
    (vector,) = stack_vectors(corpus.read_file(embeddings_file("theirs"))["vector"])
    assert vector == pytest.approx([1, 0, np.pi])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            {"responses": ["a", "b"], "embeddings": [[1.0, 0.0]]},
            "a list beside the generations must be as long as they are; found 1 for 2",
        ),
        ({"responses": ["a"], "embeddings": [["x"]]}, "a vector must be a list of numbers"),
        ({"responses": ["a"], "embeddings": [[0.0, 0.0]]}, "all zero"),
        ({"responses": ["a"], "embeddings": [[float("nan"), 1.0]]}, "no nan"),
    ],
)
def test_a_bad_vector_is_told_by_its_place(
    tmp_path: Path, row: dict[str, object], words: str
) -> None:
    rows: Rows = [{"query": "q", "model": "m", **row}]
    with pytest.raises(InputError, match=words) as refusal:
        bring(tmp_path, responses=rows, encoder="theirs")
    assert "responses.jsonl, line 1" in str(refusal.value)
    assert "column embeddings" in str(refusal.value)


def test_ratings_leave_views_up_to_date_and_answers_do_not(tmp_path: Path) -> None:
    demo = write_demo(tmp_path / "corpus")
    stamp = Path(demo.path(views_file(ENCODER, "build.json")))
    rated = demo.read(RESPONSES)["response_id"][0].as_py()
    ratings: Rows = [{"response_id": rated, "annotator_id": "new", "rating": 2, "criterion": "x"}]
    corpus, _ = bring(tmp_path, ratings=ratings)
    assert json.loads(stamp.read_text())["content_hash"] == corpus.manifest.content_hash
    answers: Rows = [{"query_id": "q0", "model": "new", "text": "Another."}]
    grown, _ = bring(tmp_path, responses=answers)
    assert json.loads(stamp.read_text())["content_hash"] == corpus.manifest.content_hash
    assert grown.manifest.content_hash != corpus.manifest.content_hash
