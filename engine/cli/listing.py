"""`runs` and `messages`: what is, and what was."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from engine.app import App
from engine.cli.common import (
    ContactOption,
    FlowOption,
    FormatOption,
    LimitOption,
    ProjectOption,
    deployed_of,
    known_contact,
    one_of,
    opened,
)
from engine.cli.output import OURS, Format, remark, say, say_json, say_table, short
from engine.clock import instant
from engine.delivery import reconcile
from engine.deploy import shown
from engine.errors import Refused
from engine.store import holding, journal, names, runs
from engine.store import messages as outbox
from engine.store.journal import Line
from engine.store.listings import Wanted
from engine.store.tables import MESSAGE_STATES, RUN_STATES

app = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)
outgoing = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)
StatusOption = Annotated[str | None, typer.Option("--status", metavar="S")]
BY_HAND = "ended by hand"


class Answer(StrEnum):
    accepted = "accepted"
    lost = "lost"


RUN_COLUMNS = {
    "id": "id", "contact": "contact", "flow": "flow", "step": "step", "status": "status", "reason": "why",
    "due_at": "due", "waiting_for": "waiting for", "entered_at": "entered",
}  # fmt: skip
MESSAGE_COLUMNS = {
    "id": "id", "contact": "contact", "flow": "flow", "step": "step", "kind": "kind", "status": "status", "reason": "why",
    "price": "price", "sent_at": "sent", "text": "text",
}  # fmt: skip


@app.callback()
def list_runs(
    ctx: typer.Context,
    contact: ContactOption = None,
    flow: FlowOption = None,
    status: StatusOption = None,
    format: FormatOption = Format.text,
    limit: LimitOption = None,
    project: ProjectOption = None,
) -> None:
    """Who is where; retry or end one of them."""
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx, project) as app:
        wanted = _wanted(app, contact, flow, status, RUN_STATES, limit)
        deployed = deployed_of(app)
        with app.database.reading() as db:
            rows = shown.runs(db, wanted, deployed)
    if format is Format.json:
        say_json({"runs": shown.only(shown.RUN_KEYS, rows)})
    else:
        say_table([_shortened(row) for row in rows], RUN_COLUMNS, "no runs")


@outgoing.callback()
def list_messages(
    ctx: typer.Context,
    contact: ContactOption = None,
    flow: FlowOption = None,
    status: StatusOption = None,
    format: FormatOption = Format.text,
    limit: LimitOption = None,
    project: ProjectOption = None,
) -> None:
    """Every message and what became of it; settle an unknown one."""
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx, project) as app:
        wanted = _wanted(app, contact, flow, status, MESSAGE_STATES, limit)
        deployed = deployed_of(app)
        with app.database.reading() as db:
            rows = shown.messages(db, wanted, deployed)
            held = holding.held_since(db)
    if format is Format.json:
        say_json({"messages": shown.only(shown.MESSAGE_KEYS, rows)})
    else:
        say_table([_shortened(row) for row in rows], MESSAGE_COLUMNS, "no messages")
    if held is not None:
        remark(f"sending is on hold since {short(instant(held))}: `leadoff release` lets it go on")


@outgoing.command()
def resolve(
    ctx: typer.Context,
    id: Annotated[int, typer.Argument(metavar="ID")],
    answer: Annotated[Answer, typer.Option("--as", help="The provider took it, or it never went out.")],
    project: ProjectOption = None,
) -> None:
    """Say what became of an unknown message, once you know. It is not sent again either way."""
    with opened(ctx, project) as app:
        reconcile.resolve(app.database, id, answer.value, app.clock.now())
        app.wake_daemon()
    say(f"message {id} {'was accepted' if answer is Answer.accepted else 'is lost'}")


def _shortened(row: dict[str, Any]) -> dict[str, Any]:
    """As it fits into a table."""
    instants = {key: short(row[key]) for key in ("due_at", "entered_at", "sent_at") if key in row}
    line = " ".join(row.get("text", "").split())
    price = {"price": f"{row['price']:.3f}"} if "price" in row else {}
    flow = {"flow": OURS.get(row["flow"], row["flow"])}
    return row | instants | price | flow | {"text": line if len(line) <= 40 else f"{line[:39]}…"}


def _wanted(
    app: App, contact: str | None, flow: str | None, status: str | None, states: tuple[str, ...], limit: int | None
) -> Wanted:
    """The options as a filter. Raises where one names nothing."""
    with app.database.reading() as db:
        who = known_contact(db, contact).id if contact is not None else None
        flows = names.load(db).flow_ids
    return Wanted(
        who,
        None if flow is None else flows[one_of(flow, sorted(flows), "flow")],
        None if status is None else states.index(one_of(status, list(states), "status")),
        limit,
    )


@app.command()
def retry(ctx: typer.Context, id: Annotated[int, typer.Argument(metavar="ID")], project: ProjectOption = None) -> None:
    """Try a parked run again."""
    _change(ctx, project, id, "retried")


@app.command("exit")
def end(ctx: typer.Context, id: Annotated[int, typer.Argument(metavar="ID")], project: ProjectOption = None) -> None:
    """End a run, and cancel what it has not sent yet."""
    _change(ctx, project, id, "ended")


def _change(ctx: typer.Context, project: Any, id: int, kind: str) -> None:
    with opened(ctx, project) as app:
        now = app.clock.now()

        def write(db: Any) -> None:
            known = names.load(db)
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
                db, [Line(run.contact, run.flow, kind, id, run.step, BY_HAND if kind == "ended" else None)], now, known
            )

        app.database.write(write)
        app.wake_daemon()
    say(f"run {id} {'is tried again' if kind == 'retried' else 'has ended'}")
