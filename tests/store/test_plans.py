"""Statements on large tables are led by an index: the plan that each database makes for each is looked at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.core.context import Run
from engine.runtime import refused_messages
from engine.store import (
    cancelling,
    contacts,
    deployments,
    facts,
    held_messages,
    history,
    inbox,
    journal,
    links,
    outbox,
    rate,
    reports,
    runs,
    schedules,
    unknown_messages,
    webhooks,
)
from engine.store.inbox import NewEvent, Pending
from engine.store.interned_names import Names
from engine.store.migrations import upgrade
from engine.store.outbox import Result
from engine.store.postgres.connection import PostgresConnection
from engine.store.postgres.database import PostgresDatabase
from engine.store.queries import history as past
from engine.store.queries import listings, recorded
from engine.store.schedules import Row
from engine.store.sql import Connection, listed
from engine.store.sqlite.database import SqliteDatabase
from engine.store.states import ACCEPTED, CLICK, INBOUND, SENT, START, STATUS

SOME = [1, 2, 3]
NOON = Pending(9, None, START, "morning", 1_000, {"trigger": "t", "when": "2027-04-01 12:00"}, None)
NAMES = Names({"morning": 1}, {1: "morning"}, {(1, "hi"): 1}, {(1, 1): "hi"})
RUN = Run(1, 1, "morning", 0, "hi", "waiting", None, 1, None, 1, 1, 1)
FAILED = Pending(9, 1, STATUS, "@status", 1, {"key": [1, 2, 3], "status": "failed", "provider_id": "x"}, 2)
LARGE = re.compile(r"SCAN (\w+)(?! USING (?:COVERING )?INDEX (?:message_open|message_queue|run_held|event_pending))")


def noted_before(db: Connection) -> set[int]:
    event = schedules.occasion(db, "morning", 1_000, NOON.data, 1_000)
    schedules.open_firing(db, 1, "t", "Etc/UTC", event.id)
    schedules.put(db, [Row(1, "t", "Etc/UTC", 1, 1)])
    return schedules.reached_before(db, NOON, SOME)


def recorded_facts(db: Connection) -> None:
    data = (
        b'{"text": "hi"}',
        b'{"key": [1, 2, 3], "status": "sent"}',
        b'{"key": [1, 2, 3], "status": "delivered"}',
        b'{"step": "hero"}',
    )
    for kind, said in zip((INBOUND, STATUS, STATUS, CLICK), data, strict=True):
        inbox.add(db, [NewEvent(1, kind, "x", 1, orjson.loads(said), 2)], 1)
    recorded.of_contact(db, (1, "ada", "+12025550143", "US", "America/New_York", None), 0)


STATEMENTS: dict[str, Callable[[Connection], object]] = {
    "who was reached by the same firing elsewhere": noted_before,
    "who has entered at this instant": lambda db: runs.entered_by_occasion(db, 1, SOME, 1),
    "who has entered by an event": lambda db: runs.entered_by_event(db, 1, dict.fromkeys(SOME, 1)),
    "last entries": lambda db: runs.last_entries(db, 1, SOME),
    "waits that follow a contact": lambda db: runs.calendar_waits(db, SOME),
    "runs with messages": lambda db: runs.with_messages(db, {1: 2}),
    "held again, of contacts": lambda db: held_messages.decide_again(db, 1, contacts=SOME),
    "held again, of flows": lambda db: held_messages.decide_again(db, 1, flows=SOME),
    "held until": lambda db: held_messages.held_until(db, SOME, 1),
    "what left": lambda db: history.marketing(db, listed([1, 2]), 1),
    "people": lambda db: facts.people(db, SOME),
    "claim": lambda db: outbox.claim(db, "main", 1, 10),
    "of an earlier request": lambda db: refused_messages.of_an_earlier_request(db, FAILED),
    "missed": lambda db: journal.write_missed(
        db, "morning", SOME, 1, "off", "noon", Names({"morning": 1}, {1: "morning"}, {}, {})
    ),
    "what a contact did": recorded_facts,
    "who finishes in an older version": deployments.finishing,
    "which runs finish there": lambda db: runs.finishing_in(db, SOME),
    "whose messages have not left": deployments.unsent_by_sender,
    "a contact's runs": lambda db: past.entries(db, 1),
    "due runs": lambda db: runs.claim_due(db, 1, 10),
    "a contact's waiting runs": lambda db: runs.waiting_of(db, SOME, NAMES),
    "runs by their ids": lambda db: runs.with_ids(db, SOME, NAMES),
    "who is in a flow": lambda db: runs.active_in(db, 1, SOME),
    "next due run": runs.next_due,
    "next due message": lambda db: rate.next_due(db, "main", 0),
    "whether a message is due": lambda db: rate.waits(db, "main", 1),
    "the inbox": lambda db: inbox.take(db, inbox.claim(db, 10)),
    "of whom something is in the inbox": lambda db: inbox.with_pending(db, SOME),
    "a duplicate": lambda db: inbox.known(db, 1, "x"),
    "questions that are taken": lambda db: unknown_messages.claim(db, 1, 10, 2),
    "web calls that are taken": lambda db: webhooks.claim(db, 1, 10),
    "due questions": lambda db: unknown_messages.due(db, 1, 10),
    "a reported message": lambda db: reports.key_by_provider_id(db, "main", "x"),
    "a message by its key": lambda db: reports.message(db, (1, 1, 1)),
    "the runs of a contact": lambda db: listings.runs(db, listings.ListingFilter(contact=1, answers=True)),
    "a report": lambda db: reports.apply_status(db, (1, 1, 1), SENT, "x", None, 1),
    "a STOP": lambda db: cancelling.cancel_of_contacts(db, SOME, "opted out", 1),
    "contacts by number or key": lambda db: contacts.find(db, ["+1"], ["k1"]),
    "answers of a provider": lambda db: outbox.settle(db, [Result(1, ACCEPTED, 1, 1, "accepted", "x")], 1),
    "requests begin": lambda db: outbox.set_sending(db, SOME, 1),
    "sprints end": lambda db: runs.update(db, [(RUN, RUN)], 1, NAMES),
    "a link's target": lambda db: links.target(db, "x", 1),
    "links that are over": lambda db: links.erase_over(db, 1),
}
IN_ORDER = (
    "claim",
    "due runs",
    "the inbox",
    "questions that are taken",
    "web calls that are taken",
    "messages that are taken",
)
"""What is taken from the front of a long queue: the queue is not sorted for it."""


@pytest.mark.parametrize("what", STATEMENTS)
def test_sqlite_reads_no_large_table_whole(what: str, tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "leadoff.db")
    upgrade(database)
    db = database.connect()
    made: list[str] = []
    db.set_trace_callback(made.append)
    STATEMENTS[what](db)
    db.set_trace_callback(None)
    assert made
    names = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    read_whole = []
    for statement in made:
        for *_, step in db.execute(f"EXPLAIN QUERY PLAN {statement}"):
            found = LARGE.match(step)
            if found and (found[1] in names & {"run", "message", "event", "contact", "journal"} or len(found[1]) == 1):
                read_whole.append((step, statement))
    db.close()
    assert not read_whole


MANY = 20_000
CROWD = f"""
INSERT INTO contact (id, key, phone, region, zone, created_at, updated_at)
    SELECT i, 'k' || i, '+1' || i, 'US', 'America/New_York', 1, 1 FROM generate_series(1, {MANY}) i;
