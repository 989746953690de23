"""The base of every provider's sender: its HTTP client and what an answer means; callbacks, each item read alone.

A subclass has the provider's facts and writes `send`; what else the provider can do, it adds:

    send              POST one message                                                        required
    lookup            ask for a message whose answer was lost                                 else a person must settle it
    signed_items      check a callback's signature, and give the items that are in it         else no callback is believed
    read_status       an item -> StatusReport, or None where it says nothing of a message
    read_text         an item -> InboundText, or None where it is none
    refusal           an error answer -> the provider's code and words                        else its `code` and `message`

Invariants: the provider's words are passed on only where they contain none of our credentials; a look-up changes nothing, so every failure
of it is SendDeferred; a callback is limited in size and its signature checked before it is read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from engine.errors import SendError
from engine.senders import sender
from engine.senders.callback_parsing import each_alone, require_small
from engine.senders.config import SenderConfig
from engine.senders.error_map import ErrorCodes, error_of
from engine.senders.http_exchange import HttpAnswer, exchange, for_people, known_code, new_client, read_object

RATES: Mapping[str, float] = MappingProxyType({"toll_free": 3.0, "long_code": 1.0, "short_code": 100.0})
"""Kind of number -> parts a second before an account is granted more: promise M6, and Twilio's defaults in the US."""
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


class ProviderSender(ABC):
    """Used by any number of threads. Words of credentials are the ends of `LEADOFF_SENDER_<NAME>_…`."""

    address: ClassVar[str] = ""  # scheme and host of its API; empty: a sender of it needs a base_url
    sends_with: ClassVar[tuple[str, ...]] = ()  # words of the credentials that it sends with
    hears_with: ClassVar[tuple[str, ...]] = ()  # words of those that it checks callbacks with
    rates: ClassVar[Mapping[str, float]] = RATES
    codes: ClassVar[ErrorCodes] = ErrorCodes({})
    inbound_reply: sender.CallbackReply = sender.ACKNOWLEDGED

    def __init__(self, config: SenderConfig, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        """`headers` go with every request: who asks. Raises UsageError."""
        self.name = config.name
        self.base_url = config.base(self.address)
        self.number, self.callback_url, self.now = config.number, config.callback_url, config.now
        self._own_client = config.client is None
        self._client = config.client or new_client()
        self._headers = headers
        self._hidden, self._timeout = config.credentials.values, config.timeout

    @abstractmethod
    def send(self, message: sender.Outgoing) -> sender.Receipt: ...

    def lookup(self, tag: str, sought: sender.LookupQuery | None = None) -> sender.Receipt | sender.Ambiguous | None:
        raise sender.SendDeferred("lookup-impossible", "this provider cannot be asked for a message")

    def close(self) -> None:
        if self._own_client:
            self._client.close()

    def parse_status(self, call: sender.CallbackRequest, now: int) -> list[sender.StatusReport]:
        require_small(call.body)
        items = self.signed_items(call, "status", now)
        return each_alone(items, lambda item: self.read_status(item, call, now))

    def parse_inbound(self, call: sender.CallbackRequest, now: int) -> list[sender.InboundText]:
        require_small(call.body)
        return each_alone(self.signed_items(call, "inbound", now), lambda item: self.read_text(item, now))

    def signed_items(self, call: sender.CallbackRequest, path: str, now: int) -> Any:
        """The items of a callback to …/`path`, once its signature is checked. Raises BadSignature or BadCallback."""
        raise sender.BadSignature("this provider's callbacks are not read")

    def read_status(self, item: dict[str, Any], call: sender.CallbackRequest, now: int) -> sender.StatusReport | None:
        return None

    def read_text(self, item: dict[str, Any], now: int) -> sender.InboundText | None:
        return None

    def refusal(self, found: Mapping[str, Any]) -> tuple[str | None, Sequence[object]]:
        """The code of an error answer, and its words, best first."""
        return known_code(found.get("code")), (found.get("message"),)

    def error(self, answer: HttpAnswer, text: str) -> SendError:
        """What an answer that is no success means for the message of this text."""
        code, said = self.refusal(read_object(answer.body))
        reason = next(filter(None, (self._words(each, text) for each in said)), None)
        return error_of(answer, code, reason, self.codes, self.now())

    def post(self, url: str, content: bytes, kind: str, text: str) -> dict[str, Any]:
        """The JSON object that answers a message of this text. Raises SendRejected, SendDeferred or SendUnknown."""
        headers = {**self._headers, "Content-Type": kind}
        answer = exchange(self._client, "POST", url, headers, content, self._timeout)
        if 200 <= answer.status < 300:
            return read_object(answer.body)
        raise self.error(answer, text)

    def get(self, url: str, missing_is_none: bool = False) -> dict[str, Any] | None:
        """The JSON object at this address; None for 404 where that says "no such message". Raises SendDeferred."""
        try:
            answer = exchange(self._client, "GET", url, self._headers, timeout=self._timeout)
        except sender.SendUnknown as error:
            raise sender.SendDeferred("lookup-failed", error.reason) from error
        if answer.status == 404 and missing_is_none:
            return None
        found = read_object(answer.body)
        if answer.status != 200 or not found:
            raise sender.SendDeferred(
                "lookup-failed", f"the provider answered {answer.status} and nothing that can be read"
            )
        return found

    def _words(self, value: object, text: str) -> str | None:
        """The provider's words, fit for a log."""
        if isinstance(value, str) and any(secret in value for secret in self._hidden):
            return None
        return for_people(value, text)
