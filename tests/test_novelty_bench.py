"""NoveltyBench: its layout, its oddities, and its download over a loopback server."""

import gc
import hashlib
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hivemind_core.corpus.download import (
    NOVELTY_BENCH,
    STAGE,
    PublicFile,
    download_novelty_bench,
)
from hivemind_core.corpus.novelty_bench import (
    DUPLICATE,
    RAW_SCORER,
    SCORER,
    import_novelty_bench,
)
from hivemind_core.corpus.store import open_corpus
from hivemind_core.corpus.tables import QUERIES, RESPONSES, SCORES
from hivemind_core.errors import InputError, WorkError

# A response that fails stays open in pooch until it is collected.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def collect_sockets() -> Iterator[None]:
    """Close what failed downloads leave open before the next test starts."""
    yield
    gc.collect()


QUERY = {"id": "curated-0", "category": "Creativity", "prompt": "a joke?", "prompt_paraphrases": []}
ANSWER = {
    "id": "curated-0",
    "prompt": "a joke?",
    "model": "m",
    "generations": ["ha", "ha", "ho"],
    "partition": [0, 0, 1],
    "generation_scores": [7, 0, 3],
    "generation_raw_rewards": [-1.5, -1.5, 2.0],
}


def write_lines(path: Path, *rows: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def make_folder(folder: Path, **answers: dict[str, Any]) -> Path:
    """Lay out a small NoveltyBench; each answer's name is its folder's."""
    write_lines(folder / "data/curated.jsonl", QUERY)
    for name, row in answers.items():
        write_lines(folder / f"evaluation/{name}/nb-curated/scores.jsonl", row)
    return folder


def list_sources(locator: Path) -> list[str]:
    return [source.name for source in open_corpus(str(locator)).manifest.sources]


def test_an_answer_becomes_samples_and_scores(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "nb", new=ANSWER)
    report = import_novelty_bench(str(tmp_path / "c"), folder)
    corpus = open_corpus(str(tmp_path / "c"))
    rows = corpus.read(RESPONSES).to_pylist()
    assert [(r["sample"], r["text"], r["group"]) for r in rows] == [
        (0, "ha", "0"),
        (1, "ha", "0"),
        (2, "ho", "1"),
    ]
    assert len({r["response_id"] for r in rows}) == 3
    scores = corpus.read(SCORES).to_pylist()
    assert Counter((s["scorer"], s["score"]) for s in scores) == {
        (SCORER, 7.0): 1,
        (SCORER, 3.0): 1,
        (RAW_SCORER, -1.5): 2,
        (RAW_SCORER, 2.0): 1,
    }
    left = report.tables["scores"].left[0]
    assert (left.rule, left.rows) == (DUPLICATE, 1)
    query = corpus.read(QUERIES).to_pylist()[0]
    assert query["categories"] == query["labels"] == ["Creativity"]
    assert (query["query_id"], query["source_id"], query["split"]) == (
        "curated-0",
        "curated-0",
        "curated",
    )


def test_unknown_folders_take_the_row_s_model_or_their_own_name(tmp_path: Path) -> None:
    path = ANSWER | {"model": "/scratch/models/secret"}
    answers = {
        "2026-01-02_zephyr": path,
        "plain": path,
        "one": ANSWER,
        "two": ANSWER,
        "olmo2-7b-random": ANSWER,
    }
    folder = make_folder(tmp_path / "nb", **answers)
    import_novelty_bench(str(tmp_path / "c"), folder)
    assert list_sources(tmp_path / "c") == ["m", "m · two", "olmo2-7b", "plain", "zephyr"]


def test_generations_that_nobody_scored(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "nb", a=ANSWER)
    bare = {name: ANSWER[name] for name in ("id", "prompt", "model", "generations")}
    write_lines(folder / "evaluation/b/nb-curated/generations.jsonl", bare | {"model": "n"})
    report = import_novelty_bench(str(tmp_path / "c"), folder)
    assert report.tables["responses"].taken == 6
    assert list_sources(tmp_path / "c") == ["m", "n"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"partition": [0]}, r"column partition: a list beside the generations .* found 1 for 3"),
        ({"generations": "ha"}, "a list beside the generations"),
        ({"generation_scores": [1, 2, "3"]}, "a cell must be a number"),
        ({"prompt": "another"}, "rows of queries with one query_id must be the same"),
        ({"id": None}, "a needed field is missing"),
    ],
)
def test_a_bad_row_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    folder = make_folder(tmp_path / "nb", new=ANSWER | change)
    with pytest.raises(InputError, match=rf"scores\.jsonl, line 1.*{message}"):
        import_novelty_bench(str(tmp_path / "c"), folder)
    assert not (tmp_path / "c").exists()


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must hold data/curated\.jsonl"):
        import_novelty_bench(str(tmp_path / "c"), tmp_path)
    with pytest.raises(InputError, match="must hold evaluation/<model>"):
        import_novelty_bench(str(tmp_path / "c"), make_folder(tmp_path / "nb"))


