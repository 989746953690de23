"""Flows as an older deployment has them, for the runs that finish there (`on_change: pin`, `retired: {flow: drain}`).

    of the older one    steps, texts, pictures, conditions, category
    of the newest       all of leadoff.yaml and the segments; the flow's own quiet hours and sender while the flow has a file

Invariants: a name of leadoff.yaml that such a version needs and does not find any more is a finding, and `apply` refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from engine.core.context import Settings
from engine.core.program import Program
from engine.deploy.deployed import Deployed
from engine.deploy.read_project import Registry
from engine.language.check import Checked, ProjectFiles, check, flow_file, is_flow_file
from engine.language.compiler import compile_in_project
from engine.language.diagnostics.findings import Finding
from engine.language.model.flow import Flow
from engine.language.model.project import Project
from engine.messaging.media.picture import MediaInfo
from engine.store import carrying, deployments, interned_names
from engine.store.deployments import Stored
from engine.store.interned_names import Names
from engine.store.sql import Connection


class Version(NamedTuple):
    """A flow of an older deployment, beside the leadoff.yaml of the newest."""

    flow: Flow | None  # None: it does not fit, as the findings say
    media: Mapping[str, str]  # path as written -> "<content hash>.<ending>"
    findings: tuple[Finding, ...]


def version_of(stored: Stored, flow: str, sources: Mapping[str, str], registry: Registry) -> Version:
    """`sources`: the files of the newest project."""
    content: dict[str, Any] = orjson.loads(stored.content)
    path = flow_file(content["files"], flow)
    if path is None:
        return Version(None, {}, ())
    media = {name: MediaInfo(**info) for name, info in content["media"].items()}
    shared = {name: text.encode() for name, text in sources.items() if not is_flow_file(name)}
    checked = check(ProjectFiles({**shared, path: content["files"][path].encode()}, media.get), registry)
    wrong = tuple(found for found in checked.findings if found.file == path and found.severity == "error")
    found = None if wrong else checked.flows.get(flow)
    return Version(found, {name: info.ref for name, info in checked.media.items()}, wrong)


def misfit(stored: Stored, flow: str, sources: Mapping[str, str], registry: Registry) -> str | None:
    """Why that version cannot run beside these files: its first finding, with its place. None if it can."""
    version = version_of(stored, flow, sources, registry)
    if version.flow is not None:
        return None
    if not version.findings:
        return f"deployment {stored.id} has no such flow"
    first = version.findings[0]
    return f"{first.file}:{first.span.line}: {first.message}"


def older_versions(
    db: Connection, newest: Checked, programs: Mapping[str, Program], settings: Settings, registry: Registry
) -> dict[int, Deployed]:
    """Deployment -> the flows in which somebody finishes there. A version that does not fit is left out: its runs are parked."""
    assert newest.project is not None
    names, found = interned_names.load(db), {}
    for id, flows in carrying.finishing(db).items():
        stored = deployments.one(db, id)
        if stored is not None:
            wanted = [names.flows[flow] for flow in flows]
            there, then = (
                dict(_programs(stored, wanted, newest, programs, settings, registry)),
                interned_names.at(db, id),
            )
            found[id] = Deployed(id, newest.project, drawn_as_first(there, then), then, settings, stored.commit)
    return found


def _programs(
    stored: Stored,
    flows: list[str],
    newest: Checked,
    programs: Mapping[str, Program],
    settings: Settings,
    registry: Registry,
) -> Iterator[tuple[str, Program]]:
    assert newest.project is not None
    for flow in flows:
        version = version_of(stored, flow, newest.sources, registry)
        if version.flow is not None:
            yield flow, older_program(version.flow, version.media, newest.project, settings, programs.get(flow))


def older_program(
    flow: Flow, media: Mapping[str, str], project: Project, settings: Settings, newest: Program | None
) -> Program:
    """`newest`: the flow as it is deployed now."""
    made = compile_in_project(flow, project, settings._replace(media=media))
    return made if newest is None else made._replace(quiet=newest.quiet, sender=newest.sender)


def drawn_as_first(programs: Mapping[str, Program], names: Names) -> dict[str, Program]:
    """With the first names of steps that were renamed."""
    found = {name: dict[str, str]() for name in programs}
    for (flow, number), was in names.firsts.items():
        if names.flows[flow] in found and names.steps[flow, number] != was:
            found[names.flows[flow]][names.steps[flow, number]] = was
    return {name: program._replace(drawn_as=found[name]) for name, program in programs.items()}
