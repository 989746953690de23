"""A database of the promo flow with N contacts who wait at its delay, written in bulk: nothing else has happened to them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import promo
from engine.app import App
from engine.clock import Clock
from engine.deploy.read_project import read_and_check
from engine.store.sql import Connection
from engine.store.states import WAITING

STRETCH = 10_000


def opened(folder: Path, environ: Mapping[str, str], clock: Clock) -> App:
    """The deployed project, in a folder that is empty."""
    promo.project(folder)
    app = App(folder, environ, clock)
    app.apply(read_and_check(folder, app.registry))
    return app


def fill(app: App, n: int, due: Callable[[int], int]) -> None:
    """`due` of a contact's number, from 0: when its run goes on (UTC ms)."""
    deployed = app.deployed()
    flow = deployed.names.flow_ids["promo"]
    step = deployed.names.step_ids[flow, "think"]
    for first in range(0, n, STRETCH):
        numbers = range(first, min(n, first + STRETCH))
        promo.people(app.database, numbers)

        def store(db: Connection, numbers: range = numbers) -> None:
            ids = dict(
                db.execute(
                    "SELECT phone, id FROM contact WHERE phone BETWEEN ? AND ?",
                    (promo.phone(numbers[0]), promo.phone(numbers[-1])),
                )
            )
            run = db.ids("run", len(numbers))
            db.many(
                "INSERT INTO run (id, contact, flow, lane, step, status, due_at, entered_at, stayed)"
                f" VALUES (?, ?, {flow}, 0, {step}, {WAITING}, ?, {promo.START}, 0)",
                [(run + at, ids[promo.phone(i)], due(i)) for at, i in enumerate(numbers)],
            )

        app.database.write(store)


def shuffled(n: int) -> list[int]:
    """0 … n - 1 in an order that is always the same and means nothing."""
    order = list(range(n))
    random.Random(1).shuffle(order)
    return order
