"""What a flow may cost one contact: every message at its cheapest and at its dearest, along every way through the flow (MM5).

Invariants: the text's own lengths are counted, with all that the engine adds: links, a picture's link, the words of a first text. Of
the ways through the flow the cheapest and the dearest count, and of a text's languages. A message that is not sent (no consent, an exit by
rule) costs nothing, and this is not predicted; prices are those of the given country.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Literal, NamedTuple
from unicodedata import normalize

from engine.core.block import Step
from engine.language.diagnostics.findings import Loc
from engine.language.lint.paths import walk_paths
from engine.language.lint.reachability import first_sends
from engine.language.model.coupons import lengths_of
from engine.language.model.flow import Flow
from engine.language.model.message import Message, message_of
from engine.language.model.project import Project, SenderModel
from engine.language.model.steps import walk
from engine.language.model.triggers import EventTrigger
from engine.language.templates.lengths import CODE, Lengths, Specs, lengths
from engine.language.templates.text import Text
from engine.language.values.fields import FieldSpec
from engine.messaging.compliance_texts import introduced
from engine.messaging.media_limits import MMS_REGIONS
from engine.messaging.parts import count
from engine.messaging.prices import price
from engine.messaging.smart_encoding import smart


class Range(NamedTuple):
    """Millionths of the project's currency."""

    best: int
    worst: int

    def plus(self, other: Range) -> Range:
        return Range(self.best + other.best, self.worst + other.worst)

    def either(self, other: Range) -> Range:
        return Range(min(self.best, other.best), max(self.worst, other.worst))


class Cost(NamedTuple):
    """Of one message."""

    kind: Literal["sms", "mms"]
    parts: tuple[int, int]  # at least, at most
    price: Range

    def either(self, other: Cost) -> Cost:
        parts = min(self.parts[0], other.parts[0]), max(self.parts[1], other.parts[1])
        return Cost(self.kind, parts, self.price.either(other.price))


class FlowCost(NamedTuple):
    steps: Mapping[str, Cost]  # by id
    contact: Range  # of one way through the flow


NOTHING = Range(0, 0)


def specs_of(flow: Flow, project: Project) -> dict[str, FieldSpec]:
    """What the texts of a flow without mistakes can show, by path."""
    specs = {f"contact.{name}": spec for name, spec in project.contact_fields.items()}
    return specs | dict(_of_events(flow, project))


def limits_of(flow: Flow, project: Project) -> dict[str, int]:
    """The most characters that the flow's messages show of each field, by path; of a field without a limit nothing."""
    found = {f"contact.{name}": spec.limit for name, spec in project.contact_fields.items()}
    for path, spec in _of_events(flow, project):  # of two events that share a name for a field the longer one counts
        before = found.get(path, 0)
        found[path] = None if spec.limit is None or before is None else max(before, spec.limit)
    return {path: limit for path, limit in found.items() if limit is not None}


def naming_of(flow: Flow, project: Project) -> dict[str, tuple[str, ...]]:
    """Path of a list -> the fields that its rows are called by, of all events that start the flow."""
    found: dict[str, tuple[str, ...]] = {}
    for path, spec in _of_events(flow, project):
        if spec.type == "list":
            found[path] = tuple(dict.fromkeys((*found.get(path, ()), *spec.naming)))
    return found


def _of_events(flow: Flow, project: Project) -> Iterator[tuple[str, FieldSpec]]:
    """The fields of each event that starts the flow, and those of a list's rows: `event.items`, `event.items[].title`."""
    for trigger in flow.trigger:
        declared = project.fields_of_event(trigger.event) if isinstance(trigger, EventTrigger) else {}
        for name, spec in declared.items():
            yield f"event.{name}", spec
            yield from ((f"event.{name}[].{inner}", each) for inner, each in spec.of.items())


def most_parts(flow: Flow, project: Project) -> dict[str, int]:
    """Step id -> the most parts that its message was counted with, wherever it may go."""
    found: dict[str, int] = {}
    for region in _unlike(flow, project):
        for step, cost in flow_cost(flow, project, region).steps.items():
            found[step] = max(cost.parts[1], found.get(step, 0))
    return found


def _unlike(flow: Flow, project: Project) -> list[str]:
    """Of all countries those where a message of the flow may look otherwise: as MMS or SMS, with smart encoding or not."""
    messages = (message_of(step.block) for step in walk(flow.steps))
    names = {flow.sender, *(message.sender for message in messages if message is not None)}
    ways: dict[object, str] = {}
    for region in project.countries:
        senders = [project.sender_of(name, region) for name in names]
        way = (region in MMS_REGIONS, *((one.mms, one.smart_encoding) if one else None for one in senders))
        ways.setdefault(way, region)
    return list(ways.values())


