"""`segments`: who is in a segment now."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from engine.cli.shared.common import (
    APPLY_FIRST,
    NOT_DEPLOYED,
    FormatOption,
    LimitOption,
    ProjectOption,
    one_of,
    opened,
)
from engine.cli.shared.listing import say_listing
from engine.cli.shared.output import Format, remark, say_json_list
from engine.cli.shared.tables import say_table
from engine.deploy.read_project import deployed_project
from engine.errors import Refused
from engine.language.diagnostics.findings import counted
from engine.language.model.project import Project
from engine.language.values.humanize import condition_words
from engine.store import audience
from engine.workspace import Workspace

NameArgument = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Default: how many are in each.")]


def segments(
    ctx: typer.Context,
    name: NameArgument = None,
    format: FormatOption = Format.text,
    limit: LimitOption = None,
    project: ProjectOption = None,
) -> None:
    """Who is in a segment of the deployed project; without a name, how many are in each."""
    with opened(ctx, project, "empty") as app:
        if name is None:
            _all(app, format, limit)
        else:
            _one(app, name, format, limit)


def _all(app: Workspace, format: Format, limit: int | None) -> None:
    rows = [] if app.database.is_stand_in else _counted(app, limit)
    say_listing(format, "segments", rows, {"segment": "segment", "contacts": "contacts", "when": "when"}, "no segments")


def _counted(app: Workspace, limit: int | None) -> list[dict[str, Any]]:
    found = _deployed(app)
    with app.database.reading() as db:
        return [
            {
                "segment": name,
                "contacts": audience.count(db, found.segments[name], found, app.clock.now()),
                "when": condition_words(found.segments[name].source),
            }
            for name in sorted(found.segments)[:limit]
        ]


def _one(app: Workspace, name: str, format: Format, limit: int | None) -> None:
    found, now = _deployed(app), app.clock.now()
    condition = found.segments[one_of(name, sorted(found.segments), "segment")]
    with app.database.reading() as db:
        count = audience.count(db, condition, found, now)
        rows = ({"key": key, "phone": phone} for key, phone in audience.people(db, condition, found, now, limit))
        if format is Format.json:
            say_json_list("contacts", rows, segment=name, count=count)
        else:
            remark(f"{name}: {counted(count, 'contact')}")
            say_table(rows, {"key": "key", "phone": "phone"}, "nobody is in it")


def _deployed(app: Workspace) -> Project:
    with app.database.reading() as db:
        found = deployed_project(db)
    if found is None:
        raise Refused(NOT_DEPLOYED, APPLY_FIRST)
    return found
