from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from engine.clock import ManualClock
from engine.senders.config import Credentials, SenderConfig
from engine.senders.http_exchange import new_client
from engine.senders.providers.simulator import SimulatorSender
from engine.senders.sender import Outgoing
from engine.simulator import Simulator
from tests.simulator.app import App

NOON = 1_764_072_000_000
PERSON, SHOP = "+12025550143", "+18445550100"

MakeSender = Callable[..., SimulatorSender]


def outgoing(
    to: str = PERSON, text: str = "Hello Ann", key: str = "1-2-hero", media_url: str | None = None
) -> Outgoing:
    return Outgoing(message=7, key=key, to=to, text=text, media_url=media_url, attempt=1)


def at_simulator(
    base_url: str, account: str = "demo", token: str = "token", number: str = SHOP, callback_url: str = ""
) -> SenderConfig:
    """What a sender at a simulator is made from."""
    environ = {"LEADOFF_SENDER_MAIN_ACCOUNT": account, "LEADOFF_SENDER_MAIN_TOKEN": token}
    return SenderConfig("main", number, Credentials("main", environ), callback_url, base_url)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def app() -> Iterator[App]:
    app = App()
    yield app
    app.close()


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(now=clock.now, retry_delays=(0.01,)) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    with new_client() as client:
        yield client


@pytest.fixture
def make_sender(simulator: Simulator, app: App, clock: ManualClock, client: httpx.Client) -> MakeSender:
    """A sender at the simulator; what is passed replaces its settings."""

    def make(
        base_url: str = "",
        account: str = "demo",
        token: str = "token",
        number: str = SHOP,
        read_timeout: float = 5.0,
        pool_timeout: float = 5.0,
        own_client: httpx.Client | None = None,
    ) -> SimulatorSender:
        timeout = httpx.Timeout(connect=0.2, read=read_timeout, write=5.0, pool=pool_timeout)
        config = at_simulator(base_url or simulator.url, account, token, number, app.url)
        return SimulatorSender(config._replace(client=own_client or client, now=clock.now, timeout=timeout))

    return make


@pytest.fixture
def sender(make_sender: MakeSender) -> SimulatorSender:
    return make_sender()
