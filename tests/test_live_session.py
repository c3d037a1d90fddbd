"""A live session: what its threads do, whatever becomes of feed, reader and clock."""

import queue
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hivemind_core.corpus.cache import VectorCache
from hivemind_core.corpus.identity import name_sources
from hivemind_core.corpus.recording import (
    Asked,
    Heard,
    Landed,
    Recording,
    format_recording,
    list_answers,
    parse_recording,
)
from hivemind_core.corpus.store import open_or_create
from hivemind_core.corpus.tables import RESPONSES
from hivemind_core.errors import InputError, WorkError
from hivemind_core.live.feeds import (
    MOST_ANSWERS,
    Feed,
    Listener,
    ReplayFeed,
    SampleFeed,
    describe_order,
)
from hivemind_core.live.reading import Frozen, Reader, Reading
from hivemind_core.live.session import BROKEN, LEAST_PAUSE, UNREAD, Scene, Session, draw_final
from hivemind_core.models.strategies import BUILT_IN
from hivemind_core.sampling.orders import Order
from hivemind_core.sampling.storing import store
from tests.fakes import CountingEncoder, make_vector
from tests.planted import make_unit_rows
from tests.test_sampling import NOW, QUERIES, echo, order, tools
from tests.weather import KEY, Reply, Weather, fail, serve_weather

LONG = 60.0  # seconds after which a test fails; what is awaited comes at once
ASKED = Asked("q1", "Time?", name_sources([("a", None), ("b", None)]), 3)

Step = Callable[[Listener, threading.Event], None]


@dataclass
class StepFeed:
    """Does one step after the other; at a gate it waits until it is opened or told to stop."""

    steps: Sequence[Step]
    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def run(self, listener: Listener, stop: threading.Event) -> None:
        for step in self.steps:
            step(listener, stop)

    def gate(self, listener: Listener, stop: threading.Event) -> None:
        self.reached.set()
        assert self.opened.wait(LONG)

    def wait_for_stop(self, listener: Listener, stop: threading.Event) -> None:
        self.reached.set()
        assert stop.wait(LONG)


def hear(source: int, sample: int, text: str) -> Step:
    return lambda listener, _: listener.hear(source, sample, text)


def land(source: int, sample: int, text: str | None = None, error: str | None = None) -> Step:
    return lambda listener, _: listener.land(Landed(99.0, source, sample, text, error))


def fall(error: BaseException) -> Step:
    def step(listener: Listener, stop: threading.Event) -> None:
        raise error

    return step


def gated(*steps: Step | str) -> StepFeed:
    """Return a feed; the step "gate" waits at its gate, "stop" until it is told to stop."""
    feed = StepFeed([])
    named: dict[str, Step] = {"gate": feed.gate, "stop": feed.wait_for_stop}
    feed.steps = [named[step] if isinstance(step, str) else step for step in steps]
    return feed


