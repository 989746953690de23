"""Where the cursor is: inside which mapping, list or text, although the line is not finished.

A mark takes the place of the word at the cursor, and the file is read with it; where that is no YAML, only what stands before the cursor,
with its brackets closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.language.diagnostics.findings import Loc
from engine.language.source import strict_yaml

MARK = "cursor-is-here"
_WORD_BEFORE, _WORD_AFTER = re.compile(r"[\w.@/-]*\Z"), re.compile(r"[\w.@/-]*")
_IN_TEXT = re.compile(r"\{\{([^{}]*)\Z")
_KEY_PLACE = re.compile(r"[ \t]*(?:-[ ]+)*")
_CLOSING = {"{": "}", "[": "]"}


class Cursor(NamedTuple):
    """`start`, `end`: the word that a completion replaces."""

    start: int
    end: int
    word: str  # what stands of it before the cursor
    expression: str | None  # between {{ and the cursor
    loc: Loc = ()
    is_key: bool = False
    has_colon: bool = False  # behind the word
    data: Any = None  # the file, with MARK at the cursor; None where it could not be read


def cursor(path: str, source: str, index: int) -> Cursor:
    line = source.rfind("\n", 0, index) + 1
    before = source[line:index]
    word = _found(_WORD_BEFORE.search(before))
    behind = _found(_WORD_AFTER.match(source, index))
    start, end = index - len(word), index + len(behind)
    inside = _IN_TEXT.search(source[max(0, index - 500) : index])
    if inside is not None:
        return Cursor(start, end, word, inside[1])
    rest = source[end:]
    has_colon = rest.startswith(":")
    opened = _open_brackets(source[line:start])
    is_key = bool(_KEY_PLACE.fullmatch(source[line:start])) or (
        opened.endswith("{") and source[line:start].rstrip()[-1:] in "{,"
    )
    for as_key in (True, False) if is_key else (False,):
        for text in _readable(source[:start], rest, opened, as_key, has_colon):
            data = strict_yaml.read(path, text.encode("utf-8", "replace")).data
            loc = _place(data, ())
            if loc is not None:
                return Cursor(start, end, word, None, loc, loc[-1:] == (MARK,), has_colon, data)
    return Cursor(start, end, word, None)


def _readable(before: str, rest: str, opened: str, as_key: bool, has_colon: bool) -> Iterator[str]:
    mark = f"{MARK}: " if as_key and not has_colon else MARK
    yield before + mark + rest
    quote = before[-1:] if before[-1:] in ("'", '"') else ""
    closed = quote + "".join(_CLOSING[each] for each in reversed(opened))
    yield before + (f"{MARK}: " if as_key else MARK) + closed + "\n"


def _open_brackets(line: str) -> str:
    """Those of the line that are not closed yet, outside of quotes."""
    opened, quote = "", ""
    for character in line:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in _CLOSING:
            opened += character
        elif opened and character == _CLOSING[opened[-1]]:
            opened = opened[:-1]
    return opened


def _place(data: Any, loc: Loc) -> Loc | None:
    """Where the mark is: the place of the value, or of the key that it is."""
    if isinstance(data, str):
        return loc if MARK in data else None
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, child in children:
        if key == MARK:
            return (*loc, key)
        found = _place(child, (*loc, key))
        if found is not None:
            return found
    return None


def _found(match: re.Match[str] | None) -> str:
    return match[0] if match else ""
