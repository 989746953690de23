"""The tally beside the tables that it counts: where they differ, and the tally made to say what they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from engine.store import tally_people
from engine.store.counts import Counts, Key
from engine.store.sql import Connection
from engine.store.states import GONE, OPTED_OUT, REPLIED, WENT
from engine.store.tally import MESSAGE, RUN, add_messages, add_runs

NOT_IN_TABLES = (WENT, REPLIED, OPTED_OUT)
"""No table says which way a run went, nor which message was the last one when a text came: a retry moves when it was sent."""


class Difference(NamedTuple):
    """How much more the tables hold than the tally says; `cost` in millionths."""

    key: Key
    n: int
    cost: int


def differences(db: Connection) -> list[Difference]:
    """It reads all runs, messages and clicks."""
    counts = Counts()
    add_messages(counts, 0, _grouped(db, MESSAGE, "message"))
    add_runs(counts, 0, _grouped(db, RUN, "run"))
    for key, n in tally_people.clicks(db).items():
        counts.add(0, key, n)
    found = counts.at(0)
    said: dict[Key, tuple[int, int]] = {}
    rows = db.execute(
        f"SELECT flow, what, place, deployment, detail, CAST(SUM(n) AS BIGINT), CAST(SUM(cost) AS BIGINT) FROM tally"
        f" WHERE what NOT IN {NOT_IN_TABLES} GROUP BY 1, 2, 3, 4, 5"
    )
    for flow, what, place, deployment, detail, n, cost in rows:
        sign = -1 if what >= GONE else 1
        key = Key(flow, what % GONE, place, deployment, detail)
        before, amount = said.get(key, (0, 0))
        said[key] = before + sign * n, amount + sign * cost
    nothing = (0, 0)
    both = ((key, found.get(key, nothing), said.get(key, nothing)) for key in sorted({*found, *said}))
    return [Difference(key, a[0] - b[0], a[1] - b[1]) for key, a, b in both if a != b]


def _grouped(db: Connection, columns: str, table: str) -> Counter[Any]:
    by = ", ".join(map(str, range(1, columns.count(",") + 2)))
    rows = db.execute(f"SELECT {columns}, COUNT(*) FROM {table} GROUP BY {by}")
    return Counter({tuple(row): count for *row, count in rows})


def correct(db: Connection, found: Iterable[Difference], now: int) -> None:
    """The tally says from now on what the tables held when these were found, and what has been counted since."""
    for key, n, cost in found:
        db.counts.add(now, key, n, cost)
