"""Where a query stands among others: shares by hand, ties, and like held against like."""

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hivemind_core.corpus.identity import name_sources
from hivemind_core.corpus.published import Published, PublishedModel, read_published
from hivemind_core.corpus.store import Corpus
from hivemind_core.errors import InputError
from hivemind_core.live.standing import (
    choose_rivals,
    find_published_standing,
    find_standing,
    measure_queries,
)
from tests.planted import ENCODER, list_responses, make_unit_rows, write_corpus

SOURCES = name_sources([("a", None), ("b", None)])
OTHERS = np.array([0.4, 0.1, 0.2, 0.3, 0.2])


@pytest.mark.parametrize(
    ("value", "share"),
    [(0.05, 0), (0.1, 0.1), (0.15, 0.2), (0.2, 0.4), (0.25, 0.6), (0.4, 0.9), (0.5, 1)],
)
def test_hand_worked_share_of_queries_that_are_less_alike(value: float, share: float) -> None:
    found = find_standing(value, OTHERS, SOURCES, is_same=True)
    assert found.share == pytest.approx(share)
    assert (found.queries, found.sources, found.is_same) == (5, ("a", "b"), True)
    assert found.reason == ""
    assert find_standing(value, OTHERS[::-1], SOURCES, is_same=True) == found


def test_answers_that_are_all_equal_tie_whatever_their_last_digits() -> None:
    ones = np.array([1, 1 - 1e-8, 1 + 1e-7, np.float32(0.9999999), 1])
    assert find_standing(1.0, ones, SOURCES, is_same=True).share == pytest.approx(0.5)
    assert find_standing(0.99999, ones, SOURCES, is_same=True).share == 0


def test_no_place_among_few_and_none_without_a_value() -> None:
    few = find_standing(0.3, OTHERS[:4], SOURCES, is_same=False)
    assert np.isnan(few.share)
    assert few.reason == "4 other queries have as many answers, and 5 are needed"
    assert (few.queries, few.is_same) == (4, False)
    none = find_standing(float("nan"), OTHERS, SOURCES, is_same=True)
    assert np.isnan(none.share)
    assert none.reason == "no source has two answers yet"
    assert np.isnan(find_standing(0.3, np.empty(0), (), is_same=False).share)


def test_the_sources_that_were_asked_too_are_the_rivals() -> None:
    held = name_sources([("a", None), ("a", "hot"), ("c", None), ("human", None), (None, None)])
    asked = name_sources([("a", "hot"), ("z", None)])
    rivals, is_same = choose_rivals(asked, held)
    assert ([one.name for one in rivals], is_same) == (["a · hot"], True)
    rivals, is_same = choose_rivals(name_sources([("z", None)]), held)
    assert ([one.name for one in rivals], is_same) == (["a", "a · hot", "c"], False)
    assert choose_rivals(asked, name_sources([("human", None)])) == ((), False)
    assert choose_rivals((), held)[1] is False


# Queries of a corpus


def write(
    folder: Path, rows: list[dict[str, Any]], seed: int = 0
) -> tuple[Corpus, NDArray[np.float32]]:
    vectors = make_unit_rows(len(rows), 6, seed)
    return write_corpus(folder, rows, vectors), vectors


def find_within(
    rows: list[dict[str, Any]], vectors: NDArray[np.float32], model: str, query: str, most: int
) -> float:
    own = [
        vectors[i]
        for i, row in sorted(enumerate(rows), key=lambda pair: int(pair[1]["sample"]))
        if (row["model"], row["query_id"]) == (model, query)
    ]
    return float(np.mean([one @ other for one, other in combinations(own[:most], 2)]))


def test_queries_are_measured_over_as_many_answers_of_each_source(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        row for row in list_responses(5, ("a", "b", "c"), 5) if row["query_id"] != "q003"
    ]
    # b answered the third query twice only.
    rows = [
        row
        for row in rows
        if (row["query_id"], row["model"]) != ("q002", "b") or int(row["sample"]) < 2
    ]
    order = np.random.default_rng(0).permutation(len(rows))
    rows = [rows[i] for i in order]
    corpus, vectors = write(tmp_path / "c", rows)
    found = measure_queries(corpus, ENCODER, SOURCES, 3)
    expected = [
        np.mean([find_within(rows, vectors, model, query, 3) for model in ("a", "b")])
        for query in ("q000", "q001", "q004")
    ]
    assert found == pytest.approx(expected, abs=1e-6)
    assert measure_queries(corpus, ENCODER, SOURCES, 3, "q001") == pytest.approx(
        [expected[0], expected[2]], abs=1e-6
    )
    assert len(measure_queries(corpus, ENCODER, SOURCES, 2)) == 4
    assert len(measure_queries(corpus, ENCODER, SOURCES[:1], 3)) == 4
    assert measure_queries(corpus, ENCODER, SOURCES, 6).shape == (0,)


