"""What the tally says of one flow, added up: read once for all that is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.store.counts import HOUR_MS
from engine.store.sql import Connection
from engine.store.states import GONE

Sums = Mapping[tuple[int, int, str], tuple[int, int]]
"""(what, place, detail) -> how many, and their cost in millionths."""
EVER = (-1, 1 << 40)
SETTLED_HOURS = 2
"""So long after its end nothing more is added to an hour, whichever daemon's clock is late."""
LASTS_MS = 10 * 60_000


def of_flow(db: Connection, flow: int, hours: tuple[int, int] = EVER) -> Sums:
    """`hours`: since the epoch; the second is the first that is left out."""
    rows = db.execute(
        "SELECT what, place, detail, CAST(SUM(n) AS BIGINT), CAST(SUM(cost) AS BIGINT) FROM tally"
        f" WHERE flow = ? AND hour >= ? AND hour < ? AND what < {GONE} GROUP BY what, place, detail ORDER BY what, place, detail",
        (flow, *hours),
    )
    return {(what, place, detail): (n, cost) for what, place, detail, n, cost in rows}


class _Kept(NamedTuple):
    """Of all hours before `end`; of use until the instant `until` (UTC ms)."""

    end: int
    until: int
    sums: Sums


class Totals:
    """Of all hours there ever were; what those that are over came to is kept for a while. Used by many threads."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}

    def of_flow(self, db: Connection, flow: int, now: int) -> Sums:
        """`now`: UTC ms."""
        end = now // HOUR_MS - SETTLED_HOURS
        kept = self._kept.get(flow)
        if kept is None or kept.end > end or now >= kept.until:
            kept = _Kept(end, now + LASTS_MS, of_flow(db, flow, (EVER[0], end)))
        elif kept.end < end:
            kept = _Kept(end, kept.until, _together(kept.sums, of_flow(db, flow, (kept.end, end))))
        self._kept[flow] = kept
        return _together(kept.sums, of_flow(db, flow, (end, EVER[1])))


def _together(some: Sums, more: Sums) -> Sums:
    found = dict(some)
    for key, (n, cost) in more.items():
        before = found.get(key, (0, 0))
        found[key] = before[0] + n, before[1] + cost
    return dict(sorted(found.items()))
