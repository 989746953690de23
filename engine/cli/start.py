"""`start`: a contact on a flow, by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.event import ContactArgument, accept
from engine.cli.shared.common import ProjectOption, contact_of, one_of, opened_as
from engine.deployed_workspace import DeployedWorkspace
from engine.intake import events
from engine.intake.events import IncomingEvent


def start(
    ctx: typer.Context,
    flow: Annotated[str, typer.Argument(metavar="FLOW")],
    contact: ContactArgument,
    project: ProjectOption = None,
) -> None:
    """Start a contact on a flow that has a manual trigger."""
    with opened_as(DeployedWorkspace, ctx, project) as app:
        programs = app.deployed().programs
        program = programs[one_of(flow, sorted(programs), "deployed flow")]
        events.refuse_start(program)
        accept(app, IncomingEvent(flow, contact_of(contact), {}, start=True))
