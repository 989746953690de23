"""`Engine.tick(now) -> next due`: the whole engine in one call.

It takes the inbox, then the runs that a pause had put aside, then the runs that are due, then recurring triggers: a batch a transaction,
until nothing is left at `now`. A transaction begins only where a look has found work.

Any number of daemons tick on one database: a batch is of contacts with whom nobody else works, and what others hold is left to them.

Invariants: state and effects of a sprint commit together (R2). The inbox goes before the due runs, so a fact that is committed before a
timeout is decided wins (R4). A run that fails is parked with its error and blocks no other (R6). The deployment is asked for once, and
again only where an `apply` came meanwhile. No provider is called and no clock is read here.
"""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from engine.core.calendar import MINUTE
from engine.core.own_events import CLICKED, RECEIVED
from engine.delivery import stop_if
from engine.deploy.deployed import Deployed
from engine.errors import LeadoffError
from engine.runtime import person_texts, recurring, refused_messages
from engine.runtime.auto_replies import write_auto_replies
from engine.runtime.batch import TickBatch, in_batch
from engine.runtime.entries import enter
from engine.runtime.trace import Trace
from engine.store import (
    contacts,
    deployments,
    drawn,
    holds,
    inbox,
    member_sets,
    notices,
    orders,
    own_events,
    reports,
    runs,
    schedules,
    segment_members,
    tally_people,
)
from engine.store.database import Database
from engine.store.inbox import STARTS_NOTHING, Pending
from engine.store.sql import Connection
from engine.store.states import (
    CLICK,
    DELIVERED,
    EVENT,
    FAILED,
    INBOUND,
    MESSAGE_STATES,
    START,
    STATUS,
    UNDELIVERED,
    WEBHOOK,
)

log = logging.getLogger("leadoff.tick")
BATCH = 1_000
MOST_ASIDE = 20
AHEAD_MS = 5 * MINUTE
HELD_MS = 50, 100  # until it is looked again at what others work on; apart, so that daemons do not look together again
_AGAIN = frozenset({"no_mms", "account", "too_large"})  # what a status may say that leads further
HEARD_AS = {
    CLICK: frozenset(("@clicked", CLICKED)),
    STATUS: frozenset(("@status",)),
    INBOUND: frozenset(("@inbound", RECEIVED)),
    WEBHOOK: frozenset(("@webhook",)),
}
"""Kind of what came in -> the facts that it is."""


