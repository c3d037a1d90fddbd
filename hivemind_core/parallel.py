"""Work on many inputs: on some processes, each result kept as soon as it is there."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Generic, TypeVar

import pyarrow as pa

from hivemind_core.corpus.cache import TableCache

Input = TypeVar("Input")


@dataclass(frozen=True)
class Task(Generic[Input]):
    """One piece of work.

    Attributes
    ----------
    name : str
        Unlike any other of a run.
    key : str
        Stands for the input and the work: equal keys give equal results.
    given : Input
    """

    name: str
    key: str
    given: Input


@dataclass(frozen=True)
class Workers:
    """Who does the work, and where results are kept.

    Attributes
    ----------
    jobs : int
        Processes; with 1 the work is done in this one.
    cache : TableCache
    """

    jobs: int
    cache: TableCache

    def run(
        self,
        tasks: Iterable[Task[Input]],
        work: Callable[[Input], pa.Table],
        tell: Callable[[int], None],
    ) -> dict[str, pa.Table]:
        """Return the result of every task, by name and in the order of names.

        Parameters
        ----------
        tasks : iterable of Task
            Taken as they are needed: few wait at a time.
        work : callable
            A function of a module: other processes must be able to import it.
        tell : callable
            Called with the tasks that are done.
        """
        results: dict[str, pa.Table] = {}

        def list_new() -> Iterator[Task[Input]]:
            for task in tasks:
                kept = self.cache.read(task.key)
                if kept is None:
                    yield task
                else:
                    results[task.name] = kept
                    tell(len(results))

        for task, result in self._do(list_new(), work):
            self.cache.write(task.key, result)
            results[task.name] = result
            tell(len(results))
        return dict(sorted(results.items()))

    def _do(
        self, tasks: Iterator[Task[Input]], work: Callable[[Input], pa.Table]
    ) -> Iterator[tuple[Task[Input], pa.Table]]:
        """Yield tasks and their results as they are done."""
        if self.jobs == 1:
            yield from ((task, work(task.given)) for task in tasks)
            return
        with ProcessPoolExecutor(self.jobs, mp_context=get_context("spawn")) as pool:
            running: dict[Future[pa.Table], Task[Input]] = {}
            for task in tasks:
                running[pool.submit(work, task.given)] = task
                if len(running) >= 2 * self.jobs:
                    yield from _take_done(running)
            while running:
                yield from _take_done(running)


def _take_done(
    running: dict[Future[pa.Table], Task[Input]],
) -> Iterator[tuple[Task[Input], pa.Table]]:
    done = wait(running, return_when=FIRST_COMPLETED).done
    # What has failed comes last, so that nothing that is done is lost with it.
    for future in sorted(done, key=lambda future: future.exception() is not None):
        yield running.pop(future), future.result()
