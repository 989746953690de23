"""The outbox of one sender: claim what its rate allows, pass the gates, send, store what the provider said.

    claim    one write transaction: rate, gates, budget, `sending` on disk, before the first byte goes out (M3, M5)
    send     the request, outside of any transaction; every answer becomes a Result
    settle   one write transaction for all results

Rules kept here: a message is never sent twice unless the provider certainly did not take it, or the sender says `on_unknown: resend`;
a claim that is older than 250 ms when its turn comes goes back to the gates unsent; of one contact's messages only the oldest
open one is claimed (M9).
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from engine.contacts import consent
from engine.contacts.consent import ProviderClaim
from engine.core.retry import LIST_LAG_MS, retry_at
from engine.delivery.budget import BudgetLeft, budget_left, give_back, note_used_up, spend
from engine.delivery.final_gates import through_gates
from engine.deploy.deployed import Deployed
from engine.intake import inbound
from engine.senders.sender import Outgoing, Receipt, SendDeferred, Sender, SendRejected, SendUnknown
from engine.store import holds, messages
from engine.store.database import Database
from engine.store.messages import Queued, Rate, Result
from engine.store.states import ACCEPTED, FAILED, QUEUED, UNKNOWN

log = logging.getLogger("leadoff.delivery")
HORIZON_MS = 250
LONGEST_PAUSE_MS = 3_600_000
MOST_LOOKED_AT = 1_000


T = TypeVar("T")
R = TypeVar("R")


class Claim(NamedTuple, Generic[T]):
    """What a claim brought: items on disk as under way, and the instant at which another claim may bring more (None: unknown)."""

    outgoing: tuple[T, ...]
    again_at: int | None


class Outbox:
    """One sender's way out. `parts_per_second` is its rate; `resend` its `on_unknown: resend`."""

    def __init__(
        self,
        database: Database,
        deployed: Callable[[], Deployed],
        sender: Sender,
        parts_per_second: float,
        resend: bool = False,
    ) -> None:
        self._database = database
        self._deployed = deployed
        self._parts_per_second = parts_per_second
        self._resend = resend
        self.sender = sender

    @property
    def name(self) -> str:
        return self.sender.name

    def close(self) -> None:
        self.sender.close()

    def claim(self, now: int, limit: int) -> Claim[Outgoing]:
        """At most `limit` messages that may start within 250 ms of `now`."""
        deployed = self._deployed()
        return self._database.write(lambda db: self._claim(db, deployed, now, limit))

    def send(self, message: Outgoing, claimed_at: int, clock: Callable[[], int]) -> Result:
        """One request and what became of it. Never raises for an answer of the provider."""
        started = clock()
        if started - claimed_at > HORIZON_MS:
            return Result(message.message, QUEUED, started, started, "stale", due=started)
        try:
            receipt = self.sender.send(message)
        except SendRejected as error:
            return Result(
                message.message,
                FAILED,
                started,
                clock(),
                "rejected",
                None,
                error.code,
                error.reason,
                opted_out=error.opted_out,
                unreachable=error.unreachable,
            )
        except SendDeferred as error:
            return self._deferred(message, error, started, clock())
        except SendUnknown as error:
            return self._unknown(message, error.code, error.reason, started, clock())
        except Exception as error:  # a fault of ours after `sending`: whether a byte went out is not known
            log.exception("sending message %s failed in our own code", message.message)
            return self._unknown(
                message, type(error).__name__, "a fault of our own during the request", started, clock()
            )
        return _accepted(message, receipt, started, clock())

    def settle(self, results: Sequence[Result], now: int) -> None:
        """Store what became of the requests."""
        if results:
            deployed = self._deployed()
            self._database.write(lambda db: self._settle(db, deployed, results, now))

    def next_due(self, now: int) -> int | None:
        """The first instant after `now` at which a claim may bring something that it did not bring now."""
        name, deployed = self.sender.name, self._deployed()
        with self._database.reading() as db:
            instants = [messages.next_due(db, name, now)]
            if messages.waits(db, name, now) and holds.held_since(db) is None:
                rate = messages.rate_of(db, name)
                instants += [rate.closed_until, rate.free_at - HORIZON_MS + 1]
                budget = budget_left(db, deployed, now)
                instants += [budget.reopens] if budget.left is not None else []
        return min((at for at in instants if at is not None and at > now), default=None)

    def _claim(self, db: sqlite3.Connection, deployed: Deployed, now: int, limit: int) -> Claim[Outgoing]:
        name = self.sender.name
        if holds.held_since(db) is not None:
            return Claim((), None)
        rate = messages.rate_of(db, name)
        start = max(rate.free_at, rate.closed_until, now)
        open_parts = (now + HORIZON_MS - start) / 1000 * self._parts_per_second
        if rate.closed_until > now or open_parts <= 0:
            return Claim((), max(rate.closed_until, rate.free_at - HORIZON_MS + 1))
        budget = budget_left(db, deployed, now)
        found, fit = self._passing(db, deployed, budget, now, min(limit, max(1, int(open_parts))))
        affordable = budget.fitting(fit)
        taken: list[Queued] = []
        used = 0.0  # milliseconds of the rate; rounded once, so that high rates are not cut to a message a millisecond
        for message in affordable:
            if start + used > now + HORIZON_MS:
                break
            taken.append(message)
            used += message.parts * 1000 / self._parts_per_second
        if taken:
            messages.set_sending(db, [message.id for message in taken], now)
            messages.set_rate(db, name, Rate(start + round(used), rate.closed_until))
            spend(db, budget, taken, now)
        again = now if found > len(taken) or found == limit else None
        if len(affordable) < len(fit) and len(taken) == len(affordable):
            note_used_up(db, deployed, budget, now)
            again = budget.reopens if not taken else now
        return Claim(tuple(_outgoing(message, deployed.project_url) for message in taken), again)

    def _passing(
        self, db: sqlite3.Connection, deployed: Deployed, budget: BudgetLeft, now: int, wanted: int
    ) -> tuple[int, list[Queued]]:
        """How many due messages were looked at, and those that may leave. Where none may, more are looked at at once:

        when a window closes on a long queue, all of it is held in a few transactions instead of one each.
        """
        size = wanted
        while True:
            found = budget.waited(messages.claimable(db, self.sender.name, now, size), now)
            passed = through_gates(db, deployed, found, now, now + HORIZON_MS)
            passed.store(db, now)
            if passed.fit or len(found) < size or size == MOST_LOOKED_AT:
                return len(found), passed.fit[:wanted]
            size = MOST_LOOKED_AT

    def _deferred(self, message: Outgoing, error: SendDeferred, started: int, ended: int) -> Result:
        asked = None if error.retry_at is None else min(error.retry_at, ended + LONGEST_PAUSE_MS)
        again = retry_at(ended, message.attempt, message.message, asked)
        if again is None:
            return Result(
                message.message, FAILED, started, ended, "deferred", None, error.code, f"given up: {error.reason}"
            )
        closed = again if error.whole_sender else None
        return Result(
            message.message, QUEUED, started, ended, "deferred", None, error.code, error.reason, again, closed
        )

    def _unknown(self, message: Outgoing, code: str, reason: str, started: int, ended: int) -> Result:
        if self._resend:
            again = retry_at(ended, message.attempt, message.message, None)
            if again is not None:
                return Result(message.message, QUEUED, started, ended, "unknown", None, code, reason, again)
        return Result(
            message.message, UNKNOWN, started, ended, "unknown", None, code, reason, due=started + LIST_LAG_MS
        )

    def _settle(self, db: sqlite3.Connection, deployed: Deployed, results: Sequence[Result], now: int) -> None:
        messages.settle(db, results)
        ids = [result.provider_id for result in results if result.provider_id is not None]
        if ids:
            inbound.replay_pending(db, self.sender.name, ids, now)
        give_back(db, deployed, results)
        closed = max((result.whole_sender for result in results if result.whole_sender is not None), default=None)
        if closed is not None:
            rate = messages.rate_of(db, self.sender.name)
            messages.set_rate(db, self.sender.name, rate._replace(closed_until=max(closed, rate.closed_until)))
        suppressing = {result.message: result for result in results if result.opted_out or result.unreachable}
        for message, (contact, phone) in messages.contacts_of(db, suppressing).items() if suppressing else ():
            result = suppressing[message]
            said = ProviderClaim(contact, phone, result.opted_out, result.unreachable, result.reason or result.code)
            consent.apply_claim(db, said, f"provider {self.sender.name}", now)


