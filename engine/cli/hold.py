"""`hold`: send nothing until `release`."""

from __future__ import annotations

import typer

from engine.cli.shared.common import ProjectOption, opened
from engine.cli.shared.output import say
from engine.store import deeds
from engine.store.deeds import By
from engine.store.person_actions import COMMAND_LINE


def hold(ctx: typer.Context, project: ProjectOption = None) -> None:
    """Send nothing until `release`; runs go on and write their messages."""
    with opened(ctx, project) as opened_app:
        by = By(COMMAND_LINE, opened_app.clock.now())
        changed = opened_app.database.write(lambda db: deeds.hold(db, by))
    say("sending is on hold: `leadoff release` resumes it" if changed else "sending was on hold already")
