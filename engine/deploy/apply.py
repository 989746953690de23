"""`apply`: compiles the project, keeps its pictures, stores the deployment and switches to it, in one transaction (V1).

That transaction is short, however many wait: they are counted before it, and carried over behind it (live_edits/carrying_over.py).

Invariants: with one error in any file nothing changes. Waiting contacts follow by step id (V2), so a step or flow with waiting contacts
cannot be removed (V3). Media are on disk, named by the hash of their content, before the deployment that names them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import orjson

from engine import stored_media
from engine.core.program import Program
from engine.deploy import past_orders, summary, trigger_setup
from engine.deploy.deployed import Deployed
from engine.deploy.git import Revision
from engine.deploy.live_edits import rollback
from engine.deploy.live_edits.carrying_over import begin, finish, rename_steps
from engine.deploy.live_edits.live_edits import LiveEdits, live_edits, with_newcomers
from engine.deploy.live_edits.older_versions import drawn_as_first, older_versions
from engine.deploy.live_edits.rollback import Rollback
from engine.deploy.member_listing import listing
from engine.deploy.read_project import Registry, checked_again, content_of, not_readable, pictures_of
from engine.errors import Refused
from engine.language.check import Checked
from engine.language.compiler import canonical_hash, compile_project
from engine.language.model.canonical import digest
from engine.language.model.project import Project
from engine.messaging.media.picture import Fitted, MediaInfo
from engine.store import carrying, deployments, goals, interned_names, meta
from engine.store.database import Database
from engine.store.deployments import Stored
from engine.store.interned_names import Names
from engine.store.sql import Connection
from engine.stored_media import is_whole


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
    take_back: bool = False,
    progress: Callable[[int], object] = lambda done: None,
) -> Applied:
    """Deploy a project whose `checked` has no error. `again`: flows whose campaign has fired and may fire anew. `take_back`: a version of
    a flow that was rolled back may come back.

    `planned`: the deployment that stood when somebody looked at the plan, 0 for none. Raises Refused when another one stands now, when
    contacts wait where nothing would be, and when a campaign would reach its audience a second time. `progress`: see `finish`.
    """
    if not checked.ok:
        raise Refused("the project has errors", "run `leadoff check`")
    pictures = pictures_of(root, lambda: checked.project)
    with database.reading() as db:
        lost = {name: info for name, info in checked.media.items() if not is_whole(db, media_dir, info.ref)}
    for name, info in lost.items():
        made = pictures.fitted(name)
        keep_media(media_dir, info, made.data if isinstance(made, Fitted) else b"")
    stored_media.store(database, media_dir, [info.ref for info in checked.media.values()])
    content = content_of(checked)
    switch = Switch(checked, content, revision, now, registry, again, planned, take_back)
    return deploy(database, switch, progress=progress)


def roll_back(database: Database, found: Rollback, revision: Revision, now: int, registry: Registry) -> Applied:
    """Raises Refused where another deployment came meanwhile, and as `apply` does."""
    moved = {found.flow: found.moved}
    switch = Switch(found.checked, found.content, revision, now, registry, (), found.standing, True, moved)
    return deploy(database, switch, lambda db, id: rollback.remember(db, found.flow, found.version, id))


def deploy(
    database: Database,
    switch: Switch,
    also: Callable[[Connection, int], object] = lambda db, id: None,
    progress: Callable[[int], object] = lambda done: None,
) -> Applied:
    """Switch, and carry over who waits: what an earlier switch has left first. `also`: done in the switch, with the new deployment."""

    def write(db: Connection) -> Applied:
        done = ready.make(db)
        also(db, done.id)
        return done

    def clock() -> int:
        return switch.now

    with listing(database, switch.checked, switch.now):
        while True:
            finish(database, clock, progress=progress)
            with database.reading() as db:
                ready = switch.looked_at(db)
            try:
                done = database.write(write)
                break
            except StillCarrying:  # another switch came meanwhile
                continue
    finish(database, clock, progress=progress)
    project = switch.checked.project
    assert project is not None
    past_orders.finish(database, project.compiled_goals, project.currency)
    return done


class StillCarrying(Refused):
    """Runs are carried over to the deployment that stands: the next switch waits for it."""


class Switch(NamedTuple):
    """To a new deployment, in one transaction."""

    checked: Checked
    content: Mapping[str, object]
    revision: Revision
    now: int
    registry: Registry
    again: Collection[str] = ()
    planned: int | None = None  # the deployment that stood when somebody looked at the plan, 0: none
    take_back: bool = False
    moved: Mapping[str, Mapping[str, str]] = {}  # flow -> names of steps, beside what its file says
    before: Deployed | None = None  # the newest deployment, as far as it was read beforehand
    seen: LiveEdits | None = None  # what becomes of those who wait, looked at beforehand, with that deployment

    def looked_at(self, db: Connection) -> Switch:
        """The same, with what takes long to read: who waits, and what stands. Raises Refused as `make` does."""
        standing, before = deployments.newest(db), readable(db, self.registry)
        found = self._replace(before=before)
        if self._changes_nothing(standing):
            return found
        found._refuse(db, standing)
        carried = rollback.with_names_back(self.checked, self.moved)
        seen = live_edits(db, before, carried, registry=self.registry, flows=())
        _refuse_lost(seen)
        return found._replace(seen=seen)

    def make(self, db: Connection) -> Applied:
        """Raises StillCarrying where an earlier switch is still carried out."""
        db.world(exclusive=True)
        checked, standing = self.checked, deployments.newest(db)
        hash, flows = canonical_hash(checked), tuple(sorted(checked.flows))
        commit, dirty = self.revision
        programs = compile_project(checked, deployments.secret(db))
        assert checked.project is not None
        whole = orjson.dumps({**self.content, "summary": summary.written(checked.project, programs)}).decode()
        if standing is not None and self._changes_nothing(standing):
            if summary.of_stored(standing) is None:
                deployments.replace_content(db, standing.id, whole)  # the summary is of another version
            return Applied(standing.id, hash, False, flows, commit, dirty)
        if carrying.is_standing(db):
            raise StillCarrying("an earlier deployment is still being carried out", "try again in a few seconds")
        before, seen = self.before, self.seen
        if standing is not None and (before is None or before.id != standing.id):
            before, seen = readable(db, self.registry), None
        self._replace(before=before)._refuse(db, standing)
        if rollback.brought_back(db, checked):
            rollback.forget(db, checked)
        carried = rollback.with_names_back(checked, self.moved)
        if seen is None:
            seen = live_edits(db, before, carried, programs, self.registry, flows=())
        edits = with_newcomers(db, seen, before, carried, programs, self.registry)
        _refuse_lost(edits)
        id = deployments.insert(db, hash, commit, dirty, self.now, whole)
        rename_steps(db, carried, before.programs if before else {}, id)
        interned_names.intern(db, {name: list(program.places) for name, program in programs.items()}, id)
        names = interned_names.load(db)
        decided = _read_anew(db, checked.project, programs, names)
        begin(db, edits, carried, programs, names, id, decided if standing else (), self.now)
        trigger_setup.set_up(db, checked.project, programs, names, self.now, self.again)
        goals.deploy(db, checked.project.compiled_goals)
        return Applied(id, hash, standing is None or standing.hash != hash, flows, commit, dirty)

    def _changes_nothing(self, standing: Stored | None) -> bool:
        if standing is None or (standing.commit, standing.dirty) != self.revision:
            return False
        return standing.hash == canonical_hash(self.checked)

    def _refuse(self, db: Connection, standing: Stored | None) -> None:
        """What does not depend on who waits."""
        stands = standing.id if standing else 0
        if self.planned is not None and self.planned != stands:
            raise Refused(
                f"deployment {stands} was applied meanwhile; nothing was changed",
                "look at the plan again: `leadoff plan`",
            )
        assert self.checked.project is not None
        _refuse_another(self.before, self.checked.project, self.checked.flows)
        found = () if self.take_back else rollback.brought_back(db, self.checked)
        if found:
            raise Refused("; ".join(each.why for each in found), rollback.TAKE_BACK)


def _refuse_lost(edits: LiveEdits) -> None:
    refused = [(each.why, each.help) for each in edits.refused] + [(each.why, each.help) for each in edits.left_over]
    if refused:
        helps = dict.fromkeys(help or "" for _, help in refused)
        raise Refused("; ".join(why or "" for why, _ in refused), "\n        ".join(helps))


def keep_media(folder: Path, info: MediaInfo, data: bytes) -> None:
    """Store an image under its content's hash, in place of a damaged one."""
    if hashlib.sha256(data).hexdigest() != info.ref.partition(".")[0]:
        raise Refused("an image changed during apply", "run `leadoff apply` again")
    stored_media.write(folder, info.ref, data)


