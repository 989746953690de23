"""One line in the log for each minute with work: what came in, what began, how the requests to providers ended.

Invariants: a minute without work is not logged; the line holds only numbers, no contact and no text.
"""

from __future__ import annotations

import logging

from engine.server.metrics import Metrics
from engine.store.database import Database
from engine.store.queries import measures

log = logging.getLogger("leadoff.daemon")


class MinuteLog:
    """Logs what was done since the last time. Used by one thread."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database, self._metrics = database, metrics
        self._before = self._counts()

    def log(self) -> None:
        counts = self._counts()
        added = {what: count - self._before.get(what, 0) for what, count in counts.items()}
        self._before = counts
        done = ", ".join(_words(count, what) for what, count in added.items() if count > 0)
        if done:
            log.info("the last minute: %s", done)

    def _counts(self) -> dict[str, int]:
        with self._database.reading() as db:
            work = measures.work(db)
        return work | {f"requests {outcome}": count for outcome, count in sorted(self._metrics.requests().items())}


def _words(count: int, what: str) -> str:
    things, _, done = what.partition(" ")
    return f"{count} {things if count > 1 else things.removesuffix('s')} {done}"
