"""Small questions to the database that come one a request are asked together: while one batch is under way, the next one gathers.

Invariants: nobody waits for others to come; a question is answered by a batch that began after it came, so the answer is never older
than the question; when a batch fails, all of it are told so. A request then costs no change of threads of its own, which is most of what
it would cost: each one may wait for whoever holds the interpreter.
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
    """`ask` is called in a thread with what has come meanwhile, and answers in order. Used on one loop at a time."""

    def __init__(self, ask: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._work: asyncio.Task[None] | None = None

    async def one(self, item: T) -> R:
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
            answers = await run_in_threadpool(self._ask, [item for item, _ in batch])
        except Exception as error:  # whatever it is, it is for those who wait to hear
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
