"""Judges: each pair once, in both orders, from a folder or the hub, as by hand."""

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BertTokenizer,
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
    RobertaTokenizer,
)

from hivemind_core.corpus.pair_cache import PairCache
from hivemind_core.errors import InputError, WorkError
from hivemind_core.progress import report_nothing
from hivemind_core.space import judge as judging
from hivemind_core.space.judge import (
    CHUNK,
    LEAST_COSINE,
    PUBLISHED_JUDGE,
    PUBLISHED_VOCABULARY,
    TOKENS,
    ClassifierJudge,
    find_judge,
    judge_all,
    load_classifier,
)
from tests.hub import serve_hub

NAME = "somebody/small-judge"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*"abcdefghijklmnopqrstuvwxyz", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
WORDS += ["time", "is", "river", "thief", "the", "of", ".", "long"]
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
SMALL |= {"intermediate_size": 16, "vocab_size": len(SPECIAL + WORDS)}
PAIRS = [
    ("time is a river", "time is a thief"),
    ("time is a river", "the long river of time is a thief. a thief."),
    ("", "thief"),
    ("zebra", "é ☃"),
    ("river " * 300, "thief " + "river " * 300),
]
PROGRAM = """
import sys
from hivemind_core.errors import HivemindError
from hivemind_core.space.judge import find_judge
try:
    print(*find_judge(sys.argv[1], {}).judge([("time is a river", "a thief")]).tolist())
except HivemindError as error:
    sys.exit(str(error))
"""


def write_tokenizer(folder: Path) -> None:
    vocabulary = {word: number for number, word in enumerate(SPECIAL + WORDS)}
    BertTokenizer(vocab=vocabulary).save_pretrained(folder)


def write_model(folder: Path, labels: int = 2, seed: int = 0, **config: Any) -> Path:
    """Write a classifier of random weights, large enough that orders and texts differ."""
    torch.manual_seed(seed)
    settings = BertConfig(**SMALL, **config, num_labels=labels, initializer_range=0.5)
    BertForSequenceClassification(settings).save_pretrained(folder)
    write_tokenizer(folder)
    return folder


