"""A plan as a comment on a pull request: the totals, a table, and the details of each flow folded away.

Invariants: a comment of GitHub holds 65,536 characters; this one is cut at 60,000, between two details, and says what was left out. What
comes from files is in code blocks or escaped: it makes no markup, no link and no mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from engine.deploy.plan.plan import FlowPlan, Plan
from engine.language.diagnostics.findings import counted, visible
from engine.preview.plan import words
from engine.preview.plan.drawing import plan_drawing
from engine.preview.plan.text import (
    MARKS,
    Line,
    by_weight,
    currency_of,
    flow_lines,
    project_lines,
    refusal_lines,
    warning_lines,
)

MOST = 60_000
ROOM_FOR_THE_END = 500
MOST_OF_A_TABLE = 100  # flows
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~@&])")


def plan_markdown(plan: Plan, zone: str) -> str:
    pieces = [*_head(plan, zone), *_table(plan)]
    done, left_out = "\n".join(pieces), 0
    for detail in _details(plan, zone):
        if left_out or len(done) + len(detail) > MOST - ROOM_FOR_THE_END:
            left_out += 1
        else:
            done += f"\n{detail}"
    if left_out:
        done += f"\n{counted(left_out, 'section')} left out, as a comment holds no more: `leadoff plan` shows all.\n"
    return done


def escaped(text: str) -> str:
    """A text as plain words of Markdown."""
    return _MARKUP.sub(r"\\\1", visible(text).replace("\n", " "))


def fenced(lines: Iterable[str], kind: str = "text") -> str:
    """A block of code that nothing inside it can end."""
    body = "\n".join(visible(line) for line in lines)
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{kind}\n{body}\n{fence}"


def _head(plan: Plan, zone: str) -> Iterator[str]:
    state = "nothing to do"
    if plan.refused:
        state = "✗ refused"
    elif plan.touches:
        state = "changes that touch people" if plan.knows != "nobody" else "changes"
    elif plan.there:
        state = "changes that touch nobody"
    yield f"### Leadoff plan `{plan.id}`: {state}\n"
    for line in warning_lines(plan):
        yield f"> **{escaped(_plain(line).removeprefix('! '))}**\n"
    yield f"{escaped(words.source_words(plan.before, zone))} → {escaped(words.source_words(plan.after, zone))}\n"
    yield f"{escaped(words.totals(plan))}\n"
    yield from (f"{escaped(line)}\n" for line in words.forecast_words(plan, currency_of(plan)))


def _table(plan: Plan) -> Iterator[str]:
    if not plan.changed:
        return
    yield "| | flow | inside | what becomes of them |"
    yield "| --- | --- | ---: | --- |"
    flows = sorted(plan.changed, key=by_weight)
    for flow in flows[:MOST_OF_A_TABLE]:
        mark = MARKS["refused" if flow.refused else flow.change.change]
        yield f"| {mark} | {escaped(flow.flow)} | {flow.inside:,} | {escaped(_becomes(flow))} |"
    if len(flows) > MOST_OF_A_TABLE:
        yield f"| | and {len(flows) - MOST_OF_A_TABLE} more | | |"
    yield ""


def _becomes(flow: FlowPlan) -> str:
    """`388 keep their time, 17 would be lost`."""
    said = {
        "keeps": "keep their place", "moved": "keep it under its new name", "continues": "go on at another step", "exits": "exit now",
        "pinned": "stay on their version", "drained": "finish", "ended": "end now", "refused": "would be lost",
    }  # fmt: skip
    counts: dict[str, int] = {}
    for edit in flow.edits:
        counts[said[edit.then]] = counts.get(said[edit.then], 0) + edit.waiting.runs
    rest = flow.inside - sum(counts.values())
    if rest > 0:
        counts["are not touched where they wait"] = rest
    if flow.starts:
        counts["start at once"] = flow.starts
    return ", ".join(f"{count:,} {what}" for what, count in counts.items())


def _details(plan: Plan, zone: str) -> Iterator[str]:
    for refusal in plan.refused:
        yield f"{fenced(_plain(line) for line in refusal_lines(refusal, plan))}\n"
    for flow in sorted(plan.changed, key=by_weight):
        lines = [_plain(line) for line in flow_lines(flow, zone, currency_of(plan))]
        yield _folded(f"{flow.flow}: {flow.change.change}", lines[1:] or ["(no steps to tell of)"], bool(flow.refused))
    shared = [_plain(line) for line in project_lines(plan)]
    if shared:
        yield _folded("leadoff.yaml and segments", shared[1:], False)
    if plan.notes:
        yield f"{fenced(plan.notes)}\n"
    for flow in sorted(plan.changed, key=by_weight):  # last: where the comment is cut, the words stay
        if drawn := plan_drawing(flow, plan):
            yield _folded(f"{flow.flow}, drawn", drawn.splitlines(), False, "mermaid")


def _folded(title: str, lines: list[str], is_open: bool, kind: str = "text") -> str:
    """GitHub reads the block inside as Markdown only behind an empty line."""
    named = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<details{' open' if is_open else ''}><summary>{named}</summary>\n\n{fenced(lines, kind)}\n\n</details>\n"


def _plain(line: Line) -> str:
    return "".join(piece.text for piece in line).rstrip()
