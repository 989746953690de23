"""A world to preview flows in: a database in memory, a clock that jumps, and a sender in this process.

Invariants: the engine, its gates, hours, caps and prices are the real ones; nothing leaves the process, and no coupon is given
away. All that happens is in the order of its instants, so the same acts give the same world, byte for byte. A sender's rate is not played:
what may leave at an instant, leaves then.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from engine.clock import ManualClock
from engine.contacts import consent as consents
from engine.contacts import documents, json_contact
from engine.contacts.people import NotTaken, upsert
from engine.core.interpreter import Sprint
from engine.core.program import Program, Trigger
from engine.delivery.outbox import Outbox, send_all_due
from engine.delivery.web_call import CallAnswer
from engine.delivery.webhooks import Webhooks
from engine.deploy import trigger_setup
from engine.deploy.deployed import Deployed
from engine.intake import events, inbound
from engine.intake.events import IncomingEvent, IntakeResult
from engine.language.model.own_events import OWN_EVENTS
from engine.language.values.fields import BadValue, convert_all
from engine.preview.worlds import jumps, sweeps
from engine.preview.worlds.quiet_log import quiet_log
from engine.preview.worlds.sender import Accepted, PreviewSender
from engine.runtime.engine import Engine
from engine.runtime.trace import Trace
from engine.senders.sender import InboundText, StatusReport
from engine.store import contacts, inbox, links
from engine.store.contacts import ConsentChange, StoredContact
from engine.store.inbox import NewEvent
from engine.store.sql import Connection
from engine.store.sqlite.memory import MemoryDatabase
from engine.store.states import EVENT
from engine.store.webhooks import Due, Result

UNLIMITED = 1e9  # parts a second
SOURCE = "preview"


class Report(NamedTuple):
    """What the provider says of a message, `after` ms from when it left."""

    status: str = "delivered"  # delivered | undelivered | failed
    after: int = 0
    reason: str | None = None


DELIVERED = Report()
OnLeft = Callable[[int, str, str, int], None]
"""Called with contact, flow, step and instant, inside the engine's transaction: it may only plan acts."""


