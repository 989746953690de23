"""`flows`: how many are in each; pause or resume one."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.shared.common import FormatOption, ProjectOption, deployed_summary, known_flow, opened, remark_drift
from engine.cli.shared.listing import say_listing
from engine.cli.shared.output import Format, say
from engine.store import holds
from engine.store.queries.listings import ANY
from engine.views import public_rows

app = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)
FlowArgument = Annotated[str, typer.Argument(metavar="FLOW")]
COLUMNS = {
    "flow": "flow", "deployed": "deployed", "waiting": "waiting", "parked": "parked", "queued": "queued", "missed": "missed",
    "paused_at": "paused since",
}  # fmt: skip


@app.callback()
def list_flows(ctx: typer.Context, format: FormatOption = Format.text, project: ProjectOption = None) -> None:
    """How many runs are in each flow; pause or resume one."""
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx, project, "empty") as opened_app:
        summary = deployed_summary(opened_app)
        with opened_app.database.reading() as db:
            rows = public_rows.flows(db, ANY, summary)
        remark_drift(opened_app)
    say_listing(format, "flows", rows, COLUMNS, "no flows", public_rows.FLOW_KEYS)


@app.command()
def pause(ctx: typer.Context, flow: FlowArgument, project: ProjectOption = None) -> None:
    """Send nothing of this flow and advance no run; a contact that enters waits at the first step."""
    _change(ctx, project, flow, pausing=True)


@app.command()
def resume(ctx: typer.Context, flow: FlowArgument, project: ProjectOption = None) -> None:
    """Continue the runs that waited, in due order. What is too late by then is dropped."""
    _change(ctx, project, flow, pausing=False)


def _change(ctx: typer.Context, project: Path | None, flow: str, pausing: bool) -> None:
    with opened(ctx, project) as opened_app:
        now = opened_app.clock.now()

        def write(db: sqlite3.Connection) -> bool:
            id = known_flow(db, flow)
            return holds.pause(db, id, now) if pausing else holds.resume(db, id)

        changed = opened_app.database.write(write)
        opened_app.wake_daemon()
    done = "is paused" if pausing else "is resumed"
    was = "was paused already" if pausing else "was not paused"
    say(f"{flow} {done if changed else was}")
