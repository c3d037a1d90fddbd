"""The Live page without a browser: orders, sessions, replays, keys, and what is kept."""

import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from frame import arrivals, remedies, services
from frame.stage import name_stop, open_stage
from hivemind_core.corpus.recording import format_recording, parse_recording
from hivemind_core.corpus.store import open_corpus
from hivemind_core.corpus.tables import QUERIES, RESPONSES
from hivemind_core.errors import InputError
from hivemind_core.live import session
from hivemind_core.live.feeds import ReplayFeed
from hivemind_core.live.reading import Reading
from hivemind_core.live.session import FinalMap, Session
from tests.browsing import HOSTILE, list_alternatives, list_rows, read, read_note, visit
from tests.browsing import ask as read_address
from tests.dashboard_corpus import ENCODER
from tests.fakes import make_vector
from tests.test_live_session import await_scene
from tests.weather import KEY, Reply, Weather, fail, serve_weather

pytestmark = pytest.mark.usefixtures("use_corpora")

QUESTION = "What is time like?"
SAID = ("Time is a river.", "Time is a thief.", "Time is a river that flows on and on.")


class Encoder:
    """Gives answers that name the same thing nearly the same vector."""

    name, fingerprint = "stub", "stub-1"

    def encode(self, texts: list[str]) -> Any:
        import numpy as np

        rows = [make_vector("river" if "river" in t else t) + 0.05 * make_vector(t) for t in texts]
        return np.stack(rows)


def speak(body: dict[str, Any], before: int) -> Reply:
    """Answer with one of a few sentences, as the model and the count decide."""
    if body["model"] == "gone":
        return fail(404, "no such model")
    return Reply(random.Random(f"{body['model']} {before}").choice(SAID))


@pytest.fixture
def weather(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Weather]:
    """Serve models, name them in the file of endpoints, and leave this machine's model out."""
    monkeypatch.setattr(arrivals, "choose_encoder", lambda book: Encoder())
    monkeypatch.setattr(services, "is_available", lambda: "no model runs here")
    with serve_weather(speak) as server:
        path = tmp_path / "endpoints.toml"
        path.write_text(
            f'[endpoints.stub]\nbase_url = "{server.base_url}"\napi_key_env = "STUB_KEY"\n'
            'models = ["gpt-a", "claude-b", "gone"]\ninput_price = 1\noutput_price = 10\n'
        )
        monkeypatch.setenv("HIVEMIND_ENDPOINTS", str(path))
        monkeypatch.setenv("STUB_KEY", KEY)
        yield server


def order(app: AppTest, *models: str, text: str = QUESTION, samples: int = 3) -> AppTest:
    """Fill the form in."""
    app.text_area(key="live-query").set_value(text)
    app.multiselect(key="live-models").set_value(list(models))
    app.number_input(key="live-samples").set_value(samples)
    return app.run()


def find(app: AppTest) -> Session:
    """Return the session of the visitor."""
    session = open_stage().find(app.session_state["visitor"])
    assert session is not None
    return session


def ask(app: AppTest) -> AppTest:
    """Ask, and look again when all has come."""
    app = app.button(key="live-ask").click().run()
    assert find(app).wait(60)
    return app.run()


def test_answers_of_several_models_land_on_one_map(weather: Weather) -> None:
    app = order(visit("live"), "gpt-a", "claude-b")
    assert "6 answers, at most" in read_note(app, "live-cost")
    app = ask(app)
    assert not app.exception
    words = read(app)
    assert QUESTION in words
    assert "say nearly the same" in words
    assert "For this query only, two answers of one model are" in words
    assert "Map of 6 answers by 2 sources" in list_alternatives(app)[0]
    assert dict(list_rows(app, "source", "answers")) == {"claude-b": 3, "gpt-a": 3}
    assert len(weather.bodies) == 6


