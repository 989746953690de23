"""Small database queries, one a request, run in batches: while one batch runs, the next one gathers.

Invariants: no query waits for others to come; a batch starts after all its queries came, so no answer is older than its query; when a
batch fails, all its queries raise the error. So a request needs no switch of threads of its own, which would be most of its cost, as
each switch may wait for the interpreter's lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

T = TypeVar("T")
R = TypeVar("R")
MOST = 500


class QueryBatcher(Generic[T, R]):
    """`run` is called in a thread with the queries that have come meanwhile, and answers in order. Used on one loop at a time."""

    def __init__(self, run: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._run = run
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._work: asyncio.Task[None] | None = None

    async def get(self, item: T) -> R:
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._work is None:
            self._work = asyncio.create_task(self._serve())
        return await future

    async def _serve(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._batch(batch)
        finally:
            self._work = None

    async def _batch(self, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            answers = await run_in_threadpool(self._run, [item for item, _ in batch])
        except Exception as error:  # each waiting request raises it
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
