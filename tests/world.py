"""A project in a folder, on a manual clock, with the real simulator as its provider: what the stories are told with."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from PIL import Image

from engine.app import App
from engine.clock import ManualClock
from engine.contacts.people import IncomingContact, upsert
from engine.delivery.outbox import send_all_due
from engine.deploy.read_project import read_and_check
from engine.intake import events, inbound
from engine.intake.events import IncomingEvent, IntakeResult
from engine.senders import simulator_token
from engine.senders.providers.simulator import SimulatorSender
from engine.senders.sender import InboundText
from engine.simulator import Simulator
from engine.store import contacts, tally_proof
from engine.store.contacts import ConsentChange
from engine.store.queries import outcomes
from engine.store.queries.outcomes import MessageRow, RunRow
from engine.store.queries.timeline import timeline_of
from engine.store.sql import Connection
from engine.store.states import DELIVERED
from tests import databases, kept_worlds

START = 1_806_588_000_000  # 2027-04-01 14:00 UTC, 10:00 in New York
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ADA, BEN, CY = "+12025550143", "+13125550123", "+14165550123"

PROJECT = """\
project: test-shop
brand: Acme
timezone: America/New_York
quiet_hours: off
senders:
  main: {provider: simulator, number: "+18445550100", rate: 1000, countries: [US, CA, JM]}
countries: [US, CA, JM]
links: {shop: "https://acme.example/spring"}
fields: {tier: text, orders: integer}
events:
  list.joined: {list: text}
  order.placed: {order_id: text, total: money}
