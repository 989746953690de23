"""The order of the rooms, and the purity of core, language and blocks, read from the source itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from docs import rooms_picture
from docs.rooms import FILES, ORDER, file_of, imported_files, imports, parsed, room_of

RULES = "engine/language/lint/rules"
MAY_BE_IMPORTED_BY_RULES = ("engine.language.rule_api", "engine.messaging.", "engine.language.lint.rules.")
PURE = ("engine/core", "engine/language", "blocks")
OUTSIDE = "os shutil tempfile socket ssl http urllib.request subprocess threading asyncio multiprocessing sqlite3 secrets uuid"
FOREIGN = "httpx requests sqlalchemy sqlmodel alembic psycopg apscheduler fastapi uvicorn"
IMPURE = frozenset(f"time random {OUTSIDE} {FOREIGN} engine.clock engine.store engine.senders".split())
CLOCKS = {"now", "today", "utcnow", "time_ns", "monotonic"}


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
    assert files, f"the room {room} is gone: remove it of docs/rooms.txt"
    assert {path: out for path in files if (out := reached_out(path, parsed(path)))} == {}


@pytest.mark.parametrize("room", PURE)
def test_the_pure_rooms_touch_neither_clock_nor_world(room: str) -> None:
    files = [path for path in FILES if path.startswith(f"{room}/")]
    assert {path: found for path in files if (found := impure(parsed(path)))} == {}


@pytest.mark.parametrize(
    "path", [*(path for path in FILES if path.startswith("blocks/")), "examples/custom_block/leadoff_loyalty.py"]
)
def test_a_block_imports_nothing_of_the_engine_but_its_face(path: str) -> None:
    ours = {name.rpartition(".")[0] for name in imports(parsed(path)) if name.startswith("engine")}
    assert ours <= {"engine.block_api"}


@pytest.mark.parametrize(
    "path", [path for path in FILES if room_of(path) == RULES and not path.endswith("__init__.py")]
)
def test_a_rule_imports_nothing_of_the_engine_but_its_face_and_messaging(path: str) -> None:
    ours = {name.rpartition(".")[0] for name in imports(parsed(path)) if name.startswith(("engine", "blocks"))}
    assert {name for name in ours if not name.startswith(MAY_BE_IMPORTED_BY_RULES)} == set()


def test_no_verb_is_named_outside_of_blocks() -> None:
    files = [path for path in FILES if path.startswith("engine/")]
    assert {path: named for path in files if (named := list(verbs_named(parsed(path))))} == {}
    imported = {path: [name for name in imports(parsed(path)) if name.startswith("blocks")] for path in files}
    assert {path: names for path, names in imported.items() if names} == {
        "engine/registry.py": ["blocks.registry.REGISTRY"]
    }


def verbs_named(tree: ast.AST) -> Iterator[str]:
    """Comparisons of a verb with a text, and attributes looked for on a block by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            asked = {ast.unparse(each) for each in (node.left, *node.comparators)}
            texts = [each for each in (node.left, *node.comparators) if is_text(each)]
            if texts and any(name == "verb" or name.endswith(".verb") for name in asked):
                yield ast.unparse(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr" and is_text(node.args[1]):
            whose, what = node.args[0], ast.literal_eval(node.args[1])
            if ast.unparse(whose).endswith("block") and what != "verb":
                yield ast.unparse(node)


def is_text(node: ast.AST) -> bool:
    parts = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    return all(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts)


def test_a_named_verb_would_be_seen() -> None:
    asked = "step.block.verb == 'exit'; verb in ('delay', 'sms'); getattr(step.block, 'picture', None); verb == other"
    assert len(list(verbs_named(ast.parse(asked)))) == 3


def test_no_two_files_import_one_another() -> None:
    """Not over others either, nor for types alone. A package's face is left out: it only shows what is in it."""
    ahead = {path: imported_files(parsed(path)) - {path} for path in FILES}
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


def test_the_picture_of_the_rooms_is_current() -> None:
    assert rooms_picture.TARGET.read_text("utf-8") == rooms_picture.picture(), "run `make docs`"
