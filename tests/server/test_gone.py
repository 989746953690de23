"""A database that is not there any more: the daemon ends and says so, and none is made in its place (D1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app import App
from engine.delivery.outbox import send_all_due
from engine.errors import Unusable
from engine.store import holds
from engine.store.postgres.daemon_row import KEPT_MS
from engine.store.postgres.daemons import DaemonRows
from engine.store.postgres.database import PostgresDatabase
from engine.store.queries import listings as queries
from tests.databases import environ, file_of, kept, opened
from tests.server.stage import FLOW, Stage, phone, until
from tests.world import ADA, World

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.mark.only("sqlite", "it moves the file")
def test_the_daemon_ends_when_its_database_is_moved_away(tmp_path: Path) -> None:
    """Also while a request is under way whose result cannot be stored."""
    with Stage(tmp_path / "shop") as stage:
        daemon = stage.daemon().ready()
        stage.simulator.add_fault("slow;seconds=1")
        stage.join([phone(1)])
        until(lambda: bool(stage.tags()), "the message at the provider")
        path = file_of(stage.app.database)
        path.rename(path.with_name("aside.db"))
        assert daemon.code() == 2
        assert any(
            line.startswith(f"error: the database {path} was moved, replaced or deleted") for line in daemon.said
        )
        again = stage.daemon()
        assert again.code() == 2
        assert again.said[:2] == [f"error: there is no database {path}", "help: `leadoff apply` creates one"]
        assert not path.exists()
        path.with_name("aside.db").rename(path)
        stage.daemon().ready()
        until(lambda: "unknown" in stage.states() or "delivered" in stage.states(), "what became of the message")
        assert stage.tags()[stage.messages()[0].tag] == 1


@pytest.mark.only("postgres", "a file that is put back is another one")
def test_a_database_that_was_put_back_under_a_daemon_is_on_hold(tmp_path: Path) -> None:
    """What was sent since the backup is not sent again, neither by this daemon nor by the next one."""
    with World(tmp_path, FLOW) as world:
        assert isinstance(world.app.database, PostgresDatabase)
        row = DaemonRows(world.app.database)
        row.acquire()
        world.event("list.joined", ADA)
        world.tick()
        put_back = kept(tmp_path)
        row.beat()
        assert world.send() == 1
        put_back()
        for refused in (world.send, row.beat, world.app.database.refuse_another):
            with pytest.raises(Unusable, match="was put back or replaced while a daemon worked on it"):
                refused()
        row.release()
        with pytest.raises(Unusable):
            world.app.database.refuse_another()
        with opened(tmp_path) as after, after.reading() as db:
            assert holds.held_since(db) is not None
            assert ["leadoff db restored" in each["note"] for each in queries.notices(db)] == [True]
        with App(tmp_path, environ(), world.clock) as next_one:
            (outbox,) = next_one.outboxes(world.simulator.url)
            assert send_all_due(outbox, world.clock.now) == 0
            outbox.close()
        assert len(world.simulator.ledger.messages()) == 1


@pytest.mark.only("postgres", "a file that is put back is another one")
def test_the_daemon_ends_when_its_database_does_not_know_it(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop") as stage:
        daemon = stage.daemon().ready()
        stage.app.database.write(lambda db: db.execute("DELETE FROM daemon"))
        assert daemon.code() == 2
        assert any("was put back or replaced while a daemon worked on it" in line for line in daemon.said)


@pytest.mark.only("postgres", "rows of a file's daemon are a lock")
def test_a_daemon_that_was_silent_until_others_deleted_its_row_goes_on(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        database = world.app.database
        assert isinstance(database, PostgresDatabase)
        row = DaemonRows(database)
        row.acquire()
        assert database.daemon is not None
        database.daemon = database.daemon._replace(beat=database.daemon.beat - 2 * KEPT_MS)
        database.write(lambda db: db.execute("UPDATE daemon SET beat = beat - ?", (2 * KEPT_MS,)))
        assert row.is_lost_one()
        row.beat()
        assert [each.silent for each in row.daemons()] == [False]
