"""Contacts that move east across the hour of a trigger: it has passed in the new zone, and had not come in the old one (T4).

Invariants: such a firing is made good like any other that was missed. A contact that the same local firing has reached in either zone is
not reached again. A firing that the new zone has not processed yet is left to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from engine.core.calendar import HOUR, resolve
from engine.core.program import Program, Trigger
from engine.core.recurrence import Firing, last_firing
from engine.deploy.deployed import Deployed
from engine.deploy.trigger_setup import SINCE
from engine.runtime.batch import TickBatch, again_if_none, in_batch
from engine.runtime.recurring import firings
from engine.runtime.trace import Trace
from engine.store import facts, schedules
from engine.store.database import Database
from engine.store.schedules import ZoneMove
from engine.store.sql import Connection

STREAMING = HOUR
"""For so long a firing may still be entering its audience, and not have come to somebody who leaves its zone."""


class Crossed(NamedTuple):
    """A firing that contacts have moved across. `zone`: the one that they have come to."""

    flow: int
    trigger: str
    zone: str
    firing: Firing


def make_good(database: Database, deployed: Deployed, now: int, limit: int, trace: Trace | None = None) -> int:
    """Look at contacts who have moved; how many."""
    with database.reading() as db:
        if not schedules.any_moves(db):
            return 0

    def work(batch: TickBatch) -> int:
        moves = schedules.claim_moves(batch.db, limit)
        for crossed, contacts in _crossed(batch.db, deployed, moves).items():
            program, trigger = deployed.recurring[crossed.flow, crossed.trigger]
            members = firings.among(batch.db, deployed, trigger, crossed.firing.wall, contacts, now)
            if members:
                _make_good(batch, program, trigger, crossed, members)
        schedules.moves_done(batch.db, [move.contact for move in moves])
        return len(moves)

    return again_if_none(in_batch(database, deployed, now, trace, work))


def _crossed(db: Connection, deployed: Deployed, moves: Iterable[ZoneMove]) -> dict[Crossed, list[int]]:
    by_place: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    zones = {id: person.zone for id, person in facts.people(db, [move.contact for move in moves]).items()}
    for move in moves:
        if zones.get(move.contact, move.zone) != move.zone:
            by_place[move.zone, zones[move.contact], move.at].append(move.contact)
    clocks = {row[:3]: row for row in schedules.rows(db)} if by_place else {}
    found: dict[Crossed, list[int]] = defaultdict(list)
    for (flow, key), (_, trigger) in deployed.recurring.items():
        since = clocks.get((flow, key, SINCE))
        if since is None or trigger.recurrence is None or trigger.recurrence.zone is not None:
            continue
        for (left, zone, at), contacts in by_place.items():
            last = last_firing(trigger.recurrence.rule, zone, at)
            if last is None or last.at <= (since.wall or 0) or resolve(last.wall, left) <= at - STREAMING:
                continue
            clock = clocks.get((flow, key, zone))
            if clock is None or clock.at is None or clock.at > last.at:
                found[Crossed(flow, key, zone, last)].extend(contacts)
    return found


def _make_good(batch: TickBatch, program: Program, trigger: Trigger, crossed: Crossed, members: list[int]) -> None:
    assert trigger.recurrence is not None
    wall, at = crossed.firing
    said = {"trigger": trigger.key, "when": firings.moment(wall), "zone": crossed.zone, "noted": batch.now}
    event = schedules.occasion(batch.db, program.flow, at, said, batch.now)
    if batch.now - at <= firings.grace(trigger.recurrence):
        firings.start(batch, program, trigger, event, members, local=True)
    else:
        firings.miss(batch, program, event, members, local=True)
