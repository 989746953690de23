"""What a due time came from (T1), at its edges."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from engine.core.due_origins import OfField

ZONE = "America/New_York"
TEN = 10 * 3_600_000


def instant(year: int) -> int:
    return int(datetime(year, 4, 1, 10, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


def test_a_day_that_is_kept_every_year_is_the_next_one_to_come() -> None:
    birthday, fields = OfField("birthday", 0, TEN, yearly=True), {"birthday": "1990-04-01"}

    for now, year in ((instant(2027) - 1, 2027), (instant(2027), 2028), (instant(2027) + 1, 2028)):
        due = birthday.due(now, ZONE, fields)
        assert due is not None
        assert due.at == instant(year)
