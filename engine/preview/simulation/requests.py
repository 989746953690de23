"""From what a person asks of `simulate` to a Request: what starts the flow, when, for how long, and what of it is made up.

Invariants: everything that was not given is said in a remark, so that the play can be repeated from what is printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from pydantic_core import PydanticCustomError

from engine.core.calendar import DAY, MINUTE, Duration, resolve, wall_of
from engine.errors import UsageError
from engine.language.diagnostics.findings import counted, did_you_mean, nearest
from engine.language.model.flow import Flow
from engine.language.model.message import languages_of, message_of
from engine.language.model.project import Project, convert_event
from engine.language.model.triggers import DateTrigger, EventTrigger, ScheduleTrigger, SegmentTrigger, Trigger
from engine.language.values.fields import BadValue, FieldSpec
from engine.language.values.humanize import duration_words
from engine.language.values.moments import parse_moment
from engine.language.values.scalars import names_value, parse_duration
from engine.preview.simulation import made_up
from engine.preview.simulation.fulfilment import Fulfilment, host_of, sample
from engine.preview.simulation.groups import Person, written
from engine.preview.simulation.made_up import Opening
from engine.preview.simulation.reactions import Rate
from engine.preview.simulation.simulation import Planned, Request
from engine.preview.stories.storyboard_text import span
from engine.preview.worlds.stage import Stage

USUAL, A_YEAR = 14 * DAY, 366 * DAY
AT_ONCE = Duration(0, 0)
EASTERNMOST = "Pacific/Kiritimati"  # where every wall time comes first
_EVENT = re.compile(r"([^=@]+)(?:=(.*?))?(?:@((?:[0-9]+[wdhms])+))?", re.DOTALL)
_RATE = re.compile(r"([^=,:]+)(?::([^=]*))?=([0-9]+(?:\.[0-9]+)?)%")


class Asked(NamedTuple):
    """What a person said; None where nothing was said. `people`: "made up", "new" (no past of their own) or "stored"."""

    flow: str
    now: int
    people: str
    start: int | None = None
    until: Duration | None = None
    events: tuple[Planned, ...] = ()
    rates: tuple[Rate, ...] = ()
    seed: int = 1
    each: bool = False


class Prepared(NamedTuple):
    """`person`: the contact that was made up; `people`: the same, once for each language of the flow. `joins`: contacts come into their
    segments at the start."""

    request: Request
    joins: bool
    person: Person | None
    remarks: tuple[str, ...]
    people: Sequence[Person] = ()


def prepared(stage: Stage, asked: Asked) -> Prepared:
    """Raises UsageError where the request cannot be played."""
    project, flow = stage.project, stage.checked.flows[asked.flow]
    given = {planned.event for planned in asked.events}
    starting = [each for each in flow.trigger if isinstance(each, EventTrigger) and each.event in given]
    trigger = starting[0] if starting else flow.trigger[0]
    start = _start(trigger, project, asked)
    wanted = made_up.required(project, flow, trigger, start)
    opening = made_up.opening(trigger, wanted)
    if opening.event is not None:
        opening = opening._replace(data=_with_read(stage, flow, opening))
    person = _person(stage, flow, wanted) if asked.people == "made up" else None
    past = () if asked.people == "stored" else tuple(wanted.past)
    until = start + (asked.until.nominal if asked.until else _usual(trigger, asked))
    remarks = [*_times(asked, start, project), *_opened(flow, trigger, opening, bool(starting), asked)]
    remarks += [f"made up before the start: {each.event} {span(each.ago)} earlier" for each in past[:1]]
    if person is not None:
        known = {name: value for name, value in person.values.items() if name != "timezone"}
        remarks.append(f"the contact is made up: {made_up.told(known)}")
    if asked.rates:
        remarks.append(f"people react by chance, seed {asked.seed}")
    request = Request(
        asked.flow, start, until, None if starting else opening, past, asked.events, asked.rates, asked.seed, asked.each
    )
    people = _in_languages(stage, asked.flow, person) if person is not None else ()
    return Prepared(request, isinstance(trigger, SegmentTrigger), person, tuple(remarks), people)


def _start(trigger: Trigger, project: Project, asked: Asked) -> int:
    if asked.start is not None or not isinstance(trigger, ScheduleTrigger):
        return asked.start if asked.start is not None else asked.now - asked.now % MINUTE
    zone = project.timezone if asked.people == "made up" else EASTERNMOST
    firing = made_up.firing_after(trigger, project, zone, asked.now) or made_up.firing_after(trigger, project, zone, 0)
    start = (firing or asked.now) - MINUTE
    return max(start, asked.now) if asked.people == "stored" else start


def _usual(trigger: Trigger, asked: Asked) -> int:
    """A date of each contact comes once a year."""
    return A_YEAR if isinstance(trigger, DateTrigger) and asked.people != "made up" else USUAL


def _times(asked: Asked, start: int, project: Project) -> Iterator[str]:
    if asked.start is None:
        wall = wall_of(start, project.timezone)
        yield f'--start "{moment(wall)}" repeats it'


def moment(wall: int) -> str:
    """A wall time as `--start` takes it."""
    return f"{datetime.fromtimestamp(wall / 1000, UTC):%Y-%m-%d %H:%M}"


def _opened(flow: Flow, trigger: Trigger, opening: Opening, given: bool, asked: Asked) -> Iterator[str]:
    if given:
        return
    said = "started by hand"
    if opening.event is not None:
        data = f", made up: {made_up.told(opening.data)}" if opening.data else ""
        said = f"started by {opening.event}{data}"
    elif opening.words is not None:
        said = f"started by the text {opening.words}"
    elif isinstance(trigger, SegmentTrigger):
        said = f"started by the segment {trigger.name}: contacts come into it"
        said += " by themselves" if asked.people == "stored" else " at the start"
    elif isinstance(trigger, ScheduleTrigger):
        spread = trigger.schedule.spread
        said = "started by its schedule" + (f", spread over {duration_words(spread)}" if spread else "")
    elif isinstance(trigger, DateTrigger):
        said = f"started by the date {trigger.date.field}"
    more = len(flow.trigger) - 1
    yield said + (f"; {counted(more, 'more trigger')} not played" if more else "")


def _with_read(stage: Stage, flow: Flow, opening: Opening) -> Mapping[str, Any]:
    """With samples of what the texts read of an event that declares no fields, and a URL for each text that they make a link of."""
    project = stage.project
    declared, host = project.fields_of_event(opening.event), host_of(project)
    shown = _shown(stage, flow, "event.", declared)
    made = {} if declared or project.events else {name: sample(name, spec, host) for name, spec in shown.items()}
    links = {name: sample(name, spec, host) for name, spec in shown.items() if declared.get(name, spec) is not spec}
    return made | dict(opening.data) | links


def _person(stage: Stage, flow: Flow, wanted: Fulfilment) -> Person:
    read = _shown(stage, flow, "contact.", stage.project.contact_fields)
    made = made_up.contact(stage.project, wanted, read)
    return written(stage.project, made)


def _in_languages(stage: Stage, flow: str, person: Person) -> list[Person]:
    """Who reads the flow's first language is the contact as it is; the others have numbers of their own."""
    languages = languages_of(node.block for node in stage.programs[flow].nodes)
    return [person, *(_in_language(person, number, each) for number, each in enumerate(languages[1:], 1))]


