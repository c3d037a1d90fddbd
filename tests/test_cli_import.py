"""The commands import and check, run as a user runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROW = {"prompt": "q", "model": "m", "output": "x"}


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:

    return subprocess.run(
        [sys.executable, "-m", "hivemind_core.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
        env=os.environ | environment,
    )


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_import_and_check(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [ROW, ROW | {"colour": "red"}])
    done = run("import", "files", tmp_path / "c", "--responses", path, "--name", "ours", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["corpus"] == "ours"
    assert report["tables"]["responses"] == {
        "taken": 2,
        "already_there": 0,
        "completed": 0,
        "left": [],
    }
    assert "responses: 2 taken, 0 already there" in done.stderr
    assert "columns not used: colour of" in done.stderr
    checked = run("check", tmp_path / "c", "--json")
    assert checked.returncode == 0
    assert json.loads(checked.stdout)["sound"] is True
    assert "atlas: embeddings and views: run `hivemind build`" in checked.stderr


def test_bad_input_is_one_line_and_exit_2(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"prompt": "q", "model": "m", "output": "x"}\n{"prompt": \n')
    done = run("import", "files", tmp_path / "c", "--responses", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"hivemind: {path}, line 2: each line must be a JSON object")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "c").exists()
    skipped = run("import", "files", tmp_path / "c", "--responses", path, "--skip-bad")
    assert skipped.returncode == 0
    assert f"1 left: each line must be a JSON object ({path}, line 2)" in skipped.stderr


def test_a_place_that_cannot_be_written_is_exit_1(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [ROW])
    done = run("import", "files", "/proc/hivemind-test", "--responses", path)
    assert done.returncode == 1
    assert "the corpus cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_damaged_corpus_is_exit_2(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [ROW])
    run("import", "files", tmp_path / "c", "--responses", path)
    table = tmp_path / "c" / "responses.parquet"
    table.write_bytes(table.read_bytes()[:-9])
    done = run("check", tmp_path / "c", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["sound"] is False


def test_no_network_is_one_line_and_exit_1(tmp_path: Path) -> None:
    done = run("import", "novelty-bench", tmp_path / "c", HIVEMIND_GITHUB_RAW="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "downloading needs a network connection" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("command", [["import", "files"], ["import", "novelty-bench"], ["check"]])
def test_help_is_there(command: list[str]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert "CORPUS" in done.stdout
