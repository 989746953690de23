"""`release`: send again."""

from __future__ import annotations

import typer

from engine.cli.shared.common import ProjectOption, opened
from engine.cli.shared.output import say
from engine.store import holds


def release(ctx: typer.Context, project: ProjectOption = None) -> None:
    """Send again."""
    with opened(ctx, project) as opened_app:
        changed = opened_app.database.write(holds.release)
        opened_app.wake_daemon()
    say("sending is resumed" if changed else "sending was not on hold")
