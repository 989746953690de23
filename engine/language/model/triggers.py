"""The models of triggers, and their compiled form.

Invariants: a trigger is `manual` or a mapping with one verb. Keywords are compared without case, width, accents and punctuation; a word
that opts out or asks for help cannot be a keyword. A schedule names its `audience`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import PlainValidator, TypeAdapter, ValidationInfo
from pydantic_core import InitErrorDetails

from engine.core.calendar import DAY, Duration
from engine.core.program import Trigger as Compiled
from engine.core.recurrence import Cron, DateField, Once, Recurrence
from engine.language.conditions.condition import Condition
from engine.language.diagnostics.wording import kind_of, problem, raised, unknown_key
from engine.language.model.canonical import canonical, digest
from engine.language.model.validation_context import lenient
from engine.language.values import scalars
from engine.language.values.humanize import clock_words, condition_words, day_words, duration_words
from engine.language.values.moments import ClockText, CronText, MomentText, OffsetText
from engine.language.values.strict import Strict
from engine.messaging import keywords

LONGEST_KEYWORD = 40
MOST_KEYWORDS = 50
LONGEST_CATCH_UP = 60 * DAY
LONGEST_SPREAD = DAY
LOCAL = ("contact", "project")


def _keyword(value: object) -> str:
    text = scalars.parse_text(value).strip()
    if not keywords.plain(text) or len(text) > LONGEST_KEYWORD:
        help = f"a keyword has 1 to {LONGEST_KEYWORD} characters, at least one of them a letter or digit: JOIN"
        raise problem("LO241", "this cannot be a keyword", help)
    if keywords.classify(text) in ("stop", "help"):
        what = "opts out" if keywords.classify(text) == "stop" else "asks for help"
        raise problem("LO241", f'"{text}" {what}, so it never reaches a flow', "choose another word: JOIN, VIP, SALE")
    return text


_keyword_list = TypeAdapter(tuple[Annotated[str, PlainValidator(_keyword)], ...])


def _keywords(value: Any) -> tuple[str, ...]:
    """One, or a list of them."""
    if not isinstance(value, list):
        return (_keyword(value),)
    if not 1 <= len(value) <= MOST_KEYWORDS:
        raise problem("LO208", f"write 1 to {MOST_KEYWORDS} keywords")
    return _keyword_list.validate_python(value)


def _segment(value: object) -> Condition:
    """The name of a segment as a condition; its reference has the place of the name."""
    made = Condition({"segment": scalars.parse_id(value)})
    made.references = tuple(reference._replace(loc=()) for reference in made.references)
    return made


def _audience(value: object) -> Condition:
    return _segment(value) if isinstance(value, str) else Condition(value)


def _zone(value: object) -> str:
    return str(value) if value in LOCAL else scalars.parse_zone(value)


def _contact_field(value: object) -> str:
    text = scalars.parse_text(value)
    if not text.startswith("contact."):
        raise problem("LO232", f'"{text[:60]}" is not a field of the contact', "write it like contact.birthday")
    return scalars.parse_field_name(text.removeprefix("contact."))


Segment = Annotated[Condition, PlainValidator(_segment, json_schema_input_type=scalars.SegmentName)]
Audience = Annotated[Condition, PlainValidator(_audience, json_schema_input_type=scalars.SegmentName | Condition)]
Zone = Annotated[str, PlainValidator(_zone, json_schema_input_type=Literal["contact", "project"] | scalars.ZoneName)]
ContactField = Annotated[
    str, scalars.validated(_contact_field, type="string", pattern="^contact[.]", examples=["contact.birthday"])
]
_WORD = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEYWORD, "examples": ["JOIN", "VIP"]}
_WORDS = {"anyOf": [_WORD, {"type": "array", "items": _WORD, "minItems": 1, "maxItems": MOST_KEYWORDS}]}


class EventTrigger(Strict):
    """An event of the contact starts the flow, if its data pass `where`."""

    event: scalars.EventName
    """The event's name."""
    where: Condition | None = None
    """Tested once, on the event's data and the contact; a contact for whom it does not hold does not enter, and `explain` says so."""

    def compiled(self, project_zone: str) -> Compiled:
        return Compiled("event", self.event, self.where.holds if self.where else None)

    def describe(self) -> str:
        where = f", where {condition_words(self.where.source)}" if self.where is not None else ""
        return f"event {self.event}{where}"