class Engine:
    """Advances every run of one database. One tick at a time."""

    def __init__(
        self,
        database: Database,
        deployed: Callable[[], Deployed],
        batch: int = BATCH,
        trace: Trace | None = None,
        batches: int | None = None,
    ) -> None:
        """`batches`: so many in a tick, where others wait for its end; all by default."""
        self._database = database
        self._load = deployed
        self._deployed = deployed()
        self._batch = batch
        self._trace = trace
        self._batches = batches
        self._aside = 0  # set aside since one was taken

    def tick(self, now: int) -> int | None:
        """Do all there is to do at `now` (UTC ms); the instant at which there is more, None when nothing waits.

        `now`: the tick has come to the end of its batches.
        """
        self._deployed = self._load()
        done = 0
        while self._next_batch(now) or self._recur(now):
            done += 1
            if done == self._batches:
                return now
        with self._database.reading() as db:
            instants = (now if inbox.more_than(db, 0) else None, runs.next_due(db), schedules.next_due(db))
            first = min((at for at in instants if at is not None), default=None)
        return now + random.randint(*HELD_MS) if first is not None and first <= now else first

    def _next_batch(self, now: int) -> int:
        """The inbox, then what a pause had put aside, then due runs: how much was done of the first that has something."""
        with self._database.reading() as db:
            if deployments.newest_id(db) != self._deployed.id:
                self._deployed = self._load()
            waiting, resumed, due = inbox.more_than(db, 0), holds.resumed_flow(db), runs.next_due(db)
        done = self._apart(_INBOX, now) if waiting else 0
        if not done and resumed is not None:
            done = self._write(lambda batch: batch.resume(self._batch), now)
        if not done and due is not None and due <= now:
            done = self._apart(_DUE, now)
        return done

    def _recur(self, now: int) -> int:
        if not self._deployed.recurring:
            return 0
        return recurring.run_due(self._database, self._deployed, now, self._batch, self._trace)

    def _apart(self, queue: _Queue, now: int) -> int:
        """A batch; where it raises, half of it, down to the one at fault, which is set aside: the others go on (E5, R6).

        Where many in a row fail, the cause is not in them: the error is raised, and they wait.
        """
        limit, claimed = self._batch, list[int]()

        def work(batch: TickBatch) -> int:
            claimed[:] = queue.claim(batch.db, now, limit)
            queue.work(batch, claimed)
            return len(claimed)

        while True:
            try:
                done = self._write(work, now)
                self._aside = 0 if done else self._aside
                return done
            except LeadoffError:
                raise
            except Exception as error:  # a damaged row may raise anything, and must stop no other
                if limit == 1:
                    if self._aside == MOST_ASIDE or not claimed:
                        raise
                    self._aside += 1
                    log.exception("an item of a batch is set aside")
                    self._database.write(partial(queue.set_aside, id=claimed[0], now=now, why=type(error).__name__))
                    return 1
                limit //= 2

    def _write(self, work: Callable[[TickBatch], int], now: int) -> int:
        """In one transaction, by the deployment that is the newest in it: what an `apply` changes counts from its commit on."""

        while (done := in_batch(self._database, self._deployed, now, self._trace, work)) is None:
            self._deployed = self._load()
        return done


class _Queue(NamedTuple):
    """What is taken from a table a batch at a time, by id."""

    claim: Callable[
        [Connection, int, int], list[int]
    ]  # at that instant, at most so many; nobody else works with their contacts
    work: Callable[[TickBatch, Collection[int]], None]
    set_aside: Callable[..., None]  # the one that cannot be worked on; nothing, where another daemon could, meanwhile


def _consume(batch: TickBatch, ids: Collection[int]) -> None:
    taken = inbox.take(batch.db, ids)
    batch.touch({event.contact for event in taken if event.contact is not None})
    # What comes in while a tick lasts is younger than the tick: nothing is done to a contact before what it hears has happened.
    latest = batch.now + AHEAD_MS  # a wrong clock sets nothing further ahead (E4)
    batch.now = max([batch.now, *(event.received_at for event in taken if event.received_at <= latest)])
    if clicks := [event.id for event in taken if event.kind == CLICK]:
        tally_people.add_clicks(batch.db, batch.now, clicks)
        drawn.add_clicks(batch.db, clicks)
    if texts := [event.id for event in taken if event.kind == INBOUND and event.contact is not None]:
        tally_people.add_texts(batch.db, batch.now, texts)
    if batch.deployed.goals:
        orders.hear(batch.db, batch.deployed.goals, batch.deployed.project.currency, taken)
    for layer in _layers(taken):
        _apply(batch, layer)
    member_sets.note_late(batch.db, {e.contact for e in taken if e.contact is not None})
    counted = {
        e.contact: e.received_at
        for e in reversed(taken)
        if e.contact is not None and not batch.deployed.counted.isdisjoint(_facts(e))
    }
    if counted:
        segment_members.mark_changed(batch.db, counted)


def _apply(batch: TickBatch, layer: Sequence[Pending]) -> None:
    """A layer has at most one event of each contact: what it does is written before the next one is looked at."""
    for event in layer:
        if event.kind == STATUS:
            _hear_status(batch, event)
    texts = [event for event in layer if event.kind == INBOUND and event.contact is not None]
    if texts:
        stops = [text for text in texts if text.data.get("verdict") == "stop"]
        batch.stop([text.contact for text in stops if text.contact is not None])
        said = [text.contact for text in stops if text.contact is not None and _is_the_persons(text)]
        stop_if.opted_out(batch.db, batch.deployed, said, batch.now)
        write_auto_replies(batch, texts)
        person_texts.hear(batch, texts)
    _wake(batch, layer)
    starting = (e for e in layer if e.kind in (EVENT, START, INBOUND, CLICK) and e.hops < STARTS_NOTHING)
    enter(batch, [e for e in starting if e.contact is not None])