def judge_by_hand(folder: Path, first: str, second: str) -> float:
    """Return what NoveltyBench's code would: tokens cut and joined one by one, no batch."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokens, types = [tokenizer.cls_token_id], [0]
    for number, text in enumerate((first, second)):
        found = tokenizer.encode(text, add_special_tokens=False)[:128]
        found.append(tokenizer.sep_token_id)
        tokens += found
        types += [number] * len(found)
    given = {"input_ids": torch.tensor([tokens]), "token_type_ids": torch.tensor([types])}
    with torch.inference_mode():
        logits = model(**given).logits[0].double()
    return float(logits.sigmoid() if len(logits) == 1 else logits.softmax(-1)[1])


class CountingJudge:
    """Says the overlap of the letters, and remembers the pairs."""

    name = "counting"

    def __init__(self, fail_after: int | None = None, fingerprint: str = "counting-1") -> None:
        self.asked: list[tuple[str, str]] = []
        self.fail_after, self.fingerprint = fail_after, fingerprint

    def judge(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        if self.fail_after is not None and len(self.asked) >= self.fail_after:
            raise KeyboardInterrupt
        self.asked += pairs
        return np.array([compare_letters(*pair) for pair in pairs], np.float32)


def compare_letters(first: str, second: str) -> float:
    one, other = set(first), set(second)
    return len(one & other) / max(len(one | other), 1)


def judge_with(
    judge: CountingJudge, texts: Sequence[str], cache: PairCache, vectors: Any = None
) -> NDArray[np.float32]:
    """Judge texts whose vectors are all alike unless given."""
    rows = np.ones((len(texts), 1)) if vectors is None else np.asarray(vectors)
    return judge_all(texts, rows, judge, cache, report_nothing)


@pytest.fixture
def cache(tmp_path: Path) -> PairCache:
    return PairCache(tmp_path / "cache" / "pairs.sqlite")


@pytest.mark.parametrize("labels", [1, 2])
def test_a_pair_is_judged_as_by_hand_in_both_orders(tmp_path: Path, labels: int) -> None:
    folder = write_model(tmp_path / "judge", labels)
    found = find_judge(str(folder), {}).judge(PAIRS)
    orders = [(judge_by_hand(folder, *pair), judge_by_hand(folder, *pair[::-1])) for pair in PAIRS]
    assert found.dtype == np.float32
    assert found == pytest.approx([(there + back) / 2 for there, back in orders], abs=1e-5)
    assert max(abs(there - back) for there, back in orders) > 0.01
    assert max(abs(one - other) for one, other in pairwise(found)) > 0.01


def test_the_order_within_a_pair_and_among_pairs_changes_no_bit(tmp_path: Path) -> None:
    judge = find_judge(str(write_model(tmp_path / "judge")), {})
    turned = [(second, first) for first, second in PAIRS[::-1]]
    assert np.array_equal(judge.judge(turned), judge.judge(PAIRS)[::-1])


def test_only_the_first_tokens_of_each_answer_are_read(tmp_path: Path) -> None:
    judge = find_judge(str(write_model(tmp_path / "judge")), {})
    long = "river " * TOKENS
    found = judge.judge([(long, "thief"), (long + "is a thief", "thief"), (long[6:], "thief")])
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_many_pairs_at_once_are_each_pair_alone(tmp_path: Path) -> None:
    judge = find_judge(str(write_model(tmp_path / "judge")), {})
    pairs = [("time " * i, "thief " * j) for i in range(7) for j in range(7)]
    alone = [judge.judge([pair])[0] for pair in pairs]
    assert judge.judge(pairs) == pytest.approx(alone, abs=1e-5)


def test_no_pairs_load_nothing() -> None:
    judge = find_judge("nobody/such-a-judge", {})
    assert judge.judge([]).shape == (0,)


def test_what_a_tokenizer_cuts_and_fills_by_default_does_not_count(tmp_path: Path) -> None:
    # Cross-encoders are often published with both switched on in tokenizer.json.
    folder = write_model(tmp_path / "judge")
    wanted = find_judge(str(folder), {}).judge(PAIRS)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.backend_tokenizer.enable_truncation(6)
    tokenizer.backend_tokenizer.enable_padding(length=40)
    tokenizer.save_pretrained(tmp_path / "cutting")
    cutting = ClassifierJudge("cutting", "cutting", str(folder), str(tmp_path / "cutting"))
    assert AutoTokenizer.from_pretrained(cutting.vocabulary).backend_tokenizer.padding is not None
    assert cutting.judge(PAIRS) == pytest.approx(wanted, abs=1e-6)


def test_a_tokenizer_of_another_shape_joins_pairs_its_own_way(tmp_path: Path) -> None:
    # RoBERTa: two separators between the texts, one token type, positions from the padding on.
    words = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *"abcdefgh", "Ġ"]
    tokenizer = RobertaTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=[])
    tokenizer.save_pretrained(tmp_path)
    torch.manual_seed(0)
    small = SMALL | {"vocab_size": len(words), "max_position_embeddings": 2 * TOKENS + 6}
    config = RobertaConfig(**small, type_vocab_size=1, initializer_range=0.5)
    model = RobertaForSequenceClassification(config).eval()
    model.save_pretrained(tmp_path)
    pair = ("abc", "h gg ab")
    turns = [tokenizer(*turn, return_tensors="pt") for turn in (pair, pair[::-1])]
    with torch.inference_mode():
        wanted = np.mean([float(model(**turn).logits[0].softmax(-1)[1]) for turn in turns])
    found = find_judge(str(tmp_path), {}).judge([pair, ("abcdefgh" * 50, "abc" * 99)])
    assert found[0] == pytest.approx(wanted, abs=1e-5)


def test_a_folder_is_known_by_its_name_and_its_weights(tmp_path: Path) -> None:
    one = find_judge(str(write_model(tmp_path / "judge", seed=1)), {})
    other = find_judge(str(write_model(tmp_path / "judge", seed=2)), {})
    assert one.name == other.name == "judge"
    assert one.fingerprint != other.fingerprint


def test_the_published_judge_takes_the_tokenizer_of_its_authors(tmp_path: Path) -> None:
    published = find_judge(PUBLISHED_JUDGE, {})
    assert isinstance(published, ClassifierJudge)
    assert published.name == published.location == PUBLISHED_JUDGE
    assert published.vocabulary == PUBLISHED_VOCABULARY
    whole = write_model(tmp_path / "whole")
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copy(whole / name, bare / name)
    write_tokenizer(tmp_path / "words")
    split = ClassifierJudge("split", "split", str(bare), str(tmp_path / "words"))
    assert np.array_equal(split.judge(PAIRS), find_judge(str(whole), {}).judge(PAIRS))


@pytest.mark.parametrize("name", ["", "nonsense", "a/b/c", "./missing", "/missing", "openai:a/b"])
def test_names_that_mean_nothing_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"a judge is a folder, or a hub id.*NoveltyBench"):
        find_judge(name, {})


def test_three_labels_are_refused(tmp_path: Path) -> None:
    judge = find_judge(str(write_model(tmp_path / "judge", labels=3)), {})
    with pytest.raises(InputError, match=r"one label, or two of which.*found 3 labels"):
        judge.judge(PAIRS)


def test_an_encoder_is_no_judge(tmp_path: Path) -> None:
    # transformers would give it a last layer of random numbers.
    BertModel(BertConfig(**SMALL)).save_pretrained(tmp_path)
    write_tokenizer(tmp_path)
    with pytest.raises(InputError, match=r"trained sequence classifier.*weights for classifier"):
        find_judge(str(tmp_path), {}).judge(PAIRS)


@pytest.mark.parametrize("kind", ["bert", "deberta"])
def test_a_model_without_its_tokenizer_is_refused(tmp_path: Path, kind: str) -> None:
    # transformers would make one to which every word is unknown.
    if kind == "bert":
        BertForSequenceClassification(BertConfig(**SMALL)).save_pretrained(tmp_path)
    else:
        DebertaV2ForSequenceClassification(DebertaV2Config(**SMALL)).save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"needs the tokenizer.*found 0 words.*beside the model"):
        find_judge(str(tmp_path), {}).judge(PAIRS)


def test_a_larger_vocabulary_than_the_model_has_is_refused(tmp_path: Path) -> None:
    config = BertConfig(**(SMALL | {"vocab_size": 40}))
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    write_tokenizer(tmp_path)
    with pytest.raises(InputError, match=r"needs the tokenizer.*60 words for a model of 40"):
        find_judge(str(tmp_path), {}).judge(PAIRS)


def test_a_model_that_reads_too_little_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "judge", max_position_embeddings=2 * TOKENS + 2)
    with pytest.raises(InputError, match=r"two answers of 128 tokens.*found 258 tokens"):
        find_judge(str(folder), {}).judge(PAIRS)


def test_a_folder_without_a_model_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="the judge cannot be loaded") as caught:
        find_judge(str(tmp_path), {}).judge(PAIRS)
    assert "\n" not in str(caught.value)


def judge_from(address: str, name: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Judge one pair in a fresh process whose hub is at that address."""
    environment = {**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(home)}
    environment |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-c", PROGRAM, name]
    return subprocess.run(
        command, check=False, env=environment, capture_output=True, text=True, timeout=300
    )


