"""A live session as a file: what is written comes back, and nothing else is taken."""

import json
from dataclasses import replace
from typing import Any

import pytest

from hivemind_core.corpus.identity import name_sources
from hivemind_core.corpus.recording import (
    LARGEST,
    MOST_ANSWERS,
    MOST_BYTES,
    Asked,
    Heard,
    Landed,
    Recording,
    format_recording,
    list_answers,
    parse_recording,
)
from hivemind_core.errors import InputError

SOURCES = name_sources([("a", None), ("a", "hot"), ("b", None), ("b", "hot")])
ASKED = Asked("q1", "What is “time”?\nIn a word. ⏳", SOURCES, 2, (None, "hot"))
EVENTS = (
    Heard(0.0, 0, 0, ""),
    Heard(0.125, 0, 0, "A river"),
    Heard(0.125, 0, 0, "", anew=True),
    Heard(0.5, 0, 0, "Sand\u2028falls\n"),
    Landed(1.25, 0, 0, "Sand\u2028falls\n<b>\x00", None, "stop", 1.125, 12, 0.000057),
    Landed(1.25, 3, 1, error="status 404: 'no such model'", seconds=0.25),
    Landed(2.0, 1, 0, "", is_known=True),
    Landed(2.5, 2, 7, "Late", finish_reason="length", usd=0.0),
)
RECORDING = Recording(ASKED, EVENTS, "2026-01-02T03:04:05+00:00")

HEAD: dict[str, Any] = {
    "recording": 1,
    "query_id": "q",
    "query": "Time?",
    "sources": [["a", None], ["b", None]],
    "samples": 2,
}
HEARD: dict[str, Any] = {"at": 0, "source": 0, "sample": 0, "more": "x"}
LANDED: dict[str, Any] = {"at": 1, "source": 1, "sample": 1, "text": "y"}


