"""Who drew which branch of a split, and who has clicked since: what A/B tests are counted with.

Invariants: a contact counts once at a split, in the branch that it drew first. A click on a link of any message of the flow counts once
the branch is drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.store.sql import AMONG, Connection, listed
from engine.store.states import CLICK

Draw = tuple[int, int, int, str]
"""(contact, flow, step, branch)."""


def add(db: Connection, draws: Iterable[Draw], now: int) -> None:
    first: dict[tuple[int, int, int], str] = {}
    for contact, flow, step, way in draws:
        first.setdefault((contact, flow, step), way)
    sql = "INSERT INTO drawn (contact, flow, step, way, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (contact, flow, step) DO NOTHING"
    db.many(sql, [(*key, way, now) for key, way in first.items()])


def add_clicks(db: Connection, events: Collection[int]) -> None:
    """`events`: clicks that are consumed now."""
    sql = (
        "SELECT DISTINCT e.contact, r.flow, e.occurred_at FROM event e JOIN run r ON r.id = e.run"
        f" WHERE e.id {AMONG} AND e.kind = {CLICK}"
    )
    first: dict[tuple[int, int], int] = {}
    for contact, flow, at in db.execute(sql, (listed(events),)):
        first[contact, flow] = min(at, first.get((contact, flow), at))
    sql = "UPDATE drawn SET clicked_at = ? WHERE contact = ? AND flow = ? AND clicked_at IS NULL AND at <= ?"
    db.many(sql, [(at, *key, at) for key, at in sorted(first.items())])


def forget(db: Connection, contact: int) -> None:
    """What it drew and clicked counts on, as nobody's."""
    db.execute("UPDATE drawn SET contact = -contact WHERE contact = ?", (contact,))
