"""What a connection to PostgreSQL can do besides: many rows, rows that are locked, blocks of ids, lists of any length."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from engine.errors import Unusable
from engine.store.postgres.connection import AT_ONCE
from engine.store.postgres.database import BEGIN, PostgresDatabase
from engine.store.sql import AMONG, Connection, listed, numbers
from tests.store.conftest import address
from tests.store.postgres.conftest import wait_for_waiters

TEXTS = ["plain", 'a "quote"', "back\\slash", "two\nlines\tand a tab", "{curly,}", "NULL", "", "🎉 é", None]


@pytest.fixture
def others(database: PostgresDatabase) -> Iterator[Connection]:
    """A transaction of somebody else's, with the runs 1 to 4 before it."""
    sql = (
        "INSERT INTO run (id, contact, flow, lane, status, due_at, entered_at, stayed) VALUES (?, ?, 1, 0, 0, ?, 0, 0)"
    )
    database.write(lambda db: db.many(sql, [(n, n, n) for n in range(1, 5)]))
    other = database.connect()
    other.raw.execute(BEGIN)
    yield other
    other.raw.close()


def test_values_come_back_as_they_were(database: PostgresDatabase) -> None:
    sql = "INSERT INTO notice (id, kind, subject, contact, at, note) VALUES (?, ?, ?, ?, ?, '?')"
    rows = [(n, "kind", f"{text!r}", n if n % 2 else None, 2**62) for n, text in enumerate(TEXTS)]
    assert database.write(lambda db: db.many(sql, rows).rowcount) == len(TEXTS)
    update = "UPDATE notice SET note = COALESCE(?, 'none') WHERE id = ?"
    database.write(lambda db: db.many(update, ((text, n) for n, text in enumerate(TEXTS))))
    with database.reading() as db:
        found = db.execute("SELECT id, kind, subject, contact, at, note FROM notice ORDER BY id").fetchall()
    assert found == [(*row, "none" if text is None else text) for row, text in zip(rows, TEXTS, strict=True)]


def test_json_is_kept_as_it_was_written(database: PostgresDatabase) -> None:
    written = '{"b": 1.10, "a": "x\\ny", "big": 12345678901234567890}'
    sql = "INSERT INTO event (kind, name, occurred_at, received_at, data, pending, hops) VALUES (0, 'e', ?, 0, ?, 0, 0)"
    database.write(lambda db: db.many(sql, [(1, written), (2, None)]))
    with database.reading() as db:
        assert db.execute("SELECT data FROM event ORDER BY occurred_at").fetchall() == [(written,), (None,)]


def test_many_says_how_many_rows_it_changed(database: PostgresDatabase) -> None:
    insert = "INSERT INTO spent (day, amount) VALUES (?, ?) ON CONFLICT (day) DO NOTHING"
    with_condition = (
        "INSERT INTO spent (day, amount) VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET amount = excluded.amount WHERE ?"
    )
    change, remove = "UPDATE spent SET amount = amount + ? WHERE day = ?", "DELETE FROM spent WHERE day = ?"

    def work(db: Connection) -> list[int]:
        return [
            db.many(insert, [("a", 1), ("b", 2)]).rowcount,
            db.many(insert, [("b", 3), ("c", 4)]).rowcount,
            db.many(with_condition, [("a", 10, False), ("b", 20, True)]).rowcount,
            db.many(change, [(100, "a"), (100, "nobody")]).rowcount,
            db.many(remove, [("c",)]).rowcount,
            max(0, db.many(remove, []).rowcount),
        ]

    assert database.write(work) == [2, 1, 1, 1, 1, 0]
    with database.reading() as db:
        assert db.execute("SELECT day, amount FROM spent ORDER BY day").fetchall() == [("a", 101), ("b", 20)]


def test_lists_are_one_parameter(database: PostgresDatabase, others: Connection) -> None:
    with database.reading() as db:
        assert numbers(db, f"SELECT id FROM run WHERE id {AMONG} ORDER BY id", (listed([2, 3, 99]),)) == [2, 3]
        assert numbers(db, f"SELECT id FROM run WHERE id {AMONG}", (listed([]),)) == []
        names = listed(['"x"', "@answers", "a\nb"])
        assert db.execute(f"SELECT name FROM flow WHERE name {AMONG}", (names,)).fetchall() == [("@answers",)]


