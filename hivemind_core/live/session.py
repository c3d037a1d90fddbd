"""A live session: it runs in threads of its own, and anybody may look at it at any time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hivemind_core.corpus.recording import Asked, Event, Heard, Landed, Recording
from hivemind_core.errors import HivemindError
from hivemind_core.live.feeds import Feed
from hivemind_core.live.reading import Reader, Reading

State = Literal["running", "done", "failed", "cancelled"]
BROKEN, UNREAD = "it broke off", "the answers could not be read"
LEAST_REST = 0.4  # seconds between two readings, in which others have the processor
LEAST_PAUSE = 0.1  # seconds between two words of one answer that a recording keeps


@dataclass(frozen=True, eq=False)
class FinalMap:
    """The map that is drawn once all answers have come.

    Attributes
    ----------
    points : (n, 2) float32
        Of the answers of the last reading.
    clusters : (n,) int32
        -1 is noise.
    method : str
        "umap", or "pca" where UMAP cannot serve.
    trust : float
        Trustworthiness; nan where undefined.
    reason : str or None
        Why it is not UMAP, or there are no clusters.
    """

    points: NDArray[np.float32]
    clusters: NDArray[np.int32]
    method: str
    trust: float
    reason: str | None


@dataclass(frozen=True, eq=False)
class Scene:
    """How far a session is.

    Attributes
    ----------
    state : "running", "done", "failed" or "cancelled"
    seconds : float
        Since it began, until it ended.
    landed : tuple of Landed
        What became of samples so far, in the order in which it did.
    said : mapping of (source, sample) to str
        Answers that are on their way.
    reading : Reading or None
        Of the answers that have been encoded; None before the first.
    final : FinalMap or None
        None while answers come, and where they were placed on a map that was there.
    is_read : bool
        Whether all that will come has come and been read: only the last map may still be drawn.
    is_settled : bool
        Whether nothing in it will change any more.
    fault : str
        Why it failed, or why answers cannot be placed.
    """

    state: State
    seconds: float
    landed: tuple[Landed, ...]
    said: dict[tuple[int, int], str]
    reading: Reading | None
    final: FinalMap | None
    is_read: bool
    is_settled: bool
    fault: str


@dataclass
class _Notes:
    """All that changes while a session runs; held under one lock."""

    state: State = "running"
    ended: float | None = None
    landed: list[Landed] = field(default_factory=list)
    said: dict[tuple[int, int], str] = field(default_factory=dict)
    kept: dict[tuple[int, int], tuple[float, str]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    reading: Reading | None = None
    final: FinalMap | None = None
    is_read: bool = False
    is_settled: bool = False
    fault: str = ""


class Session:
    """One query on its way: a thread asks, another reads what has come.

    Parameters
    ----------
    asked : Asked
    feed : Feed
    reader : Reader
    clock : callable
        Seconds on a clock that only goes forward.
    """

    def __init__(
        self,
        asked: Asked,
        feed: Feed,
        reader: Reader,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.asked, self.feed = asked, feed
        self.created = datetime.now(UTC).isoformat(timespec="seconds")
        self.reader, self._clock = reader, clock
        self._stop, self._changed = threading.Event(), threading.Condition()
        self._notes = _Notes()
        self._begun = clock()
        self._threads = [
            threading.Thread(target=run, daemon=True) for run in (self._run, self._read)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def scene(self) -> Scene:
        """How far it is now."""
        with self._changed:
            notes = self._notes
            ended = self._clock() if notes.ended is None else notes.ended
            return Scene(
                notes.state,
                ended - self._begun,
                tuple(notes.landed),
                dict(notes.said),
                notes.reading,
                notes.final,
                notes.is_read,
                notes.is_settled,
                notes.fault,
            )

    def cancel(self) -> None:
        """End it: what has come stays; harmless when it has ended."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing changes any more, at most so long; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self._notes.is_settled, seconds)

    def record(self) -> Recording:
        """Return what has happened so far, to be played again."""
        with self._changed:
            return Recording(self.asked, tuple(self._notes.events), self.created)

    def hear(self, source: int, sample: int, text: str) -> None:
        """Take all that has come of an answer so far."""
        with self._changed:
            notes, slot, at = self._notes, (source, sample), self._clock() - self._begun
            notes.said[slot] = text
            last, before = notes.kept.get(slot, (-LEAST_PAUSE, ""))
            anew = not text.startswith(before)
            if anew or at - last >= LEAST_PAUSE:
                more = text if anew else text[len(before) :]
                notes.events.append(Heard(at, source, sample, more, anew))
                notes.kept[slot] = (at, text)

    def land(self, landed: Landed) -> None:
        """Take what became of a sample."""
        with self._changed:
            now = replace(landed, at=self._clock() - self._begun)
            self._notes.said.pop((landed.source, landed.sample), None)
            self._notes.landed.append(now)
            self._notes.events.append(now)
            self._changed.notify_all()

    def _run(self) -> None:
        state: State = "failed"
        fault = BROKEN
        try:
            self.feed.run(self, self._stop)
            state, fault = ("cancelled" if self._stop.is_set() else "done"), ""
        except HivemindError as error:
            fault = str(error)
        finally:
            with self._changed:
                notes = self._notes
                notes.state, notes.ended = state, self._clock()
                notes.fault = fault or notes.fault  # of the reader, which may have failed before
                notes.said.clear()
                self._changed.notify_all()

    def _read(self) -> None:
        """Read what has come, again and again, until all has; then draw the last map."""
        read, fault = 0, UNREAD
        try:
            while (landed := self._await(read)) is not None:
                read = len(landed)
                reading = self.reader.read(landed)
                with self._changed:
                    self._notes.reading = reading
                    self._changed.notify_all()
            with self._changed:
                self._notes.is_read = True
                self._changed.notify_all()
            if self.reader.frozen is None and self._notes.reading is not None:
                final = draw_final(self._notes.reading)
                with self._changed:
                    self._notes.final = final
            fault = ""
        except HivemindError as error:
            fault = str(error)
        finally:
            with self._changed:
                self._notes.fault = self._notes.fault or fault
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._notes.state != "running")
                self._notes.is_read = self._notes.is_settled = True
                self._changed.notify_all()

    def _await(self, read: int) -> list[Landed] | None:
        """Return what has landed once it is more than was read; None when there will be no more."""
        with self._changed:
            if read:
                self._changed.wait_for(lambda: self._notes.state != "running", LEAST_REST)
            self._changed.wait_for(
                lambda: len(self._notes.landed) > read or self._notes.state != "running"
            )
            return list(self._notes.landed) if len(self._notes.landed) > read else None


def draw_final(reading: Reading) -> FinalMap:
    """Return the map of all answers of a reading, by UMAP where there are enough, with clusters."""
    from hivemind_core.space.cluster import cluster
    from hivemind_core.space.project import measure_trust, project

    layout = project(reading.vectors)
    found = cluster(layout.points)
    trust = measure_trust(reading.vectors, layout.points)
    reason = "; ".join(filter(None, (layout.reason, found.reason))) or None
    return FinalMap(layout.points, found.labels, layout.method, trust, reason)