def write_pieces(folder: Path) -> None:
    """Write a DeBERTa classifier as the hub has them: its vocabulary a SentencePiece file."""
    torch.manual_seed(0)
    config = DebertaV2Config(**SMALL, relative_attention=True, initializer_range=0.5)
    DebertaV2ForSequenceClassification(config).save_pretrained(folder)
    pieces = [("[PAD]", 3), ("[CLS]", 3), ("[SEP]", 3), ("[UNK]", 2)]
    pieces += [("▁time", 1), ("▁is", 1), ("▁a", 1), ("▁river", 1), ("▁thief", 1)]
    content = b"".join(_write_piece(*piece) for piece in pieces)
    # Trainer: model type (field 3) unigram, unknown token (field 40) the fourth.
    content += b"\x12\x05" + b"\x18\x01" + b"\xc0\x02\x03"
    (folder / "spm.model").write_bytes(content)


def _write_piece(text: str, kind: int) -> bytes:
    """Return a piece as protobuf: text, score, kind."""
    name = text.encode()
    score = b"\x15" + struct.pack("<f", -1.0)
    body = b"\x0a" + bytes([len(name)]) + name + score + b"\x18" + bytes([kind])
    return b"\x0a" + bytes([len(body)]) + body


@pytest.mark.skipif(find_spec("sentencepiece") is not None, reason="sentencepiece is installed")
def test_a_vocabulary_that_needs_a_package_says_which(tmp_path: Path) -> None:
    folder = tmp_path / "judge"
    write_pieces(folder)
    with pytest.raises(WorkError, match=r"a SentencePiece file.*pip install sentencepiece"):
        find_judge(str(folder), {}).judge(PAIRS)
    with serve_hub(NAME, folder) as hub:
        done = judge_from(hub.address, NAME, tmp_path / "home")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"{NAME}: the judge's tokenizer is a SentencePiece file" in done.stderr


@pytest.mark.skipif(find_spec("sentencepiece") is None, reason="sentencepiece is not installed")
def test_a_vocabulary_of_pieces_is_judged_as_by_hand(tmp_path: Path) -> None:
    write_pieces(tmp_path)
    found = find_judge(str(tmp_path), {}).judge(PAIRS[:1])
    orders = [judge_by_hand(tmp_path, *PAIRS[0]), judge_by_hand(tmp_path, *PAIRS[0][::-1])]
    assert found[0] == pytest.approx(np.mean(orders), abs=1e-5)


