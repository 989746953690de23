"""A shop whose project and database are copied from a template, and a model of what Leadoff promises of it (R, E, T, M, C).

The model knows who has consented, which events were taken, when a text may leave, and nothing else; the shop is the real engine, the real
outbox and the real simulator on a manual clock.
"""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine.app import App
from engine.contacts.csv_import import import_file
from engine.delivery.outbox import Outbox, send_all_due
from engine.delivery.reconcile import reconcile
from engine.intake import events, inbound
from engine.intake.events import IncomingEvent
from engine.senders.sender import StatusReport
from engine.store import outbox
from engine.store.queries import outcomes
from tests import databases
from tests.stories.consent.stage import BOTH, LONG, Shop
from tests.world import ADA, BEN, CY, HOUR

PEOPLE = (ADA, BEN, CY)
ZONES = {ADA: "America/New_York", BEN: "America/Chicago", CY: "America/Toronto"}
QUIET = 'quiet_hours: {between: ["20:00", "09:00"], state_rules: false}'
LOUD = "quiet_hours: off"
PROJECT = BOTH.replace(LOUD, f"{QUIET}\ncaps: {{marketing: {{per_day: 2, except_within_flow: false}}}}")
MOST_A_DAY = 2
TERMINAL = frozenset({"delivered", "undelivered", "failed", "cancelled", "expired", "skipped"})
OPEN = frozenset({"queued", "held", "sending"})
PROMO = """\
flow: promo
language: 1
trigger: {event: list.joined}
entry: {while_active: parallel}
steps:
  - id: hero
    sms: {text: "Acme: the spring drop. Reply STOP to opt out", image: media/hero.png, otherwise: text}
  - id: bought
    wait_for: {happened: order.placed}
    up_to: 20h
    then: [{exit: bought}]
  - id: last
    sms: "Acme: last chance. Reply STOP to opt out"
"""
RECEIPT = """\
flow: receipt
language: 1
category: transactional
trigger: {event: order.placed}
entry: {while_active: parallel}
steps:
  - id: thanks
    sms: "Acme: thank you for your order"
"""
MARKETING = frozenset({"hero", "last"})


