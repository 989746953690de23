"""The one writer: groups, savepoints, and a database that says no (E2)."""

from __future__ import annotations

import fcntl
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from engine.errors import Refused, Unavailable, UsageError
from engine.store.sql import Connection
from engine.store.sqlite.daemon_lock import FileLock
from engine.store.sqlite.database import MOST_IDLE, SqliteDatabase, path_of, refuse_old
from engine.store.sqlite.writer import GROUP_SECONDS


@pytest.fixture
def database(tmp_path: Path) -> SqliteDatabase:
    made = SqliteDatabase(tmp_path / "w.db", busy_seconds=0.05)
    made.write(lambda db: db.execute("CREATE TABLE t (v UNIQUE)"))
    return made


def test_a_version_of_sqlite_that_is_too_old_is_refused() -> None:
    refuse_old((3, 40, 0))
    with pytest.raises(UsageError, match=r"SQLite 3\.39\.4, and Leadoff needs 3\.40 or newer"):
        refuse_old((3, 39, 4))


def values(database: SqliteDatabase) -> list[object]:
    with database.reading() as db:
        return [v for (v,) in db.execute("SELECT v FROM t ORDER BY v")]


def test_what_was_acknowledged_is_stored(database: SqliteDatabase) -> None:
    assert database.write(lambda db: db.execute("INSERT INTO t VALUES (1)").rowcount) == 1
    assert values(database) == [1]
    database.close()


def test_one_that_raises_undoes_itself_alone(database: SqliteDatabase) -> None:
    """Sixteen threads at once: their groups hold good and bad ones side by side."""
    failed: list[int] = []

    def work(number: int) -> None:
        def write(db: Connection) -> None:
            db.execute("INSERT INTO t VALUES (?)", (number,))
            if number % 4 == 0:
                raise ValueError(number)

        try:
            database.write(write)
        except ValueError:
            failed.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(failed) == [0, 4, 8, 12]
    assert values(database) == [n for n in range(16) if n % 4]
    database.close()


def test_a_broken_rule_is_the_writers_own_error(database: SqliteDatabase) -> None:
    database.write(lambda db: db.execute("INSERT INTO t VALUES (1)"))
    with pytest.raises(sqlite3.IntegrityError):
        database.write(lambda db: db.execute("INSERT INTO t VALUES (1)"))
    assert values(database) == [1]
    database.close()


def test_a_locked_database_acknowledges_nothing_and_recovers(database: SqliteDatabase) -> None:
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        database.write(lambda db: db.execute("INSERT INTO t VALUES (1)"))
    other.execute("ROLLBACK")
    other.close()
    database.write(lambda db: db.execute("INSERT INTO t VALUES (2)"))
    assert values(database) == [2]
    database.close()


def test_who_comes_while_the_lock_is_waited_for_is_refused_with_the_others(tmp_path: Path) -> None:
    """Nobody waits for the lock twice: a provider's patience is not much longer than one wait."""
    database = SqliteDatabase(tmp_path / "w.db", busy_seconds=1.0)
    database.write(lambda db: db.execute("CREATE TABLE t (v UNIQUE)"))
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused: list[float] = []

    def work(number: int) -> None:
        with pytest.raises(Unavailable):
            database.write(lambda db: db.execute("INSERT INTO t VALUES (?)", (number,)))
        refused.append(time.monotonic())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(refused) - min(refused) < 0.9
    other.execute("ROLLBACK")
    other.close()
    assert values(database) == []
    database.close()


