"""A pool of the daemon, one for each sender and one for web calls: a thread that claims and settles, and workers that make the requests.

Invariants: no provider is called inside a tick or a transaction. `stop` waits for the requests in flight and stores their results, so an
orderly end leaves no message `unknown`. While the database cannot be written, results are kept and stored later. Any error is logged and
the work tried again, because a pool whose thread has died would send nothing any more.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic

from engine.clock import Clock
from engine.delivery.outbox import Channel, Claim, R, T
from engine.errors import Unavailable, Unusable

log = logging.getLogger("leadoff.delivery")
BACKSTOP_SECONDS = 10.0
RETRY_SECONDS = 1.0


class Pool(Generic[T, R]):
    """`start`, `wake` whenever there may be something to send, `stop` to drain. `on_result` gets every result, and must not raise."""

    def __init__(
        self, outbox: Channel[T, R], clock: Clock, workers: int = 8, on_result: Callable[[R], None] | None = None
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._free = workers
        self._on_result = on_result
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=f"leadoff-{outbox.name}")
        self._changed = threading.Condition()
        self._woken = True
        self._stopping = False
        self._results: list[R] = []
        self._in_flight = 0
        self._thread = threading.Thread(target=self._serve, name=f"leadoff-pool-{outbox.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify()

    def stop(self) -> None:
        """Claim no more, wait for what is in flight, store its results."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()
        self._executor.shutdown()
        self._outbox.close()

    def _serve(self) -> None:
        while True:
            with self._changed:
                results, self._results = self._results, []
                self._woken = False
                ending = self._stopping and not self._in_flight
            try:
                self._outbox.settle(results, self._clock.now())
            except Exception as error:
                _complain("results cannot be stored yet", error)
                if ending and isinstance(error, Unusable):
                    return  # they never can be; what they are of is `unknown` when the file is back
                with self._changed:
                    self._results = results + self._results
                    self._woken = True
                    self._changed.wait(RETRY_SECONDS)
                continue
            if ending and not results:
                return
            if ending:
                continue
            self._wait(self._claim())

    def _claim(self) -> float:
        """Claim and hand out; seconds until there may be more to do."""
        with self._changed:
            free = 0 if self._stopping else self._free - self._in_flight
        if not free:
            return BACKSTOP_SECONDS
        now = self._clock.now()
        try:
            claim = self._outbox.claim(now, free)
            if not claim.outgoing:
                return self._until(claim, self._outbox.next_due(now))
        except Exception as error:
            _complain("cannot claim", error)
            return RETRY_SECONDS
        with self._changed:
            self._in_flight += len(claim.outgoing)
        for message in claim.outgoing:
            self._executor.submit(self._send, message, claim.at)
        return self._until(claim, None) if claim.again_at is not None else 0.0

    def _until(self, claim: Claim[T], due: int | None) -> float:
        instants = [at for at in (claim.again_at, due) if at is not None]
        return min((self._clock.real_seconds(at) for at in instants), default=BACKSTOP_SECONDS)

    def _send(self, message: T, claimed_at: int) -> None:
        result = self._outbox.send(message, claimed_at, self._clock.now)
        if self._on_result is not None:
            self._on_result(result)
        with self._changed:
            self._results.append(result)
            self._in_flight -= 1
            self._changed.notify()

    def _wait(self, seconds: float) -> None:
        with self._changed:
            if not (self._woken or self._results or self._stopping):
                self._changed.wait(min(seconds, BACKSTOP_SECONDS))
            elif self._stopping and not self._results and self._in_flight:
                self._changed.wait(BACKSTOP_SECONDS)


def _complain(what: str, error: Exception) -> None:
    """A busy database is ordinary; any other error is a bug, logged with its traceback."""
    log.error("%s: %s", what, error, exc_info=None if isinstance(error, Unavailable) else error)
