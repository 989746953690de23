"""Whom a schedule will come to, when, and what that costs: the audience as it is now, before anybody is texted.

Invariants: nothing is written. Counts are exact, but for who is held out: contacts who are alike in all that decides are one row of the
answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.core.facts import Person
from engine.core.gates import OPEN, Candidate
from engine.core.gates.checks import consent, country, reachable
from engine.core.gates.local_rules import AREA
from engine.core.recurrence import Recurrence, next_firing
from engine.core.spread import hours_of, spread_of
from engine.deploy.trigger_setup import SINCE
from engine.language.lint.costs import Range, flow_cost
from engine.language.model.flow import Flow
from engine.language.model.project import Project
from engine.language.model.triggers import ScheduleTrigger
from engine.store import audience, schedules
from engine.store.interned_names import Names
from engine.store.sql import Connection


class Campaign(NamedTuple):
    """One schedule of a flow. Instants are UTC ms, prices millionths of the currency."""

    spread: int  # ms over which its audience starts; 0: all at once
    first_at: int  # when it comes first, and last, in the time zones of its contacts
    last_at: int
    contacts: int
    silent: int = 0  # of them get nothing of it: no consent, no number that can be texted, a country that is not served
    cut: int = 0  # of them have hours that end before the whole spread is over: theirs is over what is left
    price: Range = Range(0, 0)  # of the others, over all steps
    held_out: int = 0  # about so many of them, by the flow's `holdout`: they cost nothing


def campaigns(db: Connection, flow: Flow, project: Project, names: Names, now: int) -> Iterator[Campaign]:
    """Of each schedule of the flow that comes again."""
    clocks = {row[1:3]: row for row in schedules.rows(db) if row.flow == names.flow_ids.get(flow.flow)}
    for trigger in flow.trigger:
        compiled = trigger.compiled(project.timezone)
        if isinstance(trigger, ScheduleTrigger) and compiled.recurrence is not None:
            clock = clocks.get((compiled.key, compiled.recurrence.zone or SINCE))
            if clock is not None and clock.at is None and clock.zone != SINCE:
                continue  # it has been, or was stopped
            after = max(now, clock.wall or 0) if clock is not None and clock.zone == SINCE else now
            found = _campaign(db, flow, project, trigger, compiled.recurrence, now, after)
            if found is not None:
                yield found


def _campaign(
    db: Connection, flow: Flow, project: Project, trigger: ScheduleTrigger, recurrence: Recurrence, now: int, after: int
) -> Campaign | None:
    """Its first firing after `after`; None where it does not come any more."""
    said, instants, price = trigger.schedule, set[int](), Range(0, 0)
    length = said.spread.nominal if said.spread else 0
    quiet = project.quiet_hours if flow.quiet_hours is None else flow.quiet_hours
    costs: dict[str, Range] = {}
    contacts = silent = cut = texted = 0
    for kind in audience.kinds(db, said.audience, project, now, AREA):
        fires = next_firing(recurrence.rule, recurrence.zone or kind.zone, after)
        if fires is None:
            continue
        instants.add(fires.at)
        contacts += kind.contacts
        if _is_silent(kind, flow, project, now):
            silent += kind.contacts
            continue
        if kind.region not in costs:
            costs[kind.region] = flow_cost(flow, project, kind.region).contact
        cost = costs[kind.region]
        price = price.plus(Range(cost.best * kind.contacts, cost.worst * kind.contacts))
        texted += kind.contacts
        person = Person(0, kind.area, kind.region, kind.zone, {"state": kind.state}, kind.consent, kind.own_zone)
        hours = hours_of(person, flow.category, quiet, project.timezone)
        cut += kind.contacts * (length > 0 and spread_of(fires.at, length, hours).is_cut)
    if not instants:
        fires = next_firing(recurrence.rule, recurrence.zone or project.timezone, after)
        return None if fires is None else Campaign(length, fires.at, fires.at, 0)
    out = flow.holdout or 0
    price = Range(*(each * (10_000 - out) // 10_000 for each in price))
    return Campaign(length, min(instants), max(instants), contacts, silent, cut, price, round(texted * out / 10_000))


def _is_silent(kind: audience.Kind, flow: Flow, project: Project, now: int) -> bool:
    unreachable = "" if kind.is_unreachable else None
    countries = frozenset(project.countries)
    asked = Candidate(now, flow.category, kind.consent, kind.region, countries, None, unreachable)
    return any(gate(asked) is not OPEN for gate in (consent, reachable, country))
