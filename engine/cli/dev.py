"""`dev`: flows on phones of a page, played anew on every save."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.shared.common import ProjectOption, root_of


def dev(
    ctx: typer.Context,
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="The project; else the nearest one.")] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Of the page; 0: any free one.")] = 8026,
    project: ProjectOption = None,
) -> int:
    """See what a flow does while you write it: phones on a page, played anew on every save. Nobody is texted."""
    from engine.dev.serving import serve

    return serve(root_of(ctx, folder or project), port)
