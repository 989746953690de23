"""A database that stands in for another one, of which only counts are known: `plan --server` asks it what it would ask that one.

Invariants: only what a plan reads is written; what it does not read is zero or empty. Nobody is in it: no contact, number or text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.store.interned_names import Renamed
from engine.store.sql import Connection


class Run(NamedTuple):
    """A run of somebody. `status` is of states.py, `due_at` UTC ms."""

    flow: int
    step: int | None
    deployment: int | None
    status: int
    due_at: int | None


class Message(NamedTuple):
    """A message of somebody, with its `status` of states.py."""

    flow: int
    step: int
    status: int
    sender: str | None


def put_deployment(db: Connection, id: int, commit: str | None, dirty: bool, at: int | None, content: str) -> None:
    """Under the number that it has there."""
    sql = "INSERT INTO deployment (id, hash, \"commit\", dirty, at, content) VALUES (?, '', ?, ?, ?, ?)"
    db.execute(sql, (id, commit, dirty, at, content))


def clear_names(db: Connection) -> None:
    """A new database has names of our own flows in it."""
    for table in ("flow", "step"):
        db.execute(f"DELETE FROM {table}")


def put_flow(db: Connection, id: int, name: str, steps: Mapping[int, str], renamed: Iterable[Renamed]) -> None:
    """`steps`: their names by number."""
    db.execute("INSERT INTO flow (id, name) VALUES (?, ?)", (id, name))
    rows = [(id, number, step) for number, step in steps.items()]
    db.many("INSERT INTO step (flow, number, name) VALUES (?, ?, ?)", rows)
    db.many("INSERT INTO renamed (flow, number, deployment, was) VALUES (?, ?, ?, ?)", renamed)


def put_runs(db: Connection, new: Iterable[Run]) -> None:
    """Each of another contact."""
    sql = (
        "INSERT INTO run (contact, flow, step, deployment, status, due_at, lane, entered_at, stayed)"
        " VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0)"
    )
    db.many(sql, ((contact, *run) for contact, run in enumerate(new)))


def put_messages(db: Connection, new: Iterable[Message]) -> None:
    """Each of another contact."""
    sql = (
        "INSERT INTO message (contact, run, flow, step, deployment, status, sender, category, text, parts, price, queued_at,"
        " due_at, attempts) VALUES (?, 0, ?, ?, 0, ?, ?, '', '', 0, 0, 0, 0, 0)"
    )
    db.many(sql, ((contact, *message) for contact, message in enumerate(new)))
