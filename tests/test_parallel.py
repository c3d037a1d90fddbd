"""Work on many inputs: each task once, each result kept, in one process or in two."""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest

from hivemind_core.corpus.cache import TableCache
from hivemind_core.parallel import Task, Workers

Given = tuple[Path, int]
PATIENCE = 60  # seconds until a task that waits for others gives up


def square(given: Given) -> pa.Table:
    """Note that the work was done, and by which process; return a table with metadata."""
    folder, number = given
    (folder / f"done-{number}-{os.getpid()}-{uuid4()}").touch()
    table = pa.table({"square": [number**2], "words": [["a", None]]})
    return table.replace_schema_metadata({"number": str(number)})


def square_or_fail(given: Given) -> pa.Table:
    """Fail at 3 once all other results of six are kept."""
    folder, number = given
    if number == 3 and not (folder / "healed").exists():
        give_up = time.monotonic() + PATIENCE
        while len(list(folder.glob("kept/*.parquet"))) < 5 and time.monotonic() < give_up:
            time.sleep(0.01)
        raise ArithmeticError("three")
    return square(given)


def list_tasks(folder: Path, numbers: Iterable[int]) -> list[Task[Given]]:
    return [Task(f"task {number}", f"key-{number}", (folder, number)) for number in numbers]


def count_done(folder: Path) -> dict[int, int]:
    """Return how often the work was done, by number."""
    counts: dict[int, int] = {}
    for path in folder.glob("done-*"):
        number = int(path.name.split("-")[1])
        counts[number] = counts.get(number, 0) + 1
    return counts


def work_on(jobs: int, folder: Path) -> Workers:
    return Workers(jobs, TableCache(folder / "kept"))


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_is_done_once_and_told_in_the_order_of_names(tmp_path: Path, jobs: int) -> None:
    numbers, told = [5, 2, 9, 0, 7, 3, 1], list[int]()
    found = work_on(jobs, tmp_path).run(list_tasks(tmp_path, numbers), square, told.append)
    assert list(found) == [f"task {number}" for number in sorted(numbers)]
    assert [table["square"].to_pylist() for table in found.values()] == [
        [number**2] for number in sorted(numbers)
    ]
    assert count_done(tmp_path) == dict.fromkeys(numbers, 1)
    assert told == [1, 2, 3, 4, 5, 6, 7]


def test_two_processes_give_what_one_gives(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    found = []
    for jobs, folder in enumerate(folders, 1):
        folder.mkdir()
        tasks = list_tasks(folder, range(9))
        found.append(work_on(jobs, folder).run(tasks, square, lambda done: None))
    assert list(found[0]) == list(found[1])
    for name, table in found[0].items():
        assert table.equals(found[1][name], check_metadata=True)
    workers = [{path.name.split("-")[2] for path in f.glob("done-*")} for f in folders]
    assert workers[0] == {str(os.getpid())}
    assert str(os.getpid()) not in workers[1]


@pytest.mark.parametrize("jobs", [1, 2])
def test_kept_results_are_not_made_again(tmp_path: Path, jobs: int) -> None:
    workers = work_on(jobs, tmp_path)
    first = workers.run(list_tasks(tmp_path, [4, 1]), square, lambda done: None)
    told: list[int] = []
    second = workers.run(list_tasks(tmp_path, [1, 2, 3, 4]), square, told.append)
    assert count_done(tmp_path) == {1: 1, 2: 1, 3: 1, 4: 1}
    assert list(second) == ["task 1", "task 2", "task 3", "task 4"]
    assert told == [1, 2, 3, 4]
    for name, table in first.items():
        assert second[name].equals(table)
        assert second[name].schema.metadata == table.schema.metadata


def test_equal_keys_give_equal_results_and_other_keys_do_not(tmp_path: Path) -> None:
    workers = work_on(1, tmp_path)
    workers.run(list_tasks(tmp_path, [3]), square, lambda done: None)
    tasks = [Task("same", "key-3", (tmp_path, 8)), Task("other", "key-8", (tmp_path, 8))]
    found = workers.run(tasks, square, lambda done: None)
    assert (found["same"]["square"][0].as_py(), found["other"]["square"][0].as_py()) == (9, 64)


def test_a_damaged_result_is_made_again(tmp_path: Path) -> None:
    workers = work_on(1, tmp_path)
    first = workers.run(list_tasks(tmp_path, [3, 4]), square, lambda done: None)
    path = tmp_path / "kept" / "key-3.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    second = workers.run(list_tasks(tmp_path, [3, 4]), square, lambda done: None)
    assert count_done(tmp_path) == {3: 2, 4: 1}
    assert second["task 3"].equals(first["task 3"])


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_was_done_is_kept_when_a_task_fails(tmp_path: Path, jobs: int) -> None:
    workers, told = work_on(jobs, tmp_path), list[int]()
    # In one process the rest must come first; of two, the other does it meanwhile.
    numbers = [0, 1, 2, 4, 5, 3] if jobs == 1 else [0, 3, 1, 2, 4, 5]
    with pytest.raises(ArithmeticError, match="three"):
        workers.run(list_tasks(tmp_path, numbers), square_or_fail, told.append)
    assert told == [1, 2, 3, 4, 5]
    (tmp_path / "healed").touch()
    found = workers.run(list_tasks(tmp_path, numbers), square_or_fail, told.append)
    assert count_done(tmp_path) == dict.fromkeys(range(6), 1)
    assert [table["square"][0].as_py() for table in found.values()] == [0, 1, 4, 9, 16, 25]


@pytest.mark.parametrize("jobs", [1, 2])
def test_few_tasks_wait_at_a_time(tmp_path: Path, jobs: int) -> None:
    taken, waiting, told = 0, list[int](), list[int]()

    def take() -> Iterator[Task[Given]]:
        nonlocal taken
        for task in list_tasks(tmp_path, range(14)):
            taken += 1
            waiting.append(taken - len(told))
            yield task

    assert len(work_on(jobs, tmp_path).run(take(), square, told.append)) == 14
    assert max(waiting) == (1 if jobs == 1 else 4)


@pytest.mark.parametrize("jobs", [1, 2])
def test_no_tasks_give_no_results(tmp_path: Path, jobs: int) -> None:
    told: list[int] = []
    assert work_on(jobs, tmp_path).run([], square, told.append) == {}
    assert told == []
