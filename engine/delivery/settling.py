"""Storing what became of a sender's requests: one write transaction, a constant number of statements where all went well."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from engine.contacts import consent
from engine.contacts.consent import ProviderClaim
from engine.delivery import refusals
from engine.delivery.budget import give_back
from engine.deploy.deployed import Deployed
from engine.intake import inbound
from engine.store import history, outbox, rate
from engine.store.outbox import Result


def settle(db: sqlite3.Connection, deployed: Deployed, sender: str, results: Sequence[Result], now: int) -> None:
    outbox.settle(db, results)
    ids = [result.provider_id for result in results if result.provider_id is not None]
    if ids:
        inbound.replay_pending(db, sender, ids, now)
    give_back(db, deployed, results)
    _circuit(db, sender, results, now)
    _learn(db, sender, results, now)


def _circuit(db: sqlite3.Connection, sender: str, results: Sequence[Result], now: int) -> None:
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
    elif "accepted" in outcomes:
        refusals.taken(db, sender, state, max(each.started for each in results if each.outcome == "accepted"), now)


def _learn(db: sqlite3.Connection, sender: str, results: Sequence[Result], now: int) -> None:
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
