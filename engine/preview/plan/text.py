"""A plan in a terminal: one mark a change, refused first, then what touches people, then the rest; totals last.

Invariants: marks have words, colour is never alone. A text of a message is shown with its placeholders as `…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from engine.deploy.plan.field_changes import FieldChange
from engine.deploy.plan.plan import FlowPlan, Plan, Refusal, StepPlan
from engine.language.diagnostics.findings import Span, counted, shortened
from engine.language.model.steps import walk
from engine.language.source import strict_yaml
from engine.preview.plan import words

WIDTH = 80
MARKS = {"added": "+", "changed": "~", "renamed": "→", "removed": "-", "refused": "✗", "same": "="}
STYLES = {"+": "32", "~": "33", "→": "36", "-": "31", "✗": "1;31", "=": "2", "!": "1;31"}
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)
LONGEST_LINE = 58  # a change of a field stands in one line up to here


class Piece(NamedTuple):
    text: str
    style: str = ""  # of ANSI


Line = tuple[Piece, ...]


def plan_lines(plan: Plan, zone: str, everything: bool = False) -> Iterator[Line]:
    """`zone`: the project's. `everything`: also what does not change."""
    yield from warning_lines(plan)
    yield _line(f"{words.source_words(plan.before, zone)} → {words.source_words(plan.after, zone)}")
    currency = currency_of(plan)
    for flow in sorted(plan.changed, key=by_weight):
        yield ()
        yield from flow_lines(flow, zone, currency)
    yield from project_lines(plan)
    same = [flow for flow in plan.flows if flow not in plan.changed]
    if same:
        yield ()
        yield from _unchanged(same, everything, zone, currency)
    for refusal in plan.refused:
        yield ()
        yield from refusal_lines(refusal, plan)
    if plan.forecast is not None:
        yield ()
        yield from (_line(line) for line in words.forecast_words(plan, currency))
    if plan.notes:
        yield ()
        yield from (_line(note) for note in plan.notes)
    yield ()
    yield _line(words.totals(plan) if plan.there else f"nothing to do · plan {plan.id}", "1")


def _line(text: str, style: str = "") -> Line:
    return (Piece(text, style),)


def _marked(mark: str, text: str, indent: int = 0) -> Line:
    return Piece(f"{' ' * indent}{mark}", STYLES[mark]), Piece(f" {text}")


def currency_of(plan: Plan) -> str:
    project = plan.changes.new.project
    return project.currency if project else "USD"


def warning_lines(plan: Plan) -> Iterator[Line]:
    if plan.knows == "nobody":
        yield _marked("!", "who waits is not known: no database holds a deployment here (`--server URL` asks a daemon)")
    back = plan.takes_back
    if back is not None and plan.before is not None:
        yield _marked("!", back.told(plan.before.deployment or 0))


def by_weight(flow: FlowPlan) -> tuple[int, str]:
    """Refused first, then what touches people, then the rest."""
    return (0 if flow.refused else 1 if flow.inside or flow.starts or flow.starts is None else 2), flow.flow


def flow_lines(flow: FlowPlan, zone: str, currency: str) -> Iterator[Line]:
    mark = MARKS["refused" if flow.refused else flow.change.change]
    mark = "~" if mark == "=" else mark
    inside = f"{counted(flow.inside, 'contact')} inside" if flow.inside else ""
    name = f"{mark} {flow.flow}"
    yield (
        Piece(name, f"1;{STYLES[mark].removeprefix('1;')}"),
        Piece(f"{' ' * max(2, WIDTH - len(name) - len(inside))}{inside}" if inside else ""),
    )
    yield from _starts(flow)
    yield from _campaigns(flow, zone, currency)
    for edit in flow.elsewhere:
        yield _line(f"    {words.elsewhere(edit)}")
    for field in flow.change.fields:
        yield from _field("~", "", field, 4)
        if field.field.startswith("exit_when") and flow.inside:
            yield _line("        those inside are asked with the new condition when something next happens to them")
    width = min(20, max((len(_called(step)) for step in flow.steps), default=0)) + 2
    for step in flow.steps:
        yield from _step(step, flow, zone, currency, width)


def _starts(flow: FlowPlan) -> Iterator[Line]:
    if flow.starts is None:
        yield _line("    those who are in its segment start at once (enroll_existing): how many is not known here")
    elif flow.starts:
        verb = "is in its segment and starts" if flow.starts == 1 else "are in its segment and start"
        yield _line(f"    {counted(flow.starts, 'contact')} {verb} at once (enroll_existing)")


def _campaigns(flow: FlowPlan, zone: str, currency: str) -> Iterator[Line]:
    for each in flow.campaigns:
        yield from (_line(f"    {line}") for line in words.campaign(each, zone, currency))


def _called(step: StepPlan) -> str:
    return step.step or f"({step.change.verb})"


