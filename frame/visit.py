"""Visit pages without a browser, and say what they show: the process behind `frame/rendering.py`.

It reads pairs of a view and a ground from its standard input, and writes an exhibit for each to
its standard output, until the input ends.
"""

import os
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    from hivemind_core.exhibit import Exhibit, View

HOME = Path(__file__).parent.parent
AN_HOUR = 3600.0  # whoever asks ends this process sooner
TOLD, LONGEST = 3, 40  # of several values or faults so many are told, each in so many characters


def visit(view: "View", ground: str) -> "Exhibit":
    """Return what the page of a view shows, in this process.

    It stands in for the server while it runs, so a process that serves must not call it.
    """
    from streamlit.testing.v1 import AppTest

    from frame.loading import list_shelf
    from frame.rendering import miss
    from hivemind_core.exhibit import write_query

    if view.corpus and view.corpus not in {shelved.name for shelved in list_shelf()}:
        return miss(view, f"The corpus “{view.corpus}” is not here.")
    app = AppTest.from_file(str(HOME / "app.py"), default_timeout=AN_HOUR)
    app.context = {"theme": ground}
    app.session_state["visited"] = view.page
    app.query_params.update(write_query(view))
    app.run()
    if app.exception:
        return miss(view, _cut(f"Its page failed: {app.exception[0].message}", 8 * LONGEST))
    exhibit: Exhibit | None = app.session_state.get("exhibit")
    if exhibit is None:
        return miss(view, "Its page showed nothing.")
    return _find_faults(view, exhibit, app)


def _find_faults(view: "View", exhibit: "Exhibit", app: "AppTest") -> "Exhibit":
    """Return what a page showed, with what differs from what was asked for."""
    from dataclasses import replace

    from hivemind_core.corpus.exports import HASH_SHOWN
    from hivemind_core.figures.numbers import isolate_words

    shown, faults = exhibit.view, [exhibit.fault] if exhibit.fault else []
    if shown.content_hash and not shown.content_hash.startswith(view.content_hash):
        now, then = shown.content_hash[:HASH_SHOWN], view.content_hash[:HASH_SHOWN]
        faults.append(f"The corpus changed since this was pinned: content {then} then, {now} now.")
    if shown.corpus and not view.corpus:
        faults.append("It was pinned where there is no corpus, and one is here.")
    if not exhibit.fault:
        missing = [
            _tell_missing(name, value)
            for name, value in view.parameters.items()
            if not _is_heeded(value, shown.parameters.get(name), app.session_state.get(name))
        ]
        faults += missing[:TOLD]
        if (more := len(missing) - TOLD) > 0:
            faults.append(f"{more} more of its choices {'is' if more == 1 else 'are'} not here.")
    return replace(exhibit, fault=isolate_words(" ".join(faults)))


def _tell_missing(name: str, value: str | tuple[str, ...]) -> str:
    """Return what a view asks for in vain: a slide has room for a few of several values."""
    values = (value,) if isinstance(value, str) else value
    told = [_cut(each, LONGEST) for each in values[:TOLD]]
    if len(values) > TOLD:
        told[-1] += f" and {len(values) - TOLD} more"
    return f"It asks for {_cut(name, LONGEST)} = {', '.join(told)}, which is not here."


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _is_heeded(asked: str | tuple[str, ...], shown: object, kept: object) -> bool:
    """Whether the page shows what was asked for: a widget may spell a number in its own way."""
    if asked == shown or (isinstance(shown, tuple) and shown == (asked,)):
        return True
    if isinstance(kept, int | float) and isinstance(asked, str):
        try:
            return not isinstance(kept, bool) and float(asked) == float(kept)
        except ValueError:
            return False
    return not asked and not shown


def main() -> None:
    """Draw what is asked for, until nobody asks any more."""
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a page prints must not get between the exhibits
    sys.path.insert(0, str(HOME))
    while True:
        try:
            view, ground = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own process
        except EOFError:
            return
        pickle.dump(visit(view, ground), channel)
        channel.flush()


if __name__ == "__main__":
    main()
