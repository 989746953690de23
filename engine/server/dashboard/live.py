"""GET /live: which pages have something new, as server-sent events; what is new the page fetches itself.

Invariants: one look a second for all viewers, and none where nobody looks; a stream touches no database and ends by itself, so that one
that is never read costs a socket for a minute. Streams end as soon as the daemon stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from fastapi.sse import ServerSentEvent

from engine.store.database import Database
from engine.store.queries import signs
from engine.store.statement_errors import statement_errors

LOOK_SECONDS = 1.0
LONGEST_SECONDS = 55.0  # the browser opens the next one by itself
MOST_STREAMS = 200


class Live:
    """Used on the loop's thread; the database is read in a thread of the pool."""

    def __init__(self, database: Database, ending: Callable[[], bool]) -> None:
        self._database, self._ending = database, ending
        self._seen: Mapping[str, int] = {}
        self._news = asyncio.Condition()
        self._streams = 0
        self._watch: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        return self._streams >= MOST_STREAMS

    async def stream(self) -> AsyncIterator[ServerSentEvent]:
        """An event for each topic of which something is new: `{"topic": "messages", "n": 981}`."""
        self._streams += 1
        try:
            if self._watch is None or self._watch.done():
                self._watch = asyncio.create_task(self._look_again())
            told = dict(self._seen)
            yield ServerSentEvent(comment="open", retry=1_000)
            ends = asyncio.get_running_loop().time() + LONGEST_SECONDS
            while not self._ending() and asyncio.get_running_loop().time() < ends:
                async with self._news:
                    await self._news.wait()
                for topic, n in self._seen.items():
                    if told.get(topic) != n:
                        yield ServerSentEvent(data={"topic": topic, "n": n})
                told = dict(self._seen)
        finally:
            self._streams -= 1

    async def _look_again(self) -> None:
        while self._streams and not self._ending():
            self._seen = await asyncio.to_thread(self._look)
            async with self._news:
                self._news.notify_all()
            await asyncio.sleep(LOOK_SECONDS)
        async with self._news:
            self._news.notify_all()

    def _look(self) -> Mapping[str, int]:
        try:
            with self._database.reading() as db:
                return signs.of_topics(db)
        except statement_errors():
            return self._seen
