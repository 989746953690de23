"""`run` and `simulator`: what keeps running until it is stopped."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from engine.cli.common import ProjectOption, opened
from engine.cli.output import remark, say

PORT, SIMULATOR_PORT = 8025, 9009


def run(
    ctx: typer.Context,
    host: Annotated[str, typer.Option("--host", metavar="H")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", min=0, max=65_535)] = PORT,
    no_web: Annotated[bool, typer.Option("--no-web", help="Without callbacks, media and links.")] = False,
    project: ProjectOption = None,
) -> int:
    """The daemon: time, delivery, callbacks, tracked links. SIGTERM or Ctrl-C ends it in order."""
    from engine.daemon import serve

    with opened(ctx, project) as app:
        return serve(app, host, port, not no_web)


def simulator(
    port: Annotated[int, typer.Option("--port", metavar="P", min=0, max=65_535)] = SIMULATOR_PORT,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", metavar="KIND[@NUMBER][:TIMES]", help="Of the next messages.")
    ] = None,
) -> int:
    """The loopback provider alone, for `base_url: http://127.0.0.1:9009`. Its account is demo, its token simulator."""
    from engine.senders.providers import SIMULATOR_ACCOUNT, SIMULATOR_TOKEN
    from engine.simulator import Simulator

    ends = {signal.SIGINT, signal.SIGTERM}
    # Also in the threads that start now: only sigwait sees them. Given back, or every child process would inherit deaf ears.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        with Simulator(port=port, accounts={SIMULATOR_ACCOUNT: SIMULATOR_TOKEN}, faults=fault or ()) as provider:
            say(provider.url)
            typer.get_text_stream("stdout").flush()
            remark("the simulator runs; Ctrl-C ends it")
            signal.sigwait(ends)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return 0
