"""What the provider takes and what it refuses: the shape of a message, then the rules of the trade.

400 bad-request not JSON, an unknown or mistyped field 422 bad-number `to` is not an E.164 number that can be texted,
`from` is no number 422 text-too-long more than 1,600 characters 422 no-content neither text nor media 422
too-many-media more than one 422 mms-region media to a number outside US and CA 422 mms-unreachable media to a number
for fiction that ends in 5550198: a phone that takes no pictures 422 landline a number for fiction that ends in 5550197
403 opted-out that phone texted STOP to this number (engine/simulator/phones.py)
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from engine.messaging.numbers import BadNumber, parse

MOST_CHARACTERS = 1_600
MMS_REGIONS = frozenset({"US", "CA"})
NO_PICTURES = re.compile(r"\+1[0-9]{3}5550198")
LANDLINE = re.compile(r"\+1[0-9]{3}5550197")
UNREACHABLE = re.compile(r"\+1[0-9]{3}5550199")
_SENDER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}")
_FIELDS = frozenset({"to", "from", "text", "media_url", "tag", "callback_url"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Declined(Exception):
    """An answer of the provider: HTTP status, code, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class Wanted(NamedTuple):
    """A well-formed request to send."""

    to: str
    from_: str
    text: str
    media_url: str | None
    tag: str | None
    callback_url: str | None


def read_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Declined(400, "bad-request", "the body is not a JSON object")
    return value


def read_message(body: bytes) -> Wanted:
    """The message that the body asks for. Raises Declined with 400."""
    fields = read_object(body)
    unknown = sorted(fields.keys() - _FIELDS)
    if unknown:
        raise Declined(400, "bad-request", "the message has an unknown field")
    media = fields.get("media_url") or []
    if not isinstance(media, list) or not all(isinstance(url, str) for url in media):
        raise Declined(400, "bad-request", "media_url is not a list of addresses")
    if len(media) > 1:
        raise Declined(422, "too-many-media", "a message carries one picture")
    callback = _text(fields, "callback_url")
    if callback is not None and not is_loopback(callback):
        raise Declined(400, "bad-request", "callback_url is not an http address on loopback")
    return Wanted(
        to=_text(fields, "to") or "",
        from_=_text(fields, "from") or "",
        text=_text(fields, "text") or "",
        media_url=media[0] if media else None,
        tag=_text(fields, "tag"),
        callback_url=callback,
    )


def check(wanted: Wanted) -> None:
    """Raises Declined with 422."""
    try:
        region = parse(wanted.to).region
    except BadNumber as error:
        raise Declined(422, "bad-number", "to is not an E.164 number that can be texted") from error
    if not _SENDER.fullmatch(wanted.from_):
        raise Declined(422, "bad-number", "from is neither E.164 nor a short code")
    if LANDLINE.fullmatch(wanted.to):
        raise Declined(422, "landline", "a landline")
    if len(wanted.text) > MOST_CHARACTERS:
        raise Declined(422, "text-too-long", f"a text has at most {MOST_CHARACTERS} characters")
    if not wanted.text and wanted.media_url is None:
        raise Declined(422, "no-content", "the message has neither text nor media")
    if wanted.media_url is not None and region not in MMS_REGIONS:
        raise Declined(422, "mms-region", "pictures go to numbers of the US and Canada only")
    if wanted.media_url is not None and NO_PICTURES.fullmatch(wanted.to):
        raise Declined(422, "mms-unreachable", "this phone takes no pictures")


def is_loopback(url: str) -> bool:
    """An http address on this machine, without credentials."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and parts.hostname in _LOOPBACK and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    # Lone halves of surrogate pairs can be spelled in JSON and stored nowhere.
    if not isinstance(value, str) or len(value) > 20_000 or any("\ud800" <= c <= "\udfff" for c in value):
        raise Declined(400, "bad-request", f"{name} is not a text")
    return value
