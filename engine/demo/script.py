"""What people do in the demo: they enter, some buy, some click, some answer, one texts STOP.

Invariants: the project's own events.json is played unchanged; what it does not start is made up from the flows.
"""

from __future__ import annotations

import json
import re
from bisect import insort
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from engine.contacts import documents, json_contact
from engine.core.calendar import DAY, HOUR
from engine.demo.starts import Start
from engine.demo.world import DemoWorld
from engine.errors import UsageError
from engine.intake import events
from engine.intake.events import IncomingEvent
from engine.preview.simulation import reactions
from engine.preview.simulation.fulfilment import Fulfilment
from engine.preview.simulation.reactions import Action
from engine.store.queries import outcomes
from engine.store.queries.outcomes import RestRow

LINK = re.compile(r"https?://\S+/l/[0-9A-Za-z]+")

Act = Callable[[], None]


def read_events(folder: Path) -> list[IncomingEvent]:
    """The project's events.json, a list of {event, contact, data}; [] where there is none. Raises UsageError."""
    path = folder / "events.json"
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return [IncomingEvent(item["event"], item["contact"], item.get("data", {})) for item in found]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "the demo uses the project's events.json, and cannot read it", 'a list of {"event", "contact", "data"}'
        ) from error


class Script:
    """Acts by instant, played in order."""

    def __init__(
        self, world: DemoWorld, entries: Sequence[IncomingEvent], starts: Sequence[Start], buys: str | None
    ) -> None:
        self._world = world
        self.acts: list[tuple[int, Act]] = []
        self.summary: list[str] = []
        self._data: dict[tuple[str, str], dict[str, Any]] = {}  # (phone, event) -> its data
        self._seen: set[tuple[int, str]] = set()
        start = world.clock.now()
        self.phones = [str(item.contact.get("phone")) for item in entries]
        self.phones += [phone for phone in dict.fromkeys(each.phone for each in starts) if phone not in self.phones]
        self._at(start, partial(self._accept, entries))
        for each in starts:
            self._at(start, partial(self._start, each))
        if self.phones:
            self._plan_habits(start, buys)

    def _plan_habits(self, start: int, buys: str | None) -> None:
        if buys:
            buyers, data = self.phones[3::7], Fulfilment(self._world.app.deployed().project).data_of(buys)
            bought = [IncomingEvent(buys, {"phone": phone}, data) for phone in buyers]
            self._at(start + DAY, partial(self._accept, bought))
            self.summary.append(f"{len(buyers)} send {buys} after a day")
        clickers, late = self.phones[5::9], self.phones[4::11]
        self._at(start + 30 * HOUR, partial(self._click, clickers))
        self._at(start + 3 * DAY, partial(self._click, late))
        self.summary.append(f"{len(clickers)} click their link")
        stops = len(self.phones) > 2
        if stops:
            self._at(start + 6 * HOUR, partial(self._text, self.phones[2], "Stop."))
        self._at(start + 7 * HOUR, partial(self._text, self.phones[0], "help"))
        self.summary.append("one texts STOP, one HELP" if stops else "one texts HELP")

    def _at(self, instant: int, act: Act) -> None:
        insort(self.acts, (instant, act), key=lambda each: each[0])

    def next_act(self, now: int) -> int | None:
        self._plan_actions(now)
        while self.acts and self.acts[0][0] <= now:
            self.acts.pop(0)[1]()
        return self.acts[0][0] if self.acts else None

    def _plan_actions(self, now: int) -> None:
        """Each contact whose run has begun to wait does one of the possible actions, or none."""
        with self._world.app.database.reading() as db:
            resting = outcomes.resting(db)
        for row in resting:
            if (row.run, row.step) in self._seen or row.phone not in self.phones:
                continue
            self._seen.add((row.run, row.step))
            choices = self._actions(row.flow, row.step)
            turn = self.phones.index(row.phone) % (len(choices) + 1)
            if turn < len(choices) and row.due_at > now:
                at = now + max(1, min(HOUR, (row.due_at - now) // 2))
                self._at(at, partial(self._do, row, choices[turn]))

    @cache  # noqa: B019 (one script lives as long as its demo)
    def _actions(self, flow: str, step: str) -> list[Action]:
        deployed = self._world.app.deployed()
        found = reactions.actions(deployed.programs[flow], deployed.project, step)
        return [action for action in found if action.link is None]  # whose clicks: `_plan_habits`

    def _do(self, row: RestRow, action: Action) -> None:
        if action.words is not None:
            self._text(row.phone, action.words)
            return
        assert action.event is not None
        data = dict(action.data)
        triggers = self._world.app.deployed().programs[row.flow].triggers
        own = next((found for each in triggers if (found := self._data.get((row.phone, each.event or "")))), {})
        if action.same is not None and action.same in own:
            data[action.same] = own[action.same]
        self._accept([IncomingEvent(action.event, {"phone": row.phone}, data)])

    def _start(self, start: Start) -> None:
        app = self._world.app
        now, project = app.clock.now(), app.deployed().project
        if start.fields:
            contact = documents.read(documents.Contact, dict(start.fields))
            json_contact.put(app.database, project, start.phone, contact, now)
        self._accept([event._replace(occurred_at=now - ago) for event, ago in start.past])
        if start.event is not None:
            self._accept([start.event])
        if start.words is not None:
            self._text(start.phone, start.words)

    def _accept(self, items: Sequence[IncomingEvent]) -> None:
        app = self._world.app
        for item in items:
            self._data[str(item.contact.get("phone")), item.event] = dict(item.data)
        results = events.accept(app.database, app.deployed().project, items, app.clock.now())
        for item, taken in zip(items, results, strict=True):
            if taken.status != "accepted":
                raise UsageError(f"the event {item.event} of the demo or of events.json is refused: {taken.reason}")

    def _click(self, phones: Sequence[str]) -> None:
        sent = self._world.simulator.ledger.messages()
        for phone in phones:
            links = [match[0] for entry in sent if entry.to == phone for match in LINK.finditer(entry.text)]
            if links:
                self._world.client.get(links[-1])

    def _text(self, phone: str, words: str) -> None:
        senders = self._world.app.deployed().project.senders
        self._world.simulator.text_from(phone, next(iter(senders.values())).number, words)


def purchase(world: DemoWorld) -> str | None:
    """The event that ends the flows (their exit_when)."""
    programs = world.app.deployed().programs.values()
    return min((name for program in programs for name in program.exit_needs.events), default=None)
