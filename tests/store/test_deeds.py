"""Deeds of people: each stands with its entry, and one that changes nothing leaves none."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import deeds, holds, person_actions
from engine.store.deeds import By
from tests.world import World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
steps: [{id: first, sms: "hello"}]
"""
ADA = By("ada", 1_000, "too many texts")


def test_a_deed_is_kept_with_who_and_why_and_one_that_changes_nothing_is_not(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        write, id = world.app.database.write, world.app.deployed().names.flow_ids["hello"]
        assert write(lambda db: deeds.pause(db, id, "hello", ADA))
        assert not write(lambda db: deeds.pause(db, id, "hello", By("ben", 2_000)))
        assert write(lambda db: deeds.resume(db, id, "hello", By("ben", 3_000)))
        assert not write(lambda db: deeds.resume(db, id, "hello", ADA))
        assert write(lambda db: deeds.hold(db, ADA))
        assert write(lambda db: deeds.release(db, By("ben", 4_000)))
        assert not write(lambda db: deeds.release(db, ADA))
        with world.app.database.reading() as db:
            kept = [
                (each["at"], each["who"], each["deed"], each["subject"], each["note"])
                for each in person_actions.newest(db)
            ]
            assert holds.held_since(db) is None and holds.paused(db) == {}
    assert kept == [
        (4_000, "ben", "release", "", None),
        (1_000, "ada", "hold", "", "too many texts"),
        (3_000, "ben", "resume", "hello", None),
        (1_000, "ada", "pause", "hello", "too many texts"),
    ]  # fmt: skip
