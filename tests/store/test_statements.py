"""SQL is in engine/store alone, and what engine/store/queries asks changes nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATEMENT = re.compile(
    r"\s*(SELECT|INSERT|REPLACE INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA|WITH \w+|BEGIN|COMMIT|ROLLBACK|VACUUM)\b(?!:)"
)
WRITES = re.compile(r"\b(INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|REPLACE INTO)\b")


def sql_in(source: str) -> list[int]:
    """Lines of statements, and of calls that run one."""
    return sorted({*(line for line, text in strings(source) if STATEMENT.match(text)), *runs(source)})


@lru_cache(maxsize=1)
def nodes(source: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(source)))


def strings(source: str) -> Iterator[tuple[int, str]]:
    """Docstrings aside; the parts of f-strings one by one."""
    prose = {node.value for node in nodes(source) if isinstance(node, ast.Expr)}
    for node in nodes(source):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield node.lineno, node.value


def runs(source: str) -> Iterator[int]:
    for node in nodes(source):
        if isinstance(node, ast.Attribute) and node.attr in ("execute", "executemany", "executescript"):
            yield node.lineno


def test_sql_is_in_the_store_alone() -> None:
    files = [*(ROOT / "engine").rglob("*.py"), *(ROOT / "blocks").rglob("*.py")]
    outside = [path for path in sorted(files) if not path.is_relative_to(ROOT / "engine/store")]
    found = {str(path.relative_to(ROOT)): lines for path in outside if (lines := sql_in(path.read_text("utf-8")))}
    assert found == {}


def test_queries_change_nothing() -> None:
    for path in sorted((ROOT / "engine/store/queries").glob("*.py")):
        assert [line for line, text in strings(path.read_text("utf-8")) if WRITES.search(text)] == [], path.name


@pytest.mark.parametrize(
    "source", ['db.execute("SELECT 1")', 'sql = f" UPDATE message SET a = {x}"', "x = db.executemany(sql, rows)"]
)
def test_a_statement_would_be_found(source: str) -> None:
    assert sql_in(source) == [1]
