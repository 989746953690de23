"""The house rules that a machine can hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from docs.rooms import FILES, ROOT, parsed

MOST_LINES_OF_A_FILE = 350
MOST_LINES_OF_A_FUNCTION = 60
SLEEP = re.compile(r"\bsleep\s*\(")


def places(path: str, nodes: Iterator[ast.AST]) -> list[str]:
    return [f"{path}:{getattr(node, 'lineno', 0)}" for node in nodes]


def lines_of(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def long_functions(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of(node) > MOST_LINES_OF_A_FUNCTION:
            yield node


def prints(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node


def test_no_file_grows_beyond_what_one_reads_in_a_sitting() -> None:
    lengths = {path: len((ROOT / path).read_text("utf-8").splitlines()) for path in FILES}
    assert len(lengths) > 20
    assert {path: n for path, n in lengths.items() if n > MOST_LINES_OF_A_FILE} == {}


def test_no_function_grows_beyond_a_screen() -> None:
    """Migrations aside: they are lists of statements, frozen once they are released."""
    ours = [path for path in FILES if "/versions/" not in path]
    assert [place for path in ours for place in places(path, long_functions(parsed(path)))] == []


def test_only_the_command_line_prints() -> None:
    others = [path for path in FILES if "cli" not in path.split("/")]
    assert [place for path in others for place in places(path, prints(parsed(path)))] == []


def test_no_test_sleeps() -> None:
    """Neither itself nor in a program that it starts."""
    lines = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if SLEEP.search(line)
    ]
    assert lines == []


@pytest.mark.parametrize(("lines", "seen"), [(MOST_LINES_OF_A_FUNCTION, 0), (MOST_LINES_OF_A_FUNCTION + 1, 1)])
def test_the_rule_on_functions_counts_from_def_to_the_last_line(lines: int, seen: int) -> None:
    body = "    pass\n" * (lines - 1)
    assert len(list(long_functions(ast.parse(f"async def f():\n{body}")))) == seen


def test_the_rules_on_print_and_sleep_see_calls_only() -> None:
    assert len(list(prints(ast.parse("print('x')\nconsole.print('x')\nprint = 1")))) == 1
    called, imported = "time.sleep" + "(1)", "no sleep, no rest"
    assert SLEEP.search(called)
    assert not SLEEP.search(imported)
