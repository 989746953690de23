"""What people may do while their run waits: the events, clicks and replies that the steps ahead test; and audiences who do it.

Invariants: with the same seed the same contacts do the same things at the same instants, whoever else is played beside them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from engine.core.calendar import DAY, HOUR, MINUTE
from engine.core.interpreter import Sprint
from engine.core.program import END, Program, Trigger
from engine.language.conditions.condition import Condition
from engine.language.conditions.tree import All, AnyOf, Clicked, Happened, Replied, Tree
from engine.language.model.message import message_of
from engine.language.model.project import Project
from engine.preview.simulation.fulfilment import Fulfilment
from engine.preview.worlds.world import World
from engine.store import contacts
from engine.store.contacts import StoredContact
from engine.store.queries import outcomes

ANY_WORDS = "Thanks"
SOON = (5 * MINUTE, HOUR, 6 * HOUR, DAY)  # few, so that those who do the same are told together
LATER = (HOUR, DAY, 3 * DAY)


class Action(NamedTuple):
    """An event (with `same`: this field as in the run's own event), a text, or a click on a link of the message of step `since`."""

    event: str | None = None
    data: tuple[tuple[str, object], ...] = ()
    same: str | None = None
    words: str | None = None
    link: str | None = None
    since: str | None = None


def actions(program: Program, project: Project, step: str) -> list[Action]:
    """What a contact may do who waits at `step`; [] where the steps ahead test nothing."""
    found: dict[Action, None] = {}
    for condition in _conditions_ahead(program, program.places[step]):
        for leaf in _leaves(condition.tree):
            action = _action(leaf, program, project)
            if action is not None:
                found[action] = None
    known = list(found)
    exact = [action for action in known if action.words not in (None, ANY_WORDS)]
    return [action for action in known if not exact or action.words != ANY_WORDS]


def _conditions_ahead(program: Program, start: int) -> Iterator[Condition]:
    """The conditions of the node, and of all that are reached from it before the next wait."""
    seen, ahead = {END}, [start]
    while ahead:
        index = ahead.pop(0)
        if index in seen:
            continue
        seen.add(index)
        node = program.nodes[index]
        if index != start and (node.block.always_waits() or node.block.waits_for_facts):
            continue
        for branch in node.branches:
            condition = node.block.branch_condition(branch)
            if isinstance(condition, Condition):
                yield condition
        ahead += [node.next, *node.branches.values()]


def _leaves(tree: Tree) -> Iterator[Happened | Replied | Clicked]:
    if isinstance(tree, All | AnyOf):
        for part in tree.parts:
            yield from _leaves(part)
    elif isinstance(tree, Happened | Replied | Clicked):
        yield tree


def _action(leaf: Happened | Replied | Clicked, program: Program, project: Project) -> Action | None:
    if isinstance(leaf, Clicked):
        since = leaf.since if leaf.since in program.places else None
        link = leaf.link or _first_link(program, since)
        return Action(link=link, since=since) if link else None
    if isinstance(leaf, Replied):
        return Action(words=ANY_WORDS if leaf.matches is None else leaf.matches.replace("*", "") or ANY_WORDS)
    wanted = Fulfilment(project)
    if leaf.where is not None:
        wanted.require(leaf.where, of=leaf.event)
    return Action(leaf.event, tuple(wanted.data_of(leaf.event).items()), leaf.same)


def links_of(program: Program, step: str) -> tuple[str, ...]:
    """Names of the links in the text of that step's message."""
    message = message_of(program.nodes[program.places[step]].block)
    return tuple(dict.fromkeys(link.name for link in message.text.links)) if message else ()


def any_link(program: Program) -> str:
    """The first link of the flow's texts that a condition can name; "" where there is none."""
    found = (link for step in program.places for link in links_of(program, step))
    return next((link for link in found if "://" not in link), "")


def _first_link(program: Program, step: str | None) -> str | None:
    steps = [step] if step else list(program.places)
    return next((link for each in steps for link in links_of(program, each)), None)


def do(world: World, contact: StoredContact, action: Action) -> None:
    """Let a contact do that, now."""
    if action.link is not None:
        world.click(contact, action.link, action.since)
    elif action.words is not None:
        world.reply(contact, action.words)
    elif action.event is not None:
        world.event(contact, action.event, dict(action.data))


class EverybodyReacts:
    """A trace of one world: all whose run begins to wait do the first thing that the steps ahead ask about, as late as it still counts."""

    def __init__(self, project: Project) -> None:
        self.world: World | None = None  # to be set when it is made
        self._project = project
        self._known: dict[tuple[str, str], list[Action]] = {}

    def sprint(self, program: Program, sprint: Sprint, now: int) -> None:
        run = sprint.run
        if self.world is None or run.status != "waiting" or run.step is None or run.due is None:
            return
        key = run.flow, run.step
        if key not in self._known:
            self._known[key] = actions(program, self._project, run.step)[:1]
        for action in self._known[key]:
            at = max(now + 1, run.due - MINUTE)
            self.world.at(at, partial(_do_of, self.world, run.contact, action))

    def entry(self, program: Program, contact: int, trigger: Trigger | None, refused: str | None, now: int) -> None:
        pass


def _do_of(world: World, contact: int, action: Action) -> None:
    with world.database.reading() as db:
        found = contacts.with_ids(db, [contact])
    if contact in found:
        do(world, found[contact], action)


class Rate(NamedTuple):
    """`share` (0 to 1) of those who get a text: of each text for a click or a reply, once for an event."""

    share: float
    words: str | None = None
    event: str | None = None
    link: str | None = None  # with neither words nor event: that link, or the first of the text


class Audience:
    """People who react by chance, in one world: call `left` when a run has left a step."""

    def __init__(
        self,
        world: World,
        programs: dict[str, Program],
        rates: Sequence[Rate],
        seed: int,
        data: Callable[[str], dict[str, object]],
    ) -> None:
        self._world, self._programs, self._rates, self._seed, self._data = world, programs, rates, seed, data
        self._asked: set[tuple[int, int]] = set()
        self.people: dict[int, StoredContact] = {}

    def left(self, contact: int, flow: str, step: str, now: int) -> None:
        who, program = self.people.get(contact), self._programs[flow]
        if who is None or not program.nodes[program.places[step]].block.sends:
            return
        for number, rate in enumerate(self._rates):
            once = rate.event is not None
            if once and (contact, number) in self._asked:
                continue
            self._asked.add((contact, number))
            draw = random.Random(f"{self._seed}|{who.phone}|{number}|{'' if once else f'{flow}|{step}'}")
            if draw.random() < rate.share:
                wait = draw.choice(LATER if once else SOON)
                self._world.at(now + wait, partial(self._react, who, rate, program, step))

    def _react(self, who: StoredContact, rate: Rate, program: Program, step: str) -> None:
        link = None
        if rate.event is None and rate.words is None:
            links = links_of(program, step)
            link = rate.link if rate.link is not None else next(iter(links), None)
            if link not in links:
                return
        data = tuple(self._data(rate.event).items()) if rate.event else ()
        with self._world.database.reading() as db:
            received = outcomes.has_received(db, who.id, step)
        if received:
            do(self._world, who, Action(rate.event, data, None, rate.words, link, step if link else None))
