"""The sender for Twilio (2010-04-01): POST …/Accounts/SID/Messages.json, a form, Basic auth; no idempotency key.

    2xx with a sid                           Receipt
    400, 413, 422                            SendRejected; 21610 as `opted_out`, 21211, 21614 as `unreachable`, 11751 as `too_large`,
                                             21622 as `no_mms`
    4xx about the account or the From        SendDeferred, account (20003, 21212, 21606, 21609 …): the set-up is wrong
    429, and 4xx that say "not now"          SendDeferred, with Retry-After; 429 the whole sender
    any other 4xx (401, 403, 404 …)          SendDeferred, account
    anything else                            SendUnknown: 408, 409, 5xx, redirects, a 2xx without a sid

Its callbacks are forms, signed over the address that Twilio called and all of its parameters (twilio_signature.py):

    sent, delivered, undelivered, failed     as they are        read                               delivered
    canceled                                 failed             queued, sending and all others     nothing

Invariants: our key is in the query of StatusCallback, which Twilio signs and calls with every status; a list of messages can be asked for
by both numbers, and of these the text, the pictures and the time say which is ours. Requests are made with an API key (USER, PASSWORD)
where there is one, else with the auth token, which is needed in any case: it signs the callbacks. Codes: data/twilio_errors.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from engine.senders import sender, twilio_signature
from engine.senders.callback_parsing import ORIGIN, addresses, key_of, keyword_of, matching, own_number, words
from engine.senders.config import SenderConfig, require
from engine.senders.error_map import code_of_number, codes_of, report
from engine.senders.http_exchange import ID, known_code, receipt
from engine.senders.lookups import balance_of, known_by, listed, near, needed, single_match
from engine.senders.provider_sender import FORM, ProviderSender
from engine.senders.signatures import basic

# Twilio's API, also for engine/simulator/dialects/twilio.py.
VERSION = "2010-04-01"
ACCOUNTS, MESSAGES = f"/{VERSION}/Accounts", "Messages"  # …/Accounts/{AccountSid}/Messages.json
TO, FROM, BODY, MEDIA, CALLBACK = "To", "From", "Body", "MediaUrl", "StatusCallback"  # of a request
VALIDITY, PAGE_SIZE = "ValidityPeriod", "PageSize"
ROWS, ROW_ID, ROW_STATUS, ROW_TEXT, ROW_MEDIA = "messages", "sid", "status", "body", "num_media"  # of an answer
ROW_DIRECTION, ROW_CREATED = "direction", "date_created"
CODE, WORDS = "code", "message"  # of an error
IDENTITY, STATUS, ERROR = "MessageSid", "MessageStatus", "ErrorCode"  # of a callback
STATES = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
}
"""Its status -> ours."""
LONGEST_VALIDITY_SECONDS = 36_000
TRIAL = "Sent from your Twilio trial account - "  # what Twilio puts before a trial account's texts
MOST_LISTED = 100
_MOST_MEDIA = 200


class TwilioSender(ProviderSender):
    """Used by any number of threads."""

    address = "https://api.twilio.com"
    sends_with = ("ACCOUNT", "TOKEN")  # USER and PASSWORD, CALLBACK_PASSWORD where they are set
    codes = codes_of("twilio")
    inbound_reply = sender.CallbackReply(200, "<Response/>", "text/xml")  # nothing is texted back

    def __init__(self, config: SenderConfig) -> None:
        given = config.credentials
        account, token = (given.needed(word) for word in self.sends_with)
        by_key = bool(given.get("USER"))
        user, password = (given.needed(word) for word in ("USER", "PASSWORD")) if by_key else (account, token)
        require(":" not in user, config.name, "its ACCOUNT or USER has a colon")
        super().__init__(config, {"Authorization": basic(user, password)})
        self._account = f"{self.base_url}{ACCOUNTS}/{quote(account, safe='')}"
        self._messages = f"{self._account}/{MESSAGES}.json"
        self._secrets = twilio_signature.secrets(token, given.get("CALLBACK_PASSWORD"))

    def send(self, message: sender.Outgoing) -> sender.Receipt:
        form = {TO: message.to, FROM: self.number, BODY: message.text}
        if message.media_url is not None:
            form[MEDIA] = message.media_url
        if self.callback_url:
            form[CALLBACK] = f"{self.callback_url}/status?{urlencode({'key': message.key})}"
        if message.expires_at is not None:
            left = (message.expires_at - self.now()) // 1000
            form[VALIDITY] = str(min(max(left, 1), LONGEST_VALIDITY_SECONDS))
        found = self.post(self._messages, urlencode(form, errors="replace").encode(), FORM, message.text)
        return receipt(found.get(ROW_ID))

    def lookup(self, tag: str, sought: sender.LookupQuery | None = None) -> sender.Receipt | sender.Ambiguous | None:
        """By both numbers, text, pictures and time. Raises SendDeferred.

        Not by DateSent: a message that still waits in Twilio's queue has none.
        """
        wanted = needed(sought)
        query = urlencode({TO: wanted.to, FROM: self.number, PAGE_SIZE: MOST_LISTED})
        found = listed(self.get(f"{self._messages}?{query}"), ROWS)
        if len(found) == MOST_LISTED and all((_created(row) or 0) > wanted.sent_at for row in found):
            raise sender.SendDeferred("lookup-failed", "newer messages fill the page")
        return single_match((_receipt(row) for row in found if _may_be(row, wanted)), wanted.others)

    def balance(self) -> sender.Balance:
        """Raises SendDeferred."""
        return balance_of(self.get(f"{self._account}/Balance.json"), "balance")

    def refusal(self, found: Mapping[str, Any]) -> tuple[str | None, Sequence[object]]:
        return code_of_number(found.get(CODE)), (found.get(WORDS),)

    def signed_items(self, call: sender.CallbackRequest, path: str, now: int) -> Any:
        """There is no time in its signature: what comes twice is known by its sid and status."""
        query = f"?{call.query}" if call.query else ""
        return [twilio_signature.believed(f"{self.callback_url}/{path}{query}", call, self._secrets)]

    def read_status(self, item: dict[str, Any], call: sender.CallbackRequest, now: int) -> sender.StatusReport | None:
        status = STATES.get(str(item.get(STATUS)))
        if status is None:
            return None
        code, identity = known_code(str(item.get(ERROR) or "")), matching(item, IDENTITY, ID)
        return report(self.codes, identity, key_of(call.query), status, code, item.get("ErrorMessage"), now)

    def read_text(self, item: dict[str, Any], now: int) -> sender.InboundText:
        media = [item[name] for name in (f"{MEDIA}{number}" for number in range(_MOST_MEDIA)) if name in item]
        return sender.InboundText(
            id=matching(item, IDENTITY, ID),
            from_=matching(item, FROM, ORIGIN),
            to=own_number(item.get(TO)),
            text=words(item.get(BODY, "")),
            media_urls=addresses(media),
            at=now,
            taken_for=keyword_of(item.get("OptOutType")),
        )


def _may_be(row: dict[str, Any], sought: sender.LookupQuery) -> bool:
    body = row.get(ROW_TEXT)
    same = isinstance(body, str) and body.removeprefix(TRIAL) == sought.text
    pictures = row.get(ROW_MEDIA) not in (None, "0")
    return same and pictures == sought.media and near(_created(row), sought) and row.get(ROW_DIRECTION) != "inbound"


def _created(row: dict[str, Any]) -> int | None:
    """UTC ms."""
    try:
        return round(parsedate_to_datetime(row.get(ROW_CREATED) or "").timestamp() * 1000)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None


def _receipt(row: dict[str, Any]) -> sender.Receipt:
    return known_by(row.get(ROW_ID), STATES.get(str(row.get(ROW_STATUS)), "accepted"))
