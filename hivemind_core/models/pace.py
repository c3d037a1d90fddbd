"""How fast an endpoint is asked: as many requests in flight as it bears."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

SHRINK = 0.8
PAUSE_SECONDS = 10.0


class Pace:
    """Holds requests back: fewer in flight after a 429, more after answers.

    Parameters
    ----------
    most : int
        Requests in flight to begin with, and at most.
    clock : callable
        Seconds on a clock that only goes forward.
    sleep : callable
    """

    def __init__(
        self, most: int, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._most, self._clock, self._sleep = most, clock, sleep
        self.limit = float(most)
        self._in_flight = 0
        self._closed_until = 0.0
        self._steady_until = 0.0
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
            while (left := self._closed_until - self._clock()) > 0:
                await self._sleep(left)
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

    def take_answer(self) -> None:
        """Let one more request fly for every round of answers, unless the service struggles."""
        if self._clock() >= self._steady_until:
            self.limit = min(float(self._most), self.limit + 1 / self.limit)

    def take_refusal(self, wait: float) -> None:
        """Slow down after a 429, and send nothing for as long as the service asks."""
        self.limit = max(1.0, self.limit * SHRINK)
        self._closed_until = max(self._closed_until, self._clock() + wait)

    def take_failure(self) -> None:
        """Stop growing for a while: the service failed."""
        self._steady_until = self._clock() + PAUSE_SECONDS
