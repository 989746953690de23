"""Where the runs of one flow are."""

from __future__ import annotations

from typing import NamedTuple

from engine.store.sql import Connection
from engine.store.states import IS_ACTIVE, IS_PARKED, IS_WAITING


class AtStep(NamedTuple):
    """How many runs are at one step."""

    waiting: int = 0
    parked: int = 0


def of_flow(db: Connection, flow: str) -> dict[str | None, AtStep]:
    """By step id, in the order in which the steps were first deployed; None: those that have not come to a step yet."""
    rows = db.execute(
        f"SELECT s.name, COUNT(*) FILTER (WHERE r.{IS_WAITING}), COUNT(*) FILTER (WHERE r.{IS_PARKED})"
        " FROM flow f JOIN run r ON r.flow = f.id"
        f" LEFT JOIN step s ON s.flow = r.flow AND s.number = r.step WHERE f.name = ? AND r.{IS_ACTIVE} GROUP BY r.step, s.name"
        " ORDER BY r.step NULLS FIRST",
        (flow,),
    )
    return {step: AtStep(waiting, parked) for step, waiting, parked in rows}
