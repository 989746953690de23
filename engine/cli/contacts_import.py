"""`contacts import`: contacts and opt-outs from a CSV."""

from __future__ import annotations

from pathlib import Path

import typer

from engine.cli.shared.common import opened_as
from engine.cli.shared.output import Format, remark, say_import
from engine.cli.shared.terminal import with_progress
from engine.contacts.csv_import import Imported, Suppressed, import_file, suppress_file
from engine.deployed_workspace import DeployedWorkspace
from engine.language.diagnostics.findings import counted
from engine.language.values.fields import zone_warning


def take(
    ctx: typer.Context,
    project: Path | None,
    file: Path,
    rejects: Path,
    source: str | None,
    country: str | None,
    format: Format,
) -> int:
    """The exit code. With a `source` every number of the file is opted out."""
    with opened_as(DeployedWorkspace, ctx, project, "create") as app:
        line: str
        done: Imported | Suppressed
        if source is None:
            line, done = _imported(app, file, rejects, country)
        else:
            line, done = _suppressed(app, file, rejects, source, country)
        app.wake_daemon()
    return say_import(line, done._asdict(), rejects, format)


def _imported(app: DeployedWorkspace, file: Path, rejects: Path, country: str | None) -> tuple[str, Imported]:
    deployed, now = app.deployed().project, app.clock.now()
    done = with_progress(lambda tell: import_file(app.database, deployed, file, rejects, now, tell, country))
    if done.placeless:
        remark(f"{counted(done.placeless, 'row')}: {zone_warning('UTC')}")
    if done.silent:
        rows = "1 row" if done.silent == 1 else f"{done.silent} rows"
        said = "nothing changed for them; `unsubscribed` would opt them out"
        remark(f"{rows} without consent (no, false, 0, empty) of numbers that are subscribed here: {said}")
    if done.again:
        remark(f"{counted(done.again, 'row')} of a contact that is already in the file above")
    if done.outweighed:
        rows = "1 row gives" if done.outweighed == 1 else f"{done.outweighed} rows give"
        remark(f"{rows} consent to a number that has opted out: the opt-out stays")
    total = done.new + done.changed + done.unchanged
    return f"{total} imported ({done.new} new, {done.changed} changed, {done.unchanged} unchanged)", done


def _suppressed(
    app: DeployedWorkspace, file: Path, rejects: Path, source: str, country: str | None
) -> tuple[str, Suppressed]:
    now = app.clock.now()
    done = with_progress(lambda tell: suppress_file(app.database, file, rejects, source, now, tell, country))
    return f"{done.new + done.already} suppressed ({done.new} new, {done.already} already)", done
