"""Who enters a flow: triggers, `where`, `require`, `while_active` and `again_after`.

Invariants: at most one active run of a (flow, contact) unless `while_active: parallel` (R1). One event enters a flow once, by the first
trigger that fits. The journal says why a contact is not entered. A run counts from the instant of its event, so it sees what the contact
did since then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from engine.core import due_origins
from engine.core.calendar import Due
from engine.core.context import Context, Run
from engine.core.facts import Person
from engine.core.lots import is_held_out
from engine.core.own_events import CLICKED, RECEIVED
from engine.core.program import Program, Trigger
from engine.runtime.batch import TickBatch
from engine.store import facts, journal, runs, segment_members
from engine.store.inbox import Pending
from engine.store.journal import JournalEntry
from engine.store.runs import LoadedRun
from engine.store.states import CLICK, HELD_OUT, INBOUND, START

WHERE_REFUSES = "the event does not pass the trigger's `where`"
ALREADY_IN = "already in this flow"
BEGINS_YET = "already in this flow, and has not begun: its start is spread"
REQUIRE_REFUSES = "the contact does not pass entry.require"


class EntryCandidate(NamedTuple):
    event: Pending  # what it enters by: an event of its own, or the one of a firing
    person: Person
    triggers: tuple[Trigger, ...]
    due: Due | None = None  # when it is to start, where the clock says so: from then on it is late (T4)


def enter(batch: TickBatch, events: Sequence[Pending]) -> None:
    """Start the flows that these events trigger; at most one event a contact."""
    wanted: dict[str, list[tuple[Pending, tuple[Trigger, ...]]]] = defaultdict(list)
    strangers = _strangers(batch, events)
    for event in events:
        for program, triggers in _triggered(batch, event, strangers):
            wanted[program.flow].append((event, triggers))
    if not wanted:
        return
    contacts = {event.contact for found in wanted.values() for event, _ in found if event.contact is not None}
    people = facts.people(batch.db, contacts)
    for flow, found in sorted(wanted.items()):
        applicants = [
            EntryCandidate(event, people[event.contact], triggers)
            for event, triggers in found
            if event.contact in people
        ]
        enter_flow(batch, batch.deployed.programs[flow], applicants)


def _strangers(batch: TickBatch, events: Sequence[Pending]) -> set[int]:
    """Who wrote one of these texts and is a stranger; none while no flow starts by any text."""
    who = {event.contact for event in events if event.kind == INBOUND and event.contact is not None}
    asked = who and batch.deployed.triggered_by(RECEIVED)
    return segment_members.only_numbers(batch.db, who) if asked else set()


def _triggered(
    batch: TickBatch, event: Pending, strangers: Collection[int]
) -> Sequence[tuple[Program, tuple[Trigger, ...]]]:
    if event.kind == INBOUND:
        # It is a keyword in the provider's language, maybe, or an opt-out from elsewhere: no flow's then.
        asked = event.data.get("verdict") in ("stop", "help") or "source" in event.data
        return [] if asked else _triggered_by_text(batch, event, strangers)
    if event.kind == CLICK:
        return batch.deployed.triggered_by(CLICKED)
    if event.kind != START:
        return batch.deployed.triggered_by(event.name)
    program = batch.deployed.programs.get(event.name)
    manual = tuple(t for t in program.triggers if t.kind == "manual") if program else ()
    return [(program, manual)] if program and manual else []


def _triggered_by_text(
    batch: TickBatch, event: Pending, strangers: Collection[int]
) -> Sequence[tuple[Program, tuple[Trigger, ...]]]:
    """By its words, or as any text; a stranger's starts a flow by its words alone (C1)."""
    worded = batch.deployed.triggered_by_text(str(event.data.get("text") or ""))
    if event.contact is None or event.contact in strangers:
        return worded
    flows, of_any = {program.flow for program, _ in worded}, batch.deployed.triggered_by(RECEIVED)
    return [*worded, *(found for found in of_any if found[0].flow not in flows)]


