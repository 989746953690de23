"""`db backup` of a database in use, `db restore`, and what goes wrong with them."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import run
from engine.errors import Refused, Unusable, UsageError
from engine.store import holds, migrations
from engine.store.queries import measures
from engine.store.sql import Connection
from engine.store.sqlite.database import SqliteDatabase
from engine.upkeep import backup, restored
from tests import databases
from tests.dying import deaths
from tests.runtime.recurring.test_memberships import DECLARED
from tests.upkeep.test_restored import FILE, THREE, Shop, shop
from tests.world import ADA, START

URL = "sqlite:///leadoff.db"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a database in it."""
    database = SqliteDatabase(tmp_path / "leadoff.db")
    migrations.upgrade(database)
    put(database, "before")
    database.close()
    return tmp_path


def put(database: SqliteDatabase, value: str) -> None:
    database.write(
        lambda db: db.execute(
            "INSERT INTO meta (name, value) VALUES ('test', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (value,),
        )
    )


def value(path: Path) -> str:
    with sqlite3.connect(path) as db:
        found: str = db.execute("SELECT value FROM meta WHERE name = 'test'").fetchone()[0]
        return found


def save(project: Path, name: str = "backup.db") -> Path:
    backup.back_up(URL, project, project / name, START, lambda count: None)
    return project / name


def put_back(project: Path, file: Path) -> Path | None:
    return backup.restore(URL, project, file, START, lambda count: None)[1]


def test_a_backup_is_of_one_instant_while_others_write(project: Path) -> None:
    database = SqliteDatabase(project / "leadoff.db")
    database.write(
        lambda db: db.many(
            "INSERT INTO event (contact, kind, name, occurred_at, received_at, pending, hops, data) VALUES (1, 0, 'x', 1, 1, 1, 0, ?)",
            [("x" * 500,)] * 60_000,
        )
    )
    calls: list[int] = []

    def told(count: int) -> None:
        calls.append(count)
        database.write(lambda db: db.execute("DELETE FROM event WHERE id = ?", (len(calls),)))

    backup.back_up(URL, project, project / "backup.db", START, told)
    assert len(calls) > 3, "somebody has written in between"
    with sqlite3.connect(project / "backup.db") as db:
        assert db.execute("SELECT COUNT(*) FROM event").fetchone() == (60_000,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_a_backup_is_one_file_that_only_its_owner_reads(project: Path) -> None:
    file = save(project)
    assert file.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in project.iterdir() if "backup" in path.name) == ["backup.db"]
    assert value(file) == "before"


def test_a_restore_puts_it_in_place_and_moves_the_present_one_aside(project: Path) -> None:
    file = save(project)
    database = SqliteDatabase(project / "leadoff.db")
    put(database, "after")
    aside = put_back(project, file)
    assert value(project / "leadoff.db") == "before"
    assert aside is not None and value(aside) == "after"
    with pytest.raises(Unusable, match="was moved, replaced or deleted"):
        put(database, "lost")
    database.close()


def test_it_may_be_restored_where_there_is_no_database(project: Path) -> None:
    file = save(project)
    (project / "leadoff.db").unlink()
    assert put_back(project, file) is None
    assert value(project / "leadoff.db") == "before"


def test_what_it_puts_back_is_on_hold_from_the_first_instant(project: Path) -> None:
    put_back(project, save(project))
    with SqliteDatabase(project / "leadoff.db").reading() as db:
        assert holds.held_since(db) == START
        assert measures.open_notices(db, "restored") == 1


def test_a_living_daemon_keeps_its_database(project: Path) -> None:
    file = save(project)
    lock = SqliteDatabase(project / "leadoff.db").daemon_lock()
    lock.acquire()
    with pytest.raises(Refused, match=r"a daemon .* nothing was changed"):
        put_back(project, file)
    lock.release()
    put_back(project, file)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no backup"),
        (b"", "is no backup of Leadoff"),
        (b"no database at all, only words" * 100, "is no backup of Leadoff: file is not a database"),
    ],
)
def test_what_is_no_backup_is_refused(project: Path, content: bytes | None, said: str) -> None:
    file = project / "other.db"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=said):
        put_back(project, file)
    assert value(project / "leadoff.db") == "before"
    assert [path.name for path in project.iterdir() if "restoring" in path.name] == []


