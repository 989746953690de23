"""A backup is put back: whatever was done since is not done a second time, and what is still to come, comes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.app import App
from engine.clock import ManualClock
from engine.contacts.csv_import import suppress_file
from engine.delivery.reconcile import reconcile
from engine.errors import Refused
from engine.intake import inbound
from engine.senders.sender import InboundText, StatusReport
from engine.store import coupons, holds, interned_names, restored
from engine.store.queries import listings
from engine.store.sql import number
from engine.upkeep import backup
from engine.upkeep.restored import take_up
from tests import databases
from tests.runtime.recurring.test_firings import CAMPAIGN, go
from tests.runtime.recurring.test_memberships import DECLARED
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE, PROJECT, START, World

pytestmark = pytest.mark.usefixtures("each_database")

THREE = """\
flow: three
language: 1
trigger: {event: list.joined}
steps:
  - {id: first, sms: One}
  - {id: rest, delay: 1h}
  - {id: second, sms: Two}
  - {id: more, delay: 1h}
  - {id: third, sms: Three}
"""


FILE = "sqlite:///.leadoff/leadoff.db"


class Shop(World):
    """A world that can be put back to where it was. The simulator, as a provider, remembers what it has sent.

    PostgreSQL has backups of its own: there another hand puts the tables back, and `db restored` is told.
    """

    _put_back: Callable[[], None]

    def back_up(self) -> None:
        if databases.URL in os.environ:
            self._put_back = databases.kept(self.folder)
        else:
            backup.back_up(FILE, self.folder, self.folder / "backup.db", self.clock.now(), lambda count: None)

    def put_back(self) -> restored.Missing:
        for outbox in (self.outbox, *self._others):
            outbox.sender.close()
        self.app.close()
        missing = self._restored() if databases.URL in os.environ else self._restored_from_file()
        self.app = App(self.folder, databases.environ(), self.clock)
        self.engine = self.app.engine()
        self.outbox, *self._others = self.app.outboxes(self.simulator.url)
        assert self.held()
        return missing

    def _restored(self) -> restored.Missing:
        self._put_back()
        with databases.opened(self.folder) as database:
            return take_up(database, self.clock.now()).missing

    def _restored_from_file(self) -> restored.Missing:
        done, aside = backup.restore(FILE, self.folder, self.folder / "backup.db", self.clock.now(), lambda count: None)
        assert aside is not None and aside.is_file()
        return done.missing

    def held(self) -> bool:
        with self.app.database.reading() as db:
            return holds.held_since(db) is not None

    def release(self) -> None:
        self.app.database.write(holds.release)
        self.app.database.write(restored.release)

    def go_on(self, *hours: float) -> None:
        """Tick and send, now and after each of these times."""
        for each in (0, *hours):
            self.tick(round(each * HOUR))
            self.send()
            self.callbacks()
            self.tick()

    def twice(self) -> list[tuple[str, str]]:
        return [text for text, count in Counter(self.arrived()).items() if count > 1]

    def texts(self, phone: str) -> list[str]:
        return [text for to, text in self.arrived() if to == phone]


def shop(folder: Path, *flows: str, project: str = DECLARED) -> Shop:
    return Shop(folder, *flows, project=project)


def test_what_was_sent_since_the_backup_is_not_sent_again_and_the_rest_comes(tmp_path: Path) -> None:
    with shop(tmp_path, THREE) as world:
        world.event("list.joined", ADA)
        world.go_on()
        world.back_up()
        world.go_on(1)
        world.tick(30 * MINUTE)
        assert world.put_back() == (0, 1)
        world.go_on()
        world.release()
        world.go_on(0.5, 2)
        assert world.texts(ADA) == ["One", "Two", "Three"]
        assert ("second", "skipped", "restored") in world.told()


def test_who_comes_after_it_has_not_the_id_of_one_who_is_lost(tmp_path: Path) -> None:
    with shop(tmp_path, THREE) as world:
        world.back_up()
        world.contact("+12025550188")
        lost = ids(world)
        world.put_back()
        world.contact("+12025550199")
        assert ids(world)["+12025550199"] not in lost.values()
        with world.app.database.reading() as db:
            assert (number(db, "SELECT MIN(id) FROM notice") or 0) > 1


def ids(world: Shop) -> dict[str, int]:
    with world.app.database.reading() as db:
        return dict(db.execute("SELECT phone, id FROM contact").fetchall())


def test_nothing_is_sent_before_the_release(tmp_path: Path) -> None:
    with shop(tmp_path, THREE) as world:
        world.event("list.joined", ADA)
        world.go_on()
        world.back_up()
        world.put_back()
        world.go_on(3)
        assert world.texts(ADA) == ["One"]
        world.release()
        world.go_on()
        assert world.texts(ADA) == ["One", "Two"], "the third comes an hour later"


def test_several_steps_of_that_time_are_played_at_their_own_times(tmp_path: Path) -> None:
    with shop(tmp_path, THREE) as world:
        world.event("list.joined", ADA)
        world.go_on()
        world.back_up()
        world.go_on(1, 1)
        world.put_back()
        world.release()
        world.go_on(3)
        assert world.texts(ADA) == ["One", "Two", "Three"]
        assert world.ends() == ["end"]


def test_what_was_queued_is_unknown_and_its_provider_is_asked(tmp_path: Path) -> None:
    with shop(tmp_path, THREE) as world:
        for phone in (ADA, BEN):
            world.event("list.joined", phone)
        world.tick()
        world.back_up()
        world.clock.move_to(world.clock.now() + 10 * MINUTE)  # far behind the backup: a full queue
        world.is_counted = False  # rows are changed by hand
        sent = world.app.database.write(
            lambda db: db.execute("UPDATE message SET status = 8 WHERE contact = 2 AND status = 0").rowcount
        )
        assert sent == 1, "Ben's did not leave"
        world.send()
        assert world.put_back() == (2, 0)
        assert [status for _, status, _ in world.told()] == ["unknown", "unknown"]
        world.release()
        world.tick()
        assert world.send() == 0, "never on a guess"
        asked = reconcile(world.app.database, {"main": world.outbox.sender}, world.clock.now, everything=True)
        assert sorted(each.outcome for each in asked) == ["delivered", "not found"]
        world.go_on(1)
        assert world.texts(ADA) == ["One", "Two"] and world.texts(BEN) == ["Two"], (
            "a person says what became of his first"
        )


def test_what_had_come_in_and_was_not_acted_on_enters_without_its_text(tmp_path: Path) -> None:
    picture = (
        "flow: cart\nlanguage: 1\ntrigger: {event: cart.left}\n"
        "steps: [{id: look, sms: {text: Look, image: {from: event.image, fallback: media/hero.png}, otherwise: text}}]\n"
    )
    pictures = DECLARED.replace("events:\n", "image_hosts: [cdn.acme.example]\nevents:\n  cart.left: {image: url}\n")
    with shop(tmp_path, THREE, picture, project=pictures) as world:
        world.event("list.joined", ADA)
        world.event("cart.left", CY, {"image": "https://cdn.acme.example/coat.jpg"})
        world.back_up()
        world.go_on()
        world.clock.move_to(world.clock.now() + 10 * MINUTE)
        world.put_back()
        world.event("list.joined", BEN, occurred_at=world.clock.now() - MINUTE)
        world.release()
        world.go_on(1)
        assert world.texts(ADA) == ["One", "Two"]
        assert world.texts(BEN) == ["One", "Two"], "his came in later"
        assert ("look", "skipped", "restored") in world.told()
        assert "waits for its picture" not in " ".join(world.story(CY)), "it is asked for now, and that was then"


def test_what_would_have_woken_a_run_is_of_that_time(tmp_path: Path) -> None:
    flow = """\
