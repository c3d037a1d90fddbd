"""Sampling: asked once, kept on arrival, resumed after a kill, and never over the budget."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hivemind_core.corpus.answer_journal import AnswerJournal, make_key
from hivemind_core.corpus.store import open_corpus, open_or_create
from hivemind_core.corpus.tables import RESPONSES
from hivemind_core.errors import InputError, WorkError
from hivemind_core.models.endpoint_file import Served
from hivemind_core.models.engine import Conditions
from hivemind_core.models.strategies import BUILT_IN
from hivemind_core.progress import describe_wait, show_wait
from hivemind_core.sampling.answers import Answer, add_costs, format_answers
from hivemind_core.sampling.asking import Tools, sample
from hivemind_core.sampling.orders import (
    Order,
    Query,
    count_known,
    format_cost,
    preview,
    read_queries,
)
from hivemind_core.sampling.storing import LOG, check_queries, store
from tests.test_cli_import import run
from tests.test_engine import Nap
from tests.weather import KEY, Reply, Weather, fail, serve_weather

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
QUERIES = (Query("q1", "Time?"), Query("q2", "Love?"))


def echo(body: dict[str, Any], before: int) -> Reply:
    """Answer with the model, the question and how often it was asked."""
    return Reply(f"{body['model']}: {body['messages'][-1]['content']} {before}")


def order(server: Weather, *strategies: str, samples: int = 3, **more: Any) -> Order:
    endpoint = server.endpoint(input_price=1.0, output_price=10.0, max_concurrency=4)
    models = tuple(Served(name, endpoint) for name in ("a", "b"))
    chosen = tuple(BUILT_IN[name] for name in strategies or ("plain",))
    return Order(QUERIES, models, chosen, samples, **more)


def tools(folder: Path, **more: Any) -> Tools:
    return Tools(AnswerJournal(folder / "answers.sqlite"), clock=lambda: NOW, **more)


def test_every_answer_comes_once_and_lands_in_a_corpus(tmp_path: Path) -> None:
    taken: list[Answer] = []
    with serve_weather(echo) as server:
        answers = sample(order(server), tools(tmp_path, take=taken.append))
    assert len(answers) == len(taken) == len(server.bodies) == 12
    store(open_or_create(str(tmp_path / "c")), answers, lambda: NOW)
    corpus = open_corpus(str(tmp_path / "c"))
    rows = corpus.read(RESPONSES).to_pylist()
    assert Counter((row["query_id"], row["model"]) for row in rows) == {
        (query, model): 3 for query in ("q1", "q2") for model in ("a", "b")
    }
    assert {row["sample"] for row in rows} == {0, 1, 2}
    assert {(r["strategy"], r["max_tokens"], r["finish_reason"]) for r in rows} == {
        (None, 512, "stop")
    }
    log = corpus.read_file(LOG).to_pylist()
    assert len(log) == 12
    assert {(row["input_tokens"], row["attempts"], row["error"]) for row in log} == {(7, 1, None)}
    assert log[0]["usd"] == pytest.approx((7 * 1 + 5 * 10) / 1e6)


def test_nothing_is_asked_twice_and_more_samples_ask_for_the_rest(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        first = sample(order(server), tools(tmp_path))
        again = sample(order(server), tools(tmp_path))
        assert len(server.bodies) == 12
        more = sample(order(server, samples=5), tools(tmp_path))
        assert len(server.bodies) == 20
    assert [one.text for one in again] == [one.text for one in first]
    assert all(one.is_known for one in again)
    assert [one.text for one in more[:12]] == [one.text for one in first]
    store(open_or_create(str(tmp_path / "c")), first, lambda: NOW)
    written = open_corpus(str(tmp_path / "c")).manifest.content_hash
    store(open_corpus(str(tmp_path / "c")), again, lambda: NOW)
    assert open_corpus(str(tmp_path / "c")).manifest.content_hash == written


def test_other_decodings_are_other_answers(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        answers = sample(order(server, "top-p 0.9", "hot", samples=2), tools(tmp_path))
        assert len(server.bodies) == 16
    store(open_or_create(str(tmp_path / "c")), answers, lambda: NOW)
    corpus = open_corpus(str(tmp_path / "c"))
    rows = corpus.read(RESPONSES).to_pylist()
    assert {(r["strategy"], r["temperature"], r["top_p"]) for r in rows} == {
        ("top-p 0.9", 1.0, 0.9),
        ("hot", 1.5, None),
    }
    assert "a · hot" in {source.name for source in corpus.manifest.sources}


def test_earlier_answers_are_shown_to_a_strategy_that_differs(tmp_path: Path) -> None:
    numbers = iter(range(100))
    with serve_weather(lambda *_: Reply(f"Answer {next(numbers)}")) as server:
        wanted = replace(order(server, "be different"), queries=QUERIES[:1])
        answers = sample(wanted, tools(tmp_path))
    said = {a.place.sample: a.text for a in answers if a.place.served.model == "a"}
    asked = [b["messages"][-1]["content"] for b in server.bodies if b["model"] == "a"]
    assert asked[0] == "Time?"
    assert f"- {said[0]}\n\n" in asked[1]
    assert f"- {said[0]}\n- {said[1]}\n\n" in asked[2]


def test_later_samples_go_on_where_earlier_ones_stop(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        early = sample(order(server, samples=3), tools(tmp_path))
        late = sample(order(server, samples=2, first=3), tools(tmp_path))
        assert {answer.place.sample for answer in late} == {3, 4}
        assert len(server.bodies) == 12 + 8
        # The numbers are the same as if all had been asked for at once.
        whole = sample(order(server, samples=5), tools(tmp_path))
        assert len(server.bodies) == 20
        overlapping = sample(order(server, samples=3, first=4), tools(tmp_path))
        assert len(server.bodies) == 20 + 8
    assert [one.text for one in whole] == [one.text for one in (*early, *late)]
    assert {one.place.sample for one in overlapping if one.is_known} == {4}
    assert {one.place.sample for one in overlapping if not one.is_known} == {5, 6}
    corpus = open_or_create(str(tmp_path / "c"))
    store(corpus, early, lambda: NOW)
    store(open_corpus(str(tmp_path / "c")), late, lambda: NOW)
    rows = open_corpus(str(tmp_path / "c")).read(RESPONSES).to_pylist()
    assert Counter(row["sample"] for row in rows) == dict.fromkeys(range(5), 4)


def test_the_persona_of_a_later_sample_is_that_of_its_number(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        sample(order(server, "persona", samples=1, first=2), tools(tmp_path))
    told = {body["messages"][0]["content"] for body in server.bodies}
    assert told == {f"You answer as {BUILT_IN['persona'].personas[2]}."}


def test_answers_before_the_first_are_not_shown_to_a_strategy_that_differs(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        wanted = replace(order(server, "be different", samples=2, first=3), queries=QUERIES[:1])
        answers = sample(wanted, tools(tmp_path))
    said = {a.place.sample: a.text for a in answers if a.place.served.model == "a"}
    asked = [b["messages"][-1]["content"] for b in server.bodies if b["model"] == "a"]
    assert asked[0] == "Time?"
    assert f"before:\n- {said[3]}\n\n" in asked[1]


def test_who_asks_anew_gets_new_answers_and_the_journal_keeps_them(tmp_path: Path) -> None:
    numbers = iter(range(100))
    with serve_weather(lambda *_: Reply(f"Answer {next(numbers)}")) as server:
        first = sample(order(server), tools(tmp_path))
        anew = sample(order(server), tools(tmp_path, is_anew=True))
        assert len(server.bodies) == 24
        again = sample(order(server), tools(tmp_path))
        assert len(server.bodies) == 24
    assert not {one.text for one in anew} & {one.text for one in first}
    assert not any(one.is_known for one in anew)
    assert [one.place for one in anew] == [one.place for one in first]
    assert [one.text for one in again] == [one.text for one in anew]


def test_what_fails_anew_leaves_what_the_journal_has(tmp_path: Path) -> None:
    is_ill = False

    def script(body: dict[str, Any], before: int) -> Reply:
        return fail(404, "gone") if is_ill else echo(body, before)

    with serve_weather(script) as server:
        first = sample(order(server, samples=1), tools(tmp_path))
        is_ill = True
        anew = sample(order(server, samples=1), tools(tmp_path, is_anew=True))
        again = sample(order(server, samples=1), tools(tmp_path))
    assert {one.text for one in anew} == {None}
    assert [one.text for one in again] == [one.text for one in first]


def test_one_model_that_fails_blanks_no_other_and_is_asked_again(tmp_path: Path) -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        return fail(404, "no such model") if body["model"] == "b" else echo(body, before)

    with serve_weather(script) as server:
        answers = sample(order(server), tools(tmp_path))
    assert sum(answer.text is not None for answer in answers) == 6
    said = format_answers(answers)
    assert said.startswith("6 of 12 answers, 0.0003 USD\n  b: 6 status 404: 'no such model'")
    with serve_weather(echo) as server:
        elsewhere = order(server)
        assert len(sample(elsewhere, tools(tmp_path))) == 12


def test_a_list_that_did_not_come_is_asked_for_three_times_and_paid_for(tmp_path: Path) -> None:
    wanted: dict[str, Any] = {"samples": 1}
    with serve_weather(echo) as server:
        answers = sample(order(server, "list, then choose", **wanted), tools(tmp_path))
        assert len(server.bodies) == 3 * 4
        assert {answer.text for answer in answers} == {None}
        assert "a: 2 a list of answers was asked for, and none came" in format_answers(answers)
        assert add_costs(answers) == pytest.approx(12 * 57e-6)
        store(open_or_create(str(tmp_path / "c")), answers, lambda: NOW)
        # It failed, and what failed is asked for again.
        sample(order(server, "list, then choose", **wanted), tools(tmp_path))
        assert len(server.bodies) == 2 * 3 * 4
    log = open_corpus(str(tmp_path / "c")).read_file(LOG).to_pylist()
    assert {row["attempts"] for row in log} == {3}
    assert [row["usd"] for row in log] == pytest.approx([3 * 57e-6] * 4)


def test_a_list_that_comes_at_the_second_time_is_an_answer(tmp_path: Path) -> None:
    told = '[{"answer": "A river."}]'
    taken: list[Answer] = []
    with serve_weather(lambda body, before: Reply(told if before else "A list?")) as server:
        asked = replace(order(server, "list, then choose", samples=1), queries=QUERIES[:1])
        asked = replace(asked, models=asked.models[:1])
        (answer,) = sample(asked, tools(tmp_path, take=taken.append))
        assert (answer.text, len(server.bodies), taken) == ("A river.", 2, [answer])
        assert add_costs([answer]) == pytest.approx(2 * 57e-6)
        (again,) = sample(asked, tools(tmp_path))
        assert (again.text, again.is_known, len(server.bodies)) == ("A river.", True, 2)
        # Asked for anew, it costs what both attempts of now cost.
        server.script = lambda body, before: Reply(told)
        (anew,) = sample(asked, tools(tmp_path, is_anew=True))
        assert add_costs([anew]) == pytest.approx(57e-6)


def test_lists_are_asked_for_again_within_the_budget(tmp_path: Path) -> None:
    with serve_weather(lambda *_: Reply("No list.")) as server:
        wanted = order(server, "list, then choose", samples=1, max_tokens=5)
        asked = replace(wanted, queries=QUERIES[:1])
        most = preview(asked).most
        assert most is not None
        once = most / 2 / 3  # of two models, each of which may be asked three times
        answers = sample(replace(asked, budget=once + 60e-6), tools(tmp_path))
        assert len(server.bodies) == 2  # one of each, and then a third could cost too much
    assert {answer.error for answer in answers} == {"the budget is spent"}
    assert add_costs(answers) == pytest.approx(2 * 57e-6)


def test_the_budget_is_never_passed(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        one = preview(order(server, samples=1, max_tokens=5))
        assert one.most is not None
        bound = one.most / 4  # about what an answer costs
        answers = sample(order(server, budget=2.2 * bound, max_tokens=5), tools(tmp_path))
    spent = len(server.bodies) * (7 * 1 + 5 * 10) / 1e6
    assert spent <= 2.2 * bound
    assert len(server.bodies) == 2
    errors = Counter(answer.error for answer in answers)
    assert errors["the budget is spent"] == 12 - len(server.bodies)


def test_a_wait_that_a_service_asks_for_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        is_early = body["model"] == "a" and not before
        return fail(429, retry_after="540") if is_early else echo(body, before)

    nap, told = Nap(), list[tuple[str, float]]()
    telling = tools(
        tmp_path,
        hold=lambda model, seconds: told.append((model, seconds)),
        conditions=Conditions(nap.clock, nap.sleep),
    )
    with serve_weather(script) as server:
        answers = sample(replace(order(server), queries=QUERIES[:1]), telling)
    assert all(answer.text for answer in answers)
    assert told == [("a", 540)]
    show_wait(*told[0])
    assert capsys.readouterr().err.strip() == "a: waiting 9 min: the service asks for it"
    assert describe_wait("a", 7.2) == "a: waiting 8 s: the service asks for it"


def test_answers_stream_in(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []
    with serve_weather(echo) as server:
        listening = tools(tmp_path, hear=lambda p, text: heard.append((p.served.model, text)))
        answers = sample(order(server, samples=1), listening)
    for answer in answers:
        assert (answer.place.served.model, answer.text) in heard
    assert any(text and text not in {answer.text for answer in answers} for _, text in heard)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"samples": 0}, "samples are from 1 to 10,000; found 0"),
        ({"first": -1}, "samples are numbered from 0; found -1"),
        ({"max_tokens": 0}, "max_tokens is a number from 1"),
        ({"budget": -1.0}, "a budget is 0 USD or more"),
    ],
)
def test_nonsense_is_refused_before_anything_is_sent(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    with serve_weather(echo) as server:
        with pytest.raises(InputError, match=words):
            sample(order(server, **change), tools(tmp_path))
        assert server.bodies == []


def test_queries_come_from_texts_and_files(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"query": "Love?"}\n{"query_id": "mine", "prompt": "Work?"}\n')
    assert [query.text for query in read_queries(["Time?"], path)] == ["Time?", "Love?", "Work?"]
    assert read_queries([], path)[1].query_id == "mine"
    with pytest.raises(InputError, match="a query must say something"):
        read_queries([" "], None)
    path.write_text('{"query_id": "q", "query": "A?"}\n' * 2)
    assert read_queries([], path) == (Query("q", "A?"),)
    path.write_text('{"query_id": "q", "query": "A?"}\n{"query_id": "q", "query": "B?"}\n')
    with pytest.raises(InputError, match="query q: queries of one query_id must be the same"):
        read_queries([], path)


def test_a_query_that_a_corpus_could_not_take_is_refused_before_it_is_asked(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        answers = sample(order(server, samples=1), tools(tmp_path))
    store(open_or_create(str(tmp_path / "c")), answers, lambda: NOW)
    corpus = open_corpus(str(tmp_path / "c"))
    check_queries(corpus, [*QUERIES, Query("other", "Time?"), Query("q3", "Work?")])
    with pytest.raises(InputError, match=r"found 'Work\?', and 'Time\?' in the corpus"):
        check_queries(corpus, [Query("q1", "Work?")])


def write_plan(folder: Path, server: Weather) -> Path:
    path = folder / "models.toml"
    path.write_text(
        f'[endpoints.stub]\nbase_url = "{server.base_url}"\napi_key_env = "STUB_KEY"\n'
        'models = ["a", "b"]\nmax_concurrency = 2\ninput_price = 1\noutput_price = 10\n'
    )
    return path


def count_kept(path: Path) -> int:
    """Return how many answers a journal holds; 0 before it is made."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as journal:
        try:
            return int(journal.execute("SELECT count(*) FROM answers").fetchone()[0])
        except sqlite3.OperationalError:  # it is being made
            return 0


