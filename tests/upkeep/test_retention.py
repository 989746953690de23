"""Old rows are deleted, and no promise is broken by it: each story deletes all that may be deleted, and plays on."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Refused
from engine.intake import inbound
from engine.language.model.safeguards import Retention
from engine.senders.sender import InboundText
from engine.store import history, holds, interned_names, meta, runs, threads
from engine.store import retention as store
from engine.store.queries import integrity, statistics
from engine.store.sql import Connection, listed
from engine.store.states import CLICK, INBOUND
from engine.upkeep import retention
from engine.upkeep.retention import Progress, delete_old
from tests import databases
from tests.dying import deaths
from tests.runtime.recurring.test_firings import CAMPAIGN, go
from tests.world import ADA, BEN, CY, DAY, PROJECT, START, World

pytestmark = pytest.mark.usefixtures("each_database")

KEPT = PROJECT + "retention: {events: 30d, messages: 30d, runs: 30d}\n"
WELCOME = """\
flow: welcome
language: 1
trigger: {event: list.joined}
steps:
  - {id: hero, sms: 'Hello {{ link("shop") }}'}
"""
TABLES = ("message", "attempt", "link", "run", "journal", "event")


def delete(world: World) -> Progress:
    """A whole pass, whenever the last one was."""
    world.app.database.write(lambda db: meta.remove(db, meta.RETENTION))
    done = delete_old(world.app.database, world.app.deployed().project.retention, world.clock.now)
    assert done is not None and done.ended is not None
    return done


def counts(world: World) -> dict[str, int]:
    with world.app.database.reading() as db:
        assert [what for what in integrity.orphans(db) if "deployment" not in what[1] and "run" not in what[1]] == []
        return {table: db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in TABLES}


def send(world: World, after: int = 0) -> None:
    world.tick(after)
    world.send()
    world.callbacks()
    world.tick()


def joined_and_long_ago(world: World, *phones: str, days: int = 60) -> None:
    """These have got the welcome, and somebody else after them, whose rows are the newest: those stay. Then time passes."""
    for phone in (*phones, CY):
        world.event("list.joined", phone)
        send(world)
    world.tick(days * DAY)


def texts_to(world: World, phone: str) -> list[str]:
    return [text for to, text in world.arrived() if to == phone]


def texts(world: World, phone: str, said: str) -> None:
    text = InboundText(f"in-{phone}", phone, "+18445550100", said, (), world.clock.now())
    inbound.receive_texts(world.app.database, [text], world.clock.now(), world.app.deployed)


def test_nothing_is_deleted_of_which_leadoff_yaml_says_nothing(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, strangers=True) as world:
        joined_and_long_ago(world, ADA, days=4_000)
        before = counts(world)
        assert delete_old(world.app.database, world.app.deployed().project.retention, world.clock.now) is None
        assert counts(world) == before


def test_all_that_is_old_goes_but_the_newest_rows(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=KEPT, strangers=True) as world:
        joined_and_long_ago(world, ADA, BEN)
        done = delete(world)
        assert done.deleted["messages"] == done.deleted["runs"] == 2
        left = counts(world)
        assert left == {**left, "message": 1, "link": 1, "run": 1}
        assert retention.counts(done).startswith("2 messages, 2 runs, ")


def test_what_is_young_stays(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=KEPT, strangers=True) as world:
        joined_and_long_ago(world, ADA, BEN, days=29)
        before = counts(world)
        assert not any(delete(world).deleted.values())
        assert counts(world) == before


def test_it_runs_once_a_day(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=KEPT, strangers=True) as world:
        joined_and_long_ago(world, ADA)
        kept = world.app.deployed().project.retention
        assert delete_old(world.app.database, kept, world.clock.now) is not None
        assert delete_old(world.app.database, kept, world.clock.now) is None
        world.tick(DAY)
        assert delete_old(world.app.database, kept, world.clock.now) is not None


def test_who_was_texted_is_not_introduced_again(tmp_path: Path) -> None:
    """C3."""
    with World(tmp_path, WELCOME, project=KEPT, strangers=True) as world:
        joined_and_long_ago(world, ADA)
        delete(world)
        for phone in (ADA, BEN):
            world.event("list.joined", phone)
            send(world)
        first, again = texts_to(world, ADA)
        assert "STOP" in first and "STOP" not in again
        assert "STOP" in texts_to(world, BEN)[0], "nobody has texted him"


def test_one_whose_only_text_never_left_is_introduced(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=KEPT, strangers=True) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.clock.move_to(world.clock.now() + 2 * DAY)
        world.send()  # it is too late: expired
        joined_and_long_ago(world)
        delete(world)
        world.event("list.joined", ADA)
        send(world)
        assert "STOP" in texts_to(world, ADA)[0]


@pytest.mark.parametrize(("again", "after_a_year"), [("365d", 2), ("never", 1)])
def test_who_has_entered_does_not_enter_again(tmp_path: Path, again: str, after_a_year: int) -> None:
    flow = WELCOME.replace("steps:", f"entry: {{again_after: {again}}}\nsteps:")
    with World(tmp_path, flow, project=KEPT) as world:
        joined_and_long_ago(world, ADA)
        delete(world)
        for days in (0, 400):
            world.tick(days * DAY)
            delete(world)
            world.event("list.joined", ADA)
            send(world)
            assert len(texts_to(world, ADA)) == (after_a_year if days else 1)


def test_the_last_entry_of_several_counts(tmp_path: Path) -> None:
    flow = WELCOME.replace("steps:", "entry: {again_after: 100d}\nsteps:")
    with World(tmp_path, flow, project=KEPT) as world:
        joined_and_long_ago(world, ADA, days=101)
        delete(world)
        joined_and_long_ago(world, ADA, BEN, days=50)
        delete(world)
        world.event("list.joined", ADA)
        send(world)
        assert len(texts_to(world, ADA)) == 2, "she entered 50 days ago"


def test_a_campaign_does_not_reach_its_audience_twice(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN, WELCOME, project=KEPT) as world:
        go(world, "2027-04-02 09:00")
        send(world)
        joined_and_long_ago(world, ADA)
        delete(world)
        world.write(CAMPAIGN.replace("2027-04-02", "2027-12-24"), project=KEPT)
        with pytest.raises(Refused, match="has already been sent to 3 contacts"):
            world.apply()


def test_caps_count_what_they_have_to(tmp_path: Path) -> None:
    project = KEPT + "caps: {marketing: {per_month: 1}}\n"
    with World(tmp_path, WELCOME, project=project) as world:
        joined_and_long_ago(world, ADA, days=29)
        delete(world)
        world.event("list.joined", ADA)
        send(world)
        assert len(texts_to(world, ADA)) == 1, "one within 30 days"
        send(world, DAY)
        assert len(texts_to(world, ADA)) == 2


def test_an_event_is_a_duplicate_for_thirty_days(tmp_path: Path) -> None:
    """E1."""
    with World(tmp_path, WELCOME, project=KEPT) as world:
        assert world.event("list.joined", ADA, id="joined-1").status == "accepted"
        send(world)
        joined_and_long_ago(world, days=29)
        delete(world)
        assert world.event("list.joined", ADA, id="joined-1").status == "duplicate"
        assert world.event("list.joined", ADA, {"list": "vip"}, id="joined-1").status == "conflict"


def test_an_opt_out_stands_and_so_does_its_log(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=KEPT) as world:
        world.event("list.joined", ADA)
        send(world)
        texts(world, ADA, "STOP")
        joined_and_long_ago(world)
        with world.app.database.reading() as db:
            before = db.execute("SELECT * FROM consent_log").fetchall()
        delete(world)
        world.event("list.joined", ADA)
        send(world)
        assert len(texts_to(world, ADA)) == 1
        with world.app.database.reading() as db:
            assert db.execute("SELECT * FROM consent_log").fetchall() == before


def test_a_link_leads_as_long_as_its_message_is_kept(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=KEPT) as world:
        joined_and_long_ago(world, ADA, days=29)
        delete(world)
        with world.app.database.reading() as db:
            codes = [code for (code,) in db.execute("SELECT code FROM link ORDER BY contact")]
        assert inbound.record_click(world.app.database, codes[0], world.clock.now())
        world.tick(2 * DAY)
        delete(world)
        assert inbound.link_target(world.app.database, codes[0], world.clock.now()) is None
        assert inbound.record_click(world.app.database, codes[0], world.clock.now()) is None
        assert inbound.link_target(world.app.database, codes[1], world.clock.now()) is not None, "the newest message"


def test_clicks_and_replies_stay_with_what_they_answer(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=KEPT) as world:
        joined_and_long_ago(world, ADA, BEN, days=29)
        with world.app.database.reading() as db:
            (code,) = db.execute(
                "SELECT l.code FROM link l JOIN contact c ON c.id = l.contact WHERE c.phone = ?", (ADA,)
            ).fetchone()
        inbound.record_click(world.app.database, code, world.clock.now())
        texts(world, BEN, "Thanks")
        world.tick(2 * DAY)
        world.app.database.write(all_done)
        for kept in (1, 0):
            delete(world)
            assert clicks_and_replies(world) == (kept, kept)
            assert numbers(world) == (1, 1), "what is deleted stays counted"
            joined_and_long_ago(world, days=40)


def test_a_text_stays_as_long_as_it_waits_for_a_person(tmp_path: Path) -> None:
    def kept(world: World) -> tuple[int, int]:
        with world.app.database.reading() as db:
            texts = db.execute("SELECT COUNT(*) FROM event WHERE name = '@inbound' AND contact IS NOT NULL").fetchone()[
                0
            ]
            return int(texts), int(db.execute("SELECT COUNT(*) FROM thread").fetchone()[0])

    with World(tmp_path, WELCOME, project=KEPT) as world:
        world.receive_text(ADA, "Is the blue one back?")
        world.tick()
        joined_and_long_ago(world, BEN)
        delete(world)
        assert kept(world) == (1, 1)
        with world.app.database.reading() as db:
            ((contact, last),) = db.execute("SELECT contact, last_event FROM thread").fetchall()
        world.app.database.write(lambda db: threads.set_done(db, contact, last))
        delete(world)
        assert kept(world) == (0, 0)


def all_done(db: Connection) -> None:
    """A person has looked at every text."""
    for contact, event in db.execute("SELECT contact, last_event FROM thread").fetchall():
        threads.set_done(db, contact, event)


def clicks_and_replies(world: World) -> tuple[int, int]:
    """How many the database holds still."""
    sql = "SELECT COUNT(*) FROM event WHERE kind = ?"
    with world.app.database.reading() as db:
        clicks, replies = (int(db.execute(sql, (kind,)).fetchone()[0]) for kind in (CLICK, INBOUND))
    return clicks, replies


def numbers(world: World) -> tuple[int, int]:
    """Who has clicked, and who has replied, as `stats` says."""
    with world.app.database.reading() as db:
        (hero,) = statistics.of_flow(db, interned_names.load(db).flow_ids["welcome"]).steps
        return hero.clicked, hero.replied


def test_a_long_run_sees_all_since_its_entry(tmp_path: Path) -> None:
    flow = """\
