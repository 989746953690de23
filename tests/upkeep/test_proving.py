"""The tally says what the tables hold; once a night that is proved, and what is wrong is put right."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import tally_proof
from engine.store.counts import Key
from engine.store.sql import Connection
from engine.store.states import ACCEPTED, AT, ENDED, ENTERED, IN_STATE, TOOK, WENT, WRITTEN
from engine.upkeep import proving
from tests.databases import again
from tests.world import ADA, BEN, DAY, HOUR, MINUTE, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - {id: hi, sms: Hello}
  - {id: rest, delay: 1d}
  - {id: again, sms: Once more}
"""


def totals(world: World) -> dict[tuple[int, int], int]:
    """(what, place) -> how many, of the flow."""
    sql = (
        "SELECT t.what, t.place, SUM(t.n) FROM tally t JOIN flow f ON f.id = t.flow WHERE f.name = 'hello' GROUP BY 1, 2"
        " HAVING SUM(t.n) <> 0"
    )
    with world.app.database.reading() as db:
        return {(what, place): int(n) for what, place, n in db.execute(sql)}


def test_a_run_and_its_message_are_counted_as_they_go_on(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        for phone in (ADA, BEN):
            world.event("list.joined", phone)
        world.tick(after=MINUTE)
        assert totals(world) == {(ENTERED, -1): 2, (AT, 1): 2, (WENT, 0): 2, (WRITTEN, 0): 2}
        world.send()
        taken = {(IN_STATE + ACCEPTED, 0): 2, (TOOK, 0): 2}
        assert totals(world) == {(ENTERED, -1): 2, (AT, 1): 2, (WENT, 0): 2, (WRITTEN, 0): 2, **taken}
        world.tick(after=DAY)
        left = {(WENT, 0): 2, (WENT, 1): 2, (WENT, 2): 2, (WRITTEN, 0): 2, (WRITTEN, 2): 2}
        assert totals(world) == {(ENTERED, -1): 2, (ENDED, 2): 2, **left, **taken}


def test_what_a_transaction_undoes_is_not_counted(tmp_path: Path) -> None:
    class Broken(Exception):
        pass

    def write(db: Connection) -> None:
        db.counts.add(world.clock.now(), Key(99, ENTERED, -1), 1)
        raise Broken

    with World(tmp_path, FLOW) as world:
        with pytest.raises(Broken):
            world.app.database.write(write)
        world.app.database.write(lambda db: None)
        with world.app.database.reading() as db:
            assert db.execute("SELECT COUNT(*) FROM tally WHERE flow = 99").fetchone() == (0,)


def test_two_programs_count_into_the_same_tally(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        one, other = world.app.database, again(world.app.database)
        try:
            for database in (one, other, one):
                database.write(lambda db: db.counts.add(world.clock.now(), Key(0, WENT, 0, 0, "next"), 2, 5))
            with one.reading() as db:
                assert db.execute(
                    "SELECT SUM(n), SUM(cost) FROM tally WHERE flow = 0 AND what = ?", (WENT,)
                ).fetchone() == (6, 15)
        finally:
            other.close()


def test_what_is_wrong_is_put_right_once_a_night_and_told(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        database = world.app.database
        world.event("list.joined", ADA)
        world.tick(after=MINUTE)
        with database.reading() as db:
            assert proving.last(db) is None
        world.clock.move_to(world.clock.now() + DAY)
        database.write(lambda db: db.execute("UPDATE tally SET n = n + 3 WHERE what = ? AND place = 1", (AT,)))
        with database.reading() as db:
            wrong = [each for each in tally_proof.differences(db) if each.key.flow]
        assert [(each.key.what, each.key.place, each.n) for each in wrong] == [(AT, 1, -3)]
        proof = proving.prove(database, world.clock.now())
        assert proof is not None and proof.differences >= 1
        with database.reading() as db:
            assert tally_proof.differences(db) == []
            assert proving.last(db) == proof
            (told,) = db.execute("SELECT COUNT(*) FROM notice WHERE kind = 'tally'").fetchone()
        assert told == 1
        assert proving.prove(database, world.clock.now() + HOUR) is None, "not twice a night"
        later = proving.prove(database, world.clock.now() + DAY)
        assert later is not None and later.differences == 0
