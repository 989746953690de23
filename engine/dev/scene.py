"""A world with up to four phones, played up to an instant, and what stands on each phone then."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.core.gates.local_rules import LocalRules
from engine.core.lots import Lots
from engine.dev.acts import Act, do
from engine.language.values.fields import BadValue
from engine.preview.worlds.stage import Stage
from engine.preview.worlds.world import World
from engine.runtime.person_answers import hours_of
from engine.store import facts, links
from engine.store.contacts import StoredContact
from engine.store.queries import listings, places
from engine.store.queries.timeline import TimelineEntry, timeline_of
from engine.views import consents

MOST_PHONES = 4
_LINK = re.compile(r"/l/([A-Za-z0-9_-]+)")


class PhoneOwner(NamedTuple):
    """A contact to be, as JSON has one: `phone`, `key` and fields. `consent` None: never asked."""

    fields: Mapping[str, Any]
    consent: str | None = "subscribed"


class Shown(NamedTuple):
    """What stands on one phone, and behind it."""

    who: StoredContact
    consent: str | None
    moments: Sequence[TimelineEntry]
    links: Sequence[str]  # that the person can tap, the newest message first
    places: Sequence[tuple[str, str, int | None]]  # (flow, step, due) of the runs that wait
    quiet_until: int | None = None  # where it is quiet hours there for the flow in question: when they end


class Scene:
    """Played forward as acts come; `problems` are those of acts that could not happen. Raises BadValue for a phone that cannot be."""

    def __init__(self, stage: Stage, owners: Sequence[PhoneOwner], start: int) -> None:
        self.stage, self.start = stage, start
        self.problems: list[str] = []
        self.world: World = stage.world(start, Lots(held_out=False))
        try:
            self.people = [self.world.add(owner.fields, owner.consent) for owner in owners]
        except BadValue:
            self.world.close()
            raise
        self.world.open()
        self.world.play(start)

    @property
    def now(self) -> int:
        return self.world.clock.now()

    def act(self, act: Act) -> None:
        """Let it happen at its time, and all that comes of it at that time."""
        self.play(act.at)
        why = do(act, self.world, self.people[act.phone])
        if why is not None:
            self.problems.append(f"{act.kind} {act.name}: {why}")
        self.world.play(act.at)

    def play(self, until: int) -> None:
        if until > self.now:
            self.world.play(until)
            self.world.clock.move_to(until)

    def next_due(self) -> int | None:
        return self.world.next_due()

    def shown(self, phone: int, flow: str | None = None) -> Shown:
        """`flow`: whose quiet hours are told; None: those of the project."""
        who, deployed = self.people[phone], self.world.deployed()
        with self.world.database.reading() as db:
            moments = timeline_of(db, who, deployed.summary.doing)
            (about,) = listings.contacts(db, contact=who.id)
            names = links.names_of(db, who.id)
            there = places.of_contact(db, who.id)
            hours = hours_of(deployed, facts.people(db, [who.id])[who.id], flow or "")
        tapped = [
            names[code]
            for moment in reversed(moments)
            if moment.kind == "message"
            for code in _LINK.findall(str(moment.details["text"]))
            if code in names
        ]
        return Shown(
            who,
            consents.standing(about, self.now),
            moments,
            [link for link in dict.fromkeys(tapped) if not link.startswith("@")],
            [(place.flow, place.step or "", place.due) for place in there],
            self._reopening(hours),
        )

    def _reopening(self, hours: LocalRules | None) -> int | None:
        """When it is open again; None where it is open now. Hours that never open end behind the horizon."""
        opens = hours.opening(self.now) if hours is not None else self.now
        return opens if opens != self.now else None

    def texts(self) -> list[tuple[int, str, str, str]]:
        """(phone, flow, step, text) of each message that has left: what a save may have changed."""
        return [
            (phone, str(moment.flow), str(moment.step), _LINK.sub("/l/…", str(moment.details["text"])))
            for phone in range(len(self.people))
            for moment in self.shown(phone).moments
            if moment.kind == "message"
        ]

    def close(self) -> None:
        self.world.close()
