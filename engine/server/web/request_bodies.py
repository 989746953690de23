"""Bodies of requests: read to a cap and a deadline, before anything looks into them.

Invariants: no more of a body is read than its cap and one chunk, whatever length it claims; whoever drips it is hung up on; all
bodies together have a bound; what is not JSON of a sane depth goes no further.
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
# The second is what `curl -d` says of any body; a page of another site cannot use it, as it has no token.
_JSON = ("application/json", "application/x-www-form-urlencoded")


class BodyRoom:
    """The memory for all bodies together, from their first byte to the answer. Used on the loop's thread alone.

    When it is full, the oldest body that is still coming is given up: one that comes at the usual speed is never the oldest for long.
    """

    def __init__(self, most: int = MOST_BYTES_OF_ALL) -> None:
        self._most = most
        self._used = 0
        self._coming: dict[asyncio.Timeout, None] = {}  # in the order that they began

    @asynccontextmanager
    async def body(self, request: Request, cap: Callable[[bytearray], int], what: str) -> AsyncIterator[bytes]:
        """The body, for as long as it is worked on; `cap` is asked with what came so far. Raises HTTPException."""
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


def single(slots: RequestSlots, room: BodyRoom) -> Callable[[Request], AsyncIterator[bytes]]:
    """The dependency of a route whose body is one JSON value that is no list: it has a slot until it is answered."""

    async def body(request: Request) -> AsyncIterator[bytes]:
        with slots.one():
            _refuse_other_types(request)
            async with room.body(request, lambda body: MOST_BYTES, "a body") as whole:
                yield whole

    return body


@asynccontextmanager
async def json_list(request: Request, room: BodyRoom) -> AsyncIterator[bytes]:
    """One JSON value; a list may be longer than anything else."""
    _refuse_other_types(request)
    async with room.body(request, _cap_of_lists, "a body") as whole:
        yield whole


def parsed(body: bytes) -> Any:
    """Raises HTTPException for what is not JSON."""
    try:
        return orjson.loads(body)
    except ValueError as error:  # its words name the place, never the text
        raise HTTPException(400, f"the body is not JSON: {str(error)[:200]}") from None


def _cap_of_lists(body: bytearray) -> int:
    if len(body) <= MOST_BYTES or body[:64].lstrip().startswith(b"["):
        return MOST_BYTES_OF_A_LIST
    return MOST_BYTES


def _refuse_other_types(request: Request) -> None:
    kind = request.headers.get("Content-Type", _JSON[0]).partition(";")[0].strip().lower()
    if kind not in _JSON and not (kind.startswith("application/") and kind.endswith("+json")):
        raise HTTPException(
            415, "the body must be application/json", {"Accept": "application/json", "Connection": "close"}
        )
