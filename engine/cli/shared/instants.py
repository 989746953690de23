"""Instants as people type them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from engine.errors import UsageError
from engine.language.values.scalars import parse_duration

HELP = "how long ago (90d), a date (2026-11-27) or an instant (2026-11-27T09:00:00-05:00)"


def instant_of(text: str, option: str, now: int) -> int:
    """UTC ms. Raises UsageError, which names the option."""
    with suppress(ValueError):
        return now - parse_duration(text).nominal
    return _written(text, option, HELP)


def later_instant(text: str, option: str, now: int) -> int:
    """UTC ms, after `now`; a day alone is its first instant in UTC. Raises UsageError, which names the option."""
    help = "a date (2027-11-27), its first instant in UTC, or an instant (2027-11-27T09:00:00-05:00)"
    at = _written(text, option, help)
    if at <= now:
        raise UsageError(f"{option} {text[:40]} is not in the future", help)
    return at


def _written(text: str, option: str, help: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{option} {text[:40]} is not a time", help) from error