flow: patient
language: 1
trigger: {event: list.joined}
steps:
  - {id: first, sms: 'Hello {{ event.list | default("you") }}'}
  - {id: rest, delay: 100d}
  - id: ask
    if: {happened: order.placed}
    then: [{id: thanks, sms: 'Thanks, {{ event.list | default("you") }}'}]
    else: [{id: shame, sms: What a shame}]
"""
    with World(tmp_path, flow, WELCOME, project=KEPT) as world:
        world.event("list.joined", ADA, {"list": "spring"})
        send(world)
        world.event("order.placed", ADA, {"order_id": "7"})
        for days in (50, 50):
            world.tick(days * DAY)
            joined_and_long_ago(world, BEN, days=0)
            delete(world)
        send(world)
        assert texts_to(world, ADA)[-1] == "Thanks, spring"


def test_what_a_pause_keeps_and_what_is_unknown_stays(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=KEPT) as world:
        world.event("list.joined", ADA)
        world.tick()
        with world.app.database.reading() as db:
            flow = interned_names.load(db).flow_ids["welcome"]
        world.app.database.write(lambda db: holds.pause(db, flow, world.clock.now()))
        world.send()
        world.tick(60 * DAY)
        delete(world)
        assert [status for _, status, _ in world.told()] == ["held"]


def test_what_a_message_that_has_not_left_asks_for_stays(tmp_path: Path) -> None:
    """Its run is over, and its `exit_when` is asked once more before it leaves."""
    flow = """\
