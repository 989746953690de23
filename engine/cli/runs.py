"""`runs`: who is where; move, retry or end one of them, or all that wait at a step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.shared import common
from engine.cli.shared.confirming import confirmed
from engine.cli.shared.listing import StatusOption, say_listing, wanted_of
from engine.cli.shared.output import Format, say
from engine.errors import Refused, UsageError
from engine.store import cancelling, carrying, interned_names, journal, runs
from engine.store.journal import JournalEntry
from engine.store.live_edits import BY_HAND
from engine.store.sql import Connection
from engine.store.states import RUN_STATES
from engine.views import public_rows

if TYPE_CHECKING:
    from engine.deploy.live_edits.by_hand import What

app = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)

RUN_COLUMNS = {
    "id": "id", "contact": "contact", "flow": "flow", "step": "step", "status": "status", "reason": "why",
    "due_at": "due", "waiting_for": "waiting for", "entered_at": "entered",
}  # fmt: skip
RunArgument = Annotated[int | None, typer.Argument(metavar="[ID]", help="One run; or name --flow and --step.")]
FlowOption = Annotated[str | None, typer.Option("--flow", metavar="FLOW", help="All that wait in this flow.")]
StepOption = Annotated[str | None, typer.Option("--step", metavar="STEP", help="Of these, those at this step.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.callback()
def list_runs(
    ctx: typer.Context,
    contact: common.ContactOption = None,
    flow: common.FlowOption = None,
    status: StatusOption = None,
    format: common.FormatOption = Format.text,
    limit: common.LimitOption = None,
    project: common.ProjectOption = None,
) -> None:
    """Which runs are at which step; move, retry or end one, or all at a step."""
    if ctx.invoked_subcommand is not None:
        return
    with common.opened(ctx, project, "empty") as app:
        wanted = wanted_of(app, contact, flow, status, RUN_STATES, limit)
        summary = common.deployed_summary(app)
        rows = public_rows.paged(app.database, public_rows.runs, wanted, summary)
        say_listing(format, "runs", rows, RUN_COLUMNS, "no runs", public_rows.RUN_KEYS)


@app.command()
def retry(
    ctx: typer.Context,
    id: RunArgument = None,
    flow: FlowOption = None,
    step: StepOption = None,
    yes: YesOption = False,
    project: common.ProjectOption = None,
) -> None:
    """Try a parked run again, or all that are parked in a flow."""
    if _is_one(id, flow, step):
        _change(ctx, project, id or 0, "retried")
    else:
        _all(ctx, project, "retry", None, flow, step, None, yes)


@app.command("exit")
def end(
    ctx: typer.Context,
    id: RunArgument = None,
    flow: FlowOption = None,
    step: StepOption = None,
    yes: YesOption = False,
    project: common.ProjectOption = None,
) -> None:
    """End a run, or all in a flow, and cancel what they have not sent yet."""
    if _is_one(id, flow, step):
        _change(ctx, project, id or 0, "ended")
    else:
        _all(ctx, project, "exit", None, flow, step, None, yes)


@app.command()
def move(
    ctx: typer.Context,
    id: RunArgument = None,
    flow: FlowOption = None,
    step: StepOption = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="STEP", help="They go on at this step, ahead of them, when their wait ends."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Their wait counts anew, from now.")] = False,
    yes: YesOption = False,
    project: common.ProjectOption = None,
) -> None:
    """Let a run, or all at a step, go on at a step ahead, or wait anew."""
    one = _is_one(id, flow, step)
    if not one and step is None:
        raise UsageError("at which step?", "name it: --step STEP")
    if (to is not None) is again:
        raise UsageError("say where they go, or that they wait anew", "--to STEP, or --again")
    _all(ctx, project, "again" if again else "move", id, flow, step, to, yes or one)


def _is_one(id: int | None, flow: str | None, step: str | None) -> bool:
    if id is not None and (flow is not None or step is not None):
        raise UsageError("one run, or all of a flow: not both", "leave out the number, or --flow and --step")
    if id is None and flow is None:
        raise UsageError("which run?", "its number (`leadoff runs` lists them), or --flow FLOW with --step STEP")
    return id is not None


def _all(
    ctx: typer.Context,
    project: Path | None,
    what: What,
    id: int | None,
    flow: str | None,
    step: str | None,
    to: str | None,
    yes: bool,
) -> None:
    from engine.deploy.live_edits import by_hand  # only here is the language loaded
    from engine.deploy.live_edits.carrying_over import finish
    from engine.deployed_workspace import DeployedWorkspace

    with common.opened_as(DeployedWorkspace, ctx, project) as app:
        wanted = by_hand.Wanted(what, id, flow, step, to)
        finish(app.database, app.clock.now)
        deployed = app.deployed()
        with app.database.reading() as db:
            if flow is not None:
                common.known_flow(db, flow)
            shown = by_hand.find(db, deployed, wanted)
        said, seen = by_hand.words(shown, wanted), by_hand.count(shown, wanted)
        if not yes:
            confirmed(said)

        done = by_hand.carry_out(app.database, deployed, wanted, app.clock.now, seen)
        app.wake_daemon()
    say(f"{said}: done" if done == seen else f"{said}: done, for {done:,}")


def _change(ctx: typer.Context, project: Path | None, id: int, kind: str) -> None:
    with common.opened(ctx, project) as app:
        now = app.clock.now()

        def write(db: Connection) -> None:
            db.world(exclusive=True)
            known = interned_names.load(db)
            case = runs.with_ids(db, [id], known).get(id)
            if case is None:
                raise Refused(f"there is no run {id}", "`leadoff runs` lists them")
            carrying.touch(db, [case.run.contact])
            run = runs.with_ids(db, [id], known)[id].run
            if kind == "retried" and not runs.retry(db, id, now):
                raise Refused(f"run {id} is not parked: it is {run.status}")
            if kind == "ended":
                if not runs.end(db, [id], BY_HAND, now):
                    raise Refused(f"run {id} has ended already: {run.reason}")
                cancelling.cancel_of_runs(db, [(run.contact, id)], BY_HAND, now)
            journal.write(
                db,
                [JournalEntry(run.contact, run.flow, kind, id, run.step, BY_HAND if kind == "ended" else None)],
                now,
                known,
            )

        app.database.write(write)
        app.wake_daemon()
    say(f"run {id} {'is tried again' if kind == 'retried' else 'has ended'}")
