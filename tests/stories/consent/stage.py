"""A shop with a toll-free and a ten-digit number, and people who text to them: what the stories of consent are told with."""

from __future__ import annotations

from pathlib import Path

from engine.intake import inbound
from engine.messaging.keywords import Keyword
from engine.senders.sender import InboundText
from engine.store import contacts
from engine.store.queries import listings
from engine.store.sql import Row
from tests.world import ADA, PROJECT, World

LONG, FREE = "+12025550100", "+18445550100"
ZED = "+12025550178"  # nobody whom we know
BOTH = PROJECT.replace(
    "  main: {",
    f'  local: {{provider: simulator, number: "{LONG}", kind: long_code, rate: 1000, countries: [US]}}\n  main: {{',
)
PROMO = """\
flow: promo
language: 1
trigger: {event: list.joined}
steps:
  - id: hero
    sms: "Acme: the spring drop is live. Reply STOP to opt out"
  - id: think
    delay: 2d
  - id: last
    sms: "Acme: last chance"
"""


class Shop(World):
    """`with Shop(tmp_path, PROMO) as shop: shop.hears("STOP")`."""

    def __init__(self, folder: Path, *flows: str, project: str = BOTH) -> None:
        super().__init__(folder, *(flows or (PROMO,)), project=project)

    def hears(
        self,
        words: str,
        phone: str = ADA,
        to: str = LONG,
        id: str = "",
        at: int | None = None,
        taken_for: Keyword | None = None,
    ) -> None:
        """A text comes in; the simulator, as the network, hears it too. A millisecond goes by.

        `taken_for`: what a provider that answers keywords itself says of it.
        """
        now = self.clock.now()
        self.clock.move_to(now + 1)
        item = InboundText(id or f"in-{now}", phone, to, words, (), now if at is None else at, taken_for)
        self.simulator.text_from(phone, to, words)
        inbound.receive_texts(self.app.database, [item], now + 1, self.app.deployed)

    def goes_on(self, after: int = 0) -> None:
        """A tick, and what may be sent is sent by every sender; then, so much later, the same again."""
        self.tick()
        self.send_all()
        if after:
            self.tick(after)
            self.send_all()

    def send_all(self) -> None:
        from engine.delivery.outbox import send_all_due

        for outbox in (self.outbox, *self._others):
            send_all_due(outbox, self.clock.now)

    def consent_of(self, phone: str = ADA) -> str | None:
        with self.app.database.reading() as db:
            return contacts.consents(db, [phone]).get(phone, (None, 0))[0]

    def notes(self) -> list[str]:
        with self.app.database.reading() as db:
            return [str(row["note"]) for row in listings.notices(db)]

    def answers(self) -> list[tuple[str, str, str | None]]:
        return [(m.step, m.status, m.reason) for m in self.messages() if m.flow == "@answers"]

    def listed(self, phone: str = ADA) -> Row | None:
        with self.app.database.reading() as db:
            who = contacts.one(db, phone)
            return None if who is None else listings.contacts(db, contact=who.id)[0]
