"""A write is stored once and whole, whatever comes in its way: somebody else's transaction, a cut wire, a pooler."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from engine.errors import Unavailable, Unusable
from engine.store.postgres.database import PostgresDatabase
from engine.store.sql import Connection
from tests.server.stage import until
from tests.store.conftest import address
from tests.store.postgres.wires import Cutting, Pooler

INSERT = "INSERT INTO spent (day, amount) VALUES (?, ?)"
ADD = "INSERT INTO notice (kind, subject, at, note) VALUES ('budget', 'n' || (SELECT COUNT(*) FROM notice), 0, '')"


def raising(code: str, words: str = "no") -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = '{code}'; END $$"


def stored(database: PostgresDatabase) -> list[tuple[str, int]]:
    with database.reading() as db:
        found: list[tuple[str, int]] = db.execute("SELECT day, amount FROM spent ORDER BY day").fetchall()
    return found


def test_what_raises_is_undone_and_what_returns_is_stored(database: PostgresDatabase) -> None:
    def fails(db: Connection) -> None:
        db.execute(INSERT, ("a", 1))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.write(fails)
    assert database.write(lambda db: db.execute(INSERT, ("b", 2)).rowcount) == 1
    assert stored(database) == [("b", 2)]


def test_a_statement_that_failed_is_not_passed_over(database: PostgresDatabase) -> None:
    def goes_on(db: Connection) -> None:
        db.execute(INSERT, ("a", 1))
        with pytest.raises(psycopg.Error):
            db.execute("SELECT 1 / 0")

    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        database.write(goes_on)
    assert stored(database) == []


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_after_a_conflict_the_write_is_run_again(database: PostgresDatabase, code: str) -> None:
    tries: list[int] = []

    def write(db: Connection) -> None:
        tries.append(1)
        db.execute(INSERT, (f"day {len(tries)}", 1))
        if len(tries) < 3:
            db.execute(raising(code))

    database.write(write)
    assert stored(database) == [("day 3", 1)]


def test_somebody_was_faster_with_the_same_key(database: PostgresDatabase) -> None:
    """The second run sees what the other one has stored."""
    seen: list[int] = []

    def write(db: Connection) -> int:
        (count,) = db.execute("SELECT COUNT(*) FROM spent WHERE day = ?", ("a",)).fetchone()
        if not seen:
            database.write(lambda other: other.execute(INSERT, ("a", 1)))
        seen.append(count)
        return count or db.execute(INSERT, ("a", 2)).rowcount + 10

    assert database.write(write) == 1
    assert (seen, stored(database)) == ([0, 1], [("a", 1)])


def test_a_key_that_stays_taken_is_an_error(database: PostgresDatabase) -> None:
    database.write(lambda db: db.execute(INSERT, ("a", 1)))
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.write(lambda db: db.execute(INSERT, ("a", 2)))


def test_two_that_wait_for_each_other_both_get_through(database: PostgresDatabase) -> None:
    database.write(lambda db: db.many(INSERT, [("a", 0), ("b", 0)]))
    both = threading.Barrier(2)
    firsts = set()

    def add(first: str, second: str) -> None:
        def write(db: Connection) -> None:
            db.execute("UPDATE spent SET amount = amount + 1 WHERE day = ?", (first,))
            if first not in firsts:
                firsts.add(first)
                both.wait()
            db.execute("UPDATE spent SET amount = amount + 1 WHERE day = ?", (second,))

        database.write(write)

    threads = [threading.Thread(target=add, args=names) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored(database) == [("a", 2), ("b", 2)]


def test_a_reader_sees_one_state_and_writes_nothing(database: PostgresDatabase) -> None:
    with database.reading() as db:
        before = db.execute("SELECT COUNT(*) FROM spent").fetchone()
        database.write(lambda other: other.execute(INSERT, ("a", 1)))
        assert db.execute("SELECT COUNT(*) FROM spent").fetchone() == before == (0,)
    assert stored(database) == [("a", 1)]
    with pytest.raises(Unusable), database.reading() as db:
        db.execute(INSERT, ("b", 1))


@pytest.mark.parametrize(
    ("code", "kind", "help"),
    [
        ("53100", Unavailable, "the disk of its server is full"),
        ("53300", Unavailable, "stopped or busy"),
        ("55P03", Unavailable, "stopped or busy"),
        ("57P03", Unavailable, "stopped or busy"),
        ("25006", Unusable, "read-only"),
        ("42501", Unusable, "GRANT"),
        ("XX001", Unusable, "backup"),
    ],
)
def test_what_is_about_the_server_is_no_error_of_a_statement(
    database: PostgresDatabase, code: str, kind: type[Unavailable], help: str
) -> None:
    with pytest.raises(Unavailable) as caught:
        database.write(lambda db: db.execute(raising(code, "not now")))
    assert (type(caught.value), "not now" in caught.value.message) == (kind, True)
    assert help in (caught.value.help or "")
    with pytest.raises(kind), database.reading() as db:
        db.execute(raising(code))


def test_values_of_a_row_are_in_no_message(database: PostgresDatabase) -> None:
    """What PostgreSQL says behind its first line names them."""
    with pytest.raises(Unavailable) as caught:
        database.write(lambda db: db.execute(raising("53100").replace("USING", "USING DETAIL = '+12025550143',")))
    assert "+1202" not in str(caught.value)


def test_connections_that_were_ended_are_replaced(database: PostgresDatabase) -> None:
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    other = database.connect()
    stored(database)
    other.execute(end)
    assert stored(database) == []  # one that nobody used
    tries: list[int] = []

    def write(db: Connection) -> None:
        tries.append(1)
        db.execute(INSERT, ("a", len(tries)))
        if len(tries) == 1:
            other.execute(end)  # one in the middle of a transaction

    database.write(write)
    other.raw.close()
    assert stored(database) == [("a", 2)]


def test_a_closed_database_takes_nothing(database: PostgresDatabase) -> None:
    database.close()
    with pytest.raises(Unavailable):
        database.write(lambda db: None)


@pytest.mark.parametrize("word", [b"INSERT INTO notice", b"pg_current_xact_id", b"COMMIT"])
@pytest.mark.parametrize("behind", [False, True])
def test_a_wire_is_cut_and_the_write_is_stored_once(
    database: PostgresDatabase, word: bytes, behind: bool, tmp_path: Path
) -> None:
    """Before, in and after the COMMIT: where its answer is lost, the server is asked."""
    with Cutting(database.url, word, behind) as wire:
        through = PostgresDatabase(address(database.url, host="127.0.0.1", port=wire.port), tmp_path)
        assert through.write(lambda db: db.execute(ADD).rowcount) == 1
        with through.reading() as db:
            assert db.execute("SELECT subject FROM notice").fetchall() == [("n0",)]
        assert wire.cuts == 1
        through.close()


@pytest.fixture
def pooled(database: PostgresDatabase, tmp_path: Path) -> Iterator[PostgresDatabase]:
    with Pooler(database.url) as pooler:
        made = PostgresDatabase(address(database.url, host="127.0.0.1", port=pooler.port), tmp_path)
        yield made
        made.close()


def test_behind_a_pooler_nothing_is_kept_in_a_session(pooled: PostgresDatabase, database: PostgresDatabase) -> None:
    assert (pooled.is_behind_pooler, database.is_behind_pooler) == (True, False)
    processes = set()
    for day in map(str, range(12)):  # psycopg prepares what it has seen five times
        pooled.write(lambda db, day=day: db.many(INSERT, [(day, 1)]))  # type: ignore[misc]
        with pooled.reading() as db:
            processes.add(db.execute("SELECT pg_backend_pid()").fetchone())
            assert len(list(db.stream("SELECT day FROM spent ORDER BY day"))) == int(day) + 1
            assert db.execute("SELECT COUNT(*) FROM pg_prepared_statements").fetchone() == (0,)
    assert len(processes) == 3
    assert pooled.write(lambda db: db.ids("run", 5)) + 5 <= pooled.write(lambda db: db.ids("run", 5))


def test_behind_a_pooler_a_daemon_looks_by_itself(pooled: PostgresDatabase) -> None:
    """There is nobody to listen to: nothing was rung here."""
    looked, sessions = threading.Semaphore(0), "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    bell = pooled.bell(pooled.daemon_lock())
    bell.listen(looked.release)
    assert looked.acquire(timeout=30) and looked.acquire(timeout=30)
    with pooled.reading() as db:
        assert db.execute(sessions + " AND datname = current_database()").fetchone() == (0,)
    bell.close()


def test_a_daemon_is_not_cut_off_while_nobody_rings(database: PostgresDatabase) -> None:
    other = database.connect()
    other.execute('ALTER DATABASE "' + other.raw.info.dbname + "\" SET idle_session_timeout = '100ms'")
    other.execute("SET idle_session_timeout = 0")
    bell = database.bell(database.daemon_lock())
    bell.listen(lambda: None)
    idle = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%LISTEN leadoff'"
        " AND clock_timestamp() - state_change > CAST('300ms' AS INTERVAL)"
    )
    until(
        lambda: other.execute(idle).fetchone() is not None, "a listener that was idle for longer than the server allows"
    )
    bell.close()
    other.raw.close()


def test_what_a_person_may_ask(database: PostgresDatabase) -> None:
    about = database.about()
    assert about["path"] == database.name
    assert about["bytes"] > 1_000_000
    assert about["fsync"] in ("on", "off") and about["behind_pooler"] is False
    database.probe(1)
    database.upkeep()
    assert database.damage() == []
