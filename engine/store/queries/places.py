"""Where the runs of one flow, or of one contact, are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.store.queries.totals import Sums
from engine.store.sql import Connection, each, number
from engine.store.states import AT, IS_ACTIVE, IS_OPEN, IS_PARKED, IS_UNSENT, TOOK, WENT
from engine.store.tally import NOWHERE


class AtStep(NamedTuple):
    """How many runs are at one step."""

    waiting: int = 0
    parked: int = 0


def of_flow(db: Connection, flow: int, found: Sums) -> dict[str | None, AtStep]:
    """By step id, in the order in which the steps were first deployed; None: those that have not come to a step yet.

    `found`: what the tally says of the flow, ever.
    """
    parked = dict(
        db.execute(
            f"SELECT COALESCE(step, {NOWHERE}), COUNT(*) FROM run WHERE {IS_PARKED} AND flow = ? GROUP BY 1", (flow,)
        ).fetchall()
    )
    names = _names(db, flow)
    there = sorted((place, n) for (what, place, _), (n, _) in found.items() if what == AT and n > 0)
    return {names.get(at): AtStep(n - parked.get(at, 0), parked.get(at, 0)) for at, n in there}


def _names(db: Connection, flow: int) -> dict[int, str]:
    return dict(db.execute("SELECT number, name FROM step WHERE flow = ?", (flow,)).fetchall())


class Passed(NamedTuple):
    """What all runs of a flow have done, of every deployment: passes, not contacts."""

    ways: Mapping[tuple[str, str], int] = {}
    """(step, way) -> how many left it so. Steps without an id of their own are not told apart, so they are not here."""
    sent: Mapping[str, int] = {}
    """Step -> messages that a provider took."""


NOTHING_PASSED = Passed()


def passed(db: Connection, flow: int, found: Sums) -> Passed:
    """`found`: what the tally says of the flow, ever."""
    names = _names(db, flow)
    rows = sorted(
        (names[place], way, what, n)
        for (what, place, way), (n, _) in found.items()
        if what in (WENT, TOOK) and place in names
    )
    ways = {(step, way): n for step, way, what, n in rows if what == WENT}
    return Passed(ways, {step: n for step, _, what, n in rows if what == TOOK})


class OwnPlace(NamedTuple):
    """Where a run of a contact is. `due`: when it goes on by itself (UTC ms)."""

    flow: str
    step: str | None
    due: int | None


def of_contact(db: Connection, contact: int) -> list[OwnPlace]:
    """Of its runs that have not ended, in the order in which they began."""
    return each(
        db,
        OwnPlace,
        "SELECT f.name, s.name, r.due_at FROM run r JOIN flow f ON f.id = r.flow"
        f" LEFT JOIN step s ON s.flow = r.flow AND s.number = r.step WHERE r.contact = ? AND r.{IS_ACTIVE} ORDER BY r.id",
        (contact,),
    )


def inside(db: Connection, contact: int) -> int:
    """How many of its runs have not ended."""
    return number(db, f"SELECT COUNT(*) FROM run WHERE contact = ? AND {IS_ACTIVE}", (contact,)) or 0


def unsent_to(db: Connection, contact: int) -> int:
    """How many messages to it have not left."""
    sql = f"SELECT COUNT(*) FROM message WHERE contact = ? AND {IS_OPEN} AND {IS_UNSENT}"
    return number(db, sql, (contact,)) or 0
