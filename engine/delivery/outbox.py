"""The outbox of one sender: claim what its rate allows, ask the gates, send, store the results.

    claim    one write transaction: rate, gates, budget, `sending` on disk, before the first byte goes out (M3, M5)
    send     the request, outside of any transaction; every answer becomes a Result
    settle   one write transaction for all results

Invariants: a message is never sent twice unless the provider certainly did not take it, or the sender has `on_unknown: resend`. A claimed
message whose request does not start within 250 ms of its claim's end goes back to the gates; until then an opt-out waits. Of one contact
only the oldest open message is claimed (M9). While a provider refuses everything, one message is sent as a probe.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Collection, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from engine.delivery import refusals, results, stop_if
from engine.delivery.budget import BudgetLeft, budget_left, next_day, note_used_up, spend
from engine.delivery.final_gates import GateResult, through_gates
from engine.delivery.pacing import HORIZON_MS, LONGEST_CLAIM_MS, Pacer, joined
from engine.deploy.deployed import Deployed
from engine.deploy.stored_pictures import gone_reason
from engine.senders.sender import Outgoing, SendDeferred, Sender, SendRejected, SendUnknown
from engine.store import deployments, holds, outbox, rate
from engine.store.database import Database
from engine.store.held_messages import Held
from engine.store.outbox import Queued, Result
from engine.store.rate import SenderState
from engine.store.sql import Connection

log = logging.getLogger("leadoff.delivery")
MOST_LOOKED_AT = 1_000
LOOK_MS = 60_000  # between two looks for a picture that is gone


T = TypeVar("T")
R = TypeVar("R")


class Claim(NamedTuple, Generic[T]):
    """What a claim brought: items on disk as under way, and the instant at which another claim may bring more (None: unknown)."""

    outgoing: tuple[T, ...]
    again_at: int | None
    at: int = 0  # its end, as far as the gates have looked ahead: requests start within 250 ms of it
    took: int = 0  # ms, from the lock of the sender to its end


class Outbox:
    """One sender's way out. `parts_per_second` is its rate; `resend` its `on_unknown: resend`; `wake` is called when the tick has work;

    `has_picture` says whether a stored one is there. `only_to`: the only numbers that are texted (staging); None: all.
    `counts`: whether `stop_if` is in force.
    """

    def __init__(
        self,
        database: Database,
        deployed: Callable[[], Deployed],
        sender: Sender,
        parts_per_second: float,
        resend: bool = False,
        wake: Callable[[], None] = lambda: None,
        has_picture: Callable[[str], bool] = lambda ref: True,
        only_to: Collection[str] | None = None,
        clock: Callable[[], int] = lambda: 0,
        counts: bool = False,
    ) -> None:
        self._database = database
        self._load = deployed
        self._deployed: Deployed | None = None  # as the last claim saw it
        self._pacer = Pacer(parts_per_second)
        self._resend, self._wake, self._has_picture, self._only_to = resend, wake, has_picture, only_to
        self._clock = clock
        self._me = secrets.token_hex(4)  # among those who use the rate
        self._takes = 0  # ms that a claim takes: where the database is slow, the gates look further ahead
        self._counts = counts
        self.sender = sender

    @property
    def name(self) -> str:
        return self.sender.name

    def close(self) -> None:
        self.sender.close()

    def claim(self, now: int, limit: int) -> Claim[Outgoing]:
        """At most `limit` messages that may start within 250 ms of `now`."""
        deployed = self._deployed = self._load()
        claim = self._database.write(lambda db: self._claim(db, deployed, now, limit))
        for each in claim.outgoing:
            self._pacer.claim(each.message, each.parts, claim.at)
        self._takes = min(max(claim.took, self._takes // 2), LONGEST_CLAIM_MS)
        return claim

    def send(self, message: Outgoing, claimed_at: int, clock: Callable[[], int]) -> Result:
        """One request and what became of it. Never raises for an answer of the provider."""
        started = clock()
        if started - claimed_at > HORIZON_MS:
            self._pacer.let_go(message.message)
            return results.stale(message, started)
        self._pacer.start(message.message, started)
        try:
            receipt = self.sender.send(message)
        except SendRejected as error:
            return results.rejected(message, error, started, clock())
        except SendDeferred as error:
            return results.deferred(message, error, started, clock())
        except SendUnknown as error:
            return results.unknown(message, error.code, error.reason, started, clock(), self._resend)
        except Exception as error:  # a bug after `sending`: it is not known whether a byte went out
            log.exception("sending message %s failed by a bug in Leadoff", message.message)
            why = "a bug in Leadoff during the request"
            return results.unknown(message, type(error).__name__, why, started, clock(), self._resend)
        return results.accepted(message, receipt, started, clock())

    def settle(self, settled: Sequence[Result], now: int) -> None:
        """Store what became of the requests."""
        if settled:
            deployed, name = self._deployed or self._load(), self.sender.name
            self._database.write(lambda db: results.settle(db, deployed, name, settled, now))
            if any(result.outcome == "no_mms" for result in settled):
                self._wake()

    def next_due(self, now: int) -> int | None:
        """The first instant after `now` at which a claim may bring something that it did not bring now."""
        name, deployed = self.sender.name, self._load()
        with self._database.reading() as db:
            instants = [rate.next_due(db, name, now)]
            if rate.waits(db, name, now) and holds.held_since(db) is None:
                state = rate.state_of(db, name, now)
                self._share(state)
                instants += [state.closed_until, self._pacer.room_at(now, self._pacer.batch)]
                budget = budget_left(db, deployed, now)
                instants += [next_day(now, deployed.project.timezone)] if budget.left is not None else []
        return min((at for at in instants if at is not None and at > now), default=None)

    def _claim(self, db: Connection, deployed: Deployed, now: int, limit: int) -> Claim[Outgoing]:
        db.world()
        name = self.sender.name
        if deployments.newest_id(db) != deployed.id:
            return Claim((), now, now)  # its gates decide
        if holds.held_since(db) is not None:
            return Claim((), None)
        state = rate.lock(db, name, now)
        now = max(now, self._clock())  # another daemon's claim may have been waited for
        latest = now + self._takes + HORIZON_MS  # start of a request
        if state.closed_until > now:
            return Claim((), state.closed_until)
        if state.refusal is not None and state.refusal.taken_at is not None:  # and no refusal came since
            refusals.over(db, name, state.refusal, now)
            state = state._replace(refusal=None)
        self._share(state)
        room = self._pacer.room(now)
        if not self._pacer.fits(1, room):
            return Claim((), self._pacer.room_at(now, self._pacer.batch))
        budget = budget_left(db, deployed, now, to_spend=True)
        most = 1 if state.refusal is not None else min(limit, max(1, int(room)))
        found, fit = self._passing(db, deployed, budget, now, latest, most)
        affordable = budget.fitting(fit)
        taken = self._within(affordable, room)
        if taken:
            if self._counts:
                stop_if.count(db, deployed, taken, now)
            outbox.set_sending(db, [message.id for message in taken], now)
            new = self._pacer.uses(self._me, (each.parts for each in taken), latest)
            still = [use for use in state.uses if self._pacer.counts(use.until, now)]
            rate.set_uses(db, name, joined([*still, *new]))
            spend(db, budget, taken, now)
            if state.refusal is not None:
                rate.close(db, name, now + refusals.PROBE_MS)
        again = now if found > len(taken) or found == limit else None
        if len(taken) < len(affordable):
            again = self._pacer.room_at(now, affordable[len(taken)].parts) if not taken else now
        if len(affordable) < len(fit) and len(taken) == len(affordable):
            note_used_up(db, deployed, budget, now)
            again = next_day(now, deployed.project.timezone) if not taken else now
        ended = max(now, self._clock())
        outgoing = tuple(_outgoing(message, deployed.project_url) for message in taken)
        return Claim(outgoing, again, min(ended, latest - HORIZON_MS), ended - now)

    def _share(self, state: SenderState) -> None:
        """What others use of the rate, in this process or another."""
        self._pacer.share((use.until, use.parts) for use in state.uses if use.by != self._me)

    def _within(self, messages: Sequence[Queued], room: float) -> list[Queued]:
        """The first ones that the rate has room for."""
        taken: list[Queued] = []
        for message in messages:
            if not self._pacer.fits(message.parts, room):
                break
            taken.append(message)
            room -= message.parts
        return taken

    def _passing(
        self, db: Connection, deployed: Deployed, budget: BudgetLeft, now: int, latest: int, wanted: int
    ) -> tuple[int, list[Queued]]:
        """How many due messages were looked at, and those that may leave. Where none may, more are looked at at once:

        when a window closes on a long queue, all of it is held in a few transactions instead of one each.
        """
        size = wanted
        while True:
            found = budget.waited(outbox.claim(db, self.sender.name, now, size), now)
            gated = through_gates(db, deployed, found, now, latest, self._only_to)
            passed = self._with_pictures(deployed, gated, now)
            passed.store(db, now)
            if passed.fit or len(found) < size or size == MOST_LOOKED_AT:
                return len(found), passed.fit[:wanted]
            size = MOST_LOOKED_AT

    def _with_pictures(self, deployed: Deployed, passed: GateResult, now: int) -> GateResult:
        """What may leave, without messages whose picture is gone and could not be fetched. They are looked at again in a minute."""
        gone = {ref for ref in {message.media for message in passed.fit} if ref and not self._has_picture(ref)}
        if not gone:
            return passed
        held = [
            Held(message.id, message.contact, now + LOOK_MS, gone_reason(deployed, message.media), late=True)
            for message in passed.fit
            if message.media in gone and message.media
        ]
        fit = [message for message in passed.fit if message.media not in gone]
        return passed._replace(fit=fit, held=[*passed.held, *held])


def _outgoing(message: Queued, public_url: str) -> Outgoing:
    media = f"{public_url}/m/{message.media}" if message.media else None
    key = f"{message.contact}-{message.run}-{message.step}"
    attempt = message.attempts + 1
    return Outgoing(message.id, key, message.phone, message.text, media, attempt, message.expires_at, message.parts)


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
        results = [outbox.send(message, claim.at, clock) for message in claim.outgoing]
        outbox.settle(results, clock())
        made += len(results)
        if not results and (claim.again_at is None or claim.again_at > now):
            return made
