"""One line in the log for each minute with work: what came in, what began, what became of the requests.

Invariants: a minute without work says nothing; numbers alone, no contact and no text.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter

from engine.store.database import Database
from engine.store.queries import measures

log = logging.getLogger("leadoff.daemon")


class MinuteLog:
    """Used by any number of threads; `tell` by one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        with database.reading() as db:
            self._before = measures.work(db)

    def request(self, outcome: str) -> None:
        """A request to a provider has ended so."""
        with self._lock:
            self._requests[outcome] += 1

    def tell(self) -> None:
        """What was done since the last time."""
        with self._lock:
            requests, self._requests = self._requests, Counter()
        with self._database.reading() as db:
            work = measures.work(db)
        did = {what: count - self._before[what] for what, count in work.items()}
        self._before = work
        did |= {f"requests {outcome}": count for outcome, count in sorted(requests.items())}
        done = ", ".join(_said(count, what) for what, count in did.items() if count > 0)
        if done:
            log.info("the last minute: %s", done)


def _said(count: int, what: str) -> str:
    things, _, done = what.partition(" ")
    return f"{count} {things if count > 1 else things.removesuffix('s')} {done}"
