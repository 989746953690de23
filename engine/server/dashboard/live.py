"""GET /live: which pages have something new, as server-sent events; what is new the page fetches itself.

Invariants: one look a second for all viewers, and none where nobody looks; a stream touches no database and ends by itself, so that one
that is never read costs a socket for a minute. The more look, the less often each of them is told, since each then asks for its page: fifty
take about a tenth of a core. What asks for somebody is told at once. Streams end as soon as the daemon stops, or their session does.
"""

from __future__ import annotations

import asyncio
import random
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
A_VIEWER_SECONDS = 0.6
"""For each stream that is open, between two times that one of them is told of something: a page takes a tenth of that."""
AT_ONCE = ("needs", "unknown")
"""Topics that ask for somebody."""


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
            clock = asyncio.get_running_loop().time
            ends, again = clock() + LONGEST_SECONDS, 0.0
            while not self._ending() and clock() < ends:
                async with self._news:
                    await self._news.wait()
                seen = self._seen
                if session in self._ended:
                    return
                if seen != told and (clock() >= again or any(told.get(topic) != seen.get(topic) for topic in AT_ONCE)):
                    pace = A_VIEWER_SECONDS * self._open.total()
                    again = clock() + pace * random.uniform(0.5, 1.5)  # not all at the same moment
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
