"""A plan as one JSON object, for scripts. Within a `format_version` keys are only added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.clock import instant
from engine.deploy.live_edits.live_edits import StepEdit
from engine.deploy.plan.campaigns import Campaign
from engine.deploy.plan.field_changes import FieldChange
from engine.deploy.plan.plan import FlowPlan, Forecast, Plan, Source, StepPlan
from engine.language.lint.costs import Cost

FORMAT_VERSION = 1


def plan_document(plan: Plan, everything: bool = False) -> dict[str, Any]:
    """Instants are ISO 8601 in UTC, prices millionths of the currency. `everything`: with the flows that stay the same."""
    flows = plan.flows if everything else plan.changed
    return {
        "format_version": FORMAT_VERSION,
        "plan": plan.id,
        "knows": plan.knows,
        "changes": plan.there,
        "touches_people": plan.touches,
        "from": None if plan.before is None else _source(plan.before),
        "to": _source(plan.after),
        "flows": [_flow(flow) for flow in flows],
        "settings": _fields(plan.settings),
        "segments": [_segment(each.change, each.comes, each.goes) for each in plan.segments],
        "held": plan.held,
        "forecast": _forecast(plan.forecast),
        "refused": [refusal._asdict() for refusal in plan.refused],
        "takes_back": [commit.hash for commit in plan.takes_back.commits] if plan.takes_back else [],
        "takes_back_changes": plan.takes_back.changes if plan.takes_back else 0,
        "notes": list(plan.notes),
    }


def _forecast(found: Forecast | None) -> dict[str, Any] | None:
    if found is None:
        return None
    sides = {"deployed": found.deployed._asdict(), "planned": found.planned._asdict()}
    return {"days": found.days, "played": found.played, "of": found.of, **sides, "texts": found.texts._asdict()}


def _source(source: Source) -> dict[str, Any]:
    return source._asdict() | {"at": instant(source.at)}


def _flow(flow: FlowPlan) -> dict[str, Any]:
    return {
        "flow": flow.flow,
        "change": flow.change.change,
        "file": flow.change.file,
        "inside": flow.inside,
        "starts": flow.starts,
        "campaigns": [_campaign(each) for each in flow.campaigns],
        "fields": _fields(flow.change.fields),
        "steps": [_step(step) for step in flow.steps],
        "elsewhere": [_edit(edit) for edit in flow.elsewhere],
    }


def _campaign(found: Campaign) -> dict[str, Any]:
    """`spread` in ms."""
    instants = {"first_at": instant(found.first_at), "last_at": instant(found.last_at)}
    return found._asdict() | instants | {"price": list(found.price)}


def _step(step: StepPlan) -> dict[str, Any]:
    change = step.change
    dues = [edit.waiting for edit in step.edits]
    return {
        "step": step.step,
        "was": change.was,
        "change": change.change,
        "verb": change.verb,
        "says": change.says,
        "fields": _fields(change.fields),
        "waiting": sum(waiting.runs for waiting in dues),
        "first_due": instant(min((each.first_due for each in dues if each.first_due is not None), default=None)),
        "last_due": instant(max((each.last_due for each in dues if each.last_due is not None), default=None)),
        "then": step.edits[0].then if step.edits else None,
        "waits": [_edit(edit) for edit in step.edits],
        "coming": step.coming,
        "written": step.unsent,
        "reads_like": change.reads_like,
        "cost": None if step.costs is None else {"before": _cost(step.costs.before), "after": _cost(step.costs.after)},
    }


def _edit(edit: StepEdit) -> dict[str, Any]:
    waiting = edit.waiting
    return {
        "step": edit.step,
        "then": edit.then,
        "to": edit.to,
        "deployment": edit.deployment,
        "waiting": waiting.runs,
        "parked": waiting.parked,
        "first_due": instant(waiting.first_due),
        "last_due": instant(waiting.last_due),
    }


def _cost(cost: Cost | None) -> dict[str, Any] | None:
    return None if cost is None else {"kind": cost.kind, "parts": list(cost.parts), "price": list(cost.price)}


def _fields(fields: Sequence[FieldChange]) -> list[dict[str, Any]]:
    return [{"field": field.field, "before": field.before, "after": field.after} for field in fields]


def _segment(change: FieldChange, comes: int | None, goes: int | None) -> dict[str, Any]:
    return {"segment": change.field, "before": change.before, "after": change.after, "comes": comes, "goes": goes}
