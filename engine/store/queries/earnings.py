"""What messages earned: each order of a goal, credited to at most one message.

Invariants: the last click before an order counts if it is within the goal's window for clicks; else the last delivery, if it is within that
for deliveries; else nothing does. The windows are those that are deployed at this moment, for orders of the past as well. An order is worth
its value without its refunds, never less than nothing. Amounts of two currencies are never added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.store import goals
from engine.store.counts import HOUR_MS
from engine.store.goals import Deployed
from engine.store.sql import Connection, each

CLICK, DELIVERED, NONE = "click", "delivered", "none"
NET = "CASE WHEN o.refunded > o.value THEN 0 ELSE o.value - o.refunded END"


class Credit(NamedTuple):
    """What orders of one currency came to. `flow` and `step` are None where they are credited to no message."""

    flow: str | None
    step: str | None
    how: str  # CLICK | DELIVERED | NONE
    currency: str
    orders: int
    revenue: int  # millionths

    @property
    def is_credited(self) -> bool:
        return self.how != NONE


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


def how(goal: Deployed) -> str:
    """SQL over goal_order o: to what an order is credited. The numbers are the deployment's own."""
    # Where a window is off, nothing is within it: no click is later than its order.
    click, delivered = (f"o.at - {window}" if window else "o.at + 1" for window in (goal.click, goal.delivered))
    return f"CASE WHEN o.clicked_at >= {click} THEN '{CLICK}' WHEN o.delivered_at >= {delivered} THEN '{DELIVERED}' ELSE '{NONE}' END"


def _credited(goal: Deployed, columns: str, where: str) -> str:
    """`columns`: also `how`, `flow` and `step`."""
    place = ", ".join(
        f"CASE found.how WHEN '{CLICK}' THEN found.clicked_{name} WHEN '{DELIVERED}' THEN found.delivered_{name} END {name}"
        for name in ("flow", "step", "at")
    ).replace(" END at", " END since")
    found = f"SELECT o.*, {NET} net, {how(goal)} how FROM goal_order o WHERE o.goal = {goal.id} AND {where}"
    return f"SELECT {columns} FROM (SELECT found.*, {place} FROM ({found}) found) o"


def of_goal(db: Connection, goal: Deployed, hours: tuple[int, int], flow: int | None = None) -> list[Credit]:
    """Of orders from the first hour (since the epoch) up to the second, without it; `flow`: only what is credited to it."""
    where, values = "o.at >= ? AND o.at < ?", (hours[0] * HOUR_MS, hours[1] * HOUR_MS)
    if flow is not None:
        where += f" AND (o.clicked_flow = {int(flow)} OR o.delivered_flow = {int(flow)})"
    credited = _credited(goal, "o.flow, o.step, o.how, o.currency, o.net", where)
    only = "" if flow is None else f" WHERE c.flow = {int(flow)}"
    return each(
        db,
        Credit,
        "SELECT f.name, s.name, c.how, c.currency, c.orders, c.net FROM (SELECT c.flow, c.step, c.how, c.currency, COUNT(*) orders,"
        f" CAST(SUM(c.net) AS BIGINT) net FROM ({credited}) c{only} GROUP BY c.flow, c.step, c.how, c.currency) c"
        " LEFT JOIN flow f ON f.id = c.flow LEFT JOIN step s ON s.flow = c.flow AND s.number = c.step"
        " ORDER BY COALESCE(c.flow, 0), c.step, c.how, c.currency",
        values,
    )


def of_contact(db: Connection, contact: int) -> list[Order]:
    """Its orders of all goals, oldest first."""
    found: list[Order] = []
    for goal in goals.deployed(db):
        credited = _credited(goal, "*", f"o.contact = {int(contact)}")
        found += each(
            db,
            Order,
            "SELECT ?, c.order_id, c.at, c.currency, c.value, c.refunded, c.how, f.name, s.name, c.since, c.clicked_at, c.delivered_at"
            f" FROM ({credited}) c LEFT JOIN flow f ON f.id = c.flow LEFT JOIN step s ON s.flow = c.flow AND s.number = c.step"
            " ORDER BY c.at, c.id",
            (goal.name,),
        )
    return sorted(found, key=lambda order: order.at)


def why(order: Order) -> str:
    """To which message it is credited, and why."""
    if order.since is not None:
        what = "its link was clicked" if order.how == CLICK else "it was delivered"
        return f"credited to {order.flow}/{order.step}, because {what} {_span(order.at - order.since)} before"
    before = (("click", order.clicked_at), ("delivery", order.delivered_at))
    last = [f"last {what} {_span(order.at - at)} before" for what, at in before if at is not None]
    return f"credited to no message ({', '.join(last) or 'nothing was delivered before'})"


def _span(ms: int) -> str:
    """`2d3h`: at most two units."""
    minutes = ms // 60_000
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m")]
    return "".join([f"{count}{unit}" for count, unit in parts if count][:2]) or "less than 1m"


class Arm(NamedTuple):
    """A branch of a split, by the contacts who drew it."""

    step: str
    way: str
    people: int
    clicked: int
    ordered: int = 0  # contacts with an order that is credited to the flow, since they drew it


def arms(db: Connection, flow: int, between: tuple[int, int], goal: Deployed | None) -> Sequence[Arm]:
    """Of contacts who drew a branch between these instants (UTC ms, without the second). `ordered` is 0 without a goal."""
    rows = db.execute(
        "SELECT s.number, s.name, d.way, COUNT(*), COUNT(d.clicked_at) FROM drawn d JOIN step s ON s.flow = d.flow AND s.number = d.step"
        " WHERE d.flow = ? AND d.at >= ? AND d.at < ? GROUP BY s.number, s.name, d.way ORDER BY s.number, d.way",
        (flow, *between),
    ).fetchall()
    ordered = _ordered(db, flow, between, goal) if goal is not None and rows else {}
    return [Arm(name, way, people, clicked, ordered.get((step, way), 0)) for step, name, way, people, clicked in rows]


def _ordered(db: Connection, flow: int, between: tuple[int, int], goal: Deployed) -> dict[tuple[int, str], int]:
    flow = int(flow)
    credited = _credited(goal, "o.contact, o.at, o.flow", f"(o.clicked_flow = {flow} OR o.delivered_flow = {flow})")
    rows = db.execute(
        f"SELECT d.step, d.way, COUNT(DISTINCT d.contact) FROM ({credited}) c JOIN drawn d ON d.contact = c.contact AND d.flow = c.flow"
        " WHERE c.flow = ? AND c.at >= d.at AND d.at >= ? AND d.at < ? GROUP BY d.step, d.way",
        (flow, *between),
    )
    return {(step, way): n for step, way, n in rows}
