"""What a drawing of a flow says: its cards in words, and which follows which. Nothing here has a size or a colour.

Invariants: a card is named by its place in the flow's file and a way by its branch, as a sprint's path names them, so counts, coverage and
traces find their card. Every way that a run can take is there, also an `else` that is not written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from engine.core.block import Step
from engine.language.diagnostics.findings import Loc, counted
from engine.language.lint.costs import Cost, Pricing, Range, flow_cost, specs_of
from engine.language.lint.reachability import first_sends
from engine.language.model.flow import Entry, Flow
from engine.language.model.message import Message, message_of
from engine.language.model.project import Project
from engine.language.model.triggers import EventTrigger, Trigger
from engine.language.templates.text import Text
from engine.language.values.humanize import condition_words, duration_words
from engine.store.queries.listings import MILLION

Kind = Literal["trigger", "entry", "message", "wait", "choice", "action", "exit", "rule"]
Role = Literal["ink", "soft", "value", "link", "inverse", "message"]
NEXT = "next"
"""The way on of a step without branches, and of one that may pass them all by."""


class Run(NamedTuple):
    """Words of one kind: `value` is filled in for each contact, `link` becomes a short link."""

    text: str
    role: Role = "ink"


class Card(NamedTuple):
    """One box of the drawing."""

    kind: Kind
    place: Loc  # ("steps", 0), ("trigger", 0), ("exit_when", 0), ("entry",); ("end",) where the steps end
    step: str | None
    body: tuple[Run, ...]
    tag: str = ""  # SMS, MMS
    foot: tuple[str, ...] = ()
    picture: str | None = None  # as the project's media are named
    told: str = ""  # all of it, for who points at the card or cannot see it


class Branch(NamedTuple):
    """A way from a card to what follows. An empty label is not drawn."""

    name: str
    label: str
    stations: tuple[Station, ...]


class Station(NamedTuple):
    """A card with its ways; without any a run goes on to the next one, unless the card ends it."""

    card: Card
    branches: tuple[Branch, ...] = ()
    ends: bool = False


class Chart(NamedTuple):
    flow: str
    description: str
    about: str
    triggers: tuple[Card, ...]
    entry: Card | None
    rules: tuple[Card, ...]  # of exit_when
    stations: tuple[Station, ...]

    def cards(self) -> Iterator[Card]:
        """In reading order."""
        yield from self.rules
        yield from self.triggers
        if self.entry is not None:
            yield self.entry
        yield from (station.card for station in walk(self.stations))


def walk(stations: tuple[Station, ...]) -> Iterator[Station]:
    """Every station, outer ones before those inside them."""
    for station in stations:
        yield station
        for way in station.branches:
            yield from walk(way.stations)


def chart_of(flow: Flow, project: Project) -> Chart:
    """Of a flow without mistakes."""
    region = "US" if "US" in project.countries or not project.countries else project.countries[0]
    cost = flow_cost(flow, project, region)
    writing = _Writing(Pricing(flow, project, specs_of(flow, project), first_sends(flow.steps)), region)
    about = f"{flow.category} · {price_words(cost.contact, project.currency)} a contact"
    return Chart(
        flow.flow,
        flow.description,
        about if cost.steps else flow.category,
        tuple(_trigger(trigger, place) for place, trigger in enumerate(flow.trigger)),
        _entry(flow.entry),
        tuple(
            _rule(rule.reason, condition_words(rule.when.source), place) for place, rule in enumerate(flow.exit_when)
        ),
        (*(writing.station(step) for step in flow.steps), *_end(flow.steps)),
    )


def price_words(price: Range, currency: str) -> str:
    """`$0.045`, `$0.015–0.030`, `0.045 EUR`."""
    best, worst = (f"{each / MILLION:.3f}" for each in price)
    amount = best if best == worst else f"{best}–{worst}"
    return f"${amount}" if currency == "USD" else f"{amount} {currency}"


def _card(kind: Kind, place: Loc, step: str | None, words: str) -> Card:
    return Card(kind, place, step, (Run(words),), told=f"{step}: {words}" if step else words)


def _trigger(trigger: Trigger, place: int) -> Card:
    where = trigger.where if isinstance(trigger, EventTrigger) else None
    card = _card("trigger", ("trigger", place), None, trigger.describe())
    if where is None:
        return card
    short = trigger.model_copy(update={"where": None}).describe()
    return card._replace(body=(Run(short),), foot=(f"where {condition_words(where.source)}",))


def _rule(reason: str, words: str, place: int) -> Card:
    told = f"at any time: {words}"
    return Card("rule", ("exit_when", place), None, (Run(reason),), foot=(told,), told=f"{reason}, {told}")


def _entry(entry: Entry) -> Card | None:
    """Who enters; None where anybody does, as often as it comes."""
    said = [f"only if {condition_words(entry.require.source)}"] if entry.require is not None else []
    if entry.again_after == "never":
        said.append("only once")
    elif not isinstance(entry.again_after, str):
        said.append(f"may enter again after {duration_words(entry.again_after)}")
    if entry.while_active != "ignore":
        said.append(
            {"restart": "again while inside: starts anew", "parallel": "again while inside: a second run"}[
                entry.while_active
            ]
        )
    return _card("entry", ("entry",), None, "\n".join(said)) if said else None


def _end(steps: tuple[Step, ...]) -> tuple[Station, ...]:
    """Where the last step does not end a run, the end of the steps does."""
    return () if _all_end(steps) else (Station(_card("exit", ("end",), None, "end"), ends=True),)


def _all_end(steps: tuple[Step, ...]) -> bool:
    if not steps:
        return False
    block = steps[-1].block
    branches = block.branches()
    return block.ends or (bool(branches) and block.takes_one_branch() and all(map(_all_end, branches.values())))


class _Writing(NamedTuple):
    """What a card of a step says."""

    pricing: Pricing
    region: str

    def station(self, step: Step) -> Station:
        ways = tuple(
            Branch(name, step.block.describe_branch(name), tuple(map(self.station, inside)))
            for name, inside in step.block.branches().items()
        )
        if ways and not step.block.takes_one_branch():
            ways += (Branch(NEXT, "", ()),)
        return Station(self._card(step, ways), ways, step.block.ends)

    def _card(self, step: Step, ways: tuple[Branch, ...]) -> Card:
        message = message_of(step.block)
        if message is not None:
            return self._message(step, message)
        words = step.block.describe()
        kind: Kind = "action"
        if step.block.ends:
            kind, words = "exit", words.removeprefix("exit: ")
        elif step.block.branches() and not step.block.lets_time_pass():
            kind = "choice"
            if all(way.label in words for way in ways if way.name not in ("else", NEXT)):
                words = step.block.verb  # its ways say the rest
        elif step.block.lets_time_pass() and not step.block.changes_facts:
            kind = "wait"
        return _card(kind, step.path, step.id, words)

    def _message(self, step: Step, message: Message) -> Card:
        may_be_first = step.path in self.pricing.first
        cost = self.pricing.cost(message, may_be_first, self.region)
        tag = "MMS" if message.picture is not None else "SMS"
        foot = [self._price(cost, message.picture is not None)]
        if message.picture is not None:
            foot += self._elsewhere(message, may_be_first)
        quiet, cap = message.on_quiet == "skip", getattr(message, "on_cap", "hold") == "skip"
        if quiet or cap:
            foot.append(f"skipped {' and '.join(['in quiet hours'] * quiet + ['over the cap'] * cap)}")
        if message.category not in (None, self.pricing.flow.category):
            foot.append(str(message.category))
        body = tuple(preview(message.text.default))
        others = message.text.each[1:]
        if others:
            foot.append(f"also in {', '.join(text.language or '' for text in others)}")
        told = [f"{step.id or step.block.verb}: {tag}", "".join(run.text for run in body), *foot]
        told += [f"{text.language}: {_words(text)}" for text in others]
        if message.alt is not None:
            told.insert(1, f"Picture: {_words(message.alt.default)}")
        return Card("message", step.path, step.id, body, tag, tuple(foot), message.picture, "\n".join(told))

    def _price(self, cost: Cost, with_picture: bool) -> str:
        price = price_words(cost.price, self.pricing.project.currency)
        if cost.kind == "mms":
            return price
        return f"{'as a text: ' if with_picture else ''}{_parts(cost.parts)} · {price}"

    def _elsewhere(self, message: Message, may_be_first: bool) -> Iterator[str]:
        """What goes out where the picture cannot."""
        dearest = self.pricing.dearest_sms(message, may_be_first)
        if dearest is None or not self.pricing.is_mms(message, self.region):
            return
        if message.otherwise == "skip":
            yield "elsewhere: nothing"
            return
        what = "text and link" if message.otherwise == "link" else "text"
        price = price_words(dearest.price, self.pricing.project.currency)
        yield f"elsewhere: {what}, {_parts(dearest.parts)} · up to {price}"


def _parts(parts: tuple[int, int]) -> str:
    least, most = parts
    return counted(most, "part") if least == most else f"{least}–{most} parts"


def _words(text: Text) -> str:
    return "".join(run.text for run in preview(text))


def preview(text: Text) -> Iterator[Run]:
    """A text with the names of what is filled in."""
    for piece in text.pieces:
        if isinstance(piece, str):
            yield Run(piece)
        elif piece.link is not None:
            yield Run(piece.link.name.partition("://")[2] or piece.link.name, "link")
        elif piece.shows is not None:
            yield Run(piece.shows.path.rpartition(".")[2], "value")
        else:
            yield Run("…", "value")
