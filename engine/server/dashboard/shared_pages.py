"""What a script asks for again (`X-Part`, drawings): made once for all who look at the same page at the same moment.

Invariants: who asks is checked each time, and only those share who may do the same. What is shared is made for a viewer without a name and
with a key that nobody knows, in whose place each gets that of its own forms. It is made after the newest look of the streams (live.py), so
it holds whatever anybody was told of, and is a second old at most.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from fastapi import Request, Response

from engine.server.dashboard.visitor import Visitor

LASTS_SECONDS = 1.0


class _Made(NamedTuple):
    at: float
    answer: asyncio.Task[Response]


class SharedPages:
    """Used on the loop's thread."""

    def __init__(self) -> None:
        self._made: dict[tuple[Any, ...], _Made] = {}
        self._key = secrets.token_hex(32)

    def forget(self) -> None:
        """Something may be new: what was made before is shared with nobody more."""
        self._made = {}

    async def answer(self, request: Request, by: Visitor, make: Callable[[Request], Awaitable[Response]]) -> Response:
        """Raises what `make` raises, for all who share it."""
        place = (request.scope["path"], request.scope["query_string"], by.token.scope)
        now = time.monotonic()
        made = self._made.get(place)
        if made is None or now - made.at >= LASTS_SECONDS:
            self._made = {each: old for each, old in self._made.items() if now - old.at < LASTS_SECONDS}
            request.state.visitor = by.shared(self._key)
            made = self._made[place] = _Made(now, asyncio.ensure_future(make(request)))
        found = await asyncio.shield(made.answer)
        headers = {name: value for name, value in found.headers.items() if name != "content-length"}
        return Response(bytes(found.body).replace(self._key.encode(), by.key.encode()), found.status_code, headers)
