"""Pictures that come with an event: of which addresses a message's picture is made.

Invariants: the same event gives the same name, and the name says all that the picture depends on: its addresses in order, and whether the
tiles of a collage are cropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engine.messaging.media.picture import BETWEEN

LONGEST_URL = 2_000


class EventPicture(NamedTuple):
    """Where a message's picture is in its event: at `path`, or at `field` in each of the rows there."""

    path: tuple[str | int, ...]  # below the event: ("image",), ("items", 0, "image"), ("items",)
    field: str | None = None  # of a row: a collage
    at_most: int = 1
    crop: bool = False

    def name(self, event: Mapping[str, Any]) -> str | None:
        """As a picture of several files is named (`parts_of`), with addresses in place of paths; None: the event has none."""
        found = list(dict.fromkeys(self._addresses(event)))[: self.at_most]
        return (BETWEEN if self.crop and len(found) > 1 else "") + BETWEEN.join(found) if found else None

    def _addresses(self, event: Mapping[str, Any]) -> Iterator[str]:
        value = inside(event, self.path)
        rows = value if type(value) in (list, tuple) else ()
        for each in (value,) if self.field is None else (inside(row, (self.field,)) for row in rows):
            if type(each) is str and _is_address(each):
                yield each


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://")) and len(text) <= LONGEST_URL and text.isprintable()


def inside(value: Any, path: Sequence[str | int]) -> Any:
    """What is there below a value: a key of a mapping, a row of a list; None where it is missing."""
    for name in path:
        if isinstance(name, int):
            value = value[name] if type(value) in (list, tuple) and name < len(value) else None
        else:
            value = value.get(name) if isinstance(value, Mapping) else None
    return value
