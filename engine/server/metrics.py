"""What is counted for Prometheus in this process: requests to providers, ticks, and what follows tracked links.

Invariants: a registry of its own, nothing of the Python process; whatever the database knows is read at scrape time
(engine/server/web/metrics.py), so nothing here is counted in the way of a message but one observation a request.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from engine.senders.sender import Balance

disable_created_metrics()  # type: ignore[no-untyped-call]  # a row more for every histogram, which nobody asks for
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Used by any number of threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._requests = Histogram(
            "leadoff_provider_request_seconds",
            "Requests to providers, by what became of them.",
            ("sender", "outcome"),
            registry=self.registry,
            buckets=SECONDS,
        )
        self._ticks = Histogram(
            "leadoff_tick_seconds", "Ticks of the engine.", registry=self.registry, buckets=(0.001, 0.01, *SECONDS)
        )
        self._fetches = Counter(
            "leadoff_link_fetches",
            "Fetches of tracked links: by a person (click), by a robot (preview), too early for a person (early), HEAD (head).",
            ("kind",),
            registry=self.registry,
        )

        self._balances = Gauge(
            "leadoff_sender_balance",
            "The balance at the provider, as reported within the last 15 minutes.",
            ("sender", "currency"),
            registry=self.registry,
        )

    def balance(self, sender: str, left: Balance) -> None:
        self._balances.labels(sender, left.currency).set(left.amount)

    def request(self, sender: str, outcome: str, milliseconds: int) -> None:
        self._requests.labels(sender, outcome).observe(max(0, milliseconds) / 1000)

    def fetched(self, kind: str) -> None:
        """`kind`: click | preview | early | head."""
        self._fetches.labels(kind).inc()

    def timed(self, tick: Callable[[int], int | None]) -> Callable[[int], int | None]:
        """The same tick, its duration observed."""

        def run(now: int) -> int | None:
            began = time.perf_counter()
            try:
                return tick(now)
            finally:
                self._ticks.observe(time.perf_counter() - began)

        return run
