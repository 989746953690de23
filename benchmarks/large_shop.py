"""A project of ninety days written in bulk: N runs of five flows, three messages each, with all that the pages show of them.

Contacts, consents, events, threads, notices, deployments and the tally are as the engine would have left them; nothing is due.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image

from engine.app import App
from engine.clock import SystemClock
from engine.deploy.read_project import read_and_check
from engine.store import dialects, tally
from engine.store.counts import HOUR_MS, Key
from engine.store.sql import Connection
from engine.store.states import (
    CLICK,
    CLICKED,
    DELIVERED,
    EVENT,
    EXITED,
    FAILED,
    HELD,
    INBOUND,
    SENT,
    SKIPPED,
    UNDELIVERED,
    UNKNOWN,
    WAITING,
)

DAYS = 90
DAY = 86_400_000
FLOWS = 5
EACH = 3  # messages of a run
STRETCH = 50_000  # runs of one transaction
HELD_UNTIL_TOMORROW, NOBODY_KNOWS, OPEN_NOTICES, DEPLOYMENTS = 20_000, 30, 200, 40
WORDS = "the spring drop is live, and what you had looked at is there in your size again: acme.example/spring Reply STOP to opt out"
PROJECT = """\
project: large
brand: Acme
timezone: America/New_York
quiet_hours: off
senders:
  main: {provider: simulator, number: "+18445550100", rate: 1000}
fields: {last_name: text}
events:
  list.joined: {list: text}
  ping.asked: {}
"""
FLOW = """\
flow: f%d
language: 1
trigger: {event: list.joined}
steps:
  - id: hero
    sms: {text: "Hi, the spring drop is live. Reply STOP to opt out", image: media/hero.png, otherwise: text}
  - id: think
    delay: 1h
  - id: reminder
    sms: Still thinking?
  - id: pause
    delay: 1h
  - id: more
    sms: One more thing, number %d.
  - id: rest
    delay: 60d
"""
PING = """\
flow: ping
language: 1
category: transactional
trigger: {event: ping.asked}
entry: {while_active: parallel}
steps:
  - {id: pong, sms: Pong}
