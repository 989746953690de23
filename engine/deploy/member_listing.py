"""Lists who is in a segment before a deployment watches it: a stretch a transaction, so that a STOP comes between (T5).

The members at the instant of the deployment are the measure of who comes in later, and may be very many. They are listed into a set of
their own while the old deployment goes on; who changes meanwhile is noted, and looked at again before the switch and in it. Few members are
listed in the switch itself.

Invariants: a listing that is cut off has no effect: the next deployment deletes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from engine.language.check import Checked
from engine.language.model.project import Project
from engine.language.model.segments import definition
from engine.language.model.triggers import SegmentTrigger
from engine.store import audience, member_sets, segment_members
from engine.store.database import Database
from engine.store.sql import Connection

STRETCH = 2_000
"""Contacts that are listed, looked at again or deleted in one transaction."""


def list_members(database: Database, project: Project, names: Collection[str], now: int) -> None:
    """Of those of the segments that are not watched as they are now, and have many members."""
    with database.reading() as db:
        many = [name for name in _new(db, project, names) if _is_long(db, project, name, now)]
    if not many:
        return
    sets = database.write(lambda db: {name: member_sets.begin(db, _wanted(project, name)) for name in many})
    for name, members in sets.items():
        after: int | None = 0
        while after is not None:
            after = _list(database, project, name, members, now, after)
    while database.write(lambda db: _look_again(db, project, sets, now)) == STRETCH:
        pass


@contextmanager
def listing(database: Database, checked: Checked, now: int) -> Iterator[None]:
    """Around a switch to a deployment: its members are listed before, and what no segment goes by any more is deleted behind."""
    assert checked.project is not None
    triggers = (trigger for flow in checked.flows.values() for trigger in flow.trigger)
    names = {trigger.name for trigger in triggers if isinstance(trigger, SegmentTrigger)}
    try:
        list_members(database, checked.project, names, now)
        yield
    except BaseException:
        database.write(member_sets.leave_unfinished_over)
        raise
    finally:
        _delete_left_over(database)


def _delete_left_over(database: Database) -> None:
    with database.reading() as db:
        there = member_sets.is_left_over(db)
    while there:
        there = database.write(lambda db: member_sets.clear(db, STRETCH))


def finished(db: Connection, project: Project, names: Collection[str], now: int) -> dict[str, str]:
    """Segment -> its set, of those that were listed beforehand; who has changed since is looked at again."""
    found = {name: member_sets.ready(db, _wanted(project, name)) for name in _new(db, project, names)}
    sets = {name: members for name, members in found.items() if members is not None}
    while sets and _look_again(db, project, sets, now):
        pass
    return sets


def listed_now(db: Connection, project: Project, name: str, now: int) -> str:
    """A set of those who are in the segment."""
    members, after = member_sets.begin(db, _wanted(project, name)), 0
    while found := audience.members(db, project.segments[name], project, now, after, STRETCH):
        member_sets.put_in(db, members, found)
        after = found[-1]
    return members


def _new(db: Connection, project: Project, names: Collection[str]) -> list[str]:
    standing = segment_members.watched(db)
    return [
        name
        for name in sorted(names)
        if name not in standing or standing[name].digest != definition(project.segments, name)
    ]


def _is_long(db: Connection, project: Project, name: str, now: int) -> bool:
    return len(audience.members(db, project.segments[name], project, now, 0, STRETCH)) == STRETCH


def _wanted(project: Project, name: str) -> str:
    return f"{name} {definition(project.segments, name)}"


def _list(database: Database, project: Project, name: str, members: str, now: int, after: int) -> int | None:
    """Up to whom; None: that is all."""
    with database.reading() as db:
        found = audience.members(db, project.segments[name], project, now, after, STRETCH)

    def write(db: Connection) -> bool:
        """Another deployment that came meanwhile has left the set over."""
        if not member_sets.is_listed(db, members):
            return False
        member_sets.put_in(db, members, found)
        return True

    stored = bool(found) and database.write(write)
    return found[-1] if stored and len(found) == STRETCH else None


def _look_again(db: Connection, project: Project, sets: Mapping[str, str], now: int) -> int:
    late = member_sets.late(db, STRETCH)
    for name, members in sets.items():
        if not member_sets.is_listed(db, members):
            continue
        inside = audience.is_member(db, late, project.segments[name], project, now)
        member_sets.take_out(db, members, set(late) - inside)
        member_sets.put_in(db, members, sorted(inside))
    member_sets.looked_at(db, late)
    return len(late)
