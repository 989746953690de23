"""Makes the plan of a project's files against what its database has deployed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import orjson

from engine.deploy.apply import as_deployed
from engine.deploy.git import Revision, commit_of
from engine.deploy.live_edits.live_edits import NOBODY, live_edits
from engine.deploy.live_edits.rollback import brought_back
from engine.deploy.plan.changes import changes_of
from engine.deploy.plan.people_touched import with_counts, with_people
from engine.deploy.plan.plan import Knows, Plan, Source, planned
from engine.deploy.plan.takes_back import takes_back
from engine.deploy.read_project import Registry, checked_again
from engine.deploy.revisions import project_at
from engine.errors import UsageError
from engine.language.check import Checked, check
from engine.language.compiler import compile_project
from engine.store import carrying, deployments
from engine.store.sql import Connection

UNREAD = (
    "this version cannot read deployment {}: everything counts as new, and what becomes of those who wait is not known"
)


def plan_here(
    db: Connection,
    root: Path,
    registry: Registry,
    checked: Checked,
    revision: Revision,
    now: int,
    again: Collection[str] = (),
    knows: Knows = "database",
    held: Mapping[str, int] | None = None,
    flow: str | None = None,
    everything: bool = False,
) -> Plan:
    """`checked`: the files, without an error; `revision`: theirs. `again`: flows whose campaign may fire a second time.

    `knows`: "nobody" where there is no database, and `db` is an empty one; "server" where `db` is the shadow of one, which `held` says of:
    flow -> its held messages. `flow`: the only one that is another, so that nobody is counted who waits in others. `everything`: also the
    campaigns of flows that stay the same.

    Raises Refused while contacts are still being carried over to the newest deployment: then nobody can say what becomes of them.
    """
    carrying.refuse_standing(db)
    stored = deployments.newest(db)
    programs = compile_project(checked, deployments.known_secret(db))
    after = Source(None, revision.commit, revision.dirty)
    old = checked_again(orjson.loads(stored.content), registry) if stored else None
    deployed, before = None, None
    if stored is not None and old is not None:
        before = Source(stored.id, stored.commit, bool(stored.dirty), stored.at)
        if old.ok and old.project is not None:
            deployed = as_deployed(db, stored, old, registry)
    edits = live_edits(db, deployed, checked, programs, registry, None if flow is None else [flow])
    both = (deployed.programs if deployed else {}, programs)
    plan = planned(changes_of(old, checked), knows, before, after, edits, both)
    if held is None:
        plan = with_people(plan, db, edits, programs, now, tuple(again), everybody=flow is None, everything=everything)
    else:
        plan = with_counts(plan, db, edits, programs, held)
    if stored is not None and old is not None:
        plan = _with_history(plan, root, stored.commit, old, checked, registry)
        if deployed is None:
            plan = plan._replace(notes=(UNREAD.format(stored.id), *plan.notes))
    back = (f"{each.why}: `leadoff apply` refuses that without --take-back" for each in brought_back(db, checked))
    return plan._replace(notes=(*plan.notes, *back))


def plan_against(root: Path, name: str, registry: Registry, checked: Checked, revision: Revision) -> Plan:
    """Against a branch, tag or hash, without a database: nobody who waits is known. Raises UsageError."""
    old = check(project_at(root, name), registry)
    if not old.ok:
        first = next(found for found in old.findings if found.severity == "error")
        raise UsageError(
            f'the revision "{name}" does not compile: {first.file}:{first.span.line}: {first.message}',
            f"`git worktree add ../before {name}`, and `leadoff check` there",
        )
    before = Source(None, commit_of(root, name), False, revision=name)
    after = Source(None, revision.commit, revision.dirty)
    return planned(changes_of(old, checked), "nobody", before, after, NOBODY, ({}, {}))


def _with_history(plan: Plan, root: Path, commit: str | None, old: Checked, new: Checked, registry: Registry) -> Plan:
    try:
        return plan._replace(takes_back=takes_back(root, commit, old, new, registry))
    except UsageError as error:
        return plan._replace(cannot_tell=error.message, notes=(*plan.notes, f"{error.message}: {error.help}"))
