"""`contacts renumber`: another number for a contact."""

from __future__ import annotations

from pathlib import Path

import typer

from engine.cli.shared.common import known_contact, opened_as
from engine.cli.shared.output import remark, say
from engine.contacts import renumbering
from engine.deployed_workspace import DeployedWorkspace
from engine.errors import UsageError
from engine.messaging import numbers
from engine.store.queries import listings
from engine.views import consents


def renumber(ctx: typer.Context, project: Path | None, key: str, to: str) -> None:
    try:
        number = numbers.parse(to)
    except numbers.BadNumber as error:
        raise UsageError(f"--to {to[:40]}: {error.reason}", "E.164, like +12065550111") from error
    with opened_as(DeployedWorkspace, ctx, project) as app:
        with app.database.reading() as db:
            known_contact(db, key)
        now = app.clock.now()
        changed = renumbering.renumber(app.database, key, number, app.deployed().project.timezone, now)
        app.wake_daemon()
        if changed is None:
            say(f"{key}: has that number already")
            return
        with app.database.reading() as db:
            (row,) = listings.contacts(db, contact=changed.id)
    say(f"{key}: has the number {number.e164} now")
    if consents.standing(row, now) != "subscribed":
        remark(f"its consent: {consents.words(row, now)}; no marketing goes to it")
