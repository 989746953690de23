"""LEADOFF_ONLY_TO: the only numbers that are texted, for staging.

Invariants: a list that is set and names no number, or names what is none, is refused: a slip in it must not text everybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.errors import UsageError
from engine.messaging.numbers import BadNumber, masked, parse_written

VARIABLE = "LEADOFF_ONLY_TO"
STAGING = "staging"
"""The reason of a message that is skipped for it."""
_BETWEEN = re.compile(r"[,;]|\s+(?=\+)")
_HELP = f'{VARIABLE}="+12025550143, +13125550123": numbers with + and the country code; without the variable everybody is texted'


def only_to(environ: Mapping[str, str]) -> frozenset[str] | None:
    """The numbers (E.164) that may be texted; None: all. Raises UsageError for a list that cannot be read."""
    if VARIABLE not in environ:
        return None
    written = [each.strip() for each in _BETWEEN.split(environ[VARIABLE]) if each.strip()]
    if not written:
        raise UsageError(f"{VARIABLE} is set and names no number", _HELP)
    return frozenset(_number(position, each) for position, each in enumerate(written, 1))


def masked_list(numbers: frozenset[str] | None) -> list[str] | None:
    """For people to see: masked, in order; None: everybody is texted."""
    return None if numbers is None else sorted(map(masked, numbers))


def _number(position: int, text: str) -> str:
    try:
        return parse_written(text).e164
    except BadNumber as error:
        raise UsageError(f"{VARIABLE}, number {position}: {error.reason}", _HELP) from error
