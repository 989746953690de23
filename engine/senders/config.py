"""What a sender is made from: its number, its address and its credentials, checked before the first request.

Invariants: credentials come from the environment alone (`LEADOFF_SENDER_<NAME>_…`), and nothing shows them: no repr, no error;
whatever goes into a header or an address is checked when the sender is made, so that it cannot change either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from engine.clock import SystemClock
from engine.errors import UsageError
from engine.messaging.base_urls import problem_of_base
from engine.messaging.credentials import variable
from engine.senders.http_exchange import TIMEOUT

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}")
"""What a sender sends from: E.164, or a short code."""
_VISIBLE = re.compile(r"[!-~]{1,500}")


class Credentials:
    """One sender's credentials in the environment."""

    def __init__(self, sender: str, environ: Mapping[str, str]) -> None:
        self._sender, self._environ = sender, environ

    def __repr__(self) -> str:
        return f"Credentials({self._sender!r})"

    def get(self, word: str) -> str:
        """Empty where it is not set."""
        return self._environ.get(variable(self._sender, word), "")

    def needed(self, word: str, default: str = "") -> str:
        """One that goes into a header or an address; `default` where it is not set. Raises UsageError."""
        found, name = self.get(word) or default, variable(self._sender, word)
        require(found, self._sender, f"{name} is not set")
        require(_VISIBLE.fullmatch(found), self._sender, f"{name} has characters that are not visible ASCII")
        return found

    @property
    def values(self) -> tuple[str, ...]:
        """All that is set, to be kept out of logs and messages."""
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
    callback_url: str  # …/callbacks/NAME; empty: none is sent to the provider
    base_url: str | None = None  # None: the provider's own
    client: httpx.Client | None = None
    now: Callable[[], int] = SystemClock().now
    timeout: httpx.Timeout = TIMEOUT

    def base(self, own: str) -> str:
        """Scheme, host, port and prefix, without a slash at the end; `own` where no base_url is set. Raises UsageError."""
        require(NUMBER.fullmatch(self.number), self.name, "its number is neither E.164 nor a short code")
        base = self.base_url or own
        require(base, self.name, "it needs a base_url: its provider has no address of its own")
        require(
            _is_base(base),
            self.name,
            "its base_url is not scheme, host, port and prefix, or is http to another machine",
        )
        return base.rstrip("/")


def _is_base(text: str) -> bool:
    try:
        httpx.URL(text)  # its own idea of a valid address
        parts = urlsplit(text)
        whole = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        return False
    return whole and problem_of_base(text) is None


def require(good: object, name: str, what: str) -> None:
    """Raises UsageError."""
    if not good:
        raise UsageError(f"the sender {name} is unusable: {what}", f"its credentials are {variable(name, '…')}")
