"""Perplexity: tiny language models, and a completions endpoint over real HTTP."""

import json
import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from hivemind_core.errors import InputError, WorkError
from hivemind_core.models.checkpoints import load
from hivemind_core.models.perplexity import (
    PLAIN,
    find_perplexity,
    raise_to_perplexity,
    write_conversation,
)
from hivemind_core.models.scorer import Item, Verdict
from tests.test_reward import ITEMS, QUERY, collect, read
from tests.tiny_models import (
    POSITIONS,
    SPECIAL,
    WORDS,
    make_tokenizer,
    save_language_model,
)

KEY = "sk-not-to-be-seen"


@pytest.fixture(autouse=True)
def _forget() -> None:
    load.cache_clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_language_model(tmp_path_factory.mktemp("models") / "small-talk")


def compute_by_hand(folder: Path, item: Item, first: int) -> float:
    """Return minus the perplexity of the tokens from the `first` on, one probability at a time."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    text = f"<user> {item.query}\n<assistant> {item.text}\n"
    ids = make_tokenizer()(text, add_special_tokens=False)["input_ids"]
    logs = []
    for place in range(max(first, 1), len(ids)):
        with torch.inference_mode():
            logits = model(torch.tensor([ids[:place]])).logits[0, -1]
        logs.append(float(torch.log_softmax(logits.double(), 0)[ids[place]]))
    return -math.exp(-sum(logs) / len(logs))


def test_a_score_is_minus_the_perplexity_of_the_conversation(folder: Path) -> None:
    scores = read(collect(find_perplexity(f"perplexity:{folder}", {}), ITEMS))
    for item, score in zip(ITEMS, scores, strict=True):
        assert score == pytest.approx(compute_by_hand(folder, item, 1), rel=1e-4)


def test_the_response_alone_is_told_by_its_place(folder: Path) -> None:
    scores = read(collect(find_perplexity(f"perplexity-response:{folder}", {}), ITEMS))
    for item, score in zip(ITEMS, scores, strict=True):
        first = 1 + len(item.query.split()) + 1  # after <user>, the query and <assistant>
        assert score == pytest.approx(compute_by_hand(folder, item, first), rel=1e-4)


def test_a_uniform_model_is_as_perplexed_as_its_vocabulary_is_large(tmp_path: Path) -> None:
    uniform = save_language_model(tmp_path / "uniform", uniform=True)
    for form in ("perplexity", "perplexity-response"):
        scores = read(collect(find_perplexity(f"{form}:{uniform}", {}), ITEMS))
        assert scores == pytest.approx([-len(SPECIAL) - len(WORDS)] * len(ITEMS), rel=1e-5)


def test_order_and_batch_change_no_score(folder: Path) -> None:
    scorer = find_perplexity(f"perplexity:{folder}", {})
    together = read(collect(scorer, ITEMS))
    assert together == pytest.approx(read(collect(scorer, ITEMS[::-1]))[::-1], rel=1e-5)
    assert together == pytest.approx([read(collect(scorer, [i]))[0] for i in ITEMS], rel=1e-5)


def test_without_a_template_the_conversation_is_plain(tmp_path: Path) -> None:
    base = save_language_model(tmp_path / "base", uniform=True, template=None)
    scorer = find_perplexity(f"perplexity:{base}", {})
    assert read(collect(scorer, ITEMS[:1])) == pytest.approx([-16])
    span = write_conversation(make_tokenizer(template=None), ITEMS[0], "perplexity:")
    assert not isinstance(span, str)
    assert span.text == "User: Name a fruit\n\nAssistant: An apple"
    assert repr(PLAIN) in scorer.record["conversation"]


def test_a_response_that_the_template_rewrites_has_no_score_of_its_own(tmp_path: Path) -> None:
    loud = save_language_model(
        tmp_path / "loud", template="{{ messages[1]['content'] | upper }} and so on"
    )
    verdicts = collect(find_perplexity(f"perplexity-response:{loud}", {}), ITEMS[:1])
    assert verdicts == [Verdict({}, "the template rewrites the response")]
    assert collect(find_perplexity(f"perplexity:{loud}", {}), ITEMS[:1])[0].failure is None


def test_what_is_too_long_has_no_score(folder: Path) -> None:
    items = [Item(QUERY, "pear " * POSITIONS), ITEMS[0]]
    verdicts = collect(find_perplexity(f"perplexity:{folder}", {}), items)
    assert [verdict.failure for verdict in verdicts] == ["longer than the model reads", None]


def test_names_and_records(folder: Path) -> None:
    whole = find_perplexity(f"perplexity:{folder}", {})
    alone = find_perplexity(f"perplexity-response:{folder}", {})
    assert (whole.name, whole.kind) == ("perplexity:small-talk", "lm")
    assert alone.name == "perplexity-response:small-talk"
    assert whole.fingerprint != alone.fingerprint
    assert whole.record["scored"] != alone.record["scored"]
    assert str(folder) not in repr(dict(whole.record))


def test_a_perplexity_beyond_all_numbers_is_infinite() -> None:
    assert raise_to_perplexity(0) == 1
    assert raise_to_perplexity(math.log(16)) == pytest.approx(16)
    assert raise_to_perplexity(5000) == math.inf


class Completions(ThreadingHTTPServer):
    """A completions endpoint: each word of the prompt has the log-probability -len(word)."""

    reply = "echo"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[dict[str, object]] = []

    @property
    def environment(self) -> dict[str, str]:
        base_url = f"http://127.0.0.1:{self.server_address[1]}/v1"
        return {"OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": KEY}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Completions)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.bodies.append(body)
        status, told = 200, make_reply(body["prompt"], server.reply)
        words = {
            "chat only": "this is a chat model",
            "context": "maximum context length is 9",
            "key": f"no model for {KEY}",
        }
        if server.reply in words:
            status, told = 400, {"error": {"message": words[server.reply]}}
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Stay silent."""


