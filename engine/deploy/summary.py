"""What listings tell of a deployment, without compiling it: stored with it by `apply`.

Invariants: it is read only by the version that wrote it, and written only where every block is Leadoff's own, so that what a listing
says is what the engine would say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from engine import __version__
from engine.store.deployments import Stored

if TYPE_CHECKING:
    from engine.core.program import Program
    from engine.language.model.project import Project


class StepSummary(NamedTuple):
    doing: str  # what a run does that waits here, in words
    listens: tuple[str, ...]  # names of the facts that it waits for, sorted


class FlowSummary(NamedTuple):
    category: str
    revision: str
    steps: Mapping[str, StepSummary]
    branches: Mapping[str, Mapping[str, tuple[str, ...]]] = {}  # step -> branch -> the steps in it


class Summary(NamedTuple):
    currency: str
    fields: tuple[str, ...]  # of a contact, built in and declared
    senders: Mapping[str, str]  # sender -> its provider
    flows: Mapping[str, FlowSummary]

    def doing(self, flow: str, step: str | None) -> str:
        """What a run does that waits there, in words."""
        found = self.step(flow, step)
        return found.doing if found else "waits" if step is not None else "waits for its time to start"

    def step(self, flow: str, step: str | None) -> StepSummary | None:
        """None where the deployment has no such flow or step."""
        return self.flows[flow].steps.get(step or "") if flow in self.flows else None


NOTHING_DEPLOYED = Summary("USD", (), {}, {})


def summary_of(project: Project, programs: Mapping[str, Program]) -> Summary:
    senders = {name: sender.provider for name, sender in project.senders.items()}
    flows = {name: _flow(program) for name, program in programs.items()}
    return Summary(project.currency, tuple(project.contact_fields), senders, flows)


def _flow(program: Program) -> FlowSummary:
    from engine.language.model.steps import walk  # the language is there where programs are

    nodes = {step: program.nodes[place] for step, place in program.places.items()}
    steps = {step: StepSummary(node.block.describe(), tuple(sorted(node.listens))) for step, node in nodes.items()}
    inside = {step: node.block.branches() for step, node in nodes.items()}
    branches = {
        step: {name: tuple(each.id for each in walk(steps) if each.id is not None) for name, steps in ways.items()}
        for step, ways in inside.items()
        if ways
    }
    return FlowSummary(program.category, program.revision, steps, branches)


def written(project: Project, programs: Mapping[str, Program]) -> dict[str, Any]:
    """As JSON, which `of_stored` reads; {} where a block of another package may speak otherwise tomorrow."""
    blocks = (node.block for program in programs.values() for node in program.nodes)
    if not all(type(block).__module__.startswith("blocks.") for block in blocks):
        return {}
    found = summary_of(project, programs)
    flows = {
        name: [flow.category, flow.revision, {id: list(step) for id, step in flow.steps.items()}, flow.branches]
        for name, flow in found.flows.items()
    }
    return found._asdict() | {"version": __version__, "flows": flows}


def of_stored(stored: Stored) -> Summary | None:
    """None where another version wrote it, or none could."""
    told = orjson.loads(stored.content).get("summary", {})
    if told.get("version") != __version__ or "fields" not in told:
        return None
    flows = {name: _read(*flow) for name, flow in told["flows"].items()}
    return Summary(told["currency"], tuple(told["fields"]), told["senders"], flows)


def _read(
    category: str,
    revision: str,
    steps: Mapping[str, tuple[str, list[str]]],
    branches: Mapping[str, Mapping[str, list[str]]] = {},
) -> FlowSummary:
    inside = {step: {name: tuple(ids) for name, ids in ways.items()} for step, ways in branches.items()}
    told = {id: StepSummary(doing, tuple(names)) for id, (doing, names) in steps.items()}
    return FlowSummary(category, revision, told, inside)
