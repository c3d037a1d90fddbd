"""Stand-ins: an encoder that counts what it is asked, and an embeddings endpoint on loopback."""

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from numpy.typing import NDArray


class CountingEncoder:
    """Gives each text a vector made from its hash, and remembers the texts."""

    name = "counting"
    fingerprint = "counting-1"

    def __init__(self, fail_after: int | None = None) -> None:
        self.asked: list[str] = []
        self.fail_after = fail_after

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.fail_after is not None and len(self.asked) >= self.fail_after:
            raise KeyboardInterrupt
        self.asked += texts
        return np.stack([make_vector(text) for text in texts])


def make_vector(text: str, d: int = 24) -> NDArray[np.float32]:
    """Return a unit vector that depends on the text alone."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    vector = np.random.default_rng(seed).normal(size=d)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


class Endpoint(ThreadingHTTPServer):
    """An OpenAI-compatible embeddings endpoint that answers as `reply` says."""

    reply = "vectors"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[dict[str, object]] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Endpoint)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.bodies.append(body)
        texts = body["input"]
        items = [{"object": "embedding", "index": i, "embedding": make_vector(t).tolist()}
                 for i, t in enumerate(texts)]  # fmt: skip
        replies = {
            "vectors": (200, json.dumps({"object": "list", "data": items[::-1], "model": "m"})),
            "one too few": (200, json.dumps({"object": "list", "data": items[1:], "model": "m"})),
            "no json": (200, "<html>maintenance</html>"),
            "unauthorised": (401, json.dumps({"error": {"message": "bad key"}})),
        }
        status, content = replies[server.reply]
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *args: object) -> None:
        """Stay silent."""


@contextmanager
def serve_endpoint() -> Iterator[Endpoint]:
    """Serve the endpoint on a free loopback port."""
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
