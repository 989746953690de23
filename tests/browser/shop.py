"""A shop with a daemon of its own, in which something has happened, and in whose every stored field somebody put markup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.contacts.people import IncomingContact, upsert
from engine.intake import inbound
from engine.intake.events import IncomingEvent, accept
from engine.senders.sender import InboundText
from engine.store import contacts, notices, person_actions, states, tokens
from engine.store.contacts import ConsentChange
from engine.store.sql import Connection
from tests.server.stage import Stage, phone, until

MARKUP = """"><img src=x onerror="alert(1)"><script>alert(2)</script>'"""
FLOW = f"""\
flow: hello
language: 1
category: transactional
description: 'The first words {MARKUP.replace("'", "''")}'
trigger: {{event: list.joined}}
steps:
  - id: hi
    sms: {{text: "Hello {{{{ contact.first_name | default('you') }}}}!", image: media/hero.png, otherwise: text}}
  - id: are_they_ada
    if: {{contact: {{first_name: Ada}}}}
    then:
      - exit: ada
    else:
      - id: pause
        delay: 2d
      - id: more
        sms: "One more thing."
"""


class Shop(Stage):
    """`ada` and `ben` are ids of contacts; all of ben is markup."""

    ada = ben = 0

    def token(self, scope: str, name: str) -> str:
        now = self.app.clock.now()
        return self.app.database.write(lambda db: tokens.create(db, name, scope, now))

    def people(self) -> None:
        now = self.app.clock.now()
        both = [
            IncomingContact("ada", phone(1), {"first_name": "Ada", "last_name": "Lovelace"}),
            IncomingContact(f"ben{MARKUP}", phone(2), {"first_name": MARKUP, "last_name": MARKUP}),
        ]

        def write(db: Connection) -> None:
            upsert(db, both, "America/New_York", now)
            contacts.set_consents(db, [ConsentChange(phone(2), "subscribed", MARKUP, now, MARKUP)], now)
            notices.add(db, "unclear", f"test{MARKUP}", None, now, f"said {MARKUP}")
            person_actions.add(db, now, f"someone{MARKUP}", "pause", MARKUP, f"because {MARKUP}")

        self.app.database.write(write)
        self.ada, self.ben = self.id_of(phone(1)), self.id_of(phone(2))

    def enter(self, *phones: str) -> None:
        items = [IncomingEvent("list.joined", {"phone": each}, {"list": MARKUP}) for each in phones]
        assert {
            each.status for each in accept(self.app.database, self.app.deployed().project, items, self.app.clock.now())
        } == {"accepted"}
        self.app.wake_daemon()

    def text(self, number: str, words: str) -> None:
        now = self.app.clock.now()
        said = InboundText(f"in-{words}", number, "+18445550100", words, (), now)
        inbound.receive_texts(self.app.database, [said], now, self.app.deployed)
        self.app.wake_daemon()

    def id_of(self, number: str) -> int:
        with self.app.database.reading() as db:
            found = contacts.one(db, number)
        assert found is not None
        return found.id

    def message_of(self, contact: int) -> int:
        with self.app.database.reading() as db:
            (found,) = db.execute("SELECT MIN(id) FROM message WHERE contact = ?", (contact,)).fetchone()
        return int(found)

    def make_unknown(self, message: int) -> None:
        """Nobody knows what became of it; its provider said markup."""
        sql = "UPDATE message SET status = ?, reason = ? WHERE id = ?"
        self.app.database.write(lambda db: db.execute(sql, (states.UNKNOWN, f"timeout {MARKUP}", message)).rowcount)


@contextmanager
def shop(folder: Path) -> Iterator[Shop]:
    """Its daemon runs; two people have got their first message, and one of them wrote."""
    with Shop(folder, flow=FLOW) as opened:
        opened.people()
        opened.daemon().ready()
        opened.enter(phone(1), phone(2))
        until(lambda: len(opened.states()) >= 2 and set(opened.states()) == {"delivered"}, "both delivered")
        opened.text(phone(2), f"and now? {MARKUP}")
        yield opened
