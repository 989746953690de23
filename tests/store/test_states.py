"""The states of the tables: each set of them has one name, and what statements ask for is what the names say."""

from __future__ import annotations

import ast
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store import states

ROOT = Path(__file__).resolve().parents[2]
NUMBER = re.compile(r"\b(status|kind) *(=|<>|!=|[<>]=?|(NOT )?IN|BETWEEN) *\(? *[0-9]|\bpending *= *1\b", re.IGNORECASE)
AS_WRITTEN = re.compile(
    NUMBER.pattern.replace(" *", r"""(?:[\s"'fr]|#.*\n)*"""), re.IGNORECASE
)  # in the source of a file
OF_MESSAGES = {
    "IS_UNSENT": ("queued", "held"),
    "IS_OPEN": ("queued", "held", "sending"),
    "IS_UNKNOWN": ("unknown",),
    "IS_TAKEN": ("accepted", "sent", "delivered", "undelivered"),
    "HAS_LEFT": ("accepted", "sent", "delivered", "undelivered", "unknown"),
    "IS_UNDECIDED": ("queued", "sending", "unknown"),
    "MAY_LEAVE": ("queued", "held", "sending", "accepted", "sent", "delivered", "undelivered", "unknown"),
}
OF_RUNS = {
    "IS_WAITING": ("waiting",),
    "IS_PARKED": ("parked",),
    "IS_EXITED": ("exited",),
    "IS_ACTIVE": ("waiting", "parked"),
}


def strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """All but docstrings; the parts of f-strings one by one."""
    prose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield node.lineno, node.value


def test_no_statement_spells_out_a_state() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / "engine").rglob("*.py"))
        if "migrations" not in path.parts and path.name != "states.py"
        if AS_WRITTEN.search(source := path.read_text(encoding="utf-8"))
        for line, text in strings(ast.parse(source))
        if NUMBER.search(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    "said", ["status < 2", "m.status IN (1, 2)", "status  =  3", "pending = 1", "status BETWEEN 3 AND 6"]
)
def test_such_a_statement_would_be_found(said: str) -> None:
    statement = f"SELECT 1 FROM message m WHERE id = ? AND {said} ORDER BY id"
    assert NUMBER.search(statement)
    assert all(
        AS_WRITTEN.search(f'(\n"{statement.replace(" ", apart)}"\n)') for apart in (" ", '"\n  " ', '"  # so\n f" ')
    )


@pytest.mark.parametrize(("names", "sets"), [(states.MESSAGE_STATES, OF_MESSAGES), (states.RUN_STATES, OF_RUNS)])
def test_a_condition_holds_for_the_states_of_its_name(names: tuple[str, ...], sets: dict[str, tuple[str, ...]]) -> None:
    with sqlite3.connect(":memory:") as db:
        for name, expected in sets.items():
            sql = f"SELECT value FROM json_each('{[*range(len(names))]}') WHERE {getattr(states, name).replace('status', 'value')}"
            assert tuple(names[state] for (state,) in db.execute(sql)) == expected, name


def test_a_report_never_leads_back_nor_out_of_a_state_that_is_final() -> None:
    """M7."""
    order = [states.SENDING, states.UNKNOWN, states.ACCEPTED, states.SENT, states.DELIVERED]
    for state, before in states.REPORT_FOLLOWS.items():
        rank = order.index(state) if state in order else len(order)
        assert all(order.index(each) < rank for each in before)
        assert set(before) <= set(states.REPORTABLE)
