"""`flows`: how many are in each; pause, resume, stop or roll back one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from engine.cli.shared.common import (
    FormatOption,
    ProjectOption,
    deployed_summary,
    known_flow,
    opened,
    opened_as,
    remark_drift,
)
from engine.cli.shared.confirming import confirmed
from engine.cli.shared.listing import say_listing
from engine.cli.shared.output import Format, say
from engine.errors import Refused
from engine.store import deeds
from engine.store.deeds import By
from engine.store.person_actions import COMMAND_LINE
from engine.store.queries.listings import ANY
from engine.views import public_rows

app = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)
FlowArgument = Annotated[str, typer.Argument(metavar="FLOW")]
COLUMNS = {
    "flow": "flow", "deployed": "deployed", "waiting": "waiting", "parked": "parked", "queued": "queued", "missed": "missed",
    "paused_at": "paused since", "stopped_at": "last stopped",
}  # fmt: skip


@app.callback()
def list_flows(ctx: typer.Context, format: FormatOption = Format.text, project: ProjectOption = None) -> None:
    """How many runs are in each flow; pause, resume, stop or roll back one."""
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


@app.command()
def stop(
    ctx: typer.Context,
    flow: FlowArgument,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Kept with the deed.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    project: ProjectOption = None,
) -> None:
    """End it for all who are in it, and for those whom its campaign has not reached: for good."""
    from engine.cli.shared.terminal import with_progress  # only here is the language loaded
    from engine.deployed_workspace import DeployedWorkspace
    from engine.runtime.recurring import stop_flow
    from engine.views.moments import day_and_clock

    with opened_as(DeployedWorkspace, ctx, project) as opened_app:
        deployed, now = opened_app.deployed(), opened_app.clock.now()
        with opened_app.database.reading() as db:
            known_flow(db, flow)
            found = stop_flow.reach(db, deployed, flow, now)
        if found.is_over:
            raise Refused(
                f"nobody is in {flow}, and nothing of it is to leave",
                "`leadoff flows pause` keeps it from starting" if found.starts_again else "it does not start again",
            )
        said = stop_flow.words(found)
        if not yes:
            confirmed(f"{flow}: {said}; that ends now, for good")
        by = By(COMMAND_LINE, now, reason)
        opened_app.database.write(lambda db: stop_flow.begin(db, deployed, flow, by, said))
        opened_app.wake_daemon()
        with_progress(lambda tell: stop_flow.finish(opened_app.database, progress=tell), "runs and messages", "ending")
        zone = ZoneInfo(deployed.project.timezone)
    say(f"{flow} is stopped: {said}")
    say(stop_flow.goes_on(flow, found, lambda at: day_and_clock(at, zone)))


@app.command()
def rollback(
    ctx: typer.Context,
    flow: FlowArgument,
    to: Annotated[
        int | None,
        typer.Option("--to", metavar="DEPLOYMENT", help="As this one has it; else the last in which it was another."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    project: ProjectOption = None,
) -> None:
    """Deploy a flow as it was before, with all else as it is; shows the plan, and asks."""
    from engine.app import App  # only here is the language loaded
    from engine.cli.plan import PlanFormat, show
    from engine.deploy.live_edits.carrying_over import finish
    from engine.deploy.plan.rollback_plan import rollback_plan

    with opened_as(App, ctx, project) as opened_app:
        finish(opened_app.database, opened_app.clock.now)
        with opened_app.database.reading() as db:
            known_flow(db, flow)
            planned = rollback_plan(
                db, opened_app.root, opened_app.registry, opened_app.media_dir, flow, to, opened_app.clock.now()
            )
        show(planned.plan, planned.checked, PlanFormat.text, everything=False)
        planned.allow()
        found = planned.rollback
        if not yes:
            confirmed(f"{flow} goes back to deployment {found.to}")
        done = opened_app.roll_back(found)
    say(f"deployment {done.id}: {flow} as deployment {found.to} has it; the files of the project are as they were")


def _change(ctx: typer.Context, project: Path | None, flow: str, pausing: bool) -> None:
    with opened(ctx, project) as opened_app:
        deed, by = deeds.pause if pausing else deeds.resume, By(COMMAND_LINE, opened_app.clock.now())
        changed = opened_app.database.write(lambda db: deed(db, known_flow(db, flow), flow, by))
        opened_app.wake_daemon()
    done = "is paused" if pausing else "is resumed"
    was = "was paused already" if pausing else "was not paused"
    say(f"{flow} {done if changed else was}")
