"""The promo flow: N contacts enter by an event, get an MMS, wait two days, half have bought, the rest get an SMS.

The product's own intake, tick and outbox with a sender that answers at once, against two limits in the same run: plain sqlite3 doing the
same writes (the product's tables, rows, indexes and commits), and the bare limit (tables that hold the state alone). The three take turns,
and the best turn of each counts. 3.5 contact-steps a contact.

    python benchmarks/promo.py [--sizes 1000,10000,100000] [--clock wall|cpu] [--format text|json]

`--clock cpu` counts processor time of all threads instead of the time that passes: for a machine that has other work to do.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image

from benchmarks.bare import Bare
from benchmarks.plain import Plain
from benchmarks.table import Row, show
from engine.app import App, tune_garbage_collection
from engine.clock import ManualClock
from engine.delivery.outbox import Outbox, send_all_due
from engine.deploy.read_project import read_and_check
from engine.intake import events
from engine.senders.sender import ACKNOWLEDGED, CallbackRequest, InboundText, Outgoing, Receipt, StatusReport
from engine.store import contacts
from engine.store.contacts import ConsentChange, NewContact
from engine.store.database import Database
from engine.store.sql import Connection

STEPS = 3.5
Timer = Callable[[], float]
DAY = 86_400_000
START = 1_774_015_200_000  # 10:00 in New York: quiet hours are on, and over
BATCH = 1_000
TURNS = {1_000: 7, 10_000: 3}  # by size; of larger ones one
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}

PROJECT = """\
project: bench
brand: Acme
timezone: America/New_York
senders:
  main: {provider: simulator, number: "+18445550100", base_url: "http://127.0.0.1:9"}
fields: {bought: boolean}
events: {list.joined: {list: text}}
"""
FLOW = """\
flow: promo
language: 1
trigger: {event: list.joined}
steps:
  - id: hero
    sms:
      text: Hi {{ contact.first_name | default("there") }}, the spring drop is live at acme.example/spring
      image: media/hero.png
      otherwise: text
  - id: think
    delay: 2d
  - if: {contact: {bought: true}}
    then: [{exit: bought}]
    else:
      - id: reminder
        sms: Still thinking, {{ contact.first_name | default("friend") }}? 10% off today at acme.example/spring