def test_a_full_database_acknowledges_nothing_and_recovers(database: SqliteDatabase) -> None:
    pages = database.write(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    database.write(lambda db: db.execute(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(Unavailable, match="full"):
        database.write(lambda db: db.execute("INSERT INTO t VALUES (?)", ("x" * 100_000,)))
    assert values(database) == []
    database.write(lambda db: db.execute("PRAGMA max_page_count=1000000"))
    database.write(lambda db: db.execute("INSERT INTO t VALUES (1)"))
    assert values(database) == [1]
    database.close()


def test_a_closed_database_takes_no_more(database: SqliteDatabase) -> None:
    database.close()
    with pytest.raises(Unavailable):
        database.write(lambda db: db.execute("INSERT INTO t VALUES (1)"))


def test_one_daemon_a_file(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "d.db"), FileLock(tmp_path / "d.db")
    first.acquire(wake_port=7)
    assert second.held() and second.facts()["wake_port"] == 7
    with pytest.raises(Refused, match="another daemon"):
        second.acquire()
    first.release()
    assert not second.held()
    second.acquire()
    second.release()


def test_relative_files_are_the_projects(tmp_path: Path) -> None:
    assert path_of("sqlite:///.leadoff/leadoff.db", tmp_path) == tmp_path / ".leadoff/leadoff.db"
    assert path_of("sqlite:////var/lib/leadoff.db", tmp_path) == Path("/var/lib/leadoff.db")
    with pytest.raises(UsageError):
        path_of("postgresql://here", tmp_path)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("hello, I am not a database at all, really not " * 20)
    with pytest.raises(UsageError, match="cannot open") as refused:
        SqliteDatabase(tmp_path / "x.db")
    assert refused.value.help == "it is damaged; put a backup in its place"


BUSY = """\
import sys, time
from pathlib import Path
from engine.store.sqlite.database import SqliteDatabase

def work(db):
    until = time.monotonic() + 0.05
    while time.monotonic() < until:
        db.execute("INSERT OR REPLACE INTO t VALUES ('busy')")

database = SqliteDatabase(Path(sys.argv[1]))
print("at work", flush=True)
while True:
    database.write(work)
"""


def test_a_busy_daemon_lets_other_processes_in(database: SqliteDatabase) -> None:
    """It takes the lock again microseconds after it left it; who waits gets a turn all the same."""
    command = [sys.executable, "-c", BUSY, str(database.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as busy:
        try:
            assert busy.stdout is not None and busy.stdout.readline() == b"at work\n"
            patient = SqliteDatabase(database.path, busy_seconds=2.0)
            for number in range(8):
                patient.write(lambda db, number=number: db.execute("INSERT INTO t VALUES (?)", (number,)))  # type: ignore[misc]
        finally:
            busy.kill()
    assert [v for v in values(patient) if v != "busy"] == list(range(8))
    patient.close()
    database.close()


class Asks:
    """A thread that waits for its turn to write, and writes a name."""

    def __init__(self, database: SqliteDatabase, name: str) -> None:
        self._thread = threading.Thread(
            target=database.write, args=(lambda db: db.execute("INSERT INTO t VALUES (?)", (name,)),)
        )
        self._thread.start()

    def join(self) -> None:
        self._thread.join()


@contextmanager
def writing(database: SqliteDatabase) -> Iterator[None]:
    """It has the lock, and keeps it meanwhile."""
    has_it, may_end = threading.Event(), threading.Event()

    def write(db: Connection) -> None:
        has_it.set()
        may_end.wait()

    thread = threading.Thread(target=database.write, args=(write,))
    thread.start()
    has_it.wait()
    yield
    may_end.set()
    thread.join()


def is_taken(path: Path) -> bool:
    """Whether somebody has the turn."""
    with open(path.with_name(f"{path.name}.turn")) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_who_has_written_comes_behind_who_waits(tmp_path: Path) -> None:
    """Two programs: one writes without a pause, and the other one is next each time that it asks."""
    busy, other = (SqliteDatabase(tmp_path / "w.db", busy_seconds=60.0) for _ in range(2))
    busy.write(lambda db: db.execute("CREATE TABLE t (v)"))
    asked = []
    for round in range(20):
        with writing(busy):
            asked.append(Asks(other, f"{round} other"))
            while not is_taken(busy.path):
                pass
            asked.append(Asks(busy, f"{round} busy again"))
    for each in asked:
        each.join()
    with busy.reading() as db:
        order = [name for (name,) in db.execute("SELECT v FROM t ORDER BY rowid")]
    assert order == [f"{round} {who}" for round in range(20) for who in ("other", "busy again")]
    busy.close()
    other.close()


def test_who_holds_the_turn_and_stands_still_stops_nobody(database: SqliteDatabase) -> None:
    with open(database.path.with_name(f"{database.path.name}.turn")) as stopped:
        fcntl.flock(stopped, fcntl.LOCK_EX)
        database.write(lambda db: db.execute("INSERT INTO t VALUES (1)"))
    assert values(database) == [1]
    database.close()


def test_a_group_that_has_had_the_lock_for_long_takes_no_more(database: SqliteDatabase) -> None:
    """So what comes next waits for one long function, not for all that were there before it."""
    stored_before: list[int] = []
    other = sqlite3.connect(database.path, check_same_thread=False)

    def write(db: Connection) -> None:
        stored_before.append(other.execute("SELECT COUNT(*) FROM t").fetchone()[0])
        db.execute("INSERT INTO t VALUES (?)", (len(stored_before),))
        until = time.monotonic() + GROUP_SECONDS
        while time.monotonic() < until:
            pass

    with writing(database):
        threads = [threading.Thread(target=database.write, args=(write,)) for _ in range(3)]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert stored_before == [0, 1, 2]
    other.close()
    database.close()


def test_the_log_is_moved_beside_who_writes(tmp_path: Path) -> None:
    """It begins anew, although no commit has moved any of it."""
    database = SqliteDatabase(tmp_path / "w.db")
    database.write(lambda db: db.execute("CREATE TABLE t (v)"))
    database.write(lambda db: db.execute("PRAGMA wal_autocheckpoint=0"))
    size = database.path.stat().st_size
    while database.path.stat().st_size == size:
        database.write(lambda db: db.many("INSERT INTO t VALUES (?)", [("x" * 100,)] * 1_000))
    database.close()


def test_a_second_look_at_the_file_keeps_the_locks_of_the_first(tmp_path: Path) -> None:
    """Else another process that comes and goes would take the last one's log away, and what is stored after that with it."""
    first = SqliteDatabase(tmp_path / "two.db")
    first.write(lambda db: db.execute("CREATE TABLE t (x)"))
    SqliteDatabase(tmp_path / "two.db").close()
    look = f"import sqlite3; db = sqlite3.connect({str(tmp_path / 'two.db')!r}); db.execute('SELECT * FROM t').fetchall(); db.close()"
    subprocess.run([sys.executable, "-c", look], check=True)
    first.write(lambda db: db.execute("INSERT INTO t VALUES (1)"))
    with sqlite3.connect(tmp_path / "two.db") as db:
        assert db.execute("SELECT x FROM t").fetchall() == [(1,)]
    first.close()


def test_what_is_written_is_on_disk(tmp_path: Path) -> None:
    """In a process of its own: in that of the tests no commit waits for the disk."""
    code = "import pathlib, sys; from engine.store.sqlite.database import SqliteDatabase as D; print(D(pathlib.Path(sys.argv[1])).about())"
    words = [sys.executable, "-c", code, str(tmp_path / "disk.db")]
    said = subprocess.run(words, check=True, capture_output=True, text=True)
    assert "'journal_mode': 'wal', 'synchronous': 2," in said.stdout


def test_the_caches_of_a_daemon_are_small(tmp_path: Path) -> None:
    """Of a large file each connection fills its own: ten readers and the writer count for what is resident."""
    database = SqliteDatabase(tmp_path / "caches.db")
    with database.reading() as db:
        (reader,) = db.execute("PRAGMA cache_size").fetchone()
    (writer,) = database.write(lambda db: db.execute("PRAGMA cache_size").fetchone())
    assert reader < 0 and writer < 0, "counted in KB"
    assert 10 * -reader + -writer <= 40_000
    database.close()


def test_a_few_readers_are_kept_however_many_were_needed_at_a_time(database: SqliteDatabase) -> None:
    with ExitStack() as at_a_time:
        readers = [at_a_time.enter_context(database.reading()) for _ in range(MOST_IDLE + 3)]
        assert len({id(db) for db in readers}) == len(readers)
    assert [is_open(db) for db in readers].count(True) == MOST_IDLE
    with database.reading() as db:
        assert db in readers and values(database) == []
    database.close()
    assert not any(is_open(db) for db in readers)


def is_open(db: Connection) -> bool:
    try:
        db.execute("SELECT 1").fetchone()
    except sqlite3.ProgrammingError:
        return False
    return True
