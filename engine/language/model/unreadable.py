"""What stands in a model for a value that could not be read: nobody learns anything from it.

Invariants: one mistake breeds no other. Whoever looks into an unreadable value is stopped by `CannotSay`, so no finding can rest on a
guess; that a value stands there at all may be asked (`is None`, `is UNREADABLE`).
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

T = TypeVar("T")


class CannotSay(Exception):
    """What is asked depends on a value that could not be read."""


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