class ManualTrigger(Strict):
    """A person, or a script through the API, starts the flow."""

    def compiled(self, project_zone: str) -> Compiled:
        return Compiled("manual")

    def describe(self) -> str:
        return "started by hand"


class KeywordTrigger(Strict):
    """A text that is exactly one of these words; case, width, accents, punctuation and emoji are ignored.

    What a text quotes of others (Liked “…”, a line behind `>`) is not read. An unknown number becomes a
    contact. Texting a keyword is no consent by itself.
    """

    keyword: Annotated[tuple[str, ...], scalars.validated(_keywords, **_WORDS)]
    """One keyword or a list. The whole text must match; case, accents, punctuation and emoji are ignored."""

    def compiled(self, project_zone: str) -> Compiled:
        return Compiled("keyword", words=frozenset(map(keywords.plain, self.keyword)))

    def describe(self) -> str:
        return f"texts {' or '.join(self.keyword)}"


class SegmentTrigger(Strict):
    """A contact joins the segment; with `enroll_existing` also its members when the trigger is first applied."""

    segment: Segment
    """The name of a segment."""
    enroll_existing: scalars.Flag = False
    """Also start contacts who are in it when the trigger is first applied."""

    @property
    def name(self) -> str:
        return str(self.segment.source["segment"])

    def compiled(self, project_zone: str) -> Compiled:
        existing, who = self.enroll_existing, self.segment
        return Compiled("segment", key=_key(self), segment=self.name, enroll_existing=existing, audience=who)

    def describe(self) -> str:
        return f"joins the segment {self.name}{', or is in it' if self.enroll_existing else ''}"


def _catch_up(value: object) -> Literal["never"] | Duration:
    if value == "never":
        return "never"
    length = scalars.parse_duration(value)
    if length.nominal > LONGEST_CATCH_UP:
        raise problem("LO230", "at most 60 days", "write 24h, 7d or never")
    return length


CatchUp = Annotated[
    Literal["never"] | Duration,
    PlainValidator(_catch_up, json_schema_input_type=Literal["never"] | scalars.DurationText),
]
DEFAULT_CATCH_UP = Duration(0, DAY)


def _spread(value: object) -> Duration:
    length = scalars.parse_duration(value)
    if length.nominal > LONGEST_SPREAD:
        raise problem("LO230", "at most 24 hours", "write 30m, 2h or 24h")
    return length


SpreadText = Annotated[Duration, PlainValidator(_spread, json_schema_input_type=scalars.DurationText)]


def _late(catch_up: Literal["never"] | Duration) -> int:
    """In ms."""
    return 0 if catch_up == "never" else catch_up.nominal


class Schedule(Strict):
    """At set times: repeatedly (`cron`) or once (`at`)."""

    cron: CronText | None = None
    """Minute, hour, day of the month, month, day of the week."""
    at: MomentText | None = None
    """Once, at this local date and time."""
    timezone: Zone = "contact"
    """The time zone: each contact's own, the project's, or a named one."""
    audience: Audience
    """Who enters: the name of a segment, or a condition."""
    catch_up: CatchUp = DEFAULT_CATCH_UP
    """How late it may still start if Leadoff was down at the time: `never`, or up to this long; at most 60 days."""
    spread: SpreadText | None = None
    """Start the contacts evenly over this long instead of all at once; at most 24 h."""
    later: ClassVar[frozenset[str]] = frozenset(("spread",))


_schedule_alone = TypeAdapter(Annotated[Schedule, lenient(Schedule)])


def _schedule(value: Any, info: ValidationInfo) -> Schedule:
    made: Schedule = _schedule_alone.validate_python(value, context=info.context)
    if made.cron is None and made.at is None and isinstance(value, dict) and not {"cron", "at"} & value.keys():
        raise problem("LO205", "`cron` or `at` is missing", 'write cron: "0 9 * * MON" or at: "2026-11-27 09:00"')
    if made.cron is not None and made.at is not None:
        raise problem("LO203", "`cron` and `at` cannot be used together", "make two triggers", at="key")
    return made


