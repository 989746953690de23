"""What a provider's answer to one request means for its message (M3, M4), and storing the results of many requests.

Invariants: one write transaction; where all went well, a constant number of statements.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.contacts import consent
from engine.contacts.consent import ProviderClaim
from engine.core.retry import LIST_LAG_MS, LONGEST_PAUSE_MS, retry_at
from engine.delivery import refusals, stop_if
from engine.delivery.budget import give_back
from engine.deploy.deployed import Deployed
from engine.intake import inbound
from engine.senders.sender import Outgoing, Receipt, SendDeferred, SendRejected
from engine.store import history, outbox, own_events, rate, reports
from engine.store.outbox import Result
from engine.store.sql import Connection
from engine.store.states import ACCEPTED, FAILED, FAR, HELD, QUEUED, UNKNOWN

TOLD = (ACCEPTED, FAILED)  # states of which there may be an event
PLAIN = ("accepted", "stale")  # outcomes that leave the sender's circuit as it is


def _result(
    message: Outgoing, state: int, started: int, ended: int, outcome: str, provider_id: str | None = None,
    code: str | None = None, reason: str | None = None, due: int | None = None, whole_sender: int | None = None,
) -> Result:  # fmt: skip
    return Result(
        message.message,
        state,
        started,
        ended,
        outcome,
        provider_id,
        code,
        reason,
        due,
        whole_sender,
        attempt=message.attempt,
    )


def stale(message: Outgoing, started: int) -> Result:
    """It was claimed too long ago: the gates look at it again."""
    return _result(message, QUEUED, started, started, "stale", due=started)


def accepted(message: Outgoing, receipt: Receipt, started: int, ended: int) -> Result:
    return _result(message, ACCEPTED, started, ended, "accepted", receipt.provider_id)


def rejected(message: Outgoing, error: SendRejected, started: int, ended: int) -> Result:
    """Final; but what a phone without MMS did not get waits for the tick, which writes its `otherwise`."""
    again = error.no_mms and message.media_url is not None
    state, outcome, due = (HELD, "no_mms", FAR) if again else (FAILED, "rejected", None)
    result = _result(message, state, started, ended, outcome, None, error.code, error.reason, due)
    return result._replace(opted_out=error.opted_out, unreachable=error.unreachable, too_large=error.too_large)


def deferred(message: Outgoing, error: SendDeferred, started: int, ended: int) -> Result:
    """Tried again later, up to ten times; for the account's sake as often as it takes, in its old place in the queue."""
    if error.account:
        return _result(message, HELD, started, ended, "refused", None, error.code, error.reason)
    asked = None if error.retry_at is None else min(error.retry_at, ended + LONGEST_PAUSE_MS)
    again = retry_at(ended, message.attempt, message.message, asked)
    if again is None:
        why = f"given up: {error.reason}"
        return _result(message, FAILED, started, ended, "deferred", None, error.code, why)
    closed = again if error.whole_sender else None
    return _result(message, QUEUED, started, ended, "deferred", None, error.code, error.reason, again, closed)


def unknown(message: Outgoing, code: str, reason: str, started: int, ended: int, resend: bool) -> Result:
    """Never sent again on a guess, unless the sender prefers twice to never."""
    again = retry_at(ended, message.attempt, message.message, None) if resend else None
    if again is not None:
        return _result(message, QUEUED, started, ended, "unknown", None, code, reason, again)
    asked = started + LIST_LAG_MS
    return _result(message, UNKNOWN, started, ended, "unknown", None, code, reason, due=asked)


def settle(db: Connection, deployed: Deployed, sender: str, results: Sequence[Result], now: int) -> None:
    if any(result.outcome not in PLAIN for result in results):
        rate.lock(db, sender, now)  # what follows may change its circuit; before the messages, as a claim does
    outbox.settle(db, results, now)
    if deployed.asked:
        own_events.tell_messages(db, deployed.asked, [each.message for each in results if each.state in TOLD], now)
    ids = [result.provider_id for result in results if result.provider_id is not None]
    if ids:
        kept = reports.take(db, sender, ids)
        if kept:
            inbound.replay(db, sender, kept, now)
    give_back(db, deployed, results)
    _circuit(db, sender, results, now)
    stop_if.failed(db, deployed, [result.message for result in results if result.state == FAILED], now)
    _learn(db, sender, results, now)


def _circuit(db: Connection, sender: str, results: Sequence[Result], now: int) -> None:
    """Whether the sender as a whole goes on, pauses, or is refused for the account."""
    outcomes = {result.outcome for result in results}
    closed = max((result.whole_sender for result in results if result.whole_sender is not None), default=None)
    if closed is None and outcomes <= {"stale"}:
        return
    state = rate.state_of(db, sender, now)
    if closed is not None:
        rate.close(db, sender, max(closed, state.closed_until))
    refused = [result for result in results if result.outcome == "refused"]
    if refused:
        why, ids = f"{refused[0].reason} ({refused[0].code})", [result.message for result in refused]
        refusals.account_refused(db, sender, ids, why, now, by_callback=False)
    elif state.refusal is not None and "accepted" in outcomes:
        refusals.taken(db, sender, state, max(each.started for each in results if each.outcome == "accepted"), now)


def _learn(db: Connection, sender: str, results: Sequence[Result], now: int) -> None:
    """What refusals say of numbers and pictures."""
    for result in results:
        if result.too_large:
            refusals.too_large(db, result.message, sender, result.reason or result.code or "no reason", now)
        if result.outcome == "no_mms":
            inbound.record_refused_mms(db, result.message, result.reason or result.code, now)
    about = {result.message: result for result in results if result.opted_out or result.unreachable}
    for message, (contact, phone) in history.contacts_of(db, about).items() if about else ():
        result = about[message]
        said = ProviderClaim(contact, phone, result.opted_out, result.unreachable, result.reason or result.code)
        consent.apply_claim(db, said, f"provider {sender}", now)
