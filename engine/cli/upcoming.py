"""`upcoming`: what will leave from the database and when, if nobody reacts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from engine.app import App, tune_garbage_collection
from engine.cli.shared import common
from engine.cli.shared.found_contact import found_contact
from engine.cli.shared.output import Format, say, say_json
from engine.cli.shared.terminal import with_progress
from engine.clock import instant
from engine.core.calendar import DAY
from engine.language.diagnostics.findings import counted
from engine.preview.sample import Sample
from engine.preview.simulation.requests import until_of
from engine.preview.simulation.upcoming import Upcoming, people
from engine.preview.simulation.upcoming import upcoming as of_contacts
from engine.store.queries.listings import MILLION
from engine.views import moments

A_WEEK = 7 * DAY


def upcoming(
    ctx: typer.Context,
    contact: common.ContactOption = None,
    flow: common.FlowOption = None,
    next: Annotated[str | None, typer.Option("--next", metavar="LENGTH", help="How far; 7d by default.")] = None,
    format: common.FormatOption = Format.text,
    project: common.ProjectOption = None,
) -> None:
    """What will leave and when, if nobody reacts: the live contacts are played on, and nothing is changed."""
    length = A_WEEK if next is None else until_of(next, "--next").nominal
    with common.opened_as(App, ctx, project, "refuse") as app:
        deployed = app.deployed()
        if flow is not None:
            common.one_of(flow, sorted(deployed.programs), "flow")
        now = app.clock.now()
        if contact is None:
            who = people(app.database, deployed, flow)
        else:
            with app.database.reading() as db:
                who = Sample([found_contact(db, contact).id], 1)
        tune_garbage_collection()
        found = with_progress(
            lambda done: of_contacts(app.database, deployed, who, flow, now, now + length, done), "contacts", "playing"
        )
        common.remark_drift(app)
    if format is Format.json:
        say_json(_as_json(found, deployed.project.currency))
    else:
        for line in _lines(found, deployed.project.timezone, deployed.project.currency):
            say(line)


def _as_json(found: Upcoming, currency: str) -> dict[str, Any]:
    return {
        "from": instant(found.now),
        "until": instant(found.until),
        "contacts": found.contacts,
        "played": found.played,
        "currency": currency,
        "upcoming": [
            {
                "day": _date(each.day),
                **{key: getattr(each, key) for key in ("flow", "step", "kind", "messages")},
                "first_at": instant(each.first_at),
                "last_at": instant(each.last_at),
                "price": each.price / MILLION,
            }
            for each in found.departures
        ],
        "withheld": [each._asdict() for each in found.withheld],
        "held": found.held,
        "paused": list(found.paused),
    }


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()


def _lines(found: Upcoming, zone: str, currency: str) -> Iterator[str]:
    clock = ZoneInfo(zone)
    if found.played < found.contacts:
        yield f"about: a sample of {found.played:,} of {found.contacts:,} contacts was played"
    total, price = sum(each.messages for each in found.departures), sum(each.price for each in found.departures)
    until = f"{moments.day(found.until, clock)}, {moments.clock(found.until, clock)}"
    cost = moments.money(price, currency)
    yield f"until {until} {moments.place_of(zone)}, if nobody reacts: {counted(total, 'message')}, {cost}"
    last = None
    for each in found.departures:
        day = "" if each.day == last else moments.day(each.first_at, clock)
        last = each.day
        times = moments.clock(each.first_at, clock)
        if each.last_at - each.first_at >= 60_000:
            times += f" – {moments.clock(each.last_at, clock)}"
        cost = moments.money(each.price, currency)
        yield f"  {day:<11} {times:<19} {each.messages:>7,} {each.kind.upper()}  {each.flow} › {each.step}  {cost}"
    if found.held:
        yield "  sending is on hold: nothing leaves before `leadoff release`"
    elif found.paused:
        yield f"  paused, so nothing of it leaves: {', '.join(found.paused)}"
    elif not found.departures:
        yield "  nothing leaves: nobody waits for a message, and no clock starts a flow"
    for withheld in found.withheld:
        yield f"  not sent:  {withheld.messages:,} {withheld.flow} › {withheld.step}: {withheld.reason}"
