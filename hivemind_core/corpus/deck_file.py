"""Files of decks: the text of each, written whole or not at all."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from hivemind_core.corpus.whole_file import write_whole
from hivemind_core.errors import InputError, WorkError

ENDING = ".json"
LARGEST = 16_000_000  # bytes
LONGEST_NAME = 60
PATIENCE = 10.0  # seconds to wait for another who writes


def list_deck_files(folder: Path) -> list[Path]:
    """Return the decks of a folder by name; none where there is no folder."""
    try:
        found = [path for path in folder.glob(f"*{ENDING}") if path.is_file()]
    except OSError:
        return []
    return sorted(path for path in found if not path.name.startswith("."))


def name_stem(title: str) -> str:
    """Return a title as a name that every system takes, without an ending; empty where none is."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:LONGEST_NAME].strip("-")


def name_deck_file(folder: Path, title: str) -> Path:
    """Return a file for a new deck: named after its title, and not there yet."""
    stem = name_stem(title) or "deck"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 10_000)))
    return next(path for name in names if not (path := folder / f"{name}{ENDING}").exists())


def read_deck_file(path: Path) -> str:
    """Return the text of a deck.

    Raises
    ------
    InputError
        If there is none, or it is too large, or no text.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise InputError(
                f"a deck has {LARGEST:,} bytes at most", where=str(path), found=f"{size:,}"
            )
        return path.read_text("utf-8-sig")  # some editors begin a text with a mark
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        raise InputError("the deck cannot be read", where=str(path), found=found) from error
    except UnicodeDecodeError as error:
        raise InputError("a deck is UTF-8 text", where=str(path), found=error.reason) from error


def write_deck_file(path: Path, text: str) -> None:
    """Write the text of a deck; killed at any moment, the old file stands or the new one.

    Raises
    ------
    WorkError
        If it cannot be written.
    """
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise _refuse(path, error) from error


def add_deck_file(folder: Path, title: str, text: str) -> Path:
    """Write the text of a new deck into a file of its own, and return where it lies.

    Raises
    ------
    WorkError
        If it cannot be written, or somebody else writes for long.
    """
    with _hold(folder / ".decks.lock"):
        path = name_deck_file(folder, title)
        write_deck_file(path, text)
        return path


def change_deck_file(path: Path, change: Callable[[str], str]) -> str:
    """Read a deck, change it and write it, while nobody else does; return its new text.

    Raises
    ------
    InputError
        If it cannot be read, or `change` raises one.
    WorkError
        If it cannot be written, or somebody else writes for long.
    """
    with _hold(path.with_name(f".{path.name}.lock")):
        text = change(read_deck_file(path))
        write_deck_file(path, text)
        return text


@contextmanager
def _hold(lock: Path) -> Iterator[None]:
    """Keep others from writing; raise a WorkError where that is not to be had."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(lock)
        held.acquire(timeout=PATIENCE)
    except Timeout as error:
        raise WorkError(
            "the deck cannot be changed now",
            where=str(lock.parent),
            found=f"somebody else has been writing for {PATIENCE:g} seconds",
            remedy="Try again",
        ) from error
    except OSError as error:
        raise _refuse(lock.parent, error) from error
    try:
        yield
    finally:
        held.release()


def _refuse(path: Path, error: OSError) -> WorkError:
    return WorkError(
        "the deck cannot be written",
        where=str(path),
        found=(error.strerror or str(error)).lower(),
        remedy="Set HIVEMIND_DECKS to a folder that can be written",
    )
