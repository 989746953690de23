"""Opening a project with all that runs in it: for commands that read its flows, send or take something in."""

from __future__ import annotations

from pathlib import Path

import typer

from engine.app import App
from engine.cli.shared.common import noted, root_of
from engine.store.database import Missing


def opened_app(ctx: typer.Context, project: Path | None, missing: Missing = "refuse") -> App:
    """As `opened`, and an App."""
    return noted(App(root_of(ctx, project), missing=missing))
