"""What a dialect is: it puts one provider's API around the provider that all of them share.

    home()                  whose the numbers are that have sent nothing yet
    speaks(path)            whether a request is its own
    answer(request, desk)   reads the request, has the desk send or look up, and answers in its provider's form
    refused(declined)       a refusal in its provider's words
    status(entry, happened) the callback for what became of a message; None where its provider posts none
    inbound(said)           the callback for a person's text

Rules kept here: a dialect translates and decides nothing: what is accepted, what follows it and which fault meets it is the
provider's (engine/simulator/provider.py). Its provider drops unknown fields in silence; it refuses them.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol
from urllib.parse import parse_qs, urlsplit, urlunsplit

from engine.simulator.http_messages import Post, Reply, Request
from engine.simulator.ledger import Entry, Ledger
from engine.simulator.validation import Declined, SendRequest


class Route(NamedTuple):
    """Who a sender's number belongs to, and in which dialect its texts are posted to whom."""

    dialect: Dialect
    account: str
    url: str | None
    application: str | None = None


class StatusChange(NamedTuple):
    status: str  # sent | delivered | undelivered | failed
    code: str | None
    at: int  # UTC ms


class TextFromPhone(NamedTuple):
    """A person's text on its way to the application behind a number."""

    account: str
    application: str | None
    url: str
    from_: str
    to: str
    text: str
    at: int  # UTC ms


class Desk(Protocol):
    """What a dialect asks of the provider."""

    @property
    def ledger(self) -> Ledger: ...

    def send(self, dialect: Dialect, account: str, wanted: SendRequest) -> Reply:
        """Raises Declined."""
        ...


class Dialect(Protocol):
    """Used by any number of threads."""

    @property
    def name(self) -> str: ...

    @property
    def most_characters(self) -> int: ...

    @property
    def late(self) -> Mapping[str, str]:
        """Refusals that its provider tells after it has accepted: code -> failed (by itself) | undelivered (by the far end)."""
        ...

    def home(self) -> Route:
        """Of numbers that have sent nothing yet."""
        ...

    def speaks(self, path: str) -> bool: ...

    def answer(self, request: Request, desk: Desk) -> Reply:
        """Raises Declined."""
        ...

    def new_id(self, wanted: SendRequest) -> str: ...

    def accepted(self, entry: Entry) -> Reply: ...

    def refused(self, declined: Declined) -> Reply: ...

    def status(self, entry: Entry, happened: StatusChange) -> Post | None: ...

    def inbound(self, said: TextFromPhone) -> Post: ...


def basic(authorization: str) -> tuple[str, str] | None:
    """User and password of Basic credentials; the password may hold colons."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    return (user, password) if scheme.lower() == "basic" and colon else None


def same(given: str, wanted: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


def key_of(url: str | None) -> str | None:
    """The `key` in a callback address: where a provider has no tag, the address is what comes back with each callback."""
    found = parse_qs(urlsplit(url or "").query).get("key")
    return found[0] if found else None


def beside(url: str | None) -> str | None:
    """Where texts go when statuses go to `…/status?…`: to `…/inbound`. None where the address has no such name."""
    parts = urlsplit(url or "")
    folder, _, last = parts.path.rpartition("/")
    return urlunsplit(parts._replace(path=f"{folder}/inbound", query="", fragment="")) if last == "status" else None


def under(base: str | None, name: str) -> str | None:
    return None if base is None else f"{base.rstrip('/')}/{name}"


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.accepted_at, reverse=True)