def _in_language(person: Person, number: int, language: str) -> Person:
    phone = f"{person.phone[:-2]}{(int(person.phone[-2:]) + number) % 100:02}"
    return person._replace(phone=phone, key=None, values={**person.values, "language": language})


def _shown(stage: Stage, flow: Flow, root: str, specs: Mapping[str, FieldSpec]) -> dict[str, FieldSpec | None]:
    """Fields that the flow's texts show; a text that they make a link of is a URL."""
    messages = (message_of(node.block) for node in stage.programs[flow.flow].nodes)
    found: dict[str, FieldSpec | None] = {}
    for shown in (shown for message in messages if message for shown in message.text.paths):
        name = shown.field.removeprefix(root)
        if name != shown.field:
            spec = found.get(name, specs.get(name))
            is_text = shown.in_link and shown.in_row is None and (spec is None or spec.type == "text")
            found[name] = FieldSpec("url") if is_text else spec
    return found


def start_of(text: str, zone: str) -> int:
    """`2027-04-01 10:04` on a clock of that zone. Raises UsageError, also for a time that its clocks skip."""
    try:
        wall = parse_moment(text)
    except PydanticCustomError as error:
        raise UsageError(f'--start "{text}": {error.message()}', 'write it like --start "2027-04-01 10:04"') from None
    at = resolve(wall, zone)
    if wall_of(at, zone) != wall:
        raise UsageError(
            f'--start "{text}": clocks in {zone} skip that time',
            f'the next one is --start "{moment(wall_of(at, zone))}"',
        )
    return at


