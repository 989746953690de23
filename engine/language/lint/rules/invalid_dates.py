"""LO312: the field of a `date` trigger, and of a delay's `until`, is a contact's date. LO520: an `at` in the past starts no run."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import (
    DateTrigger,
    Draft,
    Finding,
    LintContext,
    Loc,
    OnDate,
    Schedule,
    ScheduleTrigger,
    nearest,
    resolve,
)

LAST_ZONE = "Etc/GMT+12"  # the last zone to reach a local time


def invalid_dates(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for loc, trigger in draft.triggers():
            if isinstance(trigger, DateTrigger) and "fields" not in world.unknown:
                yield from _no_date(world, draft, (*loc, "date", "field"), trigger.date.field)
            elif isinstance(trigger, ScheduleTrigger):
                yield from _past(world, draft, (*loc, "schedule", "at"), trigger.schedule)
        for placed in draft.values():
            if isinstance(placed.value, OnDate) and "fields" not in world.unknown:
                yield from _no_date(world, draft, (*placed.loc, "field"), placed.value.field, ("date", "time"))


def _no_date(
    world: LintContext, draft: Draft, loc: Loc, name: str, types: tuple[str, ...] = ("date",)
) -> Iterator[Finding]:
    known = world.project.contact_fields
    dated = [field for field, spec in known.items() if spec.type in types]
    if name not in dated:
        what = f"is of the type {known[name].type}, not date" if name in known else "is no field of contacts"
        near = nearest(name, dated)
        help = f'did you mean "contact.{near}"?' if near else f"the date fields of contacts are: {', '.join(dated)}"
        yield draft.finding("LO312", f'"{name}" {what}', loc, help)


def _past(world: LintContext, draft: Draft, loc: Loc, said: Schedule) -> Iterator[Finding]:
    if said.at is None or world.now is None:
        return
    zone = {"contact": LAST_ZONE, "project": world.project.timezone}.get(said.timezone, said.timezone)
    if resolve(said.at, zone) <= world.now:
        help = "write a time in the future, or remove the trigger"
        yield draft.finding("LO520", "this time has passed: no contact will enter at it", loc, help, severity="warning")
