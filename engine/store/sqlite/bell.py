"""The bell of a file: another process of this machine wakes its one daemon by a loopback datagram."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from engine.store.bell import Bell
from engine.store.daemon_lock import DaemonLock


class SocketBell(Bell):
    """Its port is among the facts of the lock."""

    def __init__(self, lock: DaemonLock) -> None:
        self._lock = lock
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._closing = False

    def ring(self) -> None:
        port = self._lock.facts().get("wake_port")
        if isinstance(port, int):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                out.sendto(b"wake", ("127.0.0.1", port))

    def listen(self, wake: Callable[[], None]) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._lock.tell(wake_port=self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, args=(self._socket, wake), name="leadoff-bell", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing = True
        if self._socket is not None and self._thread is not None:
            self._socket.sendto(b"", self._socket.getsockname())  # closing alone would not wake its thread
            self._thread.join()
            self._socket.close()

    def _serve(self, listening: socket.socket, wake: Callable[[], None]) -> None:
        while listening.recv(64) is not None and not self._closing:
            wake()
