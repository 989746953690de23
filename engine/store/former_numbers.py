"""The numbers that contacts had before, and which number a message is for: the one that its contact had when it was written.

Invariants: a change of the number cancels what has not left, so a message is for a former number exactly if it was written before the
change, whatever comes back of it later. Ids decide that, not clocks: `last_message` is the contact's newest message at the change.
"""

from __future__ import annotations

from engine.store.sql import Connection, Row, is_there, rows

CHANGED = "number changed"
"""Why messages are cancelled."""
_OF_MESSAGE = "FROM former_number f WHERE f.contact = m.contact AND f.last_message >= m.id"
IS_FOR_FORMER = f"EXISTS (SELECT 1 {_OF_MESSAGE})"
"""Whether the message `m` is for a number that its contact has no longer."""
REASON = f"CASE WHEN m.sent_at IS NOT NULL AND {IS_FOR_FORMER} THEN '{CHANGED}' ELSE r.reason END"
"""Why the message `m` of the run `r`, whose request was under way before, leaves no more."""
PHONE = f"COALESCE((SELECT n.phone FROM former_number n WHERE n.id = (SELECT MIN(f.id) {_OF_MESSAGE})), c.phone)"
"""The number of the message `m` of the contact `c`: the first one that it was written before the end of."""


def add(db: Connection, contact: int, phone: str, now: int) -> None:
    """Its number until now, in the transaction that changes it and cancels what has not left."""
    db.execute(
        "INSERT INTO former_number (contact, phone, last_message, until_at)"
        " SELECT ?, ?, COALESCE(MAX(id), 0), ? FROM message WHERE contact = ?",
        (contact, phone, now, contact),
    )


def of_contact(db: Connection, contact: int) -> list[Row]:
    """`phone, until_at`, the first one first."""
    return rows(db, "SELECT phone, until_at FROM former_number WHERE contact = ? ORDER BY id", (contact,))


def of_nobody_now(db: Connection, contact: int) -> list[str]:
    """Numbers that it had, and that no contact has now."""
    sql = (
        "SELECT DISTINCT phone FROM former_number f WHERE contact = ?"
        " AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.phone = f.phone) ORDER BY phone"
    )
    return [phone for (phone,) in db.execute(sql, (contact,))]


def is_for_former(db: Connection, message: int) -> bool:
    return is_there(db, f"SELECT 1 FROM message m WHERE m.id = ? AND {IS_FOR_FORMER}", (message,))


def phone_of(db: Connection, key: tuple[int, int, int]) -> str:
    """The number of the message (contact, run, step)."""
    sql = f"SELECT {PHONE} FROM message m JOIN contact c ON c.id = m.contact WHERE m.contact = ? AND m.run = ? AND m.step = ?"
    return str(db.execute(sql, key).fetchone()[0])
