"""Stands in for xllamacpp: a server that answers with what it was told, or fails as asked.

It is put before the real one on PYTHONPATH, so that the tests of a server's life run the program
that serves real models. What the "weights" say decides what becomes of them.
"""

import hashlib
from pathlib import Path

from hivemind_core.models.local import Weights

STUB = """
import json, os, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace


class CommonParams(SimpleNamespace):
    def __init__(self):
        parts = ("model", "sampling", "cpuparams", "cpuparams_batch")
        super().__init__(**{name: SimpleNamespace() for name in parts})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # a connection stays, and ends with the server

    def do_GET(self):
        self.send({"data": []})

    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        params = self.server.params
        said = {
            "slots": params.n_parallel,
            "context": params.n_ctx,
            "stop": params.antiprompt,
            "template": params.chat_template,
            "alias": sorted(params.model_alias),
            "sampling": vars(params.sampling),
            "environment": dict(os.environ),
            "told": told,
        }
        message = {"role": "assistant", "content": json.dumps(said)}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        self.send({"id": "1", "object": "chat.completion", "created": 1, "model": "m",
                   "choices": [choice]})

    def send(self, content):
        is_allowed = self.headers.get("Authorization") == "Bearer " + self.server.params.api_keys[0]
        body = json.dumps(content if is_allowed else {"error": {"message": "no"}}).encode()
        self.send_response(200 if is_allowed else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server:
    def __init__(self, params):
        wish = Path(params.model.path).read_text()
        os.write(1, b"printed by llama.cpp\\n")
        if wish == "broken":
            print("key", params.api_keys[0], file=sys.stderr)
            raise ValueError("no such architecture")
        if wish == "slow":
            threading.Event().wait()
        if wish == "mute":
            self.listening_address = "http://127.0.0.1:9"
            return
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.params = params
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.listening_address = f"http://127.0.0.1:{self.server.server_address[1]}"
"""


def write_stub(folder: Path) -> dict[str, str]:
    """Write the stand-in into a folder, and return the environment in which it is found."""
    (folder / "xllamacpp.py").write_text(STUB)
    return {"PYTHONPATH": str(folder)}


def write_weights(folder: Path, wish: str = "fine") -> Weights:
    """Return weights that are served by the stand-in: fine, broken, slow or mute."""
    path = folder / f"{wish}.gguf"
    path.write_text(wish)
    return Weights("m", path, hashlib.sha256(wish.encode()).hexdigest())
