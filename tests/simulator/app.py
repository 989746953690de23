"""An application on loopback for the simulator to talk to: it keeps what is posted, and serves pictures."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20


class Post(NamedTuple):
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = json.loads(self.body)
        return items


class Served(NamedTuple):
    """What a path answers."""

    status: int = 200
    kind: str = "image/png"
    body: bytes = PNG
    head_kind: str | None = None  # Content-Type of HEAD, where it differs
    location: str | None = None


class App:
    """`answers` are given to the next posts in order, then 200."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.answers: list[int] = []
        self.files: dict[str, Served] = {}
        self.fetched: list[tuple[str, str]] = []
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def statuses(self) -> list[tuple[str, str | None]]:
        """Status and code of every status callback, in the order they came."""
        posts = [post for post in self.posts if post.path == "/status"]
        return [(item["status"], item["code"]) for post in posts for item in post.items]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


def _handler(app: App) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            app.posts.append(Post(self.path, dict(self.headers.items()), body))
            self.send_response(app.answers.pop(0) if app.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_HEAD(self) -> None:
            self._serve(with_body=False)

        def do_GET(self) -> None:
            self._serve(with_body=True)

        def _serve(self, with_body: bool) -> None:
            app.fetched.append((self.command, self.path))
            file = app.files.get(self.path, Served(404))
            self.send_response(file.status)
            self.send_header("Content-Type", file.kind if with_body else file.head_kind or file.kind)
            self.send_header("Content-Length", str(len(file.body)))
            if file.location is not None:
                self.send_header("Location", file.location)
            self.end_headers()
            if with_body:
                self.wfile.write(file.body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
