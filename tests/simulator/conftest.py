from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from engine.clock import ManualClock
from engine.senders.http_exchange import tls_context
from engine.simulator import Simulator
from tests.simulator.app import App

NOON = 1_764_072_000_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def app() -> Iterator[App]:
    app = App()
    yield app
    app.close()


@pytest.fixture
def simulator(app: App, clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(callback_url=app.url, now=clock.now, retry_delays=(0.01, 0.01)) as simulator:
        yield simulator


@pytest.fixture
def client(simulator: Simulator) -> Iterator[httpx.Client]:
    """A plain HTTP client with the demo account's token."""
    headers = {"Authorization": "Bearer token"}
    with httpx.Client(base_url=simulator.url, headers=headers, verify=tls_context(), trust_env=False) as client:
        yield client
