"""Two daemons of one shop, as far as a test needs them: what each does and when is the test's to say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.app import App
from engine.delivery.outbox import Outbox
from engine.runtime.engine import Engine
from engine.store.database import Database
from tests.many.meanwhile import Meanwhile
from tests.world import PROJECT, World


class Pair:
    """A shop with two daemons, as far as they are more than one: each has a connection, an engine and an outbox of its own."""

    def __init__(self, url: str, folder: Path, *flows: str, project: str = PROJECT) -> None:
        self.url = url
        self.environ = {"LEADOFF_DATABASE_URL": url}
        self.world = World(folder, *flows, project=project, environ=self.environ)

    def __enter__(self) -> Pair:
        self.world.__enter__()
        self.other = App(self.world.folder, self.environ, self.world.clock)
        self.engine = self.other.engine()
        (self.outbox,) = self.other.outboxes(self.world.simulator.url)
        return self

    def __exit__(self, *raised: Any) -> None:
        self.outbox.close()
        self.other.close()
        self.world.__exit__(*raised)

    @property
    def database(self) -> Database:
        return self.world.app.database

    @property
    def now(self) -> int:
        return self.world.clock.now()

    def tick_of_the_other(self) -> int | None:
        return self.engine.tick(self.now)

    def outbox_that(self, before: str, act: Callable[[], object]) -> Outbox:
        self.world.outbox._database = Meanwhile(self.database, before, act)  # type: ignore[assignment]
        return self.world.outbox

    def engine_that(self, before: str, act: Callable[[], object]) -> Engine:
        return Engine(Meanwhile(self.database, before, act), self.world.app.deployed)  # type: ignore[arg-type]
