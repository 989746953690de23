"""What messages earned: each order of a goal, credited to at most one message.

Invariants: nothing is decided here (orders.py credits them). Amounts of two currencies are never added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.core.calendar import DAY, HOUR, MINUTE
from engine.core.goals import MILLIONTHS
from engine.store.counts import HOUR_MS
from engine.store.goals import Deployed
from engine.store.orders import BY_CLICK, BY_DELIVERY, BY_NOTHING
from engine.store.sql import Connection, each


class Credit(NamedTuple):
    """What orders of one currency came to. `flow` and `step` are None where they are credited to no message."""

    flow: str | None
    step: str | None
    how: str  # BY_CLICK | BY_DELIVERY | BY_NOTHING
    currency: str
    orders: int
    revenue: int  # millionths

    @property
    def is_credited(self) -> bool:
        return self.how != BY_NOTHING


class Order(NamedTuple):
    """An order of a contact. Amounts in millionths, instants in UTC ms."""

    goal: str
    order_id: str
    at: int
    currency: str
    value: int
    refunded: int
    how: str
    flow: str | None
    step: str | None
    since: int | None  # when the message was clicked or delivered
    clicked_at: int | None
    delivered_at: int | None
    other_refunds: int = 0  # in another currency than it: they are not taken off


def exact_sum(column: str) -> tuple[str, str]:
    """The sum of a column of millionths as whole units and the rest, which `of_parts` puts together: a sum of millionths outgrows 64 bits
    with a few large orders, and SQLite then refuses the statement."""
    whole, rest = f"{column} / {MILLIONTHS}", f"{column} % {MILLIONTHS}"
    return f"CAST(SUM({whole}) AS BIGINT)", f"CAST(SUM({rest}) AS BIGINT)"


def of_parts(whole: int | None, rest: int | None) -> int:
    """Millionths."""
    return (whole or 0) * MILLIONTHS + (rest or 0)


_WHOLE, _REST = exact_sum("net")


def of_goal(db: Connection, goal: Deployed, hours: tuple[int, int], flow: int | None = None) -> list[Credit]:
    """Of orders from the first hour (since the epoch) up to the second, without it; `flow`: only what is credited to it."""
    # The sum keeps the planner to the index that has the rows in the order in which they are added up.
    where, values = "goal = ? AND at + 0 >= ? AND at + 0 < ?", [goal.id, hours[0] * HOUR_MS, hours[1] * HOUR_MS]
    if flow is not None:
        where, values = f"{where} AND flow = ?", [*values, flow]
    found = db.execute(
        "SELECT f.name, s.name, c.how, c.currency, c.orders, c.whole, c.rest FROM (SELECT flow, step, how, currency, COUNT(*) orders,"
        f" {_WHOLE} whole, {_REST} rest FROM goal_order WHERE {where} GROUP BY flow, step, how, currency) c"
        " LEFT JOIN flow f ON f.id = c.flow LEFT JOIN step s ON s.flow = c.flow AND s.number = c.step"
        " ORDER BY COALESCE(c.flow, 0), c.step, c.how, c.currency",
        values,
    )
    return [Credit._make([*about, of_parts(whole, rest)]) for *about, whole, rest in found]


def by_hour(
    db: Connection, goal: Deployed, since: int, currency: str, flow: int | None = None
) -> list[tuple[int, int]]:
    """(hour, millionths) of what is credited to some message, of one currency; `since`: an hour since the epoch."""
    where, values = (
        "goal = ? AND currency = ? AND at >= ? AND how <> ?",
        [goal.id, currency, since * HOUR_MS, BY_NOTHING],
    )
    if flow is not None:
        where, values = f"{where} AND flow = ?", [*values, flow]
    sql = f"SELECT at / {HOUR_MS}, {_WHOLE}, {_REST} FROM goal_order WHERE {where} GROUP BY 1 ORDER BY 1"
    return [(hour, of_parts(*net)) for hour, *net in db.execute(sql, values)]


def of_contact(db: Connection, contact: int) -> list[Order]:
    """Its orders of all goals that are deployed, oldest first."""
    return each(
        db,
        Order,
        "SELECT g.name, o.order_id, o.at, o.currency, o.value, o.refunded, o.how, f.name, s.name,"
        f" CASE o.how WHEN '{BY_CLICK}' THEN o.clicked_at WHEN '{BY_DELIVERY}' THEN o.delivered_at END, o.clicked_at, o.delivered_at,"
        " (SELECT COUNT(*) FROM goal_refund r WHERE r.goal = o.goal AND r.order_id = o.order_id AND r.currency <> o.currency)"
        " FROM goal_order o JOIN goal g ON g.id = o.goal AND g.dropped = 0 LEFT JOIN flow f ON f.id = o.flow"
        " LEFT JOIN step s ON s.flow = o.flow AND s.number = o.step WHERE o.contact = ? ORDER BY o.at, o.id",
        (contact,),
    )


def why(order: Order) -> str:
    """To which message it is credited, and why."""
    if order.since is not None:
        what = "its link was clicked" if order.how == BY_CLICK else "it was delivered"
        return f"credited to {order.flow}/{order.step}, because {what} {_span(order.at - order.since)} before"
    before = (("click", order.clicked_at), ("delivery", order.delivered_at))
    last = [f"last {what} {_span(order.at - at)} before" for what, at in before if at is not None]
    return f"credited to no message ({', '.join(last) or 'nothing was delivered before'})"


def _span(ms: int) -> str:
    """`2d3h`: at most two units."""
    parts = [(ms // DAY, "d"), (ms // HOUR % 24, "h"), (ms // MINUTE % 60, "m")]
    return "".join([f"{count}{unit}" for count, unit in parts if count][:2]) or "less than 1m"


class DrawnBranch(NamedTuple):
    """A branch of a split, by the contacts who drew it."""

    step: str
    way: str
    people: int
    clicked: int
    ordered: int = 0  # contacts with an order that is credited to the flow, since they drew it


def branches(db: Connection, flow: int, between: tuple[int, int], goal: Deployed | None) -> Sequence[DrawnBranch]:
    """Of contacts who drew a branch between these instants (UTC ms, without the second). `ordered` is 0 without a goal."""
    rows = db.execute(
        "SELECT s.number, s.name, d.way, COUNT(*), COUNT(d.clicked_at) FROM drawn d JOIN step s ON s.flow = d.flow AND s.number = d.step"
        " WHERE d.flow = ? AND d.at >= ? AND d.at < ? GROUP BY s.number, s.name, d.way ORDER BY s.number, d.way",
        (flow, *between),
    ).fetchall()
    ordered = _ordered(db, flow, between, goal) if goal is not None and rows else {}
    return [
        DrawnBranch(name, way, people, clicked, ordered.get((step, way), 0))
        for step, name, way, people, clicked in rows
    ]


def _ordered(db: Connection, flow: int, between: tuple[int, int], goal: Deployed) -> dict[tuple[int, str], int]:
    rows = db.execute(
        "SELECT d.step, d.way, COUNT(DISTINCT d.contact) FROM goal_order o JOIN drawn d ON d.contact = o.contact AND d.flow = o.flow"
        " WHERE o.goal = ? AND o.flow = ? AND o.at >= d.at AND d.at >= ? AND d.at < ? GROUP BY d.step, d.way",
        (goal.id, flow, *between),
    )
    return {(step, way): n for step, way, n in rows}
