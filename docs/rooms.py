"""The rooms of docs/rooms.txt, and the imports between them as the source says them.

Invariants: nothing is imported to be read; an import inside a function or for a type checker counts like any other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINES = [line for line in (ROOT / "docs/rooms.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]
PURPOSE = {path: purpose for path, purpose in (line.split(maxsplit=1) for line in LINES)}
"""Room -> what it is for, from the bottom up."""
ORDER = list(PURPOSE)
FILES = sorted(path.relative_to(ROOT).as_posix() for top in ("engine", "blocks") for path in (ROOT / top).rglob("*.py"))


@cache
def room_of(path: str) -> str:
    """The room that names a file most exactly. KeyError where the order has none."""
    fitting = [room for room in ORDER if path == room or path.startswith(f"{room}/")]
    if not fitting:
        raise KeyError(f"{path} has no place in docs/rooms.txt")
    return max(fitting, key=len)


@cache
def parsed(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"), path)


@cache
def imports(tree: ast.AST) -> tuple[str, ...]:
    """Full names of everything imported, wherever it stands in the file."""
    return tuple(_imports(tree))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports say the whole name"
            yield from (f"{node.module}.{name.name}" for name in node.names)


@cache
def file_of(name: str) -> str | None:
    """The file of ours that an imported name is in: a module, a package, or something in one of them."""
    parts = name.split(".")
    if parts[0] not in ("engine", "blocks"):
        return None
    for count in (len(parts), len(parts) - 1):
        path = "/".join(parts[:count])
        for file in (f"{path}.py", f"{path}/__init__.py"):
            if file in FILES:
                return file
    raise KeyError(f"there is no {name}")


def imported_files(tree: ast.AST) -> set[str]:
    """The files of ours that a file imports."""
    return {file for name in imports(tree) if (file := file_of(name)) is not None}
