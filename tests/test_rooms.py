"""The order of the rooms, and the purity of core, language and blocks, read from the source itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FROM_THE_BOTTOM = (
    "engine/__init__.py engine/errors.py engine/clock.py engine/private_files.py",
    "engine/messaging engine/messaging/media",
    "engine/core/calendar.py engine/core/recurrence.py engine/core/gates engine/core",
    "engine/language/diagnostics engine/language/source engine/language/values engine/language/templates engine/language/conditions",
    "engine/language/model engine/language/jsonschema engine/language/formatter engine/language/lint engine/language/lint/rules",
    "engine/language/loading.py engine/language/compiler.py engine/language",
    "blocks",
    "engine/store engine/store/queries engine/store/migrations",
    "engine/senders",
    "engine/simulator engine/simulator/dialects/dialect.py engine/simulator/phones.py engine/simulator/dialects",
    "engine/simulator/provider.py engine/simulator/http_server.py engine/simulator/simulator.py engine/simulator/__init__.py",
    "engine/contacts engine/deploy engine/intake engine/delivery",
    "engine/runtime engine/runtime/recurring engine/runtime/engine.py",
    "engine/app.py",
    "engine/preview",
    "engine/server/metrics.py engine/server/web engine/server",
    "engine/demo",
    "engine/cli",
)
ORDER = [room for row in FROM_THE_BOTTOM for room in row.split()]
"""A room imports itself and what stands before it. A path is a folder, without what is named more exactly, or one file."""

PURE = ("engine/core", "engine/language", "blocks")
OUTSIDE = "os shutil tempfile socket ssl http urllib.request subprocess threading asyncio multiprocessing sqlite3 secrets uuid"
FOREIGN = "httpx requests sqlalchemy sqlmodel alembic psycopg apscheduler fastapi uvicorn"
IMPURE = frozenset(f"time random {OUTSIDE} {FOREIGN} engine.clock engine.store engine.senders".split())
CLOCKS = {"now", "today", "utcnow", "time_ns", "monotonic"}

FILES = sorted(path.relative_to(ROOT).as_posix() for top in ("engine", "blocks") for path in (ROOT / top).rglob("*.py"))


def room_of(path: str) -> str:
    """The room that names it most exactly."""
    fitting = [room for room in ORDER if path == room or path.startswith(f"{room}/")]
    assert fitting, f"{path} has no place in the order"
    return max(fitting, key=len)


def imports(tree: ast.AST) -> Iterator[str]:
    """Full names of everything imported, wherever it stands in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports say the whole name"
            yield from (f"{node.module}.{name.name}" for name in node.names)


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
    raise AssertionError(f"there is no {name}")


def reached_out(path: str, tree: ast.AST) -> list[str]:
    """Imports from a room that does not stand before this one."""
    level = ORDER.index(room_of(path))
    found = ((name, file_of(name)) for name in imports(tree))
    return [name for name, file in found if file is not None and ORDER.index(room_of(file)) > level]


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


@pytest.mark.parametrize("room", ORDER)
def test_a_room_imports_only_what_stands_before_it(room: str) -> None:
    files = [path for path in FILES if room_of(path) == room]
    assert files, f"the room {room} is gone: take it out of ORDER"
    assert {path: out for path in files if (out := reached_out(path, parsed(path)))} == {}


@pytest.mark.parametrize("room", PURE)
def test_the_pure_rooms_touch_neither_clock_nor_world(room: str) -> None:
    files = [path for path in FILES if path.startswith(f"{room}/")]
    assert {path: found for path in files if (found := impure(parsed(path)))} == {}


def test_no_two_files_import_one_another() -> None:
    """Not over others either, nor for types alone. A package's face is left out: it only shows what is in it."""
    ahead = {path: {file for name in imports(parsed(path)) if (file := file_of(name))} - {path} for path in FILES}
    while ends := [path for path, behind in ahead.items() if not behind & ahead.keys()]:
        for path in ends:
            del ahead[path]
    assert sorted(ahead) == []


def test_the_rules_see_what_they_are_to_see() -> None:
    wrong = ast.parse("from engine.store.runs import claim\nfrom blocks.sms import Sms\nfrom engine.app import App")
    assert reached_out("engine/core/facts.py", wrong) == ["engine.store.runs.claim", "blocks.sms.Sms", "engine.app.App"]
    assert reached_out("engine/senders/sender.py", ast.parse("from engine.clock import Clock")) == []
    late = ast.parse("def f():\n    import time\n    return datetime.now()\n")
    assert impure(late) == ["time", "datetime.now"]
    assert impure(ast.parse("from engine.clock import Clock")) == ["engine.clock.Clock"]


def parsed(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"), path)
