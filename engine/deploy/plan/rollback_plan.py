"""What a rollback would do, as a plan: shown, and allowed or refused, before it is done."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from engine.deploy.git import Revision
from engine.deploy.live_edits.rollback import Rollback, rollback_of, with_names_back
from engine.deploy.plan.plan import Plan
from engine.deploy.plan.planning import plan_here
from engine.deploy.read_project import Registry
from engine.errors import Refused
from engine.language.check import Checked
from engine.store.sql import Connection


class RollbackPlan(NamedTuple):
    """`checked`: the project as it will be."""

    rollback: Rollback
    checked: Checked
    plan: Plan

    def allow(self) -> None:
        """Raises Refused where people wait at a step that would be gone."""
        if self.plan.refused:
            found = self.rollback
            help = "let them leave, move them (`leadoff runs move`), or end their runs (`leadoff runs exit`)"
            raise Refused(f"{found.flow} cannot go back to deployment {found.to}: {self.plan.refused[0].why}", help)


def rollback_plan(
    db: Connection, root: Path, registry: Registry, media_dir: Path, flow: str, to: int | None, now: int
) -> RollbackPlan:
    """`to`: a deployment, by default the last in which the flow was another. Raises Refused as `rollback_of` does."""
    found = rollback_of(db, registry, media_dir, flow, to)
    checked = with_names_back(found.checked, {flow: found.moved})
    made = plan_here(db, root, registry, checked, Revision(None, False), now, flow=flow)
    after = made.after._replace(revision=f"{flow} of deployment {found.to}")
    return RollbackPlan(found, checked, made._replace(after=after))
