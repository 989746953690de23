"""The goals that are deployed, and how far the orders from before each are counted.

Invariants: a goal that counts other events than before is a new one with another id, and its past is counted anew; what the old one counted
is deleted once that is done. A goal whose windows change alone stays what it is: an order is credited again, a stretch
at a time, by what is noted with it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import orjson

from engine.core.goals import Goal
from engine.store.sql import AMONG, Connection, each, listed, number, numbers

DELETED_AT_ONCE = 2_000


class Deployed(NamedTuple):
    """A goal as the database knows it. `click`, `delivered`: ms; 0: off."""

    id: int
    name: str
    counts: str
    click: int
    delivered: int
    reached: int
    last: int
    crediting: int | None

    @property
    def is_counted(self) -> bool:
        """Whether all orders from before it are, and by the windows of now."""
        return self.reached >= self.last and self.crediting is None


def deployed(db: Connection) -> list[Deployed]:
    """In the order in which they were first deployed."""
    sql = "SELECT id, name, counts, click, delivered, reached, last, crediting FROM goal WHERE dropped = 0 ORDER BY id"
    return each(db, Deployed, sql)


def ids(db: Connection, goals: Collection[Goal]) -> dict[str, int]:
    """Name -> id, of those that the database knows as they are."""
    known = {found.name: found for found in deployed(db)}
    return {
        goal.name: known[goal.name].id
        for goal in goals
        if goal.name in known and known[goal.name].counts == _counts(goal)
    }


def deploy(db: Connection, goals: Collection[Goal]) -> None:
    """By the switch to a deployment with these goals, which is alone."""
    known = {found.name: found for found in deployed(db)}
    last = number(db, "SELECT MAX(id) FROM event") or 0
    wanted = {goal.name: goal for goal in goals}
    for name, found in known.items():
        if name not in wanted or found.counts != _counts(wanted[name]):
            db.execute("UPDATE goal SET dropped = 1 WHERE id = ?", (found.id,))
    for name, goal in wanted.items():
        if name in known and known[name].counts == _counts(goal):
            _change_windows(db, goal, known[name].id)
        else:
            _begin(db, goal, last)


def _begin(db: Connection, goal: Goal, last: int) -> None:
    """One that counted the same earlier goes on; what came meanwhile is counted with the rest."""
    sql = "SELECT MAX(id) FROM goal WHERE name = ? AND counts = ?"
    id = number(db, sql, (goal.name, _counts(goal)))
    if id is None:
        sql = "INSERT INTO goal (name, counts, click, delivered, reached, last) VALUES (?, ?, ?, ?, 0, ?)"
        db.execute(sql, (goal.name, _counts(goal), goal.click, goal.delivered, last))
    else:
        db.execute("UPDATE goal SET dropped = 0, reached = 0, last = ? WHERE id = ?", (last, id))
        _change_windows(db, goal, id)


def _change_windows(db: Connection, goal: Goal, id: int) -> None:
    sql = "UPDATE goal SET click = ?, delivered = ?, crediting = 0 WHERE id = ? AND (click <> ? OR delivered <> ?)"
    db.execute(sql, (goal.click, goal.delivered, id, goal.click, goal.delivered))


def _counts(goal: Goal) -> str:
    return orjson.dumps(goal.counts, default=list).decode()


def claim(db: Connection, id: int) -> int | None:
    """The event up to which the past of this goal is counted, while nobody else counts it; None: it is all counted, or somebody does."""
    sql = "SELECT g.reached FROM goal g WHERE g.id = ? AND g.dropped = 0 AND g.reached < g.last"
    found = db.claim(sql, (id,), of="g").fetchone()
    return None if found is None else int(found[0])


def reach(db: Connection, id: int, event: int) -> None:
    db.execute("UPDATE goal SET reached = ? WHERE id = ?", (event, id))


def claim_crediting(db: Connection, id: int) -> int | None:
    """The order up to which all are credited by the windows of now, while nobody else credits them; None: all are, or somebody does."""
    found = db.claim(
        "SELECT g.crediting FROM goal g WHERE g.id = ? AND g.crediting IS NOT NULL", (id,), of="g"
    ).fetchone()
    return None if found is None else int(found[0])


def credit_up_to(db: Connection, id: int, order: int | None) -> None:
    """None: all are."""
    db.execute("UPDATE goal SET crediting = ? WHERE id = ?", (order, id))


def replaced(db: Connection) -> list[int]:
    """The ids of those that are dropped, where another of the same name is deployed and counted."""
    sql = (
        "SELECT g.id FROM goal g WHERE g.dropped = 1 AND EXISTS (SELECT 1 FROM goal n WHERE n.name = g.name AND n.dropped = 0"
        " AND n.reached >= n.last) ORDER BY g.id"
    )
    return [id for (id,) in db.execute(sql)]


def delete(db: Connection, id: int) -> bool:
    """Some of what it has counted, in the end the goal itself; whether there is more."""
    for table, key in (("goal_order", "id"), ("goal_refund", "event")):
        some = numbers(db, f"SELECT {key} FROM {table} WHERE goal = ? LIMIT {DELETED_AT_ONCE}", (id,))
        if db.execute(f"DELETE FROM {table} WHERE goal = ? AND {key} {AMONG}", (id, listed(some))).rowcount:
            return True
    db.execute("DELETE FROM goal WHERE id = ? AND dropped = 1", (id,))
    return False
