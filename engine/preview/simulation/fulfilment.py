"""What makes a condition hold: values for fields of the contact and of the event, and earlier events.

Invariants: a value is tested by the operators of the language, so that the demo and the engine never differ. What cannot be made up,
like the country of a number, limits who may enter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from datetime import date, timedelta
from typing import Any, NamedTuple

from engine.core.calendar import DAY, HOUR
from engine.language.conditions.operators import DAY_OR_INSTANT, value_test
from engine.language.conditions.tree import All, AnyOf, Check, Field, Happened, InSegment, Not, Row, Time, Tree
from engine.language.model.own_events import OWN_EVENTS
from engine.language.model.project import Project
from engine.language.values.fields import MOST_ROWS, BadValue, FieldSpec, convert

FIXED = ("phone", "key", "country")
"""Fields of a contact that its number decides."""
SAMPLES = {
    "integer": 1,
    "number": 1,
    "boolean": True,
    "money": 59.0,
    "date": "2027-04-02",
    "time": "2027-04-02T15:00:00Z",
}
SHOP = "shop.example"
MOST_MADE_UP = 5  # rows of a list


class Past(NamedTuple):
    """An event of the contact, `ago` ms ago."""

    event: str
    data: Mapping[str, Any]
    ago: int


class _Required(NamedTuple):
    """Checks that a field's value has to pass, or (`holds` False) must not."""

    checks: tuple[Check, ...]
    holds: bool


class Fulfilment:
    """What is required so far, and the values and events that satisfy it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._required: dict[tuple[str, str], list[_Required]] = {}
        self._values: dict[tuple[str, str], Any] = {}
        self.past: list[Past] = []

    def require(self, tree: Tree, holds: bool = True, of: str | None = None) -> bool:
        """Make `tree` hold, or not hold; False where that cannot be made up. `of`: the event that `event:` looks at."""
        if isinstance(tree, Not):
            return self.require(tree.part, not holds, of)
        if isinstance(tree, All | AnyOf):
            every = isinstance(tree, All) is holds
            parts = sorted(tree.parts, key=lambda part: isinstance(part, Not))  # `not` ages events of the others
            return all(self.require(part, holds, of) for part in parts) if every else self._any(parts, holds, of)
        if isinstance(tree, Field):
            return self._field(tree, holds, of)
        if isinstance(tree, Happened):
            return self._happened(tree) if holds else self._aged(tree)
        if isinstance(tree, InSegment):
            return self.require(self._project.segments[tree.name].tree, holds, of)
        return isinstance(tree, Time) or not holds  # a time comes by itself; nothing else precedes the entry

    def fields_for(self, contact: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a contact that must change, and their values."""
        return {
            name: value
            for (root, name), value in self._values.items()
            if root == "contact" and name not in FIXED and not self._passes((root, name), contact.get(name))
        }

    def fits(self, contact: Mapping[str, Any]) -> bool:
        """Whether the fixed fields of a contact are as required."""
        return all(
            self._passes(place, contact.get(place[1]))
            for place in self._required
            if place[0] == "contact" and place[1] in FIXED
        )

    def set(self, field: str, value: Any) -> None:
        """Require that a contact's field is exactly that."""
        self._required["contact", field] = [_Required((Check("is", value),), True)]
        self._values["contact", field] = value

    def data_of(self, event: str) -> dict[str, Any]:
        """Data for that event: the declared fields, with the required values."""
        specs = self._project.fields_of_event(event)
        data = {name: sample(name, spec, host_of(self._project)) for name, spec in specs.items()}
        data |= {name: value for (root, name), value in self._values.items() if root == event}
        return {name: value for name, value in data.items() if value is not None}

    def _any(self, parts: Iterable[Tree], holds: bool, of: str | None) -> bool:
        before = deepcopy((self._required, self._values, self.past))
        for part in parts:
            if self.require(part, holds, of):
                return True
            self._required, self._values, self.past = deepcopy(before)
        return False

    def _field(self, tree: Field, holds: bool, of: str | None) -> bool:
        root = "contact" if tree.root == "contact" else of
        if root is None:
            return False
        place = root, tree.name
        self._required.setdefault(place, []).append(_Required(tree.checks, holds))
        if root == "contact" and tree.name in FIXED:
            return True
        specs = self._project.contact_fields if root == "contact" else self._project.fields_of_event(root)
        for value in _candidates(tree.name, specs.get(tree.name), self._required[place]):
            if self._passes(place, value):
                self._values[place] = value
                return True
        return False

    def _passes(self, place: tuple[str, str], value: Any) -> bool:
        return all(value_test(each.checks)(value) is each.holds for each in self._required[place])

    def _happened(self, tree: Happened) -> bool:
        if tree.event in OWN_EVENTS:
            return False  # what became of a message is not made up
        inner = Fulfilment(self._project)
        if tree.where is not None and not inner.require(tree.where, of=tree.event):
            return False
        self.past += [Past(tree.event, inner.data_of(tree.event), HOUR * n) for n in range(1, tree.at_least + 1)]
        return True

    def _aged(self, tree: Happened) -> bool:
        """Events have to lie further back; where none may ever have happened, nothing can be done."""
        if tree.within is None:
            return not any(past.event == tree.event for past in self.past)
        earliest = tree.within.nominal + DAY
        self.past = [
            past._replace(ago=max(past.ago, earliest)) if past.event == tree.event else past for past in self.past
        ]
        return True