def test_a_judge_of_the_hub_is_fetched_once_and_needed_no_more(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "judge")
    with serve_hub(NAME, folder) as hub:
        first = judge_from(hub.address, NAME, tmp_path / "home")
        again = judge_from(hub.address, NAME, tmp_path / "home")
        weights = [r for r in hub.requests if r.startswith("GET") and "safetensors" in r]
    offline = judge_from("http://127.0.0.1:9", NAME, tmp_path / "home")
    assert first.returncode == 0, first.stderr
    assert len(weights) == 1
    assert first.stdout == again.stdout == offline.stdout
    wanted = find_judge(str(folder), {}).judge([("time is a river", "a thief")])
    assert float(first.stdout) == pytest.approx(float(wanted[0]), abs=1e-6)


def test_a_judge_that_the_hub_does_not_have_is_one_line(tmp_path: Path) -> None:
    with serve_hub(NAME, write_model(tmp_path / "judge")) as hub:
        done = judge_from(hub.address, "somebody/missing", tmp_path / "home")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "somebody/missing: the judge cannot be loaded" in done.stderr


@pytest.mark.parametrize("name", [NAME, PUBLISHED_JUDGE])
def test_a_hub_that_cannot_be_reached_is_one_line(tmp_path: Path, name: str) -> None:
    done = judge_from("http://127.0.0.1:9", name, tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"{name}: the judge cannot be loaded" in done.stderr
    assert "the network" in done.stderr


def test_every_pair_by_hand(cache: PairCache) -> None:
    judge = CountingJudge()
    found = judge_with(judge, ["ab", "bc", "abc"], cache)
    wanted = [[1, 1 / 3, 2 / 3], [1 / 3, 1, 2 / 3], [2 / 3, 2 / 3, 1]]
    assert found.dtype == np.float32
    assert found == pytest.approx(np.array(wanted))
    assert sorted(judge.asked) == [("ab", "abc"), ("ab", "bc"), ("abc", "bc")]


def test_pairs_below_the_bound_are_not_asked(cache: PairCache) -> None:
    judge, side = CountingJudge(), np.sqrt(1 - LEAST_COSINE**2)
    vectors = [[1, 0], [LEAST_COSINE + 1e-4, side], [LEAST_COSINE - 1e-4, side]]
    found = judge_with(judge, ["abc", "abd", "abe"], cache, vectors)
    assert sorted(judge.asked) == [("abc", "abd"), ("abd", "abe")]
    assert found[0, 2] == found[2, 0] == 0
    assert found[0, 1] == found[1, 2] == pytest.approx(0.5)


def test_no_pair_above_the_bound_asks_nothing(cache: PairCache) -> None:
    judge, news = CountingJudge(), []
    found = judge_all(["a", "b", "c"], np.eye(3), judge, cache, lambda *what: news.append(what))
    assert found.tolist() == np.eye(3).tolist()
    assert judge.asked == news == []
    assert not cache.path.exists()


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_answers(cache: PairCache, n: int) -> None:
    judge = CountingJudge()
    assert judge_with(judge, ["x"] * n, cache).tolist() == [[1.0]] * n
    assert judge.asked == []


def test_the_same_words_are_the_same_and_judged_once(cache: PairCache) -> None:
    judge = CountingJudge()
    vectors = [[1, 0], [0, 1], [1, 0], [0, 1]]  # even where an encoder tells white space apart
    found = judge_with(judge, ["ab", " ab\n", "bc ", "bc"], cache, vectors)
    assert found[0, 1] == found[2, 3] == 1
    assert judge.asked == [("ab", "bc")]
    assert found[:2, 2:] == pytest.approx(1 / 3)


def test_which_of_several_vectors_counts_does_not_depend_on_row_order(cache: PairCache) -> None:
    texts, vectors = ["ab", " ab", "bc"], [[1, 0], [0, 1], [1, 0]]
    found = judge_with(CountingJudge(), texts, cache, vectors)
    assert np.array_equal(
        judge_with(CountingJudge(), texts[::-1], cache, vectors[::-1]), found[::-1, ::-1]
    )


def test_row_order_changes_nothing(tmp_path: Path) -> None:
    texts = [f"{'abcdefgh'[i % 8]}{'ijkl'[i % 4]}" for i in range(9)] + [" ai", "ai "]
    vectors = np.random.default_rng(0).normal(size=(11, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order = np.random.default_rng(1).permutation(11)
    one = judge_with(CountingJudge(), texts, PairCache(tmp_path / "a"), vectors)
    turned = [texts[i] for i in order]
    other = judge_with(CountingJudge(), turned, PairCache(tmp_path / "b"), vectors[order])
    assert np.array_equal(other, one[np.ix_(order, order)])
    assert 0 < np.count_nonzero(one) < one.size


def test_what_was_judged_is_never_asked_again(cache: PairCache) -> None:
    first, again, other = CountingJudge(), CountingJudge(), CountingJudge(fingerprint="counting-2")
    texts = ["ab", "bc", "cd"]
    found = judge_with(first, texts, cache)
    assert np.array_equal(judge_with(again, texts[::-1], cache), found[::-1, ::-1])
    assert again.asked == []
    judge_with(again, [*texts, "de"], cache)
    assert again.asked == [("ab", "de"), ("bc", "de"), ("cd", "de")]
    judge_with(other, texts, cache)
    assert len(other.asked) == 3


def test_a_stopped_run_goes_on_with_the_chunk_it_was_in(cache: PairCache) -> None:
    texts = [f"text {i:02}" for i in range(20)]
    pairs = 20 * 19 // 2
    with pytest.raises(KeyboardInterrupt):
        judge_with(CountingJudge(fail_after=2 * CHUNK), texts, cache)
    resumed, news = CountingJudge(), []
    vectors = np.ones((20, 1))
    found = judge_all(texts, vectors, resumed, cache, lambda *what: news.append(what))
    fresh = judge_with(CountingJudge(), texts, PairCache(cache.path.with_name("fresh")))
    assert np.array_equal(found, fresh)
    assert len(resumed.asked) == pairs - 2 * CHUNK
    assert news == [
        ("judge", min(done, pairs), pairs) for done in range(CHUNK, pairs + CHUNK, CHUNK)
    ]


@pytest.mark.parametrize("said", [[np.nan], [1.5], [-0.1], [0.5, 0.5]])
def test_what_is_no_number_from_0_to_1_is_refused(cache: PairCache, said: list[float]) -> None:
    judge = CountingJudge()
    judge.judge = lambda _: np.array(said, np.float32)  # type: ignore[method-assign]
    with pytest.raises(WorkError, match="counting: a judge must give one number from 0 to 1"):
        judge_with(judge, ["a", "b"], cache)
    assert cache.read("counting-1", [("a", "b")]) == {}


def test_a_real_model_says_the_same_through_the_cache(tmp_path: Path, cache: PairCache) -> None:
    folder = write_model(tmp_path / "judge")
    texts = ["time is a river", "time is a thief", "the long river"]
    judge = find_judge(str(folder), {})
    found = judge_all(texts, np.ones((3, 1)), judge, cache, report_nothing)
    kept = judge_all(texts, np.ones((3, 1)), judge, cache, report_nothing)
    assert np.array_equal(found, found.T)
    assert np.array_equal(found, kept)
    assert found[0, 1] == pytest.approx(judge.judge([(texts[0], texts[1])])[0], abs=1e-6)


def test_the_cache_keeps_pairs_whatever_their_order(cache: PairCache) -> None:
    assert cache.read("f", [("a", "b")]) == {}
    cache.write("f", {("a", "b"): 0.25, ("b", "c"): 1.0})
    asked = [("b", "a"), ("a", "b"), ("c", "b"), ("a", "c")]
    assert cache.read("f", asked) == {("b", "a"): 0.25, ("a", "b"): 0.25, ("c", "b"): 1.0}
    assert cache.read("g", asked) == cache.read("f", []) == {}
    cache.write("f", {("ab", "c"): 0.5})
    assert cache.read("f", [("a", "bc"), ("c", "ab")]) == {("c", "ab"): 0.5}


def test_the_cache_reads_more_pairs_than_one_question_holds(cache: PairCache) -> None:
    values = {("a", str(i)): i / 2000 for i in range(1200)}
    cache.write("f", values)
    assert cache.read("f", list(values)) == values


def test_a_damaged_cache_says_what_to_do(cache: PairCache) -> None:
    cache.path.parent.mkdir()
    cache.path.write_bytes(b"not a database" * 100)
    with pytest.raises(WorkError, match=r"cache of pairs.*HIVEMIND_CACHE"):
        cache.read("f", [("a", "b")])


def test_a_classifier_is_loaded_once(tmp_path: Path) -> None:
    folder = str(write_model(tmp_path / "judge"))
    assert load_classifier(folder, folder) is load_classifier(folder, folder)
    assert judging.TOKENS == 128