class World:
    """`add` the contacts, `open` the world, plan acts with `at`, then `play`."""

    def __init__(
        self, database: MemoryDatabase, deployed: Deployed, clock: ManualClock, trace: Trace | None = None
    ) -> None:
        self.database = database
        self.clock = clock
        self.reports: Callable[[str, str], Report | None] | None = None
        """(flow, step) -> what the provider says of its messages; None: nothing. Without it all are delivered."""
        self.of_phone: dict[int, Report | None] = {}
        """Contact -> what the provider says of all its messages, whatever their step."""
        self.answers: Callable[[str, str], CallAnswer] = lambda flow, step: CallAnswer(200, {}, b"{}")
        """(flow, step) -> the answer to a web call. Raises CallRefused or CallDeferred."""
        self.left: dict[tuple[int, str, str], int] = {}
        """(contact, flow, step) -> when a run last left that step."""
        self.on_left: list[OnLeft] = []
        self._deployed = deployed.for_show
        self._acts: list[tuple[int, int, Callable[[], None]]] = []
        self._planned = 0
        self._until = 0
        self._texts = 0
        self._watch = _Watch(self, trace)
        self._engine = Engine(database, self.deployed, trace=self._watch)
        self._senders = [PreviewSender(name) for name in deployed.project.senders]
        self._outboxes = [Outbox(database, self.deployed, sender, UNLIMITED) for sender in self._senders]
        self._calls = _Calls(self)

    def deployed(self) -> Deployed:
        return self._deployed

    def add(
        self, fields: Mapping[str, Any], consent: str | None = "subscribed", ends: int | None = None
    ) -> StoredContact:
        """A contact as JSON has it: `phone`, `key` and fields. `ends`: of the consent, UTC ms. Raises BadValue."""
        project, now = self._deployed.project, self.clock.now()
        said = documents.read(documents.Contact, {key: value for key, value in fields.items() if key != "consent"})
        who = json_contact.parsed(project, said, now).who
        (found,) = self.database.write(lambda db: upsert(db, [who], project.timezone, now))
        if isinstance(found, NotTaken):
            raise BadValue(found.reason, found.column)
        if consent is not None:
            change = ConsentChange(found.phone, consent, SOURCE, now, expires=ends)
            self.database.write(lambda db: contacts.set_consents(db, [change], now))
        return found

    def open(self) -> None:
        """The flows are deployed now: what clocks and segments start counts from here."""
        found = self._deployed
        self.database.write(
            lambda db: trigger_setup.set_up(db, found.project, found.programs, found.names, self.clock.now())
        )

    def at(self, instant: int, act: Callable[[], None]) -> None:
        """Something that happens then, or now where that is past; of one instant in the order in which it is planned."""
        heapq.heappush(self._acts, (instant, self._planned, act))
        self._planned += 1

    def event(self, contact: StoredContact, name: str, data: Mapping[str, Any] | None = None) -> IntakeResult:
        return self.accept(IncomingEvent(name, {"key": contact.key, "phone": contact.phone}, data or {}))

    def start(self, contact: StoredContact, flow: str) -> IntakeResult:
        return self.accept(IncomingEvent(flow, {"phone": contact.phone}, {}, start=True))

    def accept(self, item: IncomingEvent) -> IntakeResult:
        """An event as intake takes it, or one of Leadoff's own, as if its cause had been there. Raises BadValue for that."""
        return self.accept_all([item])[0]

    def accept_all(self, items: Sequence[IncomingEvent]) -> list[IntakeResult]:
        outside = iter(self._from_outside([item for item in items if item.start or item.event not in OWN_EVENTS]))
        return [
            next(outside) if item.start or item.event not in OWN_EVENTS else self._own_event(item) for item in items
        ]

    def _from_outside(self, items: Sequence[IncomingEvent]) -> list[IntakeResult]:
        return events.accept(self.database, self._deployed.project, items, self.clock.now()) if items else []

    def _own_event(self, item: IncomingEvent) -> IntakeResult:
        said, now = convert_all(OWN_EVENTS[item.event], item.data, f'event "{item.event}"'), self.clock.now()

        def write(db: Connection) -> None:
            who = contacts.of_phone(db, str(item.contact["phone"]))
            if who is not None:
                at = now if item.occurred_at is None else item.occurred_at
                inbox.add(db, [NewEvent(who.id, EVENT, item.event, at, said, hops=1)], now)

        self.database.write(write)
        return events.ACCEPTED

    def reply(self, contact: StoredContact, text: str) -> None:
        """The contact sends a text to the sender of its country."""
        self._texts += 1
        senders = self._deployed.project.senders
        to = next((each.number for each in senders.values() if contact.region in each.countries), "")
        said = InboundText(f"text-{self._texts}", contact.phone, to, text, (), self.clock.now())
        inbound.receive_texts(self.database, [said], self.clock.now(), self.deployed)

    def click(self, contact: StoredContact, link: str, step: str | None = None) -> bool:
        """The contact opens that link of its last message that has left with it, or of that step's; False where there is none."""
        with self.database.reading() as db:
            code = links.last_received(db, contact.id, link, step)
        return code is not None and inbound.record_click(self.database, code, self.clock.now()) is not None

    def consent(self, contact: StoredContact, status: str, ends: int | None = None) -> None:
        """`ends`: of a consent that is given, UTC ms."""
        if status == "subscribed":
            consents.subscribe(self.database, contact.phone, SOURCE, self.clock.now(), ends)
        else:
            consents.unsubscribe(self.database, contact.phone, SOURCE, self.clock.now())

    def set(self, contact: StoredContact, values: Mapping[str, Any]) -> None:
        """Fields change. Raises BadValue."""
        said = documents.read(documents.Contact, {**values})
        json_contact.put(self.database, self._deployed.project, contact.key, said, self.clock.now())

    def report(self, provider_id: str, tag: str, sender: str, said: Report) -> None:
        """The provider says what became of a message."""
        report = StatusReport(provider_id, tag, said.status, None, said.reason, self.clock.now())
        inbound.receive_statuses(self.database, sender, [report], self.clock.now())

    def play(self, until: int, jumped: Callable[[int], None] = lambda at: None) -> None:
        """Until nothing is due, or what is due next is later than `until` (UTC ms)."""
        self._until = until + 1
        with quiet_log():
            jumps.play(self, self._next_act, lambda: until, jumped)

    def next_due(self) -> int | None:
        """After `play`: the next instant at which something happens, if nobody does anything."""
        now = self.clock.now()
        with quiet_log():
            found = [self._engine.tick(now), *self.next_deliveries(now), *(at for at, _, _ in self._acts[:1])]
        return min((at for at in found if at is not None and at > now), default=None)

    def close(self) -> None:
        self.database.close()

    # What the loop asks for.

    def tick(self, now: int) -> int | None:
        due = self._engine.tick(now)
        if due is None:
            return None
        before = min(self._acts[0][0], self._until) if self._acts else self._until
        with self.database.reading() as db:
            return sweeps.next_due(db, self._deployed, due, before)

    def deliver(self) -> None:
        for outbox, sender in zip(self._outboxes, self._senders, strict=True):
            send_all_due(outbox, self.clock.now)
            self._report(sender)
        send_all_due(self._calls, self.clock.now)

    def has_news(self) -> bool:
        with self.database.reading() as db:
            return inbox.more_than(db, 0)

    def next_deliveries(self, now: int) -> list[int | None]:
        return [self._calls.next_due(now), *(outbox.next_due(now) for outbox in self._outboxes)]

    def _next_act(self, now: int) -> int | None:
        while self._acts and self._acts[0][0] <= now:
            heapq.heappop(self._acts)[2]()
        return self._acts[0][0] if self._acts else None

    def _report(self, sender: PreviewSender) -> None:
        at_once: list[StatusReport] = []
        now = self.clock.now()
        for taken in sender.take_accepted():
            said = self._said_of(taken)
            if said is not None and said.after:
                self.at(now + said.after, partial(self.report, taken.provider_id, taken.tag, sender.name, said))
            elif said is not None:
                at_once.append(StatusReport(taken.provider_id, taken.tag, said.status, None, said.reason, now))
        if at_once:
            inbound.receive_statuses(self.database, sender.name, at_once, now)

    def _said_of(self, taken: Accepted) -> Report | None:
        contact, run, step = taken.key
        if contact in self.of_phone:
            return self.of_phone[contact]
        flow = self._watch.flows.get(run)
        if self.reports is None or flow is None:
            return DELIVERED
        names = self._deployed.names
        return self.reports(flow, names.steps[names.flow_ids[flow], step])


