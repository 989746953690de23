"""What happened on each of the last days, of one flow or of all, as the tally has counted it.

Days are those of the project's zone; where a zone is not whole hours from UTC, an hour belongs to the day in which it begins. What was
undone later (a click of a message that retention deleted) stays in its day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.store.counts import HOUR_MS
from engine.store.goals import Deployed
from engine.store.queries import earnings
from engine.store.sql import Connection
from engine.store.states import CLICKED, DELIVERED, IN_STATE, OPTED_OUT, TOOK

DAYS = 30
_COUNTED = {TOOK: "sent", IN_STATE + DELIVERED: "delivered", CLICKED: "clicked", OPTED_OUT: "opted_out"}


class Day(NamedTuple):
    """`sent`: taken by a provider; `clicked`: contacts, once a step; `cost`: millionths."""

    sent: int = 0
    delivered: int = 0
    clicked: int = 0
    opted_out: int = 0
    cost: int = 0


def last_days(
    db: Connection, now: int, zone: str, flow: int | None = None, days: int = DAYS
) -> Sequence[tuple[date, Day]]:
    """The oldest first, today last. `now`: UTC ms; `flow`: None for all, our own answers too."""
    begins, found = _days(now, zone, days)
    for hour, what, n, cost in _by_hour(db, begins // HOUR_MS, flow):
        counts = found.get(datetime.fromtimestamp(hour * HOUR_MS / 1000, ZoneInfo(zone)).date())
        if counts is not None:
            name = _COUNTED[what]
            counts[name] = counts.get(name, 0) + n
            counts["cost"] = counts.get("cost", 0) + cost
    return [(day, Day(**{name: max(0, n) for name, n in counts.items()})) for day, counts in found.items()]


def revenue_of_last_days(
    db: Connection, now: int, zone: str, goal: Deployed, currency: str, flow: int | None = None, days: int = DAYS
) -> list[int]:
    """Millionths of that currency which orders of each day have brought, the oldest first: of a flow, or of all."""
    begins, found = _days(now, zone, days)
    for hour, revenue in earnings.by_hour(db, goal, begins // HOUR_MS, currency, flow):
        day = datetime.fromtimestamp(hour * HOUR_MS / 1000, ZoneInfo(zone)).date()
        if day in found:
            found[day]["revenue"] = found[day].get("revenue", 0) + revenue
    return [counts.get("revenue", 0) for counts in found.values()]


def _days(now: int, zone: str, days: int) -> tuple[int, dict[date, dict[str, int]]]:
    """When the first of them begins (UTC ms), and all, with nothing counted yet."""
    place = ZoneInfo(zone)
    today = datetime.fromtimestamp(now / 1000, place).date()
    first = today - timedelta(days=days - 1)
    begins = int(datetime(first.year, first.month, first.day, tzinfo=place).timestamp() * 1000)
    return begins, {first + timedelta(days=at): dict[str, int]() for at in range(days)}


def _by_hour(db: Connection, since: int, flow: int | None) -> Sequence[tuple[int, int, int, int]]:
    """A look for each flow: the key of the tally begins with it."""
    flows, values = ("t.flow IN (SELECT f.id FROM flow f)", ()) if flow is None else ("t.flow = ?", (flow,))
    return db.execute(
        "SELECT t.hour, t.what, CAST(SUM(t.n) AS BIGINT), CAST(SUM(t.cost) AS BIGINT) FROM tally t"
        f" WHERE {flows} AND t.hour >= ? AND t.what IN {tuple(_COUNTED)} GROUP BY t.hour, t.what",
        (*values, since),
    ).fetchall()
