"""Infinity-Chat from the hub, by the real client over real HTTP, in good and in bad weather."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hivemind_core.corpus.infinity_chat import import_infinity_chat
from hivemind_core.corpus.infinity_files import (
    ABSOLUTE,
    EVALUATION,
    NAMES,
    PAIRWISE,
    TAXONOMY,
    DataSet,
    download_data_sets,
    find_data_sets,
)
from hivemind_core.corpus.store import open_corpus
from hivemind_core.errors import WorkError
from tests.data_hub import COMMIT, DataHub, serve_data_hub
from tests.infinity_sets import Sizes, generate, write_sets
from tests.test_cli_import import run

TOKEN = "hf_not_to_be_seen"  # noqa: S105
SMALL = Sizes(queries=40, evaluation=4, absolute=8, pairwise=6)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[DataHub]:
    with serve_data_hub(write_sets(tmp_path / "sets", generate(SMALL), shards=2)) as server:
        yield server


def environ(hub: DataHub, tmp_path: Path) -> dict[str, str]:
    return {"HF_ENDPOINT": hub.address, "HIVEMIND_CACHE": str(tmp_path / "cache")}


def download(hub: DataHub, tmp_path: Path) -> tuple[DataSet, ...]:
    return download_data_sets(environment=environ(hub, tmp_path))


def list_fetched(hub: DataHub, name: str = "") -> list[str]:
    return [r for r in hub.requests if r.startswith("GET") and "resolve" in r and name in r]


def test_what_comes_is_what_lies_there(hub: DataHub, tmp_path: Path) -> None:
    sets = download(hub, tmp_path)
    assert [one.name for one in sets] == list(NAMES)
    assert {one.revision for one in sets} == {COMMIT}
    import_infinity_chat(str(tmp_path / "fetched"), sets)
    import_infinity_chat(str(tmp_path / "given"), find_data_sets(hub.folder))
    fetched, given = (open_corpus(str(tmp_path / name)).manifest for name in ("fetched", "given"))
    assert fetched.content_hash == given.content_hash
    assert f"liweijiang/{TAXONOMY}@{COMMIT}" in fetched.source


def test_every_file_is_asked_for_at_the_pinned_commit(hub: DataHub, tmp_path: Path) -> None:
    download(hub, tmp_path)
    files = list_fetched(hub)
    assert len(files) == 8
    assert all(f"/resolve/{COMMIT}/" in request for request in files)


def test_nothing_is_fetched_twice(hub: DataHub, tmp_path: Path) -> None:
    download(hub, tmp_path)
    count = len(list_fetched(hub))
    download(hub, tmp_path)
    assert len(list_fetched(hub)) == count


def test_a_revision_can_be_named(hub: DataHub, tmp_path: Path) -> None:
    download_data_sets(COMMIT, environment=environ(hub, tmp_path))
    assert any(request.endswith(f"/revision/{COMMIT}") for request in hub.requests)
    with pytest.raises(WorkError, match="the data set must have that revision"):
        download_data_sets("v9", environment=environ(hub, tmp_path))


def test_progress_is_told_in_bytes(hub: DataHub, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    download_data_sets(environment=environ(hub, tmp_path), report=lambda *news: told.append(news))
    size = sum(file.stat().st_size for file in hub.folder.rglob("*.parquet"))
    assert {(stage, total) for stage, _, total in told} == {("downloading Infinity-Chat", size)}
    done = [done for _, done, _ in told]
    assert done == sorted(done)
    assert done[-1] == size


def test_a_token_is_sent_and_never_said(hub: DataHub, tmp_path: Path) -> None:
    environment = environ(hub, tmp_path) | {"HF_TOKEN": TOKEN}
    hub.weather[ABSOLUTE] = "gated"
    with pytest.raises(WorkError) as refusal:
        download_data_sets(environment=environment)
    assert set(hub.tokens) == {f"Bearer {TOKEN}"}
    assert TOKEN not in str(refusal.value)
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in content for content in kept)


def test_a_cut_download_goes_on_where_it_stopped(
    hub: DataHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The client keeps what came in whole chunks of ten megabytes; the files here are smaller.
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 256)
    hub.weather[TAXONOMY] = "cut"
    sets = download(hub, tmp_path)
    resumed = [request for request in list_fetched(hub, TAXONOMY) if "bytes=" in request]
    assert len(resumed) == 2
    for ours, theirs in zip(sets, find_data_sets(hub.folder), strict=True):
        assert [f.read_bytes() for f in ours.files] == [f.read_bytes() for f in theirs.files]


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        ("gated", "the hub must let you read the data set; found it asks for access"),
        ("renamed", "the hub must have the data set; found none of that name"),
        ("broken", "the hub must answer as it should; found status 500"),
        ("prose", "the hub must answer as it should"),
        ("page", "what came must be a whole Parquet file; found something else"),
    ],
)
def test_bad_weather_is_one_line(hub: DataHub, tmp_path: Path, weather: str, words: str) -> None:
    hub.weather[PAIRWISE] = weather
    with pytest.raises(WorkError) as refusal:
        download(hub, tmp_path)
    said = str(refusal.value)
    assert words in said
    assert PAIRWISE in said
    assert "--from" in said
    assert "\n" not in said


def test_what_came_before_the_weather_turned_is_kept(hub: DataHub, tmp_path: Path) -> None:
    hub.weather[PAIRWISE] = "page"
    with pytest.raises(WorkError):
        download(hub, tmp_path)
    before = {name: len(list_fetched(hub, name)) for name in (TAXONOMY, EVALUATION, ABSOLUTE)}
    hub.weather.clear()
    sets = download(hub, tmp_path)
    assert {name: len(list_fetched(hub, name)) for name in before} == before
    import_infinity_chat(str(tmp_path / "corpus"), sets)


def test_without_network_it_ends_at_once(tmp_path: Path) -> None:
    environment = {"HF_ENDPOINT": "http://127.0.0.1:9", "HIVEMIND_CACHE": str(tmp_path)}
    with pytest.raises(WorkError, match="downloading needs a network connection") as refusal:
        download_data_sets(environment=environment)
    assert "Connection refused" in str(refusal.value)


def test_a_data_set_without_files_is_told(hub: DataHub, tmp_path: Path) -> None:
    for file in (hub.folder / EVALUATION / "data").iterdir():
        file.unlink()
    with pytest.raises(WorkError, match="a data set must hold Parquet files under data/"):
        download(hub, tmp_path)


def test_the_command_downloads(
    hub: DataHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ(hub, tmp_path).items():
        monkeypatch.setenv(name, value)
    done = run("import", "infinity-chat", tmp_path / "corpus")
    assert done.returncode == 0, done.stderr
    assert f"queries: {SMALL.queries} taken" in done.stderr
    hub.weather[TAXONOMY] = "torn"
    monkeypatch.setenv("HIVEMIND_CACHE", str(tmp_path / "elsewhere"))
    failed = run("import", "infinity-chat", tmp_path / "other")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "a network connection that holds" in failed.stderr.splitlines()[-1]