@dataclass
class Clock:
    """Shows the time it is set to."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now

    def set(self, seconds: float) -> Step:
        """Return a step that lets so much pass since the start."""

        def step(listener: Listener, stop: threading.Event) -> None:
            self.now = 100.0 + seconds

        return step


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(ASKED, CountingEncoder(), VectorCache(tmp_path / "vectors.sqlite"))


@pytest.fixture
def escaped(monkeypatch: pytest.MonkeyPatch) -> "queue.Queue[str]":
    """Catch what a thread did not: pytest would take it for a failure of the test."""
    caught: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(threading, "excepthook", lambda given: caught.put(str(given.exc_value)))
    return caught


def finish(feed: Feed, reader: Reader, asked: Asked = ASKED) -> Session:
    session = Session(asked, feed, reader)
    assert session.wait(LONG)
    return session


def await_scene(session: Session, holds: Callable[[Scene], bool]) -> None:
    """Wait until something is so, while the session runs."""
    with session._changed:
        assert session._changed.wait_for(lambda: holds(session.scene), LONG)


def forget_times(landed: Sequence[Landed]) -> list[Landed]:
    return [replace(one, at=0.0) for one in landed]


def assert_same(one: Reading | None, other: Reading | None) -> None:
    """Hold two readings against each other in all but the times of their answers."""
    assert one is not None
    assert other is not None
    assert forget_times(one.answers) == forget_times(other.answers)
    for name in ("vectors", "places", "labels"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert (one.groups, one.sense, one.threshold) == (other.groups, other.sense, other.threshold)
    # As text, where what is undefined equals itself.
    assert repr((one.arms, one.k)) == repr((other.arms, other.k))
    assert repr((one.within, one.between)) == repr((other.within, other.between))


def one_query(server: Weather, *strategies: str, **more: Any) -> Order:
    return replace(order(server, *strategies, **more), queries=QUERIES[:1])


def start_sampling(folder: Path, wanted: Order) -> tuple[Session, SampleFeed]:
    """Ask models, by a clock on which every word comes a second after the one before."""
    asked = describe_order(wanted)
    feed = SampleFeed(wanted, tools(folder))
    cache = VectorCache(folder / "vectors.sqlite")
    return Session(asked, feed, Reader(asked, CountingEncoder(), cache), run_ahead(1)), feed


def run_ahead(seconds: int) -> Callable[[], float]:
    """Return a clock that has gone on by so much whenever it is looked at."""
    times = count(0, seconds)
    return lambda: float(next(times))


# Models that are asked now


def test_answers_of_models_land_are_read_and_can_be_played_again(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        session, feed = start_sampling(tmp_path, one_query(server, "plain", "hot", samples=2))
        assert session.wait(LONG)
    scene = session.scene
    assert (scene.state, scene.fault, scene.said, scene.is_settled) == ("done", "", {}, True)
    assert Counter(one.source for one in scene.landed) == dict.fromkeys(range(4), 2)
    assert {(one.tokens, one.finish_reason) for one in scene.landed} == {(5, "stop")}
    assert [one.usd for one in scene.landed] == pytest.approx([57e-6] * 8)
    assert scene.reading is not None
    assert len(scene.reading.answers) == len(feed.answers) == 8
    assert [arm.strategy for arm in scene.reading.arms] == [None, "hot"]
    names = {one.source: session.asked.sources[one.source].model for one in scene.landed}
    assert all(str(one.text).startswith(f"{names[one.source]}: ") for one in scene.landed)

    content = format_recording(session.record())
    assert KEY.encode() not in content
    assert server.base_url.encode() not in content
    recording = parse_recording(content, "talk")
    # Of each answer: where it begins, and three words, the last of which is a number.
    heard = Counter(
        (event.source, event.sample) for event in recording.events if isinstance(event, Heard)
    )
    assert heard == {(source, sample): 4 for source in range(4) for sample in range(2)}
    cache = VectorCache(tmp_path / "others.sqlite")
    played = ReplayFeed(recording, clock=run_ahead(1000))  # no event is waited for
    again = finish(played, Reader(recording.asked, CountingEncoder(), cache), recording.asked)
    replayed = [replace(one, seconds=0.0) for one in forget_times(again.scene.landed)]
    assert replayed == [replace(one, seconds=0.0) for one in forget_times(scene.landed)]
    assert again.scene.reading is not None
    assert_same(replace(scene.reading, answers=()), replace(again.scene.reading, answers=()))
    store(open_or_create(str(tmp_path / "c")), feed.answers, lambda: NOW)
    kept = open_or_create(str(tmp_path / "c")).read(RESPONSES)
    assert sorted(kept["text"].to_pylist()) == sorted(str(one.text) for one in scene.landed)


def test_what_is_known_lands_at_once_and_says_so(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        first, _ = start_sampling(tmp_path, one_query(server))
        assert first.wait(LONG)
        again, _ = start_sampling(tmp_path, one_query(server))
        assert again.wait(LONG)
        assert len(server.bodies) == 6
    assert all(one.is_known for one in again.scene.landed)
    assert not any(one.is_known for one in first.scene.landed)
    assert {one.text for one in again.scene.landed} == {one.text for one in first.scene.landed}


def test_a_model_that_fails_altogether_leaves_the_others(tmp_path: Path) -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        return fail(404, f"no model for {KEY}") if body["model"] == "b" else echo(body, before)

    with serve_weather(script) as server:
        session, _ = start_sampling(tmp_path, one_query(server))
        assert session.wait(LONG)
    scene = session.scene
    assert scene.state == "done"
    failed = [one for one in scene.landed if one.error]
    assert len(failed) == 3
    assert {one.source for one in failed} == {1}
    assert {(one.text, one.usd) for one in failed} == {(None, None)}
    assert failed[0].error == "status 404: 'no model for …'"
    assert KEY.encode() not in format_recording(session.record())
    assert scene.reading is not None
    assert [one.is_defined for one in scene.reading.within] == [True, False]
    assert not scene.reading.between[0].is_defined
    assert scene.final is not None
    assert scene.final.reason == "UMAP needs 10 answers, here are 3"


def test_a_model_that_is_asked_is_cancelled(tmp_path: Path) -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        return Reply(echo(body, before).text, seconds=LONG if body["model"] == "b" else 0)

    with serve_weather(script) as server:
        session, _ = start_sampling(tmp_path, one_query(server))
        await_scene(session, lambda scene: len(scene.landed) == 3)
        session.cancel()
        assert session.wait(LONG)
    scene = session.scene
    assert (scene.state, scene.fault) == ("cancelled", "")
    assert Counter(one.error for one in scene.landed) == {None: 3, "cancelled": 3}
    assert scene.reading is not None
    assert len(scene.reading.answers) == 3


def test_an_order_that_cannot_be_sent_fails_in_its_own_words(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        session, _ = start_sampling(tmp_path, one_query(server, budget=-1.0))
        assert session.wait(LONG)
        assert server.bodies == []
    assert session.scene.state == "failed"
    assert "a budget is 0 USD or more" in session.scene.fault


def test_costs_are_unknown_where_no_price_is_stated(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        wanted = one_query(server, samples=1)
        free = tuple(replace(one, endpoint=server.endpoint()) for one in wanted.models)
        session, _ = start_sampling(tmp_path, replace(wanted, models=free))
        assert session.wait(LONG)
    assert [one.usd for one in session.scene.landed] == [None, None]


def test_half_a_character_in_an_answer_harms_nothing(tmp_path: Path) -> None:
    halves = {"a": "Time \ud83d", "b": "\ud83d\ude00"}
    with serve_weather(lambda body, _: Reply(halves[body["model"]])) as server:
        session, feed = start_sampling(tmp_path, one_query(server, samples=1))
        assert session.wait(LONG)
    assert session.scene.fault == ""
    assert {one.text for one in session.scene.landed} == {"Time \ufffd", "\U0001f600"}
    assert parse_recording(format_recording(session.record()), "x") is not None
    store(open_or_create(str(tmp_path / "c")), feed.answers, lambda: NOW)


def test_an_order_is_told_as_what_is_asked() -> None:
    with serve_weather(echo) as server:
        wanted = one_query(server, "hot", "plain", samples=4)
        asked = describe_order(wanted)
        assert (asked.query_id, asked.query, asked.samples) == ("q1", "Time?", 4)
        assert asked.strategies == ("hot", None)
        assert [one.name for one in asked.sources] == ["a", "a · hot", "b", "b · hot"]
        assert asked.total == 16
        assert asked.chained == ()
        assert describe_order(one_query(server, "be different", "hot")).chained == ("be different",)
        with pytest.raises(InputError, match="a live session asks one query; found 2"):
            describe_order(replace(wanted, queries=QUERIES))
        with pytest.raises(InputError, match="a live session asks one query; found 0"):
            describe_order(replace(wanted, queries=()))
        assert describe_order(replace(wanted, samples=MOST_ANSWERS // 4)).total == MOST_ANSWERS
        message = "at most 600 answers; found 604. Take fewer samples, or `hivemind sample`"
        with pytest.raises(InputError, match=message):
            describe_order(replace(wanted, samples=MOST_ANSWERS // 4 + 1))


def test_later_samples_keep_their_numbers(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        wanted = replace(one_query(server, samples=2), strategies=(BUILT_IN["plain"],), first=5)
        session, _ = start_sampling(tmp_path, wanted)
        assert session.wait(LONG)
    assert {one.sample for one in session.scene.landed} == {5, 6}
    assert parse_recording(format_recording(session.record()), "x").asked == session.asked


# Words while they come


def test_words_are_seen_while_they_come_and_gone_when_they_landed(reader: Reader) -> None:
    feed = gated(
        *(hear(0, 0, ""), hear(0, 0, "A riv"), hear(1, 2, "Sand"), land(0, 1, "Known")),
        *("gate", hear(0, 0, "A river"), land(0, 0, "A river")),
    )
    session = Session(ASKED, feed, reader)
    assert feed.reached.wait(LONG)
    scene = session.scene
    assert (scene.state, scene.is_settled) == ("running", False)
    assert scene.said == {(0, 0): "A riv", (1, 2): "Sand"}
    assert [one.text for one in scene.landed] == ["Known"]
    assert not session.wait(0)
    early = session.record()
    feed.opened.set()
    assert session.wait(LONG)
    # An answer that never landed is not on its way for ever.
    assert session.scene.said == {}
    assert [one.text for one in session.scene.landed] == ["Known", "A river"]
    # What was taken while it ran is what it was, and a recording of its own.
    assert parse_recording(format_recording(early), "x").asked == ASKED
    assert [one.text for one in list_answers(early.events)] == ["Known"]
    assert session.record().events[: len(early.events)] == early.events
    assert scene.landed == session.scene.landed[:1]


def test_a_recording_keeps_ten_words_a_second_and_every_new_beginning(reader: Reader) -> None:
    clock = Clock()
    feed = gated(
        *(clock.set(0), hear(0, 0, ""), hear(0, 0, "A"), hear(1, 0, "Z")),
        *(clock.set(LEAST_PAUSE / 2), hear(0, 0, "A r")),
        *(clock.set(1), hear(0, 0, "A riv"), hear(0, 0, "A rive")),
        *(clock.set(1.0625), hear(0, 0, ""), hear(0, 0, "B")),
        *(clock.set(2), hear(0, 0, "Be"), clock.set(3), land(0, 0, "Bee")),
    )
    session = Session(ASKED, feed, reader, clock)
    assert session.wait(LONG)
    heard = [event for event in session.record().events if isinstance(event, Heard)]
    assert heard == [
        Heard(0, 0, 0, ""),
        Heard(0, 1, 0, "Z"),
        Heard(1, 0, 0, "A riv"),
        Heard(1.0625, 0, 0, "", anew=True),
        Heard(2, 0, 0, "Be"),
    ]
    # The session's own clock says when an answer landed, whatever the feed does.
    assert session.scene.landed[0].at == 3
    assert session.scene.seconds == 3
    clock.now += 50
    assert session.scene.seconds == 3


# How it ends


def test_it_ends_when_it_is_told_to_and_keeps_what_has_come(reader: Reader) -> None:
    feed = gated(land(0, 0, "One"), land(1, 0, "Two"), hear(0, 1, "Thr"), "stop")
    session = Session(ASKED, feed, reader)
    assert feed.reached.wait(LONG)
    session.cancel()
    session.cancel()
    assert session.wait(LONG)
    scene = session.scene
    assert (scene.state, scene.fault, scene.said) == ("cancelled", "", {})
    assert scene.reading is not None
    assert [one.text for one in scene.reading.answers] == ["One", "Two"]
    assert scene.final is not None


def test_to_cancel_what_has_ended_changes_nothing(reader: Reader) -> None:
    session = finish(gated(land(0, 0, "One")), reader)
    session.cancel()
    assert session.scene.state == "done"


def test_a_feed_that_cannot_go_on_says_why(reader: Reader) -> None:
    feed = gated(land(0, 0, "One"), hear(0, 1, "Tw"), fall(WorkError("the disk is full")))
    scene = finish(feed, reader).scene
    assert (scene.state, scene.fault, scene.said) == ("failed", "the disk is full", {})
    assert scene.reading is not None
    assert [one.text for one in scene.reading.answers] == ["One"]


def test_a_feed_that_breaks_off_ends_the_session(
    reader: Reader, escaped: "queue.Queue[str]"
) -> None:
    feed = gated(land(0, 0, "One"), fall(ZeroDivisionError("a fault of ours")))
    scene = finish(feed, reader).scene
    assert (scene.state, scene.fault, scene.is_settled) == ("failed", BROKEN, True)
    assert [one.text for one in scene.landed] == ["One"]
    # It is told to whoever looks after the program, and not swallowed.
    assert escaped.get(timeout=LONG) == "a fault of ours"


class FailingEncoder(CountingEncoder):
    """Fails from its second call on."""

    error: Exception = WorkError("an encoder must answer", where="failing")

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.asked:
            raise self.error
        return super().encode(texts)


def test_an_encoder_that_fails_leaves_the_answers_and_says_why(reader: Reader) -> None:
    feed = gated(land(0, 0, "One"), "gate", land(1, 0, "Two"), land(1, 1, "Three"))
    encoder = FailingEncoder()
    encoder.asked = ["before"]
    session = Session(ASKED, feed, replace(reader, encoder=encoder))
    assert feed.reached.wait(LONG)
    await_scene(session, lambda scene: bool(scene.fault))
    assert session.scene.state == "running"
    assert not session.scene.is_settled
    feed.opened.set()
    assert session.wait(LONG)
    scene = session.scene
    # The feed ended well after it: its end does not hide that nothing could be placed.
    assert (scene.state, scene.fault) == ("done", "failing: an encoder must answer")
    assert [one.text for one in scene.landed] == ["One", "Two", "Three"]
    assert scene.reading is None
    assert scene.final is None


def test_a_reading_stays_when_the_encoder_fails_later(reader: Reader) -> None:
    feed = gated(land(0, 0, "One"), "gate", land(1, 0, "Two"))
    session = Session(ASKED, feed, replace(reader, encoder=FailingEncoder()))
    await_scene(session, lambda scene: scene.reading is not None)
    feed.opened.set()
    assert session.wait(LONG)
    assert session.scene.fault == "failing: an encoder must answer"
    assert session.scene.reading is not None
    assert [one.text for one in session.scene.reading.answers] == ["One"]


def test_an_encoder_that_breaks_off_is_told_too(
    reader: Reader, escaped: "queue.Queue[str]"
) -> None:
    encoder = FailingEncoder()
    encoder.asked, encoder.error = ["before"], ValueError("a fault of ours")
    session = finish(gated(land(0, 0, "One")), replace(reader, encoder=encoder))
    assert (session.scene.state, session.scene.fault) == ("done", UNREAD)
    assert escaped.get(timeout=LONG) == "a fault of ours"


def test_what_ended_a_feed_is_said_before_what_ended_the_reader(reader: Reader) -> None:
    encoder = FailingEncoder()
    encoder.asked = ["before"]
    feed = gated(land(0, 0, "One"), "gate", fall(WorkError("the disk is full")))
    session = Session(ASKED, feed, replace(reader, encoder=encoder))
    await_scene(session, lambda scene: bool(scene.fault))
    feed.opened.set()
    assert session.wait(LONG)
    assert (session.scene.state, session.scene.fault) == ("failed", "the disk is full")


# What comes may be little


def test_nothing_comes(reader: Reader) -> None:
    session = finish(gated(), reader)
    scene = session.scene
    assert (scene.state, scene.landed, scene.reading, scene.final) == ("done", (), None, None)
    assert session.record().events == ()


@pytest.mark.parametrize("is_frozen", [True, False])
def test_no_answer_has_words(reader: Reader, is_frozen: bool) -> None:
    frozen = Frozen(make_unit_rows(20, 24), np.zeros((20, 2))) if is_frozen else None
    feed = gated(land(0, 0, None, "status 500"), land(1, 0, " \n"), land(1, 1, ""))
    scene = finish(feed, replace(reader, frozen=frozen)).scene
    assert (scene.state, scene.fault) == ("done", "")
    assert len(scene.landed) == 3
    assert scene.reading is not None
    assert scene.reading.answers == scene.reading.groups == ()
    assert scene.reading.places.shape == (0, 2)
    assert (scene.final is None) == is_frozen
    if scene.final is not None:
        assert scene.final.points.shape == (0, 2)
        assert scene.final.reason == (
            "UMAP needs 10 answers, here are 0; a cluster needs 3 answers, here are 0"
        )


def test_answers_on_a_map_that_is_there_get_no_other(reader: Reader) -> None:
    anchors = np.stack([make_vector(text) for text in ("One", "Two", "Three")])
    points = np.array([[0, 0], [4, 0], [0, 4]])
    feed = gated(land(0, 0, "Two"), land(1, 0, "Three"))
    scene = finish(feed, replace(reader, frozen=Frozen(anchors, points))).scene
    assert scene.final is None
    assert scene.is_settled
    assert scene.reading is not None
    assert scene.reading.places == pytest.approx(points[1:], abs=1e-3)


def test_the_last_map_has_every_answer_of_the_last_reading(reader: Reader) -> None:
    words = [f"Idea {n % 4}" if n % 2 else f"Thought {n}" for n in range(16)]
    steps = [land(n % 2, n // 2, word) for n, word in enumerate(words)]
    scene = finish(gated(*steps), reader).scene
    assert scene.reading is not None
    assert scene.final is not None
    assert (scene.final.method, scene.final.reason) == ("umap", None)
    assert scene.final.points.shape == (16, 2)
    assert np.isfinite(scene.final.points).all()
    assert 0 <= scene.final.trust <= 1
    assert np.array_equal(draw_final(scene.reading).points, scene.final.points)


# Playing again


@dataclass
class Ear:
    """Notes what a feed tells, and when."""

    clock: Clock
    noted: list[tuple[float, object]] = field(default_factory=list)

    def hear(self, source: int, sample: int, text: str) -> None:
        self.noted.append((self.clock.now - 100.0, (source, sample, text)))

    def land(self, landed: Landed) -> None:
        self.noted.append((self.clock.now - 100.0, landed.text))

    def hold(self, model: str, seconds: float) -> None:
        self.noted.append((self.clock.now - 100.0, (model, seconds)))


class Waits(threading.Event):
    """Lets a clock pass in place of waiting; is set after some waits."""

    def __init__(self, clock: Clock, most: int = 1000) -> None:
        super().__init__()
        self.clock, self.left = clock, most

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        assert timeout >= 0
        self.clock.now += timeout
        self.left -= 1
        return self.left < 0


TOLD = Recording(
    ASKED,
    (
        Heard(0.5, 0, 0, "A riv"),
        Heard(1, 1, 0, "S"),
        Heard(1.5, 0, 0, "er"),
        Heard(2, 0, 0, "B", anew=True),
        Heard(2, 0, 0, "ee"),
        Landed(4, 0, 0, "Bee."),
    ),
)


def test_a_wait_that_a_service_asks_for_is_shown_until_it_is_over(reader: Reader) -> None:
    clock = Clock()
    feed = StepFeed([])
    feed.steps = [lambda listener, _: listener.hold("a", 600), feed.gate, land(0, 0, "A")]
    session = Session(ASKED, feed, reader, clock)
    assert feed.reached.wait(LONG)
    assert session.scene.waits == {"a": 600}
    clock.now += 540
    assert session.scene.waits == {"a": 60}
    clock.now += 60
    assert session.scene.waits == {}
    clock.now -= 60
    feed.opened.set()
    assert session.wait(LONG)
    assert session.scene.waits == {}  # who has ended waits for nobody


@pytest.mark.parametrize("pace", [1.0, 4.0, 0.5])
def test_a_recording_is_played_at_its_pace(pace: float) -> None:
    clock = Clock()
    ear = Ear(clock)
    ReplayFeed(TOLD, pace, clock).run(ear, Waits(clock))
    assert [(round(at * pace, 9), told) for at, told in ear.noted] == [
        (0.5, (0, 0, "A riv")),
        (1, (1, 0, "S")),
        (1.5, (0, 0, "A river")),
        (2, (0, 0, "B")),
        (2, (0, 0, "Bee")),
        (4, "Bee."),
    ]


def test_a_listener_that_is_slow_is_not_made_slower() -> None:
    clock = Clock()

    class Slow(Ear):
        def hear(self, source: int, sample: int, text: str) -> None:
            super().hear(source, sample, text)
            clock.now += 0.75

    ear = Slow(clock)
    ReplayFeed(TOLD, 1.0, clock).run(ear, Waits(clock))
    assert [at for at, _ in ear.noted] == [0.5, 1.25, 2, 2.75, 3.5, 4.25]


def test_a_recording_stops_when_it_is_told_to(reader: Reader) -> None:
    clock = Clock()
    ear = Ear(clock)
    ReplayFeed(TOLD, 1.0, clock).run(ear, Waits(clock, most=2))
    assert len(ear.noted) == 2
    slow = replace(TOLD, events=(Landed(0, 0, 0, "One"), Landed(900_000, 0, 1, "Never")))
    session = Session(ASKED, ReplayFeed(slow), reader)
    await_scene(session, lambda scene: bool(scene.landed))
    session.cancel()
    assert session.wait(LONG)
    assert session.scene.state == "cancelled"
    assert [one.text for one in session.scene.landed] == ["One"]


def test_a_session_recorded_and_played_says_the_same(reader: Reader, tmp_path: Path) -> None:
    words = ["River", "Sand", "River", "Thief", "River", "Sand"]
    steps = [land(n % 2, n // 2, word) for n, word in enumerate(words)]
    first = finish(gated(hear(0, 0, "Ri"), *steps[:5], land(1, 2, None, "status 500")), reader)
    recording = parse_recording(format_recording(first.record()), "x")
    cache = VectorCache(tmp_path / "others.sqlite")
    feed = ReplayFeed(recording, clock=run_ahead(1000))
    again = finish(feed, Reader(recording.asked, CountingEncoder(), cache))
    assert again.asked == first.asked
    assert forget_times(again.scene.landed) == forget_times(first.scene.landed)
    assert_same(again.scene.reading, first.scene.reading)
