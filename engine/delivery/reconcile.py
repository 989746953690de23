"""What became of `unknown` messages: their providers are asked (M3).

    found       the state that the provider reports, with its id, stored as a callback would be
    not found   asked again after 10 and 60 minutes, then daily for a week; it stays `unknown`
    several     a notice: a person must decide; it stays `unknown`

Invariants: nothing is sent from here. One daemon at a time asks for a message: it claims it by putting off when that is asked for. The
provider is asked outside of any transaction, and its answer changes a message only while that is `unknown`. A provider that cannot be
asked now is not asked again in this round; of a round's questions to one provider the first is alone, the others go side by side.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from engine.core.retry import LEASE_MS, LIST_LAG_MS, ask_at
from engine.intake import inbound
from engine.messaging.numbers import masked
from engine.senders.sender import Ambiguous, Lookup, LookupQuery, Receipt, SendDeferred, StatusReport
from engine.store import notices, own_events, reports, restored, unknown_messages
from engine.store.database import Database
from engine.store.sql import Connection
from engine.store.states import ACCEPTED, FAR, MESSAGE_STATES, REPORT_FOLLOWS
from engine.store.unknown_messages import Unknown

log = logging.getLogger("leadoff.delivery")
AT_ONCE = 200  # questions of one round
ASKERS = 8  # of them, side by side
CEILING = 100  # questions a second, whatever the senders may send
ROUND_SECONDS = 1.0


class Settled(NamedTuple):
    """What one question brought."""

    message: int
    phone: str
    outcome: str  # a state of M2 | not found | several | not asked
    detail: str | None = None
    again_at: int | None = None
    silent: bool = False  # its provider could not be asked


class Pace:
    """How many questions a second: what the senders may send, half of it after a provider could not be asked, then more again."""

    def __init__(self, rate: float) -> None:
        """`rate`: of all senders, a second."""
        self._most = max(1, min(CEILING, int(rate)))
        self.questions = self._most

    def heard(self, settled: Sequence[Settled]) -> None:
        silent = any(each.silent for each in settled)
        faster = self.questions + max(1, self.questions // 10)
        self.questions = max(1, self.questions // 2) if silent else min(self._most, faster)


def rounds(
    database: Database,
    senders: Mapping[str, object],
    now: Callable[[], int],
    pace: Pace,
    everything: bool = False,
    wait: Callable[[float], object] = time.sleep,
) -> Iterator[Sequence[Settled]]:
    """One a second while there is anything to ask for, and a provider that can be asked; what each of them brought."""
    after = 0
    while True:
        began = time.monotonic()
        settled = reconcile(database, senders, now, everything, pace.questions, after)
        if settled:
            yield settled
        if all(each.silent for each in settled):
            return
        pace.heard(settled)
        after = max(each.message for each in settled) if everything else 0
        wait(max(0.0, ROUND_SECONDS - (time.monotonic() - began)))


def reconcile(
    database: Database,
    senders: Mapping[str, object],
    now: Callable[[], int],
    everything: bool = False,
    limit: int = AT_ONCE,
    after: int = 0,
) -> list[Settled]:
    """A round: ask for those that are due, the longest overdue first; each by the sender it went by.

    `everything`: for all, those with ids behind `after` first.
    """
    until = FAR if everything else now()
    with database.reading() as db:
        if not unknown_messages.due(db, until, 1):
            return []
    lease = now() + LEASE_MS
    claim = unknown_messages.claim_behind if everything else unknown_messages.claim
    asked = database.write(lambda db: claim(db, after if everything else until, limit, lease))
    by_sender: dict[str, list[Unknown]] = defaultdict(list)
    for message in asked:
        by_sender[message.sender].append(message)
    settled = [
        each for name, messages in by_sender.items() for each in _Round(database, senders.get(name), now).ask(messages)
    ]
    again = [(each.message, each.again_at) for each in settled if each.silent]
    if again:
        database.write(lambda db: unknown_messages.ask_later(db, again))
    found = sum(each.outcome in MESSAGE_STATES for each in settled)
    if found:
        log.info("%s unknown messages are resolved: their providers have them", found)
    return settled


class _Round:
    """The questions to one sender."""

    def __init__(self, database: Database, sender: object, now: Callable[[], int]) -> None:
        self._database, self._sender, self._now = database, sender, now
        self._why: str | None = None  # it cannot be asked now

    def ask(self, messages: Sequence[Unknown]) -> list[Settled]:
        first, *others = messages
        settled = [self._one(first)]
        if others:
            with ThreadPoolExecutor(ASKERS, thread_name_prefix="leadoff-asks") as askers:
                settled += askers.map(self._one, others)
        return settled

    def _one(self, message: Unknown) -> Settled:
        database, now = self._database, self._now
        if not isinstance(self._sender, Lookup):
            again = ask_at(now(), message.sent_at)
            return _later(database, message, "not asked", again, "this sender cannot be asked")
        if self._why is not None:
            return self._silent(message, "the provider cannot be asked now")
        try:
            answer = self._sender.lookup("-".join(map(str, message.key)), _sought(database, message))
        except SendDeferred as error:
            if error.code == "lookup-impossible":  # of this one alone
                return _later(database, message, "not asked", ask_at(now(), message.sent_at), error.reason)
            self._why = error.reason
            return self._silent(message, error.reason)
        except Exception as error:  # a bug must not end the round
            log.exception("asking for message %s failed by a bug in Leadoff", message.id)
            return _later(database, message, "not asked", ask_at(now(), message.sent_at), type(error).__name__)
        if isinstance(answer, Receipt):
            return _found(database, message, answer, now())
        if isinstance(answer, Ambiguous):
            return _several(database, message, answer, now())
        return _later(database, message, "not found", ask_at(now(), message.sent_at), None)

    def _silent(self, message: Unknown, why: str | None) -> Settled:
        """Put off with the others, in one transaction."""
        now = self._now()
        again = None if ask_at(now, message.sent_at) is None else now + LIST_LAG_MS
        return Settled(message.id, message.phone, "not asked", why, again, silent=True)


def _sought(database: Database, message: Unknown) -> LookupQuery:
    """What a provider that keeps no tag can find the message by."""
    with database.reading() as db:
        others = frozenset(unknown_messages.other_ids(db, message))
        put_back = restored.of(db) if message.reason == restored.MAY_BE_SENT else None
    media, known = message.media is not None, message.provider_id
    until = put_back.at if put_back is not None else None
    return LookupQuery(message.phone, message.text, media, message.sent_at, known, others, until)


def _found(database: Database, message: Unknown, receipt: Receipt, now: int) -> Settled:
    """Its provider has it; what became of it there is a report like any other, which the tick hears."""
    known = receipt.status if receipt.status in MESSAGE_STATES else "accepted"
    status = known if MESSAGE_STATES.index(known) in REPORT_FOLLOWS else "accepted"

    def write(db: Connection) -> None:
        if reports.apply_status(db, message.key, ACCEPTED, receipt.provider_id, None, now):
            own_events.tell_message(db, own_events.asked(db), message.key, now)
            report = StatusReport(receipt.provider_id, None, status, None, None, now)
            inbound.record_status(db, message.sender, message.key, report, now)
            inbound.replay(db, message.sender, reports.take(db, message.sender, [receipt.provider_id]), now)

    database.write(write)
    return Settled(message.id, message.phone, status, receipt.provider_id)


def _several(database: Database, message: Unknown, answer: Ambiguous, now: int) -> Settled:
    ids = ", ".join(answer.provider_ids)
    note = (
        f"message {message.id} to {masked(message.phone)}: the provider has {len(answer.provider_ids)} that may be it ({ids});"
        f" `leadoff messages resolve {message.id} --as accepted` or `lost` once you know"
    )

    def write(db: Connection) -> None:
        unknown_messages.ask_later(db, [(message.id, None)])
        notices.add(db, "unknown", f"unknown:{message.id}", message.contact, now, note)

    database.write(write)
    return Settled(message.id, message.phone, "several", ids)


def _later(database: Database, message: Unknown, outcome: str, again: int | None, why: str | None) -> Settled:
    database.write(lambda db: unknown_messages.ask_later(db, [(message.id, again)]))
    return Settled(message.id, message.phone, outcome, why, again)
