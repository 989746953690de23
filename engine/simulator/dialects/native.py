"""Our own API: what a sender with `provider: simulator` speaks.

    POST /v1/accounts/{account}/messages          202 {"id", "status"}         Authorization: Bearer TOKEN
    GET  /v1/accounts/{account}/messages?tag=…    200 {"messages": […]}        Authorization: Bearer TOKEN

Callbacks are JSON lists under `callback_url`: /status and /inbound, signed by X-Simulator-Timestamp and
X-Simulator-Signature with the account's token.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from engine.simulator.dialects.dialect import Desk, Route, StatusChange, TextFromPhone, same, under
from engine.simulator.http_messages import Post, Reply, Request, reply
from engine.simulator.ledger import Entry
from engine.simulator.validation import (
    MOST_CHARACTERS,
    Declined,
    SendRequest,
    is_loopback,
    only,
    picture_of,
    read_object,
    text_of,
)

_MESSAGES = re.compile(r"/v1/accounts/([^/]+)/messages")
_FIELDS = frozenset({"to", "from", "text", "media_url", "tag", "callback_url"})


class Own:
    """`accounts`: name -> token. `callback_url` serves messages that name none."""

    name = "simulator"
    most_characters = MOST_CHARACTERS
    late: Mapping[str, str] = MappingProxyType({})

    def __init__(self, accounts: Mapping[str, str], callback_url: str | None, now: Callable[[], int]) -> None:
        self._accounts = accounts
        self._callback_url = callback_url
        self._now = now
        self._series = secrets.token_hex(4)  # ids stay unique over restarts
        self._numbers = itertools.count(1)

    def home(self) -> Route:
        return Route(self, next(iter(self._accounts)), under(self._callback_url, "inbound"))

    def speaks(self, path: str) -> bool:
        return path.startswith("/v1/")

    def answer(self, request: Request, desk: Desk) -> Reply:
        match = _MESSAGES.fullmatch(request.path)
        if match is None:
            raise Declined(404, "not-found", "there is nothing here")
        account = unquote(match[1])
        self._authorise(account, request.authorization)
        if request.method == "POST":
            return desk.send(self, account, self._read(request.body))
        tags = request.query.get("tag")
        if not tags or not tags[0]:
            raise Declined(400, "bad-request", "tag is missing")
        return reply(200, {"messages": [entry.as_json() for entry in desk.ledger.find(account, tags[0])]})

    def _authorise(self, account: str, authorization: str) -> None:
        """401 for a token that opens nothing here, 404 for an account that is not there."""
        given = authorization.removeprefix("Bearer ")
        fits = [name for name, token in self._accounts.items() if same(given, token)]
        if not fits or (account in self._accounts and account not in fits):
            raise Declined(401, "unauthorized", "the token is wrong")
        if account not in fits:
            raise Declined(404, "no-such-account", "there is no such account")

    def _read(self, body: bytes) -> SendRequest:
        fields = read_object(body)
        only(fields, _FIELDS)
        media = picture_of(fields, "media_url")
        callback = text_of(fields, "callback_url")
        if callback is not None and not is_loopback(callback):
            raise Declined(400, "bad-request", "callback_url is not an http address on loopback", "callback_url")
        base = callback or self._callback_url
        return SendRequest(
            to=text_of(fields, "to") or "",
            from_=text_of(fields, "from") or "",
            text=text_of(fields, "text") or "",
            media_url=media,
            tag=text_of(fields, "tag"),
            status_url=under(base, "status"),
            inbound_url=under(base, "inbound"),
        )

    def new_id(self, wanted: SendRequest) -> str:
        return f"sim-{self._series}-{next(self._numbers)}"

    def accepted(self, entry: Entry) -> Reply:
        return reply(202, {"id": entry.id, "status": "accepted"})

    def refused(self, declined: Declined) -> Reply:
        return reply(declined.status, {"code": declined.code, "message": declined.message})

    def status(self, entry: Entry, happened: StatusChange) -> Post | None:
        if entry.status_url is None:
            return None
        item = {
            "id": entry.id,
            "tag": entry.tag,
            "status": happened.status,
            "code": happened.code,
            "at": happened.at,
        }
        return self._signed(entry.status_url, entry.account, item)

    def inbound(self, said: TextFromPhone) -> Post:
        item = {"id": f"in-{uuid4().hex}", "from": said.from_, "to": said.to, "text": said.text, "media_urls": []}
        return self._signed(said.url, said.account, {**item, "at": said.at})

    def _signed(self, url: str, account: str, item: dict[str, Any]) -> Post:
        body = json.dumps([item]).encode()

        def write(attempt: int) -> tuple[bytes, dict[str, str]]:
            stamp = str(self._now())
            return body, {
                "Content-Type": "application/json",
                "X-Simulator-Timestamp": stamp,
                "X-Simulator-Signature": sign(self._accounts[account], stamp, body),
            }

        return Post(url, write)


def sign(token: str, stamp: str, body: bytes) -> str:
    """Hex HMAC-SHA256 over the timestamp, a dot and the body."""
    return hmac.new(token.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
