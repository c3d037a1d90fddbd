"""The store: what is written is what is read, all of it or nothing."""

import json
import multiprocessing
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from hivemind_core.corpus import journal
from hivemind_core.corpus.journal import JOURNAL, STAGED
from hivemind_core.corpus.manifest import FILE, Manifest
from hivemind_core.corpus.store import (
    Corpus,
    embeddings_file,
    open_corpus,
    open_or_create,
    write_files,
    write_tables,
)
from hivemind_core.corpus.tables import QUERIES, RESPONSES, build_rows
from hivemind_core.errors import CorpusError, WorkError


def build_tables(queries: int = 2, answers: int = 3) -> dict[str, pa.Table]:
    query_rows = [{"query_id": f"q{i:03}", "query": f"question {i}"} for i in range(queries)]
    responses: list[dict[str, object]] = [
        {
            "response_id": f"r{i:03}-{j:04}",
            "query_id": f"q{i:03}",
            "model": "m",
            "sample": j,
            "text": f"answer {j}",
        }
        for i in range(queries)
        for j in range(answers)
    ]
    return {
        "queries": build_rows(QUERIES, query_rows),
        "responses": build_rows(RESPONSES, responses),
    }


def make_corpus(locator: str, **sizes: int) -> Corpus:
    corpus = open_or_create(locator)
    return write_tables(corpus, build_tables(**sizes), corpus.manifest)


def read_bytes(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture
def memory() -> Iterator[str]:
    filesystem = fsspec.filesystem("memory")
    yield "memory://store-test"
    filesystem.rm("/store-test", recursive=True)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    written = make_corpus(str(tmp_path / "c"))
    opened = open_corpus(str(tmp_path / "c"))
    assert opened.manifest == written.manifest
    assert opened.manifest.rows["responses"] == 6
    assert opened.read(RESPONSES).equals(build_tables()["responses"])
    assert [s.name for s in opened.manifest.sources] == ["m"]


def test_a_memory_file_system_holds_a_corpus(memory: str) -> None:
    make_corpus(memory)
    corpus = make_corpus(memory, answers=4)
    assert len(open_corpus(memory).read(RESPONSES)) == 8
    assert not corpus.filesystem.exists(corpus.path(STAGED))


# The cache's own: it leaves its folder and its copies to the garbage collector.
@pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("chain", ["simplecache::file://{}/c", "dir://c::file://{}", "file://{}/c"])
def test_chained_file_systems_read_a_corpus(tmp_path: Path, chain: str) -> None:
    make_corpus(str(tmp_path / "c"))
    rows = open_corpus(chain.format(tmp_path)).read(RESPONSES, query_ids=["q001"])
    assert rows["response_id"].to_pylist() == ["r001-0000", "r001-0001", "r001-0002"]


def test_an_unknown_file_system_is_named() -> None:
    with pytest.raises(CorpusError, match="nosuch://x: a corpus must be at a local path"):
        open_corpus("nosuch://x")


def test_row_groups_hold_whole_queries(tmp_path: Path) -> None:
    corpus = make_corpus(str(tmp_path / "c"), queries=5, answers=700)
    file = pq.ParquetFile(tmp_path / "c" / "responses.parquet")
    groups = [
        set(file.read_row_group(i, columns=["query_id"])["query_id"].to_pylist())
        for i in range(file.num_row_groups)
    ]
    assert groups == [{"q000", "q001"}, {"q002", "q003"}, {"q004"}]
    assert len(corpus.read(RESPONSES, query_ids=["q003"], columns=["response_id"])) == 700
    assert len(corpus.read(RESPONSES, query_ids=[])) == 0


def test_tables_without_rows_are_written(tmp_path: Path) -> None:
    corpus = make_corpus(str(tmp_path / "c"))
    other = pa.schema([("category", pa.string())]).empty_table()
    new = write_files(corpus, {"a.parquet": RESPONSES.empty(), "b.parquet": other})
    assert new.read_file("a.parquet").equals(RESPONSES.empty())
    assert new.read_file("b.parquet").equals(other)


def test_tables_and_other_files_are_one_write(tmp_path: Path) -> None:
    corpus = open_or_create(str(tmp_path / "c"))
    file = embeddings_file("a/b")
    new = write_tables(corpus, build_tables(), corpus.manifest, {file: b"vectors"})
    assert new.has(file)
    assert (tmp_path / "c/embeddings/a%2Fb.parquet").read_bytes() == b"vectors"


def test_killed_before_the_journal_the_old_corpus_stands(tmp_path: Path) -> None:
    corpus = make_corpus(str(tmp_path / "c"))
    before = read_bytes(tmp_path / "c")
    staged = tmp_path / "c" / STAGED
    staged.mkdir()
    (staged / "0").write_bytes(b"half a fi")
    opened = open_corpus(str(tmp_path / "c"))
    assert opened.manifest == corpus.manifest
    write_files(opened, {"note.txt": b"x"})
    assert read_bytes(tmp_path / "c") == before | {"note.txt": b"x"}


@pytest.mark.parametrize("moves", [1, 2, 3])
def test_killed_between_moves_the_next_opening_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    class Killed(BaseException):
        pass

    make_corpus(str(tmp_path / "whole"), answers=9)
    make_corpus(str(tmp_path / "c"))
    calls = []
    move = journal._move

    def die(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) > moves:
            raise Killed
        move(*arguments)

    monkeypatch.setattr(journal, "_move", die)
    corpus = open_corpus(str(tmp_path / "c"))
    with pytest.raises(Killed):
        write_tables(corpus, build_tables(answers=9), corpus.manifest)
    monkeypatch.setattr(journal, "_move", move)
    assert (tmp_path / "c" / JOURNAL).exists()
    assert len(open_corpus(str(tmp_path / "c")).read(RESPONSES)) == 18
    whole = read_bytes(tmp_path / "whole")
    named = {FILE: whole[FILE].replace(b'"whole"', b'"c"')}
    assert read_bytes(tmp_path / "c") == whole | named


def test_a_failing_move_says_that_the_write_will_be_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = make_corpus(str(tmp_path / "c"))
    move = journal._move

    def fail(filesystem: Any, source: str, target: str) -> None:
        if target.endswith("responses.parquet"):
            raise OSError(5, "Input/output error")
        move(filesystem, source, target)

    monkeypatch.setattr(journal, "_move", fail)
    with pytest.raises(WorkError, match="opening it again finishes that; found Input/output"):
        write_tables(corpus, build_tables(answers=9), corpus.manifest)
    monkeypatch.setattr(journal, "_move", move)
    assert len(open_corpus(str(tmp_path / "c")).read(RESPONSES)) == 18


@pytest.mark.parametrize(
    "content", ["{", "[]", '{".staged/0": "../outside"}', '{"/etc/passwd": "responses.parquet"}']
)
def test_a_damaged_or_hostile_journal_is_named_and_moves_nothing(
    content: str, tmp_path: Path
) -> None:
    make_corpus(str(tmp_path / "c"))
    (tmp_path / "c" / STAGED).mkdir()
    (tmp_path / "c" / STAGED / "0").write_text("hostile")
    (tmp_path / "c" / JOURNAL).write_text(content)
    with pytest.raises(CorpusError, match="journal of a write is damaged"):
        open_corpus(str(tmp_path / "c"))
    assert not (tmp_path / "outside").exists()


def test_a_truncated_table_is_named(tmp_path: Path) -> None:
    corpus = make_corpus(str(tmp_path / "c"))
    path = tmp_path / "c" / "responses.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CorpusError, match=r"responses\.parquet: the file must be a whole Parquet"):
        corpus.read(RESPONSES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"name": "c", "schema_version": 99}', "up to schema 1; found schema 99. Upgrade"),
        ("{", "must be a JSON object"),
        ('{"source": "x"}', "must hold what a corpus is"),
    ],
)
def test_an_unreadable_manifest_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(CorpusError, match=message):
        open_corpus(str(tmp_path))


