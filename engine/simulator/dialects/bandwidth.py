"""Bandwidth's Messaging, as version 2 of its API has it.

    POST /api/v2/users/{accountId}/messages                       202    JSON, Basic user:password
    GET  /api/v2/users/{accountId}/messages?messageId=&sourceTn=&destinationTn=&fromDateTime=&toDateTime=    200

Callbacks are JSON lists of one, to the addresses of the message's application: …/status (message-sending for pictures,
message-sent for texts, message-delivered, message-failed) and …/inbound (message-received), with the application's Basic
credentials and no signature. `tag` is echoed in each; the text is not.

Rules kept here: a request is refused for its form alone, in types and field errors; what the trade refuses is told by
message-failed with a numeric code, an opt-out (4475) as well.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from engine.messaging.parts import count
from engine.simulator.dialects.dialect import Desk, Route, StatusChange, TextFromPhone, basic, newest_first, same, under
from engine.simulator.dialects.timestamps import iso, read_iso
from engine.simulator.http_messages import Post, Reply, Request, reply
from engine.simulator.ledger import Entry
from engine.simulator.validation import Declined, SendRequest, only, picture_of, read_object, text_of

_PATH = re.compile(r"/api/v2/users/([0-9]{1,20})/messages")
_FIELDS = frozenset({"applicationId", "to", "from", "text", "media", "tag", "priority", "expiration"})
_FILTERS = frozenset({"messageId", "sourceTn", "destinationTn", "messageStatus", "fromDateTime", "toDateTime", "limit"})
_ALPHABET = string.ascii_lowercase + string.digits
_TYPES = {
    400: "request-validation",
    401: "unauthorized",
    403: "forbidden",
    404: "resource-not-found",
    405: "method-not-allowed",
    415: "unsupported-media-type",
    429: "max-message-queue-size-exceeded",
    503: "service-unavailable",
}
_LATER = {
    "opted-out": (4475, "destination-rejected-due-to-user-opt-out"),
    "landline": (4720, "invalid-destination-address"),
    "mms-region": (4432, "rejected-forbidden-country"),
    "mms-unreachable": (4753, "destination-rejected-handset"),
    "unreachable": (4702, "destination-subscriber-unavailable"),
    "media-too-large": (4411, "rejected-message-size-limit-exceeded"),
    "media-type": (4412, "media-content-invalid"),
    "media-mismatch": (4412, "media-content-invalid"),
}
_NO_PICTURE = (4410, "media-unavailable")


class Application(NamedTuple):
    """What Bandwidth knows of an application: where its callbacks go, and with which credentials."""

    callback_url: str | None
    user: str
    password: str


class Bandwidth:
    """`accounts`: accountId -> `user:password`; `applications`: by applicationId. `now` gives UTC ms."""

    name = "bandwidth"
    most_characters = 2_048
    late: Mapping[str, str] = MappingProxyType(
        {"opted-out": "failed", "mms-region": "failed", "landline": "undelivered", "mms-unreachable": "undelivered"}
    )

    def __init__(
        self, accounts: Mapping[str, str], applications: Mapping[str, Application], now: Callable[[], int]
    ) -> None:
        self._accounts = accounts
        self._applications = applications
        self._now = now

    def home(self) -> Route:
        account = next((name for name in self._accounts if name.isdigit()), "")
        application = next(iter(self._applications), None)
        url = under(self._applications[application].callback_url, "inbound") if application else None
        return Route(self, account, url, application)

    def speaks(self, path: str) -> bool:
        return path.startswith("/api/v2/")

    def answer(self, request: Request, desk: Desk) -> Reply:
        match = _PATH.fullmatch(request.path)
        if match is None:
            raise Declined(404, "not-found", "The resource was not found")
        account = match[1]
        given = ":".join(basic(request.authorization) or ())
        if not given or not same(given, self._accounts.get(account) or ""):
            raise Declined(401, "unauthorized", "Authentication Failed")
        if request.method == "POST":
            return desk.send(self, account, self._read(request))
        return reply(200, _list([e for e in desk.ledger.messages() if e.account == account], request.query))

    def _read(self, request: Request) -> SendRequest:
        if request.content_type != "application/json":
            raise Declined(415, "bad-type", "a message is JSON")
        fields = read_object(request.body)
        only(fields, _FIELDS)
        to, tag = fields.get("to"), text_of(fields, "tag")
        if not isinstance(to, list) or len(to) != 1 or not isinstance(to[0], str):
            raise Declined(400, "bad-request", "'to' is a list of one number: this simulator sends to no groups", "to")
        if tag is not None and len(tag) > 1_024:
            raise Declined(400, "bad-request", "'tag' has at most 1024 characters", "tag")
        if fields.get("priority") not in (None, "default", "high"):
            raise Declined(400, "bad-request", "'priority' is default or high", "priority")
        application = self._applications.get(text_of(fields, "applicationId") or "")
        if application is None:
            raise Declined(400, "bad-request", "'applicationId' is missing or not known", "applicationId")
        return SendRequest(
            to=to[0],
            from_=text_of(fields, "from") or "",
            text=text_of(fields, "text") or "",
            media_url=picture_of(fields, "media"),
            tag=tag,
            status_url=under(application.callback_url, "status"),
            inbound_url=under(application.callback_url, "inbound"),
            application=fields["applicationId"],
        )

    def new_id(self, wanted: SendRequest) -> str:
        return self._identity()

    def _identity(self) -> str:
        return f"{self._now()}{''.join(secrets.choice(_ALPHABET) for _ in range(16))}"

    def accepted(self, entry: Entry) -> Reply:
        return reply(202, _message(entry, entry.text))

    def refused(self, declined: Declined) -> Reply:
        status = 400 if declined.status == 422 else declined.status
        body: dict[str, Any] = {
            "type": _TYPES.get(status, "internal-server-error" if status >= 500 else "request-validation"),
            "description": declined.message,
        }
        if declined.field is not None:
            body["fieldErrors"] = [{"fieldName": declined.field, "description": declined.message}]
        return reply(status, body)

    def status(self, entry: Entry, happened: StatusChange) -> Post | None:
        if entry.status_url is None:
            return None
        kind = {"sent": "message-sending" if entry.media_url else "message-sent", "delivered": "message-delivered"}
        error, name = _LATER.get(happened.code, _NO_PICTURE) if happened.code else (None, "ok")
        item: dict[str, Any] = {
            "time": _zulu(happened.at),
            "type": kind.get(happened.status, "message-failed"),
            "to": entry.to,
            "description": "Message is sending to carrier" if happened.status == "sent" else name,
            "message": _message(entry, ""),
        }
        if error is not None:
            item["errorCode"] = error
        return self._credited(entry.status_url, entry.application, item)

    def inbound(self, said: TextFromPhone) -> Post:
        message = {
            "id": self._identity(),
            "owner": said.to,
            "applicationId": said.application,
            "time": _zulu(said.at),
            "segmentCount": count(said.text).parts,
            "direction": "in",
            "to": [said.to],
            "from": said.from_,
            "text": said.text,
            "media": [],
        }
        item = {
            "time": _zulu(said.at),
            "type": "message-received",
            "to": said.to,
            "description": "Incoming message received",
            "message": message,
        }
        return self._credited(said.url, said.application, item)

    def _credited(self, url: str, application: str | None, item: dict[str, Any]) -> Post:
        known = self._applications[application or ""]
        credentials = base64.b64encode(f"{known.user}:{known.password}".encode()).decode()
        headers = {
            "Authorization": f"Basic {credentials}",
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "BandwidthAPI/v2",
        }
        body = json.dumps([item]).encode()
        return Post(url, lambda attempt: (body, headers))


def _message(entry: Entry, text: str) -> dict[str, Any]:
    found = {
        "id": entry.id,
        "owner": entry.from_,
        "applicationId": entry.application,
        "time": _zulu(entry.accepted_at),
        "segmentCount": 1 if entry.media_url else count(entry.text).parts,
        "direction": "out",
        "to": [entry.to],
        "from": entry.from_,
        "text": text,
        "priority": "default",
    }
    if entry.media_url is not None:
        found["media"] = [entry.media_url]
    if entry.tag is not None:
        found["tag"] = entry.tag
    return found


def _list(entries: list[Entry], query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    only(query, _FILTERS)
    asked = {name: values[0] for name, values in query.items()}
    found = [row for entry in newest_first(entries) if _fits(row := _row(entry), entry, asked)]
    limit = asked.get("limit", "100")
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= 1_000:
        raise Declined(400, "bad-request", "'limit' is from 1 to 1000", "limit")
    return {"totalCount": len(found), "pageInfo": {}, "messages": found[: int(limit)]}


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "messageId": entry.id,
        "accountId": entry.account,
        "sourceTn": entry.from_,
        "destinationTn": entry.to,
        "messageStatus": entry.status.upper(),
        "messageDirection": "OUTBOUND",
        "messageType": "mms" if entry.media_url else "sms",
        "segmentCount": 1 if entry.media_url else count(entry.text).parts,
        "errorCode": _LATER.get(entry.code, _NO_PICTURE)[0] if entry.code else 0,
        "receiveTime": _zulu(entry.accepted_at),
        "carrierName": None,
        "messageSize": None,
        "messageLength": len(entry.text),
        "attachmentCount": 1 if entry.media_url else 0,
        "recipientCount": 1,
        "campaignClass": None,
        "campaignId": None,
    }


def _fits(row: Mapping[str, Any], entry: Entry, asked: Mapping[str, str]) -> bool:
    named = ("messageId", "sourceTn", "destinationTn", "messageStatus")
    if any(name in asked and asked[name] != row[name] for name in named):
        return False
    early, late = asked.get("fromDateTime"), asked.get("toDateTime")
    return (early is None or read_iso(early, "fromDateTime") <= entry.accepted_at) and (
        late is None or entry.accepted_at <= read_iso(late, "toDateTime")
    )


def _zulu(at: int) -> str:
    return iso(at).replace("+00:00", "Z")
