"""`release`: the end of a hold."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.shared.common import ProjectOption, opened
from engine.cli.shared.confirming import confirmed
from engine.cli.shared.output import remark, say
from engine.language.diagnostics.findings import counted
from engine.store import deeds, restored
from engine.store.deeds import By
from engine.store.person_actions import COMMAND_LINE
from engine.store.restored import Open


def release(
    ctx: typer.Context,
    send_left_out: Annotated[
        bool, typer.Option("--send-left-out", help="After a restore: also send the texts that were left out for it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    project: ProjectOption = None,
) -> None:
    """End a `hold`, or what a restore put on hold: messages leave from now on."""
    with opened(ctx, project) as opened_app:
        with opened_app.database.reading() as db:
            found = restored.open_questions(db)
        if found is not None:
            _tell(found)
            if not yes:
                confirmed("the database was put back, and sending goes on with what it knows")
        by = By(COMMAND_LINE, opened_app.clock.now())
        changed = opened_app.database.write(lambda db: deeds.release(db, by, send_left_out))
        opened_app.wake_daemon()
    say("sending is resumed" if changed else "sending was not on hold")


def _tell(found: Open) -> None:
    """What a person decides about, before sending goes on."""
    remark(
        f"{counted(found.unknown, 'message')} may have been sent before the restore: `leadoff messages --status unknown`"
    )
    later = f", and those of {counted(found.to_come, 'run')} to come" if found.to_come else ""
    remark(f"{counted(found.left_out, 'text')} of that time are left out{later}: `leadoff messages --status skipped`")
    remark("`leadoff release --send-left-out` sends them; STOPs of that time are missing: `leadoff notices`")
