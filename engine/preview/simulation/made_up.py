"""What starts a flow where nobody says it: made up from the flow's own declaration.

Invariants: the same project makes the same data. Values are tested by the operators of the language (fulfilment.py), and what is made up
can be told in words (`told`). A number is one for fiction where its country has such numbers, else the example of its numbering plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from engine.core.calendar import wall_of
from engine.core.recurrence import Once, Recurrence, day_of, next_firing
from engine.language.conditions.condition import Condition
from engine.language.model.flow import Flow
from engine.language.model.project import Project
from engine.language.model.triggers import (
    DateTrigger,
    EventTrigger,
    KeywordTrigger,
    ManualTrigger,
    ScheduleTrigger,
    SegmentTrigger,
    Trigger,
)
from engine.language.values.fields import FieldSpec
from engine.language.values.humanize import data_words
from engine.messaging.zones import area_of, zone_for
from engine.preview.simulation.fulfilment import Fulfilment, host_of, sample

DAYS_TO_A_DATE = 2
_ABROAD = {"GB": "+447700900143"}  # Ofcom's numbers for fiction


class Opening(NamedTuple):
    """What starts a flow for a contact. Without event, words and `by_hand` the clock or a change of the contact does."""

    event: str | None = None
    data: Mapping[str, Any] = {}
    words: str | None = None
    by_hand: bool = False


def required(project: Project, flow: Flow, trigger: Trigger, now: int) -> Fulfilment:
    """What must be true of a contact, and of the event, so that this trigger starts the flow for it."""
    wanted = Fulfilment(project)
    event = trigger.event if isinstance(trigger, EventTrigger) else None
    for condition in (flow.entry.require, condition_of(trigger)):
        if condition is not None:
            wanted.require(condition.tree, of=event)
    if isinstance(trigger, DateTrigger):
        wanted.set(trigger.date.field, _day(trigger, project, now))
    return wanted


def condition_of(trigger: Trigger) -> Condition | None:
    """The trigger's `where`, segment or audience."""
    if isinstance(trigger, EventTrigger):
        return trigger.where
    if isinstance(trigger, SegmentTrigger):
        return trigger.segment
    return trigger.schedule.audience if isinstance(trigger, ScheduleTrigger) else None


def opening(trigger: Trigger, wanted: Fulfilment) -> Opening:
    if isinstance(trigger, EventTrigger):
        return Opening(trigger.event, wanted.data_of(trigger.event))
    if isinstance(trigger, KeywordTrigger):
        return Opening(words=trigger.keyword[0])
    return Opening(by_hand=isinstance(trigger, ManualTrigger))


def firing_after(trigger: Trigger, project: Project, zone: str, after: int) -> int | None:
    """When a schedule next fires on a clock of `zone`, after that instant; None for other triggers, and where it never does again."""
    rule = trigger.compiled(project.timezone).recurrence
    if not isinstance(trigger, ScheduleTrigger) or rule is None:
        return None
    found = next_firing(rule.rule, rule.zone or zone, after)
    return found.at if found else None


def firings(project: Project, flows: Sequence[Flow], start: int) -> Iterator[tuple[int, bool]]:
    """Of each schedule the first firing after `start`, or its only one, and whether it is the only one."""
    for trigger in (trigger for flow in flows for trigger in flow.trigger):
        rule = trigger.compiled(project.timezone).recurrence
        once = rule is not None and isinstance(rule.rule, Once)
        found = firing_after(trigger, project, project.timezone, 0 if once else start)
        if found is not None:
            yield found, once


def contact(project: Project, wanted: Fulfilment, read: Mapping[str, FieldSpec | None]) -> dict[str, Any]:
    """One contact in the project's zone: a number for fiction, what is required, and samples of the fields `read`."""
    phone, host = phone_in(project), host_of(project)
    made = {name: sample(name, spec, host) for name, spec in read.items() if name not in ("phone", "key")}
    specs = project.contact_fields
    made = {name: value for name, value in made.items() if value is not None and specs[name].type != "zone"}
    made |= {"first_name": "Ada"} | ({"last_name": "Okafor"} if "last_name" in read else {})
    for fixed in ("country", "timezone"):
        made.pop(fixed, None)
    made |= wanted.fields_for({"phone": phone, **made})
    if zone_for(phone) != project.timezone and not made.get("timezone"):
        made["timezone"] = project.timezone
    return {"phone": phone} | made


def phone_in(project: Project) -> str:
    """A number that the project's first sender can text, in the project's zone where the country has one there."""
    served = [country for sender in project.senders.values() for country in sender.countries]
    countries = [country for country in served if country in project.countries] or ["US"]
    home = [country for country in countries if country in ("US", "CA")]
    for area in ("202", *map(str, range(201, 990))):
        phone = f"+1{area}5550143"
        found = area_of(phone)
        if found and found.region in countries and found.zones == (project.timezone,):
            return phone
    if home or countries[0] in _ABROAD:
        return {"US": "+12025550143", "CA": "+14165550143"}[home[0]] if home else _ABROAD[countries[0]]
    import phonenumbers

    example = phonenumbers.example_number_for_type(countries[0], phonenumbers.PhoneNumberType.MOBILE)
    return "+12025550143" if example is None else f"+{example.country_code}{example.national_number}"


def told(data: Mapping[str, Any]) -> str:
    """`list: vip, total: 19.9, items: [title: Coat]`: made-up values for a line of a head."""
    return data_words(plain(dict(data)))


def plain(value: Any) -> Any:
    """59 for 59.0, as the event itself is stored and told."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _day(trigger: DateTrigger, project: Project, now: int) -> str:
    """A date whose firing is in two days; where it fires every year, one of 1992."""
    rule = trigger.compiled(project.timezone).recurrence
    assert isinstance(rule, Recurrence)
    assert rule.date is not None
    day: date = day_of(wall_of(now, project.timezone), rule.date.offset) + timedelta(days=DAYS_TO_A_DATE)
    return day.replace(year=1992).isoformat() if rule.date.yearly else day.isoformat()
