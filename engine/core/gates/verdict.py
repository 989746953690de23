"""What a gate decides about, and what it may answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.core.gates.caps import NO_CAPS, Caps, SentMarketing
from engine.core.gates.local_rules import LocalRules


class Candidate(NamedTuple):
    """A message about to be written or sent. `caps` and `sent` count for marketing only, `local` for what a person writes as well."""

    now: int
    category: (
        str  # marketing | transactional | answer (of ours, to what a person texted) | test (of an operator's) | person
    )
    consent: str | None
    region: str
    countries: frozenset[str]
    expires_at: int | None
    unreachable: str | None = None
    local: LocalRules | None = None  # when and how often the law and the project allow this number to be texted
    caps: Caps = NO_CAPS
    sent: Sequence[SentMarketing] = ()  # other marketing messages of the contact, oldest first
    run: int = 0


class Open(NamedTuple):
    pass


class Hold(NamedTuple):
    until: int
    why: str
    by: str  # quiet | cap: what an author may choose not to wait for


class Never(NamedTuple):
    reason: str
    state: str = "cancelled"  # what becomes of a message that is already written: cancelled | expired


Verdict = Open | Hold | Never
OPEN = Open()
