"""Refusals that concern more than one message: all of a sender's, because of the account, or all with one picture that is too large.

Invariants: a refusal because of money, registration or set-up pauses the sender. Its messages are held with that reason, no attempt
counts, one notice names the fix, and every few minutes the first message is sent as a probe. Where the refusal comes by callback, a
probe has succeeded when no refusal came until the next one would be due.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from engine.store import history, notices, rate
from engine.store.rate import Refusal, SenderState
from engine.store.sql import Connection

log = logging.getLogger("leadoff.delivery")
PROBE_MS = 300_000


def account_refused(
    db: Connection, sender: str, messages: Collection[int], reason: str, now: int, by_callback: bool
) -> None:
    """These messages are held, and the sender pauses; one notice until it takes messages again."""
    standing = rate.state_of(db, sender, now).refusal
    since = standing.since if standing else now
    why = standing.why if standing else f"{sender} is refused by its provider: {reason}"
    late = by_callback or bool(standing and standing.by_callback)
    refusal = Refusal(why, since, now, late)
    rate.hold_refused(db, messages, refusal)
    if by_callback and standing and standing.by_callback and standing.taken_at is None:
        return  # one more of those that were under way
    rate.refuse(db, sender, refusal, now)
    rate.close(db, sender, now + PROBE_MS)
    note = (
        f"{why}. Its messages are held, none is lost for it and no attempt counts; mend it at the provider (credit, registration of"
        f" the number or campaign, credentials: `leadoff doctor`). Every {PROBE_MS // 60_000} minutes one is sent as a probe"
    )
    if notices.add(db, "account", _subject(sender, since), None, now, note):
        log.error("%s", note)


def taken(db: Connection, sender: str, state: SenderState, started: int, now: int) -> None:
    """The provider took a message whose request started then: where it refuses at the request, all is well again."""
    refusal = state.refusal
    if refusal is None or started <= refusal.last:
        return
    if refusal.by_callback:
        rate.refuse(db, sender, refusal._replace(taken_at=now), now)
    else:
        over(db, sender, refusal, now)


def over(db: Connection, sender: str, refusal: Refusal, now: int) -> None:
    rate.accept_again(db, sender, refusal)
    notices.finish_about(db, _subject(sender, refusal.since), now)
    log.warning("%s accepts messages again", sender)


def too_large(db: Connection, message: int, sender: str, reason: str, now: int) -> None:
    """Each later message with that picture would fail too: one notice a picture."""
    about = history.picture_of(db, message)
    if about is None:
        return
    media, flow, step = about
    note = (
        f"the picture of {flow}, {step} is refused by {sender} as too large ({reason}): each message with it fails alike until"
        " `leadoff apply` brings a smaller one (`leadoff media fit` says what becomes of a file)"
    )
    if notices.add(db, "too-large", f"too-large:{sender}:{media}", None, now, note):
        log.error("%s", note)


def _subject(sender: str, since: int) -> str:
    return f"account:{sender}:{since}"
