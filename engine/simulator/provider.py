"""The provider itself, apart from the wire: what it answers to a request, and what follows an accepted message.

An accepted message is followed by `sent`, then `delivered`; by `undelivered` (code unreachable) where the number for
fiction ends in 5550199; by `failed` (codes of engine/simulator/pictures.py) where its picture cannot be had.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

from engine.simulator.callbacks import Courier, answered
from engine.simulator.faults import AT_THE_ANSWER, AT_THE_CALLBACKS, Fault, Faults, parse_fault
from engine.simulator.ledger import Entry, Ledger, Posted, Refusal
from engine.simulator.phones import Phones, Route
from engine.simulator.pictures import BadPicture, fetch
from engine.simulator.rules import UNREACHABLE, Declined, Wanted, check, read_message


class Reply(NamedTuple):
    """An answer, and how it is to be given."""

    status: int
    body: bytes
    retry_after: str | None = None
    manner: str = "whole"  # whole | half | drop | reset
    wait: float = 0.0  # seconds before it
    then: Callable[[], None] | None = None  # called once it was given


def reply(status: int, value: Any, retry_after: str | None = None) -> Reply:
    return Reply(status, json.dumps(value).encode(), retry_after)


class Provider:
    """Used by any number of threads. `now` gives UTC ms."""

    def __init__(
        self,
        accounts: Mapping[str, str],
        callback_url: str | None,
        faults: Iterable[Fault | str],
        fetch_media: bool,
        now: Callable[[], int],
        retry_delays: tuple[float, ...],
    ) -> None:
        self.now = now
        self.ledger = Ledger()
        self.faults = Faults()
        for fault in faults:
            self.add_fault(fault)
        self.courier = Courier(now, retry_delays)
        self._accounts = dict(accounts)
        self._callback_url = callback_url
        self._fetch_media = fetch_media
        self._phones = Phones(Route(next(iter(self._accounts)), callback_url))

    def authorise(self, account: str, authorization: str) -> None:
        """Raises Declined: 401 for a token that opens nothing here, 404 for an account that is not there."""
        given = authorization.removeprefix("Bearer ").encode("utf-8", "replace")
        fits = [name for name, token in self._accounts.items() if hmac.compare_digest(given, token.encode())]
        if not fits or (account in self._accounts and account not in fits):
            raise Declined(401, "unauthorized", "the token is wrong")
        if account not in fits:
            raise Declined(404, "no-such-account", "there is no such account")

    def message(self, account: str, body: bytes) -> Reply:
        """POST …/messages. Raises Declined."""
        wanted = read_message(body)
        try:
            check(wanted)
            if self._phones.refuses(wanted.to, wanted.from_):
                raise Declined(403, "opted-out", "the recipient has opted out of this number")
        except Declined as declined:
            self.ledger.refuse(Refusal(self.now(), wanted.tag, wanted.to, wanted.from_, declined.code))
            raise
        fault = self.faults.take(AT_THE_ANSWER, wanted.to) or Fault("none")
        if fault.kind == "429":
            return reply(429, {"code": "too-many-requests", "message": "slow down"}, fault.retry_after)
        if fault.kind == "503":
            return reply(503, {"code": "not-accepted", "message": "try again later"}, fault.retry_after)
        if fault.kind == "reset":
            return Reply(0, b"", manner="reset")
        return _faulty(fault, self._accept(account, wanted))

    def _accept(self, account: str, wanted: Wanted) -> Reply:
        url = wanted.callback_url or self._callback_url
        self._phones.learn(wanted.from_, Route(account, url))
        self._phones.takes(wanted.to, wanted.from_)
        entry = self.ledger.accept(
            account, wanted.to, wanted.from_, wanted.text, wanted.tag, wanted.media_url, self.now()
        )
        fault = self.faults.take(AT_THE_CALLBACKS, wanted.to)
        job = partial(self._follow, entry, url, fault.kind if fault else "none")
        accepted = reply(202, {"id": entry.id, "status": "accepted"})
        if fault and fault.kind == "callback_before_answer":
            job()
            return accepted
        self.courier.begin()
        return accepted._replace(then=partial(self.courier.hand_over, job))

    def _follow(self, entry: Entry, url: str | None, fault: str) -> None:
        """Everything that comes after a message was accepted."""
        happened = [(status, code, self.now()) for status, code in self._outcome(entry)]
        self.ledger.settle(entry.id, happened[-1][0], happened[-1][1])
        if url is None:
            return
        for status, code, at in reversed(happened) if fault == "out_of_order_callbacks" else happened:
            item = {"id": entry.id, "tag": entry.tag, "status": status, "code": code, "at": at}
            for _ in range(2 if fault == "duplicate_callbacks" else 1):
                tried = self.courier.post(f"{url.rstrip('/')}/status", self._accounts[entry.account], [item])
                self.ledger.posted(entry.id, Posted(status, code, at, tried.attempts, tried.answer))

    def _outcome(self, entry: Entry) -> list[tuple[str, str | None]]:
        if entry.media_url is not None and self._fetch_media:
            try:
                picture = fetch(self.courier.client, entry.media_url)
            except BadPicture as error:
                return [("failed", error.code)]
            self.ledger.keep_media(entry.id, picture.sha256, picture.bytes)
        if UNREACHABLE.fullmatch(entry.to):
            return [("sent", None), ("undelivered", "unreachable")]
        return [("sent", None), ("delivered", None)]

    def look_up(self, account: str, tag: str) -> Reply:
        """GET …/messages?tag=…"""
        return reply(200, {"messages": [entry.as_json() for entry in self.ledger.find(account, tag)]})

    def read_ledger(self) -> Reply:
        """GET /v1/ledger"""
        return reply(
            200,
            {
                "messages": [entry.as_json() for entry in self.ledger.messages()],
                "refused": [refusal._asdict() for refusal in self.ledger.refusals()],
            },
        )

    def add_fault(self, fault: Fault | str) -> None:
        self.faults.add(parse_fault(fault) if isinstance(fault, str) else fault)

    def text_from(self, number: str, to: str, text: str) -> int | None:
        """A person's phone texts a sender's number; the status that the application answered, None where it did not.

        Where that is no answer, the text is posted again behind the scenes, under the same id.
        """
        self._phones.hear(number, to, text)
        route = self._phones.route(to)
        if route.callback_url is None:
            return None
        url, token = f"{route.callback_url.rstrip('/')}/inbound", self._accounts[route.account]
        item = {"id": f"in-{uuid4().hex}", "from": number, "to": to, "text": text, "media_urls": [], "at": self.now()}
        status = self.courier.post_once(url, token, [item])
        if not answered(status):
            self.courier.begin()
            self.courier.hand_over(lambda: self.courier.post(url, token, [item]) and None)
        return status


def _faulty(fault: Fault, accepted: Reply) -> Reply:
    """The answer to an accepted message as the fault spoils it."""
    if fault.kind == "500":
        return accepted._replace(status=500, body=b'{"code": "internal", "message": "something broke"}')
    if fault.kind == "odd":
        body = fault.body.encode().ljust(fault.size)
        return accepted._replace(status=fault.status, body=body)
    if fault.kind == "slow":
        return accepted._replace(wait=fault.seconds)
    manner = {"drop_answer": "drop", "half_answer": "half", "reset_after": "reset"}.get(fault.kind, "whole")
    return accepted._replace(manner=manner)
