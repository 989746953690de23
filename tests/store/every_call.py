"""A call of every function of the store that runs a statement, with values made up from its annotations: nobody keeps a list of them.

Tables hold one row each, whose numbers are 1 and whose texts are "x", so that what reads finds something.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
import types
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from sqlmodel import SQLModel

from engine.core.calendar import Duration
from engine.core.context import Run
from engine.core.effects import SendMessage, Skip
from engine.core.facts import Needs
from engine.core.goals import Goal, Refunds
from engine.language.conditions.condition import Condition
from engine.language.model.own_events import OWN_EVENTS
from engine.language.model.project import Project
from engine.store import (  # noqa: F401 (the latter fill the metadata)
    retention,
    tables,
    tables_alarms,
    tables_contacts,
    tables_coupons,
    tables_daemons,
    tables_dashboard,
    tables_goals,
    tables_pictures,
    tables_recurring,
    tables_sources,
)
from engine.store.carrying import Carrying, Change
from engine.store.database import Database
from engine.store.inbox import Pending
from engine.store.interned_names import Names
from engine.store.live_edits import Place
from engine.store.outbox import Result
from engine.store.queries import listings
from engine.store.queries.listings import ListingFilter
from engine.store.rate import Refusal
from engine.store.retention import Before
from engine.store.sql import Connection, ListValue, listed
from engine.store.states import CLICK, EVENT, INBOUND, STATUS

STORE = Path(tables.__file__).parent
OTHERS = (
    "sqlite",
    "postgres",
    "migrations",
    "tables",
    "tables_alarms",
    "tables_contacts",
    "tables_coupons",
    "tables_dashboard",
    "tables_pictures",
    "tables_sources",
    "tables_goals",
    "copying",  # of two databases at once: tests/upkeep/test_move.py
    "tables_recurring",
    "tables_daemons",
    "sql",
    "database",
    "open_database",
    "dialects",
)
"""Those of one database, and those with no statement."""
RUNS = ("execute", "many", "claim", "lock", "stream")
HELPERS = ("first", "each", "number", "numbers", "is_there", "changes", "rows")
NOW = 1_806_588_000_000  # 2027-04-01 14:00 UTC


class Call(NamedTuple):
    name: str  # module.function
    function: Callable[..., Any]
    arguments: tuple[Any, ...]  # without the connection or database
    of_database: bool

    def of(self, db: Connection, database: Database) -> Any:
        found = self.function(database if self.of_database else db, *self.arguments)
        return list(found) if isinstance(found, Iterator) else found


def calls() -> Iterator[Call]:
    """All public functions, each with every value that its annotations allow for: one changed at a time, and all of them."""
    for module in modules():
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and name[0] != "_":
                yield from _calls_of(f"{module.__name__.removeprefix('engine.store.')}.{name}", function)


def modules() -> Iterator[types.ModuleType]:
    for found in pkgutil.walk_packages([str(STORE)], "engine.store."):
        if not found.ispkg and found.name.split(".")[2] not in OTHERS:
            yield importlib.import_module(found.name)


def _calls_of(name: str, function: Callable[..., Any]) -> Iterator[Call]:
    hints = typing.get_type_hints(function)
    names = [parameter.name for parameter in inspect.signature(function).parameters.values()]
    if not names or hints.get(names[0]) not in (Connection, Database):
        return
    positional = inspect.signature(function)
    choices = [values(hints[each], each) for each in names[1:]]
    usual = [options[0] for options in choices]
    variants = [usual, [options[-1] for options in choices]]
    for at, options in enumerate(choices):
        variants += [[*usual[:at], option, *usual[at + 1 :]] for option in options[1:]]
    for variant in variants:
        given = dict(zip(names[1:], variant, strict=True))
        bound = [each for each in names[1:] if positional.parameters[each].kind is not inspect.Parameter.KEYWORD_ONLY]
        named = {each: given[each] for each in names[1:] if each not in bound}
        asked = (lambda first, *rest, _named=named: function(first, *rest, **_named)) if named else function
        yield Call(name, asked, tuple(given[each] for each in bound), hints[names[0]] is Database)


class _Always(Mapping[Any, Any]):
    """Any key, one value."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __getitem__(self, key: Any) -> Any:
        return self._value

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 1


