"""What a gate is asked with, and what it may answer."""

from __future__ import annotations

from typing import NamedTuple


class Candidate(NamedTuple):
    """A message about to be written or sent."""

    now: int
    category: str  # marketing | transactional | answer
    consent: str | None
    region: str
    countries: frozenset[str]
    expires_at: int | None
    unreachable: str | None = None  # why no text reaches the number


class Open(NamedTuple):
    pass


class Hold(NamedTuple):
    until: int


class Never(NamedTuple):
    reason: str
    state: str = "cancelled"  # what becomes of a message that is already written: cancelled | expired


Answer = Open | Hold | Never
OPEN = Open()
