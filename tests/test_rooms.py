"""The order of the rooms, and the purity of core, language and blocks, read from the source itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

SHELL = ("store", "intake", "deploy", "delivery", "senders", "simulator", "preview")
TICK = ("tick", "sprints", "entries", "answers", "recurring", "story", "trial")
FRONT = ("heartbeat", "daemon", "metrics", "web", "demo", "cli")
BELOW = ("__init__", "errors", "clock", "logs")
"""Modules that stand outside the order: they import nothing but one another."""

LEVELS = (("messaging",), ("core",), ("language",), ("blocks",), SHELL, TICK, ("app",), FRONT)
ORDER = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
"""A room imports only from rooms of a smaller level; those of one shell level may know one another."""

PURE = ("core", "language", "blocks")
OUTSIDE = "os shutil tempfile socket ssl http urllib.request subprocess threading asyncio multiprocessing sqlite3 secrets uuid"
FOREIGN = "httpx requests sqlalchemy sqlmodel alembic psycopg apscheduler fastapi uvicorn"
IMPURE = frozenset(f"time random {OUTSIDE} {FOREIGN} engine.clock engine.store engine.senders".split())
CLOCKS = {"now", "today", "utcnow", "time_ns", "monotonic"}


def sources(room: str) -> list[Path]:
    """A room is a folder, or a module at the top of engine."""
    module = ROOT / "engine" / f"{room}.py"
    folder = ROOT / "blocks" if room == "blocks" else ROOT / "engine" / room
    return [module] if module.is_file() else sorted(folder.rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[str]:
    """Full names of everything imported, wherever it stands in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports say the whole name"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def room_of(name: str) -> str | None:
    first, _, rest = name.partition(".")
    return "blocks" if first == "blocks" else rest.partition(".")[0] if first == "engine" else None


def reached_out(room: str, tree: ast.AST) -> list[str]:
    """Imports from a room that does not stand to the left of this one; errors may be known to all, the clock to the shell."""
    level = ORDER.get(room, -1)
    wrong = []
    for name in imports(tree):
        target = room_of(name)
        if target is None or target in (room, "errors", "__version__"):
            continue
        if target in BELOW:
            allowed = level >= ORDER["store"]
        else:
            allowed = ORDER.get(target, 99) < level or ORDER.get(target) == level >= ORDER["store"]
        if not allowed:
            wrong.append(name)
    return wrong


def impure(tree: ast.AST) -> list[str]:
    """Imports of the outside world, and questions for the time."""
    found = [name for name in imports(tree) if any(name == bad or name.startswith(f"{bad}.") for bad in IMPURE)]
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    names = (node for node in calls if isinstance(node, ast.Attribute) and node.attr in CLOCKS)
    found += [
        ast.unparse(node)
        for node in names
        if isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date", "time")
    ]
    return found + [
        "open"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]


@pytest.mark.parametrize("room", [*ORDER, *BELOW])
def test_a_room_imports_only_from_the_left(room: str) -> None:
    files = sources(room)
    assert files, f"the room {room} is gone: take it out of ORDER"
    assert {str(path.relative_to(ROOT)): out for path in files if (out := reached_out(room, parsed(path)))} == {}


@pytest.mark.parametrize("room", PURE)
def test_the_pure_rooms_touch_neither_clock_nor_world(room: str) -> None:
    assert {str(path.relative_to(ROOT)): found for path in sources(room) if (found := impure(parsed(path)))} == {}


def test_every_room_and_module_has_its_place_in_the_order() -> None:
    folders = {path.parent.name for path in (ROOT / "engine").glob("*/__init__.py")}
    modules = {path.stem for path in (ROOT / "engine").glob("*.py")}
    assert folders | modules == (set(ORDER) | set(BELOW)) - {"blocks"}


def test_the_rules_see_what_they_are_to_see() -> None:
    wrong = ast.parse("from engine.store.runs import claim\nfrom blocks.sms import Sms\nfrom engine.app import App")
    assert reached_out("core", wrong) == ["engine.store.runs.claim", "blocks.sms.Sms", "engine.app.App"]
    assert reached_out("senders", ast.parse("from engine.store import runs\nfrom engine.clock import Clock")) == []
    assert reached_out("blocks", ast.parse("from engine.clock import Clock")) == ["engine.clock.Clock"]
    late = ast.parse("def f():\n    import time\n    return datetime.now()\n")
    assert impure(late) == ["time", "datetime.now"]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))
