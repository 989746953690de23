"""The members of a segment are listed before a deployment and deleted behind it: never many of them in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from engine.deploy import member_listing
from engine.deploy.apply import apply
from engine.deploy.git import Revision
from engine.deploy.read_project import read_and_check
from engine.errors import Refused
from engine.store import member_sets, segment_members
from engine.store.database import Database
from engine.store.segment_members import NO_END
from engine.store.sql import Connection
from tests.databases import again
from tests.world import ADA, World
from tests.world import PROJECT as SHOP

pytestmark = pytest.mark.usefixtures("each_database")

T = TypeVar("T")
SEGMENTS = """\
segments:
  gold: {contact: {tier: gold}}
  rich: {contact: {tier: [gold, silver]}}
"""
PROJECT = SHOP + SEGMENTS
PLAIN = "flow: plain\nlanguage: 1\ntrigger: manual\nsteps: [{id: hi, sms: Hello}]\n"
WELCOME = """\
flow: welcome
language: 1
category: transactional
trigger: {segment: gold}
steps: [{id: hi, sms: Hello}, {id: think, delay: 1d}]
"""
EXISTING = WELCOME.replace("{segment: gold}", "{segment: gold, enroll_existing: true}")
STRETCH = 3


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member_listing, "STRETCH", STRETCH)


class Counting(Database):
    """Counts the rows of `membership` that each transaction writes and deletes."""

    sizes: list[int]

    def write(self, function: Callable[[Connection], T]) -> T:
        def counted(db: Connection) -> T:
            counter = _Counter(db)
            answer = function(counter)
            self.sizes.append(counter.rows)
            return answer

        return super().write(counted)  # type: ignore[safe-super]


class _Counter:
    """A connection, and how many rows were written and deleted by it."""

    rows = 0

    def __init__(self, db: Connection) -> None:
        self._db = db

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._db, name)
        return partial(self._run, found) if name in ("execute", "many") else found

    def _run(self, run: Callable[..., Any], sql: str, *values: Any) -> Any:
        cursor = run(sql, *values)
        if sql.startswith(("INSERT INTO membership", "DELETE FROM membership")):
            self.rows += cursor.rowcount
        return cursor


def phone(number: int) -> str:
    return f"+1303555{100 + number:04d}"


def stage(world: World, count: int = 10) -> None:
    for number in range(count):
        world.contact(phone(number), tier="gold")


def switched(world: World, *flows: str, project: str = PROJECT) -> list[int]:
    """Apply these flows; how many members each transaction wrote."""
    world.write(*flows, project=project)
    checked = read_and_check(world.folder, world.app.registry)
    assert checked.ok, checked.findings
    database = again(world.app.database, Counting)
    database.sizes = []
    try:
        now = world.clock.now()
        apply(database, world.folder, checked, Revision(None, False), world.app.media_dir, now, world.app.registry)
    finally:
        database.close()
    return list(database.sizes)


def members(world: World, segment: str = "gold") -> int:
    with world.app.database.reading() as db:
        return len(segment_members.known_between(db, segment, 0, NO_END))


def left_over(world: World) -> int:
    with world.app.database.reading() as db:
        (rows,) = db.execute("SELECT COUNT(*) FROM membership").fetchone()
        (sets,) = db.execute("SELECT COUNT(*) FROM member_set").fetchone()
        (late,) = db.execute("SELECT COUNT(*) FROM late_change").fetchone()
        (known,) = db.execute(
            "SELECT COUNT(*) FROM membership m JOIN segment s ON COALESCE(s.members, s.name) = m.segment"
        ).fetchone()
    return int(rows - known + sets + late)


def entered(world: World) -> int:
    return len([run for run in world.runs() if run.flow == "welcome"])


def test_no_transaction_of_a_deployment_lists_more_than_a_stretch(tmp_path: Path) -> None:
    with World(tmp_path, PLAIN, project=PROJECT) as world:
        stage(world)
        sizes = switched(world, WELCOME)
        assert max(sizes) == STRETCH and sum(sizes) == 10
        assert members(world) == 10 and left_over(world) == 0
        world.tick()
        assert entered(world) == 0, "they were in it before"
        world.contact(ADA, tier="gold")
        world.tick()
        assert entered(world) == 1


def test_those_who_are_in_it_enter_a_batch_at_a_time_and_once(tmp_path: Path) -> None:
    with World(tmp_path, PLAIN, project=PROJECT) as world:
        stage(world)
        assert max(switched(world, EXISTING)) == STRETCH
        world.tick()
        assert entered(world) == 10
        world.tick(after=1)
        assert entered(world) == 10


def test_another_definition_has_a_set_of_its_own_and_the_old_one_goes_a_stretch_at_a_time(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=PROJECT) as world:
        stage(world)
        world.tick()
        before = entered(world)
        world.contact(ADA, tier="iron")
        world.tick()
        wider = PROJECT.replace("gold: {contact: {tier: gold}}", "gold: {contact: {tier: [gold, iron]}}")
        assert max(switched(world, project=wider)) == STRETCH
        assert members(world) == 11 and left_over(world) == 0
        world.tick()
        assert entered(world) == before, "an edit enters nobody"


def test_who_changes_while_the_members_are_listed_is_looked_at_again(tmp_path: Path) -> None:
    with World(tmp_path, PLAIN, project=PROJECT) as world:
        stage(world)
        world.write(WELCOME, project=PROJECT)
        checked = read_and_check(world.folder, world.app.registry)
        assert checked.ok and checked.project is not None
        database, now = world.app.database, world.clock.now()
        member_listing.list_members(database, checked.project, ["gold"], now)
        world.contact(phone(0), tier="none")
        world.contact(ADA, tier="gold")
        with database.reading() as db:
            assert len(member_sets.late(db, 10)) == 2
        world.app.apply(checked)
        assert members(world) == 10 and left_over(world) == 0, "one has left, another has come"
        world.contact(phone(0), tier="gold")
        world.tick()
        assert entered(world) == 1, "who was out of it at the switch comes in now; Ada was in it"


def test_what_a_deployment_that_is_refused_has_listed_is_deleted(tmp_path: Path) -> None:
    with World(tmp_path, PLAIN, project=PROJECT) as world:
        stage(world)
        world.write(WELCOME, project=PROJECT)
        checked = read_and_check(world.folder, world.app.registry)
        with pytest.raises(Refused):
            apply(
                world.app.database, world.folder, checked, Revision(None, False), world.app.media_dir, world.clock.now(),
                world.app.registry, planned=7,
            )  # fmt: skip
        assert left_over(world) == 0


def test_a_listing_that_another_deployment_has_left_over_gets_no_member(tmp_path: Path) -> None:
    with World(tmp_path, PLAIN, project=PROJECT) as world:
        stage(world)
        database = world.app.database
        name = database.write(lambda db: member_sets.begin(db, "gold of a deployment that was killed"))
        database.write(lambda db: member_sets.put_in(db, name, [1, 2]))
        assert max(switched(world, WELCOME)) == STRETCH
        with database.reading() as db:
            assert not member_sets.is_listed(db, name)
        assert members(world) == 10 and left_over(world) == 0
