"""What a provider's answer to one request comes to for its message (M3, M4). Nothing is stored here."""

from __future__ import annotations

from engine.core.retry import LIST_LAG_MS, LONGEST_PAUSE_MS, retry_at
from engine.senders.sender import Outgoing, Receipt, SendDeferred, SendRejected
from engine.store.outbox import Result
from engine.store.states import ACCEPTED, FAILED, FAR, HELD, QUEUED, UNKNOWN


def stale(message: Outgoing, started: int) -> Result:
    """It was claimed too long ago: the gates look at it again."""
    return Result(message.message, QUEUED, started, started, "stale", due=started)


def accepted(message: Outgoing, receipt: Receipt, started: int, ended: int) -> Result:
    return Result(message.message, ACCEPTED, started, ended, "accepted", receipt.provider_id)


def rejected(message: Outgoing, error: SendRejected, started: int, ended: int) -> Result:
    """Final; but what a phone without MMS did not get waits for the tick, which writes its `otherwise`."""
    again = error.no_mms and message.media_url is not None
    return Result(
        message.message,
        HELD if again else FAILED,
        started,
        ended,
        "no_mms" if again else "rejected",
        None,
        error.code,
        error.reason,
        due=FAR if again else None,
        opted_out=error.opted_out,
        unreachable=error.unreachable,
        too_large=error.too_large,
    )


def deferred(message: Outgoing, error: SendDeferred, started: int, ended: int) -> Result:
    """Tried again later, up to ten times; for the account's sake as often as it takes, in its old place in the queue."""
    if error.account:
        return Result(message.message, HELD, started, ended, "refused", None, error.code, error.reason)
    asked = None if error.retry_at is None else min(error.retry_at, ended + LONGEST_PAUSE_MS)
    again = retry_at(ended, message.attempt, message.message, asked)
    if again is None:
        why = f"given up: {error.reason}"
        return Result(message.message, FAILED, started, ended, "deferred", None, error.code, why)
    closed = again if error.whole_sender else None
    return Result(message.message, QUEUED, started, ended, "deferred", None, error.code, error.reason, again, closed)


def unknown(message: Outgoing, code: str, reason: str, started: int, ended: int, resend: bool) -> Result:
    """Never sent again on a guess, unless the sender prefers twice to never."""
    again = retry_at(ended, message.attempt, message.message, None) if resend else None
    if again is not None:
        return Result(message.message, QUEUED, started, ended, "unknown", None, code, reason, again)
    asked = started + LIST_LAG_MS
    return Result(message.message, UNKNOWN, started, ended, "unknown", None, code, reason, due=asked)
