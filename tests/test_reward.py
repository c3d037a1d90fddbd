"""Reward models: the real code on tiny models."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from hivemind_core.errors import InputError, WorkError
from hivemind_core.models.checkpoints import (
    Loaded,
    find_checkpoint,
    is_out_of_memory,
    load,
    run_batches,
)
from hivemind_core.models.length import NAME, Length
from hivemind_core.models.reward import find_reward
from hivemind_core.models.scorer import Item, Scorer, Verdict
from hivemind_core.progress import report_nothing
from tests.hub import serve_hub
from tests.test_hub import PROGRAM
from tests.tiny_models import POSITIONS, TEMPLATE, make_tokenizer, save_reward_model

QUERY = "Name a fruit"
ITEMS = [
    Item(QUERY, text)
    for text in (
        "An apple",
        "pear",
        "No idea a fruit Say something",
        "quince " * 9,
        "An apple pear",
    )
]


@pytest.fixture(autouse=True)
def _forget() -> None:
    load.cache_clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_reward_model(tmp_path_factory.mktemp("models") / "kind-judge")


def collect(scorer: Scorer, items: Sequence[Item]) -> list[Verdict]:
    found: dict[int, Verdict] = {}

    def keep(place: int, verdict: Verdict) -> None:
        assert place not in found, "an item is kept twice"
        found[place] = verdict

    scorer.score(items, keep, report_nothing)
    return [found[place] for place in range(len(items))]


def read(verdicts: Sequence[Verdict]) -> list[float]:
    return [verdict.scores[None] for verdict in verdicts]


def test_a_score_is_the_models_output_for_the_templated_conversation(folder: Path) -> None:
    from transformers import AutoModelForSequenceClassification

    scores = read(collect(find_reward(f"reward:{folder}"), ITEMS))
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = make_tokenizer()
    for item, score in zip(ITEMS, scores, strict=True):
        text = f"<user> {item.query}\n<assistant> {item.text}\n"
        ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
        assert ids[0, 0] == 3  # no first token beside the template's own
        with torch.inference_mode():
            assert score == pytest.approx(float(model(ids).logits[0, 0]), abs=1e-5)
    assert np.ptp(scores) > 0.01


def test_order_and_batch_change_no_score(folder: Path) -> None:
    scorer = find_reward(f"reward:{folder}")
    together = read(collect(scorer, ITEMS))
    alone = [read(collect(scorer, [item]))[0] for item in ITEMS]
    turned = read(collect(scorer, ITEMS[::-1]))[::-1]
    assert together == pytest.approx(alone, abs=1e-5)
    assert together == pytest.approx(turned, abs=1e-5)


def test_without_a_padding_token_conversations_are_read_one_by_one(tmp_path: Path) -> None:
    padded = save_reward_model(tmp_path / "padded")
    bare = save_reward_model(tmp_path / "bare", pad_token_id=None, padding=None)
    scores = [read(collect(find_reward(f"reward:{one}"), ITEMS)) for one in (padded, bare)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)


def test_what_is_longer_than_the_model_reads_has_no_score(folder: Path) -> None:
    long = Item(QUERY, "pear " * POSITIONS)
    just = Item(QUERY, " ".join(["pear"] * (POSITIONS - 5)))
    verdicts = collect(find_reward(f"reward:{folder}"), [long, ITEMS[0], just])
    assert verdicts[0] == Verdict({}, "longer than the model reads")
    assert verdicts[1].failure is verdicts[2].failure is None


def test_a_name_says_the_folder_and_no_path(folder: Path) -> None:
    scorer = find_reward(f"reward:{folder}")
    assert (scorer.name, scorer.kind) == ("reward:kind-judge", "reward_model")
    assert str(folder) not in repr(dict(scorer.record)) + scorer.fingerprint
    assert scorer.record["files"].startswith("sha256 ")


def test_other_weights_have_another_fingerprint(tmp_path: Path, folder: Path) -> None:
    other = save_reward_model(tmp_path / "kind-judge", hidden_size=8)
    first, second = find_reward(f"reward:{folder}"), find_reward(f"reward:{other}")
    assert first.name == second.name
    assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"outputs": 2}, "a reward model has one output; found|: a reward model has one output"),
        ({"template": None}, "needs a tokenizer with a chat template"),
        ({"template": "{{ raise_exception('no assistant') }}"}, "found 'no assistant'"),
    ],
)
def test_what_is_no_reward_model_is_refused(
    tmp_path: Path, options: dict[str, object], words: str
) -> None:
    odd = save_reward_model(tmp_path / "odd", **options)
    with pytest.raises(InputError, match=words):
        collect(find_reward(f"reward:{odd}"), ITEMS)


def test_an_untrained_head_is_refused(tmp_path: Path) -> None:
    from transformers import LlamaForCausalLM

    from tests.tiny_models import make_config, save

    folder = save(tmp_path / "base", LlamaForCausalLM(make_config()), make_tokenizer())
    with pytest.raises(InputError, match=r"must be a trained reward model; found no weights for"):
        collect(find_reward(f"reward:{folder}"), ITEMS)


@pytest.mark.parametrize("name", ["reward:", "reward:nowhere", "reward:./x/y", "reward:a/b/c"])
def test_a_name_that_is_no_model_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="a model is a folder, or a hub id such as owner/name"):
        find_reward(name)


def test_a_hub_id_may_pin_a_revision() -> None:
    one = find_checkpoint("owner/model@abc123")
    assert (one.name, one.revision, one.location) == ("owner/model", "abc123", "owner/model")
    assert one.fingerprint != find_checkpoint("owner/model").fingerprint
    assert "abc123" in one.describe()["revision"]


def test_a_hub_that_cannot_be_reached_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(WorkError, match="the model cannot be loaded"):
        collect(find_reward("reward:somebody/nothing-of-that-name"), ITEMS)


def test_a_model_of_the_hub_scores_as_its_folder_does(folder: Path, tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    program = (
        "import sys\n"
        "from hivemind_core.models.reward import find_reward\n"
        "from tests.test_reward import ITEMS, collect, read\n"
        "print(*read(collect(find_reward(sys.argv[1]), ITEMS)))\n"
    )
    assert "find_encoder" in PROGRAM  # the encoders' test runs the same way
    with serve_hub("somebody/kind-judge", folder) as hub:
        environment = {**os.environ, "HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path)}
        environment |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        command = [sys.executable, "-c", program, "reward:somebody/kind-judge"]
        done = subprocess.run(
            command, check=False, env=environment, capture_output=True, text=True, timeout=300
        )
    assert done.returncode == 0, done.stderr
    ours = read(collect(find_reward(f"reward:{folder}"), ITEMS))
    assert [float(word) for word in done.stdout.split()] == pytest.approx(ours, abs=1e-5)


class Small:
    """Has memory for so many tokens only."""

    def __init__(self, lengths: Sequence[int], tokens: int) -> None:
        self.lengths, self.tokens = lengths, tokens
        self.batches: list[list[int]] = []

    def run(self, batch: Sequence[int]) -> list[float]:
        self.batches.append(list(batch))
        if len(batch) * max(self.lengths[place] for place in batch) > self.tokens:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [float(self.lengths[place]) for place in batch]


def test_where_memory_does_not_suffice_batches_get_smaller() -> None:
    lengths = [30, 5, 5, 5, 5, 100, 6]
    small, found = Small(lengths, 40), {}
    run_batches(lengths, small.run, found.__setitem__, most=8, tokens=10**6)
    failed = found.pop(5)
    assert failed == Verdict({}, "out of memory", is_final=False)
    assert {place: verdict.scores[None] for place, verdict in found.items()} == {
        place: length for place, length in enumerate(lengths) if length < 100
    }


def test_batches_hold_like_lengths_and_no_more_than_they_may() -> None:
    lengths = [9, 1, 8, 2, 300, 7]
    small = Small(lengths, 10**6)
    run_batches(lengths, small.run, lambda *_: None, most=3, tokens=20)
    assert small.batches == [[1, 3], [5, 2], [0], [4]]


def test_a_score_that_is_no_number_is_none() -> None:
    found: dict[int, Verdict] = {}
    run_batches([1, 1], lambda _: [math.nan, math.inf], found.__setitem__, most=2, tokens=9)
    assert found == {0: Verdict({}, "no finite number"), 1: Verdict({}, "no finite number")}


def test_other_errors_are_not_taken_for_memory() -> None:
    def run(_: Sequence[int]) -> list[float]:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        run_batches([1], run, lambda *_: None, most=1, tokens=9)
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"))


def test_a_loaded_model_is_kept(folder: Path) -> None:
    checkpoint = find_checkpoint(str(folder))
    loaded = load(checkpoint, "reward")
    assert isinstance(loaded, Loaded)
    assert load(checkpoint, "reward") is loaded
    assert loaded.longest == POSITIONS
    assert loaded.tokenizer.chat_template == TEMPLATE


def test_length_counts_characters_under_the_name_that_calibration_knows() -> None:
    from hivemind_core.evaluation import LENGTH

    assert read(collect(Length(), [Item("q", "four"), Item("q", "ünïcödé")])) == [4, 7]
    assert (Length().name, Length().kind) == (LENGTH, "baseline") == (NAME, "baseline")
