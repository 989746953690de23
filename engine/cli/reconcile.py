"""`reconcile`: ask the providers for what nobody knows."""

from __future__ import annotations

from typing import Any

import typer

from engine.app import App
from engine.cli.shared.common import FormatOption, ProjectOption, opened_as
from engine.cli.shared.listing import say_listing
from engine.cli.shared.output import Format, remark
from engine.clock import instant
from engine.delivery.reconcile import Settled
from engine.delivery.reconcile import reconcile as ask
from engine.store import unknown_messages
from engine.store.states import FAR

COLUMNS = {"id": "id", "phone": "to", "outcome": "outcome", "detail": "detail", "again_at": "asked again"}


def reconcile(ctx: typer.Context, format: FormatOption = Format.text, project: ProjectOption = None) -> None:
    """Ask the providers for all `unknown` messages now; the daemon does so by itself, at growing intervals."""
    with opened_as(App, ctx, project) as app:
        with app.database.reading() as db:
            waiting = unknown_messages.due(db, FAR, 1)
        settled = _asked(app) if waiting else []
        app.wake_daemon()
    rows: list[dict[str, Any]] = [
        {"id": s.message, "phone": s.phone, "outcome": s.outcome, "detail": s.detail, "again_at": instant(s.again_at)}
        for s in settled
    ]
    say_listing(format, "messages", rows, COLUMNS, "no message is unknown")
    if format is Format.text and any(row["outcome"] in ("not found", "several") for row in rows):
        remark("once you know: `leadoff messages resolve ID --as accepted|lost`")


def _asked(app: App) -> list[Settled]:
    outboxes = app.outboxes()
    try:
        return ask(app.database, {outbox.name: outbox.sender for outbox in outboxes}, app.clock.now, everything=True)
    finally:
        for outbox in outboxes:
            outbox.close()
