"""`hold`: send nothing until `release`."""

from __future__ import annotations

import typer

from engine.cli.shared.common import ProjectOption, opened
from engine.cli.shared.output import say
from engine.store import holds, person_actions
from engine.store.person_actions import COMMAND_LINE, EVERYTHING
from engine.store.sql import Connection


def hold(ctx: typer.Context, project: ProjectOption = None) -> None:
    """Send nothing until `release`; runs go on and write their messages."""
    with opened(ctx, project) as opened_app:
        now = opened_app.clock.now()

        def write(db: Connection) -> bool:
            changed = holds.hold(db, now)
            if changed:
                person_actions.add(db, now, COMMAND_LINE, "hold", EVERYTHING)
            return changed

        changed = opened_app.database.write(write)
    say("sending is on hold: `leadoff release` resumes it" if changed else "sending was on hold already")
