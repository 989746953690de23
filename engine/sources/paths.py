"""A path into a body: `customer.first_name`, `line_items[0].title`.

Invariants: what is not there is None, and an empty list where an object is expected is nothing, as shops write `[]` for an empty address.
In a list of name and value pairs (`note_attributes`, `meta_data`) a name finds the value beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

LONGEST = 200  # characters
_PATH = re.compile(r"[^.\[\]\s][^.\[\]]*(?:\[[0-9]{1,3}\])*(?:\.[^.\[\]\s][^.\[\]]*(?:\[[0-9]{1,3}\])*)*")
_PART = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")


def is_path(text: str) -> bool:
    return len(text) <= LONGEST and _PATH.fullmatch(text) is not None and text.isprintable() and text == text.strip()


def value_of(body: object, path: str) -> object:
    """What is at the path; None where nothing is, or null, or an empty text."""
    found = body
    for index, name in _PART.findall(path):
        found = _at(found, int(index)) if index else _named(found, name)
    return None if isinstance(found, str) and not found.strip() else found


def first_of(body: object, paths: Iterable[str]) -> tuple[str, object] | None:
    """The first of these paths where there is something, and what is there."""
    return next(((path, found) for path in paths if (found := value_of(body, path)) is not None), None)


def beside(path: str, name: str) -> str:
    """The path of another key of the same object."""
    return f"{path.rpartition('.')[0]}.{name}".lstrip(".")


def _at(value: object, index: int) -> object:
    return value[index] if isinstance(value, list) and index < len(value) else None


def _named(value: object, name: str) -> object:
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, list):
        pairs = (each for each in value if isinstance(each, Mapping) and name in (each.get("key"), each.get("name")))
        return next((pair["value"] for pair in pairs if "value" in pair), None)
    return None
