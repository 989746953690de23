"""The simulator's own API: what a sender with `provider: simulator` uses.

    POST /v1/accounts/{account}/messages          202 {"id", "status"}         Authorization: Bearer TOKEN
    GET  /v1/accounts/{account}/messages?tag=…    200 {"messages": […]}        Authorization: Bearer TOKEN

Callbacks are JSON lists under `callback_url`: /status and /inbound, signed by X-Simulator-Timestamp and
X-Simulator-Signature with the account's token.
"""

from __future__ import annotations

import itertools
import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from engine.senders.provider_sender import JSON
from engine.senders.providers import simulator as api
from engine.senders.signatures import hmac_of_stamp
from engine.simulator.dialects.dialect import Desk, Dialect, StatusChange, TextFromPhone, under
from engine.simulator.http_messages import Post, Reply, Request, reply
from engine.simulator.ledger import Entry
from engine.simulator.validation import Declined, SendRequest, loopback_of, only, picture_of, read_object, text_of

_PATH = re.compile(rf"{api.ACCOUNTS}/([^/]+)/{api.MESSAGES}")
_FIELDS = frozenset({api.TO, api.FROM, api.TEXT, api.MEDIA, api.TAG, api.CALLBACK})


class OwnApi(Dialect):
    name = "simulator"
    prefix = api.VERSION

    def __init__(self, accounts: Mapping[str, str], callback_url: str | None, now: Callable[[], int]) -> None:
        super().__init__(accounts, callback_url, now)
        self._series = secrets.token_hex(4)  # ids stay unique over restarts
        self._numbers = itertools.count(1)

    def answer(self, request: Request, desk: Desk) -> Reply:
        match = _PATH.fullmatch(request.path)
        if match is None:
            raise Declined(404, "not-found", "there is nothing here")
        account = unquote(match[1])
        self._authorise(account, request.authorization)
        if request.method == "POST":
            return desk.send(self, account, self._read(request.body))
        tags = request.query.get(api.TAG)
        if not tags or not tags[0]:
            raise Declined(400, "bad-request", "tag is missing")
        return reply(200, {api.MESSAGES: [entry.as_json() for entry in desk.ledger.find(account, tags[0])]})

    def _authorise(self, account: str, authorization: str) -> None:
        """401 for a token that opens nothing here, 404 for an account that is not there."""
        opened = self.bearers(authorization)
        if not opened or (account in self._accounts and account not in opened):
            raise Declined(401, "unauthorized", "the token is wrong")
        if account not in opened:
            raise Declined(404, "no-such-account", "there is no such account")

    def _read(self, body: bytes) -> SendRequest:
        fields = read_object(body)
        only(fields, _FIELDS)
        base = loopback_of(fields, api.CALLBACK) or self._callback_url
        return SendRequest(
            to=text_of(fields, api.TO) or "",
            from_=text_of(fields, api.FROM) or "",
            text=text_of(fields, api.TEXT) or "",
            media_url=picture_of(fields, api.MEDIA),
            tag=text_of(fields, api.TAG),
            status_url=under(base, "status"),
            inbound_url=under(base, "inbound"),
        )

    def new_id(self, wanted: SendRequest) -> str:
        return f"sim-{self._series}-{next(self._numbers)}"

    def accepted(self, entry: Entry) -> Reply:
        return reply(202, {api.IDENTITY: entry.id, api.STATUS: entry.status})

    def refused(self, declined: Declined) -> Reply:
        return reply(declined.status, {api.CODE: declined.code, api.WORDS: declined.message})

    def status(self, url: str, entry: Entry, change: StatusChange) -> Post:
        item = {api.IDENTITY: entry.id, api.TAG: entry.tag, api.STATUS: change.status, api.CODE: change.code}
        return self._signed(url, entry.account, {**item, api.AT: change.at})

    def inbound(self, said: TextFromPhone) -> Post:
        item = {api.IDENTITY: f"in-{uuid4().hex}", api.FROM: said.from_, api.TO: said.to, api.TEXT: said.text}
        return self._signed(said.url, said.account, {**item, api.TEXT_MEDIA: [], api.AT: said.at})

    def _signed(self, url: str, account: str, item: dict[str, Any]) -> Post:
        body = json.dumps([item]).encode()

        def write(attempt: int) -> tuple[bytes, dict[str, str]]:
            stamp = str(self._now())
            signature = hmac_of_stamp(self._accounts[account], stamp, body)
            return body, {"Content-Type": JSON, api.STAMP: stamp, api.SIGNATURE: signature}

        return Post(url, write)
