"""SQL is in engine/store alone, and what engine/store/queries asks changes nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

import pytest

from docs.rooms import FILES, ROOT, parsed

STATEMENT = re.compile(
    r"\s*(SELECT|INSERT|REPLACE INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA|WITH \w+|BEGIN|COMMIT|ROLLBACK|VACUUM)\b(?!:)"
)
MAY_BE = re.compile(r"SELECT|INSERT|REPLACE|UPDATE|DELETE|PRAGMA|WITH|BEGIN|COMMIT|ROLLBACK|VACUUM|execute")
WRITES = re.compile(r"\b(INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|REPLACE INTO)\b")


def sql_in(tree: ast.Module) -> list[int]:
    """Lines of statements, and of calls that run one."""
    return sorted({*(line for line, text in strings(tree) if STATEMENT.match(text)), *runs(tree)})


@lru_cache(maxsize=1)
def nodes(tree: ast.Module) -> list[ast.AST]:
    return list(ast.walk(tree))


def strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Docstrings aside; the parts of f-strings one by one."""
    prose = {node.value for node in nodes(tree) if isinstance(node, ast.Expr)}
    for node in nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield node.lineno, node.value


def runs(tree: ast.Module) -> Iterator[int]:
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("execute", "executemany", "executescript"):
            yield node.lineno


def test_sql_is_in_the_store_alone() -> None:
    outside = [path for path in FILES if not path.startswith("engine/store/")]
    suspected = [path for path in outside if MAY_BE.search((ROOT / path).read_text("utf-8"))]  # to parse takes longer
    assert {path: lines for path in suspected if (lines := sql_in(parsed(path)))} == {}


def test_queries_change_nothing() -> None:
    queries = [path for path in FILES if path.startswith("engine/store/queries/")]
    assert queries
    for path in queries:
        assert [line for line, text in strings(parsed(path)) if WRITES.search(text)] == [], path


@pytest.mark.parametrize(
    "source", ['db.execute("SELECT 1")', 'sql = f" UPDATE message SET a = {x}"', "x = db.executemany(sql, rows)"]
)
def test_a_statement_would_be_found(source: str) -> None:
    assert sql_in(ast.parse(source)) == [1]