"""


def phone(number: int) -> str:
    return f"+1202{2_000_000 + number:07d}"


class NullSender:
    """Accepts everything at once."""

    name = "main"
    inbound_reply = ACKNOWLEDGED

    def __init__(self) -> None:
        self.taken = 0

    def send(self, message: Outgoing) -> Receipt:
        self.taken += 1
        return Receipt(f"null-{message.message}")

    def parse_status(self, call: CallbackRequest, now: int) -> list[StatusReport]:
        return []

    def parse_inbound(self, call: CallbackRequest, now: int) -> list[InboundText]:
        return []

    def close(self) -> None:
        return None


def project(folder: Path) -> None:
    (folder / "flows").mkdir()
    (folder / "media").mkdir()
    (folder / "leadoff.yaml").write_text(PROJECT)
    (folder / "flows/promo.yaml").write_text(FLOW)
    Image.new("RGB", (640, 800), "teal").save(folder / "media/hero.png")


def product(folder: Path, n: int, timer: Timer) -> tuple[float, float]:
    """Seconds for the whole work, and bytes per waiting contact."""
    project(folder)
    tune_garbage_collection()  # as the daemon does
    clock = ManualClock(START)
    with App(folder, {}, clock) as app:
        app.apply(read_and_check(folder, app.registry))
        for first in range(0, n, 10_000):
            people(app.database, range(first, min(n, first + 10_000)))
        sender = NullSender()
        outbox = Outbox(app.database, app.deployed, sender, 1e9)
        engine = app.engine()
        joined = app.deployed().project
        started = timer()
        for first in range(0, n, BATCH):
            batch = [
                events.IncomingEvent("list.joined", {"phone": phone(i)}, {"list": "vip"})
                for i in range(first, min(n, first + BATCH))
            ]
            taken = events.accept(app.database, joined, batch, clock.now())
            assert all(one.status == "accepted" for one in taken)
            engine.tick(clock.now())
            send_all_due(outbox, clock.now, BATCH)
        middle = timer()
        waiting = bytes_per_run(Path(app.database.name), n)
        clock.move_to(START + 2 * DAY)
        resumed = timer()
        engine.tick(clock.now())
        send_all_due(outbox, clock.now, BATCH)
        seconds = middle - started + timer() - resumed
        assert sender.taken == n + (n + 1) // 2, sender.taken
    return seconds, waiting


def people(database: Database, numbers: range) -> None:
    """Subscribed contacts; half of them have bought."""

    def store(db: Connection) -> None:
        contacts.insert(db, [contact(i) for i in numbers], START)
        contacts.set_consents(db, [ConsentChange(phone(i), "subscribed", "bench", START) for i in numbers], START)

    database.write(store)


def contact(i: int) -> NewContact:
    fields = {"first_name": f"Ann{i % 97}"} | ({"bought": True} if i % 2 else {})
    return NewContact(phone(i), phone(i), "US", "America/New_York", fields)


def bytes_per_run(path: Path, n: int) -> float:
    """Of the run table and its indexes: a copy of them alone, packed, without what they take while they are empty."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "runs.db"
        db = sqlite3.connect(copy)
        db.execute("PRAGMA page_size=4096")
        db.execute("ATTACH ? AS source", (str(path),))
        made = db.execute(
            "SELECT sql FROM source.sqlite_master WHERE tbl_name = 'run' AND sql IS NOT NULL ORDER BY type DESC"
        ).fetchall()
        for (sql,) in made:
            db.execute(sql)
        db.commit()
        empty = os.path.getsize(copy)
        db.execute("INSERT INTO run SELECT * FROM source.run")
        db.commit()
        db.execute("VACUUM")
        db.close()
        return (os.path.getsize(copy) - empty) / n


def measured(work: Callable[[Path], Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return work(Path(folder))


def one_size(n: int, timer: Timer) -> list[Row]:
    seconds: list[float] = []
    same_writes: list[float] = []
    bare: list[float] = []
    waiting = memory = 0.0
    for _ in range(TURNS.get(n, 1)):
        took, waiting = measured(lambda folder: product(folder, n, timer))
        memory = memory or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds.append(took)
        same_writes.append(measured(lambda folder: Plain(folder).run(n, timer)))
        bare.append(measured(lambda folder: Bare(folder).run(n, timer)))
    return rows_of(
        n, (seconds, same_writes, bare), Row("waiting contact", n, waiting, "bytes", 80, waiting / 80), memory
    )


def rows_of(n: int, turns: Sequence[Sequence[float]], waiting: Row, memory: float) -> list[Row]:
    """`turns`: seconds of the product, of the same writes and of the bare limit."""
    rate, same, least = (STEPS * n / min(times) for times in turns)
    return [
        Row("promo/same writes", n, rate, "contact-steps/s", same, rate / same),
        Row("promo/bare", n, rate, "contact-steps/s", least, rate / least),
        waiting,
        Row("resident memory", n, memory, "MB", 120, memory / 120),
    ]


def show_each(script: str, sizes: str, format: str, *words: str) -> int:
    """The rows of all sizes that did not fail, and the exit code. A process for each: memory is the process's highest mark."""
    rows: list[Row] = []
    failed = 0
    for size in sizes.split(","):
        command = [sys.executable, script, "--one", size, *words]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        failed |= done.returncode
        rows += Row.read(done.stdout) if done.returncode == 0 else []
    print(show(rows, format))
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(show(one_size(args.one, CLOCKS[args.clock]), "json"))
        return 0
    return show_each(__file__, args.sizes, args.format, "--clock", args.clock)


if __name__ == "__main__":
    sys.exit(main())
