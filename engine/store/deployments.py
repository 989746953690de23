"""Deployments: the whole project as it was applied (V1)."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from engine.store import meta, tally
from engine.store.interned_names import Names
from engine.store.live_edits import Place
from engine.store.sql import AMONG, Connection, first, is_there, listed, number
from engine.store.states import IS_ACTIVE, IS_PARKED, IS_UNSENT

# With `+` before the other condition run_pinned serves it, with whatever statistics. Without any, PostgreSQL takes `IS NOT NULL` to be true
# of nearly all rows and a range of few; with those of a time when all runs had ended, it would read who is active now.
_FINISHING = "r.deployment BETWEEN 1 AND 2147483647"


class Stored(NamedTuple):
    id: int
    hash: str
    commit: str | None
    dirty: bool
    at: int
    content: str


def one(db: Connection, id: int) -> Stored | None:
    return first(db, Stored, 'SELECT id, hash, "commit", dirty, at, content FROM deployment WHERE id = ?', (id,))


def before(db: Connection, id: int) -> Iterator[Stored]:
    """Those before that one, the newest first."""
    for (older,) in db.execute("SELECT id FROM deployment WHERE id < ? ORDER BY id DESC", (id,)).fetchall():
        stored = one(db, older)
        assert stored is not None
        yield stored


def newest_id(db: Connection) -> int | None:
    return number(db, "SELECT MAX(id) FROM deployment")


def newest(db: Connection) -> Stored | None:
    return first(db, Stored, 'SELECT id, hash, "commit", dirty, at, content FROM deployment ORDER BY id DESC LIMIT 1')


def insert(db: Connection, hash: str, commit: str | None, dirty: bool, at: int, content: str) -> int:
    sql = 'INSERT INTO deployment (hash, "commit", dirty, at, content) VALUES (?, ?, ?, ?, ?) RETURNING id'
    (id,) = db.execute(sql, (hash, commit, dirty, at, content)).fetchone()
    return int(id)


def name_picture(db: Connection, name: str) -> bool:
    """Whether one of them has a picture of that name."""
    return is_there(db, "SELECT 1 FROM deployment WHERE content LIKE ?", (f"%{name}%",))


def replace_content(db: Connection, id: int, content: str) -> None:
    """Write down the same project anew."""
    db.execute("UPDATE deployment SET content = ? WHERE id = ?", (content, id))


class Waiting(NamedTuple):
    """How many runs are at a step, and when the first and the last of them are due."""

    runs: int
    parked: int  # of these
    first_due: int | None
    last_due: int | None


def waiting(db: Connection, run: int | None = None, flows: Collection[int] | None = None) -> dict[Place, Waiting]:
    """The active runs of each place, with `run` that one alone; those that a pause has put aside with the time at which it did.

    `flows`: of those that follow the newest deployment, the ones in these flows. Where there is none, no other run is read.
    """
    those, values = f"r.{IS_ACTIVE}", list[Any]()
    if run is not None:
        those, values = f"{those} AND r.id = ?", [run]
    if flows:
        those, values = f"{those} AND (r.deployment IS NOT NULL OR r.flow {AMONG})", [*values, listed(flows)]
    elif flows is not None:
        those = f"+{those} AND {_FINISHING}"
    due = "COALESCE(r.due_at, (SELECT s.due_at FROM stopped s WHERE s.run = r.id))"  # a join would look there for each run
    rows = db.execute(
        f"SELECT r.flow, r.step, r.deployment, COUNT(*), COUNT(*) FILTER (WHERE r.{IS_PARKED}), MIN({due}), MAX({due})"
        f" FROM run r WHERE {those} GROUP BY r.flow, r.step, r.deployment",
        values,
    )
    return {Place(*where): Waiting(*there) for *where, there in ((*row[:3], row[3:]) for row in rows)}


def waiting_at(db: Connection, places: Collection[Place]) -> dict[Place, Waiting]:
    """As `waiting`, of these places alone. Runs are counted only where the tally knows of some."""
    there = {flow: tally.at_steps(db, flow) for flow in {place.flow for place in places}}
    asked = [place for place in places if there[place.flow].get(place.step)]
    found = waiting(db, flows={place.flow for place in asked}) if asked else {}
    return {place: found[place] for place in asked if place in found}


def finishing(db: Connection) -> dict[int, set[int]]:
    """Older deployment -> the flows in which somebody finishes there, or has a message that has not left."""
    rows = db.execute(
        f"SELECT DISTINCT deployment, flow FROM run WHERE deployment IS NOT NULL AND ({IS_ACTIVE} OR EXISTS"
        f" (SELECT 1 FROM message m WHERE m.contact = run.contact AND m.run = run.id AND m.{IS_UNSENT}))"
    )
    found: dict[int, set[int]] = {}
    for deployment, flow in rows:
        found.setdefault(deployment, set()).add(flow)
    return found


def unsent(db: Connection, names: Names) -> dict[tuple[str, str], int]:
    """(flow, step) -> its messages that are written and have not left."""
    rows = db.execute(f"SELECT flow, step, COUNT(*) FROM message WHERE {IS_UNSENT} GROUP BY flow, step")
    return {(names.flows[flow], names.steps[flow, step]): count for flow, step, count in rows}


def unsent_by_sender(db: Connection) -> dict[str, int]:
    """How many messages have not left, by the sender that is to send them."""
    sql = f"SELECT sender, COUNT(*) FROM message WHERE {IS_UNSENT} AND sender IS NOT NULL GROUP BY sender"
    return dict(db.execute(sql).fetchall())


def unsent_with_links(db: Connection, names: Collection[str]) -> dict[str, int]:
    """How many messages that have not left contain a link of each of these names."""
    rows = db.execute(
        "SELECT l.name, COUNT(DISTINCT m.id) FROM link l CROSS JOIN message m WHERE m.contact = l.contact AND m.run = l.run"
        f" AND m.step = l.step AND m.{IS_UNSENT} AND l.name {AMONG} GROUP BY l.name",
        (listed(names),),
    )
    return dict(rows.fetchall())


def secret(db: Connection) -> bytes:
    """The key of this database's tracked links; made once."""
    meta.put_new(db, meta.LINK_SECRET, secrets.token_hex(32))
    return known_secret(db)


def known_secret(db: Connection) -> bytes:
    """The same, where something is deployed: it was made then."""
    return bytes.fromhex(meta.get(db, meta.LINK_SECRET) or "")
