"""Statements of the common subset as PostgreSQL takes them, for one row and for many."""

from __future__ import annotations

import pytest

from engine.store.postgres.many import array, by_arrays, columns
from engine.store.postgres.statements import numbered
from engine.store.sql import AMONG

UNNEST = "unnest($1::int8[], $2::text[]) AS u(p1, p2)"


def test_parameters_get_numbers_and_quoted_text_stays() -> None:
    assert numbered("SELECT '?', \"a?\", 'it''s ?' WHERE a = ? AND b = ?") == (
        "SELECT '?', \"a?\", 'it''s ?' WHERE a = $1 AND b = $2"
    )
    assert numbered(f"SELECT 1 WHERE id {AMONG} AND x = ?") == "SELECT 1 WHERE id = ANY($1) AND x = $2"


@pytest.mark.parametrize(
    ("one", "many"),
    [
        (
            "UPDATE t SET a = ? WHERE b = ? AND c IN (SELECT c FROM v WHERE TRUE)",
            f"UPDATE t SET a = u.p1 FROM {UNNEST} WHERE b = u.p2 AND c IN (SELECT c FROM v WHERE TRUE)",
        ),
        (
            "UPDATE t SET a = (SELECT x FROM v WHERE y = ?) FROM w WHERE b IS DISTINCT FROM ?",
            f"UPDATE t SET a = (SELECT x FROM v WHERE y = u.p1) FROM w , {UNNEST} WHERE b IS DISTINCT FROM u.p2",
        ),
        ("DELETE FROM t WHERE a = ? AND b = ?", f"DELETE FROM t USING {UNNEST} WHERE a = u.p1 AND b = u.p2"),
        (
            "INSERT INTO t (a, b, c) VALUES (?, ?, 'VALUES (?)')",
            f"INSERT INTO t (a, b, c) SELECT u.p1, u.p2, 'VALUES (?)' FROM {UNNEST} ",
        ),
        (
            "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
            f"INSERT INTO t (a, b) SELECT u.p1, u.p2 FROM {UNNEST} ON CONFLICT (a) DO UPDATE SET b = excluded.b",
        ),
        (
            "INSERT INTO t (a, b) SELECT ?, b FROM v WHERE c = ? LIMIT 1 ON CONFLICT DO NOTHING",
            f"INSERT INTO t (a, b) SELECT q.* FROM {UNNEST} CROSS JOIN LATERAL"
            " (SELECT u.p1, b FROM v WHERE c = u.p2 LIMIT 1 ) q ON CONFLICT DO NOTHING",
        ),
    ],
)
def test_a_statement_for_one_row_becomes_one_for_many(one: str, many: str) -> None:
    assert " ".join(str(by_arrays(one, ["int8", "text"])).split()) == " ".join(many.split())


def test_what_has_a_parameter_behind_the_conflict_stays_row_by_row() -> None:
    one = "INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO UPDATE SET a = excluded.a WHERE t.b OR ?"
    assert by_arrays(one, ["int8", "bool"]) is None


def test_rows_become_an_array_for_each_parameter() -> None:
    assert columns([(1, "a", None), (None, 'b"\\', None)]) == [b"{1,null}", b'{"a","b\\"\\\\"}', b"{null,null}"]
    assert array(b'["line\\nend","\\u0001",null,2]') == b'{"line\nend","\x01",null,2}'
