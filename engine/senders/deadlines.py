"""One deadline for a whole request: connecting, writing, the head of the response and its body, however slowly they arrive.

Invariants: a client's own timeouts apply to each read and each write; within `ends_in` none of them goes beyond the deadline. It belongs
to the thread, because a kept connection serves one request after another.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

_thread = threading.local()


@contextmanager
def ends_in(seconds: float) -> Iterator[None]:
    """This thread's reads and writes in here end within so many seconds."""
    _thread.ends = time.monotonic() + seconds
    try:
        yield
    finally:
        _thread.ends = math.inf


def time_left(timeout: float | None, late: type[Exception]) -> float | None:
    """Seconds that one step may take, at most `timeout`. Raises `late` when there are none."""
    left: float = getattr(_thread, "ends", math.inf) - time.monotonic()
    if left <= 0:
        raise late("the time is up")
    least = left if timeout is None else min(timeout, left)
    return None if math.isinf(least) else least


class EndingStream(httpcore.NetworkStream):
    """A connection that ends at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, time_left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, time_left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = time_left(timeout, httpcore.ConnectTimeout)
        return EndingStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class EndingBackend(httpcore.SyncBackend):
    """Makes such connections."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = time_left(timeout, httpcore.ConnectTimeout)
        return EndingStream(super().connect_tcp(host, port, left, local_address, socket_options))
