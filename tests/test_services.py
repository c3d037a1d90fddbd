"""What services send in place of answers: the fault of one model stays its own."""

import asyncio
import json
import random
import socket
import threading
from collections import Counter
from typing import Any

import pytest

from hivemind_core.models import bodies
from hivemind_core.models.budget import Purse, bound_cost
from hivemind_core.models.endpoints import Endpoint
from hivemind_core.models.engine import SPENT, Conditions, Ears, ask
from hivemind_core.models.pace import Pace
from hivemind_core.models.replies import has_words
from hivemind_core.models.requests import Outcome
from tests.test_engine import Nap, always, listen, make, run
from tests.weather import KEY, Reply, Script, Weather, fail, serve_weather

LONG = 60.0  # seconds after which a test fails; what is awaited comes at once
SOUND = Reply("A river.")


def by_model(**replies: Reply) -> Script:
    """Answer a model that is named with its reply, every time; others well."""
    return lambda body, before: replies.get(body["model"], SOUND)


class Rest:
    """Sleeps until it is woken, and remembers for how long it should have."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.woken = threading.Event()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        async with asyncio.timeout(LONG):
            while not self.woken.is_set():
                await asyncio.sleep(0.01)

    @property
    def conditions(self) -> Conditions:
        return Conditions(lambda: 1000.0 * self.woken.is_set(), self.sleep, random.Random(0))


def count_errors(found: dict[str, Outcome], model: str) -> Counter[str | None]:
    return Counter(one.error for one in found.values() if one.request.model == model)


def ask_both(server: Weather, *, is_heard: bool) -> dict[str, Outcome]:
    """Ask a model that is ill three times, and then one that is well."""
    requests = [*make(*"abc", model="ill"), *make(*"abc", model="well")]
    if is_heard:
        found, _ = listen(server, requests)
        return found
    return run(server, requests, max_concurrency=2)


@pytest.mark.parametrize("is_heard", [False, True])
@pytest.mark.parametrize(
    ("ill", "words", "attempts"),
    [
        (
            Reply(kind="status", status=308, headers={"Location": "/v1/chat/completions"}),
            "the service redirects again and again",
            1,
        ),
        (Reply(headers={"Content-Encoding": "gzip"}), "an answer that cannot be read", 8),
        (Reply(kind="cut"), "an answer that was cut", 8),
    ],
)
def test_a_model_that_is_ill_blanks_no_other(
    ill: Reply, words: str, attempts: int, *, is_heard: bool
) -> None:
    with serve_weather(by_model(ill=ill)) as server:
        found = ask_both(server, is_heard=is_heard)
    assert count_errors(found, "well") == {None: 3}
    for number in range(3):
        assert str(found[f"ill-{number}"].error).startswith(words)
        assert found[f"ill-{number}"].attempts == attempts


def test_where_a_service_redirects_to_nobody_the_others_go_on() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}/v1"
        ill = Reply(kind="status", status=307, headers={"Location": away})
        with serve_weather(by_model(ill=ill)) as server:
            found = run(server, [*make("a", model="ill"), *make(*"abc", model="well")])
    assert "no connection to where the service redirects to" in str(found["ill-0"].error)
    assert found["ill-0"].attempts == 8
    assert count_errors(found, "well") == {None: 3}


def test_who_waits_for_an_attempt_holds_no_place() -> None:
    rest, left, found = Rest(), {"well-0", "well-1", "well-2"}, list[Outcome]()

    def keep(outcome: Outcome) -> None:
        found.append(outcome)
        left.discard(outcome.request.key)
        if not left:
            rest.woken.set()  # only then may the others be asked again

    def script(body: dict[str, Any], before: int) -> Reply:
        return fail(500) if body["model"] == "ill" and not rest.woken.is_set() else SOUND

    requests = [*make(*"abc", model="ill"), *make(*"def", model="well")]
    with serve_weather(script) as server:
        ask(server.endpoint(max_concurrency=1), requests, Ears(keep), conditions=rest.conditions)
    order = [body["messages"][0]["content"] for body in server.bodies]
    assert order[:6] == list("abcdef")
    assert sorted(order[6:]) == list("abc")
    assert {one.request.key: one.attempts for one in found} == {
        **{f"ill-{number}": 2 for number in range(3)},
        **{f"well-{number}": 1 for number in range(3)},
    }


def test_a_limit_of_one_model_does_not_stop_the_others_and_its_wait_is_told() -> None:
    rest, told, found = Rest(), list[tuple[str, float]](), dict[str, Outcome]()

    def keep(outcome: Outcome) -> None:
        found[outcome.request.key] = outcome
        if sum(one.request.model == "well" for one in found.values()) == 5:
            rest.woken.set()

    def script(body: dict[str, Any], before: int) -> Reply:
        is_early = body["model"] == "busy" and not rest.woken.is_set()
        return fail(429, retry_after="600") if is_early else SOUND

    requests = [*make(*"abcdefgh", model="busy"), *make(*"ijklm", model="well")]
    with serve_weather(script) as server:
        ears = Ears(keep, hold=lambda model, seconds: told.append((model, seconds)))
        ask(server.endpoint(max_concurrency=2), requests, ears, conditions=rest.conditions)
    assert told == [("busy", 600)]
    assert {one.error for one in found.values()} == {None}
    assert len(found) == 13
    # What was not in flight when the limit was told waits without having been sent.
    assert sum(body["model"] == "busy" for body in server.bodies) <= 8 + 2
    assert max(rest.slept) == 600


@pytest.mark.parametrize("header", ["inf", "1e400", "-5", "nan", "999999999", "soon"])
def test_a_wait_that_cannot_be_meant_is_none(header: str) -> None:
    nap = Nap()
    with serve_weather(always(fail(429, retry_after=header), Reply())) as server:
        (outcome,) = run(server, make("Time?"), nap).values()
    assert outcome.attempts == 2
    assert sum(nap.slept) <= 0.5


def test_stopping_ends_also_what_waits() -> None:
    stop, rest, found = threading.Event(), Rest(), list[Outcome]()

    def script(body: dict[str, Any], before: int) -> Reply:
        if body["messages"][0]["content"] == "c":
            stop.set()
            return Reply(seconds=LONG)
        return fail(500)

    with serve_weather(script) as server:
        ask(
            server.endpoint(max_concurrency=1),
            make(*"abcd"),
            Ears(found.append),
            stop=stop,
            conditions=rest.conditions,
        )
    assert [(one.request.key, one.error, one.attempts) for one in found] == [
        ("m-0", "cancelled", 1),
        ("m-1", "cancelled", 1),
        ("m-2", "cancelled", 1),
        ("m-3", "cancelled", 0),
    ]


def test_what_waits_holds_no_money_and_the_cap_is_never_passed() -> None:
    rest, found = Rest(), dict[str, Outcome]()
    requests = make(*"abc", max_tokens=100)

    def keep(outcome: Outcome) -> None:
        purse.settle(endpoint, outcome)
        found[outcome.request.key] = outcome
        if "m-2" in found:
            rest.woken.set()

    with serve_weather(always(fail(500))) as server:
        endpoint = server.endpoint(input_price=1.0, output_price=1.0, max_concurrency=1)
        bound = bound_cost(endpoint, requests[0])
        assert bound is not None
        purse = Purse(2 * bound)
        ears = Ears(keep, lambda one: purse.take(endpoint, one), lose=purse.lose)
        ask(endpoint, requests, ears, conditions=rest.conditions)
    assert Counter(one.error for one in found.values()) == {SPENT: 3}
    assert {key: one.attempts for key, one in found.items()} == {"m-0": 1, "m-1": 1, "m-2": 0}
    assert len(server.bodies) == 2
    assert purse.spent == pytest.approx(2 * bound)


def raw(told: dict[str, Any]) -> Reply:
    return Reply(json.dumps(told), kind="raw")


@pytest.mark.parametrize("is_heard", [False, True])
@pytest.mark.parametrize(
    ("error", "words", "attempts"),
    [
        (
            {"message": f"quota exceeded, {KEY}", "type": "insufficient_quota", "code": 429},
            "status 429: 'quota exceeded, …'",
            1,
        ),
        ({"message": "Incorrect API key provided"}, "an error in place of an answer: 'Inc", 1),
        ({"message": "no such model", "code": "404"}, "status 404: 'no such model'", 1),
        ({"message": "overloaded", "code": 503}, "status 503: 'overloaded'", 8),
        ({"code": "odd"}, "an error in place of an answer: \"{'code': 'odd'}\"", 8),
        ("it broke", "an error in place of an answer: 'it broke'", 8),
        ([1, {}], "an error in place of an answer: '[1, {}]'", 8),
    ],
)
def test_an_error_under_status_200_is_told(
    error: object, words: str, attempts: int, *, is_heard: bool
) -> None:
    with serve_weather(always(raw({"error": error}))) as server:
        found = listen(server, make("a"))[0] if is_heard else run(server, make("a"))
    assert str(found["m-0"].error).startswith(words)
    assert found["m-0"].attempts == attempts
    assert KEY not in repr(found)


def test_a_quota_that_is_used_up_is_asked_for_once_and_slows_nobody_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slowed: list[Pace] = []
    monkeypatch.setattr(Pace, "take_refusal", slowed.append)
    error = {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}
    spent = Reply(json.dumps(error), kind="raw", status=429)
    with serve_weather(always(spent)) as server:
        found = run(server, make(*"abc"), max_concurrency=1)
    assert not slowed
    assert {one.error for one in found.values()} == {"status 429: 'You exceeded your quota'"}
    assert len(server.bodies) == 1


def test_no_error_is_no_error() -> None:
    message = {"index": 0, "message": {"content": "A river."}, "finish_reason": "stop"}
    with serve_weather(always(raw({"choices": [message], "error": None}))) as server:
        (outcome,) = run(server, make("a")).values()
    assert outcome.text == "A river."


@pytest.mark.parametrize("is_heard", [False, True])
def test_a_page_is_told_by_its_kind(*, is_heard: bool) -> None:
    with serve_weather(always(Reply(kind="page"))) as server:
        found = listen(server, make("a"))[0] if is_heard else run(server, make("a"))
    assert found["m-0"].error == "an answer that cannot be read: 'it sent text/html'"


def test_a_stream_that_says_it_is_done_has_an_end() -> None:
    with serve_weather(always(Reply("A river.", kind="done"))) as server:
        found, _ = listen(server, make("a"))
    outcome = found["m-0"]
    assert (outcome.text, outcome.finish_reason, outcome.attempts) == ("A river.", None, 1)


def test_an_answer_that_comes_whole_though_a_stream_was_asked_for_is_taken() -> None:
    with serve_weather(always(Reply("A river.", kind="whole"))) as server:
        found, _ = listen(server, make("a"))
    outcome = found["m-0"]
    assert (outcome.text, outcome.finish_reason, outcome.attempts) == ("A river.", "stop", 1)
    assert (outcome.input_tokens, outcome.output_tokens) == (7, 5)
    assert server.bodies[0]["stream"] is True


PIECE = {"index": 0, "delta": {"content": "A river."}, "finish_reason": None}
EMPTY = 'data: {"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": null}]}\n\n'


@pytest.mark.parametrize("piece", [EMPTY, ": still here\n\n", "\n", "data: {}\n\n"])
def test_a_stream_without_words_is_given_up(piece: str) -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        return SOUND if before else Reply(piece, kind="endless")

    found: list[Outcome] = []
    nap = Nap()
    with serve_weather(script) as server:
        ears = Ears(found.append, hear=lambda request, text: None)
        endpoint = server.endpoint(seconds=0.5)
        ask(endpoint, make("a"), ears, conditions=Conditions(nap.clock, nap.sleep))
    assert [(one.text, one.attempts) for one in found] == [("A river.", 2)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_stream_may_end_its_lines_as_it_likes(end: str) -> None:
    head = '{"choices": [{"index": 0, "delta": {"content": '
    pieces = ["\ufeff: hello", "", "event: message", "id: 1", f'data:{head}"Zeit\u2028"}}}}]}}', ""]
    pieces += [f"data: {head}", 'data: "日本"}, "finish_reason": "stop"}]}', "", "data: [DONE]"]
    whole = Reply(end.join(pieces), kind="raw", headers={"X": "y"})
    with serve_weather(always(whole)) as server:
        (outcome,) = run(server, make("a")).values()
    assert (outcome.text, outcome.finish_reason) == ("Zeit\u2028日本", "stop")


def test_what_is_no_field_of_a_stream_is_passed_over() -> None:
    pieces = [": hello", "odd: {", "retry: 3", "data"]
    pieces += [f"data: {json.dumps({'choices': [PIECE]})}", "<html>", "", "data: [DONE]", "", "x"]
    with serve_weather(always(Reply("\n".join(pieces), kind="raw"))) as server:
        (outcome,) = run(server, make("a")).values()
    assert (outcome.text, outcome.finish_reason) == ("A river.", None)


@pytest.mark.parametrize(
    "body",
    ["{\n" + "\n" * 2000, "data: a\n" * 2000, ": " + "x" * 2000, '{"a": "' + "x" * 2000],
    ids=["whole", "event", "line", "whole line"],
)
def test_a_body_without_measure_is_not_read_to_its_end(
    body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MOST_HELD", 1000)
    with serve_weather(always(Reply(body, kind="raw"))) as server:
        (outcome,) = run(server, make("a")).values()
    assert bodies.TOO_LONG in str(outcome.error)


@pytest.mark.parametrize("body", ["[" * 100_000, f"data: {'[' * 100_000}\n\n", "odd", ""])
def test_a_body_that_cannot_be_parsed_ends_nothing(body: str) -> None:
    with serve_weather(always(Reply(body, kind="raw"), Reply("At last."))) as server:
        (outcome,) = run(server, make("a")).values()
    assert (outcome.text, outcome.attempts) == ("At last.", 2)


@pytest.mark.parametrize("said", ["\u200b", "\ufeff \u2060\n", "\u200d\u00ad\u3000", "\u202e\t"])
def test_signs_without_width_are_no_words(said: str) -> None:
    assert not has_words(said)
    assert has_words(said + "e")
    with serve_weather(always(Reply(said), Reply("At last."))) as server:
        (outcome,) = run(server, make("a")).values()
    assert (outcome.text, outcome.attempts) == ("At last.", 2)


def test_who_cannot_be_connected_to_ends_all_with_few_attempts_in_flight_together() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        endpoint = Endpoint("x", f"http://127.0.0.1:{nobody.getsockname()[1]}/v1", KEY)
        found: list[Outcome] = []
        nap = Nap()
        conditions = Conditions(nap.clock, nap.sleep, random.Random(0))
        ask(endpoint, make(*map(str, range(100))), Ears(found.append), conditions=conditions)
    assert len(found) == 100
    assert all("no connection to 127.0.0.1:" in str(one.error) for one in found)
    assert max(one.attempts for one in found) <= 8
