"""A project with very many contacts: its files, a CSV of its contacts, and a database with their runs, messages and events.

The rows are those that the promo flow leaves behind (benchmarks/promo.py), written by the database itself: half of the contacts wait for
their reminder, the others have left. All of them are in the segment `everybody`, half in `buyers`, a tenth in `vips`.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image

from benchmarks import promo
from engine.app import App
from engine.clock import SystemClock
from engine.core.calendar import DAY
from engine.deploy.read_project import read_and_check
from engine.store import contacts
from engine.store.contacts import ConsentChange, NewContact
from engine.store.dialects import POSTGRES
from engine.store.sql import Connection
from engine.store.states import DELIVERED, EVENT, EXITED, FAILED, HELD, SENT, STATUS, WAITING

STRETCH = 10_000
AREAS = (202, 205, 212, 303, 305, 312, 404, 512, 602, 702)
ZONES = (
    "America/New_York", "America/Chicago", "America/New_York", "America/Denver", "America/New_York",
    "America/Chicago", "America/New_York", "America/Chicago", "America/Phoenix", "America/Los_Angeles",
)  # fmt: skip

PROJECT = """\
project: million
brand: Acme
timezone: America/New_York
public_url: https://text.acme.example
senders:
  main: {provider: simulator, number: "+18445550100"}
fields: {bought: boolean, tier: text}
events:
  list.joined: {list: text}
  order.placed: {total: number}
segments:
  everybody: {contact: {tier: [basic, vip]}}
  vips: {contact: {tier: vip}}
  buyers: {happened: {event: order.placed, within: 90d}}
"""
PROMO = promo.FLOW.replace("delay: 2d", "delay: 60d")
WEEKLY = """\
flow: weekly
language: 1
trigger:
  schedule: {cron: "0 11 * * TUE", timezone: project, audience: everybody}
steps:
  - id: news
    sms: Hi {{ contact.first_name | default("there") }}, what is new this week is at acme.example/new
"""


def phone(number: int) -> str:
    """A number of the United States that could be a phone: no exchange of it is N11 or 555."""
    within = number // len(AREAS)
    exchange = 220 + within // 10_000
    return f"+1{AREAS[number % len(AREAS)]}{exchange}{within % 10_000:04d}"


def project(folder: Path) -> None:
    for name in ("flows", "media"):
        (folder / name).mkdir(parents=True)
    (folder / "leadoff.yaml").write_text(PROJECT)
    (folder / "flows/promo.yaml").write_text(PROMO)
    (folder / "flows/weekly.yaml").write_text(WEEKLY)
    Image.new("RGB", (640, 800), "teal").save(folder / "media/hero.png")


def write_csv(path: Path, n: int) -> None:
    """One in ten rows gives no consent, one in twenty is an opt-out."""
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(("phone", "first_name", "tier", "bought", "consent", "consent_at", "consent_source"))
        for i in range(n):
            fields = _fields(i)
            said = (_consent(i) or "", "2026-03-01T12:00:00Z" if _consent(i) else "", "checkout" if _consent(i) else "")
            out.writerow((phone(i), fields["first_name"], fields["tier"], fields.get("bought", ""), *said))


def database_of(environ: Mapping[str, str]) -> dict[str, str]:
    """LEADOFF_DATABASE_URL where it is set: one of PostgreSQL; else the project's own file is it."""
    return {name: value for name, value in environ.items() if name == "LEADOFF_DATABASE_URL"}


def fill(folder: Path, n: int) -> Iterator[int]:
    """Deploy the project and write the rows, a stretch a transaction; contacts written so far."""
    clock = SystemClock()
    with App(folder, database_of(os.environ), clock) as app:
        app.apply(read_and_check(folder, app.registry))
        now = clock.now()
        with app.database.reading() as db:
            (flow,) = db.execute("SELECT id FROM flow WHERE name = 'promo'").fetchone()
        for begin in range(0, n, STRETCH):
            numbers = range(begin, min(n, begin + STRETCH))
            app.database.write(lambda db, numbers=numbers: _stretch(db, numbers, flow, now))  # type: ignore[misc]
            yield numbers.stop


