"""What a forecast reads: who is inside of flows, and what left of their runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from engine.store.sql import AMONG, Connection, each, listed, number, numbers
from engine.store.states import IS_ACTIVE


class Left(NamedTuple):
    """A message that left. `at` is UTC ms, `price` in millionths of the currency."""

    run: int
    text: str
    is_mms: int
    at: int
    price: int


def contacts_inside(db: Connection, flows: Collection[int]) -> Iterator[int]:
    """In order and one by one, each once."""
    inside = f"EXISTS (SELECT 1 FROM run WHERE contact = c.id AND {IS_ACTIVE} AND flow {AMONG})"
    sql = f"SELECT c.id FROM contact c WHERE {inside} ORDER BY c.id"
    return (id for (id,) in db.stream(sql, (listed(flows),)))


def runs_inside(db: Connection, flows: Collection[int]) -> list[int]:
    """In order."""
    return numbers(db, f"SELECT id FROM run WHERE {IS_ACTIVE} AND flow {AMONG} ORDER BY id", (listed(flows),))


def newest_run(db: Connection) -> int:
    """0: there is none."""
    return number(db, "SELECT MAX(id) FROM run") or 0


def left_since(db: Connection, since: int, last: int) -> list[Left]:
    """What left at that instant or later, in order; of runs up to `last`."""
    sql = (
        "SELECT run, text, media IS NOT NULL, sent_at, price FROM message WHERE sent_at >= ? AND run BETWEEN 1 AND ?"
        " ORDER BY sent_at, id"
    )
    return each(db, Left, sql, (since, last))
