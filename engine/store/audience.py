"""The contacts that a condition holds for: SQL made from the same tree as the condition's function.

Invariants: the answer is exactly the function's; what is not true is false, so that `not` is the exact complement. Contacts come in order
of id, and memory does not grow with their number. What needs a run has no SQL; `check` keeps it out of segments and audiences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.language.conditions import tree as trees
from engine.language.conditions.condition import Condition
from engine.language.model.project import Project
from engine.store.audience_operators import Sql, comparison, joined
from engine.store.sql import AMONG, Connection, listed, number, numbers
from engine.store.states import EVENT


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
    where = _where(condition, project, now)
    sql = f"SELECT c.id FROM contact c WHERE c.id > ? AND {where.text} ORDER BY c.id LIMIT ?"
    return numbers(db, sql, (after_id, *where.values, -1 if limit is None else limit))


def people(
    db: Connection, condition: Condition, project: Project, now: int, limit: int | None = None
) -> Iterator[tuple[str, str]]:
    """Key and number of each, in order of id, one by one."""
    where = _where(condition, project, now)
    sql = f"SELECT c.key, c.phone FROM contact c WHERE {where.text} ORDER BY c.id LIMIT ?"
    return db.stream(sql, (*where.values, -1 if limit is None else limit))


def count(db: Connection, condition: Condition, project: Project, now: int) -> int:
    where = _where(condition, project, now)
    return number(db, f"SELECT count(*) FROM contact c WHERE {where.text}", where.values) or 0


def is_member(db: Connection, contact_ids: Iterable[int], condition: Condition, project: Project, now: int) -> set[int]:
    """Those of the contacts that it holds for."""
    where = _where(condition, project, now)
    sql = f"SELECT c.id FROM contact c WHERE c.id {AMONG} AND {where.text}"
    return set(numbers(db, sql, (listed(contact_ids), *where.values)))


def _where(condition: Condition, project: Project, now: int) -> Sql:
    return _Maker(project, now).of(condition.tree)


class _Maker:
    """SQL about the contact `c`, and inside `happened.where` about the event `e` as well."""

    def __init__(self, project: Project, now: int, at_event: bool = False) -> None:
        self._project = project
        self._now = now
        self._at_event = at_event

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
        return comparison(tree) if tree.root == "contact" or self._at_event else self.run_bound(tree)

    def happened(self, tree: trees.Happened) -> Sql:
        if tree.since not in (None, "ever") or tree.same is not None:
            return self.run_bound(tree)
        begin = self._begin(tree)
        where = _Maker(self._project, self._now, True).of(tree.where) if tree.where else Sql("TRUE")
        # The one so far from the first is there exactly where there are so many.
        sql = (
            f"EXISTS (SELECT 1 FROM event e WHERE e.contact = c.id AND e.kind = {EVENT} AND e.name = ?"
            f" AND e.occurred_at BETWEEN {begin.text} AND ? AND {where.text} LIMIT 1 OFFSET ?)"
        )
        return Sql(sql, (tree.event, *begin.values, self._now, *where.values, tree.at_least - 1))

    def _begin(self, tree: trees.Happened) -> Sql:
        if tree.within is None:
            return Sql("0")
        if not tree.within.days:
            return Sql("?", (self._now - tree.within.ms,))
        return Sql("leadoff_ago(?, ?, ?, c.zone)", (self._now, *tree.within))

    def in_segment(self, tree: trees.InSegment) -> Sql:
        return _Maker(self._project, self._now).of(self._project.segments[tree.name].tree)

    def time(self, tree: trees.Time) -> Sql:
        days = "".join(str(day) for day in sorted(tree.days or ()))
        return Sql("leadoff_time(?, c.zone, ?, ?, ?)", (self._now, *(tree.between or (None, None)), days))

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