def make_reply(prompt: str, reply: str) -> dict[str, object]:
    # Tokens are words with the space before them, and one that was generated.
    tokens, offsets = [], []
    for word in prompt.split(" "):
        offsets.append(sum(map(len, tokens)))
        tokens.append(f" {word}" if tokens else word)
    numbers: list[float | None] = [None, *(-float(len(token)) for token in tokens[1:])]
    tokens, offsets, numbers = [*tokens, "!"], [*offsets, len(prompt)], [*numbers, -99.0]
    said = {
        "tokens": tokens,
        "text_offset": offsets,
        "token_logprobs": numbers,
        "top_logprobs": None,
    }
    choice = {
        "index": 0,
        "text": f"{prompt}!",
        "finish_reason": "length",
        "logprobs": None if reply == "silent" else said,
    }
    return {
        "id": "1",
        "object": "text_completion",
        "created": 1,
        "model": "m",
        "choices": [] if reply == "empty" else [choice],
    }


@pytest.fixture
def completions() -> Iterator[Completions]:
    with Completions() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_an_endpoint_that_echoes_gives_the_same_kind_of_number(completions: Completions) -> None:
    item = Item("Why?", "A red pear")
    whole = find_perplexity("perplexity:openai:m", completions.environment)
    # "User: Why?\n\nAssistant: A red pear": " Why?\n\nAssistant:" is one word of 17 here.
    assert read(collect(whole, [item])) == pytest.approx([-math.exp((17 + 2 + 4 + 5) / 4)])
    alone = find_perplexity("perplexity-response:openai:m", completions.environment)
    assert read(collect(alone, [item])) == pytest.approx([-math.exp((2 + 4 + 5) / 3)])
    body = completions.bodies[0]
    assert (body["echo"], body["prompt"]) == (True, "User: Why?\n\nAssistant: A red pear")
    assert (whole.name, alone.name) == ("perplexity:openai:m", "perplexity-response:openai:m")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("silent", "found no log-probabilities"),
        ("empty", "found no log-probabilities"),
        ("chat only", "this is a chat model"),
        ("key", "no model for …"),
    ],
)
def test_an_endpoint_that_gives_none_is_told(
    completions: Completions, reply: str, words: str
) -> None:
    completions.reply = reply
    scorer = find_perplexity("perplexity:openai:m", completions.environment)
    with pytest.raises(WorkError, match=words) as refusal:
        collect(scorer, ITEMS[:1])
    assert "Chat endpoints give none" in str(refusal.value)
    assert KEY not in str(refusal.value) + repr(scorer) + scorer.fingerprint


def test_what_the_endpoint_finds_too_long_has_no_score(completions: Completions) -> None:
    completions.reply = "context"
    scorer = find_perplexity("perplexity:openai:m", completions.environment)
    assert collect(scorer, ITEMS[:1]) == [Verdict({}, "longer than the model reads")]


def test_a_password_in_the_address_is_in_no_text_of_a_scorer(completions: Completions) -> None:
    completions.reply = "silent"
    environment = completions.environment
    environment["OPENAI_BASE_URL"] = environment["OPENAI_BASE_URL"].replace("//", f"//me:{KEY}@")
    scorer = find_perplexity("perplexity:openai:m", environment)
    with pytest.raises(WorkError, match="found no log-probabilities") as refusal:
        collect(scorer, ITEMS[:1])
    assert KEY not in str(refusal.value) + scorer.fingerprint + str(dict(scorer.record))


def test_an_endpoint_needs_a_key_or_an_address() -> None:
    with pytest.raises(InputError, match="a model behind an endpoint needs a key"):
        find_perplexity("perplexity:openai:m", {})
