"""Posts signed callbacks to the application, and waits until all of them were answered or given up.

Invariants: a 2xx or a 4xx ends a callback; after a 5xx, a redirect or no response it is tried again after each of
`retry_delays`; every attempt is signed again. A callback is counted before its message is answered, so that `settle` never returns too
early.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import httpx

from engine.simulator.http_messages import Post

log = logging.getLogger(__name__)

RETRY_DELAYS = (0.1, 0.3, 1.0, 2.0, 4.0)


class Tried(NamedTuple):
    attempts: int
    answer: int | None  # HTTP status of the last answer


class Courier:
    def __init__(self, retry_delays: tuple[float, ...] = RETRY_DELAYS) -> None:
        self._retry_delays = retry_delays
        self._stopping = threading.Event()
        self._idle = threading.Condition()
        self._open = 0
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="simulator-courier")
        self.client = httpx.Client(
            timeout=httpx.Timeout(10.0, connect=2.0),
            trust_env=False,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # never used: loading the real one takes long
            follow_redirects=False,
            limits=httpx.Limits(keepalive_expiry=2.0),
        )

    def begin(self) -> None:
        """Something will be posted: `settle` waits for as many calls of `end`."""
        with self._idle:
            self._open += 1

    def end(self) -> None:
        with self._idle:
            self._open -= 1
            self._idle.notify_all()

    def hand_over(self, job: Callable[[], None]) -> None:
        """Runs a job in a thread, and ends it."""
        try:
            self._pool.submit(job).add_done_callback(self._ended)
        except RuntimeError:  # stopped meanwhile
            self.end()

    def _ended(self, job: Future[None]) -> None:
        self.end()
        error = None if job.cancelled() else job.exception()
        if error is not None:
            log.error("the simulator could not post the callbacks of a message", exc_info=error)

    def settle(self, timeout: float) -> bool:
        """Waits until no callback is under way; False if that took longer than `timeout` seconds."""
        with self._idle:
            return self._idle.wait_for(lambda: self._open == 0, timeout)

    def post(self, post: Post) -> Tried:
        """Posts until it is answered or given up."""
        attempts, answer = 1, self.post_once(post)
        for delay in self._retry_delays:
            if answered(answer) or self._stopping.wait(delay):
                break
            attempts += 1
            answer = self.post_once(post, attempts)
        return Tried(attempts, answer)

    def post_once(self, post: Post, attempt: int = 1) -> int | None:
        body, headers = post.write(attempt)
        try:
            with self.client.stream("POST", post.url, content=body, headers=headers) as response:
                deadline, size = time.monotonic() + 10, 0
                for chunk in response.iter_raw():
                    size += len(chunk)
                    if size > 65_536 or time.monotonic() > deadline:
                        break
                return response.status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            return None

    def stop(self) -> None:
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.client.close()


def answered(status: int | None) -> bool:
    return status is not None and (200 <= status < 300 or 400 <= status < 500)
