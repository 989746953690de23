"""Sets up the triggers of clocks and segments, in the transaction that switches to the deployment.

Invariants: a trigger counts from the deployment that added it: earlier times are past, and contacts who were in its segment before have not
entered it. An unchanged trigger continues. A changed segment is evaluated again, and an edit enters no contact.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.core.program import Program, Trigger
from engine.core.recurrence import Once, next_firing
from engine.deploy import member_listing
from engine.errors import Refused
from engine.language.diagnostics.findings import counted
from engine.language.model.project import Project
from engine.language.model.segments import definition, events_of
from engine.store import member_sets, own_events, retention, runs, schedules, segment_members
from engine.store.interned_names import Names
from engine.store.schedules import Row
from engine.store.segment_members import Watched
from engine.store.sql import Connection

SINCE = ""  # in place of a zone: the row records when the trigger was added, and is never due
ENROLLED = "*"  # the row remembers that those who were in a segment have been entered
LAST_ZONE = "Etc/GMT+12"  # where a local time comes last


class TriggerOfFlow(NamedTuple):
    flow: int
    trigger: Trigger


def set_up(
    db: Connection,
    project: Project,
    programs: Mapping[str, Program],
    names: Names,
    now: int,
    again: Collection[str] = (),
) -> None:
    """Raises Refused where a campaign that has fired would fire anew, in a flow that `again` does not name."""
    found = [
        TriggerOfFlow(names.flow_ids[flow], trigger)
        for flow, program in programs.items()
        for trigger in program.triggers
    ]
    _refuse_again(db, found, names, now, again)
    _set_clocks(db, [each for each in found if each.trigger.recurrence is not None], now)
    entering = [each for each in found if each.trigger.segment is not None]
    _watch(db, project, {each.trigger.segment for each in entering if each.trigger.segment is not None}, now)
    _enroll(db, entering, names, now)
    _ask(db, project, programs)


def _ask(db: Connection, project: Project, programs: Mapping[str, Program]) -> None:
    """For the events of Leadoff's own that flows listen to or segments count."""
    triggers = [trigger for program in programs.values() for trigger in program.triggers]
    names = {trigger.event for trigger in triggers if trigger.event is not None}
    names |= {fact for program in programs.values() for node in program.nodes for fact in node.listens}
    for trigger in triggers:
        names |= events_of(project.segments, trigger.segment) if trigger.segment is not None else set()
    own_events.ask(db, names, keep=runs.any_finishing(db))


def _refuse_again(db: Connection, found: list[TriggerOfFlow], names: Names, now: int, again: Collection[str]) -> None:
    for each in fires_again(db, found, names, now):
        if each.flow not in again:
            raise Refused(each.why, each.help)


class FiresAgain(NamedTuple):
    """An `at` that is edited after it fired: another campaign to the same people."""

    flow: str
    reached: int  # contacts that it was sent to

    @property
    def why(self) -> str:
        people = counted(self.reached, "contact")
        return f"the campaign {self.flow} has already been sent to {people}: at its new time it would go to its audience again"

    @property
    def help(self) -> str:
        return f"keep its `at`, or confirm: `leadoff apply --again {self.flow}`"


def fires_again(db: Connection, found: Collection[TriggerOfFlow], names: Names, now: int) -> Iterator[FiresAgain]:
    there = schedules.rows(db)
    known = {row[:2] for row in there}
    standing = {(each.flow, each.trigger.key) for each in found}
    over = {row[:2] for row in there if row.at is None and row.zone not in (SINCE, ENROLLED)} - standing
    for flow, trigger in found:
        rule = trigger.recurrence.rule if trigger.recurrence else None
        if not isinstance(rule, Once) or (flow, trigger.key) in known:
            continue
        gone = [key for of, key in over if of == flow]
        ahead = next_firing(rule, (trigger.recurrence and trigger.recurrence.zone) or LAST_ZONE, now) is not None
        count = _reached(db, flow, names.flows[flow], gone) if gone and ahead else 0
        if count:
            yield FiresAgain(names.flows[flow], count)


def _reached(db: Connection, flow: int, name: str, gone: Sequence[str]) -> int:
    """Contacts that it was sent to; those whose runs are not kept any more may have entered by another trigger."""
    return schedules.reached(db, flow, name, gone) + retention.entered_once(db, flow)


def _set_clocks(db: Connection, found: list[TriggerOfFlow], now: int) -> None:
    there = {row[:3]: row for row in schedules.rows(db)}
    wanted = {row[:3]: row for row in (_first(*each, now) for each in found)}
    everywhere = {key[:2] for key in wanted if key[2] == SINCE}
    gone = [row for key, row in there.items() if key not in wanted and key[:2] not in everywhere]
    schedules.remove(db, [row for row in gone if row.zone != ENROLLED])
    schedules.put(db, [row for key, row in wanted.items() if key not in there])


def _first(flow: int, trigger: Trigger, now: int) -> Row:
    """The clocks of contacts' zones are set when there are contacts in them."""
    assert trigger.recurrence is not None
    zone = trigger.recurrence.zone
    return clock_row(flow, trigger, zone, now) if zone else Row(flow, trigger.key, SINCE, now, None)


def clock_row(flow: int, trigger: Trigger, zone: str, after: int) -> Row:
    """The first firing of that trigger after `after`; none if its time is past."""
    assert trigger.recurrence is not None
    wall, at = next_firing(trigger.recurrence.rule, zone, after) or (None, None)
    return Row(flow, trigger.key, zone, wall, at)


def _watch(db: Connection, project: Project, wanted: set[str], now: int) -> None:
    standing, listed = segment_members.watched(db), member_listing.finished(db, project, wanted, now)
    for name in standing.keys() - wanted:
        segment_members.forget(db, name)
    for name in wanted:
        digest = definition(project.segments, name)
        if name not in standing or standing[name].digest != digest:
            if name in standing:
                segment_members.forget(db, name)
            members = listed[name] if name in listed else member_listing.listed_now(db, project, name, now)
            member_sets.adopted(db, members)
            # One sweep at once: facts that this transaction did not see yet are found by it.
            segment_members.watch(db, Watched(name, digest, now, 0, members))
    member_sets.leave_unfinished_over(db)


def _enroll(db: Connection, entering: list[TriggerOfFlow], names: Names, now: int) -> None:
    """Enters the contacts who are in a segment already, once for each trigger with `enroll_existing`."""
    there = {row[:3] for row in schedules.rows(db)}
    for flow, trigger in entering:
        if (flow, trigger.key, ENROLLED) in there:
            continue
        schedules.put(db, [Row(flow, trigger.key, ENROLLED, None, None)])
        if trigger.enroll_existing:
            said = {"trigger": trigger.key, "segment": trigger.segment}
            event = schedules.occasion(db, names.flows[flow], now, said, now)
            schedules.open_firing(db, flow, trigger.key, None, event.id)