def test_a_run_that_was_killed_goes_on_and_asks_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIVEMIND_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("STUB_KEY", KEY)
    is_held, answered, in_flight = True, 8, 2

    def script(body: dict[str, Any], before: int) -> Reply:
        waits = is_held and len(server.bodies) >= answered
        return Reply(echo(body, before).text, seconds=60 if waits else 0)

    with serve_weather(script) as server:
        plan = write_plan(tmp_path, server)
        words = ("sample", tmp_path / "c", "--models", plan, "--query", "Time?", "--samples", 20)
        command = [sys.executable, "-m", "hivemind_core.cli", *map(str, words)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
            journal = tmp_path / "cache" / "answers.sqlite"
            while count_kept(journal) < answered or len(server.bodies) < answered + in_flight:
                assert running.poll() is None, "it ended before it was killed"
                time.sleep(0.02)
            os.kill(running.pid, signal.SIGKILL)
        is_held = False
        done = run(*words, "--json")
        assert done.returncode == 0, done.stderr
        # What was in flight at the kill has no answer, and only that is asked again.
        assert len(server.bodies) == 40 + in_flight
    told = json.loads(done.stdout)
    assert told["answers"] == 40
    assert "40 answers, 8 of them known, which cost nothing again, at most 0.2" in done.stderr
    rows = open_corpus(str(tmp_path / "c")).read(RESPONSES).to_pylist()
    assert Counter(row["model"] for row in rows) == {"a": 20, "b": 20}
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(KEY.encode() in content for content in files)
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize(("gone", "code"), [((), 0), (("b",), 3), (("a", "b"), 1)])
def test_the_command_tells_programs_whether_all_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: tuple[str, ...], code: int
) -> None:
    monkeypatch.setenv("HIVEMIND_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("STUB_KEY", KEY)

    def script(body: dict[str, Any], before: int) -> Reply:
        return fail(404) if body["model"] in gone else echo(body, before)

    with serve_weather(script) as server:
        plan = write_plan(tmp_path, server)
        words = ("--models", plan, "--query", "Time?", "--samples", 2, "--json")
        done = run("sample", tmp_path / "c", *words)
    assert done.returncode == code, done.stderr
    assert json.loads(done.stdout)["answers"] == 2 * (2 - len(gone))


def test_the_command_refuses_an_unknown_strategy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_KEY", KEY)
    with serve_weather(echo) as server:
        plan = write_plan(tmp_path, server)
        done = run(
            *("sample", tmp_path / "c", "--models", plan, "--query", "q"), *("--strategy", "magic")
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert "a strategy is one of plain, top-p 0.9" in done.stderr


def test_a_journal_that_cannot_be_written_ends_the_work_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").mkdir()
    words = "the cache of answers cannot be used"
    with serve_weather(echo) as server, pytest.raises(WorkError, match=words):
        sample(order(server), tools(tmp_path))


def test_a_pen_writes_all_that_it_was_given(tmp_path: Path) -> None:
    journal = AnswerJournal(tmp_path / "answers.sqlite")
    keys = [make_key("k", n) for n in range(500)]
    with journal.open_pen() as pen:
        for n, key in enumerate(keys):
            pen.write(key, {"n": n})
    kept = journal.read(keys)
    assert [kept[key]["n"] for key in keys] == list(range(500))
    assert journal.read([make_key("k", 501)]) == {}


def test_a_budget_waits_for_what_is_in_flight_and_counts_what_things_cost(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        bound = (5 * 1.0 + 512 * 10.0) / 1e6  # an answer costs .000057
        answers = sample(order(server, budget=2.1 * bound), tools(tmp_path))
    assert all(answer.text for answer in answers)
    assert add_costs(answers) == pytest.approx(12 * (7 + 50) / 1e6)
    assert "12 of 12 answers, 0.0007 USD" in format_answers(answers, 2.1 * bound)


def test_a_budget_that_a_service_passed_is_said_and_nothing_is_sent_after(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        dear = server.endpoint(input_price=1e6, output_price=0.0, max_concurrency=1)
        asked = Order(QUERIES[:1], (Served("a", dear),), (BUILT_IN["plain"],), 5, budget=16.0)
        answers = sample(asked, tools(tmp_path))  # five characters, and seven tokens
    assert [bool(answer.text) for answer in answers] == [True, True, False, False, False]
    assert "the budget is spent" in str(answers[2].error)
    told = format_answers([answers[0]] * 3, 16.0)
    assert "more than the budget" in told


def test_what_is_known_is_said_before(tmp_path: Path) -> None:
    with serve_weather(echo) as server:
        asked, kept = order(server), tools(tmp_path)
        assert count_known(asked, kept.journal) == 0
        sample(asked, kept)
        more = replace(asked, samples=4)
        assert count_known(more, kept.journal) == 12
        assert format_cost(preview(more), 12).startswith("16 answers, 12 of them known")