def test_samples_are_taken_by_their_numbers(tmp_path: Path) -> None:
    rows = [{**row, "sample": 9 - n % 12} for n, row in enumerate(list_responses(1, ("a",), 10))]
    corpus, vectors = write(tmp_path / "c", rows)
    (found,) = measure_queries(corpus, ENCODER, SOURCES[:1], 3)
    assert found == pytest.approx(find_within(rows, vectors, "a", "q000", 3), abs=1e-6)
    assert found != pytest.approx(find_within(rows, vectors, "a", "q000", 10), abs=1e-6)


def test_a_strategy_is_another_source_than_its_model(tmp_path: Path) -> None:
    rows = [
        {**row, "strategy": "hot" if int(row["sample"]) % 2 else None}
        for row in list_responses(2, ("a",), 6)
    ]
    corpus, vectors = write(tmp_path / "c", rows)
    hot = name_sources([("a", "hot")])
    own = [i for i, row in enumerate(rows) if row["strategy"] == "hot"]
    mine = [rows[i] for i in own]
    expected = [find_within(mine, vectors[own], "a", query, 3) for query in ("q000", "q001")]
    assert measure_queries(corpus, ENCODER, hot, 3) == pytest.approx(expected, abs=1e-6)
    assert len(measure_queries(corpus, ENCODER, hot, 4)) == 0


def test_no_rivals_and_no_vectors(tmp_path: Path) -> None:
    corpus, _ = write(tmp_path / "c", list_responses(3, ("a",), 3))
    assert measure_queries(corpus, ENCODER, (), 2).shape == (0,)
    assert measure_queries(corpus, ENCODER, name_sources([("z", None)]), 2).shape == (0,)
    with pytest.raises(InputError, match="elsewhere"):
        measure_queries(corpus, "elsewhere", SOURCES[:1], 2)


# The paper's figure


def make_published(*bins: tuple[bool, list[float]]) -> Published:
    models = tuple(
        PublishedModel(f"m{n}", "f", "p", "open", None, is_main)
        for n, (is_main, _) in enumerate(bins)
    )
    m = len(models)
    return Published(
        models, np.zeros(m), np.array([row for _, row in bins]), np.full((m, m), np.nan)
    )


PRINTED = make_published(
    (True, [0, 0, 0, 0, 0, 10, 20, 30, 40, 0]),
    (True, [0, 0, 0, 0, 0, 0, 0, 10, 50, 40]),
    (False, [100, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
)


@pytest.mark.parametrize(
    ("value", "share"),
    [
        (-0.5, 0),
        (0, 0),
        (0.3, 0),
        (0.5, 0),
        (0.55, 0.025),  # half of the 5 % of its bin
        (0.6, 0.05),
        (0.85, 0.05 + 0.1 + 0.2 + 0.225),
        (0.999999, 1),
        (1, 1),
        (1.0000001, 1),
    ],
)
def test_hand_worked_place_in_the_figure(value: float, share: float) -> None:
    found = find_published_standing(value, PRINTED)
    assert found.share == pytest.approx(share, abs=1e-5)
    assert found.sources == ("m0", "m1")
    assert (found.is_same, found.reason) == (False, "")


def test_no_place_in_the_figure_without_a_value() -> None:
    found = find_published_standing(float("nan"), PRINTED)
    assert np.isnan(found.share)
    assert found.reason == "no source has two answers yet"


def test_the_printed_figure_rises_from_none_to_all_of_25_models() -> None:
    published = read_published()
    shares = [find_published_standing(value, published).share for value in np.linspace(0, 1, 101)]
    assert shares[0] == 0
    assert shares[-1] == pytest.approx(1)
    assert (np.diff(shares) >= 0).all()
    # The paper says of its 25 models that 79 % of queries are above .8.
    assert shares[80] == pytest.approx(0.21, abs=0.01)
    assert len(find_published_standing(0.5, published).sources) == 25