class ModelShop(Shop):
    """`ModelShop.template(folder)` once; `with ModelShop(copy)` as often as there are stories."""

    def __init__(self, folder: Path, template: Path) -> None:
        shutil.copytree(template, folder)
        databases.filled("a shop", lambda: make_template(template.with_name("filling")))
        super().__init__(folder, PROMO, RECEIPT, project=PROJECT)
        self.consents = dict.fromkeys(PEOPLE, "subscribed")
        self.hours_bind = True
        self.joined: Counter[str] = Counter()
        self.ordered: Counter[str] = Counter()
        self.bodies: set[tuple[str, str]] = set()  # number and event id
        self.ends_seen: dict[str, str] = {}
        self.looked_at = 0  # entries of the ledger
        self.texted: dict[str, list[tuple[int, str | None]]] = {
            phone: [] for phone in PEOPLE
        }  # marketing: when, and its tag

    def __enter__(self) -> ModelShop:
        self.simulator.start()
        self._open()
        return self

    def _open(self) -> None:
        self.engine = self.app.engine()
        self.outbox, *self._others = self.app.outboxes(self.simulator.url)

    # what may happen

    def take(self, name: str, phone: str, id: str, consent: str | None) -> None:
        contact: dict[str, Any] = {"phone": phone}
        if consent:
            contact["consent"] = {"status": consent, "source": "form"}
        data = {"list": "vip"} if name == "list.joined" else {"order_id": "7"}
        item = IncomingEvent(name, contact, data, id=id)
        (answer,) = events.accept(self.app.database, self.app.deployed().project, [item], self.clock.now())
        if (phone, id) in self.bodies:
            assert answer.status in ("duplicate", "conflict"), "E1: a known id is taken once"
        else:
            assert answer.status == "accepted"
            self.bodies.add((phone, id))
            (self.joined if name == "list.joined" else self.ordered)[phone] += 1
        if consent == "unsubscribed" and answer.status != "duplicate":
            self.consents[phone] = consent  # C0: in an item that is refused as well

    def import_rows(self, rows: list[tuple[str, str]]) -> None:
        path = self.folder / "rows.csv"
        path.write_text("phone,consent\n" + "".join(f"{phone},{consent}\n" for phone, consent in rows))
        import_file(self.app.database, self.app.deployed().project, path, None, self.clock.now())
        for phone, consent in rows:
            if consent == "unsubscribed":
                self.consents[phone] = consent  # C0: it outweighs a consent of the same file

    def text(self, words: str, phone: str) -> None:
        self.hears(words, phone, LONG, id=f"text-{self.clock.now()}")
        if words in ("STOP", "START"):
            self.consents[phone] = "unsubscribed" if words == "STOP" else "subscribed"

    def report(self, order: list[int], statuses: tuple[str, ...]) -> None:
        """The provider speaks of accepted messages: in any order, twice, late."""
        entries = self.simulator.ledger.messages()
        for n in order:
            if entries:
                entry = entries[n % len(entries)]
                reports = [StatusReport(entry.id, entry.tag, each, None, None, self.clock.now()) for each in statuses]
                sender = next(box.name for box in self.outboxes() if self.numbers()[box.name] == entry.from_)
                inbound.receive_statuses(self.app.database, sender, reports, self.clock.now())

    def deploy(self, hours: str, last: str) -> None:
        self.write(PROMO.replace("last chance", last), RECEIPT, project=PROJECT.replace(QUIET, hours))
        self.apply()
        self.hours_bind = hours == QUIET

    def kill(self, how: str) -> None:
        """The process dies between two tests of time: after the claim, or after the request; another one starts."""
        for box in self.outboxes():
            now = self.clock.now()
            claim = box.claim(now, 2) if how != "idle" else None
            if claim is not None and how == "requested":
                for outgoing in claim.outgoing:
                    box.send(outgoing, now, self.clock.now)
                self.look()
        for box in self.outboxes():
            box.sender.close()
        self.app.close()
        self.app = App(self.folder, databases.environ(), self.clock)
        self.app.database.write(lambda db: outbox.recover(db, self.clock.now(), []))
        self._open()

    def outboxes(self) -> list[Outbox]:
        return [self.outbox, *self._others]

    def numbers(self) -> dict[str, str]:
        return {name: profile.number for name, profile in self.app.deployed().project.senders.items()}

    def deliver(self) -> None:
        for box in self.outboxes():
            send_all_due(box, self.clock.now)
        self.look()

    # what must hold

    def look(self) -> None:
        """Each request that has been accepted since the last look, against the rules that held when it was made."""
        entries, now = self.simulator.ledger.messages(), self.clock.now()
        failed = {message.tag for message in self.messages() if message.status == "failed"}  # nobody got these
        for entry in entries[self.looked_at :]:
            marketing = "STOP to opt out" in entry.text
            if marketing:
                assert self.consents[entry.to] == "subscribed", f"M5: {entry.text!r} after a STOP"
                hour = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(ZONES[entry.to])).hour
                assert not self.hours_bind or 9 <= hour < 20, f"T2: {entry.text!r} at {hour} o'clock"
                recent = [at for at, tag in self.texted[entry.to] if now - 24 * HOUR < at <= now and tag not in failed]
                assert len(recent) < MOST_A_DAY, "more marketing in a day than the cap allows"
                self.texted[entry.to].append((now, entry.tag))
            elif entry.text.startswith("Acme: thank you"):
                assert self.consents[entry.to] != "unsubscribed", "C1: a transactional text after a STOP"
        self.looked_at = len(entries)

    def check(self) -> None:
        tags = Counter(entry.tag for entry in self.simulator.ledger.messages())
        assert not [tag for tag, times in tags.items() if times > 1], "M3: a message was sent twice"
        for message in self.messages():
            ended = self.ends_seen.get(message.tag)
            assert ended is None or message.status == ended, "M2: a terminal state went back"
            if message.status in TERMINAL:
                self.ends_seen[message.tag] = message.status
        for phone in PEOPLE:
            assert self.consent_of(phone) == self.consents[phone], f"C0: the consent of {phone}"

    def play_out(self) -> None:
        """Four days without anything new: everybody who waits goes on, and nobody is lost."""
        end = self.clock.now() + 96 * HOUR
        while self.clock.now() < end:
            due = self.engine.tick(self.clock.now())
            self.deliver()
            reconcile(self.app.database, {box.name: box.sender for box in self.outboxes()}, self.clock.now)
            ahead = [box.next_due(self.clock.now()) for box in self.outboxes()]
            instants = [at for at in [due, *ahead, self.clock.now() + 12 * HOUR] if at is not None]
            self.clock.move_to(max(min(instants), self.clock.now() + 1))
        self.check()

    def nobody_is_lost(self) -> None:
        with self.app.database.reading() as db:
            assert db.execute("SELECT count(*) FROM event WHERE pending = 1").fetchone() == (0,)
            refused = Counter((contact, flow) for contact, flow, _ in outcomes.refusals(db))
            people = {p.id: p.phone for p in outcomes.contacts(db)}
        assert {run.status for run in self.runs()} <= {"exited"}, "a run waits for ever"
        assert not [m for m in self.messages() if m.status in OPEN], "a message waits for ever"
        entered = Counter((run.contact, run.flow) for run in self.runs())
        for flow, taken in (("promo", self.joined), ("receipt", self.ordered)):
            for contact, phone in people.items():
                assert entered[contact, flow] + refused[contact, flow] == taken[phone], (
                    f"{phone} was lost before {flow}"
                )


def make_template(folder: Path) -> Path:
    with Shop(folder, PROMO, RECEIPT, project=PROJECT):
        pass
    return folder
