"""What differs between two versions of a project, in the words of its author: flows, their steps, settings, segments, pictures.

Invariants: canonical models alone are compared, so formatting and comments are no change (V1). Two versions without a change have the same
canonical hash. Nothing here reads a database: who is touched by a change, engine/deploy/plan/plan.py adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from engine.deploy.plan.field_changes import MISSING, FieldChange, compared, inside, words
from engine.deploy.plan.step_changes import StepChange, laid_out, step_changes
from engine.language.check import Checked
from engine.language.lint.context import PROJECT_FILE
from engine.language.lint.costs import Cost, flow_cost
from engine.language.model.canonical import canonical
from engine.language.model.flow import Flow
from engine.language.model.message import Message, message_of
from engine.language.model.steps import walk
from engine.language.source import strict_yaml
from engine.language.values.strict import written_names
from engine.messaging.media.picture import MediaInfo, parts_of

TOLD_OTHERWISE = ("steps", "moved", "removed")  # keys of a flow whose changes are told of its steps
SEGMENTS = "segments"


class Costs(NamedTuple):
    """Of a step's message before and after, in the project's first country; None where there is none."""

    before: Cost | None
    after: Cost | None


class FlowChange(NamedTuple):
    flow: str
    change: Literal["added", "removed", "changed", "same"]
    file: str  # where it is, or was
    fields: tuple[FieldChange, ...] = ()  # of the flow itself: its triggers, its category, …
    steps: tuple[StepChange, ...] = ()
    costs: Mapping[str, Costs] = {}  # step id now (of a removed one its last) -> where they differ

    @property
    def total(self) -> int:
        return len(self.fields) + len(self.steps) if self.change == "changed" else int(self.change != "same")


class Changes(NamedTuple):
    flows: tuple[FlowChange, ...]  # all of both versions, by name; those that are the same, too
    settings: tuple[FieldChange, ...]  # of leadoff.yaml
    segments: tuple[FieldChange, ...]  # `field` is the segment's name
    old: Checked | None
    new: Checked

    @property
    def there(self) -> bool:
        return self.total > 0

    @property
    def total(self) -> int:
        """A flow that comes or goes is one; of a changed one each field of its own and each step."""
        return len(self.settings) + len(self.segments) + sum(flow.total for flow in self.flows)


def changes_of(old: Checked | None, new: Checked) -> Changes:
    """`new` has no errors; `old` may have some under this version of Leadoff: what cannot be read of it counts as not there."""
    before = old.flows if old else {}
    flows = tuple(_flow_change(name, old, new) for name in sorted({*before, *new.flows}))
    return Changes(flows, tuple(_settings(old, new)), tuple(_segments(old, new)), old, new)


def data_of(checked: Checked, path: str) -> Any:
    """A file of the project as plain data; MISSING where it is not there."""
    source = checked.sources.get(path)
    return MISSING if source is None else strict_yaml.read(path, source.encode()).data


def _flow_change(name: str, old: Checked | None, new: Checked) -> FlowChange:
    if name not in new.flows:
        assert old is not None
        return FlowChange(name, "removed", old.file_of(name))
    file = new.file_of(name)
    if old is None or name not in old.flows:
        return FlowChange(name, "added", file)
    before, after = old.flows[name], new.flows[name]
    was, now = data_of(old, old.file_of(name)), data_of(new, file)
    fields = tuple(_own_fields(before, after, was, now))
    moved: Mapping[str, str] = getattr(after, "moved", {})
    steps = step_changes(laid_out(before.steps, was), laid_out(after.steps, now), moved)
    steps = _with_pictures(steps, before, after, old.media, new.media)
    if not fields and not steps and canonical(before) != canonical(after):
        fields = tuple(_own_fields(before, after, was, now, leave_out=("steps",)))
    changed = fields or steps
    costs = _costs(before, after, old, new) if changed or _priced_anew(old, new) else {}
    return FlowChange(name, "changed" if changed else "same", file, fields, steps, costs)


def _own_fields(
    before: Flow, after: Flow, was: Any, now: Any, leave_out: tuple[str, ...] = TOLD_OTHERWISE
) -> Iterator[FieldChange]:
    for key, name in written_names(Flow).items():
        if key not in leave_out:
            yield from compared(getattr(before, name), getattr(after, name), inside(was, key), inside(now, key), key)


def _with_pictures(
    steps: tuple[StepChange, ...],
    before: Flow,
    after: Flow,
    old: Mapping[str, MediaInfo],
    new: Mapping[str, MediaInfo],
) -> tuple[StepChange, ...]:
    """With the messages whose picture is another one under the same name."""
    then = {step.id: message.picture for step, message in _messages(before)}
    found: list[StepChange] = []
    known = {change.step: change for change in steps if change.change != "removed"}
    for step, message in _messages(after):
        was = known[step.id].was or step.id if step.id in known else step.id
        name = message.picture
        if (
            name is None
            or then.get(was) != name
            or name not in old
            or name not in new
            or old[name].ref == new[name].ref
        ):
            continue
        change = FieldChange("image", _picture(name, old[name]), _picture(name, new[name]), "picture")
        mine = known.get(step.id)
        if mine is None:
            block = step.block
            mine = StepChange("changed", step.id, None, block.verb, block.describe(), (), step.path, step.path)
        found.append(mine._replace(fields=(*mine.fields, change)))
    seen = {change.step: change for change in found}
    kept = [seen.pop(change.step, change) if change.change != "removed" else change for change in steps]
    return (*kept, *seen.values())


def _messages(flow: Flow) -> Iterator[tuple[Any, Message]]:
    for step in walk(flow.steps):
        message = message_of(step.block)
        if message is not None:
            yield step, message


def _picture(name: str, info: MediaInfo) -> str:
    size = "" if info.kind == "vcf" else f" {info.width}×{info.height}"
    return f"{' + '.join(parts_of(name))}{size} {info.bytes / 1000:.0f} KB"


def _costs(before: Flow, after: Flow, old: Checked, new: Checked) -> dict[str, Costs]:
    """By the id that a step has now."""
    if old.project is None or new.project is None:
        return {}
    sides = [
        flow_cost(flow, project, next(iter(project.countries), "US")).steps
        for flow, project in ((before, old.project), (after, new.project))
    ]
    was = {new_id: old_id for old_id, new_id in getattr(after, "moved", {}).items()}
    found = {id: Costs(sides[0].get(was.get(id, id)), sides[1].get(id)) for id in sides[1]}
    return {id: costs for id, costs in found.items() if costs.before != costs.after}


def _priced_anew(old: Checked, new: Checked) -> bool:
    return old.project is not None and new.project is not None and old.project.prices != new.project.prices


def _settings(old: Checked | None, new: Checked) -> Iterator[FieldChange]:
    """Of leadoff.yaml, its segments aside."""
    assert new.project is not None
    if old is None or old.project is None:
        return
    before, after = old.project, new.project
    was, now = data_of(old, PROJECT_FILE), data_of(new, PROJECT_FILE)
    for key, name in written_names(type(after)).items():
        if key == SEGMENTS:
            continue
        yield from compared(getattr(before, name), getattr(after, name), inside(was, key), inside(now, key), key)
    order = list(before.senders), list(after.senders)
    if order[0] != order[1] and sorted(order[0]) == sorted(order[1]):
        yield FieldChange("senders, the order", ", ".join(order[0]), ", ".join(order[1]))


def _segments(old: Checked | None, new: Checked) -> Iterator[FieldChange]:
    assert new.project is not None
    before = old.project.segments if old is not None and old.project is not None else {}
    if old is None:
        return
    for name in sorted({*before, *new.project.segments}):
        sides = before.get(name), new.project.segments.get(name)
        if canonical(sides[0]) != canonical(sides[1]):
            said = [None if side is None else words(side, MISSING) for side in sides]
            yield FieldChange(name, said[0], said[1], "condition")