def _step(step: StepPlan, flow: FlowPlan, zone: str, currency: str, width: int) -> Iterator[Line]:
    change = step.change
    mark, name = MARKS[change.change], f"{_called(step):<{width}}"
    costs = words.costs_words(step.costs, currency)
    if change.change == "added":
        yield _marked(mark, f"{name}{shortened(_shown(change.says), 60)}{f' · {costs}' if costs else ''}", 4)
    elif change.change == "removed":
        yield _marked(mark, f"{name}{shortened(_shown(change.says), 60)}", 4)
    elif change.change == "renamed":
        yield _marked(mark, f"{name}was called {change.was}", 4)
        for field in change.fields:
            yield from _field("~", "", field, 8, costs)
    else:
        first, *rest = change.fields
        yield from _field(mark, name, first, 4, costs)
        for field in rest:
            yield from _field("~", "", field, 8)
    for sentence in words.who(step, flow, zone):
        yield _line(f"        {sentence}")


def _field(mark: str, name: str, field: FieldChange, indent: int, costs: str = "") -> Iterator[Line]:
    """In one line, or a line for each side where it is long or a text."""
    before, after = (None if side is None else _shown(side) for side in (field.before, field.after))
    if not name:
        mark = "+" if before is None else "-" if after is None else mark
    told = f"{field.field}, {costs}" if costs and field.kind in ("text", "picture") else field.field
    short = len(f"{name}{told}{before}{after}") <= LONGEST_LINE
    if field.kind == "text" or not short:
        yield _marked(mark, f"{name}{told}", indent)
        deeper = indent + 4
        if before is not None:
            yield _marked("-", before, deeper)
        if after is not None:
            yield _marked("+", after, deeper)
    elif before is None or after is None:
        yield _marked(mark, f"{name}{told}: {before if after is None else after}", indent)
    else:
        yield _marked(mark, f"{name}{told}: {before} → {after}", indent)


def _shown(text: str) -> str:
    return _PLACEHOLDER.sub("…", text)


def project_lines(plan: Plan) -> Iterator[Line]:
    if plan.settings:
        yield ()
        yield _line("~ leadoff.yaml", "1;33")
        for field in plan.settings:
            yield from _field("~", "", field, 4)
        if plan.held:
            yield _line(f"    {counted(plan.held, 'held message')}: asked again at once")
    for segment in plan.segments:
        yield ()
        name = f"segment {segment.change.field}"
        mark = "+" if segment.change.before is None else "-" if segment.change.after is None else "~"
        yield from _field(mark, "", segment.change._replace(field=name), 0)
        if segment.comes is not None and segment.goes is not None:
            moves = f"{segment.comes:,} come into it and {segment.goes:,} leave it by the edit"
            yield _line(f"    {moves}, which starts and ends nothing by itself")


def _unchanged(same: list[FlowPlan], everything: bool, zone: str, currency: str) -> Iterator[Line]:
    if not everything:
        yield _marked("=", f"{counted(len(same), 'flow')} unchanged")
        return
    for flow in same:
        inside = f", {counted(flow.inside, 'contact')} inside" if flow.inside else ""
        yield _marked("=", f"{flow.flow} unchanged{inside}")
        yield from _campaigns(flow, zone, currency)


def refusal_lines(refusal: Refusal, plan: Plan) -> Iterator[Line]:
    """With the old file's line, as the step is not in the new one."""
    flow = next((each for each in plan.flows if each.flow == refusal.flow), None)
    file = flow.change.file if flow else "leadoff.yaml"
    yield Piece(f"{file}: "), Piece("error", "1;31"), Piece(f": {refusal.why}")
    place = _old_line(refusal, plan, file)
    if place is not None and plan.before is not None:
        source, span = place
        gutter, width = " " * len(str(span.line)), max(1, span.end_column - span.column)
        commit = f", {plan.before.commit[: words.SHORT]}" if plan.before.commit else ""
        yield _line(f"{gutter} |")
        yield _line(f"{span.line} | -{source:<40}  deployment {plan.before.deployment}{commit}")
        yield _line(f"{gutter} |  {' ' * (span.column - 1)}{'^' * width}", "31")
    yield from (_line(f"   = help: {help}") for help in words.helps(refusal))


def _old_line(refusal: Refusal, plan: Plan, file: str) -> tuple[str, Span] | None:
    """The line of the deployed file that names the step."""
    old = plan.changes.old
    if old is None or refusal.step is None or refusal.flow not in old.flows or file not in old.sources:
        return None
    document = strict_yaml.read(file, old.sources[file].encode())
    place = next((each.path for each in walk(old.flows[refusal.flow].steps) if each.id == refusal.step), None)
    if place is None:
        return None
    span = document.marks.value((*place, "id"))
    return document.marks.lines.text(span.line), span
