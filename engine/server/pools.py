"""The pools of the daemon: one for each sender of the deployment, one for web calls and one for pictures.

They change with the deployment.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from engine.app import App
from engine.delivery.outbox import Outbox
from engine.delivery.pool import Pool
from engine.errors import LeadoffError, UsageError
from engine.senders.sender import Sender
from engine.server.metrics import Metrics
from engine.store.outbox import Result

if TYPE_CHECKING:
    from engine.simulator import Simulator

log = logging.getLogger("leadoff.daemon")


class SenderPools:
    """A pool for each deployed sender, for web calls and for pictures; a simulator where a sender has no address of its own."""

    def __init__(self, app: App, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics
        self._pools: list[Pool[Any, Any]] = []
        self._webhooks = Pool(app.webhooks(), app.clock)
        self._webhooks.start()
        self._pictures = Pool(app.event_pictures(), app.clock, workers=4)
        self._pictures.start()
        self.alarms = app.alarms()
        self._alarms = Pool(self.alarms, app.clock, workers=1)
        self._alarms.start()
        self._simulator: Simulator | None = None
        self._followed: tuple[object, ...] = ()
        self.senders: dict[str, Sender] = {}  # by name, for the web and the periodic jobs; changes with the deployment

    def follow(self) -> None:
        """Where the deployed senders have changed, end their pools and start new ones."""
        deployed = self._app.deployed()
        wanted = (deployed.project.senders, deployed.project_url)
        if wanted == self._followed:
            return
        self._followed = wanted  # first: a sender that cannot be used is logged once
        outboxes = self._app.outboxes(self._simulator_url())
        _stop_all(self._pools)
        self._pools = [self._pool(outbox) for outbox in outboxes]
        self.senders.clear()
        self.senders.update({outbox.sender.name: outbox.sender for outbox in outboxes})
        for pool in self._pools:
            pool.start()

    def _pool(self, outbox: Outbox) -> Pool[Any, Any]:
        def on_result(result: Result) -> None:
            if result.outcome != "stale":
                self._metrics.request(outbox.name, result.outcome, result.ended - result.started)

        return Pool(outbox, self._app.clock, on_result=on_result)

    def after_tick(self) -> None:
        try:
            self.follow()
        except LeadoffError as error:  # the pools of before go on
            log.error("the deployed senders cannot be used: %s", error)
        for pool in (*self._pools, self._webhooks, self._pictures, self._alarms):
            pool.wake()

    def stop(self) -> None:
        _stop_all([*self._pools, self._webhooks, self._pictures, self._alarms])
        if self._simulator is not None:
            self._simulator.stop()

    def _simulator_url(self) -> str | None:
        """The simulator of this process, open to the simulator senders that have no address; None where none needs it."""
        accounts = self._app.simulator_accounts()
        if not accounts:
            return None
        if len([each for each in self._app.lock.daemons() if not each.silent]) > 1:
            raise UsageError(
                "a simulator of its own is for a daemon that is alone, and others run on this database",
                "start one beside them (`leadoff simulator`), and name it as the base_url of the sender",
            )
        if self._simulator is None:
            from engine.simulator import Simulator

            self._simulator = Simulator(accounts=accounts, now=self._app.clock.now)
            self._simulator.start()
            self._app.lock.tell(simulator=self._simulator.url)
        return self._simulator.url


def _stop_all(pools: Sequence[Pool[Any, Any]]) -> None:
    """All at once: each may wait for its slowest request."""
    if pools:
        with ThreadPoolExecutor(len(pools)) as threads:
            list(threads.map(Pool.stop, pools))
