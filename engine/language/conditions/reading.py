"""Parses conditions from plain data into trees.

Invariants: every error is reported, one per place. References are collected, not resolved; `needs` names the facts that the condition
reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engine.core.facts import Needs
from engine.language.conditions import tree as trees
from engine.language.conditions.fact_tests import STATES
from engine.language.conditions.operands import read_operand
from engine.language.conditions.time_window import read_time
from engine.language.diagnostics.findings import Loc
from engine.language.diagnostics.wording import kind_of, one_of, problem, unknown_key, wrong_kind
from engine.language.source.collector import Collector
from engine.language.values import scalars

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*")


class Reference(NamedTuple):
    """Something that a condition points at; whether it is there is for the rules to say."""

    kind: str  # field | event_field | same | event | link | replied | step | message_step | segment
    name: str  # of `replied`: nothing
    loc: Loc  # relative to the condition
    of: str | None = None  # of an event's field inside `happened`: that event's name


class ConditionReader(Collector):
    """One pass over a condition: a tree comes out, mistakes and references are collected."""

    def __init__(self) -> None:
        super().__init__()
        self.references: list[Reference] = []
        self.bound: list[tuple[str, Loc]] = []  # what only a run can answer
        self.needs = Needs()
        self._keys: Sequence[str] = KEYS
        self._of: str | None = None  # the event whose data `event:` looks at, inside `happened.where`

    def look_for_templates(self, value: object, loc: Loc) -> None:
        if isinstance(value, str) and "{{" in value:
            error = problem("LO401", "a condition cannot contain {{ }}", "name the field: {contact: {country: US}}")
            self.wrong(loc, error, value)
        for key, inner in _children(value):
            self.look_for_templates(inner, (*loc, key))

    def condition(self, value: object, loc: Loc) -> trees.Tree:
        if isinstance(value, list | dict) and not value:
            self.wrong(loc, problem("LO208", "this condition is empty", _EXAMPLE, at="key"), value)
        if isinstance(value, list):
            return _all([self.condition(item, (*loc, index)) for index, item in enumerate(value)])
        if isinstance(value, dict):
            return _all([self._key(key, inner, (*loc, key)) for key, inner in value.items()])
        missing = problem("LO205", "this condition is missing", _EXAMPLE, at="key")
        self.wrong(loc, missing if value is None else wrong_kind("a condition", value), value)
        return trees.NOTHING

    def _key(self, key: str, value: object, loc: Loc) -> trees.Tree:
        if key in KEYS and key not in self._keys:
            help = f"`where` tests the event's data: {', '.join(self._keys)}"
            self.wrong(loc, problem("LO201", f'"{key}" is not allowed inside "where"', help, at="key"), value)
        elif key not in self._keys:
            self.wrong(loc, unknown_key(key, self._keys), value)
        elif value is None:
            self.wrong(loc, problem("LO205", f'"{key}" has no value', at="key"), value)
        else:
            return _READERS[key](self, value, loc)
        return trees.NOTHING

    def any(self, value: object, loc: Loc) -> trees.Tree:
        if not isinstance(value, list):
            self.wrong(
                loc, problem("LO206", "`any` takes a list of conditions", "write any: [{...}, {...}]", at="key"), value
            )
            return trees.NOTHING
        if not value:
            self.wrong(loc, problem("LO208", "this list is empty", at="key"), value)
        return trees.AnyOf(tuple(self.condition(item, (*loc, index)) for index, item in enumerate(value)))

    def event(self, value: object, loc: Loc) -> trees.Tree:
        if self._of is None:
            self._bind("event", loc)
        return self.fields("event", "event_field", value, loc)

    def fields(self, root: str, kind: str, value: object, loc: Loc) -> trees.Tree:
        if not isinstance(value, dict) or not value:
            empty = problem("LO208", f'"{root}" needs a field', _EXAMPLE, at="key")
            self.wrong(loc, empty if isinstance(value, dict) else wrong_kind("a mapping of fields", value), value)
            return trees.NOTHING
        parts: list[trees.Tree] = []
        for name, operand in value.items():
            place = (*loc, name)
            if not _FIELD.fullmatch(name):
                help = "a field name is letters, digits and _, starting with a letter; dots separate nested fields"
                self.wrong(place, problem("LO232", f'"{name}" is not a field name', help, at="key"), operand)
                continue
            self.references.append(Reference(kind, name, place, self._of if kind == "event_field" else None))
            parts.append(trees.Field(root, name, read_operand(operand, place, self.wrong)))
        return _all(parts)

    def happened(self, value: object, loc: Loc) -> trees.Tree:
        if not isinstance(value, dict):
            name = self.parsed(scalars.parse_event_name, value, loc)
            return trees.NOTHING if name is None else self._happened(trees.Happened(name), loc)
        given = self.mapping(value, loc, ("event", "since", "within", "at_least", "where", "same"), ("event",))
        name = self.of_key(scalars.parse_event_name, given, "event", loc)
        count = self.of_key(scalars.parse_whole, given, "at_least", loc)
        if count is not None and not 1 <= count <= 10_000:
            self.wrong((*loc, "at_least"), problem("LO208", "this must be from 1 to 10000"), count)
        tree = trees.Happened(
            name or "",
            self._since(given, loc),
            self.of_key(scalars.parse_duration, given, "within", loc),
            count or 1,
            self._where(given["where"], name or "", (*loc, "where")) if "where" in given else None,
            self._same(given, name, loc),
        )
        return trees.NOTHING if name is None else self._happened(tree, (*loc, "event"))

    def _happened(self, tree: trees.Happened, loc: Loc) -> trees.Tree:
        self.references.append(Reference("event", tree.event, loc))
        # `within` alone looks back over the entry: "in the last 7 days".
        ever = tree.since == "ever" or (tree.within is not None and tree.since is None)
        names = frozenset((tree.event,))
        self._need(Needs(events=names, ever=names if ever else frozenset()))
        return tree

    def _same(self, given: Mapping[str, Any], event: str | None, loc: Loc) -> str | None:
        name = self.of_key(scalars.parse_field_name, given, "same", loc)
        if name is not None:
            place = (*loc, "same")
            self._bind("same", place)
            self.references += (Reference("same", name, place, of) for of in (None, event))
        return name

    def _where(self, value: object, name: str, loc: Loc) -> trees.Tree:
        outside = self._keys, self._of
        self._keys, self._of = ON_DATA, name
        tree = self.condition(value, loc)
        self._keys, self._of = outside
        return tree

    def clicked(self, value: object, loc: Loc) -> trees.Tree:
        self._need(Needs(clicks=True))
        self._bind("clicked", loc)
        if not isinstance(value, dict):
            given: Mapping[str, Any] = {"link": value}
            place = loc
        else:
            given, place = self.mapping(value, loc, ("link", "since")), (*loc, "link")
        link = self.parsed(scalars.parse_clicked, given["link"], place) if "link" in given else None
        if link is not None:
            self.references.append(Reference("link", link, place))
        return trees.Clicked(link, self._since(given, loc))

    def replied(self, value: object, loc: Loc) -> trees.Tree:
        self._need(Needs(replies=True))
        self._bind("replied", loc)
        if value is True:
            return trees.Replied()
        if not isinstance(value, dict):
            help = 'write replied: true, or replied: {matches: "yes*"}; the opposite is not: {replied: true}'
            self.wrong(loc, problem("LO206", f"expected true or a mapping, got {kind_of(value)}", help), value)
            return trees.NOTHING
        given = self.mapping(value, loc, ("since", "matches"))
        self.references.append(Reference("replied", "", loc))
        return trees.Replied(self._since(given, loc), self.of_key(scalars.parse_text, given, "matches", loc))

    def segment(self, value: object, loc: Loc) -> trees.Tree:
        name = self.parsed(scalars.parse_id, value, loc)
        if name is None:
            return trees.NOTHING
        self._need(Needs(segments=frozenset((name,))))
        self.references.append(Reference("segment", name, loc))
        return trees.InSegment(name)

    def message(self, value: object, loc: Loc) -> trees.Tree:
        given = self.mapping(value, loc, ("step", "is"), ("step", "is"))
        state = given.get("is")
        if state is not None and state not in STATES:
            self.wrong((*loc, "is"), one_of(state, STATES), state)
        return self.reached(given["step"], str(state), loc, (*loc, "step")) if "step" in given else trees.NOTHING

    def reached(self, step: object, state: str, loc: Loc, place: Loc) -> trees.Tree:
        self._need(Needs(messages=True))
        self._bind(str(loc[-1]), loc)
        name = self.parsed(scalars.parse_id, step, place)
        if name is None:
            return trees.NOTHING
        self.references.append(Reference("message_step", name, place))
        return trees.Message(name, state)

    def _since(self, given: Mapping[str, object], loc: Loc) -> str | None:
        """The value of `since`; None if it is not written."""
        place = (*loc, "since")
        word = self.of_key(scalars.parse_id, given, "since", loc)
        if word is not None and word != "ever":
            self._bind(f"since: {word}", place)
        if word is not None and word not in scalars.RESERVED:
            self.references.append(Reference("step", word, place))
            self._need(Needs(left=True))
        return word

    def _need(self, needs: Needs) -> None:
        self.needs = self.needs.plus(needs)

    def _bind(self, what: str, loc: Loc) -> None:
        self.bound.append((what, loc))


def _all(parts: list[trees.Tree]) -> trees.Tree:
    return parts[0] if len(parts) == 1 else trees.All(tuple(parts))


_EXAMPLE = "write it like {contact: {country: US}} or {clicked: shop}"

_READERS: Mapping[str, Callable[[ConditionReader, Any, Loc], trees.Tree]] = {
    "contact": lambda reader, value, loc: reader.fields("contact", "field", value, loc),
    "event": ConditionReader.event,
    "happened": ConditionReader.happened,
    "clicked": ConditionReader.clicked,
    "replied": ConditionReader.replied,
    "message": ConditionReader.message,
    "delivered": lambda reader, value, loc: reader.reached(value, "delivered", loc, loc),
    "failed": lambda reader, value, loc: reader.reached(value, "failed", loc, loc),
    "segment": ConditionReader.segment,
    "time": read_time,
    "any": ConditionReader.any,
    "all": ConditionReader.condition,
    "not": lambda reader, value, loc: trees.Not(reader.condition(value, loc)),
}


KEYS = tuple(_READERS)
ON_DATA = ("contact", "event", "any", "all", "not")  # what `happened.where` may ask


def _children(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
