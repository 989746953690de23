"""`events export`: what people did as a file of lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import typer

from engine import private_files
from engine.cli.shared.common import opened
from engine.cli.shared.instants import instant_of
from engine.cli.shared.output import remark, say_piece
from engine.errors import UsageError
from engine.language.diagnostics.findings import counted
from engine.store import deployments
from engine.store.queries.recorded import recorded
from engine.views import recorded_lines
from engine.workspace import Workspace


def export(ctx: typer.Context, project: Path | None, output: Path | None, since: str | None, hide: bool) -> None:
    with opened(ctx, project, "empty") as workspace:
        if workspace.database.is_stand_in:
            return
        pieces = _pieces(workspace, 0 if since is None else instant_of(since, "--since", workspace.clock.now()), hide)
        if output is None:
            for piece in pieces:
                say_piece(piece)
            return
        try:
            with private_files.open_text(output) as file:
                file.writelines(pieces)
        except OSError as error:
            raise UsageError(f"cannot write {output}: {error.strerror}") from error


def _pieces(workspace: Workspace, since: int, hide: bool) -> Iterator[str]:
    """The lines of one person at a time."""
    key = workspace.database.write(deployments.secret) if hide else None
    people = done = 0
    for person in recorded(workspace.database, since):
        lines = [orjson.dumps(line).decode() for line in recorded_lines.lines(person, key)]
        people, done = people + 1, done + len(lines) - 1
        yield "\n".join(lines) + "\n"
    remark(f"{counted(done, 'thing')} that {counted(people, 'contact')} did")
