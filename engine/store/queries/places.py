"""Where the runs of one flow, or of one contact, are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.store.sql import Connection, each, number
from engine.store.states import AT, IS_ACTIVE, IS_OPEN, IS_PARKED, IS_UNSENT, TOOK, WENT
from engine.store.tally import NOWHERE


class AtStep(NamedTuple):
    """How many runs are at one step."""

    waiting: int = 0
    parked: int = 0


def of_flow(db: Connection, flow: str) -> dict[str | None, AtStep]:
    """By step id, in the order in which the steps were first deployed; None: those that have not come to a step yet."""
    parked = dict(
        db.execute(
            f"SELECT COALESCE(r.step, {NOWHERE}), COUNT(*) FROM run r JOIN flow f ON f.id = r.flow"
            f" WHERE r.{IS_PARKED} AND f.name = ? GROUP BY 1",
            (flow,),
        ).fetchall()
    )
    rows = db.execute(
        "SELECT t.place, s.name, CAST(SUM(t.n) AS BIGINT) FROM flow f JOIN tally t ON t.flow = f.id"
        " LEFT JOIN step s ON s.flow = t.flow AND s.number = t.place WHERE f.name = ? AND t.what = ? GROUP BY t.place, s.name"
        " HAVING SUM(t.n) > 0 ORDER BY t.place",
        (flow, AT),
    )
    return {step: AtStep(n - parked.get(place, 0), parked.get(place, 0)) for place, step, n in rows}


class Passed(NamedTuple):
    """What all runs of a flow have done, of every deployment: passes, not contacts."""

    ways: Mapping[tuple[str, str], int] = {}
    """(step, way) -> how many left it so. Steps without an id of their own are not told apart, so they are not here."""
    sent: Mapping[str, int] = {}
    """Step -> messages that a provider took."""


NOTHING_PASSED = Passed()


def passed(db: Connection, flow: str) -> Passed:
    rows = db.execute(
        "SELECT t.what, s.name, t.detail, CAST(SUM(t.n) AS BIGINT) FROM flow f JOIN tally t ON t.flow = f.id"
        f" JOIN step s ON s.flow = t.flow AND s.number = t.place WHERE f.name = ? AND t.what IN ({WENT}, {TOOK})"
        " GROUP BY t.what, s.name, t.detail ORDER BY s.name, t.detail",
        (flow,),
    ).fetchall()
    ways = {(step, way): n for what, step, way, n in rows if what == WENT}
    return Passed(ways, {step: n for what, step, _, n in rows if what == TOOK})


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
