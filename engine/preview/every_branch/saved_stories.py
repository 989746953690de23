"""Stories of a simulation as flow tests: each is played once more as a test plays it, and what comes of that is what the test expects.

Invariants: only a story that comes out the same as a test is saved; of the others it is said why not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine.core.calendar import DAY, MINUTE, Duration, wall_of
from engine.language.model.flow_test import Happening
from engine.language.values.fields import BadValue
from engine.language.values.humanize import duration_words
from engine.preview.every_branch.every_branch import EveryBranch
from engine.preview.every_branch.forcing import Deed
from engine.preview.every_branch.plots import deed_words, tidy
from engine.preview.every_branch.saved_tests import Saved, name_of
from engine.preview.flow_tests.outcomes import MMS, SMS
from engine.preview.flow_tests.people import Person
from engine.preview.flow_tests.play import Ending, Play, play
from engine.preview.simulation.simulation import Request, sample_of
from engine.preview.stories.stories import Story, has_left
from engine.preview.worlds.stage import Stage
from engine.store.queries.timeline import TimelineEntry

SECOND = 1_000
_LINK = re.compile(r"(https?://\S+/l/)\w+")
OTHERWISE = "played as a flow test it comes out otherwise"


def of_every_branch(found: EveryBranch) -> list[Saved]:
    return [
        Saved(
            name_of(each.plot.said, each.ending), each.plot.fields, each.plot.consent, each.plot.start, each.plot.happens,
            each.ending, each.plot.draws, each.plot.beside, each.plot.days,
        )
        for each in found.stories
    ]  # fmt: skip


def stories_of(found: EveryBranch) -> tuple[Story, ...]:
    """As a storyboard has them."""
    return tuple(
        Story(1, sample_of(each.ending.story.contact, each.plot.consent), each.ending.story.moments)
        for each in found.stories
    )


def of_story(stage: Stage, request: Request, story: Story, joins: bool) -> Saved | str:
    """A test of this kind of story, told by its sample; or why there is none. `joins`: the contact came into its segments."""
    start = min([request.start, *(request.start - each.ago for each in request.past)]) // MINUTE * MINUTE
    fields = {"phone": story.sample.phone, **story.sample.fields}
    if story.sample.key != story.sample.phone:
        fields["key"] = story.sample.key
    happens: list[Deed] = []
    if joins:
        late = {name: value for name, value in fields.items() if name not in ("phone", "key", "timezone")}
        fields = {name: value for name, value in fields.items() if name not in late}
        happens += [{"set": late}] if late else []
    happens += _happened(request, story, start)
    days = max(-(-(request.until - start) // DAY), 1)
    wall = wall_of(start, story.sample.zone)
    try:
        read = [Happening.model_validate(dict(deed)) for deed in happens]
        person = Person(fields, story.sample.consent, story.sample.zone)
        asked = Play(request.flow, wall, read, Duration(days, 0))
        (ending,) = play(stage, asked, [person])
    except (BadValue, ValueError) as error:
        return str(error)
    if _texts(ending) != [(each.step, _said(each)) for each in story.moments if _is_text(each, request.flow)]:
        return OTHERWISE
    opening = request.opening
    started = {opening.event, opening.words} if opening is not None else set()
    said = [
        deed_words(deed)
        for deed in happens
        if "set" not in deed and not started & {deed.get("event"), deed.get("replied")}
    ]
    said = [words for words in said if words != request.flow]
    saved = Saved(name_of(said, ending), fields, story.sample.consent, wall, happens, ending, days=days)
    return saved.cannot_be_expected or saved


def _happened(request: Request, story: Story, start: int) -> Iterator[dict[str, Any]]:
    """What the contact did and what came of it from outside, in seconds from the start."""
    for past in sorted(request.past, key=lambda each: -each.ago):
        yield _after(request.start - past.ago, start) | tidy({"event": past.event, "data": dict(past.data)})
    for moment in story.moments:
        deed = _deed(moment, request.flow)
        if deed is not None:
            yield _after(moment.at, start) | deed


def _deed(moment: TimelineEntry, flow: str) -> dict[str, Any] | None:
    if moment.kind == "event" and moment.flow == flow:
        return {"started": flow}
    if moment.kind == "event" and "emitted by" not in moment.what:
        return tidy({"event": moment.what, "data": dict(moment.details.get("data") or {})})
    if moment.kind == "click":
        return {"clicked": moment.what.removeprefix("clicked ")}
    return {"replied": moment.details["text"]} if moment.kind == "text" else None


def _after(at: int, start: int) -> dict[str, str]:
    seconds = -(-(at - start) // SECOND)
    return {"after": duration_words(Duration(0, seconds * SECOND))} if seconds > 0 else {}


def _texts(ending: Ending) -> list[tuple[str | None, str]]:
    story = ending.story
    flow = {outcome.entry for outcome in story.outcomes if outcome.kind in (SMS, MMS)}
    return [(each.step, _said(each)) for index, each in enumerate(story.moments) if index in flow]


def _said(moment: TimelineEntry) -> str:
    """Its text; links have codes of their own in each play."""
    return _LINK.sub(r"\1…", str(moment.details["text"]))


def _is_text(moment: TimelineEntry, flow: str) -> bool:
    return has_left(moment) and moment.flow == flow
