"""What the provider accepts and what it refuses: the form of a message, then the rules for texts, with codes of the simulator.

    400 bad-request       not JSON, an unknown or mistyped field
    422 bad-number        `to` is not an E.164 number that can be texted, `from` is no number
    422 text-too-long     more characters than the dialect takes, 1,600 in most
    422 no-content        neither text nor media
    422 too-many-media    more than one: stricter than the real providers, as our senders send one
    422 mms-region        media to a number outside US and CA
    422 mms-unreachable   media to a number for fiction that ends in 5550198: a phone without MMS
    422 landline          a number for fiction that ends in 5550197
    403 opted-out         that phone texted STOP to this number (engine/simulator/phones.py)

A dialect (engine/simulator/dialects) reports them with its provider's codes, some only by a callback.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from engine.messaging.base_urls import LOOPBACK
from engine.messaging.numbers import BadNumber, parse
from engine.senders.config import NUMBER
from engine.senders.http_exchange import read_json

MOST_CHARACTERS = 1_600
MMS_REGIONS = frozenset({"US", "CA"})
NO_PICTURES = re.compile(r"\+1[0-9]{3}5550198")
LANDLINE = re.compile(r"\+1[0-9]{3}5550197")
UNREACHABLE = re.compile(r"\+1[0-9]{3}5550199")


class Declined(Exception):
    """A refusal: HTTP status, code, message; `field`: the field of the message that caused it."""

    def __init__(
        self, status: int, code: str, message: str, field: str | None = None, retry_after: str | None = None
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.field, self.retry_after = status, code, message, field, retry_after


class SendRequest(NamedTuple):
    """A well-formed request to send."""

    to: str
    from_: str
    text: str
    media_url: str | None
    tag: str | None
    status_url: str | None  # where its callbacks are posted to
    inbound_url: str | None  # where texts to `from_` are posted to from now on
    application: str | None = None  # where the provider has applications


def read_object(body: bytes) -> dict[str, Any]:
    try:
        value = read_json(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Declined(400, "bad-request", "the body is not a JSON object")
    return value


def only(fields: Iterable[str], known: frozenset[str]) -> None:
    """Stricter than the real providers, which ignore unknown fields, so that a misspelt field is noticed."""
    unknown = sorted(set(fields) - known)
    if unknown:
        raise Declined(400, "bad-request", f"the field {unknown[0][:60]!r} is not known", unknown[0][:60])


def text_of(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    # JSON can contain halves of surrogate pairs, which no database stores.
    if not isinstance(value, str) or len(value) > 20_000 or any("\ud800" <= c <= "\udfff" for c in value):
        raise Declined(400, "bad-request", f"{name} is not a text", name)
    return value


def picture_of(fields: Mapping[str, Any], name: str) -> str | None:
    """The one address in a list of them."""
    media = fields.get(name) or []
    if not isinstance(media, list) or not all(isinstance(url, str) for url in media):
        raise Declined(400, "bad-request", f"{name} is not a list of addresses", name)
    if len(media) > 1:
        raise Declined(422, "too-many-media", "a message has at most one image", name)
    return media[0] if media else None


def loopback_of(fields: Mapping[str, Any], name: str) -> str | None:
    """The address of callbacks that a message names."""
    url = text_of(fields, name)
    if url is not None and not is_loopback(url):
        raise Declined(400, "bad-request", f"{name} is not an http address on loopback", name)
    return url


def check(wanted: SendRequest, most_characters: int = MOST_CHARACTERS) -> None:
    """Raises Declined with 422."""
    try:
        region = parse(wanted.to).region
    except BadNumber as error:
        raise Declined(422, "bad-number", "to is not an E.164 number that can be texted", "to") from error
    if not NUMBER.fullmatch(wanted.from_):
        raise Declined(422, "bad-number", "from is neither E.164 nor a short code", "from")
    if LANDLINE.fullmatch(wanted.to):
        raise Declined(422, "landline", "a landline", "to")
    if len(wanted.text) > most_characters:
        raise Declined(422, "text-too-long", f"a text has at most {most_characters} characters", "text")
    if not wanted.text and wanted.media_url is None:
        raise Declined(422, "no-content", "the message has neither text nor media", "text")
    if wanted.media_url is not None and region not in MMS_REGIONS:
        raise Declined(422, "mms-region", "MMS goes to numbers of the US and Canada only", "to")
    if wanted.media_url is not None and NO_PICTURES.fullmatch(wanted.to):
        raise Declined(422, "mms-unreachable", "this phone cannot receive MMS", "to")


def is_loopback(url: str) -> bool:
    """An http address on this machine, without credentials."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and parts.hostname in LOOPBACK and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False
