"""What the loopback provider posts to us: delivery statuses and people's texts.

Rules kept here: a callback is believed only after its size, its signature (hex HMAC-SHA256 with the token over the
timestamp, a dot and the body), its age and its shape, in this order.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

from engine.senders.callback_parsing import (
    FRESH_MS,
    FROM,
    ID,
    addresses,
    each_alone,
    json_of,
    matching,
    own_number,
    small,
    words,
)
from engine.senders.http_exchange import for_people, known_code
from engine.senders.sender import BadCallback, BadSignature, CallbackRequest, InboundText, StatusReport

STATUSES = frozenset({"sent", "delivered", "undelivered", "failed"})


def read_status(token: str, call: CallbackRequest, now: int) -> list[StatusReport]:
    return each_alone(_signed(token, call, now), _status)


def read_inbound(token: str, call: CallbackRequest, now: int) -> list[InboundText]:
    return each_alone(_signed(token, call, now), _inbound)


def _signed(token: str, call: CallbackRequest, now: int) -> Any:
    """The items of a callback that the provider signed just now."""
    small(call.body)
    stamp = call.header("x-simulator-timestamp")
    if not re.fullmatch(r"[0-9]{1,16}", stamp):
        raise BadSignature("the callback has no timestamp")
    expected = hmac.new(token.encode(), stamp.encode() + b"." + call.body, hashlib.sha256).hexdigest()
    given = call.header("x-simulator-signature")
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        raise BadSignature("the callback's signature is wrong")
    if abs(now - int(stamp)) > FRESH_MS:
        raise BadSignature("the callback was not signed just now")
    return json_of(call.body)


def _status(found: dict[str, Any]) -> StatusReport:
    status = found.get("status")
    if not isinstance(status, str) or status not in STATUSES:
        raise BadCallback("the callback has an unknown status")
    code = known_code(found.get("code"))
    return StatusReport(
        provider_id=matching(found, "id", ID),
        key=None if found.get("tag") is None else matching(found, "tag", ID),
        status=status,
        code=code,
        reason=for_people(found.get("reason"), ""),
        at=_instant(found),
        opted_out=code == "opted-out",
        unreachable=code == "landline",
        too_large=code == "media-too-large",
        no_mms=code == "mms-unreachable",
        account=code == "not-verified",
    )


def _inbound(found: dict[str, Any]) -> InboundText:
    return InboundText(
        id=matching(found, "id", ID),
        from_=matching(found, "from", FROM),
        to=own_number(found.get("to")),
        text=words(found.get("text")),
        media_urls=addresses(found.get("media_urls")),
        at=_instant(found),
    )


def _instant(found: dict[str, Any]) -> int:
    at = found.get("at")
    if type(at) is not int or not 0 <= at < 2**53:
        raise BadCallback("the callback's at is not an instant in UTC ms")
    return at
