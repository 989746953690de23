"""The gates, one function each, in the order in which they are called: may this message go now?"""

from __future__ import annotations

from engine.core.gates.caps import cap_reached
from engine.core.gates.verdict import OPEN, Candidate, Hold, Never, Verdict


def consent(candidate: Candidate) -> Verdict:
    """Consent (C1): marketing goes to the subscribed only; `transactional` frees from that, never from a STOP.

    An `answer` is to a keyword of the contact: it also goes to contacts who have opted out, to confirm that or to say HELP. A
    `test` goes to a number of the operator's own. What a `person` writes answers a contact, and never one who has opted out.
    """
    if candidate.consent == "subscribed" or candidate.category == "answer":
        return OPEN
    if candidate.consent == "unsubscribed":
        return Never("opted out")
    if candidate.category in ("transactional", "test", "person"):
        return OPEN
    return Never("the consent has ended" if candidate.consent == "ended" else "no consent")


def reachable(candidate: Candidate) -> Verdict:
    """Reachable: nothing is sent to a number that a provider has called a landline, or otherwise closed to texts."""
    if candidate.unreachable is None:
        return OPEN
    return Never(f"cannot be texted: {candidate.unreachable}")


def country(candidate: Candidate) -> Verdict:
    """Country: no number outside the project's `countries` is texted. Judged by the number's region, never by +1."""
    if candidate.region in candidate.countries:
        return OPEN
    return Never(f"country {candidate.region} is not served")


def expiry(candidate: Candidate) -> Verdict:
    """Expiry (T4): a message that is too late is dropped, and its state says so."""
    if candidate.expires_at is None or candidate.now <= candidate.expires_at:
        return OPEN
    return Never("expired", "expired")


def hours(candidate: Candidate) -> Verdict:
    """Quiet hours: marketing, and what a person writes, goes only while it is allowed wherever the contact may be; it waits for the
    next opening. What answers a text of the last 24 hours has no `local`."""
    if candidate.category not in ("marketing", "person") or candidate.local is None:
        return OPEN
    until, why = candidate.local.opening(candidate.now), candidate.local.why
    if until == candidate.now:
        return OPEN
    return Never(f"{why}: they never end") if until is None else Hold(until, why, "quiet")


def frequency(candidate: Candidate) -> Verdict:
    """Frequency cap, as a gate: the counting is in caps.py."""
    by_law = candidate.local.most_per_day if candidate.local is not None else None
    if candidate.category != "marketing" or not candidate.sent or (by_law is None and not candidate.caps.caps):
        return OPEN
    found = cap_reached(candidate.caps, by_law, candidate.sent, candidate.run, candidate.now)
    return OPEN if found is None else Hold(found.until, found.why, "cap")
