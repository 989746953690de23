"""Counts the orders from before a goal was deployed, or said what it says now, and credits orders again where its windows have changed, in
pieces; what an earlier version of it counted goes then.

Invariants: each piece is a transaction of its own that says how far it is: what is cut off, a daemon or the next `apply` finishes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from engine.core.goals import Goal
from engine.store import goals, orders
from engine.store.database import Database


def finish(
    database: Database, declared: Collection[Goal], currency: str, goes_on: Callable[[], bool] = lambda: True
) -> None:
    """`declared`, `currency`: of the newest deployment."""
    with database.reading() as db:
        behind = {found.name for found in goals.deployed(db) if not found.is_counted}
    for goal in declared:
        while goal.name in behind and goes_on():
            if not database.write(partial(orders.count_past, goal=goal, usual=currency)):
                break
    with database.reading() as db:
        replaced, changed = goals.replaced(db), [each.id for each in goals.deployed(db) if each.crediting is not None]
    for id in changed:
        while goes_on() and database.write(partial(orders.credit_again, goal=id)):
            pass
    for id in replaced:
        while goes_on() and database.write(partial(goals.delete, id=id)):
            pass
