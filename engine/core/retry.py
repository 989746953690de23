"""When a message that certainly did not go out is tried again (M4), and when a provider is asked for one whose fate is unknown (M3).

Pure: `now` and the attempt come in.

The wait doubles from 2 s to 15 min; a quarter of it depends on the message, so that those deferred together do not return together.
"""

from __future__ import annotations

from engine.core.calendar import DAY, MINUTE

ATTEMPTS = 10
FIRST_MS = 2_000
LONGEST_MS = 900_000
LONGEST_PAUSE_MS = 3_600_000  # even if a provider wants a longer one


def backoff(attempt: int, message: int) -> int:
    """Milliseconds to wait after the failed attempt number `attempt` (from 1)."""
    wait = min(LONGEST_MS, FIRST_MS << min(attempt - 1, 20))
    return wait - (wait // 4) * (message * 2_654_435_761 % 1_000) // 1_000


def retry_at(now: int, attempt: int, message: int, asked: int | None) -> int | None:
    """The next attempt's instant, at least the provider's Retry-After (`asked`); None to give up."""
    if attempt >= ATTEMPTS:
        return None
    return max(now + backoff(attempt, message), asked or 0)


LEASE_MS = 2 * MINUTE  # whose request has no result after so long has lost its daemon: no request takes half as long
LIST_LAG_MS = 2 * MINUTE  # a provider's list may lag this much behind what it has accepted
ASKED_AFTER = (LIST_LAG_MS, 10 * MINUTE, 60 * MINUTE, *(day * DAY for day in range(1, 8)))


def ask_at(now: int, sent: int) -> int | None:
    """When the provider is asked next for a message whose request began at `sent`; None: it has been asked for a week."""
    return next((sent + after for after in ASKED_AFTER if sent + after > now), None)