"""


def phone(number: int) -> str:
    return f"+1202{2_000_000 + number:07d}"


def project(folder: Path) -> None:
    for name in ("flows", "media"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "leadoff.yaml").write_text(PROJECT)
    (folder / "flows/ping.yaml").write_text(PING)
    Image.new("RGB", (640, 800), "teal").save(folder / "media/hero.png")


def build(folder: Path, environ: Mapping[str, str], runs: int) -> None:
    """Minutes for a million."""
    project(folder)
    with App(folder, environ, SystemClock()) as app:
        for number in range(DEPLOYMENTS):  # each with other texts
            for flow in range(FLOWS):
                (folder / f"flows/f{flow}.yaml").write_text(FLOW % (flow, number))
            app.apply(read_and_check(folder, app.registry))
        shop = _Shop(app, runs)
        for first in range(1, runs + 1, STRETCH):
            span = f"BETWEEN {first} AND {min(runs, first + STRETCH - 1)}"
            app.database.write(lambda db, span=span: shop.write(db, span))  # type: ignore[misc]
        app.database.write(shop.write_the_rest)
        app.database.write(shop.count)


class _Shop:
    """Its run `i`, from 1, is of contact `i`, came in by event `i` and wrote the messages from 3 × i - 2 on."""

    def __init__(self, app: App, runs: int) -> None:
        self.runs = runs
        self.now = int(time.time() * 1000)
        self.begin = self.now - DAYS * DAY
        self.every = DAYS * DAY // runs
        self.deployment = app.deployed().id
        names = app.deployed().names
        self.flows = [names.flow_ids[f"f{number}"] for number in range(FLOWS)]
        self.steps = {step: names.step_ids[self.flows[0], step] for step in ("hero", "reminder", "more", "rest")}

    def write(self, db: Connection, span: str) -> None:
        """The runs of which i is in the span, with all that belongs to them."""
        for table, columns, row in self._rows(db):
            _, first, _, last = span.split()
            numbers = f"WITH RECURSIVE n(i) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
            db.execute(f"INSERT INTO {table} ({columns}) {numbers} SELECT {row}")

    def _rows(self, db: Connection) -> Iterator[tuple[str, str, str]]:
        """(table, columns, a SELECT of i without the word)."""
        is_json = db.dialect is dialects.POSTGRES
        as_json = "CAST(%s AS JSON)" if is_json else "%s"
        number, at = "'+1202' || CAST(2000000 + i AS TEXT)", f"({self.begin} + i * {self.every})"
        flow = f"CASE i % {FLOWS} {' '.join(f'WHEN {n} THEN {id}' for n, id in enumerate(self.flows))} END"
        named = """'{"first_name":"Ann' || CAST(i % 97 AS TEXT) || '","last_name":"Smith' || CAST(i % 9973 AS TEXT) || '"}'"""
        yield (
            "contact",
            "id, key, phone, region, zone, fields, created_at, updated_at",
            f"i, 'c-' || CAST(i AS TEXT), {number}, 'US', 'America/New_York', {as_json % named}, {at}, {at} FROM n",
        )
        yield "consent", "phone, status, source, at", f"{number}, 'subscribed', 'form', {at} FROM n"
        joined, said = (
            as_json % f"'{text}'" for text in ('{"list":"vip"}', '{"text":"thank you","to":"+18445550100"}')
        )
        clicked = as_json % f"""'{{"step":"hero","number":{self.steps["hero"]}}}'"""
        columns = "id, contact, kind, name, occurred_at, received_at, data, run, pending, hops"
        yield "event", columns, f"i, i, {EVENT}, 'list.joined', {at}, {at}, {joined}, NULL, 0, 0 FROM n"
        more = (
            "{of} + i, i, {kind}, '{name}', {at} + 60000, {at} + 60000, {data}, {run}, 0, 0 FROM n WHERE i % {each} = 0"
        )
        yield (
            "event",
            columns,
            more.format(of=self.runs, kind=CLICK, name="shop", at=at, data=clicked, run="i", each=10),
        )
        yield (
            "event",
            columns,
            more.format(of=2 * self.runs, kind=INBOUND, name="@inbound", at=at, data=said, run="NULL", each=20),
        )
        yield (
            "thread",
            "contact, last_event, last_at, done_up_to, may_be_stop",
            f"i, {2 * self.runs} + i, {at}, CASE WHEN i % 200 = 0 THEN 0 ELSE {2 * self.runs} + i END,"
            " CASE WHEN i % 2000 = 0 THEN 1 ELSE 0 END FROM n WHERE i % 20 = 0",
        )
        waits = f"i > {self.runs * 3 // 5}"
        yield (
            "run",
            "id, contact, flow, lane, step, status, due_at, entered_at, stayed, event, reason, exited_at",
            f"i, i, {flow}, 0, {self.steps['rest']}, CASE WHEN {waits} THEN {WAITING} ELSE {EXITED} END,"
            f" CASE WHEN {waits} THEN {at} + {60 * DAY} END, {at}, {2 * HOUR_MS}, i,"
            f" CASE WHEN NOT {waits} THEN 'finished' END, CASE WHEN NOT {waits} THEN {at} + {2 * HOUR_MS} END FROM n",
        )
        for k, step in enumerate(("hero", "reminder", "more")):
            yield "message", *self._message(k, self.steps[step], flow, at)

    def _message(self, k: int, step: int, flow: str, at: str) -> tuple[str, str]:
        id, written = f"({EACH} * i - {EACH - 1 - k})", f"({at} + {k * HOUR_MS})"
        picture = "'0123456789abcdef.png'" if k == 0 else "NULL"
        held = f"i > {self.runs - HELD_UNTIL_TOMORROW}" if k == EACH - 1 else "0 = 1"
        unknown = f"i > {self.runs - NOBODY_KNOWS}" if k == 1 else "0 = 1"
        state = (
            f"CASE WHEN {held} THEN {HELD} WHEN {unknown} THEN {UNKNOWN} WHEN {id} % 100 < 92 THEN {DELIVERED}"
            f" WHEN {id} % 100 < 95 THEN {UNDELIVERED} WHEN {id} % 100 < 97 THEN {FAILED}"
            f" WHEN {id} % 100 < 99 THEN {SENT} ELSE {SKIPPED} END"
        )
        columns = (
            "id, contact, run, step, flow, deployment, status, sender, category, text, media, parts, price, queued_at, due_at,"
            " sent_at, attempts, provider_id, reason, skips"
        )
        values = (
            f"{id}, i, i, {step}, {flow}, {self.deployment}, {state}, 'main', 'marketing', 'Acme: Hi Ann' || CAST(i % 97 AS TEXT) ||"
            f" ', {WORDS}', {picture}, {1 if k == 0 else 2}, {20_000 if k == 0 else 8_000},"
            f" {written}, CASE WHEN {held} THEN {self.now + DAY} WHEN {unknown} THEN {1 << 60} ELSE {written} END,"
            f" CASE WHEN {held} THEN NULL ELSE {written} + 1000 END, CASE WHEN {held} THEN 0 ELSE 1 END,"
            f" CASE WHEN {held} OR {unknown} THEN NULL ELSE 'p-' || CAST({id} AS TEXT) END,"
            f" CASE WHEN {state} = {SKIPPED} THEN 'cap' END, 0 FROM n"
        )
        return columns, values

    def write_the_rest(self, db: Connection) -> None:
        for table, count in (("contact", 1), ("run", 1), ("message", EACH), ("event", 3)):
            db.ids(table, count * self.runs)  # whoever comes next gets others
        notes = [
            ("unclear", f"text:{i}", i, self.now - i, "said something", self.now if i > OPEN_NOTICES else None)
            for i in range(1, 10_001)
        ]
        db.many("INSERT INTO notice (kind, subject, contact, at, note, done_at) VALUES (?, ?, ?, ?, ?, ?)", notes)
        acts = [
            (self.now - DAYS * DAY + i, "eva", "pause" if i % 2 else "resume", f"f{i % FLOWS}") for i in range(5_000)
        ]
        db.many("INSERT INTO person_action (at, who, deed, subject) VALUES (?, ?, ?, ?)", acts)

    def count(self, db: Connection) -> None:
        """The tally, each thing in the hour in which it was."""
        rows = db.execute(
            f"SELECT {tally.MESSAGE}, COALESCE(sent_at, queued_at) / {HOUR_MS} AS hour, COUNT(*) FROM message GROUP BY {_first(10)}"
        )
        for *row, hour, n in rows.fetchall():
            tally.add_messages(db.counts, hour * HOUR_MS, {tally.Message(*row): n})
        of_runs = db.execute(
            f"SELECT {tally.RUN}, entered_at / {HOUR_MS} AS hour, COUNT(*) FROM run GROUP BY {_first(5)}"
        )
        for *row, hour, n in of_runs.fetchall():
            run = tally.Run(*row)
            tally.add_runs(db.counts, hour * HOUR_MS, {run: n})
            ways = Counter({(step, "next"): n for step in range(5)})
            tally.add_branches(db.counts, hour * HOUR_MS, self.deployment, run.flow, ways)
        clicks = db.execute(
            f"SELECT r.flow, e.occurred_at / {HOUR_MS}, COUNT(*) FROM event e JOIN run r ON r.id = e.run WHERE e.kind = {CLICK}"
            " GROUP BY 1, 2"
        )
        for flow, hour, n in clicks.fetchall():
            db.counts.add(hour * HOUR_MS, Key(flow, CLICKED, self.steps["hero"]), n)


def _first(count: int) -> str:
    return ", ".join(map(str, range(1, count + 1)))
