"""The single tests of a file: each with all that it takes from its row, its test and the file.

One rule: what is said further in replaces what is said further out; only the fields of `contact` are laid over each other. Instead of a
`contact` there may be `contacts`, and instead of `expect` there may be `holds`: the inner one of both counts.

Invariants: every value keeps its place in the file, for findings and failures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from engine.core.calendar import Duration
from engine.language.diagnostics.findings import Loc, shortened
from engine.language.model.flow_test import Bounds, Expectation, FlowTest, FlowTests, Given, Happening, Row
from engine.language.model.unreadable import UNREADABLE
from engine.language.values.strict import written_names
from engine.messaging.numbers import masked

T = TypeVar("T")
STANDARD_UNTIL = Duration(14, 0)


class Placed(NamedTuple, Generic[T]):
    """A value and its place in the file."""

    value: T
    loc: Loc


class FlowTestCase(NamedTuple):
    """One test. None where nothing is said; a value may be UNREADABLE where the file has mistakes."""

    name: str
    loc: Loc  # of the test or its row
    contact: Mapping[str, Placed[Any]]
    contacts: Placed[str] | None
    start: Placed[int] | None  # a wall time
    happens: Placed[tuple[Happening, ...]] | None
    expect: Placed[tuple[Expectation, ...]] | None
    holds: Placed[Bounds] | None
    cost_at_most: Placed[int] | None  # millionths
    draws: Placed[Mapping[str, str]] | None
    until: Placed[Duration] | None
    beside: Placed[tuple[str, ...]] | None
    spread: Placed[Duration] | None
    held_out: Placed[bool] | None

    @property
    def lasts(self) -> Duration:
        return STANDARD_UNTIL if self.until is None else self.until.value


def cases_of(tests: FlowTests) -> Iterator[FlowTestCase]:
    """In the order of the file."""
    outer: tuple[tuple[Given, Loc], ...] = ((tests, ()),)
    for index, test in enumerate(tests.tests if tests.tests is not UNREADABLE else ()):
        loc = ("tests", index)
        levels = (*outer, (test, loc))
        if test.each is None or test.each is UNREADABLE:
            yield _case(_name(test), levels)
            continue
        named = list(_row_names(test.each))
        for number, (row, name) in enumerate(zip(test.each, named, strict=True)):
            yield _case(f"{_name(test)} [{name}]", (*levels, (row, (*loc, "each", number))))


def _case(name: str, levels: tuple[tuple[Given, Loc], ...]) -> FlowTestCase:
    said: dict[str, Placed[Any]] = {}
    contact: dict[str, Placed[Any]] = {}
    for level, loc in levels:
        given = {
            key: Placed(getattr(level, key), (*loc, key)) for key in _KEYS if getattr(level, key, None) is not None
        }
        for one, other in _INSTEAD:
            if one in given:
                said.pop(other, None)
        if "contacts" in given:
            contact = {}
        if "contact" in given and given["contact"].value is not UNREADABLE:
            fields = given["contact"].value
            contact |= {field: Placed(value, (*loc, "contact", field)) for field, value in fields.items()}
        said |= given
    values = {key: said.get(key) for key in _KEYS if key != "contact"}
    return FlowTestCase(name, levels[-1][1], contact, **values)


_KEYS = (
    "contact", "contacts", "start", "happens", "expect", "holds", "cost_at_most", "draws", "until", "beside", "spread", "held_out",
)  # fmt: skip
_INSTEAD = (("contact", "contacts"), ("expect", "holds"), ("holds", "expect"))


def _name(test: FlowTest | Row) -> str:
    return "?" if test.name is None or test.name is UNREADABLE else test.name


def _row_names(rows: tuple[Row, ...]) -> Iterator[str]:
    """What each row says of itself; where two say the same, with a number."""
    names = [
        _name(row) if row.name is not None else _told(row) or f"row {number}" for number, row in enumerate(rows, 1)
    ]
    common, seen = Counter(names), Counter[str]()
    for name in names:
        seen[name] += 1
        yield f"{name} #{seen[name]}" if common[name] > 1 else name


def _told(row: Row) -> str:
    """`phone +1416•••0112, consent unsubscribed`: its contact and draws, else what happens."""
    told = [*_pairs(row.contact), *_pairs(row.draws)]
    if not told and row.happens is not None and row.happens is not UNREADABLE:
        told = [each for happening in row.happens if happening is not UNREADABLE for each in _verb(happening)]
    return shortened(", ".join(told))


def _pairs(values: Mapping[str, Any] | None) -> Iterator[str]:
    for name, value in (values or {}).items() if values is not UNREADABLE else ():
        yield f"{name} {masked(value) if name == 'phone' and isinstance(value, str) else value}"


def _verb(happening: Happening) -> Iterator[str]:
    for key, name in written_names(Happening).items():
        value = getattr(happening, name)
        if key in happening.verbs and value is not None and value is not UNREADABLE:
            yield f"{key} {', '.join(_pairs(value)) if isinstance(value, Mapping) else value}"


def levels(tests: FlowTests) -> Iterator[Placed[Given]]:
    """The file, its tests and their rows."""
    yield Placed(tests, ())
    for index, test in _read(tests, "tests"):
        yield Placed(test, ("tests", index))
        for number, row in _read(test, "each"):
            yield Placed(row, ("tests", index, "each", number))


def happenings(tests: FlowTests) -> Iterator[Placed[Happening]]:
    """Every one in the file, as far as it could be read."""
    for level, loc in levels(tests):
        yield from (Placed(each, (*loc, "happens", index)) for index, each in _read(level, "happens"))


def expectations(tests: FlowTests) -> Iterator[Placed[Expectation]]:
    """Every one in the file, as far as it could be read."""
    for level, loc in levels(tests):
        yield from (Placed(each, (*loc, "expect", index)) for index, each in _read(level, "expect"))


def _read(level: Given, key: str) -> Iterator[tuple[int, Any]]:
    found = getattr(level, key, None)
    for index, each in enumerate(found if found is not None and found is not UNREADABLE else ()):
        if each is not UNREADABLE:
            yield index, each
