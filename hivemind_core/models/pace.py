"""How fast an endpoint is asked: as many requests in flight as it bears, and none too early."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

SHRINK = 0.8
PAUSE_SECONDS = 10.0
NEW_SECONDS = 1.0  # what was in flight together is told to wait until about the same time


class Pace:
    """Holds requests back: fewer in flight after a 429, more after answers.

    Parameters
    ----------
    most : int
        Requests in flight to begin with, and at most.
    clock : callable
        Seconds on a clock that only goes forward.
    """

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most, self._clock = most, clock
        self.limit = float(most)
        self._in_flight = 0
        self._closed_until = clock()
        self._models_until: dict[str, float] = {}
        self._steady_until = clock()
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Wait for a place, and give it back."""
        while self._in_flight >= max(1, int(self.limit)):
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1
            self._call_next()

    def _call_next(self) -> None:
        """Let as many go on as there are places; who gave up meanwhile is passed over."""
        free = max(1, int(self.limit)) - self._in_flight
        while self._waiting and free > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1

    def find_wait(self, model: str) -> float:
        """Return the seconds until a model may be asked; 0 where that is now."""
        until = max(self._closed_until, self._models_until.get(model, 0.0))
        return max(0.0, until - self._clock())

    def take_answer(self) -> None:
        """Let one more request fly for every round of answers, unless the service struggles."""
        if self._clock() >= self._steady_until:
            self.limit = min(float(self._most), self.limit + 1 / self.limit)

    def take_refusal(self) -> None:
        """Slow down after a 429."""
        self.limit = max(1.0, self.limit * SHRINK)

    def take_failure(self) -> None:
        """Stop growing for a while: the service failed."""
        self._steady_until = self._clock() + PAUSE_SECONDS

    def take_wait(self, model: str, seconds: float) -> bool:
        """Do not ask a model for as long as the service says; return whether that is news.

        The other models go on: limits are often those of one. Where the limit is that of the key,
        each of them is told to wait in its turn.
        """
        until, before = self._clock() + seconds, self._models_until.get(model, self._clock())
        self._models_until[model] = max(until, before)
        return until - before >= NEW_SECONDS

    def take_loss(self, seconds: float) -> None:
        """Ask no model for some time: nobody was there."""
        self._closed_until = max(self._closed_until, self._clock() + seconds)
