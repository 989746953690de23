"""`event`: what a contact did, by the same way in as the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import orjson
import typer

from engine.cli.shared.common import FormatOption, ProjectOption, contact_of, opened_as, remark_without_daemon
from engine.cli.shared.output import Format, say, say_json
from engine.deployed_workspace import DeployedWorkspace
from engine.errors import Conflict, Refused, UsageError
from engine.intake import events
from engine.intake.events import IncomingEvent

ContactArgument = Annotated[str, typer.Option("--contact", metavar="KEY", help="A key, or a phone number with its +.")]


def event(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    contact: ContactArgument,
    data: Annotated[str, typer.Option("--data", metavar="JSON", help="The event's data.")] = "{}",
    id: Annotated[str | None, typer.Option("--id", help="The same id is taken once.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="When it happened, with its zone.")] = None,
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> None:
    """Report what a contact did."""
    item = IncomingEvent(name, contact_of(contact), _object(data), _instant(at), id)
    with opened_as(DeployedWorkspace, ctx, project, "create") as app:
        accept(app, item, format)


def accept(app: DeployedWorkspace, item: IncomingEvent, format: Format = Format.text) -> None:
    """Take it and say so. Raises Refused, Conflict."""
    (taken,) = events.accept(app.database, app.deployed().project, [item], app.clock.now())
    if taken.status == "conflict":
        raise Conflict(f"conflict: {taken.reason}")
    if taken.status in ("rejected", "failed"):
        raise Refused(f"{taken.status}: {taken.reason}")
    app.wake_daemon()
    if format is Format.json:
        say_json({"events": [{"event": item.event, "id": item.id, "status": taken.status}]})
    else:
        say(taken.status)
    remark_without_daemon(app)


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
