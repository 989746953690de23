"""The heartbeat: APScheduler, in memory and in UTC, calls the tick at the next due instant (T5).

Invariants: no job holds what must survive; there is one wake-up, set again at the end of every tick, and a slow backstop; a tick
that raises is logged, and the next one runs. APScheduler drops a job that is rescheduled while it runs, so a wake-up during a tick
only sets `again`, and every wake-up is a new job.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from engine.clock import Clock

log = logging.getLogger("leadoff.heartbeat")
BACKSTOP_SECONDS = 10
RETRY_SECONDS = 1.0
LONGEST_SECONDS = 86_400.0


class Heartbeat:
    """Calls `tick(now)` whenever something is due or `wake` was called; `after` is called after every tick."""

    def __init__(self, tick: Callable[[int], int | None], clock: Clock, after: Callable[[], None]) -> None:
        self._tick, self._clock, self._after = tick, clock, after
        self._lock = threading.Lock()
        self._running = self._again = False
        self._end = threading.Event()
        self._number = 0
        self.last_beat: int | None = None  # the clock's time of the last tick that succeeded
        self.healthy = True
        self.scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(5)},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )

    def start(self) -> None:
        self.scheduler.add_job(self.wake, "interval", seconds=BACKSTOP_SECONDS, id="backstop")
        self.scheduler.start()
        self.wake()

    @property
    def stopping(self) -> bool:
        """A long job ends then."""
        return self._end.is_set()

    def pause(self, seconds: float) -> None:
        """For a long job: so long, or until the end."""
        self._end.wait(seconds)

    def stop(self) -> None:
        """Waits for a tick that is running."""
        with self._lock:
            self._end.set()
        self.scheduler.shutdown(wait=True)

    def wake(self) -> None:
        """Tick as soon as possible; from any thread."""
        with self._lock:
            if self._running:
                self._again = True
            else:
                self._arm(0.0)

    def _arm(self, seconds: float) -> None:
        if self._end.is_set():
            return
        before, self._number = self._number, self._number + 1
        with suppress(JobLookupError):  # it may have started just now
            self.scheduler.remove_job(f"wake-{before}")
        when = datetime.now(UTC) + timedelta(seconds=min(seconds, LONGEST_SECONDS))
        self.scheduler.add_job(self._beat, "date", run_date=when, id=f"wake-{self._number}")

    def _beat(self) -> None:
        with self._lock:
            if self._running:
                self._again = True
                return
            self._running, self._again = True, False
        wait = RETRY_SECONDS
        try:
            due = self._tick(self._clock.now())
            wait = LONGEST_SECONDS if due is None else self._clock.real_seconds(due)
            self.last_beat, self.healthy = self._clock.now(), True
            self._after()
        except Exception:
            self.healthy = False
            log.exception("a tick failed; the next one starts in %s s", RETRY_SECONDS)
        finally:
            with self._lock:
                self._running = False
                self._arm(0.0 if self._again else wait)
