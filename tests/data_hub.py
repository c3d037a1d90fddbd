"""The part of the Hugging Face hub's protocol that fetching a data set uses, on loopback."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hivemind_core.corpus.infinity_files import OWNER

COMMIT = "89abcdef0123456789abcdef0123456789abcdef"
MANGLED = b"<!doctype html><title>Please log in</title>"


class DataHub(ThreadingHTTPServer):
    """Serves the sub-folders of a folder as data sets of one owner.

    Attributes
    ----------
    weather : dict of str to str
        What goes wrong, by data set: "gated", "broken", "renamed", "cut" (the first time), "torn"
        (every time), "page", "prose".
    requests : list of str
        Method, path and range of every request.
    tokens : list of str
        Every Authorization header.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.weather: dict[str, str] = {}
        self.requests: list[str] = []
        self.tokens: list[str] = []
        self.was_cut: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    @property
    def hub(self) -> DataHub:
        hub = self.server
        assert isinstance(hub, DataHub)
        return hub

    def _answer(self, with_body: bool) -> None:
        hub, path = self.hub, unquote(urlsplit(self.path).path)
        hub.requests.append(f"{self.command} {path} {self.headers.get('Range', '')}".strip())
        hub.tokens.append(self.headers.get("Authorization", ""))
        name = next((p for p in path.split("/") if p and (hub.folder / p).is_dir()), "")
        weather = hub.weather.get(name, "")
        if weather == "gated":
            self._send(403, b'{"error": "gated"}', {"X-Error-Code": "GatedRepo"})
        elif weather == "broken":
            self._send(500, b"<html>oops</html>", {})
        elif path.startswith("/api/datasets/") and weather == "prose":
            self._send(200, MANGLED, {})
        elif path.startswith("/api/datasets/") and weather != "renamed" and name:
            self._tell_files(name, path)
        elif path.startswith("/datasets/") and name:
            self._send_file(name, path, weather, with_body)
        else:
            self._send(404, b'{"error": "no"}', {"X-Error-Code": "RepoNotFound"})

    def _tell_files(self, name: str, path: str) -> None:
        revision = path.rpartition("/revision/")[2] if "/revision/" in path else "main"
        if revision not in ("main", COMMIT):
            self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            return
        top = self.hub.folder / name
        files = [p for p in sorted(top.rglob("*")) if p.is_file()]
        siblings = [
            {"rfilename": p.relative_to(top).as_posix(), "size": p.stat().st_size} for p in files
        ]
        told = {"id": f"{OWNER}/{name}", "sha": COMMIT, "siblings": siblings}
        self._send(200, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _send_file(self, name: str, path: str, weather: str, with_body: bool) -> None:
        file = self.hub.folder / name / path.partition(f"/resolve/{COMMIT}/")[2]
        if not file.is_file():
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        body = MANGLED if weather == "page" else file.read_bytes()
        headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()}"', "X-Repo-Commit": COMMIT}
        first = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
        rest = body[first:]
        if not with_body:
            self._send(200, rest, headers, send=0)
        elif weather == "torn" or (weather == "cut" and path not in self.hub.was_cut):
            self.hub.was_cut.add(path)
            self._send(200, rest, headers, send=len(rest) // 2)
        else:
            self._send(206 if first else 200, rest, headers, send=len(rest))

    def _send(
        self, status: int, body: bytes, headers: dict[str, str], send: int | None = None
    ) -> None:
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[: len(body) if send is None else send])
        self.close_connection = send not in (None, len(body))

    def log_message(self, *args: object) -> None:
        """Stay silent."""


@contextmanager
def serve_data_hub(folder: Path) -> Iterator[DataHub]:
    """Serve the hub on a free loopback port."""
    with DataHub(folder) as hub:
        thread = threading.Thread(target=hub.serve_forever, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
