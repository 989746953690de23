"""What people do to flows and to all sending: each with its entry (`person_actions`), in one transaction.

Every deed says whether it changed something; where it did not, there is no entry.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.store import holds, person_actions, restored, stopping
from engine.store.sql import Connection


class By(NamedTuple):
    """Who does it: the name of a token, or `person_actions.COMMAND_LINE`; `at`: UTC ms; `note`: why."""

    who: str
    at: int
    note: str | None = None


def hold(db: Connection, by: By) -> bool:
    """All sending."""
    return _noted(db, holds.hold(db, by.at), by, "hold", person_actions.EVERYTHING)


def release(db: Connection, by: By, send_left_out: bool = False) -> bool:
    """All sending. `send_left_out`: after a restore, also the texts that were left out for it."""
    db.world(exclusive=True)
    if send_left_out:
        restored.send_left_out(db, by.at)
    restored.release(db)
    return _noted(db, holds.release(db), by, "release", person_actions.EVERYTHING)


def pause(db: Connection, id: int, flow: str, by: By) -> bool:
    """`id`, `flow`: of the same flow."""
    return _noted(db, holds.pause(db, id, by.at), by, "pause", flow)


def resume(db: Connection, id: int, flow: str, by: By) -> bool:
    """`id`, `flow`: of the same flow. Raises Refused while it is being stopped."""
    stopping.refuse_standing(db, id)
    return _noted(db, holds.resume(db, id), by, "resume", flow)


def _noted(db: Connection, changed: bool, by: By, deed: str, subject: str) -> bool:
    if changed:
        person_actions.add(db, by.at, by.who, deed, subject, by.note)
    return changed
