"""Provider -> how a sender of it is made, and with which credentials. A new provider is one more line.

Rules kept here: what is missing is said by the name of its variable, all of it at once; without what callbacks are checked by, a sender
goes out and believes nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from engine.errors import UsageError
from engine.senders.config import Credentials, SenderConfig, require
from engine.senders.providers import bandwidth, telnyx, twilio
from engine.senders.providers.simulator import SimulatorSender
from engine.senders.sender import Lookup, Sender

SIMULATOR_ACCOUNT = "demo"


class AskableSender(Sender, Lookup, Protocol):
    """A sender that can also be asked."""


class Provider(NamedTuple):
    """Words of `LEADOFF_SENDER_<NAME>_…`: needed to send, needed to believe callbacks, of use where they are set."""

    make: Callable[[SenderConfig], AskableSender]
    sends_with: tuple[str, ...] = ()
    hears_with: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()


def simulator_account(credentials: Credentials) -> tuple[str, str]:
    """Account and token at a simulator: it has an account of its own where none is set. Raises UsageError without a token."""
    return credentials.get("ACCOUNT") or SIMULATOR_ACCOUNT, credentials.needed("TOKEN")


def _simulator(setup: SenderConfig) -> SimulatorSender:
    require(setup.base_url, setup.name, "a simulator has no address of its own")
    account, token = simulator_account(setup.credentials)
    base = setup.base_url or ""
    return SimulatorSender(
        setup.name,
        base,
        account,
        token,
        setup.number,
        setup.callback_url,
        setup.client,
        now=setup.now,
        timeout=setup.timeout,
    )


PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        "simulator": Provider(_simulator, ("TOKEN",), may_have=("ACCOUNT",)),
        "bandwidth": Provider(bandwidth.BandwidthSender, bandwidth.SENDS_WITH, bandwidth.HEARS_WITH),
        "twilio": Provider(twilio.TwilioSender, twilio.SENDS_WITH, may_have=twilio.MAY_HAVE),
        "telnyx": Provider(telnyx.TelnyxSender, telnyx.SENDS_WITH, telnyx.HEARS_WITH),
    }
)


def missing(provider: str, credentials: Credentials) -> tuple[list[str], list[str]]:
    """The variables that are not set: those that nothing is sent without, and those that no callback is believed without."""
    needs = PROVIDERS[provider]
    return credentials.missing(needs.sends_with), credentials.missing(needs.hears_with)


def make(provider: str, setup: SenderConfig) -> AskableSender:
    """Raises UsageError, with all variables that are missing."""
    needed, _ = missing(provider, setup.credentials)
    if needed:
        raise UsageError(f"the sender {setup.name} has no credentials", f"set {', '.join(needed)} (docs/providers.md)")
    return PROVIDERS[provider].make(setup)
