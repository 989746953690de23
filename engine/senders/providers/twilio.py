"""The sender for Twilio (2010-04-01): POST …/Accounts/SID/Messages.json, a form, Basic auth; no idempotency key.

    2xx with a sid                           Receipt
    400, 413, 422                            SendRejected; 21610 as `opted_out`, 21211, 21614 as `unreachable`, 11751 as `too_large`,
                                             21622 as `no_mms`
    4xx about the account or the From        SendDeferred, account (20003, 21212, 21606, 21609 …): the set-up is off
    429, and 4xx that say "not now"          SendDeferred, with Retry-After; 429 the whole sender
    any other 4xx (401, 403, 404 …)          SendDeferred, account
    anything else                            SendUnknown: 408, 409, 5xx, redirects, a 2xx without a sid

Rules kept here: our key stands in the query of StatusCallback, which Twilio signs and calls with every status; a list of messages can be
asked by both numbers, and of these the text, the pictures and the time say which is ours. Requests are made with an API key (USER,
PASSWORD) where there is one, else with the auth token, which is needed in any case: it signs the callbacks. Codes: data/twilio_errors.json.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from engine.senders.config import SenderConfig, require
from engine.senders.error_map import codes_of, error_of
from engine.senders.http_client import ProviderClient, balance_of, basic, known_by, listed, near, needed, single_match
from engine.senders.http_exchange import HttpAnswer, read_object, receipt
from engine.senders.providers.twilio_callbacks import STATES, TwilioCallbacks
from engine.senders.sender import (
    Ambiguous,
    Balance,
    LookupQuery,
    Outgoing,
    Receipt,
    SendDeferred,
    SendRejected,
    SendUnknown,
)

ADDRESS = "https://api.twilio.com"
SENDS_WITH = ("ACCOUNT", "TOKEN")
MAY_HAVE = ("USER", "PASSWORD", "CALLBACK_PASSWORD")
LONGEST_VALIDITY_SECONDS = 36_000
TRIAL = "Sent from your Twilio trial account - "  # what Twilio puts before a trial account's texts
MOST_LISTED = 100


class TwilioSender(TwilioCallbacks):
    """Used by any number of threads."""

    def __init__(self, setup: SenderConfig) -> None:
        account, token = (setup.credentials.needed(word) for word in SENDS_WITH)
        by_key = bool(setup.credentials.get("USER"))
        user, password = (
            (setup.credentials.needed(word) for word in ("USER", "PASSWORD")) if by_key else (account, token)
        )
        require(":" not in user, setup.name, "its ACCOUNT or USER has a colon")
        super().__init__(setup.callback_url, token, setup.credentials.get("CALLBACK_PASSWORD"))
        self.name = setup.name
        self._number, self._now = setup.number, setup.now
        self._account = f"{setup.address(ADDRESS)}/2010-04-01/Accounts/{quote(account, safe='')}"
        self._messages = f"{self._account}/Messages.json"
        self._line = ProviderClient(setup, {"Authorization": basic(user, password)})

    def send(self, message: Outgoing) -> Receipt:
        form = {"To": message.to, "From": self._number, "Body": message.text}
        if message.media_url is not None:
            form["MediaUrl"] = message.media_url
        if self._callback_url:
            form["StatusCallback"] = f"{self._callback_url}/status?{urlencode({'key': message.key})}"
        if message.expires_at is not None:
            left = (message.expires_at - self._now()) // 1000
            form["ValidityPeriod"] = str(min(max(left, 1), LONGEST_VALIDITY_SECONDS))
        content = urlencode(form, errors="replace").encode()
        answer = self._line.post(self._messages, content, "application/x-www-form-urlencoded")
        if 200 <= answer.status < 300:
            return receipt(read_object(answer.body).get("sid"))
        raise self._failure(answer, message.text)

    def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | Ambiguous | None:
        """By both numbers, text, pictures and time. Raises SendDeferred.

        Not by DateSent: a message that still waits in Twilio's queue has none.
        """
        wanted = needed(sought)
        query = urlencode({"To": wanted.to, "From": self._number, "PageSize": MOST_LISTED})
        found = listed(self._line.ask(f"{self._messages}?{query}"), "messages")
        if len(found) == MOST_LISTED and all((_created(item) or 0) > wanted.sent_at for item in found):
            raise SendDeferred("lookup-failed", "newer messages fill the page")
        return single_match([_receipt(item) for item in found if _may_be(item, wanted)], wanted)

    def balance(self) -> Balance:
        """Raises SendDeferred."""
        return balance_of(self._line.ask(f"{self._account}/Balance.json"), "balance")

    def close(self) -> None:
        self._line.close()

    def _failure(self, answer: HttpAnswer, text: str) -> SendRejected | SendDeferred | SendUnknown:
        problem = read_object(answer.body)
        number = problem.get("code")
        code = str(number) if type(number) is int and 0 < number < 1_000_000 else None
        return error_of(answer, code, self._line.words(problem.get("message"), text), codes_of("twilio"), self._now())


def _may_be(item: dict[str, Any], sought: LookupQuery) -> bool:
    body = item.get("body")
    same = isinstance(body, str) and body.removeprefix(TRIAL) == sought.text
    pictures = item.get("num_media") not in (None, "0")
    return same and pictures == sought.media and near(_created(item), sought) and item.get("direction") != "inbound"


def _created(item: dict[str, Any]) -> int | None:
    """UTC ms."""
    try:
        return round(parsedate_to_datetime(item.get("date_created") or "").timestamp() * 1000)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None


def _receipt(item: dict[str, Any]) -> Receipt:
    return known_by(item.get("sid"), STATES.get(str(item.get("status")), "accepted"))