def test_a_plain_copy_does_not_send_what_was_queued_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with shop(tmp_path, THREE) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.back_up()
    shutil.copy(tmp_path / "backup.db", tmp_path / ".leadoff/leadoff.db")
    where = ("--project", str(tmp_path))
    assert run(("run", "--no-web", *where)) == 1
    assert "is a backup of 2027-04-01T14:00:00.000Z, as it was written" in capsys.readouterr().err
    assert run(("doctor", *where)) == 1
    assert "`leadoff db restored` makes it ready" in capsys.readouterr().out
    with databases.opened(tmp_path) as database:
        assert restored.take_up(database, world.clock.now()).missing.messages == 1
        restored.refuse_copy(database)


def test_a_backup_of_another_project_is_refused(tmp_path: Path) -> None:
    for name in ("shop", "bakery"):
        with shop(tmp_path / name, THREE, project=DECLARED.replace("test-shop", name)) as world:
            world.back_up()
    file, now = tmp_path / "shop/backup.db", world.clock.now()
    with pytest.raises(Refused, match=r"of the project shop, and leadoff\.yaml is of bakery; nothing was changed"):
        backup.restore(FILE, tmp_path / "bakery", file, now, lambda count: None)
    with databases.opened(tmp_path / "bakery") as database, database.reading() as db:
        assert holds.held_since(db) is None


def test_a_damaged_backup_is_refused(project: Path) -> None:
    database = SqliteDatabase(project / "leadoff.db")
    database.write(
        lambda db: db.many(
            "INSERT INTO journal (contact, flow, at, kind, note) VALUES (?, 1, 1, 'noted', 'x')",
            [(n,) for n in range(9_000)],
        )
    )
    database.close()
    file = save(project)
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 8_192] = b"\xff" * 8_192
    file.write_bytes(whole)
    with pytest.raises(UsageError, match=r"damaged|malformed"):
        put_back(project, file)
    assert value(project / "leadoff.db") == "before"


def test_the_database_itself_and_a_file_that_is_there_are_refused(project: Path) -> None:
    file = save(project)
    with pytest.raises(UsageError, match="is there already"):
        save(project)
    with pytest.raises(UsageError, match="is the database itself"):
        put_back(project, project / "leadoff.db")
    with pytest.raises(UsageError, match="there is no folder"):
        save(project, "leadoff.db/backup.db")
    assert file.is_file()


def test_a_backup_of_a_newer_version_is_refused(project: Path) -> None:
    file = save(project)
    with sqlite3.connect(file) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Refused, match="newer than this version"):
        put_back(project, file)
    assert value(project / "leadoff.db") == "before"


