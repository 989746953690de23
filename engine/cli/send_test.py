"""`send-test`: a step's message to a number of one's own."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer

from engine.app import App
from engine.cli.shared.common import FormatOption, ProjectOption, one_of, opened_as, remark_drift
from engine.cli.shared.output import Format, remark, say, say_json
from engine.errors import UsageError
from engine.language.diagnostics.findings import counted
from engine.language.model.project import Project, convert_contact
from engine.language.values.fields import BadValue
from engine.runtime import send_test_message
from engine.store import holds
from engine.store.queries.listings import MILLION


def send_test(
    ctx: typer.Context,
    flow: Annotated[str, typer.Argument(metavar="FLOW")],
    step: Annotated[str, typer.Argument(metavar="STEP")],
    to: Annotated[str, typer.Option("--to", metavar="PHONE", help="The number to send to; it becomes a contact.")],
    contact: Annotated[
        str | None,
        typer.Option("--contact", metavar="JSON", help="More fields for the text, besides the contact's own."),
    ] = None,
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> None:
    """Send one step's message to a number of your own, outside of hours, caps and runs."""
    with opened_as(App, ctx, project) as app:
        deployed = app.deployed()
        program = deployed.programs[one_of(flow, sorted(deployed.programs), "flow")]
        one_of(step, sorted(program.places), "step")
        asked = send_test_message.SampleRequest(flow, step, to, _given(deployed.project, contact))
        done = send_test_message.write_test_message(app.database, deployed, asked, app.clock.now(), app.only_to)
        app.wake_daemon()
        _say(done, deployed.project.currency, format)
        _remark(app)
        remark_drift(app)


def _given(project: Project, contact: str | None) -> dict[str, Any]:
    try:
        found = orjson.loads(contact or "{}")
        if not isinstance(found, dict):
            raise ValueError
    except ValueError as error:
        raise UsageError("--contact is not a JSON object", """--contact '{"first_name": "Ada"}'""") from error
    try:
        return convert_contact(project, found)
    except BadValue as error:
        raise UsageError(f"--contact: {error}") from error


def _say(done: send_test_message.SampleMessage, currency: str, format: Format) -> None:
    effect = done.effect
    kind, price = "mms" if effect.media else "sms", effect.price / MILLION
    if format is Format.json:
        about = {"message": done.message, "to": done.phone, "sender": effect.sender, "kind": kind}
        say_json({**about, "text": effect.text, "parts": effect.parts, "price": price, "currency": currency})
        return
    for line in effect.text.splitlines():
        say(line)
    parts = counted(effect.parts, "part")
    say(f"{kind.upper()}, {parts}, {price:.3f} {currency}: message {done.message} to {done.phone} by {effect.sender}")


def _remark(app: App) -> None:
    with app.database.reading() as db:
        held = holds.held_since(db) is not None
    if held:
        remark("sending is on hold: it is sent after `leadoff release`, within the hour")
    elif not app.lock.held():
        remark("no daemon runs: `leadoff run` sends it, within the hour")
