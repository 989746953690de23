"""Bodies of requests: read to a cap and a deadline, before anything looks into them.

Invariants: no more of a body is read than its cap and one chunk, whatever its Content-Length says; a slow one is cut off; all
bodies together have a bound; only JSON of a limited depth is passed on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from engine.server.web.backpressure import RequestSlots

MOST_BYTES = 65_536
MOST_BYTES_OF_A_LIST = 1_048_576
MOST_BYTES_OF_ALL = 33_554_432  # in memory at once
LONGEST_SECONDS = 10.0  # for the whole body
# The second is what `curl -d` sends with any body; a page of another site cannot use it, as it has no token.
_JSON = ("application/json", "application/x-www-form-urlencoded")


class BodyRoom:
    """The memory for all bodies together, from their first byte to the answer. Used only on the loop's thread.

    When it is full, the oldest body that is still coming in is given up; one of the usual speed is never the oldest for long.
    """

    def __init__(self, most: int = MOST_BYTES_OF_ALL) -> None:
        self._most = most
        self._used = 0
        self._coming: dict[asyncio.Timeout, None] = {}  # in the order that they began

    @asynccontextmanager
    async def body(self, request: Request, cap: Callable[[bytearray], int], what: str) -> AsyncIterator[bytes]:
        """The body, for as long as it is worked on; `cap` gets what came so far, and returns the limit. Raises HTTPException."""
        body = bytearray()
        try:
            try:
                async with asyncio.timeout(LONGEST_SECONDS) as deadline:
                    self._coming[deadline] = None
                    async for chunk in request.stream():
                        body += chunk
                        self._used += len(chunk)
                        if len(body) > (most := cap(body)):
                            raise HTTPException(413, f"{what} has at most {most} bytes", {"Connection": "close"})
                        self._give_up_oldest()
            except TimeoutError as error:
                raise HTTPException(408, "the body did not come in time", {"Connection": "close"}) from error
            except ClientDisconnect as error:
                raise HTTPException(400, "the body ended early") from error
            finally:
                self._coming.pop(deadline, None)
            yield bytes(body)
        finally:
            self._used -= len(body)

    def _give_up_oldest(self) -> None:
        if self._used > self._most:
            oldest = next(iter(self._coming))
            del self._coming[oldest]
            oldest.reschedule(asyncio.get_running_loop().time())


def single(slots: RequestSlots, room: BodyRoom, most: int = MOST_BYTES) -> Callable[[Request], AsyncIterator[bytes]]:
    """The dependency of a route whose body is one JSON value of at most so many bytes; it holds a slot until it is answered."""

    async def body(request: Request) -> AsyncIterator[bytes]:
        with slots.one():
            async with json_body(request, room, lambda body: most) as whole:
                yield whole

    return body


@asynccontextmanager
async def json_body(request: Request, room: BodyRoom, cap: Callable[[bytearray], int]) -> AsyncIterator[bytes]:
    """One JSON value; other types are refused before the body is read."""
    kind = request.headers.get("Content-Type", _JSON[0]).partition(";")[0].strip().lower()
    if kind not in _JSON and not (kind.startswith("application/") and kind.endswith("+json")):
        headers = {"Accept": "application/json", "Connection": "close"}
        raise HTTPException(415, "the body must be application/json", headers)
    async with room.body(request, cap, "a body") as whole:
        yield whole


def parsed(body: bytes) -> Any:
    """Raises HTTPException for what is not JSON."""
    try:
        return orjson.loads(body)
    except ValueError as error:  # its message names the position, never the text
        raise HTTPException(400, f"the body is not JSON: {str(error)[:200]}") from None


def cap_of_lists(body: bytearray) -> int:
    """A list may be longer than another value."""
    if len(body) <= MOST_BYTES or body[:64].lstrip().startswith(b"["):
        return MOST_BYTES_OF_A_LIST
    return MOST_BYTES
