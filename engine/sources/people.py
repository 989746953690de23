"""Who a message is about: the number in order of trust, and what it says of consent to texts.

Invariants: consent is of one number, the one at the first path; a number from any other path has none. Only `true` and `subscribed` give
it and only `unsubscribed` takes it, in any case of their letters; every other value says nothing. A national number is read with the
country of its own address; without one it is not guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from engine.messaging.numbers import BadNumber, parse_written
from engine.sources.kind import Kind, Message
from engine.sources.paths import beside, first_of, value_of

Status = Literal["subscribed", "unsubscribed"]
_SAYS: dict[str, Status] = {"true": "subscribed", "subscribed": "subscribed", "unsubscribed": "unsubscribed"}


class Found(NamedTuple):
    """A number of a body. `e164` is None where it cannot be read, and `wrong` says why."""

    path: str
    e164: str | None
    wrong: str = ""


def number_in(kind: Kind, message: Message, paths: Sequence[str]) -> Found | None:
    """The number at the first path that holds something; None where none does."""
    found = first_of(message.body, paths)
    if found is None:
        return None
    path, written = found
    if not isinstance(written, str):
        return Found(path, None, "a number must be text")
    try:
        return Found(path, parse_written(written.strip()[:40], _country(kind, message, path)).e164)
    except BadNumber as error:
        return Found(path, None, error.reason)


def consent_in(message: Message, path: str) -> Status | None:
    """What the value there says; None: nothing."""
    value = value_of(message.body, path)
    if value is True:
        return "subscribed"
    return _SAYS.get(value.strip().lower()) if isinstance(value, str) else None


def _country(kind: Kind, message: Message, path: str) -> str | None:
    """Two letters."""
    near = [beside(path, "country_code"), beside(path, "country")]
    found = first_of(message.body, [*near, *kind.countries])
    code = found[1] if found else None
    return code.upper() if isinstance(code, str) and len(code) == 2 and code.isascii() and code.isalpha() else None
