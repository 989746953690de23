"""A project that is edited while contacts are in it. Between any two things that happen all state is on disk, and is loaded anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.app import App
from engine.intake import inbound
from engine.senders.sender import InboundText
from engine.store.queries import outcomes
from tests import databases
from tests.world import DAY, HOUR, PROJECT, World

LANGUAGE = "language: 1\n"


def flow(steps: str, head: str = "", name: str = "walk") -> str:
    """A flow that `list.joined` starts. `steps`: a line a step."""
    lines = "".join(
        f"  - {line}\n" if not line.startswith(" ") else f"  {line}\n" for line in steps.strip("\n").split("\n")
    )
    return f"flow: {name}\n{LANGUAGE}trigger: {{event: list.joined}}\n{head}steps:\n{lines}"


class Edited(World):
    """A World whose program ends and starts again before everything that is done with it."""

    def __init__(self, folder: Path, *flows: str, project: str = PROJECT) -> None:
        super().__init__(folder, *flows, project=project)

    def reload(self) -> None:
        """As after a crash: nothing is kept but the database."""
        for outbox in (self.outbox, *self._others):
            outbox.sender.close()
        self.app.close()
        self.app = App(self.folder, databases.environ(), self.clock)
        self.engine = self.app.engine()
        self.outbox, *self._others = self.app.outboxes(self.simulator.url)

    def edit(self, *flows: str, project: str = PROJECT) -> None:
        """Write these files and apply."""
        self.write(*flows, project=project)
        self.apply()
        self.reload()

    def gone(self, name: str) -> None:
        (self.folder / f"flows/{name}.yaml").unlink()

    def tick(self, after: int = 0) -> int | None:
        due = super().tick(after)
        self.reload()
        return due

    def joins(self, phone: str, **data: Any) -> None:
        self.event("list.joined", phone, data)
        self.tick()

    @property
    def texts(self) -> list[str]:
        """What was written, oldest first."""
        return [message.text for message in self.messages()]

    def rests(self) -> list[tuple[str, int]]:
        """(step, hours from now until it is due) of every run that waits."""
        with self.app.database.reading() as db:
            return [(run.step, round((run.due_at - self.clock.now()) / HOUR)) for run in outcomes.resting(db)]

    def clicks(self, phone: str) -> None:
        """On the newest link that this number got."""
        text = next(text for to, text in reversed(self.arrived()) if to == phone and "/l/" in text)
        assert inbound.record_click(self.app.database, text.split("/l/")[1].split()[0], self.clock.now())
        self.tick()

    def stops(self, phone: str) -> None:
        now = self.clock.now()
        said = InboundText(f"{phone}{now}", phone, "+18445550100", "STOP", (), now)
        inbound.receive_texts(self.app.database, [said], now, self.app.deployed)
        self.tick()


__all__ = ["DAY", "HOUR", "PROJECT", "Edited", "flow"]
