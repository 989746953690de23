"""`runs`: who is where; retry or end one of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from engine.cli.shared import common
from engine.cli.shared.listing import StatusOption, say_listing, wanted_of
from engine.cli.shared.output import Format, say
from engine.errors import Refused
from engine.store import interned_names, journal, outbox, runs
from engine.store.journal import JournalEntry
from engine.store.states import RUN_STATES
from engine.views import public_rows

app = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)


BY_HAND = "ended by hand"


RUN_COLUMNS = {
    "id": "id", "contact": "contact", "flow": "flow", "step": "step", "status": "status", "reason": "why",
    "due_at": "due", "waiting_for": "waiting for", "entered_at": "entered",
}  # fmt: skip


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
    """Which runs are at which step; retry or end one."""
    if ctx.invoked_subcommand is not None:
        return
    with common.opened(ctx, project, "empty") as app:
        wanted = wanted_of(app, contact, flow, status, RUN_STATES, limit)
        summary = common.deployed_summary(app)
        with app.database.reading() as db:
            rows = public_rows.runs(db, wanted, summary)
    say_listing(format, "runs", rows, RUN_COLUMNS, "no runs", public_rows.RUN_KEYS)


@app.command()
def retry(
    ctx: typer.Context, id: Annotated[int, typer.Argument(metavar="ID")], project: common.ProjectOption = None
) -> None:
    """Try a parked run again."""
    _change(ctx, project, id, "retried")


@app.command("exit")
def end(
    ctx: typer.Context, id: Annotated[int, typer.Argument(metavar="ID")], project: common.ProjectOption = None
) -> None:
    """End a run, and cancel what it has not sent yet."""
    _change(ctx, project, id, "ended")


def _change(ctx: typer.Context, project: Any, id: int, kind: str) -> None:
    with common.opened(ctx, project) as app:
        now = app.clock.now()

        def write(db: Any) -> None:
            known = interned_names.load(db)
            case = runs.with_ids(db, [id], known).get(id)
            if case is None:
                raise Refused(f"there is no run {id}", "`leadoff runs` lists them")
            run = case.run
            if kind == "retried" and not runs.retry(db, id, now):
                raise Refused(f"run {id} is not parked: it is {run.status}")
            if kind == "ended":
                if not runs.end(db, [id], BY_HAND, now):
                    raise Refused(f"run {id} has ended already: {run.reason}")
                outbox.cancel_of_runs(db, [(run.contact, id)], BY_HAND)
            journal.write(
                db,
                [JournalEntry(run.contact, run.flow, kind, id, run.step, BY_HAND if kind == "ended" else None)],
                now,
                known,
            )

        app.database.write(write)
        app.wake_daemon()
    say(f"run {id} {'is tried again' if kind == 'retried' else 'has ended'}")
