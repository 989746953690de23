"""GET /live: which pages have something new, as server-sent events; what is new the page fetches itself.

Invariants: one look a second for all viewers, and none where nobody looks; a stream touches no database and ends by itself, so that one
that is never read costs a socket for a minute. Streams end as soon as the daemon stops, or their session does.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping

from fastapi.sse import ServerSentEvent

from engine.store import sessions
from engine.store.database import Database
from engine.store.queries import signs
from engine.store.statement_errors import statement_errors

LOOK_SECONDS = 1.0
LONGEST_SECONDS = 55.0  # the browser opens the next one by itself
MOST_STREAMS = 200


class Live:
    """Used on the loop's thread; the database is read in a thread of the pool. `now`: UTC ms."""

    def __init__(self, database: Database, now: Callable[[], int], ending: Callable[[], bool]) -> None:
        self._database, self._now, self._ending = database, now, ending
        self._seen: Mapping[str, int] = {}
        self._news = asyncio.Condition()
        self._open = Counter[str]()  # session -> streams
        self._ended: frozenset[str] = frozenset()
        self._watch: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        return self._open.total() >= MOST_STREAMS

    async def stream(self, session: str, since: str = "") -> AsyncIterator[ServerSentEvent]:
        """An event for each topic of which something is new since then: `{"topic": "messages", "n": 981}`. It ends with its session."""
        self._open[session] += 1
        try:
            if self._watch is None or self._watch.done():
                self._watch = asyncio.create_task(self._look_again())
            told = signs.read(since)
            yield ServerSentEvent(comment="open", retry=1_000)
            ends = asyncio.get_running_loop().time() + LONGEST_SECONDS
            while not self._ending() and asyncio.get_running_loop().time() < ends:
                async with self._news:
                    await self._news.wait()
                seen = self._seen
                if session in self._ended:
                    return
                if seen != told:
                    for topic, n in seen.items():
                        if told.get(topic) != n:
                            yield ServerSentEvent(data={"topic": topic, "n": n})
                    told = seen
                    yield ServerSentEvent(comment="told", id=signs.text(told))  # where the next stream goes on
        finally:
            self._open[session] -= 1
            self._open += Counter()  # without those that have none

    async def _look_again(self) -> None:
        while self._open and not self._ending():
            self._seen, self._ended = await asyncio.to_thread(self._look, frozenset(self._open))
            async with self._news:
                self._news.notify_all()
            await asyncio.sleep(LOOK_SECONDS)
        async with self._news:
            self._news.notify_all()

    def _look(self, asked: frozenset[str]) -> tuple[Mapping[str, int], frozenset[str]]:
        try:
            with self._database.reading() as db:
                return signs.of_topics(db), asked - sessions.standing(db, asked, self._now())
        except statement_errors():
            return self._seen, self._ended
