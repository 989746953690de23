"""The story of one contact, printed: day by day on the contact's own clock, what is still to come last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from engine.cli.shared.output import OURS, cell
from engine.language.diagnostics.findings import counted, visible
from engine.store.queries.timeline import LATE, TimelineEntry
from engine.views import consents
from engine.views import moments as views


def draw(
    out: Console,
    about: dict[str, Any],
    moments: Sequence[TimelineEntry],
    ahead: Sequence[TimelineEntry],
    currency: str,
    now: int,
) -> None:
    """`ahead`: what comes next if nobody reacts."""
    zone = ZoneInfo(about["timezone"])
    name = " ".join(str(about["fields"][part]) for part in ("first_name", "last_name") if about["fields"].get(part))
    consent = consents.words(about, now, never="never asked for consent")
    if about["unreachable"]:
        consent += f", cannot be texted: {visible(about['unreachable'])}"
    out.print(Text.assemble((visible(name or about["key"]), "bold"), ("  " + visible(about["phone"]), ""),
                            (f"  {about['country']}  {about['timezone']}  {consent}", "dim")))  # fmt: skip
    if not moments:
        out.print(Text("nothing has happened yet", "dim"))
    _days(out, [moment for moment in moments if moment.kind not in LATE], zone, currency)
    rendered = {(moment.run, moment.step) for moment in ahead if moment.kind == "message"}
    waiting = [moment for moment in moments if moment.kind in LATE and (moment.run, moment.step) not in rendered]
    _section(out, "to come", waiting, zone, currency)
    if ahead:
        out.print()
        out.print(Text("If the contact does nothing:", "dim"))
        _days(out, ahead, zone, currency)


def _days(out: Console, moments: Sequence[TimelineEntry], zone: ZoneInfo, currency: str) -> None:
    days: dict[str, list[TimelineEntry]] = {}
    for moment in moments:
        days.setdefault("later" if moment.kind in LATE else _day(moment.at, zone), []).append(moment)
    for heading, found in days.items():
        _section(out, heading, found, zone, currency)


def _section(out: Console, heading: str, moments: Sequence[TimelineEntry], zone: ZoneInfo, currency: str) -> None:
    grid = _grid()
    for moment in moments:
        grid.add_row(Text(_time(moment, zone), "dim"), Text(*views.mark_of(moment)), _body(moment, zone, currency))
    if grid.row_count:
        out.print()
        out.print(Rule(Text(heading, "bold"), align="left", style="dim"), width=min(out.width, 100))
        out.print(grid)


def _grid() -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=8, justify="right", no_wrap=True)
    grid.add_column(width=1, no_wrap=True)
    grid.add_column(overflow="fold", max_width=100)
    return grid


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
        place = moment.details.get("by_person") or ": ".join(filter(None, (OURS[moment.flow], moment.step)))
    style = "dim" if moment.details.get("status") in views.QUIET else ""
    head = Text(visible(_said(moment)), style)
    if place:
        head.append(f"  {place}", "dim")
    return Group(head, *(Padding(line, (0, 0, 0, 2)) for line in _under(moment, zone, currency)))


def _said(moment: TimelineEntry) -> str:
    """A template is for authors: of a message that is not written yet only its kind is named."""
    if moment.kind == "waits" and "{{" in moment.what:
        return f"{moment.what.partition(':')[0]} is not written yet"
    return moment.what


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
    lines.append(Text(f"{parts}, {details['price']:.3f} {currency}{_source(moment)}", "dim"))
    if len(details["attempts"]) > 1 or details["status"] in views.BAD:
        for number, each in enumerate(details["attempts"], 1):
            why = f": {visible(each['detail'])}" if each["detail"] else ""
            lines.append(Text(f"attempt {number} at {views.clock(each['at'], zone)}: {each['outcome']}{why}", "dim"))
    if details["due_at"] is not None:
        lines.append(Text(f"goes {_both(details['due_at'], zone)}, or when its sender is free", "dim"))
    return lines


def _source(moment: TimelineEntry) -> str:
    """`, flows/spring-drop.yaml:34 @ a1b2c3d4e5f6, covered by 2 tests`."""
    details = moment.details
    if not details.get("place"):
        return ""
    version = details["commit"][:12] if details["commit"] else f"deployment {details['deployment']}"
    tests = details.get("tests")
    covered = "" if tests is None else f", covered by {counted(tests, 'test')}" if tests else ", no test reaches it"
    return f", {details['place']} @ {version}{covered}"
