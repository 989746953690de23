"""A statement of the common subset as PostgreSQL takes it: `?` becomes `$1`, and a list one parameter that is an array."""

from __future__ import annotations

import re
from functools import lru_cache

from engine.store.sql import AMONG

_ARRAY = "= ANY(?)"
_PARTS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\?")  # quoted texts and names stay as they are


@lru_cache(2048)
def numbered(sql: str, mark: str = "$") -> str:
    """The text with `$1`, `$2`, … in place of its `?`."""
    count = 0

    def part(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] != "?":
            return found[0]
        count += 1
        return f"{mark}{count}"

    return _PARTS.sub(part, sql.replace(AMONG, _ARRAY))
