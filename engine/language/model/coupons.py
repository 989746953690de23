"""Coupons of leadoff.yaml: pools of codes, of which each contact gets one.

Invariants: a code has only characters that count once in an SMS and that no phone takes for a link, so its length is known beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import PlainValidator, ValidationInfo

from engine.core.context import Coupon
from engine.language.diagnostics.wording import problem
from engine.language.model.unreadable import UNREADABLE
from engine.language.values import scalars
from engine.language.values.strict import Strict

LONGEST_CODE = 50
CHARACTERS = "A-Z, a-z, 0-9 and - _ + * # % ! $ &"
_CODE = re.compile(r"[A-Za-z0-9_+*#%!$&-]+")
_SKIP = "skip"


def fault_of(code: str, length: int) -> str | None:
    """Why a pool of codes of this length does not take the code; None where it does. The code itself is not in it."""
    if not code:
        return "there is no code"
    if len(code) > length:
        return f"{len(code):,} characters, more than the `length` of {length}"
    if not _CODE.fullmatch(code):
        return "a blank in it" if re.search(r"\s", code) else f"a character in it that a code cannot have: {CHARACTERS}"
    return None


def _length(value: object) -> int:
    length = scalars.parse_whole(value)
    if not 1 <= length <= LONGEST_CODE:
        raise problem("LO208", f"a code has from 1 to {LONGEST_CODE} characters")
    return length


def _low(value: object) -> int:
    low = scalars.parse_whole(value)
    if not 0 <= low <= 1_000_000:
        raise problem("LO208", "this must be from 0 to 1000000 codes")
    return low


def _fixed(value: object) -> str:
    code = scalars.parse_text(value)
    if fault := fault_of(code, LONGEST_CODE):
        raise problem("LO208", f"this is not a code: {fault}", f"a code has at most {LONGEST_CODE} of {CHARACTERS}")
    return code


class FixedCode(Strict):
    code: Annotated[str, scalars.validated(_fixed, type="string", examples=["SPRING"])]
    """The code that everybody gets while the pool is empty."""


def _empty(value: Any, info: ValidationInfo) -> FixedCode | None:
    if value == _SKIP:
        return None
    if isinstance(value, str):
        raise problem("LO207", f'"{value[:20]}" is not one of: skip', "for a fixed code write {code: SPRING}")
    return FixedCode.model_validate(value, context=info.context)


class CouponModel(Strict):
    """A pool of coupon codes. `leadoff coupons import` fills it."""

    length: Annotated[int, scalars.validated(_length, type="integer", minimum=1, maximum=LONGEST_CODE)]
    """The most characters that a code has: `check` counts every message with so many."""
    expires: scalars.DurationText | None = None
    """How long a contact keeps a code, from when it was given; afterwards a message gives another one. By default for good."""
    low: Annotated[int, scalars.validated(_low, type="integer", minimum=0)] = 50
    """A notice says when so few codes are left."""
    empty: Annotated[FixedCode | None, PlainValidator(_empty, json_schema_input_type=Literal["skip"] | FixedCode)] = (
        None
    )
    """When no code is left: `skip` the message, which is the default, or give everybody the same `{code: SPRING}`."""

    def compiled(self) -> Coupon:
        """What the core needs."""
        lasts = self.expires.nominal if self.expires else None
        return Coupon(self.length, lasts, self.low, self.empty.code if self.empty else None)


def lengths_of(pools: Mapping[str, CouponModel]) -> dict[str, int]:
    """The length of each pool's longest code; of what could not be read none."""
    declared = {} if pools is UNREADABLE else pools
    return {name: coupon.length for name, coupon in declared.items() if coupon.length is not UNREADABLE}
