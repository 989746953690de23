"""Twilio's Programmable Messaging, as its API of 2010-04-01 has it.

    POST /2010-04-01/Accounts/{AccountSid}/Messages.json          201    form-encoded, Basic AccountSid:AuthToken
    GET  /2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json    200
    GET  /2010-04-01/Accounts/{AccountSid}/Messages.json?To=&From=&DateSent>=    200, newest first, in pages

Callbacks are form posts to StatusCallback, signed by X-Twilio-Signature with the account's token over the address that is
called and the parameters. Texts are posted to …/inbound beside a StatusCallback that ends in /status. The ledger's tag is the
`key` in StatusCallback's query: Twilio has no tag of its own.

Rules kept here: a landline is told by a callback, 30006; everything else is refused at once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from engine.messaging.parts import count
from engine.simulator.dialects.dialect import (
    Desk,
    Route,
    StatusChange,
    TextFromPhone,
    basic,
    beside,
    key_of,
    same,
    under,
)
from engine.simulator.dialects.timestamps import moment
from engine.simulator.dialects.twilio_messages import LATER, VERSION, page, shown
from engine.simulator.http_messages import Post, Reply, Request, reply
from engine.simulator.ledger import Entry
from engine.simulator.validation import Declined, SendRequest, is_loopback, only

_PATH = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/Messages(?:/([SM]M[0-9a-f]{32}))?\.json")
_FIELDS = frozenset(
    {
        "To",
        "From",
        "Body",
        "MediaUrl",
        "StatusCallback",
        "ValidityPeriod",
        "SmartEncoded",
        "SendAsMms",
        "ShortenUrls",
        "ProvideFeedback",
        "Attempt",
        "ForceDelivery",
        "ContentRetention",
        "AddressRetention",
        "TrafficType",
        "RiskCheck",
        "MaxPrice",
    }
)

_CODES: Mapping[tuple[str, str | None], int] = {
    ("bad-request", None): 20001,
    ("bad-request", "StatusCallback"): 21609,
    ("missing", "To"): 21604,
    ("missing", "From"): 21603,
    ("bad-number", "to"): 21211,
    ("bad-number", "from"): 21212,
    ("opted-out", None): 21610,
    ("text-too-long", None): 21617,
    ("no-content", None): 21602,
    ("too-many-media", None): 21623,
    ("mms-region", None): 21622,
    ("mms-unreachable", None): 21622,
    ("unauthorized", None): 20003,
}
"""Refusals at once. The others are 20000 and the HTTP status: 20404, 20429, 20500, 20503 …"""


class Twilio:
    """`accounts`: AccountSid -> AuthToken; other names are no accounts here."""

    name = "twilio"
    most_characters = 1_600
    late: Mapping[str, str] = MappingProxyType({"landline": "undelivered"})

    def __init__(self, accounts: Mapping[str, str], callback_url: str | None) -> None:
        self._accounts = accounts
        self._callback_url = callback_url

    def home(self) -> Route:
        account = next((name for name in self._accounts if name.startswith("AC")), "")
        return Route(self, account, under(self._callback_url, "inbound") if account else None)

    def speaks(self, path: str) -> bool:
        return path.startswith(f"/{VERSION}/")

    def answer(self, request: Request, desk: Desk) -> Reply:
        match = _PATH.fullmatch(request.path)
        if match is None:
            raise Declined(404, "not-found", f"The requested resource {request.path[:200]} was not found")
        account, sid = match.groups()
        self._authorise(account, request.authorization)
        if request.method == "POST" and sid is None:
            return desk.send(self, account, self._read(request))
        if request.method != "GET":
            raise Declined(405, "method", "Method not allowed")
        if sid is None:
            return reply(200, page(account, [e for e in desk.ledger.messages() if e.account == account], request.query))
        entry = desk.ledger.one(account, sid)
        if entry is None:
            raise Declined(404, "not-found", f"The requested resource {request.path} was not found")
        return reply(200, shown(entry))

    def _authorise(self, account: str, authorization: str) -> None:
        user, password = basic(authorization) or ("", "")
        if not (same(user, account) and same(password, self._accounts.get(account) or "")) or not password:
            raise Declined(401, "unauthorized", "Authenticate")

    def _read(self, request: Request) -> SendRequest:
        fields, media = _form(request)
        for name in ("To", "From"):
            if not fields.get(name):
                raise Declined(400, "missing", f"A '{name}' phone number is required.", name)
        if len(media) > 1:
            raise Declined(400, "too-many-media", "this simulator takes one MediaUrl, Twilio takes ten", "MediaUrl")
        callback = fields.get("StatusCallback")
        if callback is not None and not is_loopback(callback):
            raise Declined(400, "bad-request", "StatusCallback is not an http address on loopback", "StatusCallback")
        return SendRequest(
            to=fields["To"],
            from_=fields["From"],
            text=fields.get("Body", ""),
            media_url=media[0] if media else None,
            tag=key_of(callback),
            status_url=callback or under(self._callback_url, "status"),
            inbound_url=beside(callback) or under(self._callback_url, "inbound"),
        )

    def new_id(self, wanted: SendRequest) -> str:
        return ("MM" if wanted.media_url else "SM") + uuid4().hex

    def accepted(self, entry: Entry) -> Reply:
        return reply(201, shown(entry))

    def refused(self, declined: Declined) -> Reply:
        code = _CODES.get((declined.code, declined.field)) or _CODES.get((declined.code, None))
        # Of the message 400; of the connection, the account and the provider's health their own status.
        status = 400 if declined.status in (403, 422) and code else declined.status
        code = code or 20_000 + status
        more = f"https://www.twilio.com/docs/errors/{code}"
        return reply(status, {"code": code, "message": declined.message, "more_info": more, "status": status})

    def status(self, entry: Entry, happened: StatusChange) -> Post | None:
        if entry.status_url is None:
            return None
        fields = {
            "AccountSid": entry.account,
            "ApiVersion": VERSION,
            "From": entry.from_,
            "MessageSid": entry.id,
            "MessageStatus": happened.status,
            "SmsSid": entry.id,
            "SmsStatus": happened.status,
            "To": entry.to,
        }
        if happened.code is not None:
            fields["ErrorCode"] = str(LATER[happened.code])
        if happened.status == "delivered":
            fields["RawDlrDoneDate"] = f"{moment(happened.at):%y%m%d%H%M}"
        return self._signed(entry.status_url, entry.account, fields)

    def inbound(self, said: TextFromPhone) -> Post:
        sid = f"SM{uuid4().hex}"
        fields = {
            "AccountSid": said.account,
            "ApiVersion": VERSION,
            "Body": said.text,
            "From": said.from_,
            "FromCountry": "US",
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": str(count(said.text).parts),
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": said.to,
            "ToCity": "",  # left empty by Twilio where it knows none: an empty value is signed as well
        }
        return self._signed(said.url, said.account, fields)

    def _signed(self, url: str, account: str, fields: Mapping[str, str]) -> Post:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": str(uuid4()),  # the same at each attempt
            "X-Twilio-Signature": sign(self._accounts[account], url, fields),
        }
        body = urlencode(fields).encode()
        return Post(url, lambda attempt: (body, headers))


def sign(token: str, url: str, fields: Mapping[str, str]) -> str:
    """Base64 HMAC-SHA1 over the address and each parameter's name and value, sorted by name."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def _form(request: Request) -> tuple[dict[str, str], list[str]]:
    """The fields that stand once, and the addresses of MediaUrl, which may stand several times."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise Declined(415, "bad-type", "a message is form-encoded")
    try:
        pairs = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise Declined(400, "bad-request", "the body is no form") from error
    only((name for name, _ in pairs), _FIELDS)
    fields = {name: value for name, value in pairs if name != "MediaUrl"}
    media = [value for name, value in pairs if name == "MediaUrl"]
    if len(fields) + len(media) != len(pairs):
        raise Declined(400, "bad-request", "a field stands twice")
    return fields, media
