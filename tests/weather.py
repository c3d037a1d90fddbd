"""An OpenAI-protocol chat endpoint on loopback whose weather is scripted."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hivemind_core.models.endpoints import Endpoint

KEY = "sk-never-to-be-seen"
STREAMED = ("answer", "cut", "done", "no end", "raw", "silence")


@dataclass(frozen=True)
class Reply:
    """What the endpoint answers once.

    Attributes
    ----------
    text : str
        Of the answer; for an error, its message.
    kind : str
        "answer", "cut", "endless", "garbage", "no choices", "page", "raw", "silence", "status",
        "whole", or, of a stream, "done", "no end". Of "raw" the text is all that is sent, or the
        one event of a stream; "endless" repeats the text as it is until nobody listens; "whole" is
        no stream though one was asked for; "done" says so, but not why.
    """

    text: str = "Time is a river."
    kind: str = "answer"
    status: int = 200
    finish_reason: str | None = "stop"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def fail(status: int, text: str = "no", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(text, "status", status, headers=named)


Script = Callable[[dict[str, Any], int], Reply]
"""From the body of a request, and how often its like came before, to what is answered."""


class Weather(ThreadingHTTPServer):
    """Answers as its script says; remembers every body and the most requests in flight."""

    request_queue_size = 128  # many connect at once

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.bodies: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.in_flight = self.most = 0
        self.lock = threading.Lock()
        self.released = threading.Event()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def endpoint(self, **more: Any) -> Endpoint:
        return Endpoint("stub", self.base_url, KEY, **more)

    def count(self, said: str) -> int:
        """Return how often the last message of a request was this."""
        return sum(body["messages"][-1]["content"] == said for body in self.bodies)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Weather)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = body["messages"][-1]["content"]
        with server.lock:
            server.keys.add(self.headers.get("Authorization", ""))
            reply = server.script(body, server.count(said))
            server.bodies.append(body)
            server.in_flight += 1
            server.most = max(server.most, server.in_flight)
        try:
            server.released.wait(reply.seconds)
            self._send(reply, is_stream=bool(body.get("stream")))
        finally:
            with server.lock:
                server.in_flight -= 1

    def _send(self, reply: Reply, *, is_stream: bool) -> None:
        if reply.kind == "endless":
            self._send_endlessly(reply.text.encode())
            return
        content, kind = make_body(reply), "application/json"
        if reply.kind == "page":
            kind = "text/html"
        elif is_stream and reply.kind in STREAMED:
            content, kind = make_stream(reply), "text/event-stream"
        try:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if reply.kind == "cut" else content)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client gave up, as it may
        self.close_connection = True

    def _send_endlessly(self, piece: bytes) -> None:
        server = self.server
        assert isinstance(server, Weather)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        try:
            while not server.released.wait(0.01):
                self.wfile.write(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, *args: object) -> None:
        """Stay silent."""


def make_body(reply: Reply) -> bytes:
    if reply.kind == "raw":
        return reply.text.encode()
    if reply.kind == "garbage":
        return b'{"choices": [{"mess'
    if reply.kind == "page":
        return b"<html>Please log in</html>"
    if reply.kind == "status":
        return json.dumps({"error": {"message": reply.text, "type": "x"}}).encode()
    message = {"role": "assistant", "content": None if reply.kind == "silence" else reply.text}
    choice = {"index": 0, "finish_reason": reply.finish_reason, "message": message}
    told = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [] if reply.kind == "no choices" else [choice],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    }
    return json.dumps(told).encode()


def make_stream(reply: Reply) -> bytes:
    """Return an answer as events, a word each; one of kind "no end" stops without saying so."""
    if reply.kind == "raw":
        return f"data: {reply.text}\n\ndata: [DONE]\n\n".encode()
    words = [] if reply.kind == "silence" else reply.text.split(" ")
    pieces = [word if place == 0 else f" {word}" for place, word in enumerate(words)]
    about = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunks: list[dict[str, Any]] = [
        about | {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
        for piece in pieces
    ]
    if reply.kind not in ("done", "no end"):
        end = {"index": 0, "delta": {}, "finish_reason": reply.finish_reason}
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        chunks += [about | {"choices": [end]}, about | {"choices": [], "usage": usage}]
    events = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    done = [] if reply.kind == "no end" else ["data: [DONE]\n\n"]
    return "".join([*events, *done]).encode()


@contextmanager
def serve_weather(script: Script) -> Iterator[Weather]:
    """Serve the endpoint on a free loopback port."""
    with Weather(script) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()
