"""Flows and steps as small integers, the same in all deployments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.store.sql import Connection, each

NOT_YET = ""
"""In place of a name, in the deployments before the first that had the step."""


class Names(NamedTuple):
    """Both directions, for every flow and step that was ever deployed."""

    flow_ids: Mapping[str, int]
    flows: Mapping[int, str]
    step_ids: Mapping[tuple[int, str], int]
    steps: Mapping[tuple[int, int], str]
    firsts: Mapping[tuple[int, int], str] = {}  # what a renamed step was called first

    def step_id(self, flow: int, name: str | None) -> int | None:
        return None if name is None else self.step_ids[flow, name]

    def step(self, flow: int, number: int | None) -> str | None:
        return None if number is None else self.steps[flow, number]


def load(db: Connection) -> Names:
    flows = dict(db.execute("SELECT id, name FROM flow ORDER BY name").fetchall())
    steps = {
        (flow, number): name
        for flow, number, name in db.execute("SELECT flow, number, name FROM step ORDER BY flow, number")
    }
    return _both_ways(flows, steps, _was(db, 0, "AND was <> ''"))


def at(db: Connection, deployment: int) -> Names:
    """As that deployment had them."""
    now = load(db)
    return _both_ways(now.flows, {**now.steps, **_was(db, deployment)}, now.firsts)


def _was(db: Connection, after: int, wanted: str = "") -> dict[tuple[int, int], str]:
    """(flow, number) -> what the step was called after that deployment, where a later one has renamed it. `wanted`: more SQL."""
    sql = f"SELECT flow, number, was FROM renamed WHERE deployment > ? {wanted} ORDER BY deployment DESC"
    return {(flow, number): was for flow, number, was in db.execute(sql, (after,))}


class Renamed(NamedTuple):
    """What a step was called before that deployment; NOT_YET: it is younger than a step that had its name."""

    flow: int
    number: int
    deployment: int
    was: str


def renamed(db: Connection) -> list[Renamed]:
    return each(db, Renamed, "SELECT flow, number, deployment, was FROM renamed ORDER BY flow, number, deployment")


def _both_ways(
    flows: Mapping[int, str], steps: Mapping[tuple[int, int], str], firsts: Mapping[tuple[int, int], str]
) -> Names:
    numbers = {(flow, name): number for (flow, number), name in steps.items()}
    return Names({name: id for id, name in flows.items()}, flows, numbers, steps, firsts)


def rename(db: Connection, flow: int, number: int, name: str, deployment: int) -> None:
    """Call a step otherwise from that deployment on."""
    sql = "INSERT INTO renamed (flow, number, deployment, was) SELECT flow, number, ?, name FROM step"
    db.execute(f"{sql} WHERE flow = ? AND number = ? ON CONFLICT DO NOTHING", (deployment, flow, number))
    db.execute("UPDATE step SET name = ? WHERE flow = ? AND number = ?", (name, flow, number))


def intern(db: Connection, flows: Mapping[str, Iterable[str]], deployment: int = 0) -> None:
    """Give every flow and step of that deployment its number; known ones keep theirs.

    A new step may have the name that another one had in older deployments: in these it is not the one that is meant.
    """
    for flow, steps in flows.items():
        db.execute("INSERT INTO flow (name) VALUES (?) ON CONFLICT DO NOTHING", (flow,))
        (flow_id,) = db.execute("SELECT id FROM flow WHERE name = ?", (flow,)).fetchone()
        sql = "SELECT number, name FROM step WHERE flow = ?"
        known = {name: number for number, name in db.execute(sql, (flow_id,))}
        new = [name for name in steps if name not in known]
        first = max(known.values(), default=-1) + 1
        db.many(
            "INSERT INTO step (flow, number, name) VALUES (?, ?, ?)",
            [(flow_id, first + i, name) for i, name in enumerate(new)],
        )
        for i, name in enumerate(new):
            db.execute(
                "INSERT INTO renamed (flow, number, deployment, was) SELECT flow, ?, ?, ? FROM renamed"
                " WHERE flow = ? AND was = ? LIMIT 1 ON CONFLICT DO NOTHING",
                (first + i, deployment, NOT_YET, flow_id, name),
            )
