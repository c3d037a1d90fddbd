"""Views drawn again from their addresses, by visiting their pages without a browser.

The visits are made in a process of its own (`frame/visit.py`), which is kept for the next view:
a visit must not disturb a server that runs in this one, and a page that hangs can be ended.
"""

import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import IO, Literal

from hivemind_core.corpus.locations import find_dashboard
from hivemind_core.deck import Deck, Slide, dress
from hivemind_core.errors import InputError, make_sentence, shorten
from hivemind_core.exhibit import Exhibit, View
from hivemind_core.figures.numbers import isolate_words
from hivemind_core.progress import Report, report_nothing

Ground = Literal["light", "dark"]
GROUNDS: tuple[Ground, ...] = ("light", "dark")
PATIENCE = 120.0  # seconds for a view; the first of a large corpus reads its views


def _name(words: str) -> frozenset[str]:
    return frozenset(words.split())


CHOICES: Mapping[str, frozenset[str]] = {
    "overview": _name("encoder"),
    "taxonomy": _name("encoder taxonomy asked topic also split answered queries_as"),
    "atlas": _name(
        "encoder view map_category category query colour map draw show list same at_people "
        "at_cosine at_judge find pair group cluster once like points"
    ),
    "homogeneity": _name(
        "encoder of part subset category only measure pooling order first second evidence from to"
    ),
    "calibration": _name(
        "judgements annotation criterion without_people disagreement bins planted seed calibration "
        "scorers scorer beside sliced slice item order_items printed_by printed_sliced "
        "printed_scorers"
    ),
    "live": _name("encoder replay pace ask"),
}
"""What can be chosen on each page that can be drawn."""


def check_view(view: View) -> None:
    """Raise InputError where there is no such page, or nothing on it is chosen so."""
    if view.page not in CHOICES:
        raise InputError(
            "there is no such page to draw",
            found=shorten(view.page),
            remedy=f"There are {', '.join(CHOICES)}",
        )
    known = CHOICES[view.page]
    unknown = [name for name in view.parameters if name not in known]
    if unknown:
        raise InputError(
            f"nothing on the page {view.page} is called so",
            found=shorten(unknown[0]),
            remedy=f"There are {', '.join(sorted(known))}",
        )


def read_view(page: str, given: Sequence[str], corpus: str = "") -> View:
    """Return the view of a page that is chosen by words such as "query=q7".

    Parameters
    ----------
    page : str
    given : sequence of str
        NAME=VALUE; a name that comes again has several values.
    corpus : str
        Its name.

    Raises
    ------
    InputError
        If there is no such page or choice, or a word has no "=".
    """
    values: dict[str, list[str]] = {}
    for words in given:
        name, equals, value = words.partition("=")
        if not equals:
            raise InputError("a choice is NAME=VALUE", found=shorten(words))
        values.setdefault(name, []).append(value)
    found = {name: many[0] if len(many) == 1 else tuple(many) for name, many in values.items()}
    view = View(page, found, corpus)
    check_view(view)
    return view


class Renderer:
    """Draws views one after the other, in a process that it starts when it is first asked.

    Parameters
    ----------
    environment : mapping of str to str
        Of that process: it says where corpora and caches lie.
    patience : float
        Seconds for a view.
    """

    def __init__(self, environment: Mapping[str, str], patience: float = PATIENCE) -> None:
        self._environment = dict(environment) | {"STREAMLIT_LOGGER_LEVEL": "error"}
        self._patience = patience
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None

    def draw(self, view: View, ground: Ground = "light") -> Exhibit:
        """Return what the page of a view shows now.

        Parameters
        ----------
        view : View
        ground : "light" or "dark"

        Returns
        -------
        Exhibit
            With a `fault` where it is not what was pinned, or could not be drawn.

        Raises
        ------
        InputError
            If there is no such page, or nothing on it is chosen so.
        """
        check_view(view)
        with self._lock:
            process, late = self._start(), threading.Event()

            def end() -> None:
                late.set()  # before the end of the process, which says that nothing comes
                process.kill()

            clock = threading.Timer(self._patience, end)
            clock.start()
            try:
                return _ask(process, view, ground)
            except (EOFError, OSError, pickle.UnpicklingError):
                return miss(view, self._explain(is_late=late.is_set()))
            finally:
                clock.cancel()

    def close(self) -> None:
        """End the process; the next view starts another."""
        with self._lock:
            self._end()

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process
        # -P keeps modules that lie in the current folder from standing in for installed ones.
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-P", str(find_dashboard() / "frame" / "visit.py")],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        if self._said is not None:
            self._said.close()
        self._process = self._said = None

    def _explain(self, *, is_late: bool) -> str:
        """Return why nothing came back."""
        if is_late:
            self._end()
            return f"Drawing it took longer than {self._patience:g} seconds."
        said = b""
        if self._process is not None and self._said is not None:
            self._process.wait()
            self._said.seek(0)
            said = self._said.read()
        self._end()
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        return f"Drawing it broke off: {last}" if last else "Drawing it broke off."


def _ask(process: subprocess.Popen[bytes], view: View, ground: Ground) -> Exhibit:
    assert process.stdin is not None  # noqa: S101 - for the type checker: both are pipes
    assert process.stdout is not None  # noqa: S101
    pickle.dump((view, ground), process.stdin)
    process.stdin.flush()
    exhibit = pickle.load(process.stdout)  # noqa: S301 - our own process wrote it
    if not isinstance(exhibit, Exhibit):
        raise EOFError
    return exhibit


def miss(view: View, fault: str) -> Exhibit:
    """Return an exhibit of nothing, and why."""
    return Exhibit(view, view.page.capitalize(), "", fault=isolate_words(fault))


def draw_deck(
    deck: Deck, ground: Ground, renderer: Renderer, report: Report = report_nothing
) -> list[Exhibit]:
    """Return what every view of a deck shows now, with the words of its slides.

    A slide that is of no page, or of none that is chosen so, has that as its `fault`.
    """
    exhibits: list[Exhibit] = []
    for number, slide in enumerate(deck.slides):
        report("drawing", number, len(deck.slides))
        exhibits.append(dress(slide, _draw_slide(slide, ground, renderer)))
    report("drawing", len(deck.slides), len(deck.slides))
    return exhibits


def _draw_slide(slide: Slide, ground: Ground, renderer: Renderer) -> Exhibit:
    try:
        return renderer.draw(slide.view, ground)
    except InputError as error:
        return miss(slide.view, make_sentence(error))