class Dearest(NamedTuple):
    """Where an MMS that goes out as an SMS costs most."""

    region: str
    parts: tuple[int, int]
    price: Range


class Pricing(NamedTuple):
    """How the messages of one flow are counted and priced. `may_be_first`: a contact's first one has words added."""

    flow: Flow
    project: Project
    specs: Specs
    first: frozenset[Loc]  # the places of the steps whose message may be the first of a run

    def sent_texts(self, message: Message, text: Text, may_be_first: bool, region: str = "US") -> tuple[str, str]:
        """A text of a message with every value at its shortest and at its longest, with what the engine adds to it."""
        project = self.project
        found = self.lengths(text)
        shortest, longest = found.shortest, found.longest
        mms = self.is_mms(message, region)
        if message.otherwise == "link" and not mms:
            link = f" {project.public_url}/l/{'M' * CODE}"
            shortest, longest = shortest + link, longest + link
        if may_be_first and (message.category or self.flow.category) == "marketing":
            longest = introduced(longest, project.brand, project.own_texts_in(text.language).first)
        shortest, longest = normalize("NFC", shortest), normalize("NFC", longest)
        sender = self._sender(message, region)
        smartly = sender is not None and sender.smart_encoding and not mms
        return (smart(shortest), smart(longest)) if smartly else (shortest, longest)

    def longest_text(self, message: Message, may_be_first: bool) -> int:
        """The most characters that it has, in whatever language."""
        return max(len(self.sent_texts(message, text, may_be_first)[1]) for text in message.text.each)

    def lengths(self, text: Text) -> Lengths:
        """What the author wrote, without what the engine adds."""
        return lengths(text, self.specs, self.project.public_url, lengths_of(self.project.coupons))

    def is_mms(self, message: Message, region: str) -> bool:
        sender = self._sender(message, region)
        return message.picture is not None and region in MMS_REGIONS and (sender is None or sender.mms)

    def cost(self, message: Message, may_be_first: bool, region: str) -> Cost:
        """Of all its languages the cheapest and the most expensive one count."""
        return reduce(Cost.either, (self.text_cost(message, text, may_be_first, region) for text in message.text.each))

    def text_cost(self, message: Message, text: Text, may_be_first: bool, region: str) -> Cost:
        """In the language of that text alone."""
        kind: Literal["sms", "mms"] = "mms" if self.is_mms(message, region) else "sms"
        shortest, longest = self.sent_texts(message, text, may_be_first, region)
        least, most = (1, 1) if kind == "mms" else (count(shortest).parts, count(longest).parts)
        prices = self.project.price_table
        return Cost(kind, (least, most), Range(price(prices, region, kind, least), price(prices, region, kind, most)))

    def mms_price(self, message: Message) -> int | None:
        """What the MMS itself costs, where it costs least; None where none of the project's countries can have it."""
        prices = self.project.price_table
        takers = (region for region in self.project.countries if self.is_mms(message, region))
        return min((price(prices, region, "mms", 1) for region in takers), default=None)

    def dearest_sms(self, message: Message, may_be_first: bool) -> Dearest | None:
        """The SMS form of an MMS in the country where it costs most; None where it is an MMS wherever it goes."""
        found: list[Dearest] = []
        for region in self.project.countries:
            if self._sender(message, region) is not None and not self.is_mms(message, region):
                cost = self.cost(message, may_be_first, region)
                found.append(Dearest(region, cost.parts, cost.price))
        return max(found, key=lambda each: each.price.worst, default=None)

    def _sender(self, message: Message, region: str) -> SenderModel | None:
        return self.project.sender_of(message.sender or self.flow.sender, region)


def flow_cost(flow: Flow, project: Project, region: str = "US") -> FlowCost:
    """Of a contact in that country."""
    pricing = Pricing(flow, project, specs_of(flow, project), first_sends(flow.steps))
    steps = {
        step.id or "": pricing.cost(message, step.path in pricing.first, region)
        for step in walk(flow.steps)
        if (message := message_of(step.block)) is not None
    }

    def passing(so_far: Range, step: Step) -> Range:
        cost = steps.get(step.id) if step.id is not None else None
        return so_far if cost is None else so_far.plus(cost.price)

    ends = walk_paths(flow.steps, NOTHING, passing, Range.either).ends
    return FlowCost(steps, reduce(Range.either, ends) if ends else NOTHING)
