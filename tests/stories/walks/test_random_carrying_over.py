"""Those who wait are carried over to a deployment a stretch at a time, and the edit holds for all of them from the switch on:

whatever happens between two stretches, everybody gets what they would get if all were carried over at once.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from engine.deploy.live_edits import carrying_over
from engine.deploy.live_edits.carrying_over import finish
from engine.store import carrying
from engine.store.sqlite.memory import MemoryDatabase
from tests.stories.walks.test_random_edits import Life

pytestmark = pytest.mark.only("sqlite", "it plays in memory, as previews do")

# What is held is decided again behind an edit: how often that was, and until when something is held between, is not compared.
TABLES = {
    "run": "id, contact, flow, lane, step, status, CASE WHEN due_from = 'hold' THEN 0 ELSE due_at END, due_wall, entered_at, stayed,"
    " reason, exited_at, due_from, deployment",
    "message": "contact, run, step, flow, deployment, status, text, queued_at, sent_at,"
    " CASE WHEN status = 1 THEN 0 ELSE due_at END, CASE WHEN status = 1 THEN 0 ELSE expires_at END, reason",
    "stopped": "run, flow, due_at",
    "webhook": "contact, run, step, status",
    "contact": "id, fields",
}
JOURNAL = (
    "SELECT contact, run, flow, step, at, kind, note FROM journal WHERE note IS NULL OR note NOT LIKE 'held until %'"
)
TALLY = "SELECT flow, what, place, detail, SUM(n), SUM(cost) FROM tally GROUP BY 1, 2, 3, 4 HAVING SUM(n) <> 0"


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying_over, "STRETCH", 1)
    monkeypatch.setattr(carrying_over, "READ", 3)


class Edited(Life):
    """Mostly what changes the rows of those who wait."""

    acts = ["edit"] * 3 + ["join"] * 3 + ["play"] * 6 + ["order"] * 3 + ["stop", "pause", "tier", "rollback"]
    kinds = ("rename", "remove", "remove", "verb", "add", "pin", "flow", "shift", "wrap")


class Late(Edited):
    """The same life, in which nobody hurries to carry anybody over. What it looks at is as it will be once all are."""

    def __init__(self, seed: int) -> None:
        self.late = random.Random(seed)
        self.caught: Counter[str] = Counter()
        self.then: tuple[object, MemoryDatabase] | None = None
        super().__init__(seed)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.carried_over().reading() as db:
            return db.execute(sql, values).fetchall()

    def carried_over(self) -> MemoryDatabase:
        """A copy in which all are; the same one until something is written or the clock goes on."""
        now = self.database._connection.total_changes, self.clock.now()
        if self.then is None or self.then[0] != now:
            if self.then is not None:
                self.then[1].close()
            self.then = now, MemoryDatabase(self.database.image())
            finish(self.then[1], self.clock.now)
        return self.then[1]

    def is_under_way(self) -> bool:
        with self.database.reading() as db:
            return carrying.is_standing(db)

    def carry_over(self) -> None:
        """As far as the program lives."""
        left = iter(range(self.late.choice([0] * 9 + [1, 2])))
        finish(self.database, self.clock.now, lambda: next(left, None) is not None)

    def live(self) -> None:
        self.caught["under way"] += self.is_under_way()
        super().live()

    def promise(self) -> None:
        super().promise()
        self.carry_over()

    # what waits for all to be carried over

    def edit(self) -> None:
        finish(self.database, self.clock.now)
        super().edit()

    def rollback(self) -> None:
        finish(self.database, self.clock.now)
        super().rollback()

    def hand(self) -> None:
        finish(self.database, self.clock.now)
        super().hand()

    def park(self) -> None:
        finish(self.database, self.clock.now)
        super().park()


def told(life: Life) -> dict[str, list[Any]]:
    found = {table: sorted(life.rows(f"SELECT {columns} FROM {table}"), key=str) for table, columns in TABLES.items()}
    others = {"journal": JOURNAL, "tally": TALLY}
    return {**found, **{name: sorted(life.rows(sql), key=str) for name, sql in others.items()}}


@pytest.mark.parametrize("seed", [1, 3, 14])
def test_carried_over_late_everybody_gets_what_they_would_get_at_once(seed: int) -> None:
    at_once, late = Edited(seed), Late(seed)
    for number in range(60):
        at_once.live()
        late.live()
        one, other = told(at_once), told(late)
        for table in one:
            assert one[table] == other[table], (number, table, at_once.log[-1])
    assert late.counts == at_once.counts
    assert late.caught["under way"] > 5
