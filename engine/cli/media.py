"""`media fit`: what is sent of a picture. `media list`: the pictures of a project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.shared.common import FormatOption, ProjectOption, root_of
from engine.cli.shared.output import Format, say_json
from engine.cli.shared.tables import say_table
from engine.deploy.read_project import pictures_of, read_and_check
from engine.language.check import Checked
from engine.language.model.media_path import MediaPath
from engine.language.model.message import message_of
from engine.language.model.steps import walk
from engine.messaging.media.picture import BadMedia, Fitted, is_cropped, parts_of
from engine.registry import registry

app = typer.Typer(add_completion=False, rich_markup_mode=None)
FOLDER = "media"
MOST_FILES = 10_000  # that are looked for below it


@app.callback()
def media() -> None:
    """What is sent of a picture."""


@app.command()
def fit(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there. Default: only describe it.")
    ] = None,
    format: FormatOption = Format.text,
) -> None:
    """Make a picture fit to be an MMS, as `apply` does: upright, without metadata, small enough."""
    from engine.cli import media_fit

    media_fit.fit(file, output, format)


@app.command("list")
def list_pictures(ctx: typer.Context, format: FormatOption = Format.text, project: ProjectOption = None) -> None:
    """Show each picture of a project: what it becomes, its bytes, where it is used; those that are used nowhere last."""
    root = root_of(ctx, project)
    checked = read_and_check(root, registry())
    used = _used(checked)
    rows = [_row(name, places, root, checked) for name, places in sorted(used.items())]
    named = {path for name in used for path in parts_of(name)}
    logo = checked.project.logo if checked.project is not None else None
    rows += [_row(path, ["logo"] if path == logo else [], root, checked) for path in _files(root) if path not in named]
    if format is Format.json:
        say_json({"pictures": rows})
        return
    lines = [{**row, "picture": _called(row), "used": ", ".join(row["used"]) or "nowhere"} for row in rows]
    say_table(
        lines, {"picture": "picture", "becomes": "becomes", "used": "used in"}, f"no pictures, and none in {FOLDER}/"
    )


def _used(checked: Checked) -> dict[str, list[str]]:
    """By the name of a picture: the steps that send it, as flow.step. A flow that cannot be read tells of none."""
    found: dict[str, list[str]] = {}
    for flow in checked.flows.values():
        for step in walk(flow.steps):
            message = message_of(step.block)
            if message is not None and message.picture is not None:
                found.setdefault(message.picture, []).append(f"{flow.flow}.{step.id}" if step.id else flow.flow)
    return found


def _row(name: str, used: list[str], root: Path, checked: Checked) -> dict[str, Any]:
    inside = not any(MediaPath(path).leaves_the_project for path in parts_of(name))
    found = pictures_of(root, lambda: checked.project).fitted(name) if inside else None
    row = {"files": parts_of(name), "crop": is_cropped(name), "used": used}
    if isinstance(found, Fitted):
        info = found.info
        sent = {
            "kind": info.kind,
            "width": info.width,
            "height": info.height,
            "frames": found.frames,
            "bytes": info.bytes,
        }
        return {**row, **sent, "becomes": found.summary()}
    why = found.reason if isinstance(found, BadMedia) else "there is no such file"
    return {**row, **dict.fromkeys(("kind", "width", "height", "frames", "bytes")), "becomes": f"cannot be sent: {why}"}


def _files(root: Path) -> Iterator[str]:
    """All below the folder of pictures, of any kind: what no flow names is looked at like the rest."""
    below = (path for path in (root / FOLDER).rglob("*") if path.is_file() and not path.name.startswith("."))
    found = (path.relative_to(root).as_posix() for _, path in zip(range(MOST_FILES), below, strict=False))
    return iter(sorted(found))


def _called(row: dict[str, Any]) -> str:
    return " + ".join(row["files"]) + (" (cropped)" if row["crop"] else "")
