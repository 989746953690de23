"""Reads conditions from plain data.

Rules kept here: everything wrong with a condition is reported, one mistake a place. What it points at is collected, not looked up; the
facts that it will read are named in `needs`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic_core import InitErrorDetails, PydanticCustomError

from engine.core.calendar import Duration
from engine.core.facts import Needs
from engine.core.program import Test
from engine.language import happenings
from engine.language.combining import Build, all_of, any_of, negation, nothing, of_field
from engine.language.happenings import DEFAULTS, STATES, Beginning, DefaultSince
from engine.language.operators import read_operand
from engine.language.problems import Loc
from engine.language.values import RESERVED, parse_duration, parse_event_name, parse_id, parse_whole
from engine.language.wording import not_built, one_of, problem, unknown_key, wrong_kind

T = TypeVar("T")

NOT_BUILT = ("replied", "segment", "time")
COMBINING = ("any", "all", "not")
KEYS = ("contact", "event", "happened", "clicked", "message", "delivered", "failed", *COMBINING)
ON_DATA = ("contact", "event", *COMBINING)  # what `happened.where` may ask
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*")


class Reference(NamedTuple):
    """Something that a condition points at; whether it is there is for the rules to say."""

    kind: str  # field | event_field | event | link | step | message_step
    name: str
    loc: Loc  # relative to the condition
    of: str | None = None  # of an event_field inside `happened.where`: that event's name


class Reading:
    """One pass over a condition: closures come out, mistakes and references are collected."""

    def __init__(self) -> None:
        self.errors: list[InitErrorDetails] = []
        self.references: list[Reference] = []
        self.needs = Needs()
        self._keys: Sequence[str] = KEYS
        self._places: set[Loc] = set()
        self._of: str | None = None  # the event whose data `event:` looks at, inside `happened.where`

    def wrong(self, loc: Loc, error: PydanticCustomError, found: object) -> None:
        if loc not in self._places:  # one mistake a place
            self._places.add(loc)
            self.errors.append(InitErrorDetails(type=error, loc=loc, input=found))

    def look_for_templates(self, value: object, loc: Loc) -> None:
        if isinstance(value, str) and "{{" in value:
            error = problem("LO401", "a condition has no {{ }}", "name the field: {contact: {country: US}}")
            self.wrong(loc, error, value)
        for key, inner in _children(value):
            self.look_for_templates(inner, (*loc, key))

    def condition(self, value: object, loc: Loc) -> Build:
        if isinstance(value, list | dict) and not value:
            self.wrong(loc, problem("LO208", "this condition is empty", _EXAMPLE, at="key"), value)
        if isinstance(value, list):
            return all_of([self.condition(item, (*loc, index)) for index, item in enumerate(value)])
        if isinstance(value, dict):
            return all_of([self._key(key, inner, (*loc, key)) for key, inner in value.items()])
        missing = problem("LO205", "a condition is missing here", _EXAMPLE, at="key")
        self.wrong(loc, missing if value is None else wrong_kind("a condition", value), value)
        return nothing

    def _key(self, key: str, value: object, loc: Loc) -> Build:
        if key in NOT_BUILT and self._of is None:
            self.wrong(loc, not_built(f'the condition "{key}"'), value)
        elif key in KEYS and key not in self._keys:
            help = f"it looks at the event's own data: {', '.join(self._keys)}"
            self.wrong(loc, problem("LO201", f'"{key}" cannot stand inside "where"', help, at="key"), value)
        elif key not in self._keys:
            self.wrong(loc, unknown_key(key, self._keys), value)
        elif value is None:
            self.wrong(loc, problem("LO205", f'nothing stands behind "{key}"', at="key"), value)
        else:
            return _READERS[key](self, value, loc)
        return nothing

    def any(self, value: object, loc: Loc) -> Build:
        if not isinstance(value, list):
            self.wrong(
                loc, problem("LO206", "any takes a list of conditions", "write any: [{...}, {...}]", at="key"), value
            )
            return nothing
        if not value:
            self.wrong(loc, problem("LO208", "this list is empty", at="key"), value)
        return any_of([self.condition(item, (*loc, index)) for index, item in enumerate(value)])

    def none_of(self, value: object, loc: Loc) -> Build:
        return negation(self.condition(value, loc))

    def contact(self, value: object, loc: Loc) -> Build:
        return self._fields("contact", "field", value, loc)

    def event(self, value: object, loc: Loc) -> Build:
        return self._fields("event", "event_field", value, loc)

    def _fields(self, root: str, kind: str, value: object, loc: Loc) -> Build:
        if not isinstance(value, dict) or not value:
            empty = problem("LO208", f'"{root}" names no field', _EXAMPLE, at="key")
            self.wrong(loc, empty if isinstance(value, dict) else wrong_kind("a mapping of fields", value), value)
            return nothing
        builds = []
        for name, operand in value.items():
            place = (*loc, name)
            if not _FIELD.fullmatch(name):
                help = "a name is letters, digits and _, a letter first, with dots to what lies deeper"
                self.wrong(place, problem("LO232", f'"{name}" is not the name of a field', help, at="key"), operand)
                continue
            self.references.append(Reference(kind, name, place, self._of if kind == "event_field" else None))
            builds.append(of_field(root, name, read_operand(operand, place, self.wrong)))
        return all_of(builds)

    def happened(self, value: object, loc: Loc) -> Build:
        if not isinstance(value, dict):
            name = self._parsed(parse_event_name, value, loc)
            return self._happened(name, loc, None, None, 1, None)
        given = self._mapping(value, loc, ("event", "since", "within", "at_least", "where"), ("event",), ("same",))
        name = self._parsed(parse_event_name, given["event"], (*loc, "event")) if "event" in given else None
        span = self._parsed(parse_duration, given["within"], (*loc, "within")) if "within" in given else None
        count = self._parsed(parse_whole, given["at_least"], (*loc, "at_least")) if "at_least" in given else 1
        if count is not None and not 1 <= count <= 10_000:
            self.wrong((*loc, "at_least"), problem("LO208", "this must be from 1 to 10000"), count)
        since = self._since(given, loc)
        where = self._where(given["where"], name or "", (*loc, "where")) if "where" in given else None
        place = (*loc, "event")
        return self._happened(name, place, since, span, count or 1, where, ever=given.get("since") == "ever")

    def _happened(
        self,
        name: str | None,
        loc: Loc,
        since: Beginning | None,
        span: Duration | None,
        count: int,
        where: Build | None,
        ever: bool = False,
    ) -> Build:
        if name is None:
            return nothing
        self.references.append(Reference("event", name, loc))
        # `within` alone looks back over the entry: "in the last 7 days".
        names = frozenset((name,))
        self._need(Needs(events=names, ever=names if ever or (span and since is None) else frozenset()))

        def build(default: DefaultSince) -> Test:
            begins = happenings.within(span, since) if span else since or DEFAULTS[default]
            return happenings.happened(name, begins, count, where and where(default))

        return build

    def _where(self, value: object, name: str, loc: Loc) -> Build:
        outside = self._keys, self._of
        self._keys, self._of = ON_DATA, name
        build = self.condition(value, loc)
        self._keys, self._of = outside
        return build

    def clicked(self, value: object, loc: Loc) -> Build:
        self._need(Needs(clicks=True))
        if not isinstance(value, dict):
            given: Mapping[str, Any] = {"link": value}
            place = loc
        else:
            given, place = self._mapping(value, loc, ("link", "since")), (*loc, "link")
        link = self._parsed(parse_id, given["link"], place) if "link" in given else None
        if link is not None:
            self.references.append(Reference("link", link, place))
        since = self._since(given, loc)
        return lambda default: happenings.clicked(link, since or DEFAULTS[default])

    def message(self, value: object, loc: Loc) -> Build:
        given = self._mapping(value, loc, ("step", "is"), ("step", "is"))
        state = given.get("is")
        if state is not None and state not in STATES:
            self.wrong((*loc, "is"), one_of(state, STATES), state)
        return self._message(given["step"], str(state), (*loc, "step")) if "step" in given else nothing

    def delivered(self, value: object, loc: Loc) -> Build:
        return self._message(value, "delivered", loc)

    def failed(self, value: object, loc: Loc) -> Build:
        return self._message(value, "failed", loc)

    def _message(self, step: object, state: str, loc: Loc) -> Build:
        self._need(Needs(messages=True))
        name = self._parsed(parse_id, step, loc)
        if name is None:
            return nothing
        self.references.append(Reference("message_step", name, loc))
        return lambda default: happenings.message(name, state)

    def _since(self, given: Mapping[str, object], loc: Loc) -> Beginning | None:
        """What `since` says; None where it is not written."""
        if "since" not in given:
            return None
        place = (*loc, "since")
        word = self._parsed(parse_id, given["since"], place)
        if word is None:
            return None
        if word in RESERVED:
            return DEFAULTS["ever" if word == "ever" else "entry"]
        self.references.append(Reference("step", word, place))
        self._need(Needs(left=True))
        return happenings.since_step(word)

    def _mapping(
        self,
        value: object,
        loc: Loc,
        known: Sequence[str],
        required: Sequence[str] = (),
        later: Sequence[str] = (),
    ) -> Mapping[str, Any]:
        """The known keys of a mapping that have a value."""
        if not isinstance(value, dict):
            self.wrong(loc, wrong_kind("a mapping", value), value)
            return {}
        for key, inner in value.items():
            if key in later:
                self.wrong((*loc, key), not_built(f'"{key}"'), inner)
            elif key not in known:
                self.wrong((*loc, key), unknown_key(key, known), inner)
            elif inner is None:
                self.wrong((*loc, key), problem("LO205", f'nothing stands behind "{key}"', at="key"), inner)
        for key in required:
            if key not in value:
                self.wrong((*loc, key), problem("LO205", f'"{key}" is missing', at="parent"), value)
        return {key: inner for key, inner in value.items() if key in known and inner is not None}

    def _parsed(self, parse: Callable[[object], T], value: object, loc: Loc) -> T | None:
        try:
            return parse(value)
        except PydanticCustomError as error:
            self.wrong(loc, error, value)
            return None

    def _need(self, needs: Needs) -> None:
        self.needs = self.needs.plus(needs)


_EXAMPLE = "write it like {contact: {country: US}} or {clicked: shop}"

_READERS: Mapping[str, Callable[[Reading, Any, Loc], Build]] = {
    "contact": Reading.contact,
    "event": Reading.event,
    "happened": Reading.happened,
    "clicked": Reading.clicked,
    "message": Reading.message,
    "delivered": Reading.delivered,
    "failed": Reading.failed,
    "any": Reading.any,
    "all": Reading.condition,
    "not": Reading.none_of,
}


def _children(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