def test_a_full_disk_leaves_no_half_backup(project: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write the backup .*(full|limit|large)"):
        subprocess_with_small_files(project)


def subprocess_with_small_files(project: Path) -> None:
    """A backup in a process whose files may not grow beyond 64 KiB, which SQLite takes for a full disk."""
    script = (
        "import resource, signal, sys; from pathlib import Path; from engine.upkeep import backup\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "from engine.errors import UsageError\n"
        "try: backup.back_up('sqlite:///leadoff.db', Path(sys.argv[1]), Path(sys.argv[1]) / 'backup.db', 1, lambda count: None)\n"
        "except UsageError as error: print(error.message)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(project)], capture_output=True, text=True, check=True, cwd=root
    )
    assert [path.name for path in project.iterdir() if "backup" in path.name] == []
    raise UsageError(done.stdout.strip())


def test_postgresql_has_backups_of_its_own(tmp_path: Path) -> None:
    for what in (backup.back_up, backup.restore):
        with pytest.raises(Refused, match="backups of its own"):
            what("postgresql://nobody@127.0.0.1/shop", tmp_path, tmp_path / "x", START, lambda count: None)


KILLED = """\
import shutil, sys
from pathlib import Path
from engine.store.sqlite.connection import SqliteConnection
from engine.upkeep import backup
from tests.dying import come_nearer, die_at_each
import engine.store.sqlite.backup as module
import sqlite3

what, root = sys.argv[1], Path(sys.argv[2])

def connect(*args, **options):
    made = sqlite3_connect(*args, **options)
    made.set_trace_callback(lambda statement: come_nearer())
    return made

sqlite3_connect = sqlite3.connect
sqlite3.connect = connect

def act(number):
    folder = root / str(number)
    folder.mkdir()
    shutil.copy(root / "leadoff.db", folder / "leadoff.db")
    if what == "backup":
        backup.back_up("sqlite:///leadoff.db", folder, folder / "backup.db", 1, lambda count: None)
    else:
        backup.restore("sqlite:///leadoff.db", folder, root / "backup.db", 2_000_000_000_000, lambda count: None)

die_at_each(range(1, 400, 2), act)
"""


@pytest.mark.parametrize("what", ["backup", "restore"])
def test_who_is_killed_on_the_way_leaves_all_or_nothing(project: Path, what: str) -> None:
    save(project)
    database = SqliteDatabase(project / "leadoff.db")
    put(database, "after")
    database.close()
    died = [*deaths(KILLED, what, project)]
    assert len(died) > 3
    for number in died:
        folder = project / str(number)
        if what == "backup":
            assert value(folder / "leadoff.db") == "after"
            assert not (folder / "backup.db").exists() or value(folder / "backup.db") == "after"
            backup.back_up(URL, folder, folder / "again.db", START, lambda count: None)
        else:
            with SqliteDatabase(folder / "leadoff.db").reading() as db:
                assert (value(folder / "leadoff.db") == "after") == (holds.held_since(db) is None)
            put_back(folder, project / "backup.db")
            assert value(folder / "leadoff.db") == "before"


def test_a_backup_while_many_are_due(tmp_path: Path) -> None:
    """Whatever the moment of the backup: nobody gets a text twice, and all of them get it or are asked about."""
    with shop(tmp_path, THREE) as world:
        world.event("list.joined", ADA)
        world.go_on()
        many(world, 3_000)
        world.back_up()
        world.tick(2_000)
        assert world.put_back().runs == 3_001
        world.release()
        world.tick()
        with world.app.database.reading() as db:
            assert by_reason(db) == {"restored": 3_001}


def many(world: Shop, count: int) -> None:
    """So many more runs that are due at the same step as Ada's."""
    world.is_counted = False  # rows are changed by hand
    world.clock.move_to(world.clock.now() + 3_600_000)
    contacts = [(number, f"+1202555{number:04}", f"+1202555{number:04}") for number in range(1_000, 1_000 + count)]

    def write(db: Connection) -> None:
        db.many(
            "INSERT INTO contact (id, key, phone, region, zone, created_at, updated_at) VALUES (?, ?, ?, 'US', 'America/New_York', 1, 1)",
            contacts,
        )
        db.many(
            "INSERT INTO consent (phone, status, source, at) VALUES (?, 'subscribed', 'test', 1)",
            [(phone,) for _, phone, _ in contacts],
        )
        db.execute(
            "INSERT INTO run (contact, flow, lane, step, status, due_at, entered_at, stayed, event) SELECT c.id, r.flow, 0, r.step, "
            " r.status, r.due_at, r.entered_at, r.stayed, r.event FROM contact c CROSS JOIN run r WHERE c.id >= 1000 AND r.status = 0"
        )

    world.app.database.write(write)


def by_reason(db: Connection) -> dict[str, int]:
    return dict(db.execute("SELECT reason, COUNT(*) FROM message WHERE reason IS NOT NULL GROUP BY reason").fetchall())


def test_another_way_of_restoring_is_made_good_afterwards(tmp_path: Path) -> None:
    with shop(tmp_path, THREE) as world:
        world.event("list.joined", ADA)
        world.tick()
        done = restored.take_up(world.app.database, world.clock.now())
        assert done.missing.messages == 1
        assert done.since is not None
        assert world.held()
