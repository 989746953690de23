"""`apply`: compiles the project, keeps its pictures, stores the deployment and switches to it, in one transaction (V1).

Invariants: with one error in any file nothing changes. Waiting contacts follow by step id (V2), so a step or flow with waiting contacts
cannot be removed (V3). Media are on disk, named by the hash of their content, before the deployment that names them.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import orjson

from engine import private_files
from engine.core.program import Program
from engine.deploy import stored_pictures, summary, trigger_setup
from engine.deploy.carrying_over import carry_over, rename_steps
from engine.deploy.deployed import Deployed
from engine.deploy.git import Revision
from engine.deploy.live_edits import LiveEdits, live_edits
from engine.deploy.older_versions import older_versions
from engine.deploy.project_files import deployed_files
from engine.deploy.read_project import Registry, checked_again, not_readable, pictures_of
from engine.errors import Refused
from engine.language.check import Checked
from engine.language.compiler import canonical_hash, compile_project
from engine.language.model.canonical import digest
from engine.language.model.project import Project
from engine.messaging.media.picture import Fitted, MediaInfo
from engine.store import deployments, held_messages, interned_names, meta
from engine.store.database import Database
from engine.store.interned_names import Names


class Applied(NamedTuple):
    id: int
    hash: str
    changed: bool
    flows: tuple[str, ...]
    commit: str | None
    dirty: bool


def apply(
    database: Database,
    root: Path,
    checked: Checked,
    revision: Revision,
    media_dir: Path,
    now: int,
    registry: Registry,
    again: Collection[str] = (),
    planned: int | None = None,
) -> Applied:
    """Deploy a project whose `checked` has no error. `again`: flows whose campaign has fired and may fire anew.

    `planned`: the deployment that stood when somebody looked at the plan, 0 for none. Raises Refused when another one stands now, when
    contacts wait where nothing would be, and when a campaign would reach its audience a second time.
    """
    if not checked.ok:
        raise Refused("the project has errors", "run `leadoff check`")
    pictures = pictures_of(root, lambda: checked.project)
    for name, info in checked.media.items():
        if not stored_pictures.whole(media_dir / info.ref):
            made = pictures.fitted(name)
            keep_media(media_dir, info, made.data if isinstance(made, Fitted) else b"")
    content = {
        "files": deployed_files(checked.sources),
        "media": {path: _sent(info) for path, info in checked.media.items()},
    }
    with database.reading() as db:
        before = readable(db, registry)  # mostly the one that stands: only then it is not read while all others wait
    return database.write(lambda db: _switch(db, checked, content, revision, now, again, before, registry, planned))


def _switch(
    db: sqlite3.Connection,
    checked: Checked,
    content: dict[str, object],
    revision: Revision,
    now: int,
    again: Collection[str],
    before: Deployed | None,
    registry: Registry,
    planned: int | None,
) -> Applied:
    digest = canonical_hash(checked)
    standing = deployments.newest(db)
    programs = compile_project(checked, deployments.secret(db))
    assert checked.project is not None
    whole = orjson.dumps({**content, "summary": summary.written(checked.project, programs)}).decode()
    flows = tuple(sorted(checked.flows))
    if standing is not None and (standing.hash, standing.commit, standing.dirty) == (
        digest,
        revision.commit,
        revision.dirty,
    ):
        if summary.of_stored(standing) is None:
            deployments.replace_content(db, standing.id, whole)  # the summary is of another version
        return Applied(standing.id, digest, False, flows, revision.commit, revision.dirty)
    if planned is not None and planned != (standing.id if standing else 0):
        raise Refused(
            f"deployment {standing.id if standing else 0} was applied meanwhile; nothing was changed",
            "look at the plan again: `leadoff plan`",
        )
    if standing is not None and (before is None or before.id != standing.id):
        before = readable(db, registry)
    edits = live_edits(db, before, checked, programs, registry)
    _refuse_lost(edits)
    id = deployments.insert(db, digest, revision.commit, revision.dirty, now, whole)
    rename_steps(db, checked, before.programs if before else {}, standing.id if standing else None, id)
    interned_names.intern(db, {name: list(program.places) for name, program in programs.items()})
    names = interned_names.load(db)
    carry_over(db, edits, checked, programs, names, now)
    trigger_setup.set_up(db, checked.project, programs, names, now, again)
    _decide_changed(db, checked.project, programs, names, now)
    return Applied(id, digest, standing is None or standing.hash != digest, flows, revision.commit, revision.dirty)


def refuse_lost_places(database: Database, registry: Registry, checked: Checked) -> None:
    """Raises Refused where contacts wait at what `checked`, which has no error, has not. Writes nothing."""
    with database.reading() as db:
        _refuse_lost(live_edits(db, readable(db, registry), checked, registry=registry))


def _refuse_lost(edits: LiveEdits) -> None:
    refused = [(each.why, each.help) for each in edits.refused] + [(each.why, each.help) for each in edits.left_over]
    if refused:
        helps = dict.fromkeys(help or "" for _, help in refused)
        raise Refused("; ".join(why or "" for why, _ in refused), "\n        ".join(helps))


def _sent(info: MediaInfo) -> dict[str, object]:
    """What a deployment keeps of a picture: how it was made is for findings alone."""
    return {name: value for name, value in info._asdict().items() if name != "stilled"}


def keep_media(folder: Path, info: MediaInfo, data: bytes) -> None:
    """Store an image under its content's hash, in place of a damaged one; it is complete or not there."""
    target = folder / info.ref
    if hashlib.sha256(data).hexdigest() != info.ref.partition(".")[0]:
        raise Refused("an image changed during apply", "run `leadoff apply` again")
    private_files.make_folder(folder)
    unfinished = target.with_name(f".{info.ref}.{os.getpid()}")
    with open(unfinished, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(target)


def load(
    db: sqlite3.Connection, registry: Registry, address: Callable[[str], str] = lambda written: written
) -> Deployed | None:
    """The newest deployment, compiled; None when nothing was ever applied.

    `address`: what goes into links, for the `public_url` that the project has.
    """
    stored = deployments.newest(db)
    if stored is None:
        return None
    checked = checked_again(orjson.loads(stored.content), registry)
    if not checked.ok:
        raise not_readable()
    assert checked.project is not None
    secret, url = deployments.known_secret(db), address(checked.project.public_url)
    names = interned_names.load(db)
    programs = _drawn_as_first(compile_project(checked, secret, url), names)
    settings = checked.project.settings(secret, {}, url)
    older = older_versions(db, checked, programs, settings, registry)
    return Deployed(stored.id, checked.project, programs, names, stored.commit, older)


def _drawn_as_first(programs: Mapping[str, Program], names: Names) -> dict[str, Program]:
    """With the first names of steps that were renamed."""
    found = {name: dict[str, str]() for name in programs}
    for (flow, number), was in names.firsts.items():
        if names.flows[flow] in found and names.steps[flow, number] != was:
            found[names.flows[flow]][names.steps[flow, number]] = was
    return {name: program._replace(drawn_as=found[name]) for name, program in programs.items()}


def readable(db: sqlite3.Connection, registry: Registry) -> Deployed | None:
    """The newest deployment; None also where this version cannot read it."""
    try:
        return load(db, registry)
    except Refused:
        return None


def _decide_changed(
    db: sqlite3.Connection, project: Project, programs: Mapping[str, Program], names: Names, now: int
) -> None:
    """Let the gates decide again on what they hold of flows of which they now read something else (T1)."""
    before = orjson.loads(meta.get(db, meta.GATES) or "{}")
    shared = [project.quiet_hours, project.caps, project.countries, project.timezone]
    seen = {str(id): _read_by_gates(shared, programs.get(flow)) for flow, id in names.flow_ids.items()}
    held_messages.decide_again(db, now, flows=[int(id) for id, said in seen.items() if before.get(id) != said])
    meta.put(db, meta.GATES, orjson.dumps(seen).decode())


def _read_by_gates(shared: list[object], program: Program | None) -> str:
    """For a flow that is no longer deployed, the project's settings: its messages may still wait."""
    return digest([*shared, program.revision if program else None])
