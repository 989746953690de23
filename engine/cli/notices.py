"""`notices`: what a person should look at, and that it is done."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.shared.common import FormatOption, ProjectOption, opened
from engine.cli.shared.listing import say_listing
from engine.cli.shared.output import Format, say
from engine.clock import instant
from engine.errors import Refused
from engine.store import notices
from engine.store.queries import listings

app = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)
COLUMNS = {"id": "id", "at": "since", "kind": "kind", "contact": "contact", "note": "note", "done_at": "done"}


@app.callback()
def list_notices(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Those that are done as well.")] = False,
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> None:
    """What a person should look at; mark it as done."""
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx, project, "empty") as opened_app, opened_app.database.reading() as db:
        rows = [row | {key: instant(row[key]) for key in ("at", "done_at")} for row in listings.notices(db, every)]
    say_listing(format, "notices", rows, COLUMNS, "no notices")


@app.command()
def done(ctx: typer.Context, id: Annotated[int, typer.Argument(metavar="ID")], project: ProjectOption = None) -> None:
    """Mark a notice as done."""
    with opened(ctx, project) as opened_app:
        changed = opened_app.database.write(lambda db: notices.finish(db, id, opened_app.clock.now()))
    if changed is None:
        raise Refused(f"there is no notice {id}", "`leadoff notices --all` lists them")
    say(f"notice {id} is done" if changed else f"notice {id} was done already")