def enter_flow(
    batch: TickBatch,
    program: Program,
    applicants: Sequence[EntryCandidate],
    changed_at: Mapping[int, int] | None = None,
) -> None:
    """Start one flow for those who may enter it, and note in the journal why the others may not; each contact at most once.

    `changed_at`: contact -> when it changed; whom an event of its own that came then, or later, has entered is not entered.
    """
    flow = batch.names.flow_ids[program.flow]
    ids = [applicant.person.id for applicant in applicants]
    batch.touch(ids)
    active = _active(batch, flow, ids) if program.entry.while_active != "parallel" else {}
    limited = program.entry.never_again or program.entry.again_after is not None
    before = runs.last_entries(batch.db, flow, ids) if limited else {}
    sent = runs.with_messages(batch.db, active) if active and before else set()
    unbegun = runs.unbegun(batch.db, active) if active and any(t.spread for t in program.triggers) else set()
    occasions = {applicant.event.occurred_at for applicant in applicants if applicant.event.contact is None}
    already = {at: runs.entered_by_occasion(batch.db, flow, ids, at) for at in occasions}
    by_event = runs.entered_by_event(batch.db, flow, changed_at) if changed_at else set()
    first = batch.db.ids("run", len(applicants))
    cases: list[LoadedRun] = []
    refused: list[JournalEntry] = []
    restarted: list[int] = []
    fit = _fit(batch, program, applicants)
    for applicant, (trigger, unfit) in zip(applicants, fit, strict=True):
        person, event = applicant.person, applicant.event
        running = active.get(person.id)
        unsent = running is not None and running not in sent
        why = unfit or _barred(program, person, event, running, unsent, before.get(person.id))
        if event.contact is None and running in unbegun:
            why = why or BEGINS_YET
        if event.contact is None and (person.id in already[event.occurred_at] or person.id in by_event):
            why = "has entered by another trigger at the same time"
        if batch.trace is not None:
            batch.trace.entry(program, person.id, trigger, why, batch.now)
        if why:
            refused.append(JournalEntry(person.id, program.flow, "refused", note=why))
            continue
        if running is not None:
            restarted.append(running)
        id = first + len(cases)
        lane = id if program.entry.while_active == "parallel" else 0
        if batch.restored is not None and batch.restored.has_before(event):
            batch.past[id] = event.occurred_at
        cases.append(LoadedRun(_new(id, lane, program, applicant, batch.now), person, event.data))
    if restarted:
        runs.end(batch.db, restarted, "restarted", batch.now)
    if refused:
        journal.write(batch.db, refused, batch.now, batch.names)
    if program.holdout:
        cases = _getting_it(batch, program, cases)
    if cases:
        batch.start(program, cases)


def _getting_it(batch: TickBatch, program: Program, cases: list[LoadedRun]) -> list[LoadedRun]:
    """Those who are not held out. Of the others a run that has ended is kept once, so that what the flow adds can be told."""
    share, lots = program.holdout, program.settings.lots
    out = {each.person.id for each in cases if is_held_out(each.person.id, program.flow, share, lots)}
    known = runs.held_out(batch.db, batch.names.flow_ids[program.flow], out) if out else set()
    kept = [
        case.run._replace(status="exited", reason=HELD_OUT, due=None, wall=None)
        for case in cases
        if case.person.id in out - known
    ]
    if kept:
        runs.insert(batch.db, kept, batch.now, batch.names)
    return [case for case in cases if case.person.id not in out]


def _active(batch: TickBatch, flow: int, contacts: Sequence[int]) -> dict[int, int]:
    """Contact -> its active run. One whose time came before (the daemon was off) goes on first: it may have ended."""
    active = runs.active_in(batch.db, flow, contacts)
    overdue = runs.waiting_of(batch.db, active, batch.names, batch.now) if active else []
    if not overdue:
        return active
    batch.advance(overdue)
    return runs.active_in(batch.db, flow, contacts)


def _new(id: int, lane: int, program: Program, applicant: EntryCandidate, now: int) -> Run:
    entered = min(now, applicant.event.occurred_at)
    contact, event = applicant.person.id, applicant.event.id
    at, wall, _ = applicant.due or (None, None, None)
    return Run(id, contact, program.flow, lane, None, "waiting", None, at, wall, entered, now, event)


def _fit(batch: TickBatch, program: Program, applicants: Sequence[EntryCandidate]) -> list[tuple[Trigger, str | None]]:
    """For each applicant the first trigger whose `where` it passes, and why it fails that or `require`; None where it passes.

    Of an applicant who passes none: the first of its triggers.
    """
    if program.entry.require is None and all(a.triggers[0].where is None for a in applicants):
        return [(applicant.triggers[0], None) for applicant in applicants]
    cases = [LoadedRun(_new(0, 0, program, a, batch.now), a.person, a.event.data) for a in applicants]
    known = facts.gather(batch.db, program.trigger_needs, cases, batch.names, batch.now)
    answers: list[tuple[Trigger, str | None]] = []
    for case, found, applicant in zip(cases, known, applicants, strict=True):
        ctx = Context(program, case.run, found, batch.now)
        trigger = next((each for each in applicant.triggers if each.where is None or each.where(ctx)), None)
        if trigger is None:
            answers.append((applicant.triggers[0], WHERE_REFUSES))
        elif program.entry.require is not None and not program.entry.require(ctx):
            answers.append((trigger, REQUIRE_REFUSES))
        else:
            answers.append((trigger, None))
    return answers


def _barred(
    program: Program, person: Person, event: Pending, running: int | None, unsent: bool, before: int | None
) -> str | None:
    """`unsent`: the run that it is in has sent nothing yet. Its restart is not a second entry for `again_after`."""
    entry = program.entry
    if running is not None and entry.while_active == "ignore":
        return ALREADY_IN
    if before is None or unsent:
        return None
    if entry.never_again:
        return "has been in this flow (again_after: never)"
    if (
        entry.again_after is not None
        and event.occurred_at < due_origins.after(before, entry.again_after, person.zone).at
    ):
        return "entered this flow too recently (again_after)"
    return None
