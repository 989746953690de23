"""What a form brings: read to a cap, and only from our own pages.

Invariants: a change needs the Origin of this site and the key of the session's forms; either alone is not enough.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request
from starlette.exceptions import HTTPException

from engine.server.web.request_bodies import BodyRoom

MOST_BYTES = 65_536
MOST_FIELDS = 100
KIND = "application/x-www-form-urlencoded"
Fields = Mapping[str, str]


async def fields_of(request: Request, room: BodyRoom) -> Fields:
    """The fields by name; of two with one name the last. Raises HTTPException."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != KIND:
        raise HTTPException(415, f"a form is sent as {KIND}", {"Connection": "close"})
    async with room.body(request, lambda body: MOST_BYTES, "a form") as body:
        try:
            pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
            if any("\0" in value for _, value in pairs):
                raise ValueError("no database keeps it")
        except ValueError:
            raise HTTPException(400, "the form cannot be read") from None
    return dict(pairs)


def refuse_foreign(request: Request, public_url: str) -> None:
    """Raises HTTPException (403) for what a page of another site has sent.

    A proxy may have changed Host, so the site's public address is its own origin, too.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        own = request.headers.get("Sec-Fetch-Site") == "same-origin"
    else:
        sent_by = origin.partition("://")[2]
        own = sent_by != "" and (sent_by == request.headers.get("Host") or origin == _origin(public_url))
    if not own:
        raise HTTPException(403, "this form was sent by another site, or by a browser that does not say which")


def refuse_unkeyed(fields: Fields, key: str) -> None:
    """Raises HTTPException (403) for a form that is not of this session."""
    if not hmac.compare_digest(fields.get("key", "").encode(), key.encode()):
        raise HTTPException(403, "this form is of an earlier sign-in: load the page again, then send it")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