class ScheduleTrigger(Strict):
    """At a set time, for all contacts of an audience. A campaign is a flow with this trigger."""

    schedule: Annotated[Schedule, PlainValidator(_schedule)]
    """When, and for which contacts."""

    def compiled(self, project_zone: str) -> Compiled:
        said = self.schedule
        assert said.cron is not None or said.at is not None
        rule = said.cron if said.cron is not None else Once(said.at or 0)
        zone = {"contact": None, "project": project_zone}.get(said.timezone, said.timezone)
        recurrence = Recurrence(rule, zone, catch_up=_late(said.catch_up))
        spread = said.spread.nominal if said.spread else 0
        return Compiled("schedule", key=_key(self), recurrence=recurrence, audience=said.audience, spread=spread)

    def describe(self) -> str:
        said = self.schedule
        when = f"cron {said.cron.text}" if said.cron is not None else day_words(said.at or 0)
        zone = {"contact": "", "project": ", project time"}.get(said.timezone, f", {said.timezone}")
        spread = f", spread over {duration_words(said.spread)}" if said.spread else ""
        return f"{when}{zone}{spread}, for {condition_words(said.audience.source)}"


class ContactDate(Strict):
    """A date field of the contact, in the contact's time zone; 29 February counts as the 28th in other years."""

    field: ContactField
    """A field of the contact that holds a date."""
    offset: OffsetText = 0
    """Days before (-) or after it."""
    time: ClockText
    """The time of day, in the contact's zone."""
    every: Literal["year", "once"] = "year"
    """Every year on that day, or once."""
    catch_up: CatchUp = DEFAULT_CATCH_UP
    """How late it may still start if Leadoff was down at the time: `never`, or up to this long; at most 60 days."""


class DateTrigger(Strict):
    """A date of the contact: a birthday, a renewal."""

    date: Annotated[ContactDate, lenient(ContactDate)]
    """The date field, and the time of day."""

    def compiled(self, project_zone: str) -> Compiled:
        said = self.date
        hours, minutes = divmod(said.time // 60_000, 60)
        day = DateField(said.field, said.offset, said.every == "year")
        recurrence = Recurrence(Cron(f"{minutes} {hours} * * *"), None, day, _late(said.catch_up))
        return Compiled("date", key=_key(self), recurrence=recurrence)

    def describe(self) -> str:
        said = self.date
        days = f"{abs(said.offset)}d {'before' if said.offset < 0 else 'after'} " if said.offset else ""
        once = ", once" if said.every == "once" else ""
        return f"{days}contact.{said.field} at {clock_words(said.time)}{once}"


Trigger = EventTrigger | ManualTrigger | KeywordTrigger | SegmentTrigger | ScheduleTrigger | DateTrigger

BY_VERB: dict[str, type[Strict]] = {
    "event": EventTrigger,
    "keyword": KeywordTrigger,
    "segment": SegmentTrigger,
    "schedule": ScheduleTrigger,
    "date": DateTrigger,
}
_READERS: dict[str, TypeAdapter[Any]] = {
    verb: TypeAdapter(Annotated[model, lenient(model)])  # type: ignore[arg-type]
    for verb, model in BY_VERB.items()
}


def _key(trigger: Strict) -> str:
    """A trigger's identity: a digest of when and for whom; `catch_up` and `spread` are not part of it."""
    said = canonical(trigger)
    for inner in said.values():
        if isinstance(inner, dict):
            inner.pop("catch_up", None)
            inner.pop("spread", None)
    return digest(said)[:16]


def read_trigger(value: Any, info: ValidationInfo) -> Trigger:
    if value == "manual":
        return ManualTrigger()
    forms = f"manual, or a mapping with one of: {', '.join(BY_VERB)}"
    if not isinstance(value, dict):
        said = f'not "{value}"' if isinstance(value, str) else f"not {kind_of(value)}"
        raise problem("LO206", f"a trigger is a mapping like `event: NAME`, {said}", f"a trigger is {forms}")
    verb = next((key for key in value if key in BY_VERB), None)
    if verb is None:
        if not value:
            raise problem("LO205", "this trigger is empty", f"a trigger is {forms}")
        key = next(iter(value))
        raise raised([InitErrorDetails(type=unknown_key(key, BY_VERB), loc=(key,), input=value)])
    made: Trigger = _READERS[verb].validate_python(value, context=info.context)
    return made
