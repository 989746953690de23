"""`messages`: what was said; settle an unknown one."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from engine.cli.shared import common
from engine.cli.shared.listing import StatusOption, say_listing, wanted_of
from engine.cli.shared.output import Format, remark, say, short
from engine.clock import instant
from engine.delivery.resolve import resolve as settle
from engine.store import holds
from engine.store.queries import listings
from engine.store.states import MESSAGE_STATES
from engine.views import public_rows

outgoing = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)


class Answer(StrEnum):
    accepted = "accepted"
    lost = "lost"


MESSAGE_COLUMNS = {
    "id": "id", "contact": "contact", "flow": "flow", "step": "step", "kind": "kind", "status": "status", "reason": "why",
    "price": "price", "sent_at": "sent", "text": "text",
}  # fmt: skip


@outgoing.callback()
def list_messages(
    ctx: typer.Context,
    contact: common.ContactOption = None,
    flow: common.FlowOption = None,
    status: StatusOption = None,
    format: common.FormatOption = Format.text,
    limit: common.LimitOption = None,
    project: common.ProjectOption = None,
) -> None:
    """List messages and their results; resolve an unknown one."""
    if ctx.invoked_subcommand is not None:
        return
    with common.opened(ctx, project, "empty") as app:
        wanted = wanted_of(app, contact, flow, status, MESSAGE_STATES, limit)
        summary = common.deployed_summary(app)
        rows = public_rows.paged(app.database, public_rows.messages, wanted, summary)
        said = say_listing(format, "messages", rows, MESSAGE_COLUMNS, "no messages", public_rows.MESSAGE_KEYS)
        with app.database.reading() as db:
            held = holds.held_since(db)
            waiting = 0 if said else listings.held_runs(db, wanted.contact, wanted.flow)
    if waiting:
        remark(f"{waiting} run{' is' if waiting == 1 else 's are'} held before a message: `leadoff runs`")
    if held is not None:
        remark(f"sending is on hold since {short(instant(held))}: `leadoff release` resumes it")


@outgoing.command()
def resolve(
    ctx: typer.Context,
    id: Annotated[int, typer.Argument(metavar="ID")],
    answer: Annotated[Answer, typer.Option("--as", help="The provider accepted it, or it never went out.")],
    project: common.ProjectOption = None,
) -> None:
    """Record what happened to an unknown message, once you know. It is not sent again either way."""
    with common.opened(ctx, project) as app:
        settle(app.database, id, answer.value, app.clock.now())
        app.wake_daemon()
    say(f"message {id} {'was accepted' if answer is Answer.accepted else 'is lost'}")
