"""`time` of a condition: the local clock of the contact.

Invariants: the end of a window is excluded; a window that crosses midnight belongs to the weekday on which it began, so
`{between: ["22:00", "02:00"], days: [fri]}` is the night from Friday to Saturday.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.core.calendar import DAY, wall_of
from engine.language.conditions.tree import Time

_ALL_DAYS = frozenset(range(7))
_THURSDAY = 3  # the weekday of 1970-01-01


def time_test(tree: Time) -> Callable[[int, str], bool]:
    """Whether it holds at an instant in a zone."""
    start, end = tree.between or (0, DAY)
    days = _ALL_DAYS if tree.days is None else tree.days

    def holds(at: int, zone: str) -> bool:
        day, clock = divmod(wall_of(at, zone), DAY)
        if start < end:
            began = day if start <= clock < end else None
        else:
            began = day if clock >= start else day - 1 if clock < end else None
        return began is not None and (began + _THURSDAY) % 7 in days

    return holds
