"""Whatever crashes, and however many daemons there are: no code is given twice, no contact has two, and none is lost."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest

from engine.app import App
from engine.clock import ManualClock
from engine.intake import events
from engine.intake.events import IncomingEvent
from engine.runtime.engine import Engine
from engine.store import coupons
from engine.store.database import Database
from tests import databases
from tests.dying import deaths
from tests.world import PROJECT, START, World

pytestmark = pytest.mark.usefixtures("each_database")

SHOP = PROJECT + "coupons: {spring10: {length: 10, low: 0}}\n"
FLOW = """\
flow: spring
language: 1
category: transactional
trigger: {event: list.joined}
entry: {while_active: parallel}
steps:
  - if: {contact: {tier: gold}}
    then: [{id: gold, sms: 'Gold: {{ coupon("spring10") }}'}]
  - {id: hello, sms: 'Your code: {{ coupon("spring10") }}'}
"""
PEOPLE = [f"+1202555{1000 + number}" for number in range(40)]
KILLED = """\
import sys
from pathlib import Path
from engine.app import App
from engine.clock import ManualClock
from engine.runtime.engine import Engine
from tests import databases
from tests.dying import die_at_each, opened

root, now = Path(sys.argv[1]), int(sys.argv[2])

def tick(number):
    with App(root, databases.environ(), ManualClock(now)) as app:
        Engine(opened(root), app.deployed, batch=5).tick(now)

die_at_each(range(30, 4000, 17), tick)
"""


def shop(folder: Path, codes: int) -> int:
    """Everybody has joined; how many messages are wanted. One in four is gold, and gets two; two have joined twice."""
    with World(folder, FLOW, project=SHOP) as world:
        for number, phone in enumerate(PEOPLE):
            world.contact(phone, **({} if number % 4 else {"tier": "gold"}))
        made = [f"CODE-{number}" for number in range(codes)]
        world.app.database.write(lambda db: coupons.add(db, "spring10", made, START))
        joins = [IncomingEvent("list.joined", {"phone": phone}, {}) for phone in (*PEOPLE, *PEOPLE[1:3])]
        random.Random(1).shuffle(joins)
        events.accept(world.app.database, world.app.deployed().project, joins, START)
    return len(joins) + len(PEOPLE) // 4


def told(database: Database) -> tuple[int, int]:
    """How many messages show a code, and how many contacts have one; everything that must always be true is."""
    with database.reading() as db:
        shown = db.execute("SELECT contact, text FROM message WHERE text LIKE '%CODE-%'").fetchall()
        held = db.execute("SELECT contact, code FROM coupon_code WHERE contact IS NOT NULL").fetchall()
        (given,) = db.execute("SELECT COUNT(*) FROM coupon_code WHERE given_at IS NOT NULL").fetchone()
    pairs = {(contact, text.rpartition(" ")[2]) for contact, text in shown}
    assert pairs == set(held), "what a message shows is given, and what is given is shown"
    assert len({code for _, code in pairs}) == len({contact for contact, _ in pairs}) == len(pairs) == given
    return len(shown), given


def test_killed_at_any_statement_no_code_is_given_twice_and_none_is_lost(tmp_path: Path) -> None:
    wanted = shop(tmp_path, 50)
    died = []
    for number in deaths(KILLED, tmp_path, START + 1_000):
        died.append(number)
        with databases.opened(tmp_path) as database:
            told(database)
    assert len(died) > 3
    with databases.opened(tmp_path) as database:
        assert told(database) == (wanted, len(PEOPLE))


@pytest.mark.parametrize("codes", [50, 23])
def test_two_daemons_at_once_share_a_pool(tmp_path: Path, codes: int) -> None:
    """Also its last codes: who gets none, gets none because none is left."""
    wanted = shop(tmp_path, codes)
    start = threading.Barrier(2)

    def daemon() -> None:
        environ = databases.environ() or {databases.URL: f"sqlite:///{tmp_path / '.leadoff/leadoff.db'}"}
        with App(tmp_path, environ, ManualClock(START + 1_000)) as app:
            engine = Engine(app.database, app.deployed, batch=3)
            start.wait()
            for _ in range(40):
                engine.tick(START + 1_000)

    daemons = [threading.Thread(target=daemon) for _ in range(2)]
    for each in daemons:
        each.start()
    for each in daemons:
        each.join()
    with databases.opened(tmp_path) as database:
        shown, given = told(database)
        assert given == min(codes, len(PEOPLE))
        assert shown == wanted or given < len(PEOPLE)
        with database.reading() as db:
            (skipped,) = db.execute("SELECT COUNT(*) FROM message WHERE reason = 'no coupon'").fetchone()
    assert shown + skipped == wanted