flow: receipt
language: 1
category: transactional
trigger: {event: list.joined}
exit_when: [{when: {happened: order.placed}, reason: bought}]
steps: [{id: hero, sms: You forgot something}]
"""
    with World(tmp_path, flow, WELCOME, project=KEPT) as world:
        world.event("list.joined", ADA)
        world.tick()
        with world.app.database.reading() as db:
            receipt = interned_names.load(db).flow_ids["receipt"]
        world.app.database.write(lambda db: holds.pause(db, receipt, world.clock.now()))
        world.event("order.placed", ADA, {"order_id": "7"})
        send(world)
        joined_and_long_ago(world, BEN)
        delete(world)
        world.app.database.write(lambda db: holds.resume(db, receipt))
        world.send()
        assert "You forgot something" not in texts_to(world, ADA)


def test_an_occasion_stays_as_long_as_its_runs(tmp_path: Path) -> None:
    flow = CAMPAIGN.replace("steps: [", "steps: [{id: rest, delay: 100d}, ")
    with World(tmp_path, flow, WELCOME, project=KEPT) as world:
        go(world, "2027-04-02 09:00")
        for days, there in ((60, 1), (60, 1), (40, 0)):
            world.tick(days * DAY)
            joined_and_long_ago(world, days=0)
            world.send()
            delete(world)
            with world.app.database.reading() as db:
                assert db.execute("SELECT COUNT(*) FROM event WHERE contact IS NULL").fetchone()[0] == there


BIRTHDAY = """\
flow: birthday
language: 1
trigger: {date: {field: contact.birthday, time: "10:00", every: EVERY}}
steps: [{id: wish, sms: 'Happy birthday!'}]
"""


@pytest.mark.parametrize(("every", "in_the_end"), [("once", 1), ("year", 2)])
def test_a_date_that_comes_once_has_come(tmp_path: Path, every: str, in_the_end: int) -> None:
    """Of which nothing is kept but that the contact was in the flow."""
    project = KEPT.replace("fields: {", "fields: {birthday: date, ")
    with World(tmp_path, BIRTHDAY.replace("EVERY", every), WELCOME, project=project) as world:
        world.contact(ADA, birthday="2027-04-02")
        go(world, "2027-04-02 10:00")
        send(world)
        assert len(texts_to(world, ADA)) == 1
        joined_and_long_ago(world)
        delete(world)
        world.contact(ADA, birthday="2027-04-02")
        world.apply()
        go(world, "2028-04-02 10:00")
        send(world)
        assert len(texts_to(world, ADA)) == in_the_end


def test_what_belongs_to_a_single_row_is_deleted_in_pieces_too(tmp_path: Path) -> None:
    """A run with very many lines in its journal, a message with very many attempts: no transaction deletes them all."""
    with World(tmp_path, WELCOME, project=KEPT) as world:
        joined_and_long_ago(world, ADA)
        run, message = 1, 1
        world.app.database.write(lambda db: _many_of(db, 3 * store.CHILDREN, run, message))
        kept, largest = world.app.deployed().project.retention, 0
        before = counts(world)
        while (
            found := delete_old(world.app.database, kept, world.clock.now, lambda: False)
        ) is not None and not found.ended:
            after = counts(world)
            largest = max(largest, sum(before.values()) - sum(after.values()))
            before = after
        assert largest <= store.CHILDREN + 5 * retention.AT_ONCE
        assert before == {**before, "message": 1, "attempt": 0, "run": 1}
        assert before["journal"] < 10


def _many_of(db: Connection, count: int, run: int, message: int) -> None:
    (contact,) = db.execute("SELECT contact FROM run WHERE id = ?", (run,)).fetchone()
    db.many(
        "INSERT INTO attempt (message, started_at, ended_at, outcome) VALUES (?, ?, 1, 'deferred')",
        [(message, at) for at in range(count)],
    )
    db.many(
        "INSERT INTO journal (contact, run, flow, at, kind) VALUES (?, ?, 1, ?, 'noted')",
        [(contact, run, at) for at in range(count)],
    )


def test_it_deletes_in_pieces_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=KEPT) as world:
        many(world, 1_200)
        kept, pieces = world.app.deployed().project.retention, []

        def goes_on() -> bool:
            pieces.append(1)
            return False

        total = 0
        for turn in range(1, 20):
            found = delete_old(world.app.database, kept, world.clock.now, goes_on)
            assert found is not None and len(pieces) <= turn
            total = found.deleted.get("messages", 0)
            assert total <= turn * retention.AT_ONCE
            if found.ended is not None:
                break
        assert total == 1_200 + 3, "those who were texted long ago have a message each"
        assert len(pieces) > 3
        assert counts(world)["message"] == 1


def many(world: World, count: int) -> None:
    """Old messages of runs that are gone."""
    old = world.clock.now() - 40 * DAY
    rows = [(-1, -number, old, old, old) for number in range(1, count + 2)]
    world.app.database.write(
        lambda db: db.many(
            "INSERT INTO message (contact, run, step, flow, deployment, status, category, text, parts, price, queued_at, due_at, sent_at,"
            " attempts) VALUES (?, ?, 0, 0, 0, 5, 'marketing', '', 1, 0, ?, ?, ?, 1)",
            rows,
        )
    )


def test_what_another_daemon_deletes_is_left_to_it_while_it_lives(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=KEPT) as world:
        many(world, 600)
        kept = world.app.deployed().project.retention
        begun = world.app.database.write(lambda db: retention._take(db, world.clock.now()))
        assert begun is not None
        assert delete_old(world.app.database, kept, world.clock.now) is None, "somebody is at it"
        world.clock.move_to(world.clock.now() + 3 * 60_000)
        assert delete_old(world.app.database, kept, world.clock.now) is not None, "it has died"


KILLED = """\
import sys
from pathlib import Path
from engine.language.model.safeguards import Retention
from engine.upkeep.retention import delete_old
from tests.dying import die_at_each, opened

