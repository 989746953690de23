"""The tally is proved once a night: all runs and messages are counted, and where it says something else it is put right.

Invariants: the count is one read transaction, so no writer waits for it; what is counted meanwhile is added to what was put right.
"""

from __future__ import annotations

import json
import logging
from typing import NamedTuple

from engine.store import meta, notices, tally_proof
from engine.store.database import Database
from engine.store.sql import Connection
from engine.store.tally_proof import Difference
from engine.upkeep import chores

log = logging.getLogger("leadoff.upkeep")


class Proof(NamedTuple):
    """`differences`: rows of the tally that had to be put right then."""

    at: int
    differences: int


def prove(database: Database, now: int) -> Proof | None:
    """None where it is not due, or another daemon does it."""
    if not chores.begin(database, chores.PROVE, now):
        return None
    with database.reading() as db:
        found = tally_proof.differences(db)
    proof = Proof(now, len(found))
    database.write(lambda db: _store(db, found, proof))
    if found:
        log.error("the tally was wrong in %s rows, as %s; it is put right", f"{len(found):,}", found[0])
    return proof


def last(db: Connection) -> Proof | None:
    """None: it was never proved."""
    found = meta.get(db, meta.TALLY_PROVED)
    return Proof(**json.loads(found)) if found else None


def _store(db: Connection, found: list[Difference], proof: Proof) -> None:
    tally_proof.correct(db, found, proof.at)
    meta.put(db, meta.TALLY_PROVED, json.dumps(proof._asdict()))
    if found:
        note = (
            f"the counts of `stats`, `flows` and the pages were wrong in {len(found):,} places, and are put right: a daemon of the"
            " version before worked beside this one, or it is a bug in Leadoff"
        )
        notices.add(db, "tally", f"tally:{proof.at}", None, proof.at, note)
