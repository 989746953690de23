"""When a message that certainly did not go out is tried again (M4). Pure: `now` and the attempt come in.

The wait doubles from 2 s to 15 min; a quarter of it depends on the message, so that those deferred together do not return together.
"""

from __future__ import annotations

ATTEMPTS = 10
FIRST_MS = 2_000
LONGEST_MS = 900_000


def backoff(attempt: int, message: int) -> int:
    """Milliseconds to wait after the failed attempt number `attempt` (from 1)."""
    wait = min(LONGEST_MS, FIRST_MS << min(attempt - 1, 20))
    return wait - (wait // 4) * (message * 2_654_435_761 % 1_000) // 1_000


def retry_at(now: int, attempt: int, message: int, asked: int | None) -> int | None:
    """The next attempt's instant, at least the provider's Retry-After (`asked`); None to give up."""
    if attempt >= ATTEMPTS:
        return None
    return max(now + backoff(attempt, message), asked or 0)
