"""A TCP proxy before a database, whose connections a test cuts."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Proxy:
    """Listens on loopback; everything goes to the Unix socket of the server, and back."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._guard = threading.Lock()
        self._open: list[socket.socket] = []
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def cut(self) -> None:
        """Every connection, in the middle of whatever it says."""
        with self._guard:
            cut, self._open = self._open, []
        for each in cut:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def close(self) -> None:
        self._closed = True
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                continue
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._target)
            except OSError:  # it starts again
                client.close()
                server.close()
                continue
            with self._guard:
                self._open += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while said := source.recv(65_536):
                sink.sendall(said)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        source.close()


class Balancer:
    """What stands before several daemons: a connection goes to the next one that takes it."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        self._closed = True
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                continue
            daemon = self._next()
            if daemon is None:
                client.close()
                continue
            for source, sink in ((client, daemon), (daemon, client)):
                threading.Thread(target=Proxy._pump, args=(source, sink), daemon=True).start()

    def _next(self) -> socket.socket | None:
        for port in list(self.ports):
            self.ports.append(self.ports.pop(0))
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", port), 1)
        return None
