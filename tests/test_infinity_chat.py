"""Infinity-Chat's data sets as one corpus: what is joined, what did not map, what is kept."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hivemind_core.corpus.identity import make_query_id
from hivemind_core.corpus.import_report import ImportReport, format_report
from hivemind_core.corpus.infinity_chat import import_infinity_chat
from hivemind_core.corpus.infinity_files import (
    ABSOLUTE,
    EVALUATION,
    PAIRWISE,
    TAXONOMY,
    find_data_sets,
)
from hivemind_core.corpus.store import Corpus, open_corpus
from hivemind_core.corpus.tables import PREFERENCES, QUERIES, RATINGS, RESPONSES
from hivemind_core.errors import HivemindError, InputError
from hivemind_core.evaluation import read_panel
from tests.infinity_sets import (
    Rows,
    Sizes,
    annotate,
    compare_responses,
    generate,
    make_taxonomy_row,
    name_query,
    rate_response,
    write_sets,
)
from tests.test_cli_import import run

SMALL = Sizes(queries=60, evaluation=5, absolute=30, pairwise=20)
QUERY = name_query(0)
Importer = Callable[[dict[str, Rows]], tuple[Corpus, ImportReport]]


def read_clock() -> datetime:
    return datetime(2026, 1, 2, tzinfo=UTC)


def import_rows(
    folder: Path, rows: dict[str, Rows], name: str = "corpus", shards: int = 1
) -> tuple[Corpus, ImportReport]:
    files = write_sets(folder / f"{name}-files-{len(list(folder.iterdir()))}", rows, shards)
    locator = str(folder / name)
    done = import_infinity_chat(locator, find_data_sets(files), clock=read_clock)
    return open_corpus(locator), done


@pytest.fixture
def take(tmp_path: Path) -> Importer:
    return lambda rows: import_rows(tmp_path, rows)


def read_queries(corpus: Corpus) -> dict[str, dict[str, object]]:
    return {row["query"]: row for row in corpus.read(QUERIES).to_pylist()}


def read_texts(corpus: Corpus) -> dict[str, str]:
    rows = corpus.read(RESPONSES).to_pylist()
    return {row["response_id"]: row["text"] for row in rows}


def test_a_query_is_the_revised_one_or_the_original_or_the_first_message(take: Importer) -> None:
    said = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": " Said so "}]
    rows = [
        make_taxonomy_row(0, lm_judge_annotation=annotate("As asked", "As revised \n")),
        make_taxonomy_row(1, lm_judge_annotation=annotate("As asked", None)),
        make_taxonomy_row(2, lm_judge_annotation=annotate(None, " "), messages=said),
        make_taxonomy_row(3, lm_judge_annotation=None, messages=[]),
    ]
    corpus, done = take({TAXONOMY: rows})
    assert set(read_queries(corpus)) == {"As revised", "As asked", "Said so"}
    (left,) = done.tables["queries"].left
    assert (left.rows, left.places) == (1, (f"{TAXONOMY}/train-00000-of-00001.parquet, row 4",))


def test_labels_map_to_the_papers_categories_and_are_kept(take: Importer) -> None:
    labels = ("Riddles about <b>Soup</b>", "Ideation and Brainstorming", "Concept Explanations")
    corpus, done = take({TAXONOMY: [make_taxonomy_row(0, *labels), make_taxonomy_row(1)]})
    queries = read_queries(corpus)
    expected = ["Brainstorm & Ideation", "Concept Explanation", "Other"]
    assert queries[QUERY]["categories"] == expected
    assert queries[QUERY]["labels"] == sorted(labels)
    assert queries[name_query(1)]["categories"] is None
    assert done.notes[-1].startswith(
        "1 labels are none of the paper's 17 categories, and are kept as labels; their 1 queries "
        "are under “Other”: 'Riddles about <b>Soup</b>' (1)"
    )


def test_rows_of_one_query_become_one_with_both_ids(take: Importer) -> None:
    other = make_taxonomy_row(9, "Skill Development", lm_judge_annotation=annotate("x", QUERY))
    corpus, done = take({TAXONOMY: [other, make_taxonomy_row(0, "Concept Explanations")]})
    (row,) = corpus.read(QUERIES).to_pylist()
    assert row["source_id"] == "c00000, c00009"
    assert row["categories"] == ["Skill Development", "Concept Explanation"]
    assert "1 queries came more than once, and are one each" in done.notes


def test_evaluation_queries_are_marked_by_their_text(take: Importer) -> None:
    rows: dict[str, Rows] = {
        TAXONOMY: [make_taxonomy_row(0), make_taxonomy_row(1)],
        EVALUATION: [{"query": f"{QUERY} "}, {"query": "Not in the taxonomy"}],
    }
    corpus, done = take(rows)
    splits = {text: row["split"] for text, row in read_queries(corpus).items()}
    marked = {QUERY: "evaluation", name_query(1): None, "Not in the taxonomy": "evaluation"}
    assert splits == marked
    assert "1 evaluation queries are not in the taxonomy, and have no category" in done.notes


def test_labels_are_ratings_by_slot(take: Importer) -> None:
    corpus, _ = take({ABSOLUTE: [rate_response(QUERY, "Fine.", 5, 3, 4)]})
    rows = corpus.read(RATINGS).to_pylist()
    assert [(r["annotator_id"], r["annotator_kind"], r["rating"]) for r in rows] == [
        ("slot 1", "slot", 5),
        ("slot 2", "slot", 3),
        ("slot 3", "slot", 4),
    ]
    (response,) = corpus.read(RESPONSES).to_pylist()
    assert (response["text"], response["model"], response["sample"]) == ("Fine.", None, None)
    assert response["query_id"] == make_query_id(QUERY)


def test_two_equal_rows_are_two_items(take: Importer) -> None:
    twins = [rate_response(QUERY, "Fine.", 5, 5), rate_response(QUERY, "Fine.", 1, 2)]
    corpus, _ = take({ABSOLUTE: [*twins, dict(twins[0])]})
    panel = read_panel(corpus, "absolute", None)
    assert sorted(panel.means) == [1.5, 5, 5]


def test_a_response_is_shared_between_the_files_by_query_and_text(take: Importer) -> None:
    rows: dict[str, Rows] = {
        ABSOLUTE: [rate_response(QUERY, "Fine.", 5), rate_response(QUERY, "Fine.", 4)],
        PAIRWISE: [
            compare_responses(QUERY, "Fine.", "Poor.", 2, -1),
            compare_responses(name_query(1), "Fine.", "Poor.", 1),
        ],
    }
    corpus, _ = take(rows)
    texts = read_texts(corpus)
    assert sorted(texts.values()) == ["Fine.", "Fine.", "Fine.", "Poor.", "Poor."]
    rated = set(corpus.read(RATINGS)["response_id"].to_pylist())
    pairs = corpus.read(PREFERENCES).to_pylist()
    mine = [row for row in pairs if row["query_id"] == make_query_id(QUERY)]
    assert {row["response_a"] for row in mine} <= rated
    assert [row["preference"] for row in mine] == [2, -1]
    assert texts[mine[0]["response_a"]] == "Fine."  # response 1 is the one positive ones prefer
    assert {row["response_a"] for row in pairs} - rated


def test_rows_over_one_pair_are_one_item_with_all_labels(take: Importer) -> None:
    rows = [
        compare_responses(QUERY, "One.", "Two.", 2, 1),
        compare_responses(QUERY, "One.", "Two.", -2),
        compare_responses(QUERY, "Two.", "One.", 1),
    ]
    corpus, done = take({PAIRWISE: rows})
    slots: dict[str, list[str]] = {}
    for row in corpus.read(PREFERENCES).to_pylist():
        slots.setdefault(read_texts(corpus)[row["response_a"]], []).append(row["annotator_id"])
    assert slots == {"One.": ["slot 1", "slot 2", "slot 3"], "Two.": ["slot 1"]}
    assert "1 pairs came more than once, and are one item each with all their labels" in done.notes


def test_a_pair_of_equal_texts_is_kept(take: Importer) -> None:
    corpus, _ = take({PAIRWISE: [compare_responses(QUERY, "Same.", "Same.", 1, 0)]})
    assert sorted(read_texts(corpus).values()) == ["Same.", "Same."]
    assert len(corpus.read(PREFERENCES)) == 2


def test_labels_off_the_scale_are_counted_and_keep_their_slot(take: Importer) -> None:
    rows: dict[str, Rows] = {
        ABSOLUTE: [rate_response(QUERY, "Fine.", 5, None, 6, 3), rate_response(QUERY, "Mute.")],
        PAIRWISE: [compare_responses(QUERY, "Fine.", "Poor.", 3, -2)],
    }
    corpus, done = take(rows)
    rows_kept = corpus.read(RATINGS).to_pylist()
    assert [(r["annotator_id"], r["rating"]) for r in rows_kept] == [("slot 1", 5), ("slot 4", 3)]
    left = {one.rule: one.rows for one in done.tables["ratings"].left}
    assert left == {
        "a label must be a whole number from 1 to 5": 2,
        "an item without labels has its responses only": 1,
    }
    assert done.tables["preferences"].left[0].rows == 1
    assert "Mute." in read_texts(corpus).values()
    assert "label 3" in done.tables["ratings"].left[0].places[1]


def test_a_row_without_its_response_is_counted(take: Importer) -> None:
    corpus, done = take({ABSOLUTE: [rate_response(QUERY, None, 5), rate_response(QUERY, "x", 1)]})
    assert list(read_texts(corpus).values()) == ["x"]
    assert done.tables["ratings"].left[0].rule == "a needed field is missing: response"


def test_the_order_of_rows_and_files_changes_nothing(tmp_path: Path) -> None:
    rows = generate(SMALL)
    first, _ = import_rows(tmp_path, rows, "first")
    turned = {name: list(reversed(own)) for name, own in rows.items()}
    second, _ = import_rows(tmp_path, turned, "second", shards=3)
    assert first.manifest.content_hash == second.manifest.content_hash


def test_data_sets_may_come_one_by_one_and_twice(tmp_path: Path) -> None:
    rows = generate(SMALL)
    together, _ = import_rows(tmp_path, rows, "together")
    for name in reversed(rows):
        apart, _ = import_rows(tmp_path, {name: rows[name]}, "apart")
    assert apart.manifest.content_hash == together.manifest.content_hash
    again, done = import_rows(tmp_path, rows, "apart")
    assert {taken.taken + taken.completed for taken in done.tables.values()} == {0}
    assert again.manifest == apart.manifest


def test_missing_sets_are_said(take: Importer) -> None:
    _, done = take({EVALUATION: [{"query": QUERY}]})
    assert done.notes == (f"not there, and skipped: {TAXONOMY}, {ABSOLUTE}, {PAIRWISE}",)
    assert "not there, and skipped" in format_report(done)


def test_a_folder_without_any_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder of Infinity-Chat must hold"):
        find_data_sets(tmp_path)


def replace_file(folder: Path, name: str, table: pa.Table) -> None:
    (folder / name / "data").mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / name / "data" / "train.parquet")


@pytest.mark.parametrize(
    ("name", "columns", "words"),
    [
        (ABSOLUTE, {"response": ["a"], "human_labels": [[1]]}, "must have the column user_query"),
        (TAXONOMY, {"categories": [None]}, "must have the column lm_judge_annotation"),
        (EVALUATION, {"query": [1]}, "the column must be text; found int64"),
        (
            ABSOLUTE,
            {"user_query": ["q"], "response": ["a"], "human_labels": ["5, 4"]},
            "the column must be a list of numbers; found string",
        ),
        (
            TAXONOMY,
            {"categories": [["Poems"]], "messages": [[{"role": "user", "content": "q"}]]},
            "the column must be a list of categories with their names",
        ),
    ],
)
def test_another_schema_is_told_by_file_and_column(
    tmp_path: Path, name: str, columns: dict[str, list[object]], words: str
) -> None:
    replace_file(tmp_path, name, pa.table(columns))
    with pytest.raises(InputError, match=words) as refusal:
        import_infinity_chat(str(tmp_path / "corpus"), find_data_sets(tmp_path))
    assert "train.parquet" in str(refusal.value)
    assert not (tmp_path / "corpus").exists()


def test_columns_that_may_be_missing_may_and_others_are_ignored(tmp_path: Path) -> None:
    columns = {"user_query": ["q"], "response": ["a"], "human_labels": [[1, 2]], "mood": ["?"]}
    replace_file(tmp_path, ABSOLUTE, pa.table(columns))
    done = import_infinity_chat(str(tmp_path / "corpus"), find_data_sets(tmp_path))
    assert done.unused_columns == (f"mood of {ABSOLUTE}/train.parquet",)
    assert done.tables["ratings"].taken == 2


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    place = tmp_path / EVALUATION / "data"
    place.mkdir(parents=True)
    (place / "train.parquet").write_bytes(b"PAR1 cut here")
    with pytest.raises(HivemindError, match="the file must be a whole Parquet file"):
        import_infinity_chat(str(tmp_path / "corpus"), find_data_sets(tmp_path))


def test_the_corpus_says_what_it_is(take: Importer) -> None:
    corpus, _ = take(generate(SMALL))
    manifest = corpus.manifest
    assert manifest.source == "Infinity-Chat (arXiv 2510.22954)"
    assert manifest.licence == "none stated"
    assert "slots" in manifest.note
    assert not manifest.simulated


def test_the_command_reads_a_folder(tmp_path: Path) -> None:
    files = write_sets(tmp_path / "files", generate(SMALL))
    done = run("import", "infinity-chat", tmp_path / "corpus", "--from", files, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["tables"]["queries"]["taken"] == SMALL.queries
    assert "Other" in done.stderr
    wrong = run("import", "infinity-chat", tmp_path / "c", "--from", files, "--revision", "main")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "a folder has no revisions" in wrong.stderr
