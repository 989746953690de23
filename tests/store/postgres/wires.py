"""What may stand between Leadoff and its server: a wire that is cut at a statement, a pooler, a server of another version."""

from __future__ import annotations

import re
import socket
import struct
import threading
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

IDLE = b"I"
START = struct.Struct("!II")  # length and version of the first message
KEY = re.compile(rb"K\0\0\0\x0c.{8}", re.DOTALL)  # process and secret of a session
FAKE_KEY = struct.pack("!cIII", b"K", 12, 4_000_000, 1)


class Wire:
    """Listens on a port of this machine. `serve` has a client, and as many connections to the server as it makes."""

    def __init__(self, url: str) -> None:
        self._server = _place(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """All that goes through it now; who connects again at once is not cut."""
        cut, self._sockets = self._sockets, []
        for each in cut:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def connect(self) -> socket.socket:
        kind, where = self._server
        made = socket.socket(kind)
        made.connect(where)
        self._sockets.append(made)
        return made

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError):
            self.serve(client)

    def serve(self, client: socket.socket) -> None:
        raise NotImplementedError


class Cutting(Wire):
    """Cuts everything once, at the first message that has `word` in it: before the server has it, or behind its answer."""

    def __init__(self, url: str, word: bytes, behind: bool) -> None:
        super().__init__(url)
        self._word, self._behind = word, behind
        self.cuts = 0

    def serve(self, client: socket.socket) -> None:
        server = self.connect()
        server.sendall(first_message(client))
        client.sendall(answer(server))
        while True:
            asked = question(client)
            is_last = not self.cuts and self._word in asked
            self.cuts += is_last
            if not is_last or self._behind:
                server.sendall(asked)
                answered = answer(server)
            if is_last:
                self.cut()
                return
            client.sendall(answered)


class Pooler(Wire):
    """Hands each transaction the next of three sessions, as PgBouncer does that pools transactions."""

    def serve(self, client: socket.socket) -> None:
        start = first_message(client)
        sessions = [self.connect() for _ in range(3)]
        for session in sessions:
            session.sendall(start)
        greetings = [answer(session) for session in sessions]
        client.sendall(KEY.sub(FAKE_KEY, greetings[0]))
        for session in cycle(sessions):
            state = b""
            while state != IDLE:
                session.sendall(question(client))
                said = answer(session)
                client.sendall(said)
                state = said[-1:]


class Version(Wire):
    """A server that says it is of that version, and answers nothing."""

    def __init__(self, url: str, version: str) -> None:
        super().__init__(url)
        self._version = version

    def serve(self, client: socket.socket) -> None:
        first_message(client)
        body = b"server_version\0" + self._version.encode() + b"\0"
        client.sendall(struct.pack("!cII", b"R", 8, 0) + struct.pack("!cI", b"S", 4 + len(body)) + body)
        client.sendall(FAKE_KEY + struct.pack("!cIc", b"Z", 5, IDLE))
        question(client)


def first_message(client: socket.socket) -> bytes:
    """What a client begins with; encryption is declined."""
    while True:
        head = _exactly(client, 8)
        length, version = START.unpack(head)
        rest = _exactly(client, length - 8)
        if version in (80_877_103, 80_877_104):  # TLS, GSS
            client.sendall(b"N")
            continue
        return head + rest


def question(client: socket.socket) -> bytes:
    """What it says until it waits for an answer."""
    return _until(client, b"QS")  # Query, Sync


def answer(server: socket.socket) -> bytes:
    """What it says until it is ready for more; the last byte is the state of the transaction."""
    return _until(server, b"Z")


def _until(end: socket.socket, kinds: bytes) -> bytes:
    said = b""
    while True:
        head = _exactly(end, 5)
        (length,) = struct.unpack("!I", head[1:])
        said += head + _exactly(end, length - 4)
        if head[0] in kinds:
            return said


def _exactly(end: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = end.recv(count - len(found))
        if not more:
            raise EOFError
        found += more
    return found


def _place(url: str) -> tuple[socket.AddressFamily, str | tuple[str, int]]:
    """Where the server of an address listens."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = parts.hostname or query.get("host", ["localhost"])[0]
    port = int(parts.port or query.get("port", ["5432"])[0])
    if host.startswith("/"):
        return socket.AF_UNIX, str(Path(host) / f".s.PGSQL.{port}")
    return socket.AF_INET, (host, port)
