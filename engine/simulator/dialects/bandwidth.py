"""Bandwidth's Messaging, as version 2 of its API has it.

    POST /api/v2/users/{accountId}/messages                       202    JSON, Basic user:password
    GET  /api/v2/users/{accountId}/messages?messageId=&sourceTn=&destinationTn=&fromDateTime=&toDateTime=    200

Callbacks are JSON lists of one, to the addresses of the message's application: …/status (message-sending for pictures,
message-sent for texts, message-delivered, message-failed) and …/inbound (message-received), with the application's Basic
credentials and no signature. `tag` is echoed in each; the text is not.

Invariants: a request is refused for its form alone, in types and field errors; every other refusal is reported by message-failed with a
numeric code, an opt-out (4475) as well.
"""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from engine.messaging.parts import count
from engine.senders.providers import bandwidth as api
from engine.senders.signatures import basic, basic_given, same
from engine.simulator.dialects import dialect
from engine.simulator.http_messages import Post, Reply, Request, reply
from engine.simulator.ledger import Entry
from engine.simulator.validation import Declined, SendRequest, only, picture_of, text_of

_PATH = re.compile(rf"{api.USERS}/([0-9]{{1,20}})/{api.MESSAGES}")
_FIELDS = frozenset({api.APPLICATION, api.TO, api.FROM, api.TEXT, api.MEDIA, api.TAG, api.EXPIRATION, "priority"})
_MATCHED = (api.ROW_ID, api.ROW_FROM, api.ROW_TO, api.ROW_STATUS, api.ROW_DIRECTION)
_FILTERS = frozenset({*_MATCHED, api.EARLIEST, api.LATEST, "limit"})
_ALPHABET = string.ascii_lowercase + string.digits


class Application(NamedTuple):
    """What Bandwidth knows of an application: where its callbacks go, and with which credentials."""

    callback_url: str | None
    user: str
    password: str


class Bandwidth(dialect.Dialect):
    """`accounts`: accountId -> `user:password`; `applications`: by applicationId."""

    name = "bandwidth"
    prefix = api.VERSION
    most_characters = 2_048
    late = MappingProxyType(
        {"opted-out": "failed", "mms-region": "failed", "landline": "undelivered", "mms-unreachable": "undelivered"}
    )

    def __init__(
        self, accounts: Mapping[str, str], applications: Mapping[str, Application], now: Callable[[], int]
    ) -> None:
        super().__init__(accounts, None, now)
        self._applications = applications

    def home(self) -> dialect.Route:
        account = next((name for name in self._accounts if name.isdigit()), "")
        application = next(iter(self._applications), None)
        url = dialect.under(self._applications[application].callback_url, "inbound") if application else None
        return dialect.Route(self, account, url, application)

    def answer(self, request: Request, desk: dialect.Desk) -> Reply:
        match = _PATH.fullmatch(request.path)
        if match is None:
            raise Declined(404, "not-found", "The resource was not found")
        account, given = match[1], basic_given(request.authorization)
        if not given or not same(given, self._accounts.get(account) or ""):
            raise Declined(401, "unauthorized", "Authentication Failed")
        if request.method == "POST":
            return desk.send(self, account, self._read(request))
        return reply(200, _list([e for e in desk.ledger.messages() if e.account == account], request.query))

    def _read(self, request: Request) -> SendRequest:
        fields = dialect.json_fields(request, _FIELDS)
        to, tag = fields.get(api.TO), text_of(fields, api.TAG)
        if not isinstance(to, list) or len(to) != 1 or not isinstance(to[0], str):
            raise _wrong("'to' is a list of one number: this simulator sends to no groups", api.TO)
        if tag is not None and len(tag) > 1_024:
            raise _wrong("'tag' has at most 1024 characters", api.TAG)
        if fields.get("priority") not in (None, "default", "high"):
            raise _wrong("'priority' is default or high", "priority")
        application = self._applications.get(text_of(fields, api.APPLICATION) or "")
        if application is None:
            raise _wrong("'applicationId' is missing or not known", api.APPLICATION)
        return SendRequest(
            to=to[0],
            from_=text_of(fields, api.FROM) or "",
            text=text_of(fields, api.TEXT) or "",
            media_url=picture_of(fields, api.MEDIA),
            tag=tag,
            status_url=dialect.under(application.callback_url, "status"),
            inbound_url=dialect.under(application.callback_url, "inbound"),
            application=fields[api.APPLICATION],
        )

    def new_id(self, wanted: SendRequest) -> str:
        return self._identity()

    def _identity(self) -> str:
        return f"{self._now()}{''.join(secrets.choice(_ALPHABET) for _ in range(16))}"

    def accepted(self, entry: Entry) -> Reply:
        return reply(202, _sent(entry, entry.text))

    def refused(self, declined: Declined) -> Reply:
        status = 400 if declined.status == 422 else declined.status
        types = dialect.simulated(self.name)["refusals"]
        kind = types.get(str(status)) or types["500" if status >= 500 else "400"]
        body: dict[str, Any] = {api.TYPE: kind, api.DESCRIPTION: declined.message}
        if declined.field is not None:
            body[api.FIELD_ERRORS] = [{api.FIELD: declined.field, api.DESCRIPTION: declined.message}]
        return reply(status, body)

    def status(self, url: str, entry: Entry, change: dialect.StatusChange) -> Post:
        kinds = {"sent": "message-sending" if entry.media_url else api.SENT, "delivered": api.DELIVERED}
        error = dialect.failure_of("bandwidth", change.code) if change.code else None
        described = "ok" if error is None else api.CODES.listed[str(error)].words
        item = {
            api.TIME: _zulu(change.at),
            api.TYPE: kinds.get(change.status, api.FAILED),
            api.TO: entry.to,
            api.DESCRIPTION: "Message is sending to carrier" if change.status == "sent" else described,
            api.MESSAGE: _sent(entry, ""),
        }
        return self._credited(url, entry.application, item if error is None else {**item, api.ERROR: error})

    def inbound(self, said: dialect.TextFromPhone) -> Post:
        message = _message(self._identity(), said.to, said.application, said.at)
        item = {
            api.TIME: _zulu(said.at),
            api.TYPE: api.RECEIVED,
            api.TO: said.to,
            api.DESCRIPTION: "Incoming message received",
            api.MESSAGE: {
                **message,
                "segmentCount": count(said.text).parts,
                api.DIRECTION: "in",
                api.TO: [said.to],
                api.FROM: said.from_,
                api.TEXT: said.text,
                api.MEDIA: [],
            },
        }
        return self._credited(said.url, said.application, item)

    def _credited(self, url: str, application: str | None, item: dict[str, Any]) -> Post:
        known = self._applications[application or ""]
        headers = {
            "Authorization": basic(known.user, known.password),
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "BandwidthAPI/v2",
        }
        body = json.dumps([item]).encode()
        return Post(url, lambda attempt: (body, headers))


