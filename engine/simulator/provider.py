"""The provider behind the dialects: what it answers to a request, and what follows an accepted message.

An accepted message is followed by `sent`, then `delivered`; by `undelivered` (code unreachable) where the number for
fiction ends in 5550199; by `failed` (codes of engine/simulator/media_fetch.py) where its image cannot be fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from engine.simulator.callbacks import Courier, answered
from engine.simulator.dialects.dialect import Dialect, Route, StatusChange, TextFromPhone
from engine.simulator.faults import AT_THE_ANSWER, AT_THE_CALLBACKS, Fault, Faults, parse_fault
from engine.simulator.http_messages import Reply, reply
from engine.simulator.ledger import Entry, Ledger, Posted, Refusal
from engine.simulator.media_fetch import BadPicture, fetch
from engine.simulator.phones import Phones
from engine.simulator.validation import UNREACHABLE, Declined, SendRequest, check


class Provider:
    """Used by any number of threads. `dialects`: the first one answers paths that belong to none of them. `now` gives UTC ms."""

    def __init__(
        self,
        dialects: tuple[Dialect, ...],
        home: Route,
        faults: Iterable[Fault | str],
        fetch_media: bool,
        now: Callable[[], int],
        retry_delays: tuple[float, ...],
    ) -> None:
        self.now = now
        self.ledger = Ledger()
        self._faults = Faults()
        for fault in faults:
            self.add_fault(fault)
        self.courier = Courier(retry_delays)
        self._dialects = dialects
        self._fetch_media = fetch_media
        self._phones = Phones(home)

    def dialect(self, path: str) -> Dialect:
        return next((dialect for dialect in self._dialects if dialect.speaks(path)), self._dialects[0])

    def send(self, dialect: Dialect, account: str, wanted: SendRequest) -> Reply:
        """Answers a well-formed message. Raises Declined."""
        late = self._judge(dialect, wanted)
        fault = self._faults.take(AT_THE_ANSWER, wanted.to) or Fault("none")
        if fault.kind == "402":
            raise Declined(402, "no-credit", "the account has no credit")
        if fault.kind == "429":
            raise Declined(429, "too-many-requests", "slow down", retry_after=fault.retry_after)
        if fault.kind == "503":
            raise Declined(503, "not-accepted", "try again later", retry_after=fault.retry_after)
        if fault.kind == "reset":
            return Reply(0, b"", manner="reset")
        accepted = self._accept(dialect, account, wanted, late)
        if fault.kind == "500":
            broke = dialect.refused(Declined(500, "internal", "something broke"))
            return accepted._replace(status=broke.status, body=broke.body)
        return _faulty(fault, accepted)

    def _judge(self, dialect: Dialect, wanted: SendRequest) -> str | None:
        """The code of a refusal that the dialect's provider reports later; one that it reports at once is raised."""
        try:
            check(wanted, dialect.most_characters)
            if self._phones.refuses(wanted.to, wanted.from_):
                raise Declined(403, "opted-out", "the recipient has opted out of this number", "to")
        except Declined as declined:
            if declined.code in dialect.late:
                return declined.code
            self.ledger.refuse(Refusal(self.now(), wanted.tag, wanted.to, wanted.from_, declined.code))
            raise
        return None

    def _accept(self, dialect: Dialect, account: str, wanted: SendRequest, late: str | None) -> Reply:
        self._phones.learn(wanted.from_, Route(dialect, account, wanted.inbound_url, wanted.application))
        if late is None:
            self._phones.takes(wanted.to, wanted.from_)
        now, asked = self.now(), wanted._asdict()
        del asked["inbound_url"]
        entry = Entry(dialect.new_id(wanted), dialect.name, account, accepted_at=now, updated_at=now, **asked)
        self.ledger.accept(entry)
        fault = self._faults.take(AT_THE_CALLBACKS, wanted.to)
        job = partial(self._follow, dialect, entry, late, fault.kind if fault else "none")
        accepted = dialect.accepted(entry)
        if fault and fault.kind == "callback_before_answer":
            job()
            return accepted
        self.courier.begin()
        return accepted._replace(then=partial(self.courier.hand_over, job))

    def _follow(self, dialect: Dialect, entry: Entry, late: str | None, fault: str) -> None:
        """Everything that comes after a message was accepted."""
        happened = [StatusChange(status, code, self.now()) for status, code in self._outcome(dialect, entry, late)]
        last = happened[-1]
        entry = self.ledger.change(entry.id, status=last.status, code=last.code, updated_at=last.at)
        for one in reversed(happened) if fault == "out_of_order_callbacks" else happened:
            if entry.status_url is None:
                continue
            post = dialect.status(entry.status_url, entry, one)
            for _ in range(2 if fault == "duplicate_callbacks" else 1):
                tried = self.courier.post(post)
                self.ledger.posted(entry.id, Posted(*one, tried.attempts, tried.answer))

    def _outcome(self, dialect: Dialect, entry: Entry, late: str | None) -> list[tuple[str, str | None]]:
        if late is not None and dialect.late[late] == "failed":  # by the provider itself, before it fetches the image
            return [("failed", late)]
        if entry.media_url is not None and self._fetch_media:
            try:
                picture = fetch(self.courier.client, entry.media_url)
            except BadPicture as error:
                return [("failed", error.code)]
            self.ledger.change(entry.id, media_sha256=picture.sha256, media_bytes=picture.bytes)
        if late is None and UNREACHABLE.fullmatch(entry.to):
            late = "unreachable"
        return [("sent", None), ("delivered", None) if late is None else ("undelivered", late)]

    def read_ledger(self) -> Reply:
        """GET /v1/ledger"""
        return reply(
            200,
            {
                "messages": [entry.as_json() for entry in self.ledger.messages()],
                "refused": [refusal._asdict() for refusal in self.ledger.refusals()],
            },
        )

    def faults(self) -> tuple[Fault, ...]:
        """Those that no message has used up yet."""
        return self._faults.waiting()

    def settle(self, timeout: float = 10.0) -> bool:
        """Waits (real seconds) until every callback was answered or given up."""
        return self.courier.settle(timeout)

    def add_fault(self, fault: Fault | str) -> None:
        self._faults.add(parse_fault(fault) if isinstance(fault, str) else fault)

    def route(self, api: str, account: str, url: str, application: str | None) -> Route:
        """Where texts go in that provider's dialect. Raises Declined."""
        for dialect in self._dialects:
            if dialect.name == api:
                return dialect.route(account, url, application)
        raise Declined(400, "bad-request", f"the api {api[:60]!r} is not known", "api")

    def text_from(self, number: str, to: str, text: str, unless_known: Route | None = None) -> int | None:
        """A phone texts a sender's number; the HTTP status of the application's response, None without one.

        `unless_known`: where it goes if that number has sent nothing yet. Without a response, or after a 5xx, the text is posted again in
        the background, with the same id.
        """
        self._phones.hear(number, to, text)
        route = self._phones.route(to, unless_known)
        if route.url is None:
            return None
        said = TextFromPhone(route.account, route.application, route.url, number, to, text, self.now())
        post = route.dialect.inbound(said)
        status = self.courier.post_once(post)
        if not answered(status):
            self.courier.begin()
            self.courier.hand_over(lambda: self.courier.post(post) and None)
        return status


def _faulty(fault: Fault, accepted: Reply) -> Reply:
    """The response to an accepted message, changed by the fault."""
    if fault.kind == "odd":
        body = fault.body.encode().ljust(fault.size)
        return accepted._replace(status=fault.status, body=body)
    if fault.kind == "slow":
        return accepted._replace(wait=fault.seconds)
    manner = {"drop_answer": "drop", "half_answer": "half", "reset_after": "reset"}.get(fault.kind, "whole")
    return accepted._replace(manner=manner)
