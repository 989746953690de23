"""What the gates read of a deployment, by flow: if `apply` changes it, held messages are decided again (T1)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import orjson

from engine.core.program import Program
from engine.language.model.canonical import digest
from engine.language.model.project import Project
from engine.store import held_messages, meta
from engine.store.interned_names import Names


def decide_changed(
    db: sqlite3.Connection, project: Project, programs: Mapping[str, Program], names: Names, now: int
) -> None:
    """In the transaction that switches to the deployment."""
    before = orjson.loads(meta.get(db, meta.GATES) or "{}")
    shared = [project.quiet_hours, project.caps, project.countries, project.timezone]
    seen = {str(id): _read_by_gates(shared, programs.get(flow)) for flow, id in names.flow_ids.items()}
    held_messages.decide_again(db, now, flows=[int(id) for id, said in seen.items() if before.get(id) != said])
    meta.put(db, meta.GATES, orjson.dumps(seen).decode())


def _read_by_gates(shared: list[object], program: Program | None) -> str:
    """For a flow that is no longer deployed, the project's settings: its messages may still wait."""
    return digest([*shared, program.revision if program else None])
