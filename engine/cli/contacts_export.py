"""`contacts export`: the contacts as a CSV."""

from __future__ import annotations

from pathlib import Path

import typer

from engine import private_files
from engine.cli.shared.common import opened_as
from engine.cli.shared.output import say_piece
from engine.contacts import csv_export
from engine.deployed_workspace import DeployedWorkspace
from engine.errors import UsageError


def export(ctx: typer.Context, project: Path | None, output: Path | None) -> None:
    with opened_as(DeployedWorkspace, ctx, project, "empty") as app:
        if app.database.is_stand_in:
            return
        pieces = csv_export.export(app.database, app.deployed().project)
        if output is None:
            for piece in pieces:
                say_piece(piece)
            return
        try:
            with private_files.open_text(output) as file:
                file.writelines(pieces)
        except OSError as error:
            raise UsageError(f"cannot write {output}: {error.strerror}") from error
