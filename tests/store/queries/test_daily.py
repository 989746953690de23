"""The last days, from the tally: in the project's zone, of one flow or of all."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine.store.counts import Key
from engine.store.queries import daily, places, totals
from engine.store.queries.daily import Day
from engine.store.queries.totals import Totals
from engine.store.sql import Connection
from engine.store.states import CLICKED, DELIVERED, IN_STATE, OPTED_OUT, TOOK, WENT
from tests.world import World

pytestmark = pytest.mark.usefixtures("each_database")

FLOWS = [
    f"flow: {name}\nlanguage: 1\ncategory: transactional\ntrigger: {{event: {event}}}\nsteps: [{{id: first, sms: hello}}]\n"
    for name, event in (("hello", "list.joined"), ("receipt", "order.placed"))
]


def at(day: int, hour: int) -> int:
    return int(datetime(2026, 3, day, hour, tzinfo=UTC).timestamp() * 1000)


def counted(world: World, *found: tuple[int, str, int, int, int]) -> None:
    """Each: (instant, flow, what, n, cost)."""

    world.is_counted = False
    ids = world.app.deployed().names.flow_ids

    def write(db: Connection) -> None:
        for now, flow, what, n, cost in found:
            db.counts.add(now, Key(ids[flow], what, 0, 1), n, cost)

    world.app.database.write(write)


def test_a_day_is_the_projects_and_has_what_came_then(tmp_path: Path) -> None:
    with World(tmp_path, *FLOWS) as world:
        counted(
            world,
            (at(10, 3), "hello", TOOK, 2, 30_000),  # in New York it is still the 9th
            (at(10, 5), "hello", TOOK, 1, 15_000),
            (at(10, 5), "receipt", TOOK, 4, 60_000),
            (at(10, 6), "hello", IN_STATE + DELIVERED, 1, 0),
            (at(10, 7), "hello", CLICKED, 1, 0),
            (at(10, 8), "hello", OPTED_OUT, 1, 0),
            (at(1, 8), "hello", TOOK, 9, 0),  # before the first day
        )
        id = world.app.deployed().names.flow_ids["hello"]
        with world.app.database.reading() as db:
            own = daily.last_days(db, at(10, 9), "America/New_York", id, days=3)
            everything = daily.last_days(db, at(10, 9), "America/New_York", days=3)
            quiet = daily.last_days(db, at(1, 1), "America/New_York", id)
    assert own == [
        (date(2026, 3, 8), Day()),
        (date(2026, 3, 9), Day(sent=2, cost=30_000)),
        (date(2026, 3, 10), Day(1, 1, 1, 1, 15_000)),
    ]
    assert everything[-1][1] == Day(5, 1, 1, 1, 75_000)
    assert len(quiet) == daily.DAYS and not any(any(day) for _, day in quiet)


def test_ways_are_added_up_over_hours_and_deployments(tmp_path: Path) -> None:
    with World(tmp_path, *FLOWS) as world:
        counted(
            world,
            (at(10, 3), "hello", TOOK, 2, 1),
            (at(10, 5), "hello", TOOK, 1, 1),
            (at(10, 5), "receipt", TOOK, 7, 1),
        )
        id = world.app.deployed().names.flow_ids["hello"]
        world.app.database.write(lambda db: db.counts.add(at(10, 3), Key(id, WENT, 0, 1, "next"), 2))
        world.app.database.write(lambda db: db.counts.add(at(11, 3), Key(id, WENT, 0, 2, "next"), 3))
        with world.app.database.reading() as db:
            assert places.passed(db, id, totals.of_flow(db, id)) == ({("first", "next"): 5}, {"first": 3})
            assert places.passed(db, id, {}) == places.NOTHING_PASSED


def test_what_hours_that_are_over_came_to_is_kept_and_the_newest_are_added(tmp_path: Path) -> None:
    key = (TOOK, 0, "")
    with World(tmp_path, *FLOWS) as world:
        id, kept = world.app.deployed().names.flow_ids["hello"], Totals()

        def seen(now: int, more: int) -> tuple[int, int]:
            counted(world, (now, "hello", TOOK, more, 10 * more))
            with world.app.database.reading() as db:
                found = kept.of_flow(db, id, now)
                assert found == totals.of_flow(db, id)
            return found[key]

        assert seen(at(10, 3), 2) == (2, 20)
        assert seen(at(10, 3), 1) == (3, 30), "the hour is not over"
        assert seen(at(10, 9), 4) == (7, 70), "hours are over that had something"
        assert seen(at(12, 9), 1) == (8, 80), "nothing is kept for so long"
        assert seen(at(11, 9), 1) == (9, 90), "the clock went back"
