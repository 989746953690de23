"""Twilio's Programmable Messaging, as its API of 2010-04-01 has it.

    POST /2010-04-01/Accounts/{AccountSid}/Messages.json          201    form-encoded, Basic AccountSid:AuthToken
    GET  /2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json    200
    GET  /2010-04-01/Accounts/{AccountSid}/Messages.json?To=&From=&DateSent>=    200, newest first, in pages

Callbacks are form posts to StatusCallback, signed by X-Twilio-Signature with the account's token over the address that is
called and the parameters. Texts are posted to …/inbound beside a StatusCallback that ends in /status. The ledger's tag is the
`key` in StatusCallback's query: Twilio has no tag of its own.

Invariants: a landline is reported by a callback, 30006; everything else is refused at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from engine.messaging.parts import count
from engine.senders import twilio_signature
from engine.senders.provider_sender import FORM
from engine.senders.providers import twilio as api
from engine.senders.signatures import basic_given, same
from engine.simulator.dialects import dialect
from engine.simulator.dialects.twilio_messages import page, resource
from engine.simulator.http_messages import Post, Reply, Request, reply
from engine.simulator.ledger import Entry
from engine.simulator.validation import Declined, SendRequest, loopback_of, only

_PATH = re.compile(rf"{api.ACCOUNTS}/(AC[0-9a-fA-F]{{32}})/{api.MESSAGES}(?:/([SM]M[0-9a-f]{{32}}))?\.json")
_USED = {api.TO, api.FROM, api.BODY, api.MEDIA, api.CALLBACK, api.VALIDITY}
_SWITCHES = {"SmartEncoded", "SendAsMms", "ShortenUrls", "ProvideFeedback", "Attempt", "ForceDelivery", "MaxPrice"}
_RULES = {"ContentRetention", "AddressRetention", "TrafficType", "RiskCheck"}
_FIELDS = frozenset(_USED | _SWITCHES | _RULES)


class Twilio(dialect.Dialect):
    """`accounts`: AccountSid -> AuthToken; other names are no accounts here."""

    name = "twilio"
    prefix = f"/{api.VERSION}"
    late = MappingProxyType({"landline": "undelivered"})

    def home(self) -> dialect.Route:
        account = next((name for name in self._accounts if name.startswith("AC")), "")
        return dialect.Route(self, account, dialect.under(self._callback_url, "inbound") if account else None)

    def answer(self, request: Request, desk: dialect.Desk) -> Reply:
        match = _PATH.fullmatch(request.path)
        if match is None:
            raise Declined(404, "not-found", f"The requested resource {request.path[:200]} was not found")
        account, sid = match.groups()
        token = self._accounts.get(account)
        if not token or not same(basic_given(request.authorization), f"{account}:{token}"):
            raise Declined(401, "unauthorized", "Authenticate")
        if request.method == "POST" and sid is None:
            return desk.send(self, account, self._read(request))
        if request.method != "GET":
            raise Declined(405, "method", "Method not allowed")
        if sid is None:
            return reply(200, page(account, [e for e in desk.ledger.messages() if e.account == account], request.query))
        entry = desk.ledger.one(account, sid)
        if entry is None:
            raise Declined(404, "not-found", f"The requested resource {request.path} was not found")
        return reply(200, resource(entry))

    def _read(self, request: Request) -> SendRequest:
        fields, media = _form(request)
        for name in (api.TO, api.FROM):
            if not fields.get(name):
                raise Declined(400, "missing", f"A '{name}' phone number is required.", name)
        if len(media) > 1:
            raise Declined(400, "too-many-media", "this simulator takes one MediaUrl, Twilio takes ten", api.MEDIA)
        callback = loopback_of(fields, api.CALLBACK)
        return SendRequest(
            to=fields[api.TO],
            from_=fields[api.FROM],
            text=fields.get(api.BODY, ""),
            media_url=media[0] if media else None,
            tag=dialect.key_of(callback),
            status_url=callback or dialect.under(self._callback_url, "status"),
            inbound_url=dialect.beside(callback) or dialect.under(self._callback_url, "inbound"),
        )

    def new_id(self, wanted: SendRequest) -> str:
        return ("MM" if wanted.media_url else "SM") + uuid4().hex

    def accepted(self, entry: Entry) -> Reply:
        return reply(201, resource(entry))

    def refused(self, declined: Declined) -> Reply:
        code = dialect.refusal_of("twilio", declined)
        # Of the message 400; of the connection, the account and the provider's health their own status, and 20404, 20429, 20503 …
        status = 400 if declined.status in (403, 422) and code else declined.status
        code = code or 20_000 + status
        more = f"https://www.twilio.com/docs/errors/{code}"
        return reply(status, {api.CODE: code, api.WORDS: declined.message, "more_info": more, "status": status})

    def status(self, url: str, entry: Entry, change: dialect.StatusChange) -> Post:
        fields = {
            api.FROM: entry.from_,
            api.TO: entry.to,
            api.IDENTITY: entry.id,
            api.STATUS: change.status,
            "SmsSid": entry.id,
            "SmsStatus": change.status,
        }
        if change.code is not None:
            fields[api.ERROR] = str(dialect.failure_of("twilio", change.code))
        if change.status == "delivered":
            fields["RawDlrDoneDate"] = f"{dialect.moment(change.at):%y%m%d%H%M}"
        return self._signed(url, entry.account, fields)

    def inbound(self, said: dialect.TextFromPhone) -> Post:
        sid = f"SM{uuid4().hex}"
        fields = {
            api.FROM: said.from_,
            api.TO: said.to,
            api.BODY: said.text,
            api.IDENTITY: sid,
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "NumMedia": "0",
            "NumSegments": str(count(said.text).parts),
            "FromCountry": "US",
            "ToCity": "",  # left empty by Twilio where it knows none: an empty value is signed as well
        }
        return self._signed(said.url, said.account, fields)

    def _signed(self, url: str, account: str, fields: Mapping[str, str]) -> Post:
        fields = {"AccountSid": account, "ApiVersion": api.VERSION, **fields}
        signed = url + twilio_signature.joined(fields.items())
        headers = {
            "Content-Type": f"{FORM}; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": str(uuid4()),  # the same at each attempt
            twilio_signature.HEADER: twilio_signature.sign(self._accounts[account], signed),
        }
        body = urlencode(fields).encode()
        return Post(url, lambda attempt: (body, headers))


def _form(request: Request) -> tuple[dict[str, str], list[str]]:
    """The fields that come once, and the addresses of MediaUrl, which may come several times."""
    if request.content_type != FORM:
        raise Declined(415, "bad-type", "a message is form-encoded")
    try:
        pairs = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise Declined(400, "bad-request", "the body is no form") from error
    only((name for name, _ in pairs), _FIELDS)
    fields = {name: value for name, value in pairs if name != api.MEDIA}
    media = [value for name, value in pairs if name == api.MEDIA]
    if len(fields) + len(media) != len(pairs):
        raise Declined(400, "bad-request", "a field comes twice")
    return fields, media