def write(*lines: object) -> bytes:
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def refuse(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        parse_recording(content, "talk.jsonl")
    message = str(caught.value)
    assert message.startswith("talk.jsonl")
    assert "\n" not in message
    assert len(message) < 400
    return message


def test_what_is_written_comes_back() -> None:
    content = format_recording(RECORDING)
    assert parse_recording(content, "x") == RECORDING
    assert format_recording(parse_recording(content, "x")) == content
    assert RECORDING.seconds == 2.5
    assert list_answers(RECORDING.events) == list(EVENTS[4:])


def test_a_file_is_one_line_for_what_was_asked_and_one_an_event() -> None:
    head, *lines = format_recording(RECORDING).decode().removesuffix("\n").split("\n")
    assert json.loads(head)["sources"] == [[s.model, s.strategy] for s in SOURCES]
    assert len(lines) == len(EVENTS)
    assert json.loads(lines[1]) == {"at": 0.125, "source": 0, "sample": 0, "more": "A river"}
    assert json.loads(lines[5]).keys() == {"at", "source", "sample", "error", "seconds"}


def test_which_strategies_are_chained_comes_back() -> None:
    sources = name_sources([("a", None), ("a", "x")])
    asked = Asked("q", "Why?", sources, 2, (None, "x"), ("x",))
    found = parse_recording(format_recording(Recording(asked, (), "")), "x").asked
    assert found == asked


def test_a_session_in_which_nothing_came_is_a_recording_too() -> None:
    empty = Recording(ASKED, (), "")
    assert parse_recording(format_recording(empty), "x") == empty
    assert empty.seconds == 0


def test_times_are_kept_to_a_millisecond_and_costs_of_cheap_models_are_no_zero() -> None:
    one = Landed(0.12345, 0, 0, "x", seconds=1.5, usd=3e-8)
    (found,) = parse_recording(format_recording(replace(RECORDING, events=(one,))), "x").events
    assert found == replace(one, at=0.123)


def test_what_an_old_or_other_writer_leaves_out_has_a_default() -> None:
    content = write(HEAD, HEARD, {**LANDED, "tokens": None, "error": None})
    found = parse_recording(b"\n" + content.replace(b"\n", b"\r\n\r\n"), "x")
    assert (found.asked.strategies, found.asked.chained) == ((None,), ())
    assert found.asked.total == 4
    assert [source.name for source in found.asked.sources] == ["a", "b"]
    assert found.events == (Heard(0, 0, 0, "x"), Landed(1, 1, 1, "y"))
    assert found.created == ""


def test_sources_keep_their_places_whatever_their_names() -> None:
    head = {**HEAD, "sources": [["z", "hot"], ["a", None], ["z", None]]}
    found = parse_recording(write({**head, "strategies": ["hot", None]}), "x").asked
    assert [source.name for source in found.sources] == ["z · hot", "a", "z"]


@pytest.mark.parametrize(
    "content",
    [
        b"not json",
        b"\xff\xfe\x00",
        b"PAR1",
        write(HEAD) + b'{"at": 1,',
        write(HEAD) + b"[" * 100_000,
        b'{"recording":' * 100_000,
        write(HEAD) + b'{"at": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_file_that_is_no_json_lines_is_refused(content: bytes) -> None:
    assert "a recording is JSON Lines; found" in refuse(content)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"[]", b"null", b"{}", write(HEARD, HEAD)])
def test_a_file_that_does_not_say_what_was_asked_is_refused(content: bytes) -> None:
    assert "the first line says what was asked; found none that does" in refuse(content)


@pytest.mark.parametrize("version", [2, 0, "1", None, [[]]])
def test_a_newer_version_is_named(version: object) -> None:
    message = refuse(write({**HEAD, "recording": version}))
    assert "a recording is of version 1" in message
    assert repr(version) in message
    assert "A newer version of the software made it" in message


def test_a_file_that_is_too_large_is_not_read() -> None:
    assert "at most 20,000,000 bytes; found 20,000,001" in refuse(b"x" * (MOST_BYTES + 1))


@pytest.mark.parametrize(
    "change",
    [
        {"query_id": 5},
        {"query_id": ""},
        {"query": " \n"},
        {"query": None},
        {"query": "\ud800"},
        {"sources": []},
        {"sources": "ab"},
        {"sources": {"a": None}},
        {"sources": [["a"]]},
        {"sources": [["a", None, None]]},
        {"sources": [[None, None]]},
        {"sources": [["a", 1]]},
        {"sources": [["a", None], ["a", None]]},
        {"sources": [["a", "hot"]]},
        {"strategies": []},
        {"strategies": None},
        {"strategies": [None, "nobody's"]},
        {"strategies": [None, None]},
        {"strategies": [[None]]},
        {"chained": None},
        {"chained": "x"},
        {"chained": [[None]]},
        {"chained": ["nobody's"]},
        {"samples": 0},
        {"samples": -1},
        {"samples": True},
        {"samples": 1.5},
        {"samples": "2"},
        {"samples": float("nan")},
        {"samples": MOST_ANSWERS // 2 + 1},
    ],
)
def test_a_first_line_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    message = refuse(write({**HEAD, **change}))
    assert message.startswith("talk.jsonl, line 1: a recording says query_id, query, sources")


@pytest.mark.parametrize(
    "event",
    [
        {**HEARD, "at": float("nan")},
        {**HEARD, "at": float("inf")},
        {**HEARD, "at": -0.001},
        {**HEARD, "at": "0"},
        {**HEARD, "at": True},
        {**HEARD, "at": None},
        {**HEARD, "at": 10**400},
        {**HEARD, "at": 1e300},
        {**HEARD, "at": LARGEST + 1},
        {**HEARD, "source": 2},
        {**HEARD, "source": -1},
        {**HEARD, "source": 0.0},
        {**HEARD, "source": None},
        {**HEARD, "source": False},
        {**HEARD, "sample": -1},
        {**HEARD, "sample": 10**30},
        {**HEARD, "sample": "0"},
        {**HEARD, "more": None},
        {**HEARD, "more": 5},
        {**HEARD, "more": ["x"]},
        {**HEARD, "more": "\ud83d"},
        {**HEARD, "anew": 1},
        {**HEARD, "text": "x"},
        {**HEARD, "key": "x"},
        {**LANDED, "text": None},
        {**LANDED, "error": "why"},
        {**LANDED, "text": {"deep": [[[]]]}},
        {**LANDED, "finish_reason": 5},
        {**LANDED, "seconds": "1"},
        {**LANDED, "seconds": float("nan")},
        {**LANDED, "tokens": 1.5},
        {**LANDED, "tokens": -1},
        {**LANDED, "usd": float("-inf")},
        {**LANDED, "usd": -1},
        {**LANDED, "is_known": "yes"},
        {"at": 0, "source": 0, "sample": 0},
        {},
    ],
)
def test_an_event_that_cannot_be_is_refused_with_its_line(event: dict[str, Any]) -> None:
    parse_recording(write(HEAD, HEARD, LANDED), "x")
    message = refuse(write(HEAD) + b"\n" + write(HEARD, event))
    assert message.startswith("talk.jsonl, line 4: an event says at, source, sample, and either")


@pytest.mark.parametrize("line", [[], 5, "x", None, True])
def test_a_line_that_is_no_event_is_refused(line: object) -> None:
    assert refuse(write(HEAD, line)).startswith("talk.jsonl, line 2: an event is an object")


def test_events_out_of_their_order_are_refused() -> None:
    later = {**HEARD, "at": 1.001}
    told = refuse(write(HEAD, later, LANDED))
    assert "line 3: events come in the order of their time; found 1 s after 1.001 s" in told


def test_no_more_lands_than_was_asked_for() -> None:
    twice = write(HEAD, LANDED, {**LANDED, "at": 2})
    assert "line 3: a sample lands once; found source 1, sample 1 again" in refuse(twice)
    many = [{**LANDED, "sample": number} for number in range(5)]
    told = "line 6: at most the 4 samples that were asked for land; found one more"
    assert told in refuse(write(HEAD, *many))
    # Numbers need not start at 0: a session may go on where a corpus stops.
    late = [{**LANDED, "sample": number} for number in (50, 51)]
    assert len(parse_recording(write(HEAD, *late), "x").events) == 2


def test_a_time_of_making_that_is_no_text_is_left_out() -> None:
    for created in (5, [["x"]], {"a": 1}, "\ud800"):
        assert parse_recording(write({**HEAD, "created": created}), "x").created == ""
