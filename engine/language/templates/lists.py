"""Lists of an event in a text: how many rows, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.messaging.languages import chosen

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


_JOINED: Mapping[str, tuple[str, str, str]] = {
    "en": ("and", "{} more", "{} more"),
    "es": ("y", "otro", "otros {}"),
    "fr": ("et", "{} autre", "{} autres"),
}
"""By language: before the last, and for one more and for several. All of it is GSM-7, as `más` is not."""
_BEFORE_I = re.compile(r"h?[ií](?!e)", re.IGNORECASE)  # `pan e higos`, and yet `agua y hielo`


def joined(names: Sequence[str], more: int, language: str | None = None) -> str | None:
    """`Spring coat`, `Spring coat and Sneakers`, `Spring coat, Sneakers and 3 more`; None where nothing has a name.

    In English where the language is unknown, or there are no words for it.
    """
    if not names:
        return None
    tag = chosen(language, _JOINED) or "en"
    last, one, several = _JOINED[tag]
    words = [*names, (one if more == 1 else several).format(more)] if more else list(names)
    if tag == "es" and _BEFORE_I.match(words[-1]):
        last = "e"
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))
