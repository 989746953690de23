"""What a sender is: it hands one message to a provider and says what became of it.

    SendError (engine/errors.py)
    ├── SendRejected    the provider refused this message                                  final
    ├── SendDeferred    it certainly did not go out; `retry_at` where the provider said    retryable
    └── SendUnknown     it may have gone out                                               settled later
    BadCallback         a callback of which nothing is what the provider documents         answered 400, nothing stored
    └── BadSignature    not signed by the provider, or too old                             answered 403, nothing stored

Rules kept here: a sender raises one of the three, never lets a transport's error through, and when in doubt says
SendUnknown (promises M3, M4). `reason` is for people and logs: it holds no message text and no whole number.
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
    expires_at: int | None = None  # UTC ms: later than that nobody should get it
    parts: int = 1  # what a rate counts


class Receipt(NamedTuple):
    """The provider has it."""

    provider_id: str
    status: str = "accepted"  # a state of M2


class Ambiguous(NamedTuple):
    """The provider has several messages of one tag: a person must look."""

    provider_ids: tuple[str, ...]


class LookupQuery(NamedTuple):
    """A message of unknown fate: what a provider that keeps no tag is asked by."""

    to: str  # E.164
    text: str
    media: bool
    sent_at: int  # UTC ms: when its request began
    provider_id: str | None = None
    others: frozenset[str] = frozenset()  # provider ids that other messages of ours have: it is none of these


class StatusReport(NamedTuple):
    """What the provider says of an accepted message."""

    provider_id: str
    key: str | None  # the tag it was sent with; None where there was none
    status: str  # sent | delivered | undelivered | failed
    code: str | None
    reason: str | None
    at: int  # UTC ms
    opted_out: bool = False  # the provider knows of a STOP
    unreachable: bool = False  # a landline, or another number that gets no texts
    too_large: bool = False  # the one "too large" of all providers (MM7)
    no_mms: bool = False  # the phone cannot receive MMS, and got nothing
    account: bool = (
        False  # about the account or the sender's number (money, registration): it got nothing, nor would the next one
    )


class InboundText(NamedTuple):
    """A text to a sender's number, from a person's phone (E.164) or from whatever else sends texts."""

    id: str  # the provider's; the same over its retries
    from_: str  # where it is not E.164 (a short code, a name), nobody can be meant by it
    to: str  # the number of ours that was texted; empty where the provider names none
    text: str
    media_urls: tuple[str, ...]
    at: int  # UTC ms
    taken_for: Keyword | None = None  # by the provider, in whatever language; it has answered that, too


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
        self.opted_out = opted_out  # the provider knows of a STOP
        self.unreachable = unreachable  # a landline, or another number that gets no texts: `reason` says which
        self.too_large = too_large  # the one "too large" error of all providers (MM7)
        self.no_mms = no_mms  # the phone cannot receive MMS


class SendDeferred(SendError):
    """Nothing went out. `whole_sender`: the next message would fare alike, so the sender should pause.

    `account`: for money, registration or set-up, which a person must mend: no attempt is counted (`whole_sender` goes with it).
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
    """The provider may have accepted it: never sent again blindly."""


class BadCallback(Refused):
    """A callback of which nothing can be understood; of a list of items, none (E5)."""


class BadSignature(BadCallback):
    """A callback that the provider did not sign, or not just now."""


class CallbackRequest(NamedTuple):
    """A provider's request to us."""

    headers: Mapping[str, str]  # one that came twice: its values with a comma between, which no signature has
    body: bytes
    query: str = (
        ""  # of the address that was called, as it came; the rest of it the sender knows, and never takes from Host
    )

    def header(self, name: str) -> str:
        """Empty where there is none."""
        return next((value for each, value in self.headers.items() if each.lower() == name.lower()), "")


class CallbackReply(NamedTuple):
    """What a provider wants to hear when a callback was taken."""

    status: int = 204
    body: str = ""
    kind: str | None = None  # Content-Type


ACKNOWLEDGED = CallbackReply()


class Callbacks(Protocol):
    """Reads what the provider posts to us. `now` is UTC ms. Raises BadSignature or BadCallback."""

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
    """What is left of the provider's credit."""

    amount: float
    currency: str


@runtime_checkable
class HasBalance(Protocol):
    """A provider that can be asked for its balance. Raises SendDeferred when nothing was learned."""

    def balance(self) -> Balance: ...


@runtime_checkable
class Lookup(Protocol):
    """Asks the provider for a message by its tag, or by what else is known of it; None: it has none.

    Not yet, that is: a request may still be under way. Raises SendDeferred when nothing was learned.
    """

    def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | Ambiguous | None: ...