def test_the_real_one(tmp_path: Path, test_data: Path) -> None:
    folder = test_data / "novelty-bench"
    report = import_novelty_bench(str(tmp_path / "nb"), folder)
    corpus = open_corpus(str(tmp_path / "nb"))
    assert set(list_sources(tmp_path / "nb")) == {
        "gemini-1.5-pro",
        "gpt-4o",
        "olmo2-7b",
        "olmo2-7b · random-doc",
        "CrPO-llama-3.1-8b",
        "human",
    }
    assert {name: t.taken for name, t in report.tables.items()} == {
        "queries": 100,
        "responses": 5800,
        "scores": 3395 + 3000,
    }
    assert report.tables["scores"].left[0].rows == 2405
    categories = Counter(c[0] for c in corpus.read(QUERIES)["categories"].to_pylist())
    assert categories == {
        "Factual Knowledge": 28,
        "Subjective Rankings & Opinions": 23,
        "Creativity": 20,
        "Random Generation & Selection": 15,
        "Character & Entity Naming": 7,
        "Product & Purchase Recommendations": 7,
    }
    assert corpus.manifest.licence == "MIT"
    written = corpus.manifest.content_hash
    again = import_novelty_bench(str(tmp_path / "nb"), folder)
    assert again.content_hash == written
    assert all(table.taken == 0 for table in again.tables.values())


def test_the_known_hashes_are_those_of_the_real_files(test_data: Path) -> None:
    for file in NOVELTY_BENCH:
        content = (test_data / "novelty-bench" / file.path).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file.sha256, file.size)


class Site(ThreadingHTTPServer):
    """A server of files that notes what was asked for."""

    daemon_threads = True

    def __init__(self, contents: dict[str, bytes], mode: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.contents, self.mode, self.asked = contents, mode, list[str]()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        content = self.server.contents[self.path]
        status = 404 if self.server.mode == "absent" else 200
        if self.server.mode == "page":
            content = b"<html>Please log in</html>"
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if self.server.mode == "cut" else content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@contextmanager
def serve(folder: Path, mode: str = "") -> Iterator[tuple[Site, tuple[PublicFile, ...]]]:
    """Serve a small NoveltyBench over loopback; yields the server and the table of its files."""
    paths = [path for path in sorted(folder.rglob("*.jsonl")) if path.is_file()]
    contents = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    files = tuple(
        PublicFile(name, "owner/name", "abc", name, hashlib.sha256(body).hexdigest(), len(body))
        for name, body in contents.items()
    )
    site = Site({f"/{f.address}": contents[f.path] for f in files}, mode)
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site, files
    finally:
        site.shutdown()
        site.server_close()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "nb", gpt4o=ANSWER)


def test_files_are_downloaded_once(tmp_path: Path, folder: Path) -> None:
    news: list[tuple[str, int, int]] = []
    environment = {"HIVEMIND_CACHE": str(tmp_path / "cache")}
    with serve(folder) as (site, files):
        environment["HIVEMIND_GITHUB_RAW"] = site.address + "/"
        found = download_novelty_bench(
            report=lambda *step: news.append(step), environment=environment, files=files
        )
        assert site.asked == [f"/{file.address}" for file in files]
        download_novelty_bench(environment=environment, files=files)
        assert len(site.asked) == len(files)
        damaged = found / files[0].path
        damaged.write_bytes(b"half")
        download_novelty_bench(environment=environment, files=files)
        assert len(site.asked) == len(files) + 1
    for file in files:
        assert (found / file.path).read_bytes() == (folder / file.path).read_bytes()
    total = sum(file.size for file in files)
    assert news[-1] == (STAGE, total, total)
    assert all(0 <= done <= total for _, done, _ in news)
    import_novelty_bench(str(tmp_path / "c"), found)
    assert list_sources(tmp_path / "c") == ["gpt-4o"]


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("absent", "the host must have the file; found 404"),
        ("page", "what came must be the known file; found another SHA-256"),
        ("cut", "the file must arrive whole; found a cut answer"),
    ],
)
def test_a_download_that_fails_is_one_line(
    tmp_path: Path, folder: Path, mode: str, message: str
) -> None:
    environment = {"HIVEMIND_CACHE": str(tmp_path / "cache")}
    with serve(folder, mode) as (site, files), pytest.raises(WorkError, match=message) as failure:
        download_novelty_bench(environment=environment, mirror=site.address, files=files)
    assert "\n" not in str(failure.value)
    assert files[0].address in str(failure.value)
    left = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert left == []


def test_no_network_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        mirror = f"http://127.0.0.1:{closed.getsockname()[1]}"
        environment = {"HIVEMIND_CACHE": str(tmp_path / "cache")}
        with pytest.raises(
            WorkError, match=r"needs a network connection; found .*refused"
        ) as failure:
            download_novelty_bench(environment=environment, mirror=mirror)
    assert "\n" not in str(failure.value)


def test_a_cache_that_cannot_be_written_is_one_line(folder: Path) -> None:
    with serve(folder) as (site, files), pytest.raises(WorkError, match="cache must be writable"):
        download_novelty_bench(
            environment={"HIVEMIND_CACHE": "/proc/hivemind-test"}, mirror=site.address, files=files
        )


def test_addresses_are_at_fixed_commits() -> None:
    by_path = {file.path: file.address for file in NOVELTY_BENCH}
    assert len(by_path) == 7
    assert by_path["data/curated.jsonl"] == "novelty-bench/novelty-bench/5b22b53/data/curated.jsonl"
    assert by_path["evaluation/olmo2-7b-random/nb-curated/scores.jsonl"].endswith(
        "4da880a3896fdd9dfa64982455c7e372a99eb245/results/curated/olmo2-7b-random/scores.jsonl"
    )