class _Watch:
    """The world's own trace, before that of its user."""

    def __init__(self, world: World, trace: Trace | None) -> None:
        self.flows: dict[int, str] = {}  # run -> its flow
        self._world, self._trace = world, trace

    def sprint(self, program: Program, sprint: Sprint, now: int) -> None:
        run = sprint.run
        self.flows[run.id] = run.flow
        for index, way in sprint.path:
            step = program.nodes[index].step
            if way is not None and step is not None:
                self._world.left[run.contact, run.flow, step] = now
                for call in self._world.on_left:
                    call(run.contact, run.flow, step, now)
        if self._trace is not None:
            self._trace.sprint(program, sprint, now)

    def entry(self, program: Program, contact: int, trigger: Trigger, refused: str | None, now: int) -> None:
        if self._trace is not None:
            self._trace.entry(program, contact, trigger, refused, now)


class _Calls(Webhooks):
    """The web calls of a world, answered by it."""

    def __init__(self, world: World) -> None:
        super().__init__(world.database, world.deployed, lambda request, allowed: self._answer())
        self._world = world
        self._due: Due | None = None

    def send(self, due: Due, claimed_at: int, clock: Callable[[], int]) -> Result:
        self._due = due
        return super().send(due, claimed_at, clock)

    def _answer(self) -> CallAnswer:
        assert self._due is not None
        names = self._world.deployed().names
        return self._world.answers(names.flows[self._due.flow], names.steps[self._due.flow, self._due.step])
