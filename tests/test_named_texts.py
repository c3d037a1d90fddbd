"""Ratings and scores that name their response by its text."""

from pathlib import Path

import pytest

from hivemind_core.corpus.tables import RATINGS, RESPONSES, SCORES
from hivemind_core.errors import InputError
from tests.test_pairs import JUDGED, PAIR, Rows, answer, bring

ANSWERS: Rows = [
    answer("alpha", "Because.", response_id="a"),
    answer("beta", "Because.", response_id="b"),
    answer("beta", "Who knows?", response_id="c"),
    answer("beta", "Who knows?", response_id="repeat"),
]


def rate(**more: object) -> dict[str, object]:
    return {"prompt": "Why?", "annotator": "ann", "rating": 1, **more}


@pytest.mark.parametrize("together", [False, True])
def test_a_text_is_that_of_its_model_or_of_the_only_one(tmp_path: Path, together: bool) -> None:
    given: dict[str, Rows] = {"responses": ANSWERS}
    if not together:
        bring(tmp_path, **given)
        given = {}
    ratings: Rows = [
        rate(response="Because.", model="beta"),
        rate(response="Who knows?"),
        rate(response_id="a", prompt="Why not?", response=3),
    ]
    scores: Rows = [{"query": "Why?", "output": "Who knows?", "judge": "s", "score": 2}]
    corpus, _ = bring(tmp_path, ratings=ratings, scores=scores, **given)
    assert corpus.read(RATINGS)["response_id"].to_pylist() == ["a", "b", "c"]
    assert corpus.read(SCORES)["response_id"].to_pylist() == ["c"]
    assert len(corpus.read(RESPONSES)) == 4


def test_a_text_may_come_with_a_pair(tmp_path: Path) -> None:
    corpus, _ = bring(
        tmp_path, pairs=[PAIR], preferences=[JUDGED], ratings=[rate(response="Because.")]
    )
    texts = {row["response_id"]: row["text"] for row in corpus.read(RESPONSES).to_pylist()}
    assert [texts[name] for name in corpus.read(RATINGS)["response_id"].to_pylist()] == ["Because."]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (rate(response="Because."), "of one model if none is named; found 'Because.'"),
        (rate(response="Because.", model="gamma"), "must be that of a response to its query"),
        (rate(response="Nobody."), "must be that of a response to its query"),
        (rate(response="Because.", prompt="Who?"), "must be that of a response to its query"),
        (rate(response="Because.", prompt=None), "a text needs its query, by query_id or query"),
        (rate(response=None), "a needed field is missing; found no response_id or text"),
        (rate(response=3), "column text: a cell must be text; found 3"),
        (rate(response="x", query_id="lost", prompt=None), "must belong to a query whose text"),
    ],
)
def test_a_text_that_names_no_response_is_refused_or_left(
    tmp_path: Path, row: dict[str, object], words: str
) -> None:
    sound = rate(response="Who knows?")
    with pytest.raises(InputError, match=words) as refusal:
        bring(tmp_path, responses=ANSWERS, ratings=[sound, row])
    assert "ratings.jsonl, line 2" in str(refusal.value)
    corpus, done = bring(tmp_path, skip_bad=True, responses=ANSWERS, ratings=[row, sound])
    assert len(corpus.read(RATINGS)) == 1
    assert sum(left.rows for left in done.tables["ratings"].left) == 1