folder, now = Path(sys.argv[1]), int(sys.argv[2])
keeps = Retention(events="30d", messages="30d", runs="30d")
die_at_each(range(1, 200, 5), lambda number: delete_old(opened(folder), keeps, lambda: now))
"""


def test_a_pass_that_is_killed_breaks_no_promise_and_is_made_good(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=KEPT, strangers=True) as world:
        joined_and_long_ago(world, ADA, BEN)
        now = world.clock.now()
    put_back = databases.kept(tmp_path)
    wanted = kept_behind(tmp_path, now)
    put_back()
    died = []
    for number in deaths(KILLED, tmp_path, now):
        died.append(number)
        with databases.opened(tmp_path) as database, database.reading() as db:
            assert [*integrity.orphans(db)] == []
            assert promised(db) == ([True, True, True], 3)
        assert kept_behind(tmp_path, now + DAY) == wanted
        put_back()
    assert len(died) > 5


def kept_behind(folder: Path, now: int) -> dict[str, int]:
    """How many rows a pass leaves."""
    with databases.opened(folder) as database:
        delete_old(database, KEEPS, lambda: now)
        with database.reading() as db:
            assert promised(db) == ([True, True, True], 3)
            return {table: db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in TABLES}


KEEPS = Retention(events="30d", messages="30d", runs="30d")


def promised(db: Connection) -> tuple[list[bool], int]:
    """Whether each contact was texted, and how many have entered the flow."""
    ids = [id for (id,) in db.execute("SELECT id FROM contact ORDER BY id")]
    texted = history.marketing(db, listed(ids), START + 90 * DAY)
    return [texted[id].ever for id in ids], len(runs.last_entries(db, interned_names.load(db).flow_ids["welcome"], ids))
