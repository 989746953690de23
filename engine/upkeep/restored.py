"""A database that was put back: nothing is sent, what may have been sent is unknown, and a notice says what a person must bring back."""

from __future__ import annotations

from typing import NamedTuple

from engine.clock import instant
from engine.errors import Refused
from engine.language.diagnostics.findings import counted
from engine.store import coupons, holds, meta, notices, restored
from engine.store.database import Database
from engine.store.queries import measures
from engine.store.restored import Missing
from engine.store.sql import Connection


class TakenUp(NamedTuple):
    """`since`: the last instant of which the database knows; None where it is empty."""

    missing: Missing
    since: int | None
    note: str


def take_up(database: Database, now: int) -> TakenUp:
    """Everything between the last instant that the database knows and `now` is missing in it. Raises Refused for a `now` before that."""
    return database.write(lambda db: _take_up(db, now))


def stamp(db: Connection, now: int) -> None:
    """Write into a backup of when it is."""
    meta.put(db, meta.BACKED_UP, str(now))


def refuse_copy(database: Database) -> None:
    """Raises Refused for a backup that stands there as it is: what was queued in it may have been sent since."""
    with database.reading() as db:
        backed_up = meta.get(db, meta.BACKED_UP)
    if backed_up is not None:
        raise Refused(
            f"{database.name} is a backup of {instant(int(backed_up))}, as it was written",
            "`leadoff db restored` makes it ready: what may have been sent since is not sent again",
        )


def _take_up(db: Connection, now: int) -> TakenUp:
    backed_up = meta.get(db, meta.BACKED_UP)
    since = measures.newest(db) if backed_up is None else int(backed_up)
    if since is not None and since > now:
        raise Refused(
            f"the clock says {instant(now)}, and what is put back is of {instant(since)}; nothing was changed",
            "set the clock of this machine: it tells what may have been sent meanwhile",
        )
    meta.remove(db, meta.BACKED_UP)
    holds.hold(db, now)
    missing = restored.mark(db, now, since or 0)
    gap = f"from {instant(since) or 'the beginning'} to {instant(now)}"
    note = (
        f"what came in {gap} is missing since the database was put back, STOPs as well. Before `leadoff release`: opt out whom your"
        " provider's list names (`leadoff contacts import LIST.csv --suppress --source provider`), and forget again who was forgotten"
        " since (`leadoff contacts forget`)"
    )
    if count := coupons.hold_all(db):
        note += (
            f". Held back: {counted(count, 'code')} of coupons, for they may have been given since. Put fresh ones in"
            " (`leadoff coupons import`), or say that none was given (`leadoff coupons release`)"
        )
    notices.add(db, "restored", f"restored:{now}", None, now, note)
    return TakenUp(missing, since, note)
