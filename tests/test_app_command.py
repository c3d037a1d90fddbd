"""`hivemind app`: what it refuses, and what it hands to the server."""

import os
import socket
from pathlib import Path

import pytest

from hivemind_core import cli
from hivemind_core.commands import serving
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.store import open_or_create, write_tables


class Started(Exception):
    """Stands for the server that would take over the process."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], dict[str, str]]:
    """Return what the server would be started with: its command and its environment."""
    command: list[str] = []
    environment: dict[str, str] = {}

    def start(program: str, arguments: list[str], variables: dict[str, str]) -> None:
        command.extend(arguments)
        environment.update(variables)
        raise Started

    monkeypatch.setattr(os, "execve", start)
    monkeypatch.delenv("HIVEMIND_CORPUS", raising=False)
    return command, environment


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["hivemind", "app", *arguments])
    cli.main()


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind((serving.ADDRESS, 0))
        return int(probe.getsockname()[1])


def test_it_serves_this_machine_alone(
    started: tuple[list[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = find_free_port()
    with pytest.raises(Started):
        run(monkeypatch, "--port", str(port))
    command, environment = started
    assert "--server.address=127.0.0.1" in command
    assert f"--server.port={port}" in command
    assert [Path(part).name for part in command[2:4]] == ["serve.py", "app.py"]
    assert "HIVEMIND_CORPUS" not in environment


def test_a_relative_corpus_holds_from_any_folder(
    started: tuple[list[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_tables(open_or_create(str(tmp_path / "mine")), {}, Manifest("mine"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Started):
        run(monkeypatch, "mine", "--port", str(find_free_port()))
    assert started[1]["HIVEMIND_CORPUS"] == str(tmp_path / "mine")


@pytest.mark.parametrize(
    "locator", ["nowhere", "nope://nowhere", "zip://a::nowhere.zip", "s3://nowhere/a"]
)
def test_a_corpus_that_does_not_open_is_one_line(
    locator: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, locator)
    line = capsys.readouterr().err
    assert ended.value.code == 2
    assert line.startswith("hivemind: ")
    assert locator in line
    assert line.count("\n") == 1


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "--port", port)
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        f"hivemind: --port: a port is a number from 1 to 65535; found {port}\n"
    )


def test_a_port_in_use_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind((serving.ADDRESS, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            run(monkeypatch, "--port", str(port))
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        f"hivemind: 127.0.0.1:{port}: the dashboard cannot listen there; "
        "found address already in use. Choose another port: --port N\n"
    )
