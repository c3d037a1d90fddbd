"""Fixtures that several test files share; what is heavy is imported by those that need it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.browsing import Server

CHROMIUM = Path("/usr/bin/chromium")
MAIN = sys.modules["__main__"]


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data beside a checkout; tests that need it skip where it is absent."""
    folder = os.environ.get("HIVEMIND_TEST_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("HIVEMIND_TEST_DATA names no folder of real data")
    return Path(folder)


@pytest.fixture(autouse=True)
def own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give back the main module, which Streamlit replaces by the script it runs.

    A process that is spawned later would run that script instead. It is the one that pytest
    began with: a fixture of a module may have run a script before.
    """
    monkeypatch.setitem(sys.modules, "__main__", MAIN)


@pytest.fixture(autouse=True)
def private_folders(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep tests away from the user's own corpora and caches."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HIVEMIND_CORPORA", str(home / "corpora"))
    monkeypatch.setenv("HIVEMIND_CACHE", str(home / "cache"))
    monkeypatch.setenv("HIVEMIND_ENDPOINTS", str(home / "endpoints.toml"))
    monkeypatch.setenv("HIVEMIND_WARM_UP", "off")
    monkeypatch.setenv("HIVEMIND_DECKS", str(home / "decks"))


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a corpus of each state into a folder, which no test may change."""
    from tests import dashboard_corpus

    folder = tmp_path_factory.mktemp("library") / "corpora"
    dashboard_corpus.write_all(folder)
    return folder


@pytest.fixture
def use_corpora(corpora: Path, private_folders: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Show these corpora in pages that run without a browser."""
    monkeypatch.setenv("HIVEMIND_CORPORA", str(corpora))
    monkeypatch.delenv("HIVEMIND_CORPUS", raising=False)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Find Chromium; tests that need it skip where it is not."""
    if not CHROMIUM.exists():
        if os.environ.get("HIVEMIND_BROWSER") == "required":
            pytest.fail(f"HIVEMIND_BROWSER=required, and there is no {CHROMIUM}")
        pytest.skip(f"there is no {CHROMIUM}")
    return CHROMIUM


@pytest.fixture(scope="session")
def server(chromium: Path, corpora: Path) -> Iterator["Server"]:
    """Start a dashboard that all browser tests share."""
    from tests.browsing import Server

    running = Server(corpora)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator["Browser"]:
    """Start a browser for a module: Playwright keeps a loop of events while it runs."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=str(chromium),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield running
        running.close()


@pytest.fixture(scope="module")
def visitor(browser: "Browser") -> Iterator["BrowserContext"]:
    """Start a visit that the tests of a module share: the dashboard's own files come once."""
    from tests.browsing import WINDOW

    running = browser.new_context(viewport=WINDOW)
    yield running
    running.close()


@pytest.fixture
def tab(visitor: "BrowserContext") -> Iterator["Page"]:
    """Open a page; `open_tab` opens one of a browser that has seen nothing yet."""
    from tests.browsing import be_patient

    page = be_patient(visitor.new_page())
    yield page
    page.close()
