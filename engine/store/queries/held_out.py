"""Those who got a flow and those who are held out of it, with what they ordered since: what `stats` compares.

Invariants: both sides are of the same time, from the first contact that was held out. Who was on both, because the share has changed, is on
neither. An order counts from its contact's first entry on, for WINDOW, whatever message it is credited to.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.core.added import Side
from engine.core.calendar import DAY
from engine.core.goals import MILLIONTHS
from engine.store import goals
from engine.store.queries.earnings import exact_sum, of_parts
from engine.store.sql import Connection, number
from engine.store.states import HELD_OUT

WINDOW = 30 * DAY


class Compared(NamedTuple):
    """By one goal."""

    goal: str
    got: Side
    held_out: Side


def compared(db: Connection, flow: int, currency: str, since: int, until: int) -> list[Compared]:
    """By each goal; [] where nobody is held out. Entries from `since` up to `until` (UTC ms), orders in that currency."""
    first = number(db, "SELECT MIN(entered_at) FROM run WHERE flow = ? AND reason = ?", (flow, HELD_OUT))
    if first is None:
        return []
    return [
        Compared(each.name, *_sides(db, flow, each.id, currency, max(first, since), until))
        for each in goals.deployed(db)
    ]


_IS_OUT = f"CASE WHEN reason = '{HELD_OUT}' THEN 1 ELSE 0 END"
_WHOLE, _REST = exact_sum("o.net")
_VALUE = f"(CAST(whole AS DOUBLE PRECISION) * {MILLIONTHS} + rest)"
_SIDES = (
    f"WITH entered AS (SELECT contact, MIN(entered_at) AS at, MAX({_IS_OUT}) AS held_out FROM run"
    " WHERE flow = ? AND entered_at >= ? AND entered_at < ? AND contact > 0 GROUP BY contact"
    f" HAVING MAX({_IS_OUT}) = MIN({_IS_OUT})),"
    f" earned AS (SELECT e.contact, e.held_out, COUNT(o.id) AS orders, COALESCE({_WHOLE}, 0) AS whole, COALESCE({_REST}, 0) AS rest"
    " FROM entered e LEFT JOIN goal_order o ON o.contact = e.contact AND o.goal = ? AND o.currency = ?"
    " AND o.at >= e.at AND o.at < e.at + ? GROUP BY e.contact, e.held_out)"
    " SELECT held_out, COUNT(*), COUNT(*) FILTER (WHERE orders > 0), CAST(SUM(whole) AS BIGINT), CAST(SUM(rest) AS BIGINT),"
    f" SUM({_VALUE} * {_VALUE}) FROM earned GROUP BY held_out"
)


def _sides(db: Connection, flow: int, goal: int, currency: str, since: int, until: int) -> tuple[Side, Side]:
    rows = db.execute(_SIDES, (flow, since, until, goal, currency, WINDOW))
    found = {
        bool(out): Side(contacts, buyers, of_parts(whole, rest), squares)
        for out, contacts, buyers, whole, rest, squares in rows
    }
    return found.get(False, Side()), found.get(True, Side())
