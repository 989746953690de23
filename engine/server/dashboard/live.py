"""GET /live: which pages have something new, as server-sent events; what is new the page fetches itself.

Invariants: one look a second for all viewers, and none where nobody looks; a stream touches no database and ends by itself, so that one
that is never read costs a socket for a minute. All are told at the same moment, since each then asks for its page, and those of the same
page share it (shared_pages.py). The more look, the less often they are told; what asks for somebody is told at once. Streams end as soon as
the daemon stops, or their session does.
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
MOST_OF_ONE = 10
"""Streams of a session: so many pages that somebody looks at, and no one takes the room of all."""
A_VIEWER_SECONDS = 0.3
"""For each stream that is open, between two times that they are told of something: a page that nobody shares takes a tenth of that."""
AT_ONCE = ("needs", "unknown")
"""Topics that ask for somebody."""


class Live:
    """Used on the loop's thread; the database is read in a thread of the pool. `now`: UTC ms; `looked` is called after each look."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], int],
        ending: Callable[[], bool],
        looked: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._now, self._ending, self._looked = database, now, ending, looked
        self._seen: Mapping[str, int] = {}
        self._told: Mapping[str, int] = {}  # to all, at the last round
        self._round, self._next = 0, 0.0  # of those in which all are told, and when the next one may be
        self._news = asyncio.Condition()
        self._open = Counter[str]()  # session -> streams
        self._ended: frozenset[str] = frozenset()
        self._watch: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        return self._open.total() >= MOST_STREAMS

    def has_all_of(self, session: str) -> bool:
        """Whether this session has as many streams as one may have."""
        return self._open[session] >= MOST_OF_ONE

    async def stream(self, session: str, since: str = "") -> AsyncIterator[ServerSentEvent]:
        """An event for each topic of which something is new since then: `{"topic": "messages", "n": 981}`. It ends with its session."""
        self._open[session] += 1
        try:
            if self._watch is None or self._watch.done():
                self._watch = asyncio.create_task(self._look_again())
            told = signs.read(since)
            yield ServerSentEvent(comment="open", retry=1_000)
            clock = asyncio.get_running_loop().time
            ends, round = clock() + LONGEST_SECONDS, -1  # who is new waits for no round
            while not self._ending() and clock() < ends:
                async with self._news:
                    await self._news.wait()
                if session in self._ended:
                    return
                seen, is_again, round = self._seen, round == self._round, self._round
                if seen != told and not is_again:
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
            self._looked()
            self._begin_round()
            async with self._news:
                self._news.notify_all()
            await asyncio.sleep(LOOK_SECONDS)
        async with self._news:
            self._news.notify_all()

    def _begin_round(self) -> None:
        """Where something is new, and it is time, or it asks for somebody."""
        seen, told, now = self._seen, self._told, asyncio.get_running_loop().time()
        if seen != told and (now >= self._next or any(told.get(topic) != seen.get(topic) for topic in AT_ONCE)):
            self._told, self._round = seen, self._round + 1
            self._next = now + A_VIEWER_SECONDS * self._open.total()

    def _look(self, asked: frozenset[str]) -> tuple[Mapping[str, int], frozenset[str]]:
        try:
            with self._database.reading() as db:
                return signs.of_topics(db), asked - sessions.standing(db, asked, self._now())
        except statement_errors():
            return self._seen, self._ended
