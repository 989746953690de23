"""Pieces of a callback, believed only in their own shape. Whatever raises here raises BadCallback, and says no value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast, get_args
from urllib.parse import parse_qs

from engine.messaging.keywords import Keyword
from engine.senders.http_exchange import read_json, storable
from engine.senders.sender import BadCallback

MOST_BYTES = 262_144
FRESH_MS = 300_000
LONGEST_TEXT = 10_000
ID = re.compile(r"[!-~]{1,128}")
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}")
# Also a name. Digits of another length may be a phone's without its +: they are not guessed.
FROM = re.compile(rf"{NUMBER.pattern}|(?=.*[A-Za-z])[ -~]{{1,40}}")


def small(body: bytes) -> None:
    if len(body) > MOST_BYTES:
        raise BadCallback(f"a callback of more than {MOST_BYTES} bytes")


def json_of(body: bytes) -> Any:
    try:
        return read_json(body)
    except ValueError as error:
        raise BadCallback("the callback is not JSON") from error


def fields(item: Any, what: str = "an item of the callback") -> dict[str, Any]:
    if not isinstance(item, dict):
        raise BadCallback(f"{what} is not an object")
    return item


def matching(found: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise BadCallback(f"the callback's {name} does not look like one")
    return value


def words(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise BadCallback(f"the callback's text is not one of at most {LONGEST_TEXT:,} characters")
    return storable(value)


def keyword_of(value: Any) -> Keyword | None:
    """What Twilio and Telnyx call the keyword that they have answered: STOP, START or HELP."""
    said = value.lower() if isinstance(value, str) else ""
    return cast(Keyword, said) if said in get_args(Keyword) else None


def addresses(value: Any, what: str = "media") -> tuple[str, ...]:
    good = isinstance(value, Sequence) and not isinstance(value, str) and len(value) <= 10
    if not good or not all(isinstance(url, str) and len(url) <= 2_000 for url in value):
        raise BadCallback(f"the callback's {what} are not a short list of addresses")
    return tuple(storable(url) for url in value)


def instant(value: Any, otherwise: int) -> int:
    """An ISO 8601 instant as UTC ms; `otherwise` where there is none: a provider's stamp is no reason to lose what it says."""
    found = instant_or_none(value)
    return otherwise if found is None else found


def instant_or_none(value: Any) -> int | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and len(value) < 50 else None
        return None if at is None else max(0, round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError):
        return None


def key_of(query: str) -> str | None:
    """Our key, which we put into the address that the provider called."""
    found = asked_for(query, "key")
    return found[0] if len(found) == 1 and ID.fullmatch(found[0]) else None


def asked_for(query: str, name: str) -> list[str]:
    """The values of one name in a query."""
    try:
        return parse_qs(query, max_num_fields=20).get(name, [])
    except ValueError as error:
        raise BadCallback("the address that was called is none of ours") from error
