"""Files of decks: the text of each, written whole or not at all."""

import os
import re
import secrets
import unicodedata
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

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


def name_deck_file(folder: Path, title: str) -> Path:
    """Return a file for a new deck: named after its title, and not there yet."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:LONGEST_NAME].strip("-") or "deck"
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
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            with staged.open("xb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
    except OSError as error:
        raise WorkError(
            "the deck cannot be written",
            where=str(path),
            found=(error.strerror or str(error)).lower(),
            remedy="Set HIVEMIND_DECKS to a folder that can be written",
        ) from error


def change_deck_file(path: Path, change: Callable[[str], str]) -> str:
    """Read a deck, change it and write it, while nobody else does; return its new text.

    Raises
    ------
    InputError
        If it cannot be read, or `change` raises one.
    WorkError
        If it cannot be written, or somebody else writes for long.
    """
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=PATIENCE):
            text = change(read_deck_file(path))
            write_deck_file(path, text)
            return text
    except (Timeout, OSError) as error:
        raise WorkError(
            "the deck cannot be changed now",
            where=str(path),
            found=str(error),
            remedy="Somebody else may be writing it: try again",
        ) from error
