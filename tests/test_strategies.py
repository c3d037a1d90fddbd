"""Strategies, files of endpoints, and budgets: pure, and refused where they are nonsense."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hivemind_core.errors import InputError
from hivemind_core.models.budget import Purse, check_budget, preview_cost
from hivemind_core.models.endpoint_file import parse_plan, read_plan
from hivemind_core.models.endpoints import Endpoint
from hivemind_core.models.requests import Outcome, Request
from hivemind_core.models.strategies import BUILT_IN, make_strategy, read_answer, write_messages

KEY = "sk-unseen"
LISTED = '[{"answer": "River", "probability": 0.9}, {"answer": "Thief", "probability": 0.1}]'
PRICED = Endpoint("p", "http://127.0.0.1/v1", input_price=1.0, output_price=10.0)


def read_last(name: str, sample: int = 0, before: tuple[str, ...] = ()) -> str:
    return write_messages(BUILT_IN[name], "Time?", sample, before)[-1]["content"]


def test_plain_says_the_query_and_nothing_else() -> None:
    assert write_messages(BUILT_IN["plain"], "Time?", 3) == ({"role": "user", "content": "Time?"},)
    assert BUILT_IN["plain"].parameters == {}


def test_the_papers_decodings_are_there() -> None:
    assert BUILT_IN["top-p 0.9"].parameters == {"temperature": 1.0, "top_p": 0.9}
    assert BUILT_IN["min-p 0.1"].parameters == {"temperature": 2.0, "top_p": 1.0, "min_p": 0.1}


def test_personas_go_round() -> None:
    told = [write_messages(BUILT_IN["persona"], "Time?", n)[0]["content"] for n in range(21)]
    assert len(set(told)) == 20
    assert told[20] == told[0] == "You answer as a retired sailor."


def test_a_random_seed_differs_by_sample_and_stays_for_one() -> None:
    said = [read_last("random seed", n) for n in range(5)]
    assert len(set(said)) == 5
    assert said == [read_last("random seed", n) for n in range(5)]


def test_earlier_answers_are_shown_but_for_the_first() -> None:
    assert read_last("be different") == "Time?"
    shown = read_last("be different", 2, ("A river.", "A\nthief."))
    assert "- A river.\n- A thief." in shown


def test_of_a_list_one_is_drawn_by_its_probability() -> None:
    strategy = BUILT_IN["list, then choose"]
    assert "Give 5 different answers" in read_last("list, then choose")
    drawn = [read_answer(strategy, LISTED, "Time?", n) for n in range(400)]
    assert 0.85 < drawn.count("River") / 400 < 0.95
    assert drawn[7] == read_answer(strategy, LISTED, "Time?", 7)
    fenced = f"Here you are:\n```json\n{LISTED}\n```"
    assert read_answer(strategy, fenced, "Time?", 7) == drawn[7]


@pytest.mark.parametrize("said", ["A river.", "[]", "[1, 2]", '[{"answer": " "}]', "[" * 9999])
def test_where_no_list_came_there_is_no_answer(said: str) -> None:
    assert read_answer(BUILT_IN["list, then choose"], said, "Time?", 0) is None
    assert read_answer(BUILT_IN["plain"], said, "Time?", 0) == said


def test_probabilities_that_are_none_count_as_nothing() -> None:
    said = '[{"answer": "A", "probability": "high"}, {"answer": "B", "probability": 0.2}]'
    strategy = BUILT_IN["list, then choose"]
    assert {read_answer(strategy, said, "q", n) for n in range(50)} == {"B"}
    none = '[{"answer": "A"}, {"answer": "B"}]'
    assert {read_answer(strategy, none, "q", n) for n in range(50)} == {"A", "B"}


def test_a_file_names_endpoints_models_and_strategies(tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    path.write_text(
        "[endpoints.mine]\n"
        'base_url = "http://127.0.0.1:9/v1"\n'
        'api_key_env = "MY_KEY"\n'
        'models = ["a", "b"]\n'
        'takes = ["seed"]\n'
        "input_price = 1\noutput_price = 2.5\nmax_concurrency = 3\n"
        '[endpoints.ollama]\nmodels = ["c"]\n'
        '[strategies.poet]\nsystem = "You are a poet."\ntemperature = 1.5\n'
    )
    plan = read_plan(path, {"MY_KEY": KEY})
    assert [served.model for served in plan.models] == ["a", "b", "c"]
    mine = plan.models[0].endpoint
    assert (mine.api_key, mine.takes, mine.max_concurrency) == (KEY, ("seed",), 3)
    assert (mine.input_price, mine.output_price) == (1, 2.5)
    assert plan.models[2].endpoint.base_url == "http://127.0.0.1:11434/v1"
    assert KEY not in repr(plan)
    assert read_plan(path, {"MY_KEY": f" {KEY}\r\n"}) == plan
    poet = plan.strategies["poet"]
    assert write_messages(poet, "Time?", 0)[0] == {"role": "system", "content": "You are a poet."}
    assert "plain" in plan.strategies


ENDPOINT: dict[str, Any] = {"base_url": "http://127.0.0.1/v1", "models": ["m"]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "a file of endpoints must name a model"),
        ({"models": {}}, "holds .endpoints.NAME."),
        ({"endpoints": []}, "endpoints are tables"),
        ({"endpoints": {"x": {"models": ["m"]}}}, "an endpoint has a base_url"),
        ({"endpoints": {"x": ENDPOINT | {"base_url": "nowhere"}}}, "begins with http://"),
        ({"endpoints": {"x": ENDPOINT | {"models": "m"}}}, "models is a list of texts"),
        ({"endpoints": {"x": ENDPOINT | {"input_price": "1"}}}, "input_price is a number"),
        ({"endpoints": {"x": ENDPOINT | {"max_concurrency": 2.5}}}, "a whole number"),
        ({"endpoints": {"x": ENDPOINT | {"max_concurrency": True}}}, "a whole number"),
        ({"endpoints": {"x": ENDPOINT | {"key": "sk"}}}, "an endpoint has base_url, api_key_env"),
        ({"endpoints": {"x": ENDPOINT | {"api_key_env": "NOPE"}}}, "must be in the environment"),
        ({"endpoints": {"x": ENDPOINT, "y": ENDPOINT}}, "a model may be named once"),
        ({"endpoints": {"x": ENDPOINT}, "strategies": {"s": {"heat": 1}}}, "a strategy has"),
    ],
)
def test_nonsense_in_a_file_is_told(content: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_plan(content, {}, "models.toml")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"temperature": -1}, "temperature is a number from 0 to 10"),
        ({"top_p": "much"}, "top_p is a number"),
        ({"lists": 99}, "lists is a whole number up to 50"),
        ({"personas": "a monk"}, "personas is a list of texts"),
        ({"system": 3}, "system is a text"),
        ({"differs": 1}, "differs is true or false"),
    ],
)
def test_nonsense_in_a_strategy_is_told(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        make_strategy("s", given, "models.toml, strategies.s")


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the file must be readable"):
        read_plan(tmp_path / "none.toml", {})
    (tmp_path / "bad.toml").write_text("[endpoints")
    with pytest.raises(InputError, match="the file must be TOML"):
        read_plan(tmp_path / "bad.toml", {})


def make_request(characters: int = 100, tokens: int | None = 50) -> Request:
    parameters = {} if tokens is None else {"max_tokens": tokens}
    return Request("k", "m", ({"role": "user", "content": "x" * characters},), parameters)


def test_a_preview_by_hand() -> None:
    cost = preview_cost([(PRICED, make_request()), (PRICED, make_request())])
    assert cost.requests == 2
    assert cost.most == pytest.approx(2 * (100 * 1 + 50 * 10) / 1e6)
    unknown = Endpoint("u", "http://127.0.0.1/v1")
    partly = preview_cost([(PRICED, make_request()), (unknown, make_request())])
    assert (partly.most, partly.unpriced) == (pytest.approx(cost.most / 2), 1)
    assert preview_cost([(unknown, make_request())]).most is None


def test_a_purse_is_never_overdrawn() -> None:
    bound = (100 + 500) / 1e6
    purse = Purse(2.5 * bound)
    one, other, third = (replace(make_request(), key=key) for key in "abc")
    # What is in flight may cost less than it holds: the third waits, and is not refused.
    assert [purse.take(PRICED, request) for request in (one, other, third)] == [True, True, None]
    purse.settle(PRICED, Outcome(one, "Yes.", input_tokens=10, output_tokens=1, attempts=1))
    assert purse.spent == pytest.approx(20 / 1e6)
    assert purse.take(PRICED, third)
    purse.settle(PRICED, Outcome(other, error="cut", attempts=1))  # it may have been charged for
    purse.settle(PRICED, Outcome(third, error="cut", attempts=1))
    assert purse.spent == pytest.approx(2 * bound + 20 / 1e6)
    assert purse.take(PRICED, one) is False
    purse.settle(PRICED, Outcome(one, error="the budget is spent"))  # it was not sent
    assert purse.spent == pytest.approx(2 * bound + 20 / 1e6)


def test_two_that_failed_do_not_wait_for_each_other() -> None:
    bound = (100 + 500) / 1e6
    purse = Purse(2.5 * bound)
    one, other = (replace(make_request(), key=key) for key in "ab")
    assert [purse.take(PRICED, one), purse.take(PRICED, other)] == [True, True]
    assert purse.take(PRICED, replace(one, key="c")) is None  # one of them may cost less
    purse.lose(one)
    purse.lose(other)
    assert purse.take(PRICED, one) is False
    assert purse.take(PRICED, other) is False
    assert purse.spent == pytest.approx(2 * bound)


def test_what_costs_more_than_its_bound_is_counted() -> None:
    bound = (100 + 500) / 1e6
    purse, request = Purse(10 * bound), make_request()
    assert purse.take(PRICED, request)
    long = Outcome(request, "…", input_tokens=100, output_tokens=5000, attempts=1)
    purse.settle(PRICED, long)
    assert purse.spent == pytest.approx((100 + 50_000) / 1e6)
    assert purse.take(PRICED, request) is False


def test_a_budget_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(InputError, match="a budget needs the prices of every model"):
        check_budget(1.0, [(Endpoint("u", "http://127.0.0.1/v1"), make_request())])
    with pytest.raises(InputError, match="a budget needs the prices"):
        check_budget(1.0, [(PRICED, make_request(tokens=None))])
    with pytest.raises(InputError, match="and that it takes max_tokens"):
        check_budget(1.0, [(replace(PRICED, takes=("seed",)), make_request())])
    check_budget(1.0, [(replace(PRICED, takes=("max_completion_tokens",)), make_request())])
    check_budget(None, [(Endpoint("u", "http://127.0.0.1/v1"), make_request())])
    for budget in (-1.0, math.nan):
        with pytest.raises(InputError, match="a budget is 0 USD or more"):
            check_budget(budget, [(PRICED, make_request())])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"api_key_env": "sk-secret-1"}, "api_key_env is the name of an environment variable"),
        ({"base_url": "http://me:sk-secret-1@127.0.0.1/v1"}, "holds no user, password or query"),
        ({"base_url": "http://127.0.0.1/v1?key=sk-secret-1"}, "holds no user, password or query"),
        ({"base_url": "http://127.0.0.1:sk-secret-1/v1"}, "a base URL begins with"),
        ({"base_url": "me:sk-secret-1@127.0.0.1/v1"}, "a base URL begins with"),
    ],
)
def test_a_key_in_the_wrong_place_is_refused_and_not_repeated(
    given: dict[str, Any], words: str
) -> None:
    content = {"endpoints": {"x": {"base_url": "http://127.0.0.1/v1", "models": ["m"], **given}}}
    with pytest.raises(InputError, match=words) as caught:
        parse_plan(content, {}, "models.toml")
    assert "secret" not in str(caught.value)
