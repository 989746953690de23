"""`flows rollback`: a deployment of its own, with one flow as an older deployment has it and all else as it stands.

Invariants: those who wait are carried over as by any other deployment, and the names of steps go back as they came. An `apply` that brings
back the very version that was rolled back is refused, unless it says so (`--take-back`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from engine.deploy.read_project import Registry, checked_again, content_of
from engine.errors import Refused
from engine.language.check import Checked, flow_file
from engine.language.diagnostics.findings import Finding
from engine.language.model.canonical import digest
from engine.language.model.flow import Flow
from engine.language.model.message import message_of
from engine.language.model.steps import walk
from engine.store import deployments, interned_names, meta
from engine.store.deployments import Stored
from engine.store.sql import Connection
from engine.stored_media import is_whole

Content = dict[str, Any]


class Rollback(NamedTuple):
    """What is to be deployed."""

    flow: str
    standing: int
    to: int
    checked: Checked
    content: Content
    moved: Mapping[str, str]  # step as it is called now -> as the older version calls it
    version: str  # digest of the version that is taken out


def rollback_of(db: Connection, registry: Registry, media_dir: Path, flow: str, to: int | None = None) -> Rollback:
    """`to`: by default the last deployment in which the flow was another.

    Raises Refused where there is none, or the older version does not fit the rest of what is deployed.
    """
    standing = deployments.newest(db)
    if standing is None:
        raise Refused("nothing is deployed yet", "run `leadoff apply` first")
    now: Content = orjson.loads(standing.content)
    known = checked_again(now, registry)
    version = version_digest(known, flow)
    stored, then = _target(db, registry, standing, now, flow, version, to)
    content = _merged(now, then, known, checked_again(then, registry), flow, stored.id)
    checked = checked_again(content, registry)
    if not checked.ok:
        first = next(found for found in checked.findings if found.severity == "error")
        raise Refused(f"{flow} of deployment {stored.id} does not fit the rest of what is deployed: {_told(first)}")
    for path, info in checked.media.items():
        if not is_whole(db, media_dir, info.ref):
            raise Refused(f"the picture {path} of deployment {stored.id} is not kept any more")
    moved = _names_back(db, flow, checked, stored.id)
    return Rollback(flow, standing.id, stored.id, checked, content_of(checked), moved, version)


def version_digest(checked: Checked, flow: str) -> str:
    """The same for the same steps, texts and pictures; "" where there is no such flow."""
    found = checked.flows.get(flow)
    if found is None:
        return ""
    return digest(
        [
            found.without_edits,
            {name: checked.media[name].ref for name in pictures_of_flow(found) if name in checked.media},
        ]
    )


def pictures_of_flow(flow: Flow) -> frozenset[str]:
    """As the project's media are named."""
    messages = (message_of(step.block) for step in walk(flow.steps))
    return frozenset(message.picture for message in messages if message is not None and message.picture is not None)


def _target(
    db: Connection, registry: Registry, standing: Stored, now: Content, flow: str, version: str, to: int | None
) -> tuple[Stored, Content]:
    if to is not None:
        stored = deployments.one(db, to)
        if stored is None:
            raise Refused(f"there is no deployment {to}", f"the newest is {standing.id}")
        then: Content = orjson.loads(stored.content)
        if flow_file(then["files"], flow) is None:
            raise Refused(f"deployment {to} has no flow {flow}")
        if version_digest(checked_again(then, registry), flow) == version:
            raise Refused(f"{flow} is the same in deployment {to} as now: nothing to change")
        return stored, then
    text = now["files"].get(flow_file(now["files"], flow) or "")
    for stored in deployments.before(db, standing.id):
        then = orjson.loads(stored.content)
        path = flow_file(then["files"], flow)
        if path is None or (then["files"][path] == text and then["media"] == now["media"]):
            continue
        if version_digest(checked_again(then, registry), flow) not in ("", version):
            return stored, then
    raise Refused(
        f"{flow} was never another: there is no deployment to go back to", f"`leadoff flows pause {flow}` stops it"
    )