def until_of(text: str, option: str = "--until") -> Duration:
    """`14d`. Raises UsageError."""
    try:
        return parse_duration(text)
    except PydanticCustomError as error:
        help = (error.context or {}).get("help") or f"write it like {option} 14d"
        raise UsageError(f"{option} {text}: {error.message()}", help) from None


def event_of(text: str, project: Project, flows: Mapping[str, Flow]) -> Planned:
    """`order.placed={"total": 59}@2d`: data and offset may be left out. Raises UsageError."""
    found = _EVENT.fullmatch(text)
    if found is None:
        raise UsageError(f"--event {text} cannot be read", "write --event 'order.placed={\"total\": 59}@2d'")
    name, said, after = found.groups()
    known = sorted(project.events or _events_in(flows))
    if name not in known:
        where = "is not declared in leadoff.yaml" if project.events else "is not what any flow asks about"
        raise UsageError(f'the event "{name}" {where}', did_you_mean(name, known, f"one of {', '.join(known)}"))
    try:
        data = orjson.loads(said) if said is not None else Fulfilment(project).data_of(name)
        if not isinstance(data, dict):
            raise ValueError
    except ValueError:
        raise UsageError(f"--event {name}: its data are no JSON object", 'write {"total": 59} behind the =') from None
    try:
        convert_event(project, name, data)
    except BadValue as error:
        raise UsageError(f"--event {name}: {error}") from None
    return Planned(name, data, AT_ONCE if after in (None, "0s", "0m", "0h", "0d") else until_of(after, "--event …@"))


def rates_of(text: str, project: Project, flows: Mapping[str, Flow]) -> tuple[Rate, ...]:
    """`clicked=20%,replied:STOP=1%,order.placed=4%`. Raises UsageError."""
    return tuple(_rate(part.strip(), project, flows) for part in text.split(",") if part.strip())


def _rate(text: str, project: Project, flows: Mapping[str, Flow]) -> Rate:
    found = _RATE.fullmatch(text)
    if found is None or float(found[3]) > 100:
        raise UsageError(f"--rate {text} cannot be read", "write --rate clicked=20%,replied:STOP=1%,order.placed=4%")
    name, what, share = found[1], found[2], float(found[3]) / 100
    if name == "clicked":
        if what is not None and what not in project.links and not names_value(what):
            near = nearest(what, list(project.links))
            raise UsageError(f'there is no link "{what}"', f'did you mean "{near}"?' if near else None)
        return Rate(share, link=what)
    if name == "replied":
        return Rate(share, words=what or "Thanks")
    return Rate(share, event=event_of(name, project, flows).event)


def _events_in(flows: Mapping[str, Flow]) -> Iterator[str]:
    """Names that triggers wait for, where the project declares none."""
    for flow in flows.values():
        yield from (each.event for each in flow.trigger if isinstance(each, EventTrigger))


def contacts_of(texts: Sequence[str], project: Project) -> list[Person]:
    """Contacts as JSON objects. Raises UsageError."""
    people: list[Person] = []
    for text in texts:
        try:
            said = orjson.loads(text)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise UsageError(
                f"--contact {text[:60]} is no JSON object", 'write --contact \'{"phone": "+12025550143"}\''
            )
        person = written(project, said)
        if any(each.phone == person.phone or (each.key and each.key == person.key) for each in people):
            raise UsageError(f"--contact {text[:60]}: this contact is given twice", "leave one of them out")
        people.append(person)
    return people