flow: waits
language: 1
trigger: {event: list.joined}
steps:
  - {id: ask, wait_for: {happened: order.placed}, up_to: 5d, then: [{id: thanks, sms: Thanks}], on_timeout: [{id: shame, sms: A shame}]}
"""
    with shop(tmp_path, flow) as world:
        world.event("list.joined", ADA)
        world.event("list.joined", BEN)
        world.go_on()
        world.event("order.placed", ADA)
        world.back_up()
        world.go_on()
        world.tick(HOUR)
        world.put_back()
        world.event("order.placed", BEN)
        world.release()
        world.go_on(1)
        assert world.texts(ADA) == world.texts(BEN) == ["Thanks"]


def test_a_firing_of_that_time_enters_without_its_text(tmp_path: Path) -> None:
    with shop(tmp_path, CAMPAIGN) as world:
        world.back_up()
        go(world, "2027-04-02 09:00")
        world.send()
        world.tick(HOUR)
        world.put_back()
        world.release()
        world.go_on(1)
        assert sorted(to for to, _ in world.arrived()) == sorted((ADA, BEN, CY))
        assert world.ends() == ["end"] * 3


@pytest.mark.parametrize("noticed", [True, False])
def test_who_came_into_a_segment_in_that_time_gets_its_text_once(tmp_path: Path, noticed: bool) -> None:
    flow = """\
