"""Lots that stay drawn: a contact draws the same number of a flow at every time, on every machine, and nothing has to be kept of it.

Invariants: what is drawn for one purpose says nothing of what is drawn for another, or in another flow.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

WHOLE = 1 << 64
SPREAD, HOLDOUT = "@spread", "@holdout"
"""What is drawn besides branches, whose purpose is the id of their step: no id begins so."""


class Lots(NamedTuple):
    """What a preview gives to everybody, in place of what each contact draws."""

    draws: Mapping[str, str] = {}  # id of a `split` -> its branch
    held_out: bool | None = None  # whether everybody is
    spread: int | None = None  # so many ms into the spread of a schedule everybody starts


OWN = Lots()
"""Each contact its own."""


def drawn(contact: int, flow: str, purpose: str) -> int:
    """A number from 0 to WHOLE, which it never is; all are as likely."""
    return int.from_bytes(blake2b(f"{contact}|{flow}|{purpose}".encode(), digest_size=8).digest())


def is_held_out(contact: int, flow: str, share: int, lots: Lots = OWN) -> bool:
    """Whether the contact gets nothing of the flow, of which that share (in hundredths of a percent) is held out.

    Who is held out at a share is so at any larger one.
    """
    if lots.held_out is not None:
        return lots.held_out and share > 0
    return share > 0 and drawn(contact, flow, HOLDOUT) * 10_000 < share * WHOLE
