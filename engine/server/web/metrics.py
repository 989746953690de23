"""GET /metrics: what this process counts, and what the database says at this moment, for Prometheus.

Invariants: a scrape costs a few statements on indexes; the one that reads all messages runs at most once a minute. Nothing in
it names a contact. While the database cannot be read, only what the process counts is shown.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector

from engine.app import App
from engine.core.calendar import DAY, MINUTE
from engine.delivery.budget import budget_left
from engine.deploy.deployed import Deployed
from engine.errors import Refused, Unavailable
from engine.server.metrics import Metrics
from engine.store import coupons, holds, spending
from engine.store.queries import measures, source_messages
from engine.store.queries.listings import MILLION
from engine.store.sql import Connection
from engine.store.statement_errors import statement_errors, told

log = logging.getLogger("leadoff.web")


def routes(app: App, metrics: Metrics) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    metrics.registry.register(DatabaseSample(app))

    @router.get("/metrics")
    def scrape() -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router


class DatabaseSample(Collector):
    """What the database says."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._states: list[tuple[tuple[str, str], int]] = []
        self._coupons: dict[str, int] = {}
        self._sources: list[tuple[tuple[str, str], int]] = []
        self._counted_at: int | None = None

    def describe(self) -> list[Metric]:
        return []  # nothing is read before the first scrape

    def collect(self) -> list[Metric]:
        try:
            return list(self._metrics(self._app.clock.now()))
        except Unavailable as error:
            log.error("the database cannot be read for /metrics: %s", error)
            return []
        except statement_errors() as error:
            log.error("the database cannot be read for /metrics: %s %s", type(error).__name__, told(error))
            return []

    def _metrics(self, now: int) -> Iterator[Metric]:
        try:
            deployed = self._app.deployed()
        except Refused:  # nothing is deployed yet
            deployed = None
        with self._app.database.reading() as db:
            if self._counted_at is None or not 0 <= now - self._counted_at < MINUTE:
                self._states = [((sender, state), count) for sender, state, count in measures.by_state(db)]
                self._coupons = coupons.left_by_pool(db, list(deployed.project.coupons)) if deployed else {}
                self._sources = [((source, what), n) for source, what, n in source_messages.counts(db, now - DAY)]
                self._counted_at = now
            states = "Messages by state, as of the last minute."
            yield _gauge("leadoff_messages", states, ("sender", "state"), self._states)
            left = [((pool,), count) for pool, count in self._coupons.items()]
            yield _gauge("leadoff_coupons_left", "Free codes of coupons, as of the last minute.", ("coupon",), left)
            taken = "What webhooks became within a day, as of the last minute."
            yield _gauge("leadoff_source_messages", taken, ("source", "became"), self._sources)
            yield from _database_metrics(db, now)
            if deployed is not None:
                yield from _deployment_metrics(db, deployed, now)


def _database_metrics(db: Connection, now: int) -> Iterator[Metric]:
    unknown, oldest = measures.unknown_messages(db)
    age = (now - oldest) / 1000 if oldest else 0
    yield Gauge("leadoff_unknown_messages", "Messages of which it is not known whether they were sent.", unknown)
    yield Gauge("leadoff_unknown_oldest_seconds", "How old the first of them is.", age)
    pauses = [((name,), (until - now) / 1000) for name, until in measures.pauses(db, now).items()]
    yield _gauge("leadoff_sender_pause_seconds", "How long a failing sender still pauses.", ("sender",), pauses)
    accepted, overdue = measures.events_accepted(db), measures.overdue(db, now) / 1000
    yield CounterMetricFamily("leadoff_events_accepted", "Events, texts, clicks and callbacks.", accepted)
    yield Gauge("leadoff_inbox_events", "Of these, those that no tick has taken yet.", measures.inbox_depth(db))
    yield Gauge("leadoff_due_lag_seconds", "How late the longest overdue run is.", overdue)
    yield Gauge("leadoff_held", "1 while all sending is on hold.", holds.held_since(db) is not None)
    yield Gauge("leadoff_flows_paused", "Paused flows.", len(holds.paused(db)))
    yield Gauge("leadoff_notices_open", "What a person should look at.", measures.open_notices(db))


def _deployment_metrics(db: Connection, deployed: Deployed, now: int) -> Iterator[Metric]:
    """The queues of the deployed senders, and the money."""
    queues = {(name,): measures.queue(db, name, now) for name in deployed.project.senders}
    depths = [(name, queue.depth) for name, queue in queues.items()]
    ages = [(name, 0 if queue.oldest is None else (now - queue.oldest) / 1000) for name, queue in queues.items()]
    yield _gauge("leadoff_queue_messages", "Messages that are due.", ("sender",), depths)
    yield _gauge("leadoff_queue_oldest_seconds", "How long the first of them is due.", ("sender",), ages)
    spent = spending.spent(db, budget_left(db, deployed, now).day) / MILLION
    yield Gauge("leadoff_spent_today", "Handed to providers today, in the project's currency.", spent)
    if deployed.project.budget.per_day is not None:
        yield Gauge("leadoff_budget_per_day", "The most for a day.", deployed.project.budget.per_day / MILLION)


def _gauge(name: str, words: str, labels: Sequence[str], rows: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    found = Gauge(name, words, labels=labels)
    for values, value in rows:
        found.add_metric(values, value)
    return found
