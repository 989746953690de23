"""`stop_if`: how many of a flow's messages may fail, or be answered with an opt-out, before the flow is paused."""

from __future__ import annotations

from typing import NamedTuple

WINDOW = 500  # successive messages that a share is of


class StopLimits(NamedTuple):
    """How many of WINDOW successive messages are too many; None: any number is well."""

    opted_out: int | None = None
    failed: int | None = None


NO_STOP = StopLimits()
