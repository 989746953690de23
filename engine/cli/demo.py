"""`demo`: the main job on the embedded parts, on a clock that jumps."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.shared import scaffold
from engine.cli.shared.bundled import bundled
from engine.cli.shared.common import ProjectOption, one_of, root_of
from engine.cli.shared.terminal import console
from engine.deploy.project_files import PROJECT_FILE

PICTURE = Path("leadoff-demo.png")


def demo(
    ctx: typer.Context,
    template: Annotated[
        str | None, typer.Option("--template", metavar="NAME", help="Play this ready-made flow.")
    ] = None,
    sender: Annotated[
        str, typer.Option("--sender", metavar="NAME", help="Whose API the simulator speaks.")
    ] = "simulator",
    project: ProjectOption = None,
) -> int:
    """The main job from end to end, days in seconds; no phone gets a text.

    Plays this folder's project on a scratch copy, or the example shop where there is none: its contacts.csv (made-up people without
    one), its events.json, and for flows that these do not start what their triggers ask for. Writes leadoff-demo.png. Exit 1 where no
    message was sent.
    """
    from engine.demo.main import run
    from engine.simulator.accounts import APIS

    one_of(sender, list(APIS), "sender")
    people = bundled("shop") / scaffold.PEOPLE
    if template is None:
        return run(_found(ctx, project), PICTURE, console(), sender, people)
    with tempfile.TemporaryDirectory(prefix="leadoff-template-") as scratch:
        scaffold.make(Path(scratch) / template, template)
        return run(Path(scratch) / template, PICTURE, console(), sender, people)


def _found(ctx: typer.Context, project: Path | None) -> Path:
    named = project or ctx.find_root().params.get("project")
    here = Path.cwd()
    if named is None and not any((folder / PROJECT_FILE).is_file() for folder in (here, *here.parents)):
        return bundled("shop")
    return root_of(ctx, project)