def test_strategies_stand_side_by_side(weather: Weather) -> None:
    app = visit("live")
    app.multiselect(key="live-strategies").set_value(["plain", "hot"])
    app = ask(order(app, "gpt-a", "claude-b", samples=5))
    assert "under plain" in read_note(app, "live-likeness")
    assert [row[0] for row in list_rows(app, "strategy", "within models: change")] == [
        "plain",
        "hot",
    ]
    assert {body.get("temperature") for body in weather.bodies} == {None, 1.5}


def test_a_model_that_is_gone_does_not_blank_the_others(weather: Weather) -> None:
    app = ask(order(visit("live"), "gpt-a", "gone"))
    told = read_note(app, "live-missing")
    assert told.startswith("gone: 3 ×")
    assert "no such model" in told
    assert dict(list_rows(app, "source", "answers")) == {"gone": 0, "gpt-a": 3}


def test_a_wait_that_a_service_asks_for_is_shown(weather: Weather) -> None:
    weather.script = lambda body, before: fail(429, "slow down", retry_after="540")
    app = order(visit("live"), "gpt-a").button(key="live-ask").click().run()
    await_scene(find(app), lambda scene: bool(scene.waits))
    app.run()
    assert read_note(app, "live-waits") == "gpt-a: waiting 9 min: the service asks for it"
    app.button(key="live-stop").click().run()
    assert find(app).wait(60)
    assert "Stopped; what had come stays." in read(app.run())


def test_a_session_goes_on_while_another_page_is_open(weather: Weather) -> None:
    app = order(visit("live"), "gpt-a").button(key="live-ask").click().run()
    session = find(app)
    app.switch_page("pages/overview_page.py").run()
    assert session.wait(60)
    app.switch_page("pages/live_page.py").run()
    assert QUESTION in read(app)
    assert dict(list_rows(app, "source", "answers")) == {"gpt-a": 3}
    app.button(key="live-leave").click().run()
    assert "Ask the models yourself" in read(app)
    assert app.text_area(key="live-query").value == QUESTION


def test_what_was_asked_before_is_not_paid_for_again_unless_wished(weather: Weather) -> None:
    ask(order(visit("live"), "gpt-a"))
    app = ask(order(visit("live"), "gpt-a"))
    assert len(weather.bodies) == 3
    assert list_rows(app, "known before") == [(3,)]
    app = visit("live")
    app.checkbox(key="live-anew").set_value(True)
    ask(order(app, "gpt-a"))
    assert len(weather.bodies) == 6


@pytest.mark.parametrize(
    ("text", "words"),
    [("  ", "A query, a model and a strategy are needed"), ("x" * 100_000, "less than 100,000")],
)
def test_what_cannot_be_asked_is_refused_before_it_is_sent(
    weather: Weather, text: str, words: str
) -> None:
    app = order(visit("live"), "gpt-a", text=text)
    assert words in read(app)
    assert not any(button.key == "live-ask" for button in app.button)
    assert not weather.bodies


def test_the_limits_of_fields_hold_whatever_a_browser_sends(weather: Weather) -> None:
    app = visit("live")
    told = read_note(order(app, "gpt-a", samples=8), "live-cost")
    app.number_input(key="live-tokens").set_value(1_000_000)
    app = order(app, "gpt-a", samples=10_000)
    assert read_note(app, "live-cost") == told
    assert told.startswith("8 answers, at most 0.0097")


def test_more_answers_than_a_session_takes_are_refused(weather: Weather) -> None:
    app = visit("live")
    names = [name for name in app.multiselect(key="live-strategies").options if name != "plain"]
    app.multiselect(key="live-strategies").set_value(names)
    app = order(app, "gpt-a", "claude-b", samples=50)
    assert "at most 600 answers" in read_note(app, "live-refused")
    assert not weather.bodies


def test_the_budget_is_never_passed(weather: Weather) -> None:
    app = order(visit("live"), "gpt-a", samples=20)
    app.number_input(key="live-tokens").set_value(5)
    app.number_input(key="live-budget").set_value(0.0004)  # an answer costs .000057
    app = ask(app.run())
    assert "the budget is spent" in read_note(app, "live-missing")
    assert 5 <= len(weather.bodies) <= 7
    assert sum(row[0] or 0 for row in list_rows(app, "USD")) <= 0.0004


