"""The contacts that a condition holds for: SQL made from the same tree as the condition's function.

Invariants: the answer is exactly the function's; what is not true is false, so that `not` is the exact complement. Contacts come in order
of id, and memory does not grow with their number. What needs a run has no SQL; `check` keeps it out of segments and audiences. What
depends on a contact's zone is worked out in Python, zone by zone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from engine.core.due_origins import ago
from engine.language.conditions import tree as trees
from engine.language.conditions.condition import Condition
from engine.language.conditions.time_test import time_test
from engine.language.model.project import Project
from engine.messaging.zones import valid_zone
from engine.store import contacts, own_events
from engine.store.audience_operators import comparison, joined
from engine.store.dialects import Sql
from engine.store.own_events import Told
from engine.store.sql import AMONG, NO_LIMIT, Connection, each, listed, number, numbers


class RunBound(ValueError):
    """A condition asks for a run where there is none."""


def members(
    db: Connection,
    condition: Condition,
    project: Project,
    now: int,
    after_id: int = 0,
    limit: int | None = None,
) -> list[int]:
    """Ids of the contacts that it holds for at `now`, in order, those behind `after_id`."""
    where = _where(db, condition, project, now)
    sql = f"SELECT c.id FROM contact c WHERE c.id > ? AND {where.text} ORDER BY c.id LIMIT ?"
    return numbers(db, sql, (after_id, *where.values, NO_LIMIT if limit is None else limit))


def people(
    db: Connection, condition: Condition, project: Project, now: int, limit: int | None = None
) -> Iterator[tuple[str, str]]:
    """Key and number of each, in order of id, one by one."""
    where = _where(db, condition, project, now)
    sql = f"SELECT c.key, c.phone FROM contact c WHERE {where.text} ORDER BY c.id LIMIT ?"
    return db.stream(sql, (*where.values, NO_LIMIT if limit is None else limit))


def count(db: Connection, condition: Condition, project: Project, now: int, after_id: int = 0) -> int:
    """Those behind `after_id`."""
    where = _where(db, condition, project, now)
    return number(db, f"SELECT count(*) FROM contact c WHERE c.id > ? AND {where.text}", (after_id, *where.values)) or 0


class Kind(NamedTuple):
    """Contacts who are alike in what decides when, whether and for how much they are texted."""

    area: str  # the first characters of the number
    region: str
    zone: str
    own_zone: str | None
    state: str | None
    consent: str | None
    is_unreachable: bool
    contacts: int


def kinds(db: Connection, condition: Condition, project: Project, now: int, area: int) -> list[Kind]:
    """Of those that it holds for, in any order. `area`: how many characters of a number say where it is."""
    where = _where(db, condition, project, now)
    alike = (
        f"SUBSTR(c.phone, 1, {area}), c.region, c.zone, c.fields ->> 'timezone', c.fields ->> 'state', k.status,"
        " c.unreachable IS NOT NULL"
    )
    sql = (
        f"SELECT {alike}, COUNT(*) FROM contact c LEFT JOIN consent k ON k.phone = c.phone WHERE {where.text}"
        " GROUP BY 1, 2, 3, 4, 5, 6, 7"
    )
    return each(db, Kind, sql, where.values)


def is_member(db: Connection, contact_ids: Iterable[int], condition: Condition, project: Project, now: int) -> set[int]:
    """Those of the contacts that it holds for."""
    these = listed(contact_ids)
    where = _where(db, condition, project, now, lambda: contacts.zones_of(db, these))
    sql = f"SELECT c.id FROM contact c WHERE c.id {AMONG} AND {where.text}"
    return set(numbers(db, sql, (these, *where.values)))


def _where(
    db: Connection, condition: Condition, project: Project, now: int, zones: Callable[[], list[str]] | None = None
) -> Sql:
    """`zones`: those of the contacts that are meant."""
    return _Maker(project, _Moment(db, now, zones or (lambda: contacts.zones(db)))).of(condition.tree)


class _Moment:
    """Everywhere in the world. Zones are looked up where a condition asks for them."""

    def __init__(self, db: Connection, now: int, zones: Callable[[], list[str]]) -> None:
        self.dialect = db.dialect
        self.now = now
        self._find = zones

    @cached_property
    def zones(self) -> list[str]:
        return [zone for zone in self._find() if valid_zone(zone)]


class _Maker:
    """SQL about the contact `c`, and inside `happened.where` about the event `e` as well."""

    def __init__(self, project: Project, moment: _Moment, at: Told | None = None) -> None:
        """`at`: the happening that a `where` looks at."""
        self._project = project
        self._moment = moment
        self._at = at

    def of(self, tree: trees.Tree) -> Sql:
        return _MAKERS[type(tree)](self, tree)

    def all(self, tree: trees.All) -> Sql:
        return joined([self.of(part) for part in tree.parts], "AND")

    def any(self, tree: trees.AnyOf) -> Sql:
        return joined([self.of(part) for part in tree.parts], "OR")

    def none_of(self, tree: trees.Not) -> Sql:
        part = self.of(tree.part)
        return Sql(f"(({part.text}) IS NOT TRUE)", part.values)

    def field(self, tree: trees.Field) -> Sql:
        in_reach = tree.root == "contact" or self._at is not None
        return comparison(tree, self._moment.dialect, self._at) if in_reach else self.run_bound(tree)

    def happened(self, tree: trees.Happened) -> Sql:
        if tree.since not in (None, "ever") or tree.same is not None:
            return self.run_bound(tree)
        begin = self._begin(tree)
        told, named = own_events.told_of(tree.event)
        where = _Maker(self._project, self._moment, told).of(tree.where) if tree.where else Sql("TRUE")
        # The one so far from the first is there exactly where there are so many.
        sql = (
            f"EXISTS (SELECT 1 FROM {told.tables} WHERE {told.contact} = c.id AND {told.which}"
            f" AND {told.at} BETWEEN {begin.text} AND ? AND {where.text} LIMIT 1 OFFSET ?)"
        )
        return Sql(sql, (*named, *begin.values, self._moment.now, *where.values, tree.at_least - 1))

    def _begin(self, tree: trees.Happened) -> Sql:
        if tree.within is None:
            return Sql("0")
        if not tree.within.days:
            return Sql("?", (self._moment.now - tree.within.ms,))
        begins = {zone: ago(self._moment.now, tree.within, zone) for zone in self._moment.zones}
        # Days are as long in all zones but in those whose clocks have been changed since.
        (usual, _), *others = Counter(begins.values()).most_common() or [(self._moment.now, 0)]
        cases = [(listed(zone for zone in begins if begins[zone] == at), at) for at, _ in others]
        whens = "".join(f" WHEN c.zone {AMONG} THEN ?" for _ in cases)
        values = [value for case in cases for value in case]
        return Sql(f"CASE{whens} ELSE ? END" if cases else "?", (*values, usual))

    def in_segment(self, tree: trees.InSegment) -> Sql:
        return _Maker(self._project, self._moment).of(self._project.segments[tree.name].tree)

    def time(self, tree: trees.Time) -> Sql:
        holds = time_test(tree)
        there = listed(zone for zone in self._moment.zones if holds(self._moment.now, zone))
        # Inside of CASE no index on zones is used: contacts come in order of id.
        return Sql(f"CASE WHEN c.zone {AMONG} THEN TRUE ELSE FALSE END", (there,))

    def run_bound(self, tree: Any) -> Sql:
        raise RunBound(f"{type(tree).__name__} asks for a run")


_MAKERS: Mapping[type, Callable[[_Maker, Any], Sql]] = {
    trees.All: _Maker.all,
    trees.AnyOf: _Maker.any,
    trees.Not: _Maker.none_of,
    trees.Field: _Maker.field,
    trees.Happened: _Maker.happened,
    trees.Clicked: _Maker.run_bound,
    trees.Replied: _Maker.run_bound,
    trees.Message: _Maker.run_bound,
    trees.InSegment: _Maker.in_segment,
    trees.Time: _Maker.time,
}
