"""Deletes what is older than `retention` of leadoff.yaml keeps: once a day, by one daemon, in small pieces.

Invariants: nothing is deleted of which leadoff.yaml says nothing. Each piece is a transaction of its own that also says how far it is, so
a pass that was interrupted goes on where it was, and anything else waits for one piece at most.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.core.calendar import HOUR, MINUTE
from engine.language.model.safeguards import Retention
from engine.store import meta, retention
from engine.store.database import Database
from engine.store.retention import KINDS, Before, Kind
from engine.store.sql import Connection

log = logging.getLogger("leadoff.upkeep")
AT_ONCE = 500  # rows of one transaction
EVERY = 20 * HOUR  # a daily job may be early
LEFT_ALONE = 2 * MINUTE  # after that another daemon takes a pass over


class Progress(NamedTuple):
    """How far a pass is, as the database has it."""

    began: int
    touched: int
    kind: str = KINDS[0].name  # what it is deleting
    after: int = 0  # the id up to which it has
    deleted: Mapping[str, int] = {}
    ended: int | None = None

    def plus(self, count: int, after: int, now: int) -> Progress:
        deleted = {**self.deleted, self.kind: self.deleted.get(self.kind, 0) + count}
        return self._replace(touched=now, after=after, deleted=deleted)


def progress(db: Connection) -> Progress | None:
    """Of the pass that runs, or of the last one; None where there was none."""
    return _read(meta.get(db, meta.RETENTION))


def share(db: Connection, found: Progress) -> float:
    """How much of what it is deleting a pass has seen, from 0 to 1."""
    (kind,) = (kind for kind in KINDS if kind.name == found.kind)
    return retention.share(db, kind, found.after)


def delete_old(
    database: Database, kept: Retention, clock: Callable[[], int], goes_on: Callable[[], bool] = lambda: True
) -> Progress | None:
    """A pass, where one is due and no other daemon is at it; what it did. It stops between two pieces once `goes_on` says no."""
    now = clock()
    before = Before(*(now - each if each else 0 for each in (kept.events, kept.messages, kept.runs)))
    if not any(before):
        return None
    found = database.write(lambda db: _take(db, now))
    if found is None:
        return None
    names = [kind.name for kind in KINDS]
    for kind in KINDS[names.index(found.kind) :]:
        if kind.name != found.kind:
            found = found._replace(kind=kind.name, after=0)
        if kind.old(before):
            for reached in _pieces(database, kind, found, before, clock):
                found = reached
                if not goes_on():
                    return _leave(database, found)
    done = found._replace(ended=clock())
    database.write(lambda db: _put(db, done))
    if any(done.deleted.values()):
        log.info("deleted, as leadoff.yaml says (retention): %s", counts(done))
    return done


def counts(found: Progress) -> str:
    """What it has deleted so far."""
    told = [
        f"{count:,} {'lines of the journal' if what == 'journal' else what}"
        for what, count in found.deleted.items()
        if count
    ]
    return ", ".join(told) or "nothing"


def _pieces(
    database: Database, kind: Kind, found: Progress, before: Before, clock: Callable[[], int]
) -> Iterator[Progress]:
    """Deletes what is old of one kind; the progress behind each piece."""
    while True:
        with database.reading() as db:
            piece = retention.look(db, kind, found.after, before)
        for ids in _split(piece.found):
            while found.after < ids[-1]:
                found = database.write(lambda db, ids=ids, found=found: _delete(db, kind, ids, found, clock()))  # type: ignore[misc]
                yield found
        if piece.last is None:
            return
        found = found._replace(after=piece.last)
        yield found


def _split(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def _delete(db: Connection, kind: Kind, ids: Sequence[int], found: Progress, now: int) -> Progress:
    count = retention.delete(db, kind, ids)
    made = found._replace(touched=now) if count is None else found.plus(count, ids[-1], now)
    _put(db, made)
    return made


def _take(db: Connection, now: int) -> Progress | None:
    """The pass to go on with, or a new one; None while there is nothing to do."""
    meta.put_new(db, meta.RETENTION, "")
    claimed = meta.claim(db, meta.RETENTION)
    if claimed is None:
        return None
    found = _read(claimed)
    if found is not None and found.ended is None:
        if 0 <= now - found.touched < LEFT_ALONE:
            return None
        found = found._replace(touched=now)
    elif found is None or not 0 <= now - found.began < EVERY:
        found = Progress(now, now)
    else:
        return None
    _put(db, found)
    return found


def _leave(database: Database, found: Progress) -> Progress:
    """Whoever comes next goes on at once."""
    database.write(lambda db: _put(db, found._replace(touched=0)))
    return found


def _put(db: Connection, found: Progress) -> None:
    meta.put(db, meta.RETENTION, json.dumps(found._asdict()))


def _read(text: str | None) -> Progress | None:
    return Progress(**json.loads(text)) if text else None
