"""`start`: a contact on a flow, by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.event import ContactArgument, accept
from engine.cli.shared.common import ProjectOption, contact_of, one_of
from engine.cli.shared.opened_app import opened_app
from engine.intake import events
from engine.intake.events import IncomingEvent


def start(
    ctx: typer.Context,
    flow: Annotated[str, typer.Argument(metavar="FLOW")],
    contact: ContactArgument,
    project: ProjectOption = None,
) -> None:
    """Start a contact on a flow that has a manual trigger."""
    with opened_app(ctx, project) as app:
        programs = app.deployed().programs
        program = programs[one_of(flow, sorted(programs), "deployed flow")]
        events.refuse_start(program)
        accept(app, IncomingEvent(flow, contact_of(contact), {}, start=True))
