"""What one daemon does from time to time: while it is at it no other one begins, and each transaction is of a few rows."""

from __future__ import annotations

from itertools import chain, repeat
from pathlib import Path

import pytest

from engine.store import inbox, recent_messages, reports
from engine.upkeep.chores import FORGET, KEEP_UP, REMEMBERED_MS, begin, forget
from tests.databases import again
from tests.world import ADA, DAY, HOUR, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps: [{id: hi, sms: Hello}]
"""


def ids(world: World) -> list[str]:
    with world.app.database.reading() as db:
        return [id for (id,) in db.execute("SELECT outside_id FROM event WHERE outside_id IS NOT NULL ORDER BY id")]


def test_of_two_daemons_one_has_the_turn_until_it_is_due_again(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        one, other, now = world.app.database, again(world.app.database), world.clock.now()
        for chore in (FORGET, KEEP_UP):
            assert begin(one, chore, now)
            assert not begin(other, chore, now)
            assert not begin(one, chore, now + HOUR // 2)
            assert begin(other, chore, now + 6 * HOUR)
            assert begin(one, chore, now), "the clock was put back"
        other.close()


def test_ids_are_forgotten_after_thirty_days_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "AT_ONCE", 3)
    with World(tmp_path, FLOW) as world:
        database = world.app.database
        for number in range(8):
            world.event("list.joined", ADA, id=f"e{number}")
        world.clock.move_to(world.clock.now() + REMEMBERED_MS)
        world.event("list.joined", ADA, id="young")
        forget(database, world.clock.now)
        assert len(ids(world)) == 9, "it is not longer ago"
        world.clock.move_to(world.clock.now() + DAY)
        left: list[int] = []

        def goes_on() -> bool:
            left.append(len(ids(world)))
            return True

        forget(database, world.clock.now, goes_on)
        assert left[:4] == [9, 6, 3, 1], "a look begins behind the last one"
        assert ids(world) == ["ev:young"]
        world.clock.move_to(world.clock.now() + REMEMBERED_MS)
        forget(database, world.clock.now)
        assert ids(world) == []


def test_who_is_stopped_leaves_the_rest_to_the_next_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "AT_ONCE", 1)
    with World(tmp_path, FLOW) as world:
        for number in range(3):
            world.event("list.joined", ADA, id=f"e{number}")
        world.clock.move_to(world.clock.now() + REMEMBERED_MS + DAY)
        turns = chain([True], repeat(False))
        forget(world.app.database, world.clock.now, lambda: next(turns))
        assert ids(world) == ["ev:e1", "ev:e2"]
        world.clock.move_to(world.clock.now() + DAY)
        forget(world.app.database, world.clock.now)
        assert ids(world) == []


def test_reports_and_recent_messages_go_a_few_at_a_time(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        database, now = world.app.database, world.clock.now()
        many, later = reports.AT_ONCE + 1, now + 4 * DAY
        rows = [("main", f"P{number}", "{}", now) for number in range(many)]
        sql = "INSERT INTO aside (sender, provider_id, report, at) VALUES (?, ?, ?, ?)"
        database.write(lambda db: db.many(sql, rows))
        database.write(lambda db: recent_messages.add(db, [(1, number) for number in range(many)], now))
        assert [database.write(lambda db: reports.forget(db, later)) for _ in range(2)] == [many - 1, 1]
        forget(database, lambda: later)
        with database.reading() as db:
            assert db.execute("SELECT COUNT(*) FROM recent_message").fetchone() == (0,)
