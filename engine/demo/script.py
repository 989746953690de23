"""What people do in the demo: they enter, some buy, some click, one texts STOP. Made from the project's own files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.demo.world import DemoWorld
from engine.errors import UsageError
from engine.intake import events
from engine.intake.events import IncomingEvent

HOUR = 3_600_000
DAY = 24 * HOUR
LINK = re.compile(r"https?://\S+/l/[0-9A-Za-z]+")
SAMPLES = {"text": "demo", "integer": 1, "number": 1, "boolean": True, "money": 59.0}

Act = Callable[[], None]


def read_events(folder: Path) -> list[IncomingEvent]:
    """The project's events.json: a list of {event, contact, data}."""
    path = folder / "events.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return [IncomingEvent(item["event"], item["contact"], item.get("data", {})) for item in found]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            "the demo plays the project's events.json, and cannot read it", 'a list of {"event", "contact", "data"}'
        ) from error


class Script:
    """Acts by instant, played in order."""

    def __init__(
        self, world: DemoWorld, entries: Sequence[IncomingEvent], buys: tuple[str, dict[str, Any]] | None
    ) -> None:
        self._world = world
        self.acts: list[tuple[int, Act]] = []
        self.told: list[str] = []
        start = world.clock.now()
        phones = [str(item.contact.get("phone")) for item in entries]
        self._at(start, lambda: self._accept(entries))
        if buys:
            buyers = phones[3::7]
            self._at(start + DAY, lambda: self._accept([IncomingEvent(buys[0], {"phone": p}, buys[1]) for p in buyers]))
            self.told.append(f"{len(buyers)} buy after a day")
        clickers = phones[5::9]
        self._at(start + 30 * HOUR, lambda: self._click(clickers))
        self.told.append(f"{len(clickers)} click their link")
        late = phones[4::11]
        self._at(start + 3 * DAY, lambda: self._click(late))
        self.stopper = phones[2] if len(phones) > 2 else phones[0]
        self._at(start + 6 * HOUR, lambda: self._text(self.stopper, "Stop."))
        self._at(start + 7 * HOUR, lambda: self._text(phones[0], "help"))
        self.told.append("one texts STOP, one HELP")
        self.acts.sort(key=lambda act: act[0])

    def _at(self, instant: int, act: Act) -> None:
        self.acts.append((instant, act))

    def next_act(self, now: int) -> int | None:
        while self.acts and self.acts[0][0] <= now:
            self.acts.pop(0)[1]()
        return self.acts[0][0] if self.acts else None

    def _accept(self, items: Sequence[IncomingEvent]) -> None:
        app = self._world.app
        for taken in events.accept(app.database, app.deployed().project, items, app.clock.now()):
            if taken.status != "accepted":
                raise UsageError(f"events.json or the demo has an event that is refused: {taken.reason}")

    def _click(self, phones: Sequence[str]) -> None:
        sent = self._world.simulator.ledger.messages()
        for phone in phones:
            links = [match[0] for entry in sent if entry.to == phone for match in LINK.finditer(entry.text)]
            if links:
                self._world.client.get(links[-1])

    def _text(self, phone: str, words: str) -> None:
        senders = self._world.app.deployed().project.senders
        self._world.simulator.text_from(phone, next(iter(senders.values())).number, words)


def purchase(world: DemoWorld) -> tuple[str, dict[str, Any]] | None:
    """The event that ends the flows (their exit_when), with data that fits its declaration."""
    deployed = world.app.deployed()
    wanted = {name for program in deployed.programs.values() for name in program.exit_needs.events}
    for name in sorted(wanted):
        declared = deployed.project.events.get(name, {})
        return name, {field: SAMPLES.get(spec.type, "2027-04-02") for field, spec in declared.items()}
    return None
