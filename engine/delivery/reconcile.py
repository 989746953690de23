"""What became of `unknown` messages: their providers are asked (M3).

    found       the state that the provider reports, with its id, stored as a callback would be
    not found   asked again after 10 and 60 minutes, then daily for a week; it stays `unknown`
    several     a notice: a person must decide; it stays `unknown`

Invariants: nothing is sent from here. One daemon at a time asks for a message: it claims it by putting off when that is asked for. The
provider is asked outside of any transaction, and its answer changes a message only while that is `unknown`. A provider that cannot be
asked now is not asked again in this round.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

from engine.core.retry import LEASE_MS, LIST_LAG_MS, ask_at
from engine.intake import inbound
from engine.messaging.numbers import masked
from engine.senders.sender import Ambiguous, Lookup, LookupQuery, Receipt, SendDeferred, StatusReport
from engine.store import notices, reports, restored, unknown_messages
from engine.store.database import Database
from engine.store.sql import Connection
from engine.store.states import ACCEPTED, FAR, MESSAGE_STATES, REPORT_FOLLOWS
from engine.store.unknown_messages import Unknown

log = logging.getLogger("leadoff.delivery")
AT_ONCE = 200  # questions of one round


class Settled(NamedTuple):
    """What one question brought."""

    message: int
    phone: str
    outcome: str  # a state of M2 | not found | several | not asked
    detail: str | None = None
    again_at: int | None = None


def reconcile(
    database: Database, senders: Mapping[str, object], now: Callable[[], int], everything: bool = False
) -> list[Settled]:
    """Ask for those that are due, with `everything` for all; each by the sender it went by."""
    until = FAR if everything else now()
    with database.reading() as db:
        if not unknown_messages.due(db, until, 1):
            return []
    asked = database.write(lambda db: unknown_messages.claim(db, until, AT_ONCE, now() + LEASE_MS))
    silent: set[str] = set()
    settled = []
    for message in asked:
        settled.append(_ask(database, message, senders.get(message.sender), silent, now))
    found = sum(each.outcome in MESSAGE_STATES for each in settled)
    if found:
        log.info("%s unknown messages are resolved: their providers have them", found)
    return settled


def _ask(database: Database, message: Unknown, sender: object, silent: set[str], now: Callable[[], int]) -> Settled:
    if not isinstance(sender, Lookup) or message.sender in silent:
        why = "the provider cannot be asked now" if message.sender in silent else "this sender cannot be asked"
        return _later(database, message, "not asked", now(), now() + LIST_LAG_MS, why)
    key = "-".join(map(str, message.key))
    try:
        answer = sender.lookup(key, _sought(database, message))
    except SendDeferred as error:
        if error.code == "lookup-impossible":  # of this one alone
            return _later(database, message, "not asked", now(), ask_at(now(), message.sent_at), error.reason)
        silent.add(message.sender)
        return _later(database, message, "not asked", now(), now() + LIST_LAG_MS, error.reason)
    except Exception as error:  # a bug must not end the round
        log.exception("asking for message %s failed by a bug in Leadoff", message.id)
        return _later(database, message, "not asked", now(), ask_at(now(), message.sent_at), type(error).__name__)
    if isinstance(answer, Receipt):
        return _found(database, message, answer, now())
    if isinstance(answer, Ambiguous):
        return _several(database, message, answer, now())
    return _later(database, message, "not found", now(), ask_at(now(), message.sent_at), None)


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
        if reports.apply_status(db, message.key, ACCEPTED, receipt.provider_id, None):
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


def _later(database: Database, message: Unknown, outcome: str, now: int, again: int | None, why: str | None) -> Settled:
    last = ask_at(now, message.sent_at) is None
    again = None if last else again
    database.write(lambda db: unknown_messages.ask_later(db, [(message.id, again)]))
    return Settled(message.id, message.phone, outcome, why, again)
