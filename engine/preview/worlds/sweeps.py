"""The hourly looks at a segment that a preview passes over: those that would find the members who are known already.

Invariants: between two facts only time changes who is in a segment: where an event is no longer `within` a span, or by the time of the day.
The hours around the one, or every hour for the other, are looked at, as the engine does. So a contact enters at the very hour; only ticks
that would do nothing are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.core.calendar import HOUR, Duration
from engine.core.due_origins import after
from engine.deploy.deployed import Deployed
from engine.language.conditions.tree import All, AnyOf, Happened, Not, Time, Tree
from engine.language.model.segments import with_referenced
from engine.store import audience, runs, schedules, segment_members
from engine.store.segment_members import NO_END, Watched
from engine.store.sql import Connection


def next_due(db: Connection, deployed: Deployed, due: int, before: int) -> int:
    """`due` (UTC ms), or where only a look at segments is due then, a later instant, `before` at the latest: nothing changes until then."""
    watched = [each for each in segment_members.watched(db).values() if each.sweep_at is not None]
    if not watched:
        return due
    others = [at for at in (runs.next_due(db), schedules.next_firing(db), before) if at is not None]
    if min(others) <= due:
        return due
    known = {each.name: segment_members.known_between(db, each.name, 0, NO_END) for each in watched}
    for at in _instants(db, deployed, [each.name for each in watched], due, min(others)):
        if any(_is_due(each, at) and _members(db, deployed, each.name, at) != known[each.name] for each in watched):
            return at
    return min(others)


def _instants(db: Connection, deployed: Deployed, names: Iterable[str], due: int, before: int) -> Iterable[int]:
    """`due`, and of the full hours up to `before` those that may find other members."""
    segments = deployed.project.segments
    trees = [each.tree for name in names for each in with_referenced(segments, name).values()]
    leaves = [leaf for tree in trees for leaf in _leaves(tree)]
    first = due - due % HOUR + HOUR
    if any(isinstance(leaf, Time) for leaf in leaves):
        return (due, *range(first, before, HOUR))
    spans = {(leaf.event, leaf.within) for leaf in leaves if isinstance(leaf, Happened) and leaf.within is not None}
    ends = {hour for event, span in spans for hour in _ends(db, event, span)}
    return (due, *sorted(hour for hour in ends if first <= hour < before))


def _ends(db: Connection, event: str, span: Duration) -> Iterator[int]:
    """The hours around the instants from which on an event is no longer within the span; a change of the clocks moves them."""
    for at, zone in segment_members.happened(db, event):
        hour = after(at, span, zone).at // HOUR * HOUR
        yield from range(hour - 2 * HOUR, hour + 3 * HOUR, HOUR)


def _leaves(tree: Tree | None) -> Iterator[Tree]:
    if isinstance(tree, All | AnyOf):
        for part in tree.parts:
            yield from _leaves(part)
    elif isinstance(tree, Not):
        yield from _leaves(tree.part)
    elif tree is not None:
        yield tree
        if isinstance(tree, Happened):
            yield from _leaves(tree.where)


def _is_due(watched: Watched, at: int) -> bool:
    return watched.sweep_at is not None and watched.sweep_at <= at


def _members(db: Connection, deployed: Deployed, name: str, at: int) -> set[int] | None:
    """None where the segment is not watched any more."""
    condition = deployed.project.segments.get(name) if name in deployed.entered else None
    return None if condition is None else set(audience.members(db, condition, deployed.project, at))
