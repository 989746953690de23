"""`explain`: the story of one contact, on the contact's own clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console, Group
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from engine.cli.shared import common
from engine.cli.shared.output import OURS, Format, cell, say_json
from engine.cli.shared.terminal import console
from engine.clock import instant
from engine.deploy.summary import NOTHING_DEPLOYED
from engine.language.diagnostics.findings import counted, visible
from engine.store import interned_names
from engine.store.queries import listings
from engine.store.queries.timeline import TimelineEntry, timeline_of
from engine.views import moments as views


def explain(
    ctx: typer.Context,
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="A key or a phone number.")],
    flow: common.FlowOption = None,
    format: common.FormatOption = Format.text,
    project: common.ProjectOption = None,
) -> None:
    """What happened to one contact, and why."""
    with common.opened(ctx, project, "empty") as app:
        summary = common.deployed_summary(app) or NOTHING_DEPLOYED
        with app.database.reading() as db:
            who = common.known_contact(db, contact)
            if flow is not None:
                common.one_of(flow, sorted(interned_names.load(db).flow_ids), "flow")
            moments = timeline_of(db, who, summary.doing, flow)
            (about,) = listings.contacts(db, contact=who.id)
        common.remark_drift(app)
    if format is Format.json:
        say_json({"contact": about | {k: instant(about[k]) for k in ("consent_at", "created_at", "updated_at")},
                  "story": [views.row(moment) for moment in moments]})  # fmt: skip
    else:
        draw(console(), about, moments, summary.currency)


def draw(out: Console, about: dict[str, Any], moments: list[TimelineEntry], currency: str) -> None:
    """Day by day; what is still to come stands last."""
    zone = ZoneInfo(about["timezone"])
    name = " ".join(str(about["fields"][part]) for part in ("first_name", "last_name") if about["fields"].get(part))
    consent = about["consent"] or "never asked for consent"
    if about["unreachable"]:
        consent += f", cannot be texted: {visible(about['unreachable'])}"
    out.print(Text.assemble((visible(name or about["key"]), "bold"), ("  " + visible(about["phone"]), ""),
                            (f"  {about['country']}  {about['timezone']}  {consent}", "dim")))  # fmt: skip
    if not moments:
        out.print(Text("nothing has happened yet", "dim"))
    day = ""
    grid = _grid()
    for moment in moments:
        heading = "to come" if moment.kind in ("waits", "queued") else _day(moment.at, zone)
        if heading != day:
            _flush(out, grid, day)
            grid, day = _grid(), heading
        grid.add_row(Text(_time(moment, zone), "dim"), Text(*views.mark_of(moment)), _body(moment, zone, currency))
    _flush(out, grid, day)


def _grid() -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=8, justify="right", no_wrap=True)
    grid.add_column(width=1, no_wrap=True)
    grid.add_column(overflow="fold", max_width=100)
    return grid


def _flush(out: Console, grid: Table, day: str) -> None:
    if grid.row_count:
        out.print()
        out.print(Rule(Text(day, "bold"), align="left", style="dim"), width=min(out.width, 100))
        out.print(grid)


def _day(at: int, zone: ZoneInfo) -> str:
    moment = datetime.fromtimestamp(at / 1000, zone)
    return f"{moment:%A, %B} {moment.day}, {moment.year}"


def _time(moment: TimelineEntry, zone: ZoneInfo) -> str:
    return "" if moment.kind in ("waits", "queued") else views.clock(moment.at, zone)


def _both(at: int, zone: ZoneInfo) -> str:
    """An instant on the contact's clock and in UTC."""
    there, utc = datetime.fromtimestamp(at / 1000, zone), datetime.fromtimestamp(at / 1000, UTC)
    return f"{there:%a, %b} {there.day}, {views.clock(at, zone)} {there:%Z} ({utc:%Y-%m-%d %H:%M} UTC)"


def _body(moment: TimelineEntry, zone: ZoneInfo, currency: str) -> Group:
    place = " › ".join(part for part in (moment.flow, moment.step) if part)
    if moment.flow in OURS:
        place = f"{OURS[moment.flow]}: {moment.step}"
    style = "dim" if moment.details.get("status") in views.QUIET else ""
    head = Text(visible(moment.what), style)
    if place:
        head.append(f"  {place}", "dim")
    return Group(head, *(Padding(line, (0, 0, 0, 2)) for line in _under(moment, zone, currency)))


def _under(moment: TimelineEntry, zone: ZoneInfo, currency: str) -> list[Text]:
    """What a moment's line does not say."""
    details = moment.details
    if moment.kind == "event" and details.get("data"):
        return [Text(", ".join(f"{key}: {cell(value)}" for key, value in details["data"].items()), "dim")]
    if moment.kind == "entered":
        commit = (
            f", commit {details['commit'][:12]}{' + uncommitted changes' if details['dirty'] else ''}"
            if details["commit"]
            else ""
        )
        return [
            Text(f"by {details['event'] or '?'}; run {moment.run}, deployment {details['deployment']}{commit}", "dim")
        ]
    if moment.kind == "waits" and details["until"] is not None:
        return [Text(f"until {_both(details['until'], zone)}", "dim")]
    if moment.kind in ("message", "queued") and details["text"]:
        return _message(moment, zone, currency)
    return []


def _message(moment: TimelineEntry, zone: ZoneInfo, currency: str) -> list[Text]:
    details = moment.details
    lines = [Text(visible(line), "italic") for line in details["text"].strip().splitlines()]
    parts = counted(details["parts"], "part")
    lines.append(Text(f"{parts}, {details['price']:.3f} {currency}", "dim"))
    if len(details["attempts"]) > 1 or details["status"] in views.BAD:
        for number, each in enumerate(details["attempts"], 1):
            why = f": {visible(each['detail'])}" if each["detail"] else ""
            lines.append(Text(f"attempt {number} at {views.clock(each['at'], zone)}: {each['outcome']}{why}", "dim"))
    if details["due_at"] is not None:
        lines.append(Text(f"goes {_both(details['due_at'], zone)}, or when its sender is free", "dim"))
    return lines
