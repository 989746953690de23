"""What this process counts for Prometheus: requests to providers, ticks, fetches of tracked links, balances.

Invariants: a registry of its own, without metrics of the Python process; what the database knows is read at scrape time
(engine/server/web/metrics.py), so a message costs one observation, that of its request.
"""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from engine.senders.sender import Balance

disable_created_metrics()  # type: ignore[no-untyped-call]  # a row more for every histogram, without use
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Used by any number of threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._requests = Histogram(
            "leadoff_provider_request_seconds",
            "Requests to providers, by outcome.",
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

    def requests(self) -> Counts[str]:
        """How many requests have ended so far, by outcome."""
        counts: Counts[str] = Counts()
        for sample in next(iter(self._requests.collect())).samples:
            if sample.name.endswith("_count"):
                counts[sample.labels["outcome"]] += int(sample.value)
        return counts

    def fetched(self, kind: str) -> None:
        """`kind`: click | preview | early | head | over."""
        self._fetches.labels(kind).inc()

    def timed(self, tick: Callable[[int], int | None]) -> Callable[[int], int | None]:
        """The same tick, its duration observed."""

        def run(now: int) -> int | None:
            with self._ticks.time():
                return tick(now)

        return run
