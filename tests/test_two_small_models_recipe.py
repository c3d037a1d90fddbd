"""The recipe of the bundled corpus: every answer once, and none asked for twice."""

import importlib.util
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from hivemind_core.corpus.answer_journal import AnswerJournal
from hivemind_core.corpus.locations import find_shipped
from hivemind_core.models.endpoint_file import PRESETS
from hivemind_core.sampling.orders import Query
from tests.llama_stub import write_stub, write_weights

ROOT = Path(__file__).parents[1]
QUERIES = (Query("q1", "Time?"), Query("q2", "Love?"))


@pytest.fixture(scope="module")
def recipe() -> ModuleType:
    path = ROOT / "recipes/two-small-models/generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_goes_on_where_it_stopped_and_writes_rows_of_a_corpus(
    recipe: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in write_stub(tmp_path).items():
        monkeypatch.setenv(name, value)
    weights = replace(write_weights(tmp_path), stop=recipe.GEMMA_STOP)
    journal = AnswerJournal(tmp_path / "answers.sqlite")
    first = recipe.sample_model(weights, QUERIES[:1], 2, journal)
    assert [answer.is_known for answer in first] == [False] * 8
    both = recipe.sample_model(weights, QUERIES, 3, journal)
    assert Counter(answer.is_known for answer in both) == {True: 8, False: 16}
    recipe.write_answers(both, tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert Counter((row["query"], row["strategy"]) for row in rows) == {
        (query.text, strategy): 3
        for query in QUERIES
        for strategy in ("top-p 0.9", "min-p 0.1", "temperature 0.3", "persona")
    }
    hot = next(row for row in rows if row["strategy"] == "min-p 0.1")
    assert (hot["model"], hot["temperature"], hot["top_p"], hot["min_p"]) == ("m", 2.0, 1.0, 0.1)
    sent = json.loads(hot["text"])["told"]
    assert (sent["temperature"], sent["min_p"], sent["max_tokens"]) == (2.0, 0.1, 72)
    voices = {row["sample"]: row for row in rows if row["strategy"] == "persona"}
    told = json.loads(voices[1]["text"])["told"]["messages"]
    assert told[0] == {"role": "system", "content": "You answer as a young nurse."}


def test_a_base_model_is_shown_a_page_to_go_on_with(recipe: ModuleType) -> None:
    environment = pytest.importorskip("jinja2").Environment(trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(recipe.GEMMA_TEMPLATE)
    asked = {"role": "user", "content": "Time {{ 1 + 1 }}?"}
    plain = template.render(messages=[asked])
    assert plain.startswith("Question: Name a fruit that few people know.\nAnswer: The pawpaw")
    assert plain.endswith("go out.\n\nQuestion: Time {{ 1 + 1 }}?\nAnswer:")
    persona = {"role": "system", "content": "You answer as a monk."}
    spoken = template.render(messages=[persona, asked])
    assert spoken == plain.removesuffix("Answer:") + "Answer by a monk:"


def test_the_bundled_corpus_and_the_local_model_call_the_model_alike(recipe: ModuleType) -> None:
    manifest = json.loads((find_shipped("two-small-models") / "corpus.json").read_text("utf-8"))
    models = {source["model"] for source in manifest["sources"]}
    assert models == {*PRESETS["local"]["models"], recipe.GEMMA}
    strategies = {source["strategy"] for source in manifest["sources"]}
    assert strategies == {strategy.name for strategy in recipe.STRATEGIES}
