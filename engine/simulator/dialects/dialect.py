"""The base of every dialect: one provider's API; all dialects share one provider.

    answer(request, desk)   reads the request, calls `desk` to send or look up, and answers in its provider's form
    refused(declined)       a refusal in its provider's words
    status(url, entry, …)   the callback for what became of a message
    inbound(said)           the callback for a person's text

A provider's paths, fields and statuses are defined in its sender's file (engine/senders/providers). The tests of the senders and of the
dialects spell them out, and hold both against the providers' own descriptions and SDKs.

Invariants: a dialect translates and decides nothing: what is accepted, what follows it and which fault meets it is decided in
engine/simulator/provider.py. Real providers ignore unknown fields; a dialect refuses them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol
from urllib.parse import parse_qs, urlsplit, urlunsplit

from engine.senders.error_map import facts_of
from engine.senders.provider_sender import JSON
from engine.senders.signatures import same
from engine.simulator.http_messages import Post, Reply, Request
from engine.simulator.ledger import Entry, Ledger
from engine.simulator.validation import MOST_CHARACTERS, Declined, SendRequest, only, read_object


class Route(NamedTuple):
    """Whose a sender's number is, and in which dialect and where its inbound texts are posted."""

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


class Dialect(ABC):
    """Used by any number of threads. `accounts`: name -> secret. `callback_url` serves messages that name none. `now` gives UTC ms."""

    name: ClassVar[str]
    prefix: ClassVar[str]  # of its paths
    most_characters: ClassVar[int] = MOST_CHARACTERS
    late: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Refusals that its provider reports after it has accepted: code -> failed (by itself) | undelivered (by the far end)."""

    def __init__(self, accounts: Mapping[str, str], callback_url: str | None, now: Callable[[], int]) -> None:
        self._accounts, self._callback_url, self._now = accounts, callback_url, now

    def home(self) -> Route:
        """Of numbers that have sent nothing yet."""
        return Route(self, next(iter(self._accounts)), under(self._callback_url, "inbound"))

    def route(self, account: str, url: str, application: str | None) -> Route:
        """Of a number that has sent nothing yet, as its owner says; account "" is the first. Raises Declined."""
        if account and account not in self._accounts:
            raise Declined(404, "no-such-account", "there is no such account", "account")
        return Route(self, account or self.home().account, url, application)

    def speaks(self, path: str) -> bool:
        return path.startswith(f"{self.prefix}/")

    @abstractmethod
    def answer(self, request: Request, desk: Desk) -> Reply:
        """Raises Declined."""

    @abstractmethod
    def new_id(self, wanted: SendRequest) -> str: ...

    @abstractmethod
    def accepted(self, entry: Entry) -> Reply: ...

    @abstractmethod
    def refused(self, declined: Declined) -> Reply: ...

    @abstractmethod
    def status(self, url: str, entry: Entry, change: StatusChange) -> Post: ...

    @abstractmethod
    def inbound(self, said: TextFromPhone) -> Post: ...

    def bearers(self, authorization: str) -> list[str]:
        """The accounts that a bearer token opens."""
        scheme, _, given = authorization.partition(" ")
        return [name for name, token in self._accounts.items() if scheme == "Bearer" and same(given, token)]


def json_fields(request: Request, known: frozenset[str]) -> dict[str, Any]:
    if request.content_type != JSON:
        raise Declined(415, "bad-type", "a message is JSON")
    fields = read_object(request.body)
    only(fields, known)
    return fields


def simulated(provider: str) -> Mapping[str, Any]:
    """Which of the provider's codes the simulator reports for what."""
    found: Mapping[str, Any] = facts_of(provider)["simulator"]
    return found


def refusal_of(provider: str, declined: Declined) -> Any:
    """What the provider reports for this refusal; None where that follows from its HTTP status."""
    refusals = simulated(provider)["refusals"]
    return refusals.get(f"{declined.code} {declined.field}") or refusals.get(declined.code)


def failure_of(provider: str, code: str) -> Any:
    """The provider's code for a message that failed for this reason."""
    failures = simulated(provider)["failures"]
    return failures.get(code) or failures["picture"]


def said_as(states: Mapping[str, str], status: str) -> str:
    """What a provider calls a status of ours: the first of its words that mean it."""
    return next(theirs for theirs, ours in states.items() if ours == status)


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


def moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def iso(at: int) -> str:
    return moment(at).isoformat(timespec="milliseconds")


def read_iso(text: str, field: str) -> int:
    """A date, or an instant; without a zone it is UTC. Raises Declined."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Declined(400, "bad-request", f"{field} is a date or an instant in ISO 8601", field) from error
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