def _stretch(db: Connection, numbers: range, flow: int, now: int) -> None:
    then = now - 40 * DAY
    (last,) = db.execute("SELECT COALESCE(MAX(id), 0) FROM contact").fetchone()
    contacts.insert(db, [_contact(i) for i in numbers], then)
    agreed = [ConsentChange(phone(i), said, "checkout", then) for i in numbers if (said := _consent(i))]
    contacts.set_consents(db, agreed, then)
    first_run = db.ids("run", len(numbers))
    values = {
        "shift": first_run - last - 1, "after": last, "flow": flow, "then": then, "now": now, "day": DAY, "back": now - 20 * DAY,
        "joined": '{"list":"vip"}', "ordered": '{"total":42.5}', "reported": '{"status":"delivered","key":[', "its_end": ",0]}",
        "newline": "\n",
    }  # fmt: skip
    as_json = "CAST({} AS JSON)" if db.dialect is POSTGRES else "{}"
    for sql in _ROWS:
        db.execute(*_with_values(sql.replace(_REPORT, as_json.format(_REPORT)), values))


def _with_values(sql: str, values: Mapping[str, object]) -> tuple[str, list[object]]:
    """`:name` as the parameters of one text for both databases."""
    return re.sub(r":[a-z_]+", "?", sql), [values[name[1:]] for name in re.findall(r":[a-z_]+", sql)]


def _contact(i: int) -> NewContact:
    return NewContact(phone(i), phone(i), "US", ZONES[i % len(ZONES)], _fields(i))


def _fields(i: int) -> dict[str, object]:
    return {"first_name": f"Ann{i % 97}", "tier": "basic" if i % 10 else "vip"} | ({"bought": True} if i % 2 else {})


def _consent(i: int) -> str | None:
    return None if i % 10 == 3 else "unsubscribed" if i % 20 == 7 else "subscribed"


_REPORT = ":reported || contact || ',' || run || :its_end"
_EVENT = "INSERT INTO event (contact, kind, name, occurred_at, received_at, data, run, pending) SELECT"
_NEW = "FROM contact WHERE id > :after"
_ROWS = (
    f"{_EVENT} id, {EVENT}, 'list.joined', :then + id % 864000, :then + id % 864000, :joined, NULL, 0 {_NEW}",
    f"{_EVENT} id, {EVENT}, 'order.placed', :back + id % 864000, :back + id % 864000, :ordered, NULL, 0 {_NEW} AND id % 2 = 0",
    "INSERT INTO run (id, contact, flow, lane, step, status, due_at, entered_at, stayed, event, reason, exited_at)"
    f" SELECT id + :shift, id, :flow, 0, 1, CASE WHEN id % 2 = 0 THEN {EXITED} ELSE {WAITING} END,"
    " CASE WHEN id % 2 = 0 THEN NULL ELSE :now + :day + id % 1728000 * 1000 END, :then + id % 864000, 0, NULL,"
    f" CASE WHEN id % 2 = 0 THEN 'bought' END, CASE WHEN id % 2 = 0 THEN :back + id % 864000 END {_NEW}",
    "INSERT INTO message (contact, run, step, flow, deployment, status, sender, category, text, media, parts, price, queued_at,"
    " due_at, expires_at, sent_at, attempts, provider_id, reason, skips)"
    f" SELECT id, id + :shift, 0, :flow, 1, CASE WHEN id % 50 = 1 THEN {FAILED} WHEN id % 50 = 2 THEN {SENT}"
    f" WHEN id % 100 = 3 THEN {HELD} ELSE {DELIVERED} END, 'main', 'marketing',"
    " 'Hi Ann' || (id % 97) || ', the spring drop is live at acme.example/spring' || :newline || 'Reply STOP to opt out',"
    " 'hero.png', 1, 45000,"
    " :then + id % 864000, CASE WHEN id % 100 = 3 THEN :now + :day ELSE :then END, :now + 2 * :day,"
    " CASE WHEN id % 100 = 3 THEN NULL ELSE :then + id % 864000 END, CASE WHEN id % 100 = 3 THEN 0 ELSE 1 END,"
    " CASE WHEN id % 100 = 3 THEN NULL ELSE 'sim-' || id END,"
    f" CASE WHEN id % 50 = 1 THEN 'invalid number' WHEN id % 100 = 3 THEN 'cap' END, 0 {_NEW}",
    "INSERT INTO attempt (message, started_at, ended_at, outcome) SELECT id, queued_at, queued_at + 120, 'accepted' FROM message"
    " WHERE contact > :after AND sent_at IS NOT NULL",
    f"{_EVENT} contact, {STATUS}, '@status', sent_at + 900, sent_at + 1000, {_REPORT}, run, 0"
    f" FROM message WHERE contact > :after AND status = {DELIVERED}",
    "INSERT INTO link (code, contact, run, step, name, url) SELECT 'c' || id, contact, run, 0, 'shop', 'https://acme.example/shop'"
    " FROM message WHERE contact > :after AND contact % 5 = 0",
)
