"""What was answered, kept on arrival: nothing is asked, and paid for, twice."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hivemind_core.corpus.keyed_file import KeyedFile
from hivemind_core.errors import WorkError


def make_key(*parts: object) -> bytes:
    """Return 32 bytes that stand for what was asked: everything that makes the answer, no key."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()


GATHER_SECONDS = 0.02
"""What comes so soon after another is written with it: a write costs as much as many rows."""


class Pen:
    """Writes outcomes in a thread of its own: what comes while it writes goes in one go after.

    An outcome is on disk some 30 milliseconds after it came, and nobody waits for the disk.

    Parameters
    ----------
    journal : AnswerJournal
    """

    def __init__(self, journal: "AnswerJournal") -> None:
        self._journal = journal
        self._given: dict[bytes, Mapping[str, Any]] = {}
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def write(self, key: bytes, outcome: Mapping[str, Any]) -> None:
        """Take an outcome, to be written at once.

        Raises
        ------
        WorkError
            If an earlier one could not be written.
        """
        with self._changed:
            self._check()
            self._given[key] = outcome
            if len(self._given) == 1:  # with more it is about to write
                self._changed.notify()

    def close(self) -> None:
        """Wait until all is written.

        Raises
        ------
        WorkError
            If something could not be.
        """
        with self._changed:
            self._closing.set()
            self._changed.notify()
        self._thread.join()
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        given = self._await()
        try:
            with self._journal.hold_open() if given else nullcontext() as write:
                while given and write is not None:
                    write(given)
                    given = self._await()
        except WorkError as failure:  # told to whoever writes or closes next
            self._failure = failure

    def _await(self) -> Mapping[bytes, Mapping[str, Any]]:
        """Return what has been given since; nothing once there will be no more."""
        with self._changed:
            while not self._given and not self._closing.is_set():
                self._changed.wait()
        self._closing.wait(GATHER_SECONDS)
        with self._changed:
            given, self._given = self._given, {}
            return given


@dataclass(frozen=True)
class AnswerJournal:
    """A file of outcomes by what was asked; every `write` is whole, also after a kill.

    Attributes
    ----------
    path : pathlib.Path
        SQLite file; made when first written.
    """

    path: Path

    def read(self, keys: Sequence[bytes]) -> dict[bytes, dict[str, Any]]:
        """Return what is kept, by key; keys of which nothing is kept are left out."""
        return {key: json.loads(text) for key, text in self._file.read(list(keys)).items()}

    def write(self, outcomes: Mapping[bytes, Mapping[str, Any]]) -> None:
        """Keep outcomes by key.

        Raises
        ------
        WorkError
            If the file cannot be written.
        """
        self._file.write(_format(outcomes))

    @contextmanager
    def hold_open(self) -> Iterator[Callable[[Mapping[bytes, Mapping[str, Any]]], None]]:
        """Give a `write` for many small writes; see `KeyedFile.hold_open`."""
        with self._file.hold_open() as write:
            yield lambda outcomes: write(_format(outcomes))

    @contextmanager
    def open_pen(self) -> Iterator["Pen"]:
        """Give a pen, and see to it that all it was given is written, whatever happens.

        Raises
        ------
        WorkError
            If the file cannot be written.
        """
        pen = Pen(self)
        try:
            yield pen
        finally:
            pen.close()

    @property
    def _file(self) -> KeyedFile:
        return KeyedFile(self.path, "answers", "outcome TEXT")


def _format(outcomes: Mapping[bytes, Mapping[str, Any]]) -> list[tuple[bytes, str]]:
    return [(key, json.dumps(outcome)) for key, outcome in outcomes.items()]