def _wrong(message: str, field: str) -> Declined:
    return Declined(400, "bad-request", message, field)


def _message(identity: str, owner: str, application: str | None, at: int) -> dict[str, Any]:
    """What messages of both directions have."""
    return {api.IDENTITY: identity, "owner": owner, api.APPLICATION: application, api.TIME: _zulu(at)}


def _sent(entry: Entry, text: str) -> dict[str, Any]:
    found = {
        **_message(entry.id, entry.from_, entry.application, entry.accepted_at),
        "segmentCount": entry.parts,
        api.DIRECTION: api.OUT,
        api.TO: [entry.to],
        api.FROM: entry.from_,
        api.TEXT: text,
        "priority": "default",
    }
    if entry.media_url is not None:
        found[api.MEDIA] = [entry.media_url]
    if entry.tag is not None:
        found[api.TAG] = entry.tag
    return found


def _list(entries: list[Entry], query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    only(query, _FILTERS)
    asked = {name: values[0] for name, values in query.items()}
    found = [row for entry in dialect.newest_first(entries) if _fits(row := _row(entry), entry, asked)]
    limit = asked.get("limit", "100")
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= 1_000:
        raise _wrong("'limit' is from 1 to 1000", "limit")
    return {"totalCount": len(found), "pageInfo": {}, api.MESSAGES: found[: int(limit)]}


def _row(entry: Entry) -> dict[str, Any]:
    return {
        **dict.fromkeys(("carrierName", "messageSize", "campaignClass", "campaignId")),  # not known here
        api.ROW_ID: entry.id,
        "accountId": entry.account,
        api.ROW_FROM: entry.from_,
        api.ROW_TO: entry.to,
        api.ROW_STATUS: entry.status.upper(),
        api.ROW_DIRECTION: api.OUTBOUND,
        api.ROW_KIND: api.MMS if entry.media_url else api.SMS,
        "segmentCount": entry.parts,
        api.ERROR: dialect.failure_of("bandwidth", entry.code) if entry.code else 0,
        api.ROW_TIME: _zulu(entry.accepted_at),
        "messageLength": len(entry.text),
        "attachmentCount": 1 if entry.media_url else 0,
        "recipientCount": 1,
    }


def _fits(row: Mapping[str, Any], entry: Entry, asked: Mapping[str, str]) -> bool:
    if any(name in asked and asked[name] != row[name] for name in _MATCHED):
        return False
    early, late = asked.get(api.EARLIEST), asked.get(api.LATEST)
    return (early is None or dialect.read_iso(early, api.EARLIEST) <= entry.accepted_at) and (
        late is None or entry.accepted_at <= dialect.read_iso(late, api.LATEST)
    )


def _zulu(at: int) -> str:
    return dialect.iso(at).replace("+00:00", "Z")
