"""The clock of tests that use the machine's own: ten in the morning in New York, whenever they run.

At night quiet hours would hold what they look at.
"""

from __future__ import annotations

import time

TEN_IN_NEW_YORK = 15 * 3_600  # of the day in UTC; in summer it is eleven


def clock() -> dict[str, str]:
    """For the environment; it goes on from there at the pace of the machine's."""
    offset = (TEN_IN_NEW_YORK - round(time.time())) % 86_400
    return {"LEADOFF_CLOCK_ORIGIN": "2026-01-01T00:00:00Z", "LEADOFF_CLOCK_OFFSET": str(offset)}
