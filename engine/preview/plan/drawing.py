"""A flow of a plan as a drawing in Markdown: what changes is marked, with how many wait there."""

from __future__ import annotations

from engine.deploy.plan.plan import FlowPlan, Plan
from engine.errors import Refused
from engine.language.diagnostics.findings import Loc
from engine.preview.graph.chart import chart_of
from engine.preview.graph.marks import Marks
from engine.preview.graph.mermaid import mermaid
from engine.preview.plan.text import MARKS
from engine.store.queries.places import AtStep


def plan_drawing(flow: FlowPlan, plan: Plan) -> str | None:
    """Mermaid of the flow as the files have it; None where they do not have it, or where it is too large for a page."""
    checked = plan.changes.new
    if flow.flow not in checked.flows or checked.project is None:
        return None
    chart = chart_of(checked.flows[flow.flow], checked.project)
    changed: dict[Loc, str] = {}
    waiting: dict[Loc, AtStep] = {}
    for step in flow.steps:
        if step.change.change != "removed":
            changed[step.change.place] = f"{MARKS[step.change.change]} {step.change.change}"
            if runs := sum(edit.waiting.runs for edit in step.edits):
                waiting[step.change.place] = AtStep(runs)
    try:
        return mermaid(chart, Marks(waiting=waiting, changed=changed))
    except Refused:
        return None
