"""Statistics of one flow: its runs, and the messages of each step, as the tally has counted them.

A message costs its price if its provider took it or may have taken it. A reply belongs to the last message that was sent to the contact
before it, of any flow. Who was forgotten is counted, and what retention has deleted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.store import journal
from engine.store.counts import HOUR_MS
from engine.store.queries import totals
from engine.store.queries.totals import Sums
from engine.store.sql import Connection, number
from engine.store.states import (
    AT,
    CLICKED,
    ENDED,
    ENTERED,
    HELD_OUT,
    IN_STATE,
    INSTEAD,
    MESSAGE_STATES,
    OMITTED,
    OPTED_OUT,
    REPLIED,
    SKIPPED,
    TOOK,
    WRITTEN,
)


class Period(NamedTuple):
    """From the hour of `since` up to the hour of `until`, without it (UTC ms)."""

    since: int = 0
    until: int = 1 << 53

    @property
    def hours(self) -> tuple[int, int]:
        return self.since // HOUR_MS, -(-self.until // HOUR_MS)


EVER = Period()


class Step(NamedTuple):
    step: str
    written: int
    states: Mapping[str, int]  # state of M2 -> how many are in it, of those that are not still to leave
    skipped: Mapping[str, int]  # reason -> how many
    taken: int  # accepted by a provider, and maybe failed later
    clicked: int  # contacts
    replied: int  # contacts
    cost: int  # millionths
    no_mms: int = 0  # pictures that went as their `otherwise`, for the phone takes none
    opted_out: int = 0  # contacts whose STOP came behind it


class Stats(NamedTuple):
    entered: int
    active: int
    exits: Mapping[str, int]  # reason -> how many runs
    steps: tuple[Step, ...]  # in the order in which they were first deployed
    missed: int = 0  # entries by a schedule that were due while the daemon was off, and not made good
    held_out: int = 0  # contacts who get nothing of it (`holdout`): they neither entered nor left


def of_flow(db: Connection, flow: int, period: Period = EVER, found: Sums | None = None) -> Stats:
    """In a period: how much more of each there was at its end than before. `active` are those of now. `found`: what the tally says of the
    flow in that period, where it was read already."""
    found = totals.of_flow(db, flow, period.hours) if found is None else found
    is_ever = period == EVER
    active = sum(n for (what, _, _), (n, _) in found.items() if what == AT) if is_ever else _active(db, flow)
    return _told(db, flow, period, found, active)


def together(name: str, steps: Iterable[Step]) -> Step:
    """The sums of several; a contact who has clicked in two of them counts twice."""
    found = list(steps)
    states, skipped = (Counter[str](), Counter[str]())
    for step in found:
        states.update(step.states)
        skipped.update(step.skipped)
    sums = (
        sum(column)
        for column in zip(*((s.taken, s.clicked, s.replied, s.cost, s.no_mms, s.opted_out) for s in found), strict=True)
    )
    return (
        Step(name, sum(step.written for step in found), states, skipped, *sums)
        if found
        else Step(name, 0, {}, {}, 0, 0, 0, 0)
    )


def _told(db: Connection, flow: int, period: Period, found: Sums, active: int) -> Stats:
    ends: Counter[str] = Counter()
    for (what, _, reason), (n, _) in found.items():
        if what == ENDED and n:
            ends[reason] += n
    held_out = ends.pop(HELD_OUT, 0)
    exits = dict(sorted(ends.items(), key=lambda end: (-end[1], end[0])))
    entered = sum(n for (what, _, _), (n, _) in found.items() if what == ENTERED) - held_out
    return Stats(entered, active, exits, _steps(db, flow, found), journal.count_missed(db, flow, *period), held_out)


def _active(db: Connection, flow: int) -> int:
    return number(db, "SELECT CAST(SUM(n) AS BIGINT) FROM tally WHERE flow = ? AND what = ?", (flow, AT)) or 0


def _steps(db: Connection, flow: int, found: Sums) -> tuple[Step, ...]:
    names = dict(db.execute("SELECT number, name FROM step WHERE flow = ? ORDER BY number", (flow,)).fetchall())
    steps = (_step(name, place, found) for place, name in names.items())
    return tuple(step for step in steps if step is not None)


def _step(name: str, place: int, found: Sums) -> Step | None:
    """None where no message of it was written."""
    of: Counter[int] = Counter()
    cost, skipped = 0, {}
    for (what, step, detail), (n, amount) in found.items():
        if step == place:
            of[what] += n
            cost += amount
            if what == OMITTED and n:
                skipped[detail] = n
    states = {name: of[IN_STATE + state] for state, name in enumerate(MESSAGE_STATES) if state != SKIPPED}
    told = {name: n for name, n in states.items() if n}
    if not (of[WRITTEN] or told or skipped):
        return None
    written = of[WRITTEN] - of[IN_STATE + SKIPPED]
    return Step(name, written, told, skipped, of[TOOK], of[CLICKED], of[REPLIED], cost, of[INSTEAD], of[OPTED_OUT])
