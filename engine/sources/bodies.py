"""The body of a webhook as plain values, within bounds.

Invariants: whole numbers are integers of any length, others are decimals; what is too large, too deep or no JSON raises Unreadable.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

LARGEST = 2_000_000  # bytes
DEEPEST = 32
LONGEST_NUMBER = 40  # digits; a longer one is read as nothing


class Unreadable(ValueError):
    """A body of which nothing can be made. `reason` contains nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read(raw: bytes) -> Any:
    """The values of a JSON body. Raises Unreadable."""
    if len(raw) > LARGEST:
        raise Unreadable(f"the body has more than {LARGEST:,} bytes")
    try:
        body = json.loads(raw.decode("utf-8-sig"), parse_float=_decimal, parse_int=_integer, parse_constant=_no_number)
    except RecursionError:
        raise _too_deep() from None
    except (ValueError, ArithmeticError):
        raise Unreadable("the body is not JSON") from None
    _check_depth(body)
    return body


def read_object(raw: bytes) -> Mapping[str, Any]:
    """The same, where the body must be an object. Raises Unreadable."""
    body = read(raw)
    if not isinstance(body, dict):
        raise Unreadable("the body is JSON, but not an object")
    return body


def instant(value: object) -> int | None:
    """UTC milliseconds of a timestamp with an offset, or of Unix seconds; None for anything else."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return value * 1000 if 0 <= value < 10**11 else None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return round(moment.timestamp() * 1000) if moment and moment.tzinfo and moment.year >= 1970 else None
    except (ValueError, OverflowError):
        return None


def word(value: object) -> str:
    """An id or a status as text; nothing for anything longer or of another type."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and len(value) <= 200 and value.isprintable() else ""


def _integer(written: str) -> int | None:
    return int(written) if len(written) <= LONGEST_NUMBER else None


def _decimal(written: str) -> Decimal | None:
    if len(written) > LONGEST_NUMBER:
        return None
    number = Decimal(written)
    return number if abs(number.adjusted()) <= LONGEST_NUMBER else None


def _no_number(written: str) -> NoReturn:
    raise ValueError(written)


def _too_deep() -> Unreadable:
    return Unreadable(f"the body is nested more than {DEEPEST} levels deep")


def _check_depth(body: object) -> None:
    level, depth = [body], 0
    while level := [child for each in level for child in _children(each)]:
        depth += 1
        if depth > DEEPEST:
            raise _too_deep()


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
