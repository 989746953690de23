"""Statements on large tables are led by an index: the plan that SQLite makes for each is looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from engine.runtime import refused_messages
from engine.store import deployments, facts, held_messages, history, inbox, journal, outbox, runs, schedules
from engine.store.inbox import NewEvent, Pending
from engine.store.interned_names import Names
from engine.store.migrations import upgrade
from engine.store.queries import history as past
from engine.store.queries import recorded
from engine.store.schedules import Row
from engine.store.sql import Connection, listed
from engine.store.sqlite.database import SqliteDatabase
from engine.store.states import CLICK, INBOUND, START, STATUS

SOME = [1, 2, 3]
NOON = Pending(9, None, START, "morning", 1_000, {"trigger": "t", "when": "2027-04-01 12:00"}, None)
FAILED = Pending(9, 1, STATUS, "@status", 1, {"key": [1, 2, 3], "status": "failed", "provider_id": "x"}, 2)
LARGE = re.compile(r"SCAN (\w+)(?! USING (?:COVERING )?INDEX (?:message_open|message_queue|run_held))")


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
    "who has entered by an event": lambda db: runs.entered_by_event(db, 1, SOME, 1),
    "last entries": lambda db: runs.last_entries(db, 1, SOME),
    "waits that follow a contact": lambda db: runs.calendar_waits(db, SOME),
    "runs with messages": lambda db: runs.with_messages(db, {1: 2}),
    "held again, of contacts": lambda db: held_messages.decide_again(db, 1, contacts=SOME),
    "held again, of flows": lambda db: held_messages.decide_again(db, 1, flows=SOME),
    "held until": lambda db: held_messages.held_until(db, SOME, 1),
    "what left": lambda db: history.marketing(db, listed([1, 2]), 1),
    "people": lambda db: facts.people(db, SOME),
    "claim": lambda db: outbox.claimable(db, "main", 1, 10),
    "of an earlier request": lambda db: refused_messages.of_an_earlier_request(db, FAILED),
    "missed": lambda db: journal.write_missed(
        db, "morning", SOME, 1, "off", "noon", Names({"morning": 1}, {1: "morning"}, {}, {})
    ),
    "what a contact did": recorded_facts,
    "who finishes in an older version": deployments.finishing,
    "which runs finish there": lambda db: runs.finishing_in(db, SOME),
    "whose messages have not left": deployments.unsent_by_sender,
    "a contact's runs": lambda db: past.entries(db, 1),
}


@pytest.mark.parametrize("what", STATEMENTS)
def test_no_large_table_is_read_whole(what: str, tmp_path: Path) -> None:
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
