"""GET /metrics: what this process counts, and what the database says at this moment, for Prometheus.

Invariants: a scrape costs a few statements on indexes; the one that reads all messages is asked at most once a minute. Nothing in
it names a contact. While the database cannot be read, what the process counts is shown alone.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.clock import Clock
from engine.core.calendar import MINUTE
from engine.delivery.budget import budget_left
from engine.deploy.deployed import Deployed
from engine.errors import Refused, Unavailable
from engine.server.metrics import Metrics
from engine.store import holds, spending
from engine.store.database import Database
from engine.store.queries import measures
from engine.store.queries.listings import MILLION

log = logging.getLogger("leadoff.web")


def routes(database: Database, clock: Clock, deployed: Callable[[], Deployed], metrics: Metrics) -> APIRouter:
    router = APIRouter()
    metrics.registry.register(DatabaseSample(database, clock, deployed))

    @router.get("/metrics")
    def scrape() -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router


class DatabaseSample(Collector):
    """What the database says."""

    def __init__(self, database: Database, clock: Clock, deployed: Callable[[], Deployed]) -> None:
        self._database, self._clock, self._deployed = database, clock, deployed
        self._states: list[tuple[str, str, int]] = []
        self._counted_at: int | None = None

    def describe(self) -> list[Metric]:
        return []  # nothing is asked before the first scrape

    def collect(self) -> Iterator[Metric]:
        now = self._clock.now()
        try:
            deployed = self._known()
            with self._database.reading() as db:
                return iter([*self._messages(db, now), *_deployed(db, deployed, now), *_work(db, now)])
        except (Unavailable, sqlite3.Error) as error:
            log.error("the database cannot be read for /metrics: %s", error)
            return iter(())

    def _known(self) -> Deployed | None:
        try:
            return self._deployed()
        except Refused:  # nothing is deployed yet
            return None

    def _messages(self, db: sqlite3.Connection, now: int) -> Iterator[Metric]:
        if self._counted_at is None or not 0 <= now - self._counted_at < MINUTE:
            self._states, self._counted_at = measures.by_state(db), now
        states = GaugeMetricFamily(
            "leadoff_messages", "Messages by state, as of the last minute.", labels=("sender", "state")
        )
        for sender, state, count in self._states:
            states.add_metric((sender, state), count)
        yield states
        count, oldest = measures.unknown_messages(db)
        yield _gauge("leadoff_unknown_messages", "Messages of which it is not known whether they were sent.", count)
        yield _gauge(
            "leadoff_unknown_oldest_seconds", "How old the first of them is.", (now - oldest) / 1000 if oldest else 0
        )
        closed = GaugeMetricFamily(
            "leadoff_sender_pause_seconds", "How long a failing sender still pauses.", labels=("sender",)
        )
        for name, until in measures.pauses(db, now).items():
            closed.add_metric((name,), (until - now) / 1000)
        yield closed


def _deployed(db: sqlite3.Connection, deployed: Deployed | None, now: int) -> Iterator[Metric]:
    """Of what is deployed: its senders' queues, and its money."""
    if deployed is None:
        return
    depth = GaugeMetricFamily("leadoff_queue_messages", "Messages that are due.", labels=("sender",))
    age = GaugeMetricFamily("leadoff_queue_oldest_seconds", "How long the first of them is due.", labels=("sender",))
    for name in deployed.project.senders:
        queue = measures.queue(db, name, now)
        depth.add_metric((name,), queue.depth)
        age.add_metric((name,), 0 if queue.oldest is None else (now - queue.oldest) / 1000)
    yield from (depth, age)
    spent = spending.spent(db, budget_left(db, deployed, now).day)
    yield _gauge("leadoff_spent_today", "Handed to providers today, in the project's currency.", spent / MILLION)
    if deployed.project.budget.per_day is not None:
        yield _gauge("leadoff_budget_per_day", "What may be.", deployed.project.budget.per_day / MILLION)


def _work(db: sqlite3.Connection, now: int) -> Iterator[Metric]:
    yield CounterMetricFamily(
        "leadoff_events_accepted", "Events, texts, clicks and callbacks.", measures.events_accepted(db)
    )
    yield _gauge("leadoff_inbox_events", "Of these, those that no tick has taken yet.", measures.inbox_depth(db))
    yield _gauge("leadoff_due_lag_seconds", "How late the longest overdue run is.", measures.overdue(db, now) / 1000)
    yield _gauge("leadoff_held", "1 while all sending is on hold.", holds.held_since(db) is not None)
    yield _gauge("leadoff_flows_paused", "Paused flows.", len(holds.paused(db)))
    yield _gauge("leadoff_notices_open", "What a person should look at.", measures.open_notices(db))


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)
