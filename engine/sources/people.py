"""Who a message is about: the number in order of trust, and what it says of consent to texts.

Invariants: consent is of one number, the one at the first path; a number from any other path has none. Only `true` and `subscribed` give
it and only `unsubscribed` takes it, in any case of their letters; every other value says nothing. A national number is read with the
country of its own address, or with the one that all addresses of the body have: with a wrong one it would be somebody else's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from engine.messaging.numbers import BadNumber, parse_written
from engine.sources.kind import Kind, Message
from engine.sources.paths import beside, first_of, value_of

Status = Literal["subscribed", "unsubscribed"]
LONGEST = 40  # characters of a number as written
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
    if not isinstance(written, str) or len(written) > LONGEST:
        return Found(path, None, f"a number is a text of at most {LONGEST} characters")
    try:
        return Found(path, parse_written(written.strip(), _country(kind, message, path)).e164)
    except BadNumber as error:
        return Found(path, None, error.reason)


def consent_in(message: Message, path: str) -> Status | None:
    """What the value there says; None: nothing."""
    value = value_of(message.body, path)
    if value is True:
        return "subscribed"
    return _SAYS.get(value.strip().lower()) if isinstance(value, str) else None


def _country(kind: Kind, message: Message, path: str) -> str | None:
    """Two letters: of the number's own address, else the one that all addresses of the body have."""
    own = first_of(message.body, [beside(path, "country_code"), beside(path, "country")])
    named = [own[1]] if own else [value_of(message.body, each) for each in kind.countries]
    codes = {code.upper() for code in named if isinstance(code, str)}
    code = codes.pop() if len(codes) == 1 else ""
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None
