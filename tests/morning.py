"""The clock of tests that use the machine's own: ten in the morning in New York, on one day in January, whenever they run.

At night quiet hours would hold what they look at, and the dates in templates and stories are of 2027.
"""

from __future__ import annotations

import time

TEN_IN_NEW_YORK = 1_799_766_000  # 2027-01-12 15:00 UTC


def clock() -> dict[str, str]:
    """For the environment; it goes on from there at the pace of the machine's."""
    return {
        "LEADOFF_CLOCK_ORIGIN": "2026-01-01T00:00:00Z",
        "LEADOFF_CLOCK_OFFSET": str(TEN_IN_NEW_YORK - round(time.time())),
    }
