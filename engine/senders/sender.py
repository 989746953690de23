"""What a sender is: it gives one message to a provider and reports the result.

    SendError (engine/errors.py)
    ├── SendRejected    the provider refused this message                                  final
    ├── SendDeferred    it certainly did not go out; `retry_at` where it named a time      retryable
    └── SendUnknown     it may have gone out                                               settled later
    BadCallback         a callback that does not follow the provider's documentation      answered 400, nothing stored
    └── BadSignature    not signed by the provider, or too old                             answered 403, nothing stored

Invariants: a sender raises one of the three and no error of the HTTP client; when in doubt, SendUnknown (promises M3, M4).
`reason` is for people and logs: it holds no message text and no whole number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from engine.errors import Refused, SendError
from engine.messaging.keywords import Keyword


class Outgoing(NamedTuple):
    """One message on its way to a provider."""

    message: int  # our id
    key: str  # contact-run-step: the provider's tag (M1)
    to: str  # E.164
    text: str
    media_url: str | None  # makes it an MMS
    attempt: int  # from 1
    expires_at: int | None = None  # UTC ms: not to be delivered after that
    parts: int = 1  # what a rate counts


class Receipt(NamedTuple):
    """The provider accepted it."""

    provider_id: str
    status: str = "accepted"  # a state of M2


class Ambiguous(NamedTuple):
    """The provider has several messages with one tag: a person must decide."""

    provider_ids: tuple[str, ...]


class LookupQuery(NamedTuple):
    """A message whose result is unknown: what to ask a provider by that keeps no tag."""

    to: str  # E.164
    text: str
    media: bool
    sent_at: int  # UTC ms: when its request began
    provider_id: str | None = None
    others: frozenset[str] = frozenset()  # provider ids of other messages of ours: it is none of these
    until: int | None = None  # UTC ms: the last instant at which its request may have begun, where that is not known


class StatusReport(NamedTuple):
    """What the provider reports about an accepted message."""

    provider_id: str
    key: str | None  # the tag it was sent with; None where there was none
    status: str  # sent | delivered | undelivered | failed
    code: str | None
    reason: str | None
    at: int  # UTC ms
    opted_out: bool = False  # the provider has recorded a STOP
    unreachable: bool = False  # a landline, or another number that gets no texts
    too_large: bool = False  # the one "too large" of all providers (MM7)
    no_mms: bool = False  # the phone cannot receive MMS, and got nothing
    account: bool = (
        False  # the cause is the account or the sender's number (money, registration): the next message would fail too
    )


class InboundText(NamedTuple):
    """A text to a sender's number, from a phone (E.164), a short code or a name."""

    id: str  # the provider's; the same over its retries
    from_: str  # where it is not E.164, it belongs to no contact
    to: str  # the number of ours that was texted; empty where the provider names none
    text: str
    media_urls: tuple[str, ...]
    at: int  # UTC ms
    taken_for: Keyword | None = None  # the keyword that the provider recognised, in any language, and has answered


class SendRejected(SendError):
    """Final: another attempt would be refused too."""

    def __init__(
        self,
        code: str,
        reason: str,
        opted_out: bool = False,
        too_large: bool = False,
        unreachable: bool = False,
        no_mms: bool = False,
    ) -> None:
        super().__init__(code, reason)
        self.opted_out = opted_out  # the provider has recorded a STOP
        self.unreachable = unreachable  # a landline, or another number that gets no texts: `reason` says which
        self.too_large = too_large  # the one "too large" error of all providers (MM7)
        self.no_mms = no_mms  # the phone cannot receive MMS


class SendDeferred(SendError):
    """Nothing went out. `whole_sender`: the next message would fail too, so the sender pauses.

    `account`: money, registration or set-up, which a person must correct: no attempt is counted (implies `whole_sender`).
    """

    def __init__(
        self,
        code: str,
        reason: str,
        retry_at: int | None = None,
        whole_sender: bool = False,
        account: bool = False,
    ) -> None:
        super().__init__(code, reason)
        self.retry_at = retry_at  # UTC ms, from Retry-After
        self.whole_sender = whole_sender or account
        self.account = account


class SendUnknown(SendError):
    """The provider may have accepted it: never sent again automatically."""


class BadCallback(Refused):
    """A callback that cannot be read; of a list, no item can (E5)."""


class BadSignature(BadCallback):
    """A callback that the provider did not sign, or signed too long ago."""


class CallbackRequest(NamedTuple):
    """A provider's request to us."""

    headers: Mapping[str, str]  # of one that is sent twice, both values with a comma, which is in no signature
    body: bytes
    query: str = ""  # of the address that was called; the sender knows the rest of it, and never reads Host

    def header(self, name: str) -> str:
        """Empty where there is none."""
        return next((value for each, value in self.headers.items() if each.lower() == name.lower()), "")


class CallbackReply(NamedTuple):
    """The response that a provider expects to a callback that was accepted."""

    status: int = 204
    body: str = ""
    kind: str | None = None  # Content-Type


ACKNOWLEDGED = CallbackReply()


class Callbacks(Protocol):
    """Reads a provider's callbacks. `now` is UTC ms. Raises BadSignature or BadCallback."""

    @property
    def inbound_reply(self) -> CallbackReply: ...

    def parse_status(self, call: CallbackRequest, now: int) -> list[StatusReport]: ...

    def parse_inbound(self, call: CallbackRequest, now: int) -> list[InboundText]: ...


class Sender(Callbacks, Protocol):
    """`send` is called by many threads at once. Raises SendRejected, SendDeferred or SendUnknown."""

    name: str

    def send(self, message: Outgoing) -> Receipt: ...

    def close(self) -> None: ...


class Balance(NamedTuple):
    """The credit that is left at the provider."""

    amount: float
    currency: str


@runtime_checkable
class HasBalance(Protocol):
    """A sender that reads its balance. Raises SendDeferred if it could not be read."""

    def balance(self) -> Balance: ...


@runtime_checkable
class Lookup(Protocol):
    """Asks the provider for a message by its tag, or by what else is known of it; None: it has none now, but a request may be under way.

    Raises SendDeferred if the provider gave no answer that can be read.
    """

    def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | Ambiguous | None: ...
