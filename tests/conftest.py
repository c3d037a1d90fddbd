"""Fixtures that several test files share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data beside a checkout; tests that need it skip where it is absent."""
    folder = os.environ.get("HIVEMIND_TEST_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("HIVEMIND_TEST_DATA names no folder of real data")
    return Path(folder)


@pytest.fixture(autouse=True)
def private_folders(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep tests away from the user's own corpora and caches."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HIVEMIND_CORPORA", str(home / "corpora"))
    monkeypatch.setenv("HIVEMIND_CACHE", str(home / "cache"))
