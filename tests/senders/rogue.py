"""A provider on loopback that misbehaves to order: raw bytes, half answers, silence, resets; and what it was asked."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import NamedTuple, Self

Answer = bytes | Callable[[socket.socket], None]


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    query: str
    headers: dict[str, str]  # names in small letters
    body: bytes


def http(status: int, body: bytes | str = b"{}", **headers: str) -> bytes:
    """A whole answer; `retry_after=` becomes Retry-After."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


def reset(wire: socket.socket) -> None:
    """Closes so that the other side gets a reset."""
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silence(wire: socket.socket) -> None:
    """Says nothing until the other side hangs up."""
    wire.recv(1)


def endless(wire: socket.socket) -> None:
    """A body without an end, as fast as it is read."""
    wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        wire.sendall(b" " * 16_384)


def dripping(wire: socket.socket) -> None:
    """A body that comes a byte at a time, as long as somebody listens."""
    _drip(wire, b"HTTP/1.1 202 Accepted\r\nContent-Length: 100000\r\n\r\n", b" ")


def dripping_head(wire: socket.socket) -> None:
    """A head without an end, a byte at a time."""
    _drip(wire, b"HTTP/1.1 202 Accepted\r\nX-Slow: ", b"x")


def _drip(wire: socket.socket, first: bytes, drip: bytes) -> None:
    wire.sendall(first)
    wire.settimeout(0.02)
    while True:
        wire.sendall(drip)
        try:
            if not wire.recv(1):
                return
        except TimeoutError:
            continue


class Rogue:
    """Gives its answers in order, the last one again and again."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[Asked] = []
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                wire, _ = self._listener.accept()
            except OSError:
                return
            with wire:
                wire.settimeout(5.0)
                try:
                    self._answer(wire)
                except OSError:  # hung up on
                    continue

    def _answer(self, wire: socket.socket) -> None:
        request = _read(wire)
        if request is None:
            return
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, bytes):
            wire.sendall(answer)
        else:
            answer(wire)


def _read(wire: socket.socket) -> Asked | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = wire.recv(65_536)
        if not more:
            return None
        data += more
        if data[:1] == b"\x16":  # the hello of TLS, which this server does not speak
            return Asked("", "", "", {}, data)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += wire.recv(65_536)
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    return Asked(method, path, query, headers, body)


@contextmanager
def deaf() -> Iterator[str]:
    """The address of a port whose queue is full: who connects gets no answer at all."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield f"http://127.0.0.1:{port}"
        for one in waiting:
            one.close()


def closed_port() -> str:
    """An address that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
