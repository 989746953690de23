"""The tree of a condition; closures and SQL are made from it.

Invariants: plain frozen tuples, nothing resolved and nothing decided. `since` is as written: `entry`, `ever`, the id of a step, or None if
it is not written.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.core.calendar import Duration


class All(NamedTuple):
    parts: tuple[Tree, ...]


class AnyOf(NamedTuple):
    parts: tuple[Tree, ...]


class Not(NamedTuple):
    part: Tree


class Check(NamedTuple):
    """One operator on one value.

    `operand` is a scalar; for `in` and `not` also a tuple of them, for `has` also a Row, for `count` a tuple of checks.
    """

    operator: str  # is | not | in | above | at_least | below | at_most | has | count | matches | exists
    operand: Any


class Row(NamedTuple):
    """All of these fields of one row of a list pass their checks."""

    fields: tuple[tuple[str, tuple[Check, ...]], ...]


class Field(NamedTuple):
    """All checks hold for a field of the contact, or of the event."""

    root: str  # contact | event
    name: str  # with dots for nested fields
    checks: tuple[Check, ...]


class Happened(NamedTuple):
    event: str
    since: str | None = None
    within: Duration | None = None
    at_least: int = 1
    where: Tree | None = None
    same: str | None = None  # this field equals that of the run's event


class Clicked(NamedTuple):
    link: str | None  # None: any link
    since: str | None = None


class Replied(NamedTuple):
    since: str | None = None
    matches: str | None = None


class Message(NamedTuple):
    step: str
    state: str


class InSegment(NamedTuple):
    name: str


class Time(NamedTuple):
    """Wall clock and weekday of the contact; `between` in ms of the day, its end excluded."""

    between: tuple[int, int] | None = None
    days: frozenset[int] | None = None  # Monday is 0


Tree = All | AnyOf | Not | Field | Happened | Clicked | Replied | Message | InSegment | Time

NOTHING = AnyOf(())
"""Never holds. Replaces a condition that could not be read; a condition with a mistake is never evaluated."""