def _outgoing(message: Queued, public_url: str) -> Outgoing:
    media = f"{public_url}/m/{message.media}" if message.media else None
    key = f"{message.contact}-{message.run}-{message.step}"
    return Outgoing(message.id, key, message.phone, message.text, media, message.attempts + 1, message.expires_at)


def _accepted(message: Outgoing, receipt: Receipt, started: int, ended: int) -> Result:
    return Result(message.message, ACCEPTED, started, ended, "accepted", receipt.provider_id)


class Channel(Protocol[T, R]):
    """What a pool or a pump serves: an Outbox, or the web calls."""

    @property
    def name(self) -> str: ...
    def claim(self, now: int, limit: int) -> Claim[T]: ...
    def send(self, item: T, claimed_at: int, clock: Callable[[], int], /) -> R: ...
    def settle(self, results: Sequence[R], now: int) -> None: ...
    def next_due(self, now: int) -> int | None: ...
    def close(self) -> None: ...


def send_all_due(outbox: Channel[T, R], clock: Callable[[], int], limit: int = 500) -> int:
    """Send all that may go at this instant, one after another in this thread; how many requests were made.

    For a clock that stands still: what the rate or a retry puts off is left for a later instant.
    """
    made = 0
    while True:
        now = clock()
        claim = outbox.claim(now, limit)
        results = [outbox.send(message, now, clock) for message in claim.outgoing]
        outbox.settle(results, clock())
        made += len(results)
        if not results and (claim.again_at is None or claim.again_at > now):
            return made