CONDITIONS = [
    Condition(source)
    for source in (
        {"contact": {"tier": "gold"}},
        {"contact": {"tier": [True, 3, "gold"], "address.city": {"not": "x"}, "phone": "x"}},
        {"contact": {"orders": {"at_least": 3}, "since": {"below": "2027-04-01"}, "key": {"above": "2027-04-01"}}},
        {"contact": {"tags": {"has": "vip"}, "name": {"matches": "a*", "exists": True}}},
        {"contact": {"tags": {"has": 2.5}, "x": {"exists": False}}},
        {"happened": {"event": "x", "within": "2w", "where": {"event": {"total": {"above": 2.5}}}}},
        [
            {"time": {"between": ["09:00", "17:00"], "days": ["mon"]}},
            {"any": [{"segment": "one"}, {"not": {"segment": "one"}}]},
        ],
    )
]
PROJECT = Project(
    project="shop", brand="Acme", timezone="UTC", segments={"one": Condition({"contact": {"tier": "gold"}})}
)
RUN = Run(1, 1, "x", 0, "x", "waiting", None, NOW, None, NOW, NOW, 1)
CARRYING = Carrying(NOW, 1, 9, (Change(Place(1, 1, 1), "end", note="x"),), (1,), (1,), "x")
GOAL = Goal("x", "x", "x", "x", "x", Refunds("y", "x", "x"), 1, 1)
BY_TYPE: Mapping[Any, list[Any]] = {
    Goal: [GOAL, GOAL._replace(name="new"), GOAL._replace(name="back")],
    Carrying: [CARRYING],
    int: [1],
    str: ["x"],
    bool: [True, False],
    bytes: [b"x"],
    ListValue: [listed([1])],
    frozenset[str]: [frozenset(("quiet",))],
    Iterable[tuple[Any, ...]]: [[("y", 1, 1, 1, "x", "x")]],
    Mapping[str, Any]: [{"trigger": "t", "when": "2027-04-01 12:00"}],
    Mapping[str, Iterable[str]]: [{"x": ["x", "new"]}],
    Names: [Names(_Always(1), _Always("x"), _Always(1), _Always("x"))],
    Condition: CONDITIONS,
    Project: [PROJECT],
    Run: [RUN, RUN._replace(id=2, status="exited", reason="end")],
    tuple[int, int, int]: [(1, 1, 1), (2, 2, 2)],  # of messages: one is queued, one is sending
    tuple[Run, Run]: [(RUN, RUN), (RUN, RUN._replace(id=2, status="exited", reason="end"))],
    Duration: [Duration(1, 0)],
    Needs: [
        Needs(),
        Needs(frozenset(("x", *OWN_EVENTS)), frozenset(), True, True, True, True, True, frozenset(), True),
    ],
    Collection[str]: [["x"], [*OWN_EVENTS], []],
    Iterable[tuple[str, str, str]]: [[("x", "subscribed", "x")]],
    Refusal: [Refusal("x", 1, 1)],
    retention.Kind: list(retention.KINDS),
    Before: [Before(NOW, NOW, NOW)],
    Result: [Result(1, 3, 1, 1, "accepted", "x"), Result(4, 3, 1, 1, "accepted", "x")],  # the second has been heard of
    ListingFilter: [ListingFilter(), ListingFilter(1, 1, 1, 1, True, 0)],
}
BY_NAME: Mapping[str, list[Any]] = {
    "codes": [["x", "new"]],
    "state": [3],  # accepted
    "now": [NOW],
    "since": [0],
    "after": [0],
    "after_id": [0],
    "limit": [10, 1],
    "name": ["x", "new"],
    "between": [(0, 9)],
    "heard": [
        [Pending(1, 1, EVENT, "x", 1, {"x": 1}, None)],
        [Pending(2, 1, EVENT, "y", 1, {"x": 1}, None)],
        [Pending(6, 1, CLICK, "x", 1, {}, 1)],
    ],
    "hours": [(0, 9)],
    "where": ["id > 0"],
    "values": [()],
    "table": ["run"],
    "zone": ["UTC"],
    "row": [(1, "x", "x", "US", "UTC", None)],
    "id": [1, 9],
    "sender": ["x", "y"],
    "phone": ["x", "new"],
    "listing": [listings.messages],
    "doing": [lambda flow, step: "waits"],
}


