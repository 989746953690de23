"""The moments of a contact's story as people and scripts see them: `explain`, `simulate`, `upcoming`.

Invariants: a mark stands beside its words, so that nothing is said by a colour alone; instants for scripts are ISO 8601 in UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.clock import instant
from engine.store.queries.listings import MILLION
from engine.store.queries.timeline import TimelineEntry

MARKS = {
    "consent": ("◆", "cyan"), "event": ("●", "blue"), "click": ("➜", "magenta"), "text": ("✉", "magenta"),
    "refused": ("✗", "yellow"), "missed": ("✗", "yellow"), "entered": ("▶", "bold"), "message": ("✓", "green"), "queued": ("…", "yellow"),
    "order": ("$", "green"), "status": ("✓", "green"), "parked": ("!", "bold red"), "retried": ("↻", "yellow"),
    "noted": ("·", "dim"), "exited": ("■", "bold"), "waits": ("⧗", "yellow"),
}  # fmt: skip
UNKNOWN = "unknown"  # the phone may have it
BAD = ("failed", "undelivered", UNKNOWN, "expired")
QUIET = ("skipped", "cancelled")
UNSENT = ("queued", "held", "sending")


def look_of(status: str) -> str:
    """How a message looks on a phone: bad | doubt | quiet | waits | sent."""
    if status == UNKNOWN:
        return "doubt"
    return "bad" if status in BAD else "quiet" if status in QUIET else "waits" if status in UNSENT else "sent"


def mark_of(moment: TimelineEntry) -> tuple[str, str]:
    """Its mark and the style of it."""
    status = moment.details.get("status")
    if status == UNKNOWN:
        return "?", "red"
    if status in BAD:
        return "✗", "red"
    return ("–", "dim") if status in QUIET else MARKS[moment.kind]


def row(moment: TimelineEntry) -> dict[str, Any]:
    """For JSON."""
    details = dict(moment.details)
    for key in ("due_at", "until"):
        if key in details:
            details[key] = instant(details[key])
    if isinstance(details.get("attempts"), list):
        details["attempts"] = [each | {"at": instant(each["at"])} for each in details["attempts"]]
    return moment._asdict() | {"at": instant(moment.at), "details": details}


def money(millionths: int, currency: str, digits: int = 3) -> str:
    """`$0.045`, `0.045 EUR`."""
    said = f"{millionths / MILLION:,.{digits}f}"
    return f"${said}" if currency == "USD" else f"{said} {currency}"


def clock(at: int, zone: ZoneInfo) -> str:
    """`8:30 PM`."""
    return f"{datetime.fromtimestamp(at / 1000, zone):%I:%M %p}".removeprefix("0")


def day(at: int, zone: ZoneInfo) -> str:
    """`Thu, Apr 1`."""
    moment = datetime.fromtimestamp(at / 1000, zone)
    return f"{moment:%a, %b} {moment.day}"


def day_and_clock(at: int, zone: ZoneInfo) -> str:
    """`Thu, Apr 1 8:30 PM`."""
    return f"{day(at, zone)} {clock(at, zone)}"


def place_of(zone: str) -> str:
    """`New York` of America/New_York."""
    return zone.rpartition("/")[2].replace("_", " ")
