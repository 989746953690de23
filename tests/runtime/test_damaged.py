"""The engine's own batches are lists of strangers too: a damaged row holds up nobody else (E5, R6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.runtime.engine import MOST_ASIDE
from engine.store.queries import listings
from tests.world import ADA, BEN, CY, DAY, World

FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - id: one
    sms: One
  - id: wait
    delay: 1d
  - id: two
    sms: Two
"""


def damage(world: World, phone: str) -> None:
    world.app.database.write(lambda db: db.execute("UPDATE contact SET fields = '7' WHERE phone = ?", (phone,)))


def test_an_event_of_a_damaged_contact_is_set_aside_and_the_others_are_taken(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        for phone in (BEN, ADA, CY):
            world.event("list.joined", phone)
        damage(world, ADA)
        world.tick()
        with world.app.database.reading() as db:
            told = [(row["kind"], row["contact"]) for row in listings.notices(db)]
            entered = db.execute("SELECT COUNT(*) FROM run").fetchone()
        assert told == [("inbox", ADA)] and entered == (2,)


def test_a_run_of_a_damaged_contact_is_parked_and_the_others_go_on(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        for phone in (BEN, ADA, CY):
            world.event("list.joined", phone)
        world.tick()
        damage(world, ADA)
        world.tick(after=DAY)
        with world.app.database.reading() as db:
            states = db.execute(
                "SELECT c.phone, r.status FROM run r JOIN contact c ON c.id = r.contact ORDER BY c.phone"
            ).fetchall()
        assert states == [(ADA, 1), (BEN, 2), (CY, 2)]


def test_where_all_fail_they_wait_for_the_fault_is_none_of_theirs(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        for _ in range(MOST_ASIDE + 5):
            world.event("list.joined", ADA)
        damage(world, ADA)
        for _ in range(2):
            with pytest.raises(TypeError):
                world.tick()
        with world.app.database.reading() as db:
            assert db.execute("SELECT COUNT(*) FROM event WHERE pending = 1").fetchone() == (5,)