def test_no_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there is no corpus here"):
        open_corpus(str(tmp_path))


FULL_DISK = """
import resource, sys
sys.path[:0] = {path!r}
from tests.test_store import build_tables
from hivemind_core.corpus.store import open_corpus, write_tables
from hivemind_core.errors import WorkError
corpus = open_corpus({corpus!r})
tables = build_tables(queries=50, answers=200)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_tables(corpus, tables, corpus.manifest)
except WorkError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_corpus_as_it_was(tmp_path: Path) -> None:
    assert resource.RLIMIT_FSIZE is not None
    make_corpus(str(tmp_path / "c"))
    before = read_bytes(tmp_path / "c")
    root = str(Path(__file__).parent.parent)
    script = FULL_DISK.format(path=[root], corpus=str(tmp_path / "c"))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root
    )
    assert "cannot be written; it is as it was before; found File too large" in done.stdout
    assert read_bytes(tmp_path / "c") == before


def test_a_read_only_place_is_named() -> None:
    # Root may write anywhere but where the kernel itself says no.
    corpus = open_or_create("/proc/hivemind-test")
    with pytest.raises(WorkError, match="/proc/hivemind-test: the corpus cannot be written"):
        write_tables(corpus, build_tables(), corpus.manifest)


def _hold_lock(path: str, ready: Any) -> None:
    with FileLock(path):
        ready.set()
        time.sleep(60)


def test_a_second_writer_waits_and_then_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = make_corpus(str(tmp_path / "c"))
    before = read_bytes(tmp_path / "c")
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    other = context.Process(target=_hold_lock, args=(str(tmp_path / "c" / ".lock"), ready))
    other.start()
    try:
        assert ready.wait(60)
        monkeypatch.setattr(journal, "LOCK_SECONDS", 0.2)
        with pytest.raises(WorkError, match="one process at a time can write a corpus"):
            write_files(corpus, {"note.txt": b"x"})
    finally:
        if other.pid is not None:
            other.kill()
        other.join()
    assert other.exitcode == -signal.SIGKILL
    assert read_bytes(tmp_path / "c") == before
    write_files(corpus, {"note.txt": b"x"})


def test_what_another_process_wrote_is_not_written_over(tmp_path: Path) -> None:
    stale = make_corpus(str(tmp_path / "c"))
    make_corpus(str(tmp_path / "c"), answers=5)
    before = read_bytes(tmp_path / "c")
    with pytest.raises(WorkError, match="another process changed the corpus meanwhile"):
        write_files(stale, {"note.txt": b"x"}, Manifest("other"))
    assert read_bytes(tmp_path / "c") == before


def test_withheld_and_unanswered_are_counted(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"response_id": "a", "query_id": "q", "text": None, "model": None},
        {"response_id": "b", "query_id": "q", "text": "", "model": "m"},
        {"response_id": "c", "query_id": "q", "text": " \n\t", "model": "m"},  # no map takes it
    ]
    queries: list[dict[str, object]] = [
        {"query_id": "q", "query": "x"},
        {"query_id": "z", "query": "y"},
    ]
    corpus = open_or_create(str(tmp_path / "c"))
    tables = {"queries": build_rows(QUERIES, queries), "responses": build_rows(RESPONSES, rows)}
    manifest = write_tables(corpus, tables, corpus.manifest).manifest
    assert manifest.withheld == {"text": 1, "model": 1, "empty": 2, "unanswered": 1}
    assert json.loads((tmp_path / "c" / FILE).read_text())["withheld"] == manifest.withheld