def host_of(project: Project) -> str:
    """Of made-up URLs: one to which links may lead, where leadoff.yaml names any."""
    return next(iter(project.link_hosts), SHOP)


def sample(name: str, spec: FieldSpec | None, host: str = SHOP) -> Any:
    """A value for a field; a text is the field's name. `host`: of a URL."""
    if spec is None or spec.type == "text":
        return name.replace("_", " ")[: spec.max if spec else None]
    if spec.type == "list":
        return [_sample_row(spec, host)]
    return f"https://{host}/item" if spec.type == "url" else SAMPLES.get(spec.type)


def _candidates(name: str, spec: FieldSpec | None, required: list[_Required]) -> Iterator[Any]:
    """Values of the field's type that may pass; None: it is missing."""
    if spec is not None and spec.type == "list":
        yield from (rows for rows in _lists(spec, required))
        yield None
        return
    checks = [check for each in required if each.holds for check in each.checks]
    has = [check.operand for check in checks if check.operator == "has"]
    counted = [one.operand for check in checks if check.operator == "count" for one in check.operand]
    if counted:  # of a list of texts
        most = max((each for each in counted if isinstance(each, int)), default=1) + 1
        yield from ((has + [f"{name} {number}" for number in range(1, most + 1)])[:count] for count in range(most + 1))
    operands = [check.operand for each in required for check in each.checks if check.operator != "count"]
    flat = [one for operand in operands for one in (operand if isinstance(operand, tuple) else (operand,))]
    found = [has] if has else [sample(name, spec), *(near for operand in flat for near in _near(operand))]
    for value in found:
        try:
            if value is not None and (spec is None or convert(spec, value) == value):
                yield value
        except BadValue:
            continue
    yield None


def _sample_row(spec: FieldSpec, host: str = SHOP) -> dict[str, Any]:
    return {name: sample(name, each, host) for name, each in spec.of.items()}


def _lists(spec: FieldSpec, required: list[_Required]) -> Iterator[list[dict[str, Any]]]:
    """Lists of few rows that may pass: the rows that are asked for, and so many in all."""
    checks = [(check, each.holds) for each in required for check in each.checks]
    asked = [_row(spec, check.operand) for check, holds in checks if holds and isinstance(check.operand, Row)]
    filled = asked + [_sample_row(spec)] * MOST_ROWS
    counts = {len(asked), len(asked) or 1, *range(1, MOST_MADE_UP + 1)}
    for check, _ in checks:
        for each in check.operand if check.operator == "count" else ():
            flat = each.operand if isinstance(each.operand, tuple) else (each.operand,)
            counts |= {int(near) for one in flat for near in _near(one) if 0 <= near <= MOST_ROWS}
    usual = len(asked) or 1
    yield from (filled[:count] for count in sorted(counts, key=lambda count: (count != usual, count)))


def _row(spec: FieldSpec, wanted: Row) -> dict[str, Any]:
    """A row whose fields pass, as far as one can be made up."""
    made = _sample_row(spec)
    for name, checks in wanted.fields:
        asked = [_Required(checks, True)]
        passing = (one for one in _candidates(name, spec.of.get(name), asked) if value_test(checks)(one))
        made[name] = next(passing, None)
    return {name: value for name, value in made.items() if value is not None}


def _near(operand: Any) -> Iterator[Any]:
    """The operand itself, and the values next to it."""
    yield operand
    if isinstance(operand, bool):
        yield not operand
    elif isinstance(operand, int | float):
        yield from (operand + 1, operand - 1)
    elif isinstance(operand, str):
        yield from (operand.replace("*", ""), operand.replace("*", "a"), f"not {operand}")
        if DAY_OR_INSTANT.fullmatch(operand):
            day = date.fromisoformat(operand[:10])
            yield from (f"{day + timedelta(days=step)}{operand[10:]}" for step in (1, -1))
