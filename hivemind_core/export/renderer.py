"""A browser that is on this machine, as the engine that draws files: found, asked, and closed.

It is asked through choreographer, in a thread of its own, and gets a page whose policy lets it
load nothing.
"""

import asyncio
from base64 import b64decode
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from hivemind_core.errors import HivemindError, WorkError

if TYPE_CHECKING:
    from choreographer import Browser, Tab

T = TypeVar("T")
WITHOUT = "HTML, CSV and Parquet need no browser"
EXTRA = "pip install 'hivemind-atlas[export]'"
PATIENCE = 180.0  # seconds for all of a file


@dataclass(frozen=True)
class Photograph:
    """A part of a page to be taken as a picture: its left upper corner and size in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Sitting:
    """A page that is open in a browser."""

    tab: "Tab"

    async def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Return what the browser answers to a command of its DevTools protocol."""
        answer = await self.tab.send_command(method, params=parameters)
        if "error" in answer:
            raise WorkError("the browser could not draw", found=str(answer["error"].get("message")))
        return answer["result"]

    async def evaluate(self, script: str) -> object:
        """Return the value of a script, waited for."""
        asked = {"expression": script, "awaitPromise": True, "returnByValue": True}
        result = await self.ask("Runtime.evaluate", **asked)
        if "exceptionDetails" in result:
            found = result["exceptionDetails"].get("exception", {}).get("description", "")
            raise WorkError("the browser could not draw", found=str(found).partition("\n")[0])
        return result["result"].get("value")

    async def print_pages(self) -> bytes:
        """Return the page as PDF, in the size that its style says."""
        asked = {"preferCSSPageSize": True, "printBackground": True, "generateTaggedPDF": True}
        return b64decode((await self.ask("Page.printToPDF", **asked))["data"])

    async def photograph(self, part: Photograph, scale: float) -> bytes:
        """Return a part of the page as PNG, so many points of the picture a pixel."""
        clip = {"x": part.x, "y": part.y, "width": part.width, "height": part.height}
        taken = await self.ask(
            "Page.captureScreenshot",
            format="png",
            captureBeyondViewport=True,
            clip={**clip, "scale": scale},
        )
        return b64decode(taken["data"])


def find_renderer() -> Path:
    """Return the browser that draws pictures and PDF: Chrome, Chromium, or one of their kind.

    `BROWSER_PATH` names one that is not found by itself.

    Raises
    ------
    WorkError
        If there is none, or the package that asks it is not installed; says what works without.
    """
    try:
        from choreographer.browsers.chromium import Chromium
    except ImportError as error:
        raise WorkError(
            "pictures, PDF and slides need a package that is not installed",
            found=f"no {error.name}",
            remedy=f"Run {EXTRA}. {WITHOUT}",
        ) from error
    found = Chromium.find_browser(skip_local=False)
    if not found or not Path(found).is_file():
        raise WorkError(
            "pictures, PDF and slides are drawn by Chrome or Chromium",
            found=f"no browser at {found}" if found else "neither",
            remedy=f"Install one, or name it in BROWSER_PATH. {WITHOUT}",
        )
    return Path(found)


def render(page: bytes, work: Callable[[Sitting], Coroutine[Any, Any, T]]) -> T:
    """Open a page in a browser and return what is made of it there.

    Parameters
    ----------
    page : bytes
        HTML that loads nothing from elsewhere.
    work : async function
        Gets the page when it has loaded.

    Raises
    ------
    WorkError
        If there is no browser, or it fails.
    """
    path = find_renderer()
    outcome: list[T | BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(asyncio.wait_for(_sit(path, page, work), PATIENCE)))
        except BaseException as error:  # it is raised again where it was asked for
            outcome.append(error)

    # Who asks may have a loop of events that is running.
    thread = Thread(target=run)
    thread.start()
    thread.join()
    (result,) = outcome
    if isinstance(result, HivemindError):
        raise result
    if isinstance(result, BaseException):
        found = _tell_cause(result)
        raise WorkError(
            "the browser could not draw", where=str(path), found=found, remedy=WITHOUT
        ) from result
    return result


def _tell_cause(error: BaseException) -> str:
    """Return what went wrong in few words: of several sentences the first says it."""
    if isinstance(error, TimeoutError):
        return f"nothing after {PATIENCE:g} seconds"
    said = next((str(part).strip() for part in error.args if str(part).strip()), "")
    return said.rstrip(".") or type(error).__name__


async def _sit(path: Path, page: bytes, work: Callable[[Sitting], Coroutine[Any, Any, T]]) -> T:
    from choreographer import Browser
    from choreographer.utils import TmpDirectory

    # A browser in a box of its own does not see the usual folder for temporary files. Its profile
    # lies inside ours, so that nothing is left of one that fails to start.
    folder = TmpDirectory(sneak="snap" in str(path))
    browser = Browser(path=path, headless=True, tmp_dir=str(folder.path))
    try:
        file = folder.path / "page.html"
        file.write_bytes(page)
        async with browser:
            return await work(await _open(browser, file.as_uri()))
    finally:
        folder.clean()


async def _open(browser: "Browser", address: str) -> Sitting:
    tab = await browser.create_tab("", window=True)
    sitting = Sitting(tab)
    await sitting.ask("Page.enable")
    loaded = tab.subscribe_once("Page.loadEventFired")
    await sitting.ask("Page.navigate", url=address)
    await loaded
    return sitting
