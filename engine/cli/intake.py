"""`event`, `events import` and `start`: the same way in as the API."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from engine.app import App
from engine.cli.common import ProjectOption, contact_of, one_of, opened
from engine.cli.output import say, with_progress
from engine.errors import Conflict, Refused, UsageError
from engine.intake import events
from engine.intake.events import EventIn
from engine.intake.ndjson import import_events

many = typer.Typer(add_completion=False, rich_markup_mode=None)
ContactArgument = Annotated[str, typer.Option("--contact", metavar="KEY", help="A key, or a phone number with its +.")]


def event(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    contact: ContactArgument,
    data: Annotated[str, typer.Option("--data", metavar="JSON", help="What the event carries.")] = "{}",
    id: Annotated[str | None, typer.Option("--id", help="The same id is taken once.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="When it happened, with its zone.")] = None,
    project: ProjectOption = None,
) -> None:
    """Say what a contact did."""
    item = EventIn(name, contact_of(contact), _object(data), _instant(at), id)
    with opened(ctx, project) as app:
        _accept(app, item)


@many.callback()
def several() -> None:
    """Take events from a file."""


@many.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.ndjson", help="One event a line, as the API takes them.")],
    errors: Annotated[
        Path | None, typer.Option("--errors", metavar="FILE", help="Where rejected lines go; default: FILE.errors.csv.")
    ] = None,
    project: ProjectOption = None,
) -> int:
    """Take events from a file; what has an id is taken once. Exit 1 where lines were rejected."""
    refused = errors or file.parent / f"{file.stem}.errors.csv"
    if refused.resolve() == file.resolve():
        raise UsageError("--errors names the file that is imported", "rejected lines would be written over it")
    with opened(ctx, project) as app:
        deployed = app.deployed().project
        done = with_progress(
            lambda tell: import_events(app.database, deployed, file, refused, app.clock.now, tell), "lines"
        )
        app.wake_daemon()
    line = f"{done.accepted + done.duplicate} taken ({done.accepted} new, {done.duplicate} already)"
    say(f"{line}, {done.rejected} rejected → {refused}" if done.rejected else line)
    return 1 if done.rejected else 0


def start(
    ctx: typer.Context,
    flow: Annotated[str, typer.Argument(metavar="FLOW")],
    contact: ContactArgument,
    project: ProjectOption = None,
) -> None:
    """Start a contact on a flow that has a manual trigger."""
    with opened(ctx, project) as app:
        programs = app.deployed().programs
        program = programs[one_of(flow, sorted(programs), "deployed flow")]
        events.refuse_start(program)
        _accept(app, EventIn(flow, contact_of(contact), {}, start=True))


def _accept(app: App, item: EventIn) -> None:
    (taken,) = events.accept(app.database, app.deployed().project, [item], app.clock.now())
    if taken.status == "conflict":
        raise Conflict(f"conflict: {taken.reason}")
    if taken.status == "rejected":
        raise Refused(f"rejected: {taken.reason}")
    app.wake_daemon()
    say(taken.status)


def _object(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except ValueError as error:
        raise UsageError(f"--data is not JSON: {error}", """--data '{"list": "vip"}'""") from error
    if not isinstance(found, dict):
        raise UsageError("--data is not a JSON object", """--data '{"list": "vip"}'""")
    return found


def _instant(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise UsageError("--at is not an instant", "with its zone: 2026-11-24T09:00:00-05:00, or …Z") from error