def values(hint: Any, name: str = "") -> list[Any]:
    """Some that the annotation allows for; the first is the usual one."""
    if name in BY_NAME:
        return [*BY_NAME[name], *([None] if type(None) in typing.get_args(hint) else [])]
    if hint in BY_TYPE:
        return BY_TYPE[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return [made for each in inner if each is not type(None) for made in values(each)] + [None] * (
            type(None) in inner
        )
    if origin is tuple:
        return [tuple(values(each)[0] for each in inner if each is not ...)]
    if origin in (Mapping, dict, typing.cast(Any, Mapping)):
        return [{values(inner[0])[0]: value} for value in values(inner[1])]
    if origin in (frozenset, set):
        return [origin(values(inner[0])[:1])]
    if origin in (Iterable, Collection, Sequence, list):
        return [[made] for made in values(inner[0])] + [[]]
    if origin is typing.Literal:
        return list(inner)
    if hasattr(hint, "_fields"):
        return _tuples(hint)
    return [1]


def _tuples(made: Any) -> list[Any]:
    """With all of its fields; and without those that may be None."""
    hints = typing.get_type_hints(made)
    choices = [values(hints[field], field) for field in made._fields]
    return [made(*(options[0] for options in choices)), made(*(options[-1] for options in choices))]


_CARD = _tuples(SendMessage)[0]._replace(media="x.vcf")
BY_TYPE = {**BY_TYPE, Iterable[tuple[Run, SendMessage | Skip]]: [[(RUN, _CARD)]]}
_COUNTS = orjson.dumps(GOAL.counts, default=list).decode()
SEEDS: Sequence[tuple[str, Mapping[str, Any]]] = [
    *(
        (model.name, {})
        for model in SQLModel.metadata.sorted_tables
        if model.name not in ("blob", "event", "message", "flow", "webhook")
    ),
    ("blob", {"data": b"x"}),
    ("flow", {"id": 1, "name": "x"}),
    (
        "contact",
        {
            "id": 2,
            "key": "y",
            "phone": "y",
            "fields": '{"tier":"gold","tags":["vip"],"orders":3,"total":2.5,"timezone":"UTC"}',
        },
    ),
    ("run", {"id": 2, "status": 2, "exited_at": 2, "reason": "end", "event": 3}),
    ("schedule", {"zone": ""}),
    ("member_set", {"name": "left over", "wanted": None, "cursor": 0}),
    ("membership", {"segment": "left over"}),
    ("meta", {"name": "link_secret", "value": "00"}),
    ("meta", {"name": "own_events", "value": orjson.dumps([*OWN_EVENTS]).decode()}),
    ("meta", {"name": "carrying", "value": orjson.dumps(CARRYING._asdict(), default=list).decode()}),
    ("flow", {"id": 2, "name": "a"}),
    ("deployment", {"id": 2, "at": 2}),
    ("sender", {"name": "a"}),
    ("consent", {"phone": "y"}),
    ("consent_log", {"id": 2, "status": "subscribed"}),
    ("notice", {"id": 2, "subject": "y"}),
    ("token", {"id": 2, "name": "a", "hash": "a"}),
    ("renamed", {"number": 2, "was": ""}),
    ("segment", {"name": "a"}),
    ("membership", {"segment": "a"}),
    ("contact_change", {"contact": 2}),
    ("zone_move", {"contact": 2}),
    ("run", {"id": 3, "lane": 2, "step": 2, "status": 0}),
    ("run", {"id": 4, "contact": 2, "status": 1}),
    ("run", {"id": 5, "status": 2, "exited_at": 2, "reason": "held out"}),
    ("stopped", {"run": 3, "due_at": None}),
    ("firing", {"id": 2}),
    ("aside", {"id": 2, "report": "y"}),
    ("attempt", {"id": 2}),
    ("journal", {"id": 2, "kind": "noted", "note": "held until noon: night"}),
    ("journal", {"id": 3, "kind": "left"}),
    ("link", {"code": "y", "name": "a"}),
    ("webhook", {"id": 2, "step": 2, "status": 0}),
    ("meta", {"name": "restored", "value": '{"at": 1, "last_event": 1}'}),
    ("webhook", {"status": 0}),
    ("step", {"number": 2, "name": "y"}),
    ("event", {"hops": 0, "id": 1, "kind": EVENT, "pending": 1, "data": '{"total":3}'}),
    (
        "event",
        {"hops": 0, "id": 2, "kind": INBOUND, "pending": 0, "data": '{"text":"hi","from":"x"}', "outside_id": "y"},
    ),
    (
        "event",
        {
            "hops": 0,
            "id": 3,
            "kind": 1,
            "contact": None,
            "pending": 0,
            "data": '{"trigger":"t","when":"2027-04-01 12:00","zone":"UTC"}',
        },
    ),
    ("event", {"hops": 0, "id": 6, "kind": CLICK, "pending": 0, "data": '{"step":"x","number":1}', "outside_id": "v"}),
    ("event", {"hops": 0, "id": 4, "kind": CLICK, "pending": 0, "data": '{"step":"x"}', "outside_id": "z"}),
    (
        "event",
        {
            "hops": 0,
            "id": 5,
            "kind": STATUS,
            "pending": 0,
            "data": '{"key":[1,1,1],"status":"failed","reason":"x"}',
            "outside_id": "w",
        },
    ),
    ("goal", {"id": 2, "counts": _COUNTS, "reached": 0, "last": 9, "dropped": 0}),
    ("goal", {"id": 3, "name": "back", "counts": _COUNTS}),
    ("goal_order", {"id": 2, "goal": 2, "order_id": "y", "event": 4}),
    ("goal_order", {"id": 3, "goal": 2, "order_id": "a hash", "contact": -1, "event": 0}),  # forgotten
    ("coupon_code", {"id": 2, "code": "y", "folded": "y", "contact": None, "given_at": None}),
    ("message", {"id": 1, "status": 0, "category": "marketing", "sent_at": None}),
    (
        "message",
        {"provider_id": "p2", "id": 2, "contact": 2, "run": 2, "step": 2, "status": 2, "category": "marketing"},
    ),
    ("message", {"provider_id": "p3", "id": 3, "contact": 2, "status": 11, "category": "marketing"}),
    (
        "message",
        {"provider_id": "p4", "id": 4, "contact": 2, "step": 2, "status": 3, "category": "marketing", "media": "a.png"},
    ),
]
"""(table, its columns that are neither 1, "x" nor an object without anything)."""
_REQUEST = '{"step":"x","key":"x","method":"GET","url":"x","headers":{},"body":null,"timeout":1,"save":[]}'
OBJECTS = {
    "fields": "{}",
    "data": "{}",
    "headers": "{}",
    "request": _REQUEST,
    "answer": "{}",
    "report": "{}",
    "refusal": '["x",1,1]',
    "uses": "[]",
    "facts": "{}",
}


def fill(db: Connection, backwards: bool = False) -> None:
    """`backwards`: rows lie in another order, as they do where they have been changed."""
    for name in ("flow", "step"):
        db.execute(f"DELETE FROM {name}")
    for name, given in reversed(SEEDS) if backwards else SEEDS:
        table = SQLModel.metadata.tables[name]
        row = {column.name: _of_type(column) for column in table.columns} | dict(given)
        names = ", ".join(f'"{each}"' for each in row)
        db.execute(f"INSERT INTO {name} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


def number_on(db: Connection) -> None:
    """On PostgreSQL, let new rows get the ids that they would get in SQLite: numbers that were given out are not undone."""
    after = "setval(pg_get_serial_sequence('{0}', 'id'), (SELECT MAX(id) FROM {0}))"
    db.execute(f"SELECT {', '.join(after.format(name) for name in numbered())}")


def numbered() -> list[str]:
    """The tables whose rows get an id by themselves."""
    return [name for name, table in SQLModel.metadata.tables.items() if _counts(table)]


def _counts(table: Any) -> bool:
    return "id" in table.columns and table.columns["id"].primary_key and table.columns["id"].type.python_type is int


def _of_type(column: Any) -> Any:
    if column.name in OBJECTS:
        return OBJECTS[column.name]
    python = column.type.python_type
    plain = {int: 1, bool: True, bytes: b"x"}
    return None if column.name == "done_at" else plain.get(python, "x")


class Site(NamedTuple):
    """Where the store runs a statement."""

    file: str
    line: int


def site() -> Site:
    """The place in the store whose statement is being run; elsewhere, where it is a test's."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if file := _of_a_statement(frame.f_code.co_filename):
            return Site(file, frame.f_lineno)
        frame = frame.f_back
    return Site("", 0)


@cache
def _of_a_statement(name: str) -> str | None:
    """The name within the store of a file whose statements are looked for."""
    file = Path(name)
    is_one = file.is_relative_to(STORE) and file.name != "sql.py" and file.parent.name not in OTHERS
    return str(file.relative_to(STORE)) if is_one else None


@cache
def sites() -> dict[str, list[tuple[int, int]]]:
    """File -> first and last line of every call in it that runs a statement."""
    found: dict[str, list[tuple[int, int]]] = {}
    for module in modules():
        file = Path(str(module.__file__))
        nodes = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]
        found[str(file.relative_to(STORE))] = [
            (node.lineno, node.end_lineno or 0) for node in nodes if _runs(node.func)
        ]
    return found


def _runs(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute):
        return called.attr in RUNS and isinstance(called.value, ast.Name) and called.value.id == "db"
    return isinstance(called, ast.Name) and called.id in HELPERS
