"""A ready-made flow as `init` writes it, deployed on a manual clock: what the template's walks are told with."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine.cli.shared import scaffold
from engine.intake import inbound
from engine.preview.worlds import sweeps
from engine.senders.sender import InboundText
from engine.store import contacts
from engine.store.contacts import StoredContact
from tests.world import ADA, DAY, World

LINK = re.compile(r"/l/(\w+)")


class Stage(World):
    """`with Stage(tmp_path, "welcome") as stage:` the template is applied; Ada, Ben and Cy are subscribed."""

    def __init__(self, folder: Path, template: str, *more: str) -> None:
        scaffold.make(folder, template)
        for other in more:
            for name, data in scaffold.contents(other).items():
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(data)
        super().__init__(folder, project=(folder / "leadoff.yaml").read_text("utf-8"))

    def at(self, text: str, zone: str = "America/New_York") -> None:
        """Let the time come at which clocks in `zone` show it, and all that is due until then, one after the other."""
        until = round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
        self.through(until - self.clock.now())

    def through(self, after: int = 0) -> None:
        """Let so much time go by: what is due is done when it is due, and what is written is sent. Hours in which nobody comes
        into a segment are passed over.
        """
        until = self.clock.now() + after
        due = self.tick()
        self.send()
        while due is not None and (due := self._next(due, until + 1)) <= until:
            due = self.tick(max(0, due - self.clock.now()))
            self.send()
        self.tick(until - self.clock.now())
        self.send()

    def _next(self, due: int, before: int) -> int:
        with self.app.database.reading() as db:
            return sweeps.next_due(db, self.app.deployed(), due, before)

    def days(self, count: int) -> None:
        self.through(count * DAY)

    def click(self) -> None:
        """On the link of the newest message."""
        (code,) = LINK.findall(self.messages()[-1].text)
        assert inbound.record_click(self.app.database, code, self.clock.now()) is not None
        self.through()

    def leads_to(self) -> str:
        """The address behind the link of the newest message."""
        (code,) = LINK.findall(self.messages()[-1].text)
        target = inbound.link_target(self.app.database, code, self.clock.now())
        assert target is not None
        return target.url.partition("?")[0]

    def texts(self, words: str, phone: str = ADA) -> None:
        """Somebody's own text comes in."""
        now = self.clock.now()
        text = InboundText(f"{now}-{words}", phone, "+18445550100", words, (), now)
        inbound.receive_texts(self.app.database, [text], now, self.app.deployed)
        self.through()

    def happens(self, name: str, data: dict[str, Any] | None = None, phone: str = ADA) -> None:
        assert self.event(name, phone, data).status == "accepted"
        self.through()

    def sent(self, flow: str | None = None) -> list[str]:
        """`MMS hero` or `SMS reminder` of what the provider took, oldest first."""
        return [
            f"{'MMS' if row.media else 'SMS'} {row.step}"
            for row in self.messages()
            if row.provider_id and flow in (None, row.flow)
        ]

    def known(self, phone: str = ADA) -> StoredContact:
        with self.app.database.reading() as db:
            found = contacts.one(db, phone)
        assert found is not None
        return found

    def consent_of(self, phone: str) -> str | None:
        with self.app.database.reading() as db:
            row = db.execute("SELECT status FROM consent WHERE phone = ?", (phone,)).fetchone()
        return None if row is None else str(row[0])
