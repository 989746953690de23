"""`run`: the daemon."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.app import App
from engine.cli.shared.common import PORT, ProjectOption, opened_as


def run(
    ctx: typer.Context,
    host: Annotated[str, typer.Option("--host", metavar="H", help="Where the web server listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", min=0, max=65_535, help="0: any that is free.")] = PORT,
    no_web: Annotated[bool, typer.Option("--no-web", help="Without callbacks, media and links.")] = False,
    project: ProjectOption = None,
) -> int:
    """The daemon: time, delivery, callbacks, tracked links. SIGTERM or Ctrl-C ends it in order."""
    from engine.server.daemon import serve

    with opened_as(App, ctx, project) as app:
        return serve(app, host, port, not no_web)
