"""What the loopback provider posts to us: delivery statuses and people's texts.

Rules kept here: a callback is believed only after its size, its signature (hex HMAC-SHA256 with the token over the
timestamp, a dot and the body), its age and its shape, in this order.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from engine.senders.sender import BadCallback, BadSignature, InboundText, StatusReport
from engine.senders.wire import for_people, known_code, read_json, storable

FRESH_MS = 300_000
MOST_BYTES = 262_144
STATUSES = frozenset({"sent", "delivered", "undelivered", "failed"})
_ID = re.compile(r"[!-~]{1,128}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}")


def read_status(token: str, headers: Mapping[str, str], body: bytes, now: int) -> list[StatusReport]:
    return [_status(item) for item in _signed(token, headers, body, now)]


def read_inbound(token: str, headers: Mapping[str, str], body: bytes, now: int) -> list[InboundText]:
    return [_inbound(item) for item in _signed(token, headers, body, now)]


def _signed(token: str, headers: Mapping[str, str], body: bytes, now: int) -> list[Any]:
    """The items of a callback that the provider signed just now."""
    if len(body) > MOST_BYTES:
        raise BadCallback(f"a callback of more than {MOST_BYTES} bytes")
    lower = {name.lower(): value for name, value in headers.items()}
    stamp = lower.get("x-simulator-timestamp", "")
    if not re.fullmatch(r"[0-9]{1,16}", stamp):
        raise BadSignature("the callback has no timestamp")
    expected = hmac.new(token.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    given = lower.get("x-simulator-signature", "")
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        raise BadSignature("the callback's signature is wrong")
    if abs(now - int(stamp)) > FRESH_MS:
        raise BadSignature("the callback was not signed just now")
    try:
        items = read_json(body)
    except ValueError as error:
        raise BadCallback("the callback is not JSON") from error
    if not isinstance(items, list):
        raise BadCallback("the callback is not a list")
    return items


def _status(item: Any) -> StatusReport:
    fields = _fields(item)
    status = fields.get("status")
    if not isinstance(status, str) or status not in STATUSES:
        raise BadCallback("the callback has an unknown status")
    code = known_code(fields.get("code"))
    return StatusReport(
        provider_id=_matching(fields, "id", _ID),
        key=None if fields.get("tag") is None else _matching(fields, "tag", _ID),
        status=status,
        code=code,
        reason=for_people(fields.get("reason"), ""),
        at=_instant(fields),
        opted_out=code == "opted-out",
        unreachable=code == "landline",
    )


def _inbound(item: Any) -> InboundText:
    fields = _fields(item)
    text, urls = fields.get("text"), fields.get("media_urls", [])
    if not isinstance(text, str) or len(text) > 10_000:
        raise BadCallback("the callback's text is not one of at most 10,000 characters")
    if (
        not isinstance(urls, list)
        or len(urls) > 10
        or not all(isinstance(url, str) and len(url) <= 2_000 for url in urls)
    ):
        raise BadCallback("the callback's media_urls are not a short list of addresses")
    return InboundText(
        id=_matching(fields, "id", _ID),
        from_=_matching(fields, "from", _PHONE),
        to=_matching(fields, "to", _NUMBER),
        text=storable(text),
        media_urls=tuple(storable(url) for url in urls),
        at=_instant(fields),
    )


def _fields(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise BadCallback("an item of the callback is not an object")
    return item


def _matching(fields: dict[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise BadCallback(f"the callback's {name} does not look like one")
    return value


def _instant(fields: dict[str, Any]) -> int:
    at = fields.get("at")
    if type(at) is not int or not 0 <= at < 2**53:
        raise BadCallback("the callback's at is not an instant in UTC ms")
    return at
