"""What a sender is made from: its number, its address and its credentials, checked before the first request.

Rules kept here: credentials come from the environment alone (`LEADOFF_SENDER_<NAME>_…`), and nothing shows them: no repr, no error;
whatever goes into a header or an address is checked when the sender is made, so that neither can be bent by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from engine.clock import SystemClock
from engine.errors import UsageError
from engine.messaging.credentials import variable
from engine.senders.http_exchange import TIMEOUT

NO_ADDRESS = "its base_url is not scheme, host, port and prefix, or is http to another machine"
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}")
_VISIBLE = re.compile(r"[!-~]{1,500}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Credentials:
    """What the environment holds for one sender."""

    def __init__(self, sender: str, environ: Mapping[str, str]) -> None:
        self._sender, self._environ = sender, environ

    def __repr__(self) -> str:
        return f"Credentials({self._sender!r})"

    def get(self, word: str) -> str:
        """Empty where it is not set."""
        return self._environ.get(variable(self._sender, word), "")

    def needed(self, word: str) -> str:
        """One that goes into a header or an address. Raises UsageError."""
        found = self.get(word)
        require(found, self._sender, f"{variable(self._sender, word)} is not set")
        require(
            is_visible(found), self._sender, f"{variable(self._sender, word)} has characters that are not visible ASCII"
        )
        return found

    @property
    def values(self) -> tuple[str, ...]:
        """All that is set, to be kept out of what people read."""
        prefix = variable(self._sender, "")
        return tuple(value for name, value in self._environ.items() if name.startswith(prefix) and value)

    def missing(self, words: tuple[str, ...]) -> list[str]:
        """The variables of these that are not set."""
        return [variable(self._sender, word) for word in words if not self.get(word)]


class SenderConfig(NamedTuple):
    """What a provider's sender is made from. `client`, where one is lent, is not closed by the sender."""

    name: str
    number: str
    credentials: Credentials
    callback_url: str  # …/callbacks/NAME; empty: the provider is not told of one
    base_url: str | None = None  # None: the provider's own
    client: httpx.Client | None = None
    now: Callable[[], int] = SystemClock().now
    timeout: httpx.Timeout = TIMEOUT

    def address(self, own: str) -> str:
        """Scheme, host, port and prefix, without a slash at the end. Raises UsageError."""
        require(is_number(self.number), self.name, "its number is neither E.164 nor a short code")
        base = self.base_url or own
        require(is_base_url(base), self.name, NO_ADDRESS)
        return base.rstrip("/")


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def is_visible(text: str) -> bool:
    return _VISIBLE.fullmatch(text) is not None


def is_base_url(text: str) -> bool:
    """Scheme, host, port and prefix: https, or http on this machine alone."""
    try:
        parts = urlsplit(text)
        known = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        httpx.URL(text)  # its own idea of a valid address
        plain = not (parts.username or parts.password or parts.query or parts.fragment)
        return known and plain and bool(parts.hostname) and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        return False


def require(good: object, name: str, what: str) -> None:
    """Raises UsageError."""
    if not good:
        raise UsageError(f"the sender {name} is unusable: {what}", f"its credentials are {variable(name, '…')}")
