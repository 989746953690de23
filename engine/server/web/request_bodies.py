"""Bodies of requests: read to a cap and a deadline, before anything looks into them.

Rules kept here: no more of a body is read than its cap and one chunk, whatever length it claims; whoever drips it is hung up on; what
is not JSON of a sane depth goes no further.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from engine.server.web.backpressure import RequestSlots

MOST_BYTES = 65_536
MOST_BYTES_OF_A_LIST = 1_048_576
LONGEST_SECONDS = 10.0  # for the whole body
# The second is what `curl -d` says of any body; a page of another site cannot use it, as it has no token.
_JSON = ("application/json", "application/x-www-form-urlencoded")


async def capped(request: Request, cap: Callable[[bytearray], int], what: str) -> bytes:
    """The body; `cap` is asked with what came so far. Raises HTTPException."""
    body = bytearray()
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > (most := cap(body)):
                    raise HTTPException(413, f"{what} has at most {most} bytes", {"Connection": "close"})
    except TimeoutError as error:
        raise HTTPException(408, "the body did not come in time", {"Connection": "close"}) from error
    except ClientDisconnect as error:
        raise HTTPException(400, "the body ended early") from error
    return bytes(body)


async def json_body(request: Request) -> bytes:
    """One JSON value that is no list, still to be read."""
    _refuse_other_types(request)
    return await capped(request, lambda body: MOST_BYTES, "a body")


def single(slots: RequestSlots) -> Callable[[Request], AsyncIterator[bytes]]:
    """The dependency of a route whose body is one JSON value: it has a slot until it is answered."""

    async def body(request: Request) -> AsyncIterator[bytes]:
        with slots.one():
            yield await json_body(request)

    return body


async def json_list(request: Request) -> bytes:
    """One JSON value; a list may be longer than anything else."""
    _refuse_other_types(request)
    return await capped(request, _cap_of_lists, "a body")


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
            415, "the body is to be application/json", {"Accept": "application/json", "Connection": "close"}
        )
