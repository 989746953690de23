"""Messages that are cancelled before they leave."""

from __future__ import annotations

from collections.abc import Iterable

from engine.store import tally
from engine.store.sql import AMONG, Connection, Values, listed
from engine.store.states import CANCELLED, IS_OPEN, IS_UNSENT, NEVER_SENT


def cancel_of_runs(db: Connection, runs: Iterable[tuple[int, int]], reason: str, now: int) -> None:
    """Cancel what the (contact, run) pairs have not sent yet."""
    pairs = list(runs)
    whose, which = listed(contact for contact, _ in pairs), listed(run for _, run in pairs)
    _cancel(db, f"contact {AMONG} AND {IS_OPEN} AND +run {AMONG}", (whose, which), reason, now)


def cancel_of_contacts(db: Connection, contacts: Iterable[int], reason: str, now: int) -> None:
    """C2: a STOP cancels all that waits, transactional messages as well; not its own confirmation, nor other answers."""
    _cancel(db, f"contact {AMONG} AND {IS_OPEN} AND category <> 'answer'", (listed(contacts),), reason, now)


def cancel_of_number(db: Connection, contact: int, reason: str, now: int) -> None:
    """All of a contact, answers as well: none of it is for another number."""
    _cancel(db, f"contact = ? AND {IS_OPEN}", (contact,), reason, now)


def cancel_of_flow(db: Connection, flow: int, reason: str, now: int, where: str = "TRUE", values: Values = ()) -> None:
    """All that have not left; `where`: SQL over message, of which."""
    _cancel(db, f"flow = ? AND {where}", (flow, *values), reason, now)


def _cancel(db: Connection, which: str, values: Values, reason: str, now: int) -> None:
    sql = (
        f"UPDATE message SET status = {CANCELLED}, reason = ?, settled_at = ?, {NEVER_SENT} WHERE {IS_UNSENT} AND {which}"
        f" RETURNING {tally.MESSAGE}"
    )
    tally.unsent_became(db, now, db.execute(sql, (reason, now, *values)))
