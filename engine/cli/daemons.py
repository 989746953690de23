"""`daemons`: who works on the database."""

from __future__ import annotations

import typer

from engine.cli.shared.common import FormatOption, ProjectOption, opened
from engine.cli.shared.listing import say_listing
from engine.cli.shared.output import Format, short
from engine.clock import instant

COLUMNS = {
    "id": "id",
    "host": "host",
    "pid": "process",
    "version": "version",
    "started_at": "since",
    "beat": "last beat",
    "state": "state",
    "only_to": "texts",
}
ONE_AT_MOST = "none is listed: a SQLite file has one daemon at most, and `leadoff doctor` shows it"


def daemons(ctx: typer.Context, format: FormatOption = Format.text, project: ProjectOption = None) -> None:
    """The daemons of a PostgreSQL database, and whether each lives.

    A SQLite file has one at most: `leadoff doctor` tells of it.
    """
    with opened(ctx, project, "empty") as workspace:
        rows = [
            each._asdict()
            | {
                "started_at": instant(each.started_at),
                "beat": short(instant(each.beat)) if format is Format.text else instant(each.beat),
                "state": each.state,
                "only_to": each.only_to or "everybody",
            }
            for each in workspace.lock.daemons()
        ]
        nothing = ONE_AT_MOST if workspace.lock.alone else "no daemons"
    for row in rows:
        del row["silent"]
    say_listing(format, "daemons", rows, COLUMNS, nothing)
