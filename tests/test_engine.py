"""The engine in all weathers: every request ends in exactly one outcome."""

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from hivemind_core.errors import InputError
from hivemind_core.models.endpoints import Endpoint, find_endpoint, is_loopback
from hivemind_core.models.engine import Conditions, Ears, ask
from hivemind_core.models.pace import Pace
from hivemind_core.models.replies import read_wait
from hivemind_core.models.requests import Outcome, Request, check_request
from tests.weather import KEY, Reply, Script, Weather, fail, serve_weather


class Nap:
    """Sleeps no time and remembers for how long it should have."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def clock(self) -> float:
        return self.now


def make(*said: str, model: str = "m", **parameters: object) -> list[Request]:
    return [
        Request(f"{model}-{number}", model, ({"role": "user", "content": text},), parameters)
        for number, text in enumerate(said)
    ]


def run(
    server: Weather,
    requests: Sequence[Request],
    nap: Nap | None = None,
    stop: threading.Event | None = None,
    **more: Any,
) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}

    def keep(outcome: Outcome) -> None:
        assert outcome.request.key not in found, "an outcome is kept twice"
        assert (outcome.text is None) == (outcome.error is not None)
        found[outcome.request.key] = outcome

    nap = nap or Nap()
    conditions = Conditions(nap.clock, nap.sleep, random.Random(0))
    ask(server.endpoint(**more), requests, Ears(keep), stop=stop, conditions=conditions)
    assert found.keys() == {request.key for request in requests}
    assert KEY not in repr(found)
    return found


def always(*replies: Reply) -> Script:
    """Answer the first time with the first reply, and so on; the last one stays."""
    return lambda body, before: replies[min(before, len(replies) - 1)]


def test_an_answer_comes_with_what_was_sent_and_used() -> None:
    with serve_weather(always(Reply("A river."))) as server:
        requests = make("Time?", temperature=0.5, min_p=0.1)
        (outcome,) = run(server, requests).values()
    assert (outcome.text, outcome.finish_reason, outcome.attempts) == ("A river.", "stop", 1)
    assert (outcome.input_tokens, outcome.output_tokens) == (7, 5)
    assert (dict(outcome.sent), outcome.left_out) == ({"temperature": 0.5}, ("min_p",))
    assert server.keys == {f"Bearer {KEY}"}
    assert "min_p" not in server.bodies[0]


def test_an_endpoint_is_sent_what_it_takes() -> None:
    with serve_weather(always(Reply())) as server:
        requests = make("Time?", temperature=2, min_p=0.1, seed=3)
        (outcome,) = run(server, requests, takes=("min_p", "seed")).values()
    body = server.bodies[0]
    assert (body["min_p"], body["seed"], "temperature" in body) == (0.1, 3, False)
    assert outcome.left_out == ("temperature",)


@pytest.mark.parametrize(
    "weather",
    [
        fail(408),
        fail(409),
        fail(429),
        fail(500),
        fail(503),
        Reply(kind="cut"),
        Reply(kind="garbage"),
        Reply(kind="no choices"),
        Reply(kind="page"),
        Reply(kind="silence"),
        Reply(" \n"),
    ],
)
def test_what_may_go_better_is_asked_again(weather: Reply) -> None:
    with serve_weather(always(weather, weather, Reply("At last."))) as server:
        (outcome,) = run(server, make("Time?")).values()
    assert (outcome.text, outcome.attempts, len(server.bodies)) == ("At last.", 3, 3)


def test_eight_attempts_are_the_end() -> None:
    nap = Nap()
    with serve_weather(always(fail(500, "broken"))) as server:
        (outcome,) = run(server, make("Time?"), nap).values()
    assert (outcome.error, outcome.status) == ("status 500: 'broken'", 500)
    assert outcome.attempts == len(server.bodies) == 8
    pauses = [0.5 * 2**number for number in range(7)]
    assert len(nap.slept) == 7
    assert all(p / 2 <= slept <= p for p, slept in zip(pauses, nap.slept, strict=True))


def test_no_answer_in_time_is_asked_again() -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        return Reply(seconds=0 if before else 5)

    with serve_weather(script) as server:
        (outcome,) = run(server, make("Time?"), seconds=1.5).values()
    assert (outcome.text, outcome.attempts) == ("Time is a river.", 2)


def test_a_bad_request_is_not_asked_again_and_ends_nothing_else() -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        return fail(400, "too long") if body["messages"][-1]["content"] == "bad" else Reply()

    with serve_weather(script) as server:
        found = run(server, make("good", "bad", "fine"))
    assert found["m-1"].error == "status 400: 'too long'"
    assert found["m-0"].text == found["m-2"].text == "Time is a river."
    assert len(server.bodies) == 3


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_ends_a_model_ends_no_other(status: int) -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        return fail(status, f"no, {KEY}") if body["model"] == "gone" else Reply()

    requests = [*make(*"abcdef", model="gone"), *make(*"abc", model="here")]
    with serve_weather(script) as server:
        found = run(server, requests, max_concurrency=1)
    errors = {found[f"gone-{number}"].error for number in range(6)}
    assert errors == {f"status {status}: 'no, …'"}
    assert all(found[f"here-{number}"].text for number in range(3))
    assert sum(body["model"] == "gone" for body in server.bodies) == 1


def test_a_filtered_answer_is_none() -> None:
    with serve_weather(always(Reply("half of", finish_reason="content_filter"))) as server:
        (outcome,) = run(server, make("Time?")).values()
    assert (outcome.text, outcome.finish_reason) == (None, "content_filter")
    assert outcome.error == "the content filter held the answer back"
    assert len(server.bodies) == 1


def test_where_the_tokens_did_not_suffice_it_is_said() -> None:
    with serve_weather(always(Reply(kind="silence", finish_reason="length"))) as server:
        (outcome,) = run(server, make("Time?")).values()
    assert outcome.error == "max_tokens left no room for an answer"
    assert len(server.bodies) == 1


def test_a_parameter_that_a_model_does_not_support_is_left_out_from_then_on() -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        if "temperature" in body:
            return fail(400, "Unsupported value: 'temperature' is not supported with this model")
        return Reply()

    with serve_weather(script) as server:
        found = run(server, make(*"abc", temperature=0, max_tokens=9), max_concurrency=1)
    assert {outcome.left_out for outcome in found.values()} == {("temperature",)}
    assert {outcome.text for outcome in found.values()} == {"Time is a river."}
    assert sum("temperature" in body for body in server.bodies) == 1
    assert all(body["max_tokens"] == 9 for body in server.bodies)


def test_a_limit_is_sent_by_its_newer_name_and_never_left_out() -> None:
    refused = ["max_tokens"]

    def script(body: dict[str, Any], before: int) -> Reply:
        for name in refused:
            if name in body:
                return fail(400, f"Unsupported parameter: '{name}' is not supported")
        return Reply()

    with serve_weather(script) as server:
        found = run(server, make(*"ab", max_tokens=9), max_concurrency=1)
        assert {outcome.left_out for outcome in found.values()} == {()}
        assert dict(found["m-1"].sent) == {"max_completion_tokens": 9}
        sent = [(b.get("max_tokens"), b.get("max_completion_tokens")) for b in server.bodies]
        assert sent == [(9, None), (None, 9), (None, 9)]
        refused.append("max_completion_tokens")
        again = run(server, make("c", max_tokens=9))
    assert "'max_completion_tokens' is not supported" in str(again["m-0"].error)
    assert all({"max_tokens", "max_completion_tokens"} & body.keys() for body in server.bodies)


def test_an_endpoint_may_say_that_it_takes_a_limit_by_its_newer_name() -> None:
    newer = Endpoint("x", "http://127.0.0.1/v1", takes=("max_completion_tokens",))
    assert newer.divide({"max_tokens": 9, "seed": 1}) == ({"max_completion_tokens": 9}, ("seed",))
    neither = Endpoint("x", "http://127.0.0.1/v1", takes=("seed",))
    assert neither.divide({"max_tokens": 9}) == ({}, ("max_tokens",))


MESSAGE = {"role": "assistant", "content": "A river."}
SOUND: dict[str, Any] = {"index": 0, "message": MESSAGE, "finish_reason": "stop"}


@pytest.mark.parametrize(
    "body",
    [
        *('"hello"', "[1]", "null", "3"),
        *('{"choices": {"a": 1}}', '{"choices": "abc"}', '{"choices": [3]}'),
        *('{"choices": [{"index": 0, "message": "x"}]}', '{"choices": [{"index": 0, "delta": 3}]}'),
        '{"choices": [{"index": 0, "message": {"content": {"a": 1}}, "delta": {"content": [1]}}]}',
    ],
)
def test_a_body_of_another_shape_is_no_answer_and_ends_nothing(body: str) -> None:
    with serve_weather(always(Reply(body, kind="raw"), Reply("At last."))) as server:
        found = run(server, make("Time?"))
        heard, _ = listen(server, make("Time is?"))
    for (outcome,) in (found.values(), heard.values()):
        assert (outcome.text, outcome.attempts) == ("At last.", 2)


@pytest.mark.parametrize("count", ['"7"', "-7", "7.5", "true", "1e30", "10000000", "[7]", "null"])
def test_a_count_of_tokens_that_is_none_is_not_taken(count: str) -> None:
    told = json.dumps({"choices": [SOUND]})[:-1]
    body = f'{told}, "usage": {{"prompt_tokens": {count}, "completion_tokens": 5}}}}'
    with serve_weather(always(Reply(body, kind="raw"))) as server:
        (outcome,) = run(server, make("Time?")).values()
    assert (outcome.text, outcome.input_tokens, outcome.output_tokens) == ("A river.", None, 5)


def test_a_reason_that_is_no_text_is_not_taken_and_parts_of_an_answer_are_joined() -> None:
    parts = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "A "}, 3, None]
    parts.append({"type": "text", "text": "river."})
    choice = SOUND | {"message": {"content": parts}, "finish_reason": {"a": 1}}
    with serve_weather(always(Reply(json.dumps({"choices": [choice]}), kind="raw"))) as server:
        (outcome,) = run(server, make("Time?")).values()
    assert (outcome.text, outcome.finish_reason) == ("A river.", None)


def test_what_this_machine_serves_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with serve_weather(always(Reply("A river."))) as server:
        (outcome,) = run(server, make("Time?")).values()
    assert (outcome.text, outcome.attempts) == ("A river.", 1)


def test_only_this_machine_is_loopback() -> None:
    assert all(map(is_loopback, ["127.0.0.1", "127.9.9.9", "::1", "localhost"]))
    assert not any(map(is_loopback, ["10.0.0.1", "0.0.0.0", "localhost.example.com", ""]))  # noqa: S104


def test_retry_after_is_honoured() -> None:
    nap = Nap()
    with serve_weather(always(fail(429, retry_after="17"), Reply())) as server:
        (outcome,) = run(server, make("Time?"), nap).values()
    assert outcome.text
    assert max(nap.slept) == 17


def test_retry_after_is_a_number_or_a_date() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert read_wait("2.5", now) == 2.5
    assert read_wait("Thu, 01 Jan 2026 00:00:30 GMT", now) == 30
    assert read_wait("Wed, 31 Dec 2025 00:00:00 GMT", now) == 0
    assert read_wait("soon", now) is None
    assert read_wait("nan", now) is None
    assert read_wait("inf", now) is None
    assert read_wait(None, now) is None


def test_no_more_are_in_flight_than_may_be() -> None:
    with serve_weather(lambda *_: Reply(seconds=0.05)) as server:
        run(server, make(*map(str, range(30))), max_concurrency=5)
    assert 2 <= server.most <= 5


def test_a_service_that_is_not_there_is_told_without_waiting_for_each() -> None:
    endpoint = Endpoint("nobody", "http://127.0.0.1:9/v1", KEY, max_concurrency=2)
    found: list[Outcome] = []
    nap = Nap()
    conditions = Conditions(nap.clock, nap.sleep, random.Random(0))
    ask(endpoint, make(*map(str, range(50))), Ears(found.append), conditions=conditions)
    assert len(found) == 50
    assert all("no connection to 127.0.0.1:9" in str(outcome.error) for outcome in found)
    assert sum(outcome.attempts for outcome in found) <= 16


def test_mixed_weather_ends_every_request_once() -> None:
    chance = random.Random(3)
    bad = [
        fail(429),
        fail(429, retry_after="0.01"),
        fail(500),
        fail(503),
        Reply(kind="cut"),
        Reply(kind="garbage"),
        Reply(kind="no choices"),
        Reply(kind="page"),
        Reply(finish_reason="content_filter"),
    ]

    def script(body: dict[str, Any], before: int) -> Reply:
        return chance.choice(bad) if chance.random() < 0.4 else Reply()

    with serve_weather(script) as server:
        found = run(server, make(*map(str, range(200))), max_concurrency=16)
    told = Counter(outcome.error for outcome in found.values())
    assert told[None] > 120
    assert told["the content filter held the answer back"] > 3
    assert sum(outcome.attempts for outcome in found.values()) == len(server.bodies)


def test_stopping_gives_up_what_flies_and_sends_no_more() -> None:
    stop = threading.Event()

    def script(body: dict[str, Any], before: int) -> Reply:
        if body["messages"][-1]["content"] in ("0", "1"):
            return Reply()
        stop.set()
        return Reply(seconds=30)

    with serve_weather(script) as server:
        found = run(server, make(*map(str, range(40))), stop=stop, max_concurrency=1)
    assert found["m-0"].text == found["m-1"].text == "Time is a river."
    assert Counter(outcome.error for outcome in found.values())["cancelled"] == 38
    assert len(server.bodies) == 3


def test_what_cannot_be_kept_ends_the_work() -> None:
    def keep(outcome: Outcome) -> None:
        raise OSError("no space left")

    with serve_weather(always(Reply())) as server, pytest.raises(OSError, match="no space"):
        ask(server.endpoint(max_concurrency=1), make("a"), Ears(keep))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request("k", " ", ({"role": "user", "content": "a"},)), "must name a model"),
        (Request("k", "m", ()), "must say something"),
        (Request("k", "m", ({"role": "user", "content": ""},)), "must say something"),
        (Request("k", "m", ({"role": "user", "content": "x" * 100_000},)), "less than 100,000"),
        (make("a", temperature=-1)[0], "temperature is a number from 0 to 10; found -1"),
        (make("a", temperature=float("nan"))[0], "temperature is a number"),
        (make("a", top_p=1.1)[0], "top_p is a number from 0 to 1"),
        (make("a", max_tokens=0)[0], "max_tokens is a number from 1"),
        (make("a", min_p="much")[0], "min_p is a number"),
    ],
)
def test_nonsense_is_refused_before_anything_is_sent(request_: Request, words: str) -> None:
    with serve_weather(always(Reply())) as server:
        with pytest.raises(InputError, match=words):
            run(server, [*make("fine"), request_])
        assert server.bodies == []


def test_a_sound_request_passes() -> None:
    check_request(make("a", temperature=0, top_p=1, min_p=0, max_tokens=1)[0])


def test_pace_shrinks_at_a_refusal_and_grows_with_answers() -> None:
    now = 0.0
    pace = Pace(10, lambda: now)
    pace.take_refusal()
    assert pace.limit == 8
    pace.take_answer()
    assert pace.limit == pytest.approx(8.125)
    pace.take_failure()
    pace.take_answer()
    assert pace.limit == pytest.approx(8.125)  # it grows no more while the service struggles
    now = 11.0
    for _ in range(100):
        pace.take_answer()
    assert pace.limit == 10
    for _ in range(100):
        pace.take_refusal()
    assert pace.limit == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"base_url": "localhost:8080"}, "a base URL begins with http:// or https://"),
        ({"base_url": "http://"}, "names a host"),
        ({"base_url": "file:///etc/passwd"}, "a base URL begins with"),
        ({"base_url": "http://[::1/v1"}, "a base URL begins with"),
        ({"base_url": "http://localhost:many/v1"}, "a base URL begins with"),
        ({"base_url": "http://localhost:70000/v1"}, "a base URL begins with"),
        ({"base_url": "http://local\0host/v1"}, "a base URL begins with"),
        ({"max_concurrency": 0}, "more than 0"),
        ({"input_price": -1.0}, "a price is 0 or more"),
    ],
)
def test_what_is_no_endpoint_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Endpoint(**{"name": "x", "base_url": "http://localhost", **options})


@pytest.mark.parametrize("base_url", [KEY, f"me:{KEY}@127.0.0.1", f"http://127.0.0.1:{KEY}/v1"])
def test_a_key_in_place_of_an_address_is_not_repeated(base_url: str) -> None:
    with pytest.raises(InputError, match="a base URL begins with") as caught:
        Endpoint("x", base_url)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("end", ["\n", "\r\n second", "\t", "\0", "é", "\u200b"])
def test_a_key_that_no_header_holds_is_refused_and_not_repeated(end: str) -> None:
    with pytest.raises(InputError, match="a key has letters, digits and signs of ASCII") as caught:
        Endpoint("x", "http://127.0.0.1/v1", KEY + end)
    assert KEY not in str(caught.value)


def test_the_end_of_a_line_is_no_part_of_a_key() -> None:
    given = find_endpoint({"OPENAI_API_KEY": f"{KEY}\n"})
    assert given.api_key == KEY


def test_the_environment_names_an_endpoint_and_no_text_shows_its_key() -> None:
    ours = find_endpoint({"OPENAI_API_KEY": KEY})
    assert ours.host == "api.openai.com"
    local = find_endpoint({"OPENAI_BASE_URL": "http://me:secret@127.0.0.1:8080/v1"})
    assert local.host == "127.0.0.1:8080"
    assert KEY not in repr(ours)
    with pytest.raises(InputError, match="a model behind an endpoint needs a key"):
        find_endpoint({})


def listen(server: Weather, requests: Sequence[Request]) -> tuple[dict[str, Outcome], list[str]]:
    found: dict[str, Outcome] = {}
    heard: list[str] = []
    nap = Nap()
    ears = Ears(
        lambda outcome: found.update({outcome.request.key: outcome}),
        hear=lambda request, text: heard.append(text),
    )
    conditions = Conditions(nap.clock, nap.sleep, random.Random(0))
    ask(server.endpoint(), requests, ears, conditions=conditions)
    return found, heard


def test_an_answer_is_heard_word_by_word() -> None:
    with serve_weather(always(Reply("Time is a river."))) as server:
        found, heard = listen(server, make("Time?"))
    (outcome,) = found.values()
    assert heard == ["", "Time", "Time is", "Time is a", "Time is a river."]
    assert (outcome.text, outcome.finish_reason) == ("Time is a river.", "stop")
    assert (outcome.input_tokens, outcome.output_tokens) == (7, 5)
    assert server.bodies[0]["stream"] is True


@pytest.mark.parametrize("kind", ["cut", "no end", "silence", "garbage", "page"])
def test_a_stream_without_an_end_is_no_answer(kind: str) -> None:
    with serve_weather(always(Reply("Half of it", kind=kind), Reply("All of it."))) as server:
        found, heard = listen(server, make("Time?"))
    (outcome,) = found.values()
    assert (outcome.text, outcome.attempts) == ("All of it.", 2)
    assert heard.count("") == 2
    assert heard[-1] == "All of it."


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "Unrecognized request argument supplied: stream_options"),
        (422, "body.stream_options: Extra inputs are not permitted"),
        (400, "stream_options is not supported by this model"),
    ],
)
def test_a_stream_that_does_not_count_its_tokens_will_do(status: int, said: str) -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        return fail(status, said) if "stream_options" in body else Reply("Time is.")

    with serve_weather(script) as server:
        found, heard = listen(server, make("a", "b"))
    assert {outcome.text for outcome in found.values()} == {"Time is."}
    assert "Time" in heard
    assert {outcome.left_out for outcome in found.values()} == {()}


def test_what_cannot_be_streamed_comes_whole() -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        return fail(400, "stream is not supported") if "stream" in body else Reply("A.")

    with serve_weather(script) as server:
        found, heard = listen(server, make("a"))
    assert [outcome.text for outcome in found.values()] == ["A."]
    assert set(heard) == {""}
    assert [body.get("stream") for body in server.bodies] == [True, None]
    with serve_weather(always(fail(400, "the upstream provider does not support it"))) as server:
        found, _ = listen(server, make("a"))  # which is not about streams
    assert len(server.bodies) == 1


def test_an_answer_is_cut_also_where_the_service_was_not_sent_its_limit() -> None:
    with serve_weather(always(Reply(" ".join(["on and on"] * 500)))) as server:
        found: list[Outcome] = []
        ears = Ears(found.append, hear=lambda request, text: None)
        ask(server.endpoint(takes=()), make("a", max_tokens=10), ears)
    assert found[0].finish_reason == "length"
    assert 80 < len(str(found[0].text)) < 100


def test_a_filter_may_end_a_stream() -> None:
    with serve_weather(always(Reply("Half of", finish_reason="content_filter"))) as server:
        found, _ = listen(server, make("Time?"))
    (outcome,) = found.values()
    assert (outcome.text, outcome.error) == (None, "the content filter held the answer back")


def test_what_is_not_admitted_is_not_sent() -> None:
    found: list[Outcome] = []
    with serve_weather(always(Reply())) as server:
        ears = Ears(found.append, admit=lambda request: request.key != "m-1")
        ask(server.endpoint(), make("a", "b", "c"), ears)
    assert {one.request.key: one.error for one in found} == {
        "m-0": None,
        "m-1": "the budget is spent",
        "m-2": None,
    }
    assert len(server.bodies) == 2


def test_no_part_of_a_key_is_left_where_a_message_is_cut() -> None:
    said = "x" * 185 + KEY + "y" * 50
    with serve_weather(always(fail(400, said))) as server:
        (outcome,) = run(server, make("Time?")).values()
    assert "sk-" not in str(outcome.error)


def test_a_stream_that_goes_on_past_its_tokens_is_cut() -> None:
    long = " ".join(["on and on"] * 500)
    with serve_weather(lambda body, before: Reply(long)) as server:
        found: list[Outcome] = []
        asked = [replace(one, parameters={"max_tokens": 10}) for one in make("a")]
        ask(server.endpoint(), asked, Ears(found.append, hear=lambda request, text: None))
    assert found[0].finish_reason == "length"
    assert found[0].text is not None
    assert 80 < len(found[0].text) < 100


def test_what_is_not_admitted_yet_is_asked_for_again() -> None:
    answers = iter([None, None, True])
    with serve_weather(lambda body, before: Reply("Yes.")) as server:
        found: list[Outcome] = []
        ask(server.endpoint(), make("a"), Ears(found.append, admit=lambda request: next(answers)))
    assert [(one.text, one.attempts) for one in found] == [("Yes.", 1)]