flow: quiet
language: 1
trigger: {segment: vip}
steps: [{id: hero, sms: Welcome}]
"""
    project = (
        DECLARED
        if noticed
        else DECLARED.replace(
            "vip: {contact: {tags: {has: vip}}}", "vip: {not: {happened: {event: order.placed, within: 2h}}}"
        )
    )
    with shop(tmp_path, flow, project=project) as world:
        if noticed:
            world.contact(ADA, tags=["vip"])
        else:
            world.go_on()
            for phone in (ADA, BEN, CY):
                world.event("order.placed", phone)
            world.go_on(1)
        world.back_up()
        world.go_on(3)
        before = world.arrived()
        assert before
        world.put_back()
        world.release()
        world.go_on(1)
        assert world.arrived() == before
        if noticed:
            world.contact(BEN, tags=["vip"])
            world.go_on()
            assert world.texts(BEN) == ["Welcome"]


def test_what_a_run_of_that_time_emits_is_of_that_time(tmp_path: Path) -> None:
    one = THREE.replace("  - {id: second, sms: Two}\n", "  - {id: tell, emit: order.placed}\n").replace(
        "third, sms: Three", "third, sms: End"
    )
    two = "flow: other\nlanguage: 1\ntrigger: {event: order.placed}\nsteps: [{id: hero, sms: Ordered}]\n"
    with shop(tmp_path, one, two) as world:
        world.event("list.joined", ADA)
        world.go_on()
        world.back_up()
        world.go_on(1)
        world.tick(MINUTE)
        world.put_back()
        world.release()
        world.go_on(1)
        assert world.texts(ADA) == ["One", "Ordered", "End"]


def test_an_answer_is_given_once(tmp_path: Path) -> None:
    with shop(tmp_path, THREE) as world:
        text = InboundText("t1", ADA, "+18445550100", "HELP", (), world.clock.now())
        inbound.receive_texts(world.app.database, [text], world.clock.now(), world.app.deployed)
        world.back_up()
        world.go_on()
        world.clock.move_to(world.clock.now() + MINUTE)
        world.put_back()
        world.release()
        world.go_on()
        assert len(world.texts(ADA)) == 1


def test_what_a_pause_kept_may_have_been_sent(tmp_path: Path) -> None:
    with shop(tmp_path, THREE) as world:
        world.event("list.joined", ADA)
        world.event("list.joined", BEN)
        world.go_on()
        with world.app.database.reading() as db:
            flow = interned_names.load(db).flow_ids["three"]
        world.app.database.write(lambda db: holds.pause(db, flow, world.clock.now()))
        world.go_on(1)
        world.back_up()
        world.app.database.write(lambda db: holds.resume(db, flow))
        world.go_on()
        world.tick(MINUTE)
        assert world.put_back().runs == 2
        with world.app.database.reading() as db:
            questions = restored.open_questions(db)
        assert questions is not None and questions.to_come == 2, "they go on once the flow does"
        world.app.database.write(lambda db: holds.resume(db, flow))
        world.release()
        world.go_on(1)
        assert world.twice() == []
        assert world.texts(ADA) == ["One", "Two", "Three"]


def test_what_hours_hold_until_later_is_sent_once(tmp_path: Path) -> None:
    flow = THREE.replace("language: 1", "language: 1\nquiet_hours: {between: ['11:00', '15:00'], state_rules: false}")
    with shop(tmp_path, flow) as world:
        world.event("list.joined", ADA)
        world.go_on(1)
        world.back_up()
        world.put_back()
        world.release()
        world.go_on(4, 1)
        assert world.texts(ADA) == ["One", "Two", "Three"]


def test_a_person_may_say_that_the_texts_were_not_sent(tmp_path: Path) -> None:
    with shop(tmp_path, THREE) as world:
        world.event("list.joined", ADA)
        world.go_on()
        world.back_up()
        world.tick(MINUTE)
        world.clock.move_to(world.clock.now() + HOUR)
        world.put_back()  # nobody was there to send
        world.go_on()
        with world.app.database.reading() as db:
            assert restored.open_questions(db) == (0, 1, 0)
        world.app.database.write(lambda db: restored.send_left_out(db, world.clock.now()))
        world.release()
        world.go_on(1)
        assert world.texts(ADA) == ["One", "Two", "Three"]


def test_the_notice_names_the_missing_stops_and_the_list_brings_them_back(tmp_path: Path) -> None:
    with shop(tmp_path, THREE) as world:
        world.event("list.joined", ADA)
        world.go_on()
        world.back_up()
        text = InboundText("t1", ADA, "+18445550100", "STOP", (), world.clock.now())
        inbound.receive_texts(world.app.database, [text], world.clock.now(), world.app.deployed)
        world.go_on()
        world.put_back()
        with world.app.database.reading() as db:
            (notice,) = listings.notices(db)
        assert "STOPs as well" in notice["note"] and "--suppress" in notice["note"]
        listed = tmp_path / "stops.csv"
        listed.write_text(f"phone\n{ADA}\n")
        suppress_file(world.app.database, listed, None, "provider", world.clock.now(), lambda count, done: None, None)
        world.release()
        world.go_on(2, 2)
        assert world.texts(ADA) == ["One"]


def test_a_backup_may_be_put_back_twice(tmp_path: Path) -> None:
    with shop(tmp_path, THREE) as world:
        world.event("list.joined", ADA)
        world.go_on()
        world.back_up()
        world.go_on(1)
        world.put_back()
        world.go_on()
        world.put_back()
        world.release()
        world.go_on(1, 1, DAY / HOUR)
        assert world.texts(ADA) == ["One", "Two", "Three"]


OTHER = "flow: other\nlanguage: 1\ntrigger: {event: order.placed}\nsteps: [{id: hero, sms: Ordered}]\n"


def test_a_cap_counts_what_may_have_been_sent_in_that_time(tmp_path: Path) -> None:
    with shop(tmp_path, THREE, OTHER, project=DECLARED + "caps: {marketing: {per_day: 2}}\n") as world:
        world.event("list.joined", ADA)
        world.go_on()
        world.back_up()
        world.go_on(1)
        world.put_back()
        world.release()
        world.go_on()
        world.event("order.placed", ADA)
        world.go_on()
        assert world.texts(ADA) == ["One", "Two"], "the third of a day"
        world.go_on(24)
        assert world.texts(ADA) == ["One", "Two", "Three", "Ordered"]


def test_a_run_that_may_have_sent_its_text_in_that_time_is_not_begun_anew(tmp_path: Path) -> None:
    entry = "entry: {while_active: restart, again_after: 30d}\nsteps:"
    with shop(tmp_path, THREE.replace("steps:", entry)) as world:
        world.event("list.joined", ADA)
        world.back_up()
        world.go_on()
        world.clock.move_to(world.clock.now() + 10 * MINUTE)
        world.put_back()
        world.release()
        world.go_on()
        world.event("list.joined", ADA)
        world.go_on(1)
        assert world.texts(ADA) == ["One", "Two"]


def test_a_clock_before_the_backup_cannot_tell_what_was_sent_since(tmp_path: Path) -> None:
    with shop(tmp_path, THREE) as world:
        world.event("list.joined", ADA)
        world.tick(10 * MINUTE)
        world.back_up()
        right = world.clock
        world.clock = ManualClock(START + 5 * MINUTE)
        with pytest.raises(Refused, match=r"the clock says .*14:05.*put back is of .*14:10.*nothing was changed"):
            world.put_back()
        world.clock = right
        world.clock.move_to(right.now() + MINUTE)
        assert world.put_back() == (1, 0)


LINKED = (
    "flow: linked\nlanguage: 1\ntrigger: {event: list.joined}\nsteps: [{id: look, sms: \"Look: {{ link('shop') }}\"}]\n"
)
DAN, EVE = "+12025550187", "+12025550188"


def test_what_is_late_of_that_time_counts_for_nobody_else(tmp_path: Path) -> None:
    with shop(tmp_path, LINKED) as world:

        def join(phone: str) -> None:
            world.consent(phone, "subscribed")
            world.event("list.joined", phone)
            world.tick()

        world.back_up()
        join(DAN)
        for again in (1, 2):  # what came after the first restore is lost as well
            world.send()
            late = world.simulator.ledger.messages()[-1]
            code = late.text.rpartition("/l/")[2].split()[0]
            assert inbound.link_target(world.app.database, code, world.clock.now()) is not None
            world.clock.move_to(world.clock.now() + again * MINUTE)
            world.put_back()
            world.release()
            join(EVE)  # she gets the id of the contact that is lost
            report = StatusReport(late.id, late.tag, "undelivered", "1", None, world.clock.now(), opted_out=True)
            inbound.receive_statuses(world.app.database, "main", [report], world.clock.now())
            assert inbound.link_target(world.app.database, code, world.clock.now()) is None
            assert inbound.record_click(world.app.database, code, world.clock.now()) is None
            world.tick()
            assert world.told() == [("look", "queued", None)]


def test_codes_that_were_free_are_held_back(tmp_path: Path) -> None:
    """They may have been given since the backup: nobody gets one of them until a person says that none was."""
    with World(tmp_path, project=f"{PROJECT}coupons: {{spring10: {{length: 10}}}}\n") as world:
        database, now = world.app.database, world.clock.now()
        database.write(lambda db: coupons.add(db, "spring10", ["ONE", "TWO"], now))
        assert "Held back: 2 codes of coupons" in take_up(database, now).note
        database.write(lambda db: coupons.add(db, "spring10", ["NEW"], now))
        with database.reading() as db:
            assert coupons.left_by_pool(db, ["spring10"]) == {"spring10": 1}
        assert database.write(lambda db: coupons.release(db, "spring10", now)) == 2
        with database.reading() as db:
            assert coupons.left_by_pool(db, ["spring10"]) == {"spring10": 3}
