"""`reconcile`: ask the providers for what nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from engine.app import App
from engine.cli.shared.common import FormatOption, ProjectOption, opened_as
from engine.cli.shared.listing import say_listing
from engine.cli.shared.output import Format, remark
from engine.clock import instant
from engine.delivery.reconcile import Pace, Settled, rounds
from engine.store import unknown_messages
from engine.store.states import FAR

COLUMNS = {"id": "id", "phone": "to", "outcome": "outcome", "detail": "detail", "again_at": "asked again"}


def reconcile(ctx: typer.Context, format: FormatOption = Format.text, project: ProjectOption = None) -> None:
    """Ask the providers for all `unknown` messages now; the daemon does so by itself, at growing intervals."""
    with opened_as(App, ctx, project) as app:
        with app.database.reading() as db:
            waiting = unknown_messages.due(db, FAR, 1)
        rest: list[str] = []
        rows = (_row(settled, rest) for settled in (_asked(app) if waiting else ()))
        say_listing(format, "messages", rows, COLUMNS, "no message is unknown")
        app.wake_daemon()
    if format is Format.text and rest:
        remark("once you know: `leadoff messages resolve ID --as accepted|lost`")


def _row(s: Settled, rest: list[str]) -> dict[str, Any]:
    """`rest`: gets the outcome of one that a person must decide; more are not needed."""
    if s.outcome in ("not found", "several") and not rest:
        rest.append(s.outcome)
    return {
        "id": s.message,
        "phone": s.phone,
        "outcome": s.outcome,
        "detail": s.detail,
        "again_at": instant(s.again_at),
    }


def _asked(app: App) -> Iterator[Settled]:
    outboxes = app.outboxes()
    senders = {outbox.name: outbox.sender for outbox in outboxes}
    try:
        for settled in rounds(app.database, senders, app.clock.now, Pace(app.rate()), everything=True):
            yield from settled
    finally:
        for outbox in outboxes:
            outbox.close()
