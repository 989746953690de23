"""Segments: SQL over all contacts and the closure over one of them give the same answer, whatever the condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.core.context import Context, Run
from engine.core.facts import Person
from engine.language.conditions.condition import Condition
from engine.language.model.project import Project
from engine.store import audience, contacts, facts, inbox, migrations
from engine.store.contacts import NewContact
from engine.store.database import Database
from engine.store.inbox import NewEvent
from engine.store.interned_names import Names
from engine.store.sql import Connection
from engine.store.sqlite.database import SqliteDatabase
from engine.store.states import CLICK, EVENT
from tests.databases import undone
from tests.exploration import examples
from tests.language.contexts import DAY, HOUR, NOW, PROGRAM

NO_NAMES = Names({}, {}, {}, {})
ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
EVENTS = ("order.placed", "list.joined")
FIELDS = ("tier", "orders", "tags", "x-y", "address.city", "phone", "key", "country", "timezone", "country.city")
TEXTS = (
    "", "a", "A", "vip", "VIP", "vip gold", "Ä", "ä", "*", "%", "v_p", "3", "true", "null", "US", "CA", "Oslo",
    "2027-04-01", "2027-04-02", "2027-04-02T10:00:00Z", "2027-04-02T:Z", "2027-04-02T10h00Z", "2027-04-02Z", "2027-04-0é",
)  # fmt: skip


class Who(NamedTuple):
    region: str
    zone: str
    fields: Mapping[str, Any]
    events: Sequence[tuple[str, int, Mapping[str, Any], int]]  # name, occurred_at, data, kind


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = SqliteDatabase(Path(tmp_path_factory.mktemp("audience")) / "a.db")
    migrations.upgrade(made)
    yield made
    made.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres_database"])
def database(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


numbers = st.one_of(
    st.integers(-3, 5),
    st.sampled_from([0.1, 2.5, -0.0, 3.0, 0.30000000000000004, 10**17, 10**17 + 1, 1e17]),
    st.floats(-1e17, 1e17, allow_nan=False, allow_infinity=False),
)
scalars = st.one_of(st.sampled_from(TEXTS), numbers, st.booleans())
rows = st.lists(st.dictionaries(st.sampled_from(["sku", "price"]), scalars, max_size=2), max_size=3)
stored = st.one_of(
    scalars, st.none(), st.lists(st.sampled_from(TEXTS), max_size=3), st.fixed_dictionaries({"city": scalars}), rows
)
data = st.dictionaries(st.sampled_from(["tier", "orders", "tags", "x-y", "address", "phone"]), stored, max_size=5)
instants = st.one_of(
    st.integers(NOW - 3 * DAY, NOW + HOUR),
    st.sampled_from([NOW, NOW + 1, NOW - DAY, NOW - 36 * HOUR, NOW - 36 * HOUR - 1]),
)
happenings = st.tuples(st.sampled_from(EVENTS), instants, data, st.sampled_from([EVENT, EVENT, EVENT, CLICK]))
people = st.lists(
    st.builds(Who, st.sampled_from(["US", "CA"]), st.sampled_from(ZONES), data, st.lists(happenings, max_size=4)),
    min_size=1,
    max_size=4,
)

ordered = st.one_of(numbers, st.sampled_from(["2027-04-01", "2027-04-02T10:00:00Z"]))
of_row = st.sampled_from(["is", "not", "above", "at_most", "matches", "exists"]).flatmap(
    lambda name: st.fixed_dictionaries({name: OPERATORS[name]})
)
asked_rows = st.dictionaries(st.sampled_from(["sku", "price"]), st.one_of(scalars, of_row), min_size=1, max_size=2)
sizes = st.one_of(st.integers(-1, 4), st.sampled_from([0.5, 2.5, 10**17]))
counts = st.sampled_from(["is", "not", "above", "at_least", "below", "at_most"]).flatmap(
    lambda name: st.fixed_dictionaries({name: sizes})
)
OPERATORS: Mapping[str, st.SearchStrategy[Any]] = {
    "is": scalars,
    "not": st.one_of(scalars, st.lists(scalars, min_size=1, max_size=3)),
    "in": st.lists(scalars, min_size=1, max_size=3),
    **dict.fromkeys(("above", "at_least", "below", "at_most"), ordered),
    "has": st.one_of(scalars, asked_rows),
    "count": st.one_of(sizes, st.lists(sizes, min_size=1, max_size=2), counts),
    "matches": st.sampled_from([*TEXTS, "v*", "*P", "*i*", "a*a", "**", "2027*Z", "V*p g*"]),
    "exists": st.booleans(),
}
operators = st.sampled_from(sorted(OPERATORS)).flatmap(lambda name: st.fixed_dictionaries({name: OPERATORS[name]}))
pairs = st.tuples(operators, operators).map(lambda both: both[0] | both[1])
operands = st.one_of(scalars, st.lists(scalars, min_size=1, max_size=3), operators, operators, pairs)
asked_fields = st.dictionaries(st.sampled_from(FIELDS), operands, min_size=1, max_size=2)
of_contact = asked_fields.map(lambda asked: {"contact": asked})
of_event = asked_fields.map(lambda asked: {"event": asked})


def combined(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(lambda part: {"not": part}),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
            st.lists(inner, min_size=1, max_size=3),
        ),
        max_leaves=4,
    )


happened = st.fixed_dictionaries(
    {"event": st.sampled_from(EVENTS)},
    optional={
        "since": st.just("ever"),
        "within": st.sampled_from(["1d", "2d", "36h", "1d12h", "90m", "1w"]),
        "at_least": st.integers(1, 3),
        "where": combined(st.one_of(of_event, of_event, of_contact)),
    },
).map(lambda asked: {"happened": asked})
clocks = st.lists(
    st.sampled_from(["00:00", "09:00", "12:00", "16:00", "17:00", "23:59"]), min_size=2, max_size=2, unique=True
)
days = st.lists(st.sampled_from(["mon", "thu", "fri", "sat"]), min_size=1, max_size=2)
times = st.one_of(
    st.fixed_dictionaries({"between": clocks}, optional={"days": days}), st.fixed_dictionaries({"days": days})
).map(lambda asked: {"time": asked})
leaves = st.one_of(of_contact, of_contact, happened, happened, times)
conditions = combined(st.one_of(leaves, leaves, st.sampled_from([{"segment": "one"}, {"segment": "two"}])))
two = combined(st.one_of(leaves, st.just({"segment": "one"})))


def known(db: Connection, people: list[Who]) -> list[int]:
    """Stores them; their ids."""
    phones = [f"+1202555{number:04}" for number in range(len(people))]
    contacts.insert(
        db,
        [
            NewContact(f"a{phone}", phone, who.region, who.zone, who.fields)
            for phone, who in zip(phones, people, strict=True)
        ],
        0,
    )
    ids = {found.phone: found.id for found in contacts.find(db, phones, [])}
    made = [
        NewEvent(ids[phone], kind, name, at, data)
        for phone, who in zip(phones, people, strict=True)
        for name, at, data, kind in who.events
    ]
    inbox.add(db, made, NOW)
    return [ids[phone] for phone in phones]


def by_closure(db: Connection, project: Project, name: str, ids: list[int]) -> list[int]:
    """Each contact asked by a run of its own, which its newest event has started."""
    program = PROGRAM._replace(settings=project.settings(b"secret", {}))
    segment = program.settings.segments[name]
    found = facts.people(db, ids)
    started = dict(db.execute("SELECT contact, MAX(id) FROM event GROUP BY contact").fetchall())
    cases: list[tuple[Run, Person, Mapping[str, Any]]] = [
        (Run(7, id, "f", 0, None, "waiting", None, None, None, NOW - HOUR, NOW, started.get(id)), found[id], {})
        for id in ids
    ]
    known = facts.gather(db, segment.needs, cases, NO_NAMES, 0)
    return [
        run.contact
        for (run, _, _), of_it in zip(cases, known, strict=True)
        if segment.holds(Context(program, run, of_it, NOW))
    ]


def shop(**segments: Any) -> Project:
    return Project(
        project="shop",
        brand="Acme",
        timezone="UTC",
        segments={name: Condition(source) for name, source in segments.items()},
    )


@settings(max_examples=examples(180))
@given(people, leaves, two, conditions, happened)
@example(
    [Who("US", "UTC", {"tier": 0.30000000000000004}, [])],
    {"contact": {"tier": 0.3}},
    [{"segment": "one"}],
    {"segment": "two"},
    {"happened": {"event": "order.placed"}},
)
@example(
    [Who("US", "UTC", {}, [])],
    {"contact": {"tier": {"not": "a"}}},
    {"not": {"segment": "one"}},
    {"segment": "two"},
    {"happened": {"event": "order.placed"}},
)
def test_sql_and_closures_agree(
    sqlite: Database, people: list[Who], one: Any, two: Any, asked: Any, happened: Any
) -> None:
    _agree(sqlite, people, one=one, two=two, asked=asked, happened=happened)


@settings(max_examples=examples(50))
@given(people, leaves, two, conditions, happened)
def test_sql_and_closures_agree_on_postgresql(
    postgres_database: Database, people: list[Who], one: Any, two: Any, asked: Any, happened: Any
) -> None:
    _agree(postgres_database, people, one=one, two=two, asked=asked, happened=happened)


def _agree(database: Database, people: list[Who], **segments: Any) -> None:
    """For each segment: to make people up takes longer than to ask about them."""
    project = shop(**segments)
    with undone(database) as db:  # nothing stays for the next example
        ids = known(db, people)
        for name, condition in project.segments.items():
            expected = by_closure(db, project, name, ids)
            assert audience.members(db, condition, project, NOW) == expected, name
            assert audience.count(db, condition, project, NOW) == len(expected), name
            assert audience.is_member(db, ids[:2], condition, project, NOW) == set(expected) & set(ids[:2]), name
            others = audience.members(db, Condition({"not": {"segment": name}}), project, NOW)
            assert sorted([*others, *expected]) == ids, f"`not` is the exact complement of {name}"


VALUES: tuple[Any, ...] = (
    *TEXTS, *(-3, 0, 1, 3, 3.0, 2.5, -0.0, 0.1, 0.30000000000000004, 10**17, 10**17 + 1, 1e17), True, False, None,
    *([], ["vip"], ["VIP", "3"], ["a", "", "true"], [3, 2.5], [True], {"city": "Oslo"}, {"city": "vip"}, {}),
    *([{"sku": "vip"}], [{"sku": "3", "price": 3}, {"sku": "vip", "price": 2.5}, "vip"], [{}], [{"sku": None}, {"sku": ["vip"]}]),
)  # fmt: skip
SCALARS = tuple(value for value in VALUES if isinstance(value, str | int | float))
DAYS = ("2027-04-01", "2027-04-02", "2027-04-02T10:00:00Z")
OPERANDS: Mapping[str, tuple[Any, ...]] = {
    "is": SCALARS,
    "not": (*SCALARS, ["vip", 3], [3, True], ["a", "A"]),
    "in": (["vip", 3], ["a", "", "Ä"], [3, 0.1, True], [False]),
    **dict.fromkeys(("above", "at_least", "below", "at_most"), (0, 3, 2.5, 10**17, 0.30000000000000004, *DAYS)),
    "has": (
        *SCALARS,
        {"sku": "vip"},
        {"sku": "vip", "price": {"above": 2}},
        {"sku": {"exists": False}},
        {"price": [3, "3"]},
        {"sku": {"not": "vip"}},
        {"price": 2.5, "sku": {"matches": "V*"}},
        {"sku": "vip", "price": {"below": 2.5}},
    ),
    "count": (
        0,
        1,
        3,
        2.5,
        -1,
        10**17,
        [1, 3],
        *({each: 2} for each in ("is", "not", "above", "at_least", "below", "at_most")),
    ),
    "matches": (*TEXTS, "v*", "*P", "*i*", "a*a", "**", "2027*Z", "V*p g*", "Ä*", "*\ud800"),
    "exists": (True, False),
}


@pytest.mark.parametrize("operator", OPERANDS)
def test_every_operator_agrees_on_every_kind_of_value(database: Database, operator: str) -> None:
    """Fields of the contact and of an event, at the top and deeper; and somebody without any field."""
    events = [[("order.placed", NOW, {"tier": value}, EVENT)] for value in VALUES]
    people = [Who("US", "UTC", {"tier": value}, event) for value, event in zip(VALUES, events, strict=True)]
    people.append(Who("CA", "UTC", {}, [("order.placed", NOW, {}, EVENT)]))
    with undone(database) as db:
        ids = known(db, people)
        for operand in OPERANDS[operator]:
            asked = {operator: operand}
            contact = {"any": [{"contact": {"tier": asked}}, {"contact": {"tier.city": asked}}]}
            for one in (contact, {"contact": {"country": asked}}, {"contact": {"country.city": asked}}):
                event = {"happened": {"event": "order.placed", "where": {"event": {"tier": asked}}}}
                project = shop(one=one, two={"not": one}, three=event)
                for name, condition in project.segments.items():
                    expected = by_closure(db, project, name, ids)
                    assert audience.members(db, condition, project, NOW) == expected, (name, condition)


WITHIN = {"90m": 90 * 60_000, "1d": DAY, "36h": 36 * HOUR, "1d12h": 36 * HOUR, "2d": 2 * DAY, "1w": 7 * DAY}


def test_happenings_agree_at_every_edge(database: Database) -> None:
    """As many of them as are asked for, one less and one more, at the first and the last instant and beside them."""
    edges = sorted({NOW + by - length for by in (-1, 0, 1) for length in (0, *WITHIN.values())})
    people = [Who("US", "UTC", {}, [("order.placed", at, {}, EVENT)] * count) for at in edges for count in range(1, 5)]
    asked = {
        f"in-{within}-{least}": {"happened": {"event": "order.placed", "at_least": least} | length}
        for within, length in (("ever", dict[str, Any]()), *((within, {"within": within}) for within in WITHIN))
        for least in (1, 2, 3)
    }
    project = shop(**asked)
    with undone(database) as db:
        ids = known(db, people)
        for name, condition in project.segments.items():
            expected = by_closure(db, project, name, ids)
            assert 0 < len(expected) < len(ids), name
            assert audience.members(db, condition, project, NOW) == expected, name


def test_days_are_counted_by_the_calendar_of_each_contact(database: Database) -> None:
    """Four weeks before 1 April New York's clocks still showed winter time."""
    edge = NOW - 28 * DAY
    people = [
        Who("US", "UTC", {}, [("order.placed", edge, {}, EVENT)]),
        Who("US", "UTC", {}, [("order.placed", edge - 1, {}, EVENT)]),
        Who("US", "America/New_York", {}, [("order.placed", edge + HOUR, {}, EVENT)]),
        Who("US", "America/New_York", {}, [("order.placed", edge + HOUR - 1, {}, EVENT)]),
    ]
    project = shop(asked={"happened": {"event": "order.placed", "within": "4w"}})
    with undone(database) as db:
        first, _, third, _ = ids = known(db, people)
        assert audience.members(db, project.segments["asked"], project, NOW) == [first, third]
        assert by_closure(db, project, "asked", ids) == [first, third]
