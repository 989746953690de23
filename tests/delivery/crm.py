"""A program on the web that misbehaves on demand, on loopback: each request gets the next of its answers, the last one for ever."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple


class Got(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    body: str


Answer = Callable[[socket.socket], None]


def says(status: int, body: Any = None, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + content
    return lambda conn: conn.sendall(whole)


def hangs_up(conn: socket.socket) -> None:
    """Reads, and says nothing."""


def says_half(conn: socket.socket) -> None:
    conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"total"')


def speaks_nonsense(conn: socket.socket) -> None:
    conn.sendall(b"220 mail.example ESMTP\r\n")


class Crm:
    """`got` is everything that was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers) or [says(200, {})]
        self.got: list[Got] = []
        self.closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def never_ends(self, first: bytes, drip: bytes) -> Answer:
        """Says a byte now and then, for as long as somebody listens."""

        def answer(conn: socket.socket) -> None:
            conn.sendall(first)
            while not self.closing.wait(0.02):
                conn.sendall(drip)

        return answer

    def __enter__(self) -> Crm:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            with conn:
                conn.settimeout(5.0)
                try:
                    self._answer(conn)
                except OSError:
                    continue  # whoever asked has gone

    def _answer(self, conn: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += received(conn)
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        while len(body) < int(headers.get("content-length", 0)):
            body += received(conn)
        method, target, _ = first.split()
        self.got.append(Got(method, target, headers, body.decode()))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer(conn)


def received(conn: socket.socket) -> bytes:
    data = conn.recv(65_536)
    if not data:
        raise OSError("whoever asked has gone")
    return data