def test_a_key_is_typed_once_and_shown_nowhere(
    weather: Weather, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("STUB_KEY")
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path / "corpora"))
    app = visit("live", "two-small-models")
    assert not app.multiselect
    app = app.text_input(key="key-stub").set_value(KEY).run()
    app = ask(order(app, "gpt-a"))
    assert weather.keys == {f"Bearer {KEY}"}
    app = app.button(key="live-keep").click().run()
    assert KEY not in read(app)
    assert KEY not in str(app.query_params)
    recording = format_recording(find(app).record())
    assert KEY.encode() not in recording
    homes = {path for path in tmp_path.parent.rglob("*") if path.is_file()}
    assert not [path for path in homes if KEY.encode() in path.read_bytes()]


def test_a_visitor_cannot_name_services_unless_the_owner_lets_them(
    weather: Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit("live")
    app.session_state["services"] = {"mine": {"base_url": "http://10.0.0.1/v1", "models": ["m"]}}
    app.session_state["open-services"] = True
    app = app.run()
    assert "m" not in app.multiselect(key="live-models").options
    monkeypatch.setenv(services.SWITCH, "on")
    assert any("m · mine" in option for option in app.run().multiselect(key="live-models").options)


@pytest.mark.parametrize(
    ("name", "address", "words"),
    [
        ("openai", "http://127.0.0.1:9/v1", "a name that no preset has"),
        ("mine", "127.0.0.1/v1", "begins with http"),
        ("", "http://127.0.0.1:9/v1", "a service has a name"),
    ],
)
def test_a_service_that_cannot_be_is_refused(
    weather: Weather, monkeypatch: pytest.MonkeyPatch, name: str, address: str, words: str
) -> None:
    told: list[str] = []
    monkeypatch.setattr(services, "write_note", lambda text, key: told.append(text))
    monkeypatch.setattr(services.st, "session_state", {})
    services._add_service(name, address, "m", "")
    assert words in told[0]
    assert services.st.session_state.get("services") == {}


def test_the_servers_key_never_goes_to_a_visitors_service(
    weather: Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(services.SWITCH, "on")
    monkeypatch.setenv("OPENAI_API_KEY", "the-owners-key")
    state: dict[str, Any] = {}
    monkeypatch.setattr(services.st, "session_state", state)
    monkeypatch.setattr(services.st, "rerun", lambda: None)
    services._add_service("mine", "http://127.0.0.1:9/v1", "m", "")
    named = services.list_services()
    mine = next(one for one in named.plan.models if one.model == "m")
    assert mine.endpoint.api_key == ""


def test_a_query_of_the_corpus_lands_on_its_map_and_is_numbered_on(
    weather: Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit("live")
    held = open_corpus(app.session_state["shelved"].locator)
    query = held.read(QUERIES).to_pylist()[0]
    vectors = held.read_file(f"embeddings/{ENCODER}.parquet", columns=["vector"])

    class Held(Encoder):
        name = ENCODER

        def encode(self, texts: list[str]) -> Any:
            return super().encode(texts)[:, : len(vectors["vector"][0])]

    monkeypatch.setattr(arrivals, "choose_encoder", lambda book: Held())
    app = order(app, "gpt-a", text=query["query"])
    assert "The corpus has this query" in read_note(app, "live-held")
    app = ask(app)
    assert "on the corpus's own map" in read_note(app, "live-trust")
    session = find(app)
    assert session.asked.query_id == query["query_id"]
    assert session.scene.final is None


def test_answers_are_kept_in_a_new_corpus_with_a_record(
    weather: Weather, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path / "corpora"))
    app = ask(order(visit("live", "two-small-models"), "gpt-a", "claude-b"))
    app.text_input(key="live-name").set_value("My talk")
    app = app.run().button(key="live-keep").click().run()
    assert read_note(app, "live-kept") == "Kept in My talk (folder my-talk): 6 answers."
    corpus = open_corpus(str(tmp_path / "corpora" / "my-talk"))
    rows = corpus.read(RESPONSES).to_pylist()
    assert sorted({row["model"] for row in rows}) == ["claude-b", "gpt-a"]
    assert len(corpus.read_file("requests.parquet")) == 6
    assert corpus.read(QUERIES)["query"].to_pylist() == [QUESTION]
    app = app.button(key="live-keep").click().run()
    assert "0 answers, 6 were there" in read_note(app, "live-kept")


def _show_head() -> None:
    from dataclasses import dataclass

    import streamlit as st

    from frame.arrivals import show_head
    from hivemind_core.corpus.identity import name_sources
    from hivemind_core.corpus.recording import Asked, Landed
    from hivemind_core.live.session import Scene

    @dataclass
    class Asking:
        asked: Asked

    asked = Asked("q", "Why?", name_sources([("m", None)]), 4, (None,))
    landed = (Landed(0.1, 0, 0, text="a"), Landed(0.2, 0, 1, error="lost"))
    fault = str(st.session_state.get("fault", ""))
    scene = Scene("running", 1.0, landed, {}, None, None, {}, False, False, fault)
    show_head(Asking(asked), scene)  # type: ignore[arg-type]


def test_answers_that_wait_for_the_encoder_are_said_to() -> None:
    app = AppTest.from_function(_show_head, default_timeout=90).run()
    assert not app.exception
    assert app.text[0].value == "Loading the encoder: 1 answer waits to be placed."
    app.session_state["fault"] = "there is no encoder"
    assert app.run().text[0].value == "No answer has come yet."


def test_a_session_plays_again_from_its_recording(weather: Weather) -> None:
    first = find(ask(order(visit("live"), "gpt-a", "claude-b")))
    recording = parse_recording(format_recording(first.record()), "it")
    app = visit("live")
    app.session_state["visitor"] = "another"
    reader = arrivals.make_reader(recording.asked, None)
    open_stage().put("another", Session(recording.asked, ReplayFeed(recording), reader))
    assert find(app).wait(60)
    app = app.run()
    assert "A replay" in read_note(app, "kicker")
    assert [name_stop(one) for one in (first, find(app))] == ["Stop asking", "Stop the replay"]
    before, after = first.scene.reading, find(app).scene.reading
    assert before is not None
    assert after is not None
    assert [one.text for one in after.answers] == [one.text for one in before.answers]
    assert after.within == before.within
    assert "This is a replay" in read_note(app, "live-replayed")


def test_hostile_answers_are_shown_as_they_are(
    weather: Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = f"{HOSTILE}<script>alert(1)</script>"
    weather.script = lambda body, before: Reply(evil)
    app = ask(order(visit("live"), "gpt-a", text=f"{QUESTION} {HOSTILE}"))
    assert not app.exception
    assert evil in read(app)
    assert "<script>" not in json.dumps([chart.proto.spec for chart in app.get("plotly_chart")])
    assert not any(HOSTILE in element.value for element in app.markdown)


def test_a_link_brings_a_query_and_leaves_a_session_that_is_over(weather: Weather) -> None:
    app = visit("live", ask="Why?")
    assert app.text_area(key="live-query").value == "Why?"
    app = ask(order(app, "gpt-a", text="Why not?"))
    assert "Why not?" in read(app)
    app.query_params["ask"] = "What then?"
    app = app.run()
    assert app.text_area(key="live-query").value == "What then?"


def test_a_page_that_is_loaded_again_finds_its_session(weather: Weather) -> None:
    app = ask(order(visit("live"), "gpt-a"))
    name = app.session_state["visitor"]
    assert read_address(app, "session") == name
    again = visit("live", session=name)
    assert QUESTION in read(again)
    open_stage().drop(name)
    lost = visit("live", session=name)
    assert "the server was started again" in read_note(lost, "live-lost")
    assert "session" not in lost.query_params


def test_a_new_corpus_is_not_an_old_one(
    weather: Weather, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIVEMIND_CORPORA", str(tmp_path / "corpora"))
    (tmp_path / "corpora" / "my-talk").mkdir(parents=True)
    app = ask(order(visit("live", "two-small-models"), "gpt-a"))
    app = app.text_input(key="live-name").set_value("My talk").run()
    assert "There is a corpus of that name" in read_note(app, "live-name")
    assert app.button(key="live-keep").disabled
    app = app.text_input(key="live-name").set_value("..").run()
    assert read_note(app, "live-name") == "A name has a letter or a digit."


def test_a_scorer_that_is_none_can_be_named_again(weather: Weather) -> None:
    app = ask(order(visit("live"), "gpt-a"))
    app.session_state["live-scorer"] = True
    for name, words in (("nonsense:x", "a scorer is"), ("length", "")):
        app = app.run()
        app.text_input(key="live-scorer-name").set_value(name)
        app = app.run().button(key="live-score").click().run()
        scoring = app.session_state["live-scoring"]
        while not scoring.is_over:
            app = app.run()
        app = app.run()
        assert words in read_note(app, "live-scoring")
    assert not read_note(app, "live-scoring")


def test_the_fault_of_a_slow_scorer_is_shown(
    weather: Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def refuse_late(name: str, environment: object) -> None:
        assert go_on.wait(60)
        raise InputError("a scorer must answer")

    monkeypatch.setattr(remedies, "find_scorers", refuse_late)
    app = ask(order(visit("live"), "gpt-a"))
    app.session_state["live-scorer"] = True
    app.run().text_input(key="live-scorer-name").set_value("slow")
    app = app.run().button(key="live-score").click().run().run()
    assert read_note(app, "live-scoring").startswith("Scoring: 0")
    go_on.set()
    while not app.session_state["live-scoring"].is_over:
        app = app.run()
    assert read_note(app.run(), "live-scoring") == "No scores: a scorer must answer"


def test_a_scorer_that_breaks_off_says_so(
    weather: Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = find(ask(order(visit("live"), "gpt-a")))
    reading = session.scene.reading
    assert reading is not None

    def break_off(name: str, environment: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(remedies, "find_scorers", break_off)
    scoring = remedies.Scoring(session, "length")
    with pytest.raises(RuntimeError):
        remedies._score(scoring, QUESTION, reading)
    assert (scoring.is_over, scoring.fault) == (True, "it broke off")


def test_the_map_of_all_can_be_seen_instead(weather: Weather) -> None:
    app = ask(order(visit("live"), "gpt-a", "claude-b", samples=8))
    assert "as they came" in read_note(app, "live-trust")
    app.session_state["live-map-kind"] = "UMAP"
    assert "by UMAP" in read_note(app.run(), "live-trust")


def test_results_do_not_wait_for_the_map_of_all(
    weather: Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    draw = session.draw_final

    def wait_and_draw(reading: Reading) -> FinalMap:
        begun.set()
        assert go_on.wait(60)
        return draw(reading)

    monkeypatch.setattr(session, "draw_final", wait_and_draw)
    app = order(visit("live"), "gpt-a", "claude-b").button(key="live-ask").click().run()
    assert begun.wait(60)
    scene = find(app).scene
    assert (scene.is_read, scene.is_settled, scene.final) == (True, False, None)
    app.run()
    assert not app.exception
    assert "A map by UMAP is being drawn." in read_note(app, "live-trust")
    assert dict(list_rows(app, "source", "answers")) == {"claude-b": 3, "gpt-a": 3}
    go_on.set()
    assert find(app).wait(60)
    app.run()
    assert "being drawn" not in read_note(app, "live-trust")
    assert app.segmented_control(key="live-map-kind").options == ["As they came", "UMAP"]
