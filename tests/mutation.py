"""Breaks one thing at a time and sees whether a test notices: `python -m tests.mutation --count 60 --seed 1 [ROOM …]`.

A mutant is one small change of the source (a comparison, a bound, an `and`, a constant, a call that is left out). It is made in a copy of
the tree, so that the tree itself is never touched; the tests of its room are run with `-x`, and a mutant that all of them pass has lived.
Not a part of the gate: a mutant costs a test run. Exit code 1 when one has lived.
"""

from __future__ import annotations

import argparse
import ast
import copy
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT_SECONDS = 600
COPIED = (
    "engine",
    "blocks",
    "tests",
    "flows",
    "schemas",
    "examples",
    "docs",
    "benchmarks",
    "pyproject.toml",
    "README.md",
)
ROOMS: dict[str, tuple[str, ...]] = {
    "engine/core": ("tests/core", "tests/stories/walks", "tests/blocks", "tests/runtime"),
    "engine/delivery": ("tests/delivery", "tests/stories/consent", "tests/runtime"),
    "engine/contacts/consent.py": ("tests/contacts", "tests/stories/consent", "tests/delivery"),
    "engine/store/contacts.py": ("tests/contacts", "tests/stories/consent"),
    "engine/intake/inbound.py": ("tests/intake", "tests/stories/consent", "tests/server/web"),
    "engine/messaging/keywords.py": ("tests/messaging/test_keywords.py", "tests/stories/consent"),
    "engine/messaging/parts.py": ("tests/messaging/test_parts.py",),
}
"""Source -> the tests that speak of it, the quickest first."""
SWAPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add}


class Mutant(NamedTuple):
    file: str
    line: int
    what: str
    source: str


def mutants(file: str, text: str) -> Iterator[Mutant]:
    """Every mutant of a file. Docstrings, imports and annotations are left alone."""
    tree = ast.parse(text)
    for index, node in enumerate(ast.walk(tree)):
        for change in range(changes_of(node)):
            other = copy.deepcopy(tree)
            changed = next(each for n, each in enumerate(ast.walk(other)) if n == index)
            before = ast.unparse(changed)
            change_node(changed, change)
            yield Mutant(file, changed.lineno, f"{before[:60]}  →  {ast.unparse(changed)[:60]}", ast.unparse(other))  # type: ignore[attr-defined]


def changes_of(node: ast.AST) -> int:
    """In how many ways this node can be changed."""
    match node:
        case ast.Compare(ops=[op]):
            return int(type(op) in SWAPS)
        case ast.BoolOp() | ast.IfExp():
            return 1
        case ast.If() | ast.While():
            return 1
        case ast.BinOp(op=op):
            return int(type(op) in ARITHMETIC)
        case ast.Constant(value=bool()):
            return 1
        case ast.Constant(value=int()):
            return 1
        case ast.Expr(value=ast.Call()):
            return 1
        case _:
            return 0


def change_node(node: ast.AST, _: int) -> None:
    match node:
        case ast.Compare(ops=[op]):
            node.ops = [SWAPS[type(op)]()]
        case ast.BoolOp(op=ast.And()):
            node.op = ast.Or()
        case ast.BoolOp():
            node.op = ast.And()
        case ast.IfExp() | ast.If() | ast.While():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.BinOp(op=op):
            node.op = ARITHMETIC[type(op)]()
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int(value)):
            node.value = value + 1
        case ast.Expr():
            node.value = ast.Constant(None)


def chosen(rooms: list[str], count: int, seed: int) -> list[tuple[Mutant, tuple[str, ...]]]:
    """As many of every room, drawn by the seed."""
    drawn = random.Random(seed)
    found = []
    for room in rooms:
        path = ROOT / room
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        every = [m for f in files for m in mutants(str(f.relative_to(ROOT)), f.read_text("utf-8"))]
        found += [(m, ROOMS[room]) for m in drawn.sample(every, min(len(every), -(-count // len(rooms))))]
    return found


def lives(mutant: Mutant, tests: tuple[str, ...], tree: Path) -> bool:
    """Whether all tests of its room pass on it."""
    place = tree / mutant.file
    whole = place.read_text("utf-8")
    place.write_text(mutant.source, "utf-8")
    try:
        words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
        return (
            subprocess.run(words, cwd=tree, capture_output=True, timeout=TIMEOUT_SECONDS, check=False).returncode == 0
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        place.write_text(whole, "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rooms", nargs="*", default=list(ROOMS), help="of " + ", ".join(ROOMS))
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    living = []
    work = chosen(options.rooms, options.count, options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, tree / name)
        for mutant, tests in work:
            lived = lives(mutant, tests, tree)
            living += [mutant] if lived else []
            print(f"{'LIVES' if lived else 'dies '}  {mutant.file}:{mutant.line}  {mutant.what}", flush=True)
    print(f"{len(work) - len(living)} of {len(work)} mutants die")
    return 1 if living else 0


if __name__ == "__main__":
    sys.exit(main())