"""


class World:
    """`with World(tmp_path, flows) as world:` applies the flows and has three subscribed contacts.

    They were texted long ago, unless they are `strangers`, so no first text is introduced to them; quiet hours are off unless a
    story's `project` turns them on.
    """

    def __init__(
        self,
        folder: Path,
        *flows: str,
        project: str = PROJECT,
        environ: dict[str, str] | None = None,
        strangers: bool = False,
    ) -> None:
        self.folder = folder
        self._strangers = strangers
        self.is_counted = True
        """Whether the tally is to say at the end what the tables hold: not where a test changes rows by hand."""
        self.clock = ManualClock(START)
        (folder / "flows").mkdir(parents=True, exist_ok=True)
        (folder / "media").mkdir(exist_ok=True)
        (folder / "media/hero.png").write_bytes(_hero())
        self.write(*flows, project=project)
        self.app = App(folder, databases.environ() | (environ or {}), self.clock)
        (self.app.folder / simulator_token.NAME).write_text("simulator")
        self.simulator = Simulator(
            accounts={"demo": "simulator"}, now=self.clock.now, fetch_media=False, retry_delays=()
        )  # nobody listens to its callbacks

    def write(self, *flows: str, project: str = PROJECT) -> None:
        (self.folder / "leadoff.yaml").write_text(project)
        for flow in flows:
            name = flow.split(maxsplit=2)[1]
            (self.folder / "flows" / f"{name}.yaml").write_text(flow)

    def __enter__(self) -> Self:
        self.simulator.start()
        beginning = kept_worlds.key_of(self.app, type(self), self._strangers)
        if not kept_worlds.begin(self.app, beginning):
            self.apply()
            self.app.database.write(self._people)
            kept_worlds.keep(self.app, beginning)
        self.engine = self.app.engine()
        self.outbox, *self._others = self.app.outboxes(self.simulator.url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for outbox in (self.outbox, *self._others):
            outbox.sender.close()
        self.simulator.stop()
        if kind is None and self.is_counted:
            with self.app.database.reading() as db:
                found = [each for each in tally_proof.differences(db) if each.key.flow]  # 0: messages of `_people`
            assert not found, found
        self.app.close()

    def apply(self, *again: str) -> None:
        checked = read_and_check(self.folder, self.app.registry)
        assert checked.ok, checked.findings
        self.app.apply(checked, again)

    def retire_all(self) -> None:
        """No flow is left, and nobody is in one."""
        files = sorted((self.folder / "flows").iterdir())
        told = (self.folder / "leadoff.yaml").read_text()
        self.write(project=told + f"retired: {{{', '.join(f'{file.stem}: exit' for file in files)}}}\n")
        for file in files:
            file.unlink()
        self.apply()

    def _people(self, db: Connection) -> None:
        people, now = {ADA: "Ada", BEN: "Ben", CY: "Cy"}, self.clock.now()
        for phone, name in people.items():  # each by itself: numbered in this order, and not in one change
            upsert(db, [IncomingContact(None, phone, {"first_name": name})], "America/New_York", now)
            contacts.set_consents(db, [ConsentChange(phone, "subscribed", "test", now)], now)
            if not self._strangers:
                _text_before(db, phone)

    def contact(self, phone: str, **values: Any) -> None:
        self.app.database.write(
            lambda db: upsert(db, [IncomingContact(None, phone, values)], "America/New_York", self.clock.now())
        )

    def crowd(self, count: int) -> list[str]:
        """Subscribed contacts in New York, by their numbers."""
        phones, now = [f"+121255{number:05}" for number in range(count)], self.clock.now()

        def add(db: Connection) -> None:
            upsert(db, [IncomingContact(None, phone, {}) for phone in phones], "America/New_York", now)
            contacts.set_consents(db, [ConsentChange(phone, "subscribed", "test", now) for phone in phones], now)

        self.app.database.write(add)
        return phones

    def texted_before(self, phone: str) -> None:
        """A marketing message of a flow that nobody remembers: no listing shows it."""
        self.app.database.write(lambda db: _text_before(db, phone))

    def consent(self, phone: str, status: str, lifts: bool = False) -> None:
        change = ConsentChange(phone, status, "test", self.clock.now(), lifts=lifts)
        self.app.database.write(lambda db: contacts.set_consents(db, [change], self.clock.now()))

    def receive_text(self, phone: str, words: str, number: str = "+18445550100") -> None:
        """It texts a sender's number; the tick takes that."""
        said = InboundText(f"in-{words}-{phone}", phone, number, words, (), self.clock.now())
        inbound.receive_texts(self.app.database, [said], self.clock.now(), self.app.deployed)

    def event(self, name: str, phone: str, data: dict[str, Any] | None = None, **more: Any) -> IntakeResult:
        item = IncomingEvent(name, {"phone": phone}, data or {}, **more)
        return events.accept(self.app.database, self.app.deployed().project, [item], self.clock.now())[0]

    def tick(self, after: int = 0) -> int | None:
        """Move the clock and let the engine do what is due."""
        self.clock.move_to(self.clock.now() + after)
        return self.engine.tick(self.clock.now())

    def send(self) -> int:
        """Make the requests that may be made now; how many."""
        return send_all_due(self.outbox, self.clock.now)

    def callbacks(self) -> None:
        """What the simulator would post to us, handed to intake: every accepted message is delivered."""
        sender = self.outbox.sender
        assert isinstance(sender, SimulatorSender)
        from engine.senders.sender import StatusReport

        senders = {profile.number: name for name, profile in self.app.deployed().project.senders.items()}
        for entry in self.simulator.ledger.messages():
            reports = [
                StatusReport(entry.id, entry.tag, status, None, None, self.clock.now())
                for status in ("sent", "delivered")
            ]
            inbound.receive_statuses(self.app.database, senders[entry.from_], reports, self.clock.now())

    def messages(self) -> list[MessageRow]:
        with self.app.database.reading() as db:
            return outcomes.messages(db)

    def told(self) -> list[tuple[str, str, str | None]]:
        """(step, state, reason) of every message, oldest first."""
        return [(message.step, message.status, message.reason) for message in self.messages()]

    def runs(self) -> list[RunRow]:
        with self.app.database.reading() as db:
            return outcomes.runs(db)

    def ends(self) -> list[str | None]:
        return [run.reason if run.status == "exited" else f"{run.status}:{run.step}" for run in self.runs()]

    def story(self, phone: str) -> list[str]:
        """What `explain` says, a line a moment."""
        doing = self.app.deployed().summary.doing
        with self.app.database.reading() as db:
            who = contacts.one(db, phone)
            assert who is not None
            return [moment.what for moment in timeline_of(db, who, doing)]

    def refusals(self) -> list[str]:
        with self.app.database.reading() as db:
            return [why for _, _, why in outcomes.refusals(db)]

    def arrived(self) -> list[tuple[str, str]]:
        """(number, text) of what the provider accepted."""
        return [(entry.to, entry.text) for entry in self.simulator.ledger.messages()]


@cache
def _hero() -> bytes:
    file = BytesIO()
    Image.new("RGB", (320, 400), "teal").save(file, "PNG")
    return file.getvalue()


def _text_before(db: Connection, phone: str) -> None:
    db.execute(
        "INSERT INTO message (contact, run, step, flow, deployment, status, category, text, parts, price, queued_at,"
        " due_at, sent_at, attempts) SELECT id, 0, 0, 0, 0, ?, 'marketing', '', 1, 0, ?, ?, ?, 1 FROM contact WHERE phone = ?"
        " ON CONFLICT DO NOTHING",
        (DELIVERED, *[START - 90 * DAY] * 3, phone),
    )
