"""Encoders: each text once, kept by content, from a package, a folder or an endpoint."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from hivemind_core.corpus.cache import TableCache, VectorCache
from hivemind_core.errors import InputError, WorkError
from hivemind_core.progress import report_nothing
from hivemind_core.space import encoders
from hivemind_core.space.encode import CHUNK, encode_texts
from hivemind_core.space.encoders import DEFAULT_ENCODER, find_encoder
from tests.fakes import CountingEncoder, make_vector, serve_endpoint


def find_packaged_model() -> Path:
    spec = find_spec(encoders.PACKAGED_MODEL)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


def test_identical_texts_are_encoded_once_and_never_again(tmp_path: Path) -> None:
    encoder, cache = CountingEncoder(), VectorCache(tmp_path / "vectors.sqlite")
    vectors = encode_texts(["b", "a", "b", "a"], encoder, cache, report_nothing)
    assert encoder.asked == ["a", "b"]
    again = encode_texts(["a", "b", "c"], encoder, cache, report_nothing)
    assert encoder.asked == ["a", "b", "c"]
    assert np.array_equal(again["a"], vectors["a"])
    assert again["c"].tolist() == make_vector("c").tolist()


def test_another_encoder_shares_no_vector(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "vectors.sqlite")
    encode_texts(["a"], CountingEncoder(), cache, report_nothing)
    other = CountingEncoder()
    other.fingerprint = "counting-2"
    encode_texts(["a"], other, cache, report_nothing)
    assert other.asked == ["a"]


def test_a_stopped_run_goes_on_with_the_chunk_it_was_in(tmp_path: Path) -> None:
    texts = [f"text {i:04}" for i in range(2 * CHUNK + 10)]
    cache = VectorCache(tmp_path / "vectors.sqlite")
    with pytest.raises(KeyboardInterrupt):
        encode_texts(texts, CountingEncoder(fail_after=2 * CHUNK), cache, report_nothing)
    resumed = CountingEncoder()
    news: list[tuple[str, int, int]] = []
    vectors = encode_texts(texts, resumed, cache, lambda *what: news.append(what))
    assert resumed.asked == texts[2 * CHUNK :]
    assert len(vectors) == len(texts)
    assert news == [("encode", len(texts), len(texts))]


def test_no_texts_ask_nothing(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    assert encode_texts([], encoder, VectorCache(tmp_path / "v"), report_nothing) == {}
    assert encoder.asked == []


def test_a_vector_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    class Broken(CountingEncoder):
        def encode(self, texts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            return np.full((len(texts), 3), np.nan, np.float32)

    cache = VectorCache(tmp_path / "vectors.sqlite")
    with pytest.raises(WorkError, match="one finite vector a text"):
        encode_texts(["a"], Broken(), cache, report_nothing)
    assert cache.read("counting-1", ["a"]) == {}


def test_a_damaged_cache_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(WorkError, match=r"cache of vectors.*HIVEMIND_CACHE"):
        VectorCache(path).read("f", ["a"])


def test_a_damaged_table_in_the_cache_is_as_none(tmp_path: Path) -> None:
    (tmp_path / "k.parquet").write_bytes(b"PAR1 cut")
    assert TableCache(tmp_path).read("k") is None


def test_the_packaged_model_gives_the_default_encoder() -> None:
    encoder = find_encoder(DEFAULT_ENCODER, {})
    one, other, same = encoder.encode(["Time is a river.", "Gravity pulls.", "Time is a river."])
    assert encoder.fingerprint == encoders.PACKAGED_SHA256
    assert one.shape == (384,)
    assert one @ same == pytest.approx(1, abs=1e-5)
    assert one @ other < 0.5


def test_other_weights_in_the_package_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "PACKAGED_SHA256", "0" * 64)
    with pytest.raises(InputError, match=r"hash 000000000000….*found 53aa51172d14.*Reinstall"):
        find_encoder(DEFAULT_ENCODER, {})


def test_a_local_folder_gives_the_same_vectors_under_its_own_name() -> None:
    encoder = find_encoder(str(find_packaged_model()), {})
    assert encoder.name == "model"
    packaged = find_encoder(DEFAULT_ENCODER, {})
    assert np.array_equal(encoder.encode(["hello"]), packaged.encode(["hello"]))


def test_a_folder_without_a_model_is_one_line(tmp_path: Path) -> None:
    encoder = find_encoder(str(tmp_path), {})
    with pytest.raises(WorkError, match="encoder cannot be loaded") as caught:
        encoder.encode(["hello"])
    assert "\n" not in str(caught.value)


def test_a_hub_that_cannot_be_reached_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    encoder = find_encoder("nobody/such-a-model", {})
    assert encoder.fingerprint == "hub:nobody/such-a-model"
    with pytest.raises(WorkError, match="nobody/such-a-model: the encoder cannot be loaded"):
        encoder.encode(["hello"])


@pytest.mark.parametrize("name", ["", "nonsense", "a/b/c", "./missing", "/missing"])
def test_names_that_mean_nothing_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="an encoder is all-MiniLM-L6-v2, openai:MODEL"):
        find_encoder(name, {})


def test_an_endpoint_is_asked_in_batches_and_answers_in_any_order() -> None:
    with serve_endpoint() as endpoint:
        environment = {"OPENAI_BASE_URL": endpoint.base_url}
        encoder = find_encoder("openai:text-embedding-3-small", environment)
        texts = [f"text {i}" for i in range(300)]
        vectors = encoder.encode(texts)
    assert [len(body["input"]) for body in endpoint.bodies] == [256, 44]  # type: ignore[arg-type]
    assert {body["model"] for body in endpoint.bodies} == {"text-embedding-3-small"}
    assert vectors == pytest.approx(np.stack([make_vector(text) for text in texts]))


@pytest.mark.parametrize("reply", ["one too few", "no json", "unauthorised"])
def test_an_endpoint_that_does_not_answer_is_one_line_without_the_key(reply: str) -> None:
    with serve_endpoint() as endpoint:
        endpoint.reply = reply
        environment = {"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": "sk-secret-value"}
        encoder = find_encoder("openai:m", environment)
        with pytest.raises(WorkError, match="the embeddings endpoint must") as caught:
            encoder.encode(["a", "b"])
    assert "sk-secret-value" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_endpoint_that_is_not_there_is_one_line() -> None:
    encoder = find_encoder("openai:m", {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
    quick = encoders.OpenAIEncoder("openai:m", encoder.client.with_options(max_retries=0))  # type: ignore[attr-defined]
    with pytest.raises(WorkError, match=r"127.0.0.1:9.*must answer"):
        quick.encode(["a"])


def test_openai_itself_needs_a_key() -> None:
    with pytest.raises(InputError, match=r"needs a key.*OPENAI_API_KEY"):
        find_encoder("openai:text-embedding-3-small", {})
