"""One failed test for people: a caret at each expectation that is not met, and one timeline with the marks."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from typing import NamedTuple

from engine.language.diagnostics.findings import LINE_BREAK, Span, counted, visible
from engine.language.diagnostics.rendering import excerpt
from engine.preview.flow_tests.judge import Difference
from engine.preview.flow_tests.outcomes import Story
from engine.preview.flow_tests.runner import Result
from engine.preview.flow_tests.timeline_text import RIGHT, WIDE, WRONG, Line, timeline
from engine.views.moments import place_of

MOST_CARETS = 8
MOST_LINES, AT_THE_BEGINNING, AROUND = 100, 20, 4
Style = Callable[[str, str], str]
"""(text, ANSI code) -> the text as it is shown."""
PLAIN: Style = lambda text, code: text  # noqa: E731 (a function of that type, by a name)
RED = "31"


class Where(NamedTuple):
    """What a failure names beside the test: where its files are, and the currency."""

    prefix: str  # from here to the project
    places: dict[tuple[str, str], str]  # (flow, step) -> file:line
    currency: str


def told(result: Result, where: Where, style: Style = PLAIN) -> Iterator[str]:
    """The lines of one failure."""
    file = f"{where.prefix}{result.draft.path}"
    yield f"{style('FAILED', f'1;{RED}')}  {visible(file)} › {visible(result.title)}"
    source = LINE_BREAK.split(result.draft.document.source)
    for found in result.differences[:MOST_CARETS]:
        span = span_of(result, found)
        yield f"{visible(file)}:{span.line}:{span.column}: {style('error', RED)}: {visible(found.message)}"
        yield from excerpt(source, span, found.note or "")
    if len(result.differences) > MOST_CARETS:
        yield f"   and {len(result.differences) - MOST_CARETS} more"
    yield from story(result, where, style)
    ways = list(_ways_on(result, where))
    in_one = f"   = {'     '.join(ways)}"
    yield from [in_one] if len(in_one) <= WIDE else [f"   = {way}" for way in ways]


def story(result: Result, where: Where, style: Style = PLAIN) -> Iterator[str]:
    """The timeline with its heading."""
    if result.ending is None:
        return
    told_ = result.ending.story
    yield f"   = what happened, on {_whose(told_)} clock ({place_of(told_.zone)}):"
    if not told_.moments:
        yield "     nothing"
    for line in _shortened(list(timeline(told_, result.differences, where.currency))):
        text = f"   {line.sign} {line.text}"
        yield style(text, RED) if line.sign == WRONG else text.rstrip()


def _shortened(lines: list[Line]) -> Iterator[Line]:
    """Of a long story its beginning, and what is around the first marks."""
    if len(lines) <= MOST_LINES:
        yield from lines
        return
    marked = [number for number, line in enumerate(lines) if line.sign != RIGHT][:MOST_CARETS]
    shown = {*range(AT_THE_BEGINNING), *(each for at in marked for each in range(at - AROUND, at + AROUND + 1))}
    last = -1
    for number in sorted(shown.intersection(range(len(lines)))):
        if number > last + 1:
            yield Line(RIGHT, f"… {counted(number - last - 1, 'line')}")
        yield lines[number]
        last = number
    if last < len(lines) - 1:
        yield Line(RIGHT, f"… {counted(len(lines) - 1 - last, 'line')}")


def span_of(result: Result, found: Difference) -> Span:
    """Where the caret is."""
    marks = result.draft.document.marks
    if found.part is not None:
        return marks.inside(found.loc, *found.part)
    return marks.key(found.loc) if found.key else marks.value(found.loc)


def _whose(story: Story) -> str:
    name = story.contact.fields.get("first_name")
    return f"{visible(str(name))}'s" if name else "the contact's"


def _ways_on(result: Result, where: Where) -> Iterator[str]:
    assert result.ending is not None
    entries = [found.entry for found in result.differences if found.entry is not None]
    moments = [result.ending.story.moments[entry] for entry in entries]
    flow = result.draft.tests.flow
    step = next((moment.step for moment in moments if moment.step and (flow, moment.step) in where.places), None)
    if step is not None:
        yield f"the step: {where.prefix}{where.places[flow, step]}"
    name = shlex.quote(result.name)
    yield f"alone: leadoff test {'' if result.variant is None else '--hard '}-k {name}"
    if any(found.instead is not None for found in result.differences):
        yield f"if right: leadoff test --accept {name}"
