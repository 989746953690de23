"""Values of a callback, each in its own form. Every function raises BadCallback, which contains no value."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast, get_args
from urllib.parse import parse_qs

from engine.messaging.keywords import Keyword
from engine.senders.config import NUMBER
from engine.senders.http_exchange import ID
from engine.senders.sender import BadCallback
from engine.store.storable import storable

log = logging.getLogger("leadoff.callbacks")
Read = TypeVar("Read")
MOST_BYTES = 262_144
LONGEST_TEXT = 10_000
MOST_MEDIA = 10
# What a text comes from: also a name. Digits of another length may be a phone number without +, and are refused.
ORIGIN = re.compile(rf"{NUMBER.pattern}|(?=.*[A-Za-z])[ -~]{{1,40}}")


def require_small(body: bytes) -> None:
    if len(body) > MOST_BYTES:
        raise BadCallback(f"a callback of more than {MOST_BYTES} bytes")


def json_of(body: bytes) -> Any:
    """An object in which a name comes twice is read as null, since either value may be meant; the rest of the callback is read."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError) as error:
        raise BadCallback("the callback is not JSON") from error


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any] | None:
    made = dict(pairs)
    return made if len(made) == len(pairs) else None


def each_alone(items: Any, read: Callable[[dict[str, Any]], Read | None]) -> list[Read]:
    """The items of a callback, each read alone (E5); `read` returns None for one that is not for us.

    An item that cannot be read is logged and left out. If none can be read, the first item's BadCallback is raised.
    """
    if not isinstance(items, list):
        raise BadCallback("the callback is not a list")
    found: list[Read | None] = []
    bad: list[BadCallback] = []
    for item in items:
        try:
            found.append(read(fields(item)))
        except BadCallback as error:
            bad.append(error)
    if bad and not found:
        raise bad[0]
    if bad:
        log.warning("%d of %d items of a callback cannot be read and are left out: %s", len(bad), len(items), bad[0])
    return [each for each in found if each is not None]


def fields(item: Any, what: str = "an item of the callback") -> dict[str, Any]:
    if not isinstance(item, dict):
        raise BadCallback(f"{what} is not an object")
    return item


def matching(found: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise BadCallback(f"the callback's {name} does not have the form of one")
    return value


def words(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise BadCallback(f"the callback's text is not one of at most {LONGEST_TEXT:,} characters")
    return storable(value)


def keyword_of(value: Any) -> Keyword | None:
    """The keyword that Twilio or Telnyx has answered: STOP, START or HELP."""
    said = value.lower() if isinstance(value, str) else ""
    return cast(Keyword, said) if said in get_args(Keyword) else None


def own_number(value: Any) -> str:
    """The number of ours that was texted; empty where it is not one (`whatsapp:+1…`): the text is accepted all the same."""
    return value if isinstance(value, str) and NUMBER.fullmatch(value) else ""


def addresses(values: Any) -> tuple[str, ...]:
    """The media of a text, at most MOST_MEDIA; what is no address is left out, so that no STOP is lost for its media."""
    given = values if isinstance(values, list) else []
    good = [storable(url) for url in given if isinstance(url, str) and 0 < len(url) <= 2_000]
    if len(good) < len(given) or len(good) > MOST_MEDIA or (values and not given):
        log.warning("media of a text cannot be read and are left out")
    return tuple(good[:MOST_MEDIA])


def instant(value: Any, otherwise: int) -> int:
    """An ISO 8601 instant as UTC ms; `otherwise` where it cannot be read: a callback is not refused for its timestamp."""
    found = instant_or_none(value)
    return otherwise if found is None else found


def instant_or_none(value: Any) -> int | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and len(value) < 50 else None
        return None if at is None else max(0, round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError):
        return None


def key_of(query: str) -> str | None:
    """Our key, from the query of the callback address."""
    found = asked_for(query, "key")
    return found[0] if len(found) == 1 and ID.fullmatch(found[0]) else None


def asked_for(query: str, name: str) -> list[str]:
    """The values of one name in a query."""
    try:
        return parse_qs(query, max_num_fields=20).get(name, [])
    except ValueError as error:
        raise BadCallback("the callback's address is none of ours") from error
