"""One contact's walk through a flow, as the engine would take it: state is saved and loaded between sprints, and the facts of a
sprint are exactly those that the program's needs name, so a forgotten need raises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.core.context import Run
from engine.core.effects import Effect, EmitEvent, Left, Noted, SendMessage, Skip, UpdateContact
from engine.core.facts import ClickFact, EventFact, Facts, MarketingHistory, MessageFact, Needs, Person
from engine.core.gates.caps import SentMarketing
from engine.core.interpreter import Sprint, advance, updated
from engine.core.program import Node, Program
from engine.language.check import Checked, ProjectFiles, check
from engine.language.compiler import compile_project
from engine.language.diagnostics.rendering import render
from engine.messaging.media.picture import MediaInfo, parts_of
from engine.registry import registry

PROJECT = """\
project: test-shop
brand: Acme
timezone: America/New_York
public_url: https://sms.acme.example
senders: {main: {provider: simulator, number: "+18445550100", countries: [US, CA, JM, GB]}}
countries: [US, CA, JM, GB]
prices: {JM: {sms: 0.015}, GB: {sms: 0.015}}
links: {shop: "https://acme.example/spring", cart: "https://acme.example/cart"}
fields: {tier: text, orders: integer, city: {type: text, required: true}}
"""
IMAGE = MediaInfo("ab" * 32 + ".jpg", "jpeg", 40_000, 640, 800)
NEW_YORK = "America/New_York"


def look(name: str) -> MediaInfo | None:
    return IMAGE if set(parts_of(name)) == {"media/spring.jpg"} else None


def checked(flow: str, project: str = PROJECT) -> Checked:
    """The project with one flow, whose file is called as it calls itself; media/spring.jpg is there, and what is made of it."""
    name = next(line.split()[1].strip('"') for line in flow.splitlines() if line.startswith("flow:"))
    files = {"leadoff.yaml": project.encode(), f"flows/{name}.yaml": flow.encode()}
    return check(ProjectFiles(files, look), registry())


def compiled(flow: str, project: str = PROJECT) -> Program:
    result = checked(flow, project)
    assert result.ok, render(result.findings, result.sources)
    (program,) = compile_project(result, b"a secret of this test").values()
    return program


def at(text: str, zone: str = NEW_YORK) -> int:
    """An instant from a local time like 2027-04-01 10:00."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def person(**changes: Any) -> Person:
    ada = Person(
        1, "+12025550143", "US", NEW_YORK, {"first_name": "Ada", "country": "US", "city": "Albany"}, "subscribed"
    )
    return ada._replace(**changes)


class Walk:
    """Enters at once. `said` is everything that happened, in order, as short texts."""

    def __init__(
        self, flow: str, start: str, contact: Person | None = None, event: Mapping[str, Any] | None = None
    ) -> None:
        self.program = compiled(flow, PROJECT + "quiet_hours: off\n")
        self.contact = contact or person()
        self.event = event or {}
        self.happened: dict[str, list[EventFact]] = {}
        self.clicks: list[ClickFact] = []
        self.messages: dict[str, MessageFact] = {}
        self.left: dict[str, int] = {}
        self.said: list[str] = []
        self.sent: list[SendMessage] = []
        self.texted: list[SentMarketing] = []
        now = at(start)
        self.run = Run(7, 1, self.program.flow, 0, None, "waiting", None, None, None, now, now, 1)
        self._sprint(now, self.program.first_needs)

    def happens(self, name: str, when: str, **data: Any) -> None:
        """An event comes in; whoever listens is asked at once."""
        self.knows(name, when, **data)
        self._heard(name, at(when))

    def knows(self, name: str, when: str, **data: Any) -> None:
        """An event is stored that nobody has been asked about yet."""
        kept = self.happened.setdefault(name, [])
        kept.append(EventFact(at(when), data, 100 + len(kept)))

    def clicks_on(self, link: str, step: str, when: str) -> None:
        self.clicks.append(ClickFact(at(when), link, step))
        self._heard("@clicked", at(when))

    def status(self, step: str, state: str, when: str) -> None:
        self.messages[step] = self.messages[step]._replace(state=state)
        self._heard("@status", at(when))

    def wakes(self, when: str) -> None:
        """The daemon looks at that instant; nothing is done before the run is due."""
        assert self.run.due is not None
        if self.run.status == "waiting" and self.run.due <= at(when):
            self._sprint(at(when), self._resting().needs)

    @property
    def rests(self) -> tuple[str | None, str]:
        """The step it rests at, and until when by the contact's clock."""
        assert self.run.status == "waiting"
        assert self.run.due is not None
        due = datetime.fromtimestamp(self.run.due / 1000, ZoneInfo(self.contact.zone))
        return self.run.step, due.strftime("%Y-%m-%d %H:%M")

    def _heard(self, fact: str, now: int) -> None:
        if self.run.status == "waiting" and fact in self._resting().listens:
            self._sprint(now, self._resting().needs)

    def _resting(self) -> Node:
        assert self.run.step is not None
        return self.program.nodes[self.program.places[self.run.step]]

    def _sprint(self, now: int, needs: Needs) -> None:
        sprint = advance(self.program, self.run, self._facts(needs), now)
        for effect in sprint.effects:
            self._carry_out(effect, now)
        self.run = saved_and_loaded(sprint.run)
        self._say_end(sprint)

    def _facts(self, needs: Needs) -> Facts:
        entered = self.run.entered
        events = {
            name: tuple(one for one in self.happened.get(name, []) if name in needs.ever or one.at >= entered)
            for name in needs.events
        }
        return Facts(
            self.contact,
            self.event,
            events if needs.events else None,
            tuple(self.clicks) if needs.clicks else None,
            dict(self.messages) if needs.messages else None,
            dict(self.left) if needs.left else None,
            texted=MarketingHistory(tuple(self.texted), True) if needs.texted else None,
        )

    def _carry_out(self, effect: Effect, now: int) -> None:
        if isinstance(effect, SendMessage):
            self.sent.append(effect)
            self.texted.append(SentMarketing(now, self.run.id))
            self.messages[effect.step] = MessageFact("queued", now)
            self.said.append(f"{'MMS' if effect.media else 'SMS'} {effect.step}: {effect.text}")
        elif isinstance(effect, Skip):
            self.said.append(f"skipped {effect.step}: {effect.reason}")
        elif isinstance(effect, Left):
            self.left[effect.step] = now
        elif isinstance(effect, Noted):
            self.said.append(effect.note)
        elif isinstance(effect, UpdateContact):
            self.contact = updated(self.contact, effect, NEW_YORK)
        elif isinstance(effect, EmitEvent):
            self.said.append(f"emit {effect.event}: {dict(effect.data)}")
            self.happened.setdefault(effect.event, []).append(EventFact(now, effect.data, 500))

    def _say_end(self, sprint: Sprint) -> None:
        if sprint.run.status == "exited":
            self.said.append(f"exit: {sprint.run.reason}" + (" (by rule)" if sprint.rule is not None else ""))


def saved_and_loaded(run: Run) -> Run:
    """Through a text, as through a database."""
    return Run(**json.loads(json.dumps(run._asdict())))
