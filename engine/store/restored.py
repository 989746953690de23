"""A database that has been put back to an earlier state: what was done since then is not in it, and was done all the same.

Invariants: `mark` is one transaction. What may have been sent is `unknown`, and is asked for at its provider (M3). What lies before `at`
is of the time that is missing: the engine plays it at its own instants, and keeps back its texts. The runs of that time are not in the
database, and their ids are not given out again: a late report, an old link and the key of a web call name a message by its run. Nor are
those of its contacts and notices: a page that was open then names them.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import NamedTuple

from engine.core.calendar import MINUTE
from engine.store import meta, tally
from engine.store.inbox import Pending
from engine.store.sql import Connection, number
from engine.store.states import FAR, IS_LEFT_OUT, IS_OPEN, IS_UNSENT, IS_WAITING, QUEUED, SENDING, SKIPPED, UNKNOWN

CLOCKS_DIFFER_MS = 10 * MINUTE  # from one machine to the next, and how much may begin in the instant of a backup
MOST_A_MS = {"run": 100, "contact": 100, "notice": 1}  # that any number of daemons can begin
MAY_BE_SENT = "restored: it may have been sent after the backup"


class Restored(NamedTuple):
    """The last time that this database was put back."""

    at: int
    last_event: int  # the newest that came in before
    released: bool = False  # a person has let sending go on

    def has_before(self, event: Pending) -> bool:
        """Whether this was acted on, or would have been, in the time that is missing."""
        ours = event.contact is None or event.run is not None  # a firing, or what a run of that time has emitted
        return event.occurred_at <= self.at and (ours or event.id <= self.last_event)


class Missing(NamedTuple):
    """What may have happened in the time that is missing."""

    messages: int  # made unknown
    runs: int  # whose time has come


def of(db: Connection) -> Restored | None:
    found = meta.get(db, meta.RESTORED)
    return Restored(**json.loads(found)) if found else None


def mark(db: Connection, now: int, since: int) -> Missing:
    """Everything before `now` is of the time that is missing, which began at `since`."""
    held_back = f"{IS_UNSENT} AND due_at > ? AND due_at < {FAR}"  # hours, caps and retries keep it until later
    unsent = Counter(db.execute(f"SELECT {tally.MESSAGE} FROM message WHERE {IS_OPEN} AND NOT ({held_back})", (now,)))
    unknown = db.execute(
        f"UPDATE message SET sent_at = CASE WHEN status = {SENDING} THEN sent_at WHEN due_at <= ? THEN due_at ELSE queued_at END,"
        f" status = {UNKNOWN}, due_at = ?, reason = ? WHERE {IS_OPEN} AND NOT ({held_back}) RETURNING {tally.MESSAGE}",
        (now, now, MAY_BE_SENT, now),
    ).fetchall()
    tally.became(db, now, unsent, Counter(unknown))
    runs = _due(db, now)
    for table, most in MOST_A_MS.items():
        meta.skip_ids(db, table, (now - since + CLOCKS_DIFFER_MS) * most)
    last = number(db, "SELECT MAX(id) FROM event") or 0
    db.execute("UPDATE segment SET sweep_at = ?, cursor = 0", (now,))  # who comes in then may have come in before
    meta.put(db, meta.RESTORED, json.dumps(Restored(now, last)._asdict()))
    return Missing(len(unknown), runs)


class Open(NamedTuple):
    """What a person decides about."""

    unknown: int  # messages that may have been sent
    left_out: int  # texts that were skipped for it
    to_come: int  # runs of that time that have not gone on yet


def open_questions(db: Connection) -> Open | None:
    """None where there is nothing to decide."""
    found = of(db)
    if found is None or found.released:
        return None
    unknown = number(db, f"SELECT COUNT(*) FROM message WHERE status = {UNKNOWN} AND reason = ?", (MAY_BE_SENT,)) or 0
    left_out = number(db, f"SELECT COUNT(*) FROM message WHERE status = {SKIPPED} AND {IS_LEFT_OUT}") or 0
    return Open(unknown, left_out, _due(db, found.at))


def _due(db: Connection, at: int) -> int:
    """The runs whose time has come then, also those that a pause has put aside."""
    waiting = number(db, f"SELECT COUNT(*) FROM run WHERE {IS_WAITING} AND due_at <= ?", (at,)) or 0
    return waiting + (number(db, "SELECT COUNT(*) FROM stopped WHERE due_at <= ?", (at,)) or 0)


def release(db: Connection) -> None:
    """Sending may go on; what is left out stays so."""
    found = of(db)
    if found is not None:
        meta.put(db, meta.RESTORED, json.dumps(found._replace(released=True)._asdict()))


def send_left_out(db: Connection, now: int) -> int:
    """A person says that they were not sent: they go into the queue, and what comes is sent as well. How many there were."""
    meta.remove(db, meta.RESTORED)
    which = f"status = {SKIPPED} AND {IS_LEFT_OUT} AND sender IS NOT NULL"
    before = tally.messages(db, which, ())
    sql = f"UPDATE message SET status = {QUEUED}, reason = NULL WHERE {which} RETURNING {tally.MESSAGE}"
    queued = db.execute(sql).fetchall()
    tally.became(db, now, before, Counter(queued))
    return len(queued)