INSERT INTO consent (phone, status, source, at) SELECT '+1' || i, 'subscribed', 'x', 1 FROM generate_series(1, {MANY}) i;
INSERT INTO run (id, contact, flow, lane, step, status, due_at, entered_at, stayed, event)
    SELECT i, i, 1, 0, 1, CASE WHEN i % 20 = 0 THEN 0 ELSE 2 END, 1, 1, 0, 1 FROM generate_series(1, {MANY}) i;
INSERT INTO message (id, contact, run, step, flow, deployment, status, sender, category, text, parts, price, queued_at, due_at, attempts,
    sent_at, provider_id)
    SELECT i, i, i, 1, 1, 1, CASE WHEN i % 20 = 0 THEN 0 ELSE 4 END, 'main', 'marketing', 'hi', 1, 1, 1, 1, 0, 1, 'p' || i
    FROM generate_series(1, {MANY}) i;
INSERT INTO event (contact, kind, name, occurred_at, received_at, pending)
    SELECT i, 0, 'x', 1, 1, CASE WHEN i % 20 = 0 THEN 1 ELSE 0 END FROM generate_series(1, {MANY}) i;
INSERT INTO journal (contact, run, flow, step, at, kind) SELECT i, i, 1, 1, 1, 'left' FROM generate_series(1, {MANY}) i;
"""
NO_STATISTICS = "DELETE FROM pg_statistic; UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relnamespace = 'public'::regnamespace"
READ_WHOLE = re.compile(r"Seq Scan on (run|message|event|contact|journal|consent)\b")
SORTED_WHOLE = re.compile(r"(?<!Incremental )Sort  ")


class Explained(PostgresConnection):
    """Keeps the plan of each statement."""

    def __init__(self, like: PostgresConnection) -> None:
        vars(self).update(vars(like))
        self.plans: list[tuple[str, str]] = []

    def execute(self, sql: str, values: Any = (), /) -> Any:
        self.plans.append((sql, "\n".join(line for (line,) in super().execute(f"EXPLAIN {sql}", values))))
        return super().execute(sql, values)

    def many(self, sql: str, rows: Any, /) -> Any:
        found = list(rows)
        for row in found[:1]:
            self.execute(sql, row)
        return super().many(sql, found[1:])


@pytest.fixture(scope="module")
def crowded(postgres_database: PostgresDatabase) -> PostgresDatabase:
    """Many rows, of which few are open."""
    db = postgres_database.connect()
    db.raw.execute(CROWD)
    db.raw.close()
    return postgres_database


@pytest.fixture(scope="module", params=["no statistics", "statistics"])
def connection(request: pytest.FixtureRequest, crowded: PostgresDatabase) -> Iterator[PostgresConnection]:
    db = crowded.connect()
    db.raw.execute("ANALYZE" if request.param == "statistics" else NO_STATISTICS)
    yield db
    db.raw.close()


@pytest.mark.parametrize("what", STATEMENTS)
def test_postgresql_reads_no_large_table_whole_and_sorts_no_queue(what: str, connection: PostgresConnection) -> None:
    db = Explained(connection)
    db.raw.execute("BEGIN")
    STATEMENTS[what](db)
    db.raw.execute("ROLLBACK")
    assert db.plans
    assert [each for each in db.plans if READ_WHOLE.search(each[1])] == []
    assert what not in IN_ORDER or [each for each in db.plans if SORTED_WHOLE.search(each[1])] == []
