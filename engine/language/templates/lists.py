"""Lists of an event in a text: how many rows, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_ROW = re.compile(r"\[[0-9]+\]")


def is_list(value: object) -> bool:
    return type(value) in (list, tuple)


def any_row(path: str) -> str:
    """`event.items[].title` for `event.items[0].title`: what is declared of a field is the same for each row."""
    return _ROW.sub("[]", path) if "[" in path else path


def name_of(row: Any, naming: Sequence[str], clean: Callable[[str], str]) -> tuple[str, str]:
    """The first of these fields that the row has, and its text; a text in a list of texts is its own name. "" where there is none."""
    if isinstance(row, str):
        return "", clean(row)
    found = ((field, clean(row[field])) for field in naming if isinstance(row, Mapping) and type(row.get(field)) is str)
    return next(((field, text) for field, text in found if text), ("", ""))


def joined(names: Sequence[str], more: int) -> str | None:
    """`Spring coat`, `Spring coat and Sneakers`, `Spring coat, Sneakers and 3 more`; None where nothing has a name."""
    if not names:
        return None
    words = [*names, f"{more} more"] if more else list(names)
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
