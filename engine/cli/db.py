"""`db`: the database brought up to date, or checked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import typer

from engine.cli.shared.common import ProjectOption, root_of
from engine.cli.shared.output import say
from engine.store import migrations
from engine.store.database import Database, Missing
from engine.store.open_database import open_database
from engine.store.queries import integrity
from engine.workspace import DEFAULT_DATABASE

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback()
def db() -> None:
    """Bring the database up to date, or check it."""


def _database(ctx: typer.Context, project: Path | None, missing: Missing) -> Database:
    return open_database(os.environ.get("LEADOFF_DATABASE_URL") or DEFAULT_DATABASE, root_of(ctx, project), missing)


@app.command()
def upgrade(ctx: typer.Context, project: ProjectOption = None) -> None:
    """Bring the schema up to date; the other commands do it by themselves."""
    database = _database(ctx, project, "create")
    try:
        done = migrations.upgrade(database)
    finally:
        database.close()
    say(f"{'brought up to' if done else 'is at'} schema {migrations.HEAD}: {database.name}")


@app.command()
def check(ctx: typer.Context, project: ProjectOption = None) -> int:
    """Check the file, the schema, and that every row belongs to something."""
    database = _database(ctx, project, "refuse")
    try:
        wrong = list(_wrong(database))
    finally:
        database.close()
    for line in wrong:
        say(line)
    if not wrong:
        say(f"sound: {database.name}")
    return 1 if wrong else 0


def _wrong(database: Database) -> Iterator[str]:
    for line in database.damage():
        yield f"integrity: {line}"
    with database.reading() as db:
        found = migrations.version(db)
        if found != migrations.HEAD:
            yield f"schema {found or 'none'}, this program has {migrations.HEAD}: `leadoff db upgrade`"
            return
        for count, what in integrity.orphans(db):
            yield f"{count} {what}"
