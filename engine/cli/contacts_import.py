"""`contacts import`: contacts and opt-outs from a CSV."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import typer

from engine.cli.shared.common import opened_as
from engine.cli.shared.output import Format, Pace, remark, say_import
from engine.cli.shared.terminal import Tell, with_progress
from engine.contacts.csv_import import Imported, Suppressed, import_file, suppress_file
from engine.contacts.csv_layout import Layout
from engine.deployed_workspace import DeployedWorkspace
from engine.language.diagnostics.findings import counted, visible
from engine.language.values.fields import zone_warning
from engine.store.sql import Connection


def take(
    ctx: typer.Context,
    project: Path | None,
    file: Path,
    rejects: Path,
    layout: Layout,
    quietly: bool,
    country: str | None,
    format: Format,
) -> int:
    """The exit code."""
    with opened_as(DeployedWorkspace, ctx, project, "create") as app:
        now, deployed = app.clock.now(), app.deployed()

        def settle(db: Connection, contacts: Collection[int]) -> None:
            if quietly:
                from engine.runtime.recurring.memberships import came_quietly

                came_quietly(db, deployed, contacts, now)

        def work(tell: Tell) -> tuple[Imported, Pace]:
            done = import_file(app.database, deployed.project, file, rejects, now, tell, country, layout, settle)
            return done, tell.pace()

        done, pace = with_progress(work)
        line = _imported(done)
        app.wake_daemon()
    return say_import(line, done._asdict(), rejects, format, pace)


def suppress(
    ctx: typer.Context,
    project: Path | None,
    file: Path,
    rejects: Path,
    source: str,
    country: str | None,
    format: Format,
) -> int:
    """Every number of the file is opted out; the exit code."""
    with opened_as(DeployedWorkspace, ctx, project, "create") as app:
        now = app.clock.now()

        def work(tell: Tell) -> tuple[Suppressed, Pace]:
            return suppress_file(app.database, file, rejects, source, now, tell, country), tell.pace()

        done, pace = with_progress(work)
        app.wake_daemon()
    return say_import(_suppressed(done), done._asdict(), rejects, format, pace)


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
    if done.phoneless:
        remark(f"{counted(done.phoneless, 'row')} without a phone number: left out")
    if done.left_out:
        remark(
            f"{counted(len(done.left_out), 'column')} left out: {', '.join(visible(name[:40]) for name in done.left_out)}"
        )
    total = done.new + done.changed + done.unchanged
    return f"{total} imported ({done.new} new, {done.changed} changed, {done.unchanged} unchanged)"


def _suppressed(done: Suppressed) -> str:
    return f"{done.new + done.already} suppressed ({done.new} new, {done.already} already)"