def _facts(event: Pending) -> frozenset[str]:
    """The names of the facts that it is."""
    return HEARD_AS.get(event.kind) or frozenset((event.name,))


def _is_the_persons(stop: Pending) -> bool:
    """A STOP by text, or one that a provider knows of; not one from a file or by an operator."""
    source = stop.data.get("source")
    return source is None or str(source).startswith("provider ")


def _wake(batch: TickBatch, layer: Sequence[Pending]) -> None:
    """Advance the runs that wait for what these events say."""
    heard = {e.contact: _facts(e) for e in layer if e.contact is not None and e.kind != START}
    concerned = [contact for contact, facts in heard.items() if not batch.deployed.heard.isdisjoint(facts)]
    if not concerned:
        return
    before = {e.contact: e for e in layer if batch.restored is not None and batch.restored.has_before(e)}
    for version, cases in batch.by_version(runs.waiting_of(batch.db, concerned, batch.names)):
        resting = ((case, version.node_of(case.run)) for case in cases)
        woken = [case for case, node in resting if node and not node.listens.isdisjoint(heard[case.run.contact])]
        for run in (case.run for case in woken if case.run.contact in before):
            at = max(before[run.contact].occurred_at, run.arrived)
            batch.past[run.id] = at if run.due is None else min(at, run.due)
        version.advance_own(woken)


def _advance(batch: TickBatch, ids: Collection[int]) -> None:
    """They are read behind the statement that claims them: what others have changed until then is seen."""
    cases = batch.loaded(ids)
    batch.advance([cases[id] for id in ids if id in cases])


def _set_aside(db: Connection, id: int, now: int, why: str) -> None:
    """A row of the inbox: it is kept, with a notice."""
    found = inbox.set_aside(db, id)
    if found is not None:
        contact, name = found
        note = f"what came in as {name} cannot be acted on ({why}, a bug in Leadoff): it is kept, and has no effect"
        notices.add(db, "inbox", f"event:{id}", contact, now, note)


_INBOX = _Queue(lambda db, now, limit: inbox.claim(db, limit), _consume, _set_aside)
_DUE = _Queue(runs.claim_due, _advance, runs.park_due)


def _layers(events: Sequence[Pending]) -> Iterable[list[Pending]]:
    """Split in order, so that no contact is in one layer twice."""
    layers: list[list[Pending]] = []
    depth: dict[int | None, int] = defaultdict(int)
    for event in events:
        level = depth[event.contact] if event.contact is not None else 0
        depth[event.contact] += 1
        if level == len(layers):
            layers.append([])
        layers[level].append(event)
    return layers


def _hear_status(batch: TickBatch, event: Pending) -> None:
    if refused_messages.of_an_earlier_request(batch.db, event):
        return
    lost = batch.restored is not None and batch.restored.has_before(event)  # it may have gone another way already
    if lost or not (_AGAIN & event.data.keys() and refused_messages.again(batch, event)):
        _note_status(batch, event)


def _note_status(batch: TickBatch, event: Pending) -> None:
    db = batch.db
    contact, run, step = event.data["key"]
    state = MESSAGE_STATES.index(event.data["status"])
    changed = reports.apply_status(
        db,
        (contact, run, step),
        state,
        event.data.get("provider_id"),
        event.data.get("reason"),
        batch.now,
        event.occurred_at,
    )
    if changed and batch.deployed.asked:
        own_events.tell_message(db, batch.deployed.asked, (contact, run, step), batch.now)
    if changed and state == DELIVERED:
        contacts.clear_no_mms(db, (contact, run, step))
    if changed and state in (FAILED, UNDELIVERED):
        stop_if.reported_failed(db, batch.deployed, (contact, run, step), batch.now)
