"""The wake-up socket: another process wakes the daemon by a loopback datagram."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable


class WakeSocket:
    """Any datagram to it, from any process of this machine, calls `wake`."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._closing = False
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def start(self, wake: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=self._serve, args=(wake,), name="leadoff-wake-socket", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing = True
        if self._thread is not None:
            self._socket.sendto(b"", self._socket.getsockname())  # closing alone would not wake its thread
            self._thread.join()
        self._socket.close()

    def _serve(self, wake: Callable[[], None]) -> None:
        while self._socket.recv(64) is not None and not self._closing:
            wake()
