"""`simulator`: the loopback provider alone."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.shared.common import PORT, SIMULATOR_PORT
from engine.cli.shared.output import remark, say

if TYPE_CHECKING:
    from engine.simulator import Simulator


def simulator(
    port: Annotated[int, typer.Option("--port", metavar="P", min=0, max=65_535)] = SIMULATOR_PORT,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", metavar="KIND[@NUMBER][:TIMES]", help="Of the next messages.")
    ] = None,
    callback_url: Annotated[
        str,
        typer.Option(
            "--callback-url", metavar="URL", help="The callback URL of Bandwidth's application; its messages have none."
        ),
    ] = f"http://127.0.0.1:{PORT}/callbacks/main",
) -> int:
    """The loopback provider alone, for `base_url: http://127.0.0.1:9009`.

    It speaks Twilio's, Bandwidth's and Telnyx's API at the same address, and says with which credentials. Its token is a new one each time,
    or what LEADOFF_SIMULATOR_TOKEN holds. Its clock is that of LEADOFF_CLOCK_…, like the daemon's: set the same for both.
    """
    from engine import clock as clocks
    from engine.senders.simulator_token import ACCOUNT, new_token
    from engine.simulator import Application, Simulator
    from engine.simulator.accounts import BANDWIDTH_USER, accounts

    ends = {signal.SIGINT, signal.SIGTERM}
    clock = clocks.from_environment()
    token = os.environ.get("LEADOFF_SIMULATOR_TOKEN") or new_token()
    # Also in the threads that start now: only sigwait sees them. Given back, or every child process would inherit deaf ears.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        known = accounts(ACCOUNT, token)
        application = Application(callback_url, BANDWIDTH_USER, token)
        with Simulator(
            port=port,
            accounts=known,
            faults=fault or (),
            now=clock.now,
            applications={ACCOUNT: application},
        ) as provider:
            say(provider.url)
            sys.stdout.flush()
            _tell(provider, token)
            remark("the simulator runs; Ctrl-C ends it")
            signal.sigwait(ends)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return 0


def _tell(provider: Simulator, token: str) -> None:
    """The settings of a sender of each provider, without `base_url`, which is the same for all."""
    from engine.senders.simulator_token import ACCOUNT
    from engine.simulator.accounts import APIS, credentials

    remark(f"a sender with `provider: simulator` needs LEADOFF_SENDER_<NAME>_TOKEN={token}")
    remark("the same address for every provider's sender; LEADOFF_SENDER_<NAME>_… are")
    for api in APIS:
        told = credentials(api, ACCOUNT, token, provider.telnyx_public_key, ACCOUNT)
        remark(f"  {api:9} {' '.join(f'{end}={value}' for end, value in told.items())}")