def _merged(now: Content, then: Content, known: Checked, older: Checked, flow: str, id: int) -> Content:
    """The files and pictures of what stands, but for those of the flow."""
    if flow not in older.flows:
        raise Refused(f"this version of Leadoff cannot read {flow} of deployment {id}")
    pictures = pictures_of_flow(older.flows[flow])
    others = {name for other, each in known.flows.items() if other != flow for name in pictures_of_flow(each)}
    for name in sorted(pictures & others):
        if now["media"][name]["ref"] != then["media"][name]["ref"]:
            raise Refused(
                f"another flow shows {name} too, and deployment {id} had another picture of that name",
                "give the picture of one of the flows a name of its own, and apply",
            )
    old, new = flow_file(now["files"], flow), flow_file(then["files"], flow)
    files = {path: text for path, text in now["files"].items() if path != old}
    return {
        "files": {**files, str(new): then["files"][new]},
        "media": {**now["media"], **{name: then["media"][name] for name in pictures}},
    }


def _names_back(db: Connection, flow: str, checked: Checked, to: int) -> dict[str, str]:
    """Steps that are called otherwise now; also those that are not deployed, as runs may have passed them.

    A step that has the name of another one of that version, and is not in it, gets a name that no flow has: who waits at it would be lost.
    """
    names, then = interned_names.load(db), interned_names.at(db, to)
    number = names.flow_ids[flow]
    older = {step.id for step in walk(checked.flows[flow].steps)}
    found = {}
    for (of, step), name in names.steps.items():
        was = then.steps[of, step] or f"{name}@{to}"
        if of == number and was != name and {was, name} & older:
            found[name] = was
    return found


def _told(found: Finding) -> str:
    return f"{found.file}:{found.span.line}: {found.message}"


def with_names_back(checked: Checked, moved: Mapping[str, Mapping[str, str]]) -> Checked:
    """As if the files said so themselves."""
    flows = {
        name: flow.model_copy(update={"moved": {**flow.moved, **moved[name]}}) if name in moved else flow
        for name, flow in checked.flows.items()
    }
    return checked._replace(flows=flows)


class BroughtBack(NamedTuple):
    """A version of a flow that was rolled back, and is in the files all the same."""

    flow: str
    deployment: int  # the rollback

    @property
    def why(self) -> str:
        return f"{self.flow} was rolled back in deployment {self.deployment}, and the files bring the very same version back"


TAKE_BACK = "change the flow, or confirm: `leadoff apply --take-back`"


def brought_back(db: Connection, checked: Checked) -> tuple[BroughtBack, ...]:
    """What `apply` refuses without `--take-back`."""
    return tuple(
        BroughtBack(flow, deployment)
        for flow, versions in _rolled_back(db).items()
        for version, deployment in versions.items()
        if flow in checked.flows and version_digest(checked, flow) == version
    )


def remember(db: Connection, flow: str, version: str, deployment: int) -> None:
    """That version of the flow was taken out by this deployment; "" where the flow was not there."""
    if not version:
        return
    known = _rolled_back(db)
    known.setdefault(flow, {})[version] = deployment
    meta.put(db, meta.ROLLED_BACK, orjson.dumps(known).decode())


def forget(db: Connection, checked: Checked) -> None:
    """What is deployed again on purpose is rolled back no longer."""
    known = _rolled_back(db)
    for found in brought_back(db, checked):
        known[found.flow].pop(version_digest(checked, found.flow))
    meta.put(db, meta.ROLLED_BACK, orjson.dumps(known).decode())


def _rolled_back(db: Connection) -> dict[str, dict[str, int]]:
    """Flow -> version -> the deployment that took it out."""
    found: dict[str, dict[str, int]] = orjson.loads(meta.get(db, meta.ROLLED_BACK) or "{}")
    return found