def test_a_claim_leaves_out_what_somebody_has_locked(database: PostgresDatabase, others: Connection) -> None:
    assert numbers(others, "SELECT id FROM run WHERE id = 1 FOR UPDATE") == [1]
    sql = "SELECT r.id FROM run r JOIN flow f ON f.id = r.flow ORDER BY r.due_at LIMIT ?"
    claimed = database.write(lambda db: [id for (id,) in db.claim(sql, (2,), of="r")])
    assert claimed == [2, 3]
    assert [id for (id,) in others.claim(sql, (9,), of="r")] == [1, 2, 3, 4], "they are free after the commit"


def test_a_lock_waits_and_then_sees_what_was_done(database: PostgresDatabase, others: Connection) -> None:
    others.execute("UPDATE run SET status = 2 WHERE id = 1")
    found: list[list[int]] = []
    sql = "SELECT id FROM run WHERE id IN (1, 2) AND status = 0 ORDER BY id"
    thread = threading.Thread(
        target=lambda: found.append(database.write(lambda db: [id for (id,) in db.lock(sql, of="run")]))
    )
    thread.start()
    wait_for_waiters(database)
    others.execute("COMMIT")
    thread.join()
    assert found == [[2]]


def test_what_is_true_of_all_is_changed_by_one_alone(database: PostgresDatabase, others: Connection) -> None:
    others.world()
    database.write(lambda db: db.world())  # two that only want it to stay are no matter
    done = threading.Event()

    def change(db: Connection) -> None:
        db.world(exclusive=True)
        done.set()

    thread = threading.Thread(target=lambda: database.write(change))
    thread.start()
    wait_for_waiters(database)
    assert not done.is_set()
    others.execute("COMMIT")
    thread.join()
    assert done.is_set()


def test_blocks_of_ids_do_not_touch(database: PostgresDatabase, others: Connection) -> None:
    """Eight threads take blocks while another transaction that has taken one is open."""
    taken = [others.ids("run", 7)]
    threads = [
        threading.Thread(target=lambda: taken.extend(database.write(lambda db: db.ids("run", 7)) for _ in range(20)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken.sort()
    assert len(taken) == 161
    assert all(after - before >= 7 for before, after in pairwise(taken))


def test_a_lock_of_a_session_does_not_outlive_what_failed(database: PostgresDatabase, others: Connection) -> None:
    with pytest.raises(Unusable, match="read-only"), database.reading() as db:
        db.ids("run", 1)
    assert others.ids("run", 1) > 0, "nobody waits for the lock of the one that failed"


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_texts_are_whole_whatever_encoding_is_asked_for(
    database: PostgresDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", encoding)
    with closing(PostgresDatabase(address(database.url, client_encoding=encoding), tmp_path)) as opened:
        opened.write(lambda db: db.many("INSERT INTO meta (name, value) VALUES (?, ?)", [("é", "🎉")]))
        opened.write(lambda db: db.execute("INSERT INTO meta (name, value) VALUES (?, ?)", ("ü", "é")))
    with database.reading() as db:
        found = db.execute("SELECT name, value FROM meta WHERE name " + AMONG, (listed(["é", "ü"]),)).fetchall()
    assert sorted(found) == [("é", "🎉"), ("ü", "é")]


def test_a_long_list_comes_in_pieces(database: PostgresDatabase) -> None:
    sql = "INSERT INTO spent (day, amount) SELECT CAST(n AS TEXT), n FROM generate_series(1, ?) n"
    database.write(lambda db: db.execute(sql, (AT_ONCE * 2 + 1,)))
    with database.reading() as db:
        streamed = db.stream("SELECT amount FROM spent WHERE amount > ? ORDER BY amount", (1,))
        assert next(streamed) == (2,)
        assert sum(1 for _ in streamed) == AT_ONCE * 2 - 1


def test_sums_are_whole_numbers(database: PostgresDatabase, create: Callable[[], str]) -> None:
    database.write(lambda db: db.many("INSERT INTO spent (day, amount) VALUES (?, ?)", [("a", 2**40), ("b", 1)]))
    with database.reading() as db:
        (total,) = db.execute("SELECT SUM(amount) FROM spent").fetchone()
    assert (total, type(total)) == (2**40 + 1, int)
