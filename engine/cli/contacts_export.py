"""`contacts export`: the contacts as a CSV."""

from __future__ import annotations

from pathlib import Path

import typer

from engine import private_files
from engine.cli.shared.common import APPLY_FIRST, NOT_DEPLOYED, deployed_summary, opened
from engine.cli.shared.output import say_piece
from engine.contacts import csv_export
from engine.errors import Refused, UsageError


def export(ctx: typer.Context, project: Path | None, output: Path | None) -> None:
    with opened(ctx, project, "empty") as app:
        if app.database.is_stand_in:
            return
        summary = deployed_summary(app)
        if summary is None:
            raise Refused(NOT_DEPLOYED, APPLY_FIRST)
        pieces = csv_export.export(app.database, summary.fields)
        if output is None:
            for piece in pieces:
                say_piece(piece)
            return
        try:
            with private_files.open_text(output) as file:
                file.writelines(pieces)
        except OSError as error:
            raise UsageError(f"cannot write {output}: {error.strerror}") from error
