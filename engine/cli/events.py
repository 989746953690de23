"""`events`: what contacts did, from a file and into one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.shared import errors_file
from engine.cli.shared.common import FormatOption, ProjectOption, opened_as, remark_without_daemon
from engine.cli.shared.output import Format, say_import
from engine.cli.shared.terminal import with_progress
from engine.deployed_workspace import DeployedWorkspace
from engine.intake.ndjson_import import import_events

many = typer.Typer(add_completion=False, rich_markup_mode=None)


@many.callback()
def several() -> None:
    """Take events from a file, or write what people did into one."""


@many.command()
def export(
    ctx: typer.Context,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Default: the standard output.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="90d, or a date or an instant; without a zone it is UTC."),
    ] = None,
    without_numbers: Annotated[
        bool,
        typer.Option(
            "--without-numbers",
            help="A hash for each number, with its country, states and zones; names and other fields stay.",
        ),
    ] = False,
    project: ProjectOption = None,
) -> None:
    """What people did, one JSON object a line: for `leadoff backtest`. What a text says is in it."""
    from engine.cli import events_export

    events_export.export(ctx, project, output, since, without_numbers)


@many.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.ndjson", help="One event per line, as for the API; - for stdin.")
    ],
    errors: Annotated[
        Path | None,
        typer.Option(
            "--errors", metavar="FILE", help="Where rejected lines go; default: joins.errors.csv for joins.ndjson."
        ),
    ] = None,
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> int:
    """Take events from a file; what has an id is taken once. Exit 1 where lines were rejected."""
    refused = errors_file.place_of(file, errors, "events")
    with opened_as(DeployedWorkspace, ctx, project, "create") as app:
        deployed = app.deployed().project
        done, pace = with_progress(
            lambda tell: (
                import_events(app.database, deployed, file, refused, app.clock.now, tell),
                tell.pace(),
            ),
            "lines",
        )
        app.wake_daemon()
        remark_without_daemon(app)
    line = f"{done.accepted + done.duplicate} taken ({done.accepted} new, {done.duplicate} already)"
    return say_import(line, done._asdict(), refused, format, pace)
