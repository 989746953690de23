"""The members of segments as sets: listed before a deployment watches them, and deleted behind it, in short transactions.

    begin       a new set, for a segment and its definition; from now on every contact that changes is noted
    put_in …    its members, a stretch at a time; late, looked_at: those that changed meanwhile are looked at again
    ready       the switch to the deployment finds the set and goes by it
    leave_over  nobody goes by a set any more; clear deletes it, a stretch at a time

Invariants: a set that is left over gets no member, and no new set has its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.store.sql import AMONG, Connection, is_there, listed, numbers

_LISTING = "SELECT 1 FROM member_set WHERE wanted IS NOT NULL LIMIT 1"


def begin(db: Connection, wanted: str) -> str:
    """The name of a new set."""
    db.world(exclusive=True)  # who has changed a contact before has committed it, and who does so later notes it
    taken = db.execute("SELECT name FROM member_set UNION SELECT members FROM segment WHERE members IS NOT NULL")
    numbered = [int(name[1:]) for (name,) in taken if name.startswith("#") and name[1:].isdecimal()]
    name = f"#{max(numbered, default=0) + 1}"
    db.execute("INSERT INTO member_set (name, wanted, cursor) VALUES (?, ?, 0)", (name, wanted))
    return name


def ready(db: Connection, wanted: str) -> str | None:
    """The set that is listed for it."""
    found = db.execute("SELECT name FROM member_set WHERE wanted = ? ORDER BY name LIMIT 1", (wanted,)).fetchone()
    return None if found is None else str(found[0])


def is_listed(db: Connection, name: str) -> bool:
    """Whether it is still being listed; so it stays until the commit."""
    db.world()
    return is_there(db, "SELECT 1 FROM member_set WHERE name = ? AND wanted IS NOT NULL", (name,))


def adopted(db: Connection, name: str) -> None:
    """A segment goes by the set."""
    db.execute("DELETE FROM member_set WHERE name = ?", (name,))


def put_in(db: Connection, name: str, contacts: Iterable[int]) -> None:
    sql = "INSERT INTO membership (contact, segment) VALUES (?, ?) ON CONFLICT DO NOTHING"
    db.many(sql, [(contact, name) for contact in contacts])


def take_out(db: Connection, name: str, contacts: Iterable[int]) -> None:
    db.many("DELETE FROM membership WHERE contact = ? AND segment = ?", [(contact, name) for contact in contacts])


def note_late(db: Connection, contacts: Collection[int], phones: Collection[str] = ()) -> None:
    """These contacts have changed. Free while no set is being listed."""
    if is_there(db, _LISTING):
        db.execute(
            f"INSERT INTO late_change (contact) SELECT id FROM contact WHERE id {AMONG} OR phone {AMONG}"
            " ON CONFLICT DO NOTHING",
            (listed(contacts), listed(phones)),
        )


def late(db: Connection, limit: int) -> list[int]:
    """Who has changed while sets are being listed, in order."""
    return numbers(db, "SELECT contact FROM late_change ORDER BY contact LIMIT ?", (limit,))


def looked_at(db: Connection, contacts: Iterable[int]) -> None:
    db.execute(f"DELETE FROM late_change WHERE contact {AMONG}", (listed(contacts),))


def leave_over(db: Connection, name: str) -> None:
    """Nobody goes by the set any more."""
    db.execute(
        "INSERT INTO member_set (name, wanted, cursor) VALUES (?, NULL, 0)"
        " ON CONFLICT (name) DO UPDATE SET wanted = NULL, cursor = 0",
        (name,),
    )


def leave_unfinished_over(db: Connection) -> None:
    """What was listed for a deployment that did not come."""
    db.execute("UPDATE member_set SET wanted = NULL WHERE wanted IS NOT NULL")
    db.execute("DELETE FROM late_change")


def is_left_over(db: Connection) -> bool:
    """Whether there is a set that nobody goes by."""
    return is_there(db, "SELECT 1 FROM member_set WHERE wanted IS NULL LIMIT 1")


def clear(db: Connection, limit: int) -> bool:
    """Delete so many members of what is left over; whether there may be more."""
    row = db.execute("SELECT name, cursor FROM member_set WHERE wanted IS NULL ORDER BY name LIMIT 1").fetchone()
    if row is None:
        return False
    name, cursor = row
    sql = "SELECT contact FROM membership WHERE segment = ? AND contact > ? ORDER BY contact LIMIT ?"
    gone = numbers(db, sql, (name, cursor, limit))
    db.execute(f"DELETE FROM membership WHERE segment = ? AND contact {AMONG}", (name, listed(gone)))
    if len(gone) < limit:
        db.execute("DELETE FROM member_set WHERE name = ?", (name,))
    else:
        db.execute("UPDATE member_set SET cursor = ? WHERE name = ?", (gone[-1], name))
    return True
