"""`contacts import`: contacts and opt-outs from a CSV."""

from __future__ import annotations

from pathlib import Path

import typer

from engine.cli.shared.common import opened_as
from engine.cli.shared.output import Format, Pace, remark, say_import
from engine.cli.shared.terminal import Tell, with_progress
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
        now = app.clock.now()

        def work(tell: Tell) -> tuple[Imported | Suppressed, Pace]:
            if source is not None:
                return suppress_file(app.database, file, rejects, source, now, tell, country), tell.pace()
            return import_file(app.database, app.deployed().project, file, rejects, now, tell, country), tell.pace()

        done, pace = with_progress(work)
        line = _imported(done) if isinstance(done, Imported) else _suppressed(done)
        app.wake_daemon()
    return say_import(line, done._asdict(), rejects, format, pace)


def _imported(done: Imported) -> str:
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
    return f"{total} imported ({done.new} new, {done.changed} changed, {done.unchanged} unchanged)"


def _suppressed(done: Suppressed) -> str:
    return f"{done.new + done.already} suppressed ({done.new} new, {done.already} already)"
