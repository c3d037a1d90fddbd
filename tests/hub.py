"""A Hugging Face hub on loopback: as much of its protocol as loading a model takes."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """Serves the files of one folder as the model `name`."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.name, self.folder = name, folder
        self.requests: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, with_body: bool) -> None:
        hub = self.server
        assert isinstance(hub, Hub)
        path = unquote(urlsplit(self.path).path)
        hub.requests.append(f"{self.command} {path}")
        status, body = find_body(hub, path)
        self.send_response(status)
        self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(body)))
        if status == 404:
            known = path.startswith((f"/{hub.name}/", f"/api/models/{hub.name}"))
            self.send_header("X-Error-Code", "EntryNotFound" if known else "RepoNotFound")
        if path.startswith("/api/"):
            self.send_header("Content-Type", "application/json")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Stay silent."""


def find_body(hub: Hub, path: str) -> tuple[int, bytes]:
    """Return the status and body that the hub answers to a path."""
    files = sorted(p for p in hub.folder.rglob("*") if p.is_file())
    names = {p.relative_to(hub.folder).as_posix(): p for p in files}
    for revision in ("main", COMMIT):
        name = path.removeprefix(f"/{hub.name}/resolve/{revision}/")
        if name in names:
            return 200, names[name].read_bytes()
    if path in (f"/api/models/{hub.name}", f"/api/models/{hub.name}/revision/main"):
        siblings = [{"rfilename": name} for name in names]
        return 200, json.dumps({"id": hub.name, "sha": COMMIT, "siblings": siblings}).encode()
    if path.startswith(f"/api/models/{hub.name}/tree/"):
        tree = [
            {"type": "file", "path": name, "size": p.stat().st_size, "oid": COMMIT}
            for name, p in names.items()
        ]
        return 200, json.dumps(tree).encode()
    return 404, b"{}"


@contextmanager
def serve_hub(name: str, folder: Path) -> Iterator[Hub]:
    """Serve the hub on a free loopback port."""
    with Hub(name, folder) as hub:
        thread = threading.Thread(target=hub.serve_forever, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
