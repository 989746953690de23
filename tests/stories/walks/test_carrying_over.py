"""An edit holds for everybody from the switch on, also for those who are not carried over yet: the program that applied it ended there."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.deploy.apply import Switch
from engine.deploy.git import Revision
from engine.deploy.live_edits import carrying_over
from engine.deploy.live_edits.by_hand import Wanted, carry_out
from engine.deploy.live_edits.carrying_over import finish
from engine.deploy.read_project import content_of, read_and_check
from engine.errors import Refused
from engine.server.heartbeat import Heartbeat
from engine.server.jobs import schedule
from engine.server.metrics import Metrics
from engine.store import carrying
from engine.store.carrying import Carrying
from engine.store.sql import Connection
from tests.stories.walks.edited import DAY, PROJECT, Edited, flow
from tests.world import ADA, BEN, CY

BEFORE = flow("{id: hero, sms: One}\n{id: think, delay: 2d}\n{id: reminder, sms: Two}\n{id: last, sms: Three}")
WITHOUT = BEFORE.replace("  - {id: think, delay: 2d}\n", "")
PINNED = BEFORE.replace("Two", "Second").replace("steps:", "on_change: pin\nsteps:")


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying_over, "STRETCH", 1)


def switched(world: Edited, *flows: str, project: str = PROJECT) -> None:
    """These files are deployed, and nobody is carried over."""
    switch(world, *flows, project=project)
    world.reload()


def switch(world: Edited, *flows: str, project: str = PROJECT) -> None:
    world.write(*flows, project=project)
    checked = read_and_check(world.folder, world.app.registry)
    made = Switch(checked, content_of(checked), Revision(None, False), world.clock.now(), world.app.registry)
    world.app.database.write(made.make)


def carried(world: Edited, pieces: int = 10_000) -> None:
    left = iter(range(pieces + 1))
    finish(world.app.database, world.clock.now, lambda: next(left, None) is not None)


def is_under_way(world: Edited) -> bool:
    with world.app.database.reading() as db:
        return carrying.is_standing(db)


def test_whose_step_is_taken_out_exits_when_the_time_comes_at_the_latest(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.joins(BEN)
        switched(world, WITHOUT.replace("steps:", "removed: {think: exit}\nsteps:"))
        carried(world, 1)
        assert world.ends() == ["step removed", "waiting:think"]
        world.tick(2 * DAY)
        assert world.ends() == ["step removed", "step removed"]
        assert world.texts == ["One", "One"]
        carried(world)
        assert world.ends() == ["step removed", "step removed"]
        assert not is_under_way(world)


def test_whoever_exits_by_the_edit_may_enter_again(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        switched(world, WITHOUT.replace("steps:", "removed: {think: exit}\nsteps:"))
        world.joins(ADA)
        assert world.ends() == ["step removed", "end"]
        carried(world)
        assert world.ends() == ["step removed", "end"]


def test_others_go_on_behind_the_step_when_their_time_comes(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.joins(BEN)
        switched(world, WITHOUT.replace("steps:", "removed: {think: last}\nsteps:"))
        carried(world, 1)
        world.tick(2 * DAY - 1)
        assert world.texts == ["One", "One"]
        world.tick(1)
        assert world.texts == ["One", "One", "Three", "Three"]
        carried(world)
        world.tick(9 * DAY)
        assert world.ends() == ["end", "end"]
        assert len(world.texts) == 4


def test_the_pinned_finish_in_their_version_and_newcomers_do_not(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.joins(BEN)
        switched(world, PINNED)
        carried(world, 1)
        world.joins(CY)
        world.tick(2 * DAY)
        assert sorted(text for text in world.texts if text not in ("One", "Three")) == ["Second", "Two", "Two"]
        carried(world)
        assert world.ends() == ["end", "end", "end"]


def test_a_pinned_run_is_ended_by_the_condition_of_its_version_before_its_text_leaves(tmp_path: Path) -> None:
    ends = "exit_when: [{when: {contact: {tier: gold}}, reason: golden}]\nsteps:"
    held = "category: marketing\n"
    with Edited(tmp_path, BEFORE.replace("steps:", held + ends)) as world:
        world.consent(ADA, "subscribed")
        world.texted_before(ADA)
        world.joins(ADA)
        switched(world, PINNED.replace("steps:", held + "steps:"))
        world.contact(ADA, tier="gold")
        assert world.send() == 0
        assert [message.reason for message in world.messages()][-1] == "exit_when: golden"


def test_nothing_of_a_retired_flow_leaves(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.joins(BEN)
        world.gone("walk")
        switched(world, project=PROJECT + "retired: {walk: exit}\n")
        assert world.send() == 0
        assert {message.reason for message in world.messages()} == {"flow retired"}
        carried(world)
        assert world.ends() == ["flow retired", "flow retired"]
        assert world.arrived() == []


def test_a_stop_between_two_stretches(tmp_path: Path) -> None:
    before, after = (text.replace("steps:", "category: marketing\nsteps:") for text in (BEFORE, WITHOUT))
    with Edited(tmp_path, before) as world:
        for who in (ADA, BEN):
            world.consent(who, "subscribed")
            world.texted_before(who)
            world.joins(who)
        switched(world, after.replace("steps:", "removed: {think: last}\nsteps:"))
        carried(world, 1)
        world.stops(ADA)
        world.stops(BEN)
        carried(world)
        world.tick(3 * DAY)
        assert world.ends() == ["opted out", "opted out"]
        assert "Three" not in " ".join(world.texts)


def test_the_next_apply_carries_all_over_first(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        switched(world, PINNED)
        world.edit(PINNED.replace("Second", "Other").replace("pin", "follow"))
        assert not is_under_way(world)
        world.tick(2 * DAY)
        assert world.texts == ["One", "Other", "Three"]


def test_a_daemon_carries_over_what_was_cut_off(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        switched(world, PINNED)
        heart = Heartbeat(lambda now: None, world.clock, lambda: None)
        schedule(heart, world.app, {}, Metrics())
        heart.scheduler.get_job("carry-over").func()
        assert not is_under_way(world)
        world.tick(2 * DAY)
        assert world.texts == ["One", "Two", "Three"]


def test_a_second_switch_waits(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        switched(world, PINNED)
        with pytest.raises(Refused, match="still being carried out"):
            switched(world, BEFORE)


def test_who_lags_behind_does_nothing_to_the_next_edit(tmp_path: Path) -> None:
    """Its program was suspended between two stretches (Ctrl-Z): others finished, and the next edit is made."""
    with Edited(tmp_path, BEFORE) as world:
        for who in (ADA, BEN, CY):
            world.joins(who)
        switched(world, PINNED)
        pieces: list[int] = []

        def suspended(done: int) -> None:
            pieces.append(done)
            if len(pieces) == 1:
                carried(world)
                switch(world, WITHOUT.replace("steps:", "removed: {think: exit}\nsteps:"))

        finish(world.app.database, world.clock.now, progress=suspended)
        assert not is_under_way(world)
        assert world.ends() == ["step removed", "step removed", "step removed"]


def test_whoever_has_read_another_list_passes_nobody_over(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        for who in (ADA, BEN, CY):
            world.joins(who)
        switched(world, WITHOUT.replace("steps:", "removed: {think: exit}\nsteps:"))
        with world.app.database.reading() as db:
            read = carrying.standing(db)
            assert read is not None
            runs = carrying.next_runs(db, read, 10)
        later = read._replace(reached=runs[1])
        world.app.database.write(lambda db: carrying.carry(db, later, runs[2:]))
        assert "step removed" not in world.ends()
        carried(world)
        assert world.ends() == ["step removed", "step removed", "step removed"]


def test_who_lags_behind_cancels_and_decides_nothing_of_the_next_edit(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        now = world.clock.now()
        edit = Carrying(now, 9, 0, cancelled=(1,), decided=(1,), reason="flow retired")
        slow = edit._replace(deployment=8)

        def late(db: Connection) -> Carrying | None:
            carrying.begin(db, edit)
            carrying.cancel(db, slow, [1])
            carrying.decide_again(db, slow, [1, 2, 3], now)
            carrying.decide_again(db, edit._replace(reached_contact=2), [3], now)
            return carrying.standing(db)

        still = world.app.database.write(late)
        assert still is not None and still.reached_contact == 0
        assert {message.reason for message in world.messages()} == {None}


def test_what_a_person_does_sees_the_edit(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        switched(world, PINNED)
        wanted = Wanted("move", None, "walk", "think", "last")
        with world.app.database.reading() as db, pytest.raises(Refused, match="still being carried over"):
            carrying.refuse_standing(db)
        carried(world)
        carry_out(world.app.database, world.app.deployed(), wanted, world.clock.now)
        world.tick(2 * DAY)
        assert world.texts == ["One", "Three"]


@pytest.mark.only("postgres", "a SQLite file has one daemon")
def test_beside_a_daemon_that_knows_nothing_of_it_all_are_carried_over_in_the_switch(tmp_path: Path) -> None:
    sql = "INSERT INTO daemon (id, host, pid, version, facts, started_at, beat) VALUES ('old', 'there', 1, '0', '{}', 1, 1)"
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.joins(BEN)
        world.app.database.write(lambda db: db.execute(sql))
        switched(world, PINNED)
        assert not is_under_way(world)
        world.app.database.write(lambda db: db.execute("DELETE FROM daemon"))
        world.tick(2 * DAY)
        assert world.texts == ["One", "One", "Two", "Three", "Two", "Three"]
