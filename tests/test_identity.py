"""Ids made from content, and the names of sources."""

import subprocess
import sys
from itertools import permutations

import pytest

from hivemind_core.corpus.identity import make_id, name_sources


def test_ids_tell_parts_apart() -> None:
    parts = [("a", "b"), ("ab",), ("a", None), ("a", ""), ("a",), (1,), ("1",)]
    assert len({make_id(*part) for part in parts}) == len(parts)
    assert make_id("é") == make_id("é")


@pytest.mark.parametrize(
    ("pairs", "names"),
    [
        ([("a", None)], ["a"]),
        ([("a", "x")], ["a"]),
        ([("a", "x"), ("a", "y")], ["a · x", "a · y"]),
        ([("a", None), ("a", "x")], ["a", "a · x"]),
        ([("human", None), ("zeta", None)], ["zeta", "human"]),
        ([(None, None), ("unknown", None)], ["unknown", "unknown (2)"]),
        ([("a", "b"), ("a", "c"), ("a · b", None)], ["a · b", "a · b (2)", "a · c"]),
        ([("a", ""), ("a", None)], ["a", "a · "]),
    ],
)
def test_names_are_apart_and_depend_on_no_order(
    pairs: list[tuple[str | None, str | None]], names: list[str]
) -> None:
    found = {name_sources(order) for order in permutations(pairs)}
    assert len(found) == 1
    (sources,) = found
    assert [source.name for source in sources] == names


def test_names_do_not_depend_on_the_hash_seed() -> None:
    program = (
        "from hivemind_core.corpus.identity import name_sources as n;"
        "print(n([('a','b'),('a','c'),('a · b',None),(None,None),('unknown',None),(None,'x')]))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": str(seed)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in range(5)
    }
    assert len(printed) == 1