def load(
    db: Connection, registry: Registry, address: Callable[[str], str] = lambda written: written
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
    return as_deployed(db, stored, checked, registry, address)


def as_deployed(
    db: Connection,
    stored: Stored,
    checked: Checked,
    registry: Registry,
    address: Callable[[str], str] = lambda written: written,
) -> Deployed:
    """The newest deployment, with the older versions in which runs finish. `checked`: what it keeps, which has no error."""
    assert checked.project is not None
    secret, url = deployments.known_secret(db), address(checked.project.public_url)
    names = interned_names.load(db)
    programs = drawn_as_first(compile_project(checked, secret, url), names)
    settings = checked.project.settings(secret, {}, url)
    older = older_versions(db, checked, programs, settings, registry)
    return Deployed(stored.id, checked.project, programs, names, settings, stored.commit, older)


def readable(db: Connection, registry: Registry) -> Deployed | None:
    """The newest deployment; None also where this version cannot read it."""
    try:
        return load(db, registry)
    except Refused:
        return None


def _refuse_another(before: Deployed | None, project: Project, flows: Collection[str]) -> None:
    """Raises Refused where another project is deployed. One that only got a new name has still some of its flows."""
    if before is None or before.project.project == project.project or not before.programs:
        return
    if not before.programs.keys() & set(flows):
        raise Refused(
            f"this database holds another project, {before.project.project}; nothing was changed",
            "each project has a database of its own: LEADOFF_DATABASE_URL; a project that gets a new name keeps its flows at first",
        )


def _read_anew(db: Connection, project: Project, programs: Mapping[str, Program], names: Names) -> list[int]:
    """The flows of which the gates now read something else: on what they hold of these they decide again (T1)."""
    before = orjson.loads(meta.get(db, meta.GATES) or "{}")
    shared = [project.quiet_hours, project.caps, project.countries, project.timezone]
    seen = {str(id): _read_by_gates(shared, programs.get(flow)) for flow, id in names.flow_ids.items()}
    meta.put(db, meta.GATES, orjson.dumps(seen).decode())
    return [int(id) for id, said in seen.items() if before.get(id) != said]


def _read_by_gates(shared: list[object], program: Program | None) -> str:
    """For a flow that is no longer deployed, the project's settings: its messages may still wait."""
    return digest([*shared, program.revision if program else None])
