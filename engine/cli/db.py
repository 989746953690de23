"""`db`: the database brought up to date, checked, backed up and put back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from engine import clock as clocks
from engine.cli.shared.common import ProjectOption, opened, root_of
from engine.cli.shared.confirming import confirmed
from engine.cli.shared.output import remark, say
from engine.clock import instant
from engine.errors import Refused
from engine.language.diagnostics.findings import counted
from engine.store import migrations
from engine.store.database import Database, Missing
from engine.store.open_database import open_database
from engine.store.queries import integrity
from engine.upkeep import backup, restored
from engine.upkeep.restored import TakenUp
from engine.workspace import DEFAULT_DATABASE

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback()
def db() -> None:
    """Back the database up, put it back, check it, move it to PostgreSQL."""


def _database(ctx: typer.Context, project: Path | None, missing: Missing) -> Database:
    return open_database(_url(), root_of(ctx, project), missing)


def _url() -> str:
    return os.environ.get("LEADOFF_DATABASE_URL") or DEFAULT_DATABASE


@app.command()
def upgrade(ctx: typer.Context, project: ProjectOption = None) -> None:
    """Bring the schema up to date; on SQLite the other commands do it by themselves, on PostgreSQL `apply` does."""
    database = _database(ctx, project, "create")
    try:
        done = migrations.upgrade(database)
        with database.reading() as db:
            standing = migrations.version(db)
    finally:
        database.close()
    say(f"{'brought up to' if done else 'is at'} schema {standing}: {database.name}")


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
        if found is None or found < migrations.HEAD:
            yield f"schema {found or 'none'}, this program has {migrations.HEAD}: `leadoff db upgrade`"
            return
        for count, what in integrity.orphans(db):
            yield f"{count} {what}"


@app.command("backup")
def back_up(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    project: ProjectOption = None,
) -> None:
    """Copy the database with its pictures to a file, while it is in use."""
    from engine.cli.shared.terminal import with_progress  # only long work loads it

    root, now = root_of(ctx, project), clocks.from_environment(os.environ).now()
    source = with_progress(lambda told: backup.back_up(_url(), root, file, now, told), "pages", "copying")
    say(f"backed up: {source} → {file} ({file.stat().st_size / 1_000_000:,.1f} MB)")


@app.command()
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `leadoff db backup` has written.")],
    project: ProjectOption = None,
) -> None:
    """Put a backup in the place of the database; it starts on hold."""
    from engine.cli.shared.terminal import with_progress  # only long work loads it

    root, now = root_of(ctx, project), clocks.from_environment(os.environ).now()
    done, aside = with_progress(lambda told: backup.restore(_url(), root, file, now, told), "pages", "copying")
    if aside is not None:
        say(f"the database of before is {aside}")
    _tell(done)


@app.command()
def move(
    ctx: typer.Context,
    to: Annotated[
        str, typer.Argument(metavar="URL", help="An empty PostgreSQL database: postgresql://user@host/name.")
    ],
    project: ProjectOption = None,
) -> None:
    """Copy the SQLite database into a PostgreSQL database, with all who wait; both are on hold then."""
    from engine.cli.shared.terminal import with_progress  # only long work loads it
    from engine.upkeep import move as moving

    root, now = root_of(ctx, project), clocks.from_environment(os.environ).now()
    rows = with_progress(lambda tell: moving.move(_url(), to, root, now, tell), "rows", "copying")
    say(
        f"{counted(rows, 'row')} are in the PostgreSQL database, and it is on hold; the file stays as it was, on hold as well"
    )
    remark(
        "name it in LEADOFF_DATABASE_URL, look at `leadoff doctor`, and `leadoff release`; start no daemon on the file again"
    )


@app.command("restored")
def take_up(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    project: ProjectOption = None,
) -> None:
    """After another way of restoring (pg_dump, a disk image): the same care as `db restore` takes."""
    with opened(ctx, project) as workspace:
        name = workspace.database.name
        if workspace.lock.held():
            raise Refused(f"a daemon runs on {name}; nothing was changed", "stop it, then try again")
        if not yes:
            confirmed(f"all that waits in {name} counts as perhaps sent")
        done = restored.take_up(workspace.database, workspace.clock.now())
    _tell(done)


def _tell(done: TakenUp) -> None:
    say(f"restored as of {instant(done.since) or 'the beginning'}; sending is on hold: `leadoff release` resumes it")
    say(f"{counted(done.missing.messages, 'message')} may have been sent since: unknown, asked for at their provider")
    say(f"{counted(done.missing.runs, 'run')} would have gone on since: without the texts of that time")
    remark(f"notice: {done.note}")
