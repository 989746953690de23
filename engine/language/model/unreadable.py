"""The placeholder for a value that could not be read.

Invariants: one error causes no other. Reading an unreadable value raises `CannotSay`, so no finding is based on a guess; only whether it is
there may be tested (`is None`, `is UNREADABLE`).
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

T = TypeVar("T")


class CannotSay(Exception):
    """The answer depends on a value that could not be read."""


class Unreadable:
    """Its only value is UNREADABLE."""

    def __repr__(self) -> str:
        return "UNREADABLE"


def _stopped(*_: Any) -> NoReturn:
    raise CannotSay


# What an operator does Python looks for at the class, not at the value: each of them stops too.
_LEFT = {"__class__", "__doc__", "__init__", "__init_subclass__", "__new__", "__repr__", "__subclasshook__"}
_OPERATORS = {name for kind in (str, int, float, dict, tuple) for name in dir(kind) if name.startswith("__")}
for _name in _OPERATORS - _LEFT:
    setattr(Unreadable, _name, _stopped)

UNREADABLE: Any = Unreadable()


def known(value: T) -> T:
    """The value; raises CannotSay where it could not be read."""
    if value is UNREADABLE:
        raise CannotSay
    return value
