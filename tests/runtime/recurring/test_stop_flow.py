"""A flow that is stopped in the middle: what has gone stays, and nothing else of it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import stats_report
from engine.clock import instant
from engine.delivery import results
from engine.errors import Refused
from engine.runtime.recurring import stop_flow
from engine.runtime.recurring.stop_flow import Reach
from engine.senders.sender import SendDeferred
from engine.store import deeds, holds, person_actions, stopping
from engine.store.deeds import By
from engine.store.queries import statistics
from engine.store.queries.listings import ANY
from engine.views import figures, public_rows
from tests.runtime.recurring.test_firings import go, local
from tests.runtime.recurring.test_spread import CAMPAIGN, starts
from tests.world import ADA, BEN, CY, DAY, HOUR, World

DAILY = CAMPAIGN.replace('at: "2027-04-02 09:00"', 'cron: "0 9 * * *"').replace("spread: 2h, ", "")
WELCOME = """\
flow: sale
language: 1
trigger: {event: list.joined}
steps: [{id: hero, sms: Hello}, {id: rest, delay: 2d}, {id: bye, sms: Bye}]
"""


def reach(world: World) -> Reach:
    with world.app.database.reading() as db:
        return stop_flow.reach(db, world.app.deployed(), "sale", world.clock.now())


def stop(world: World) -> None:
    by, deployed = By("ada", world.clock.now(), "wrong price"), world.app.deployed()
    said = stop_flow.words(reach(world))
    world.app.database.write(lambda db: stop_flow.begin(db, deployed, "sale", by, said))
    stop_flow.finish(world.app.database)


def sale(world: World) -> int:
    return world.app.deployed().names.flow_ids["sale"]


def test_a_campaign_that_is_spread_is_stopped_in_the_middle(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN) as world:
        world.crowd(300)
        world.contact("+13035550123", first_name="Dee")  # Denver: nine o'clock comes there two hours later
        go(world, "2027-04-02 09:30")
        world.send()
        gone = len(world.arrived())
        assert 40 <= gone <= 120
        go(world, "2027-04-02 09:40")  # some are written, and have not left
        found = reach(world)
        written = len(world.messages()) - gone
        assert written and (found.gone, found.unsent, found.inside, found.to_start) == (
            gone,
            written,
            len(starts(world, "%")),
            2,
        )
        assert stop_flow.words(found) == (
            f"{gone} messages have gone; what has not: {written} messages written, {found.inside} contacts in it, 2 contacts to start"
        )
        assert not found.is_over and found.next_at is None
        assert stop_flow.goes_on("sale", found, str) == "sale does not start again."
        stop(world)
        world.contact("+18085550123", first_name="Eve")  # Honolulu is a new time zone
        world.contact(ADA, timezone="America/Los_Angeles")
        for _ in range(5):
            world.tick(HOUR)
            world.send()
        assert len(world.arrived()) == gone, "nobody else gets it, in no time zone"
        assert set(world.ends()) == {"end", "stopped"}
        assert world.ends().count("stopped") == found.inside
        assert {why for _, state, why in world.told() if state == "cancelled"} == {"stopped"}
        assert reach(world).is_over and not reach(world).starts_again
        with world.app.database.reading() as db:
            assert holds.paused(db) == {}
            (deed,) = person_actions.newest(db)
            assert (deed["who"], deed["deed"]) == ("ada", "stop")
            assert deed["note"] == f"wrong price; {stop_flow.words(found)}"
            (row,) = public_rows.flows(db, ANY, None)
            stats = statistics.of_flow(db, row["id"])
        assert row["stopped_at"] == instant(deed["at"])
        sums = statistics.together("sale", stats.steps)
        line = stats_report.Line({"flow": "sale"}, sums, figures.NOTHING)
        assert f"{sums.states['cancelled']} cancelled" in stats_report.as_csv([line], stats_report.By.flow, False)
        world.write(CAMPAIGN.replace("04-02", "04-20"))
        with pytest.raises(Refused, match="has already been sent to"):
            world.apply()
        world.apply("sale")
        go(world, "2027-04-20 14:00")
        assert len(world.messages()) >= 300 + gone, "a new time is a new campaign"


def test_one_that_has_not_begun_never_does(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN) as world:
        world.tick()
        found = reach(world)
        assert (found.gone, found.to_start) == (0, 2)
        stop(world)
        go(world, "2027-04-03 18:00")
        assert world.runs() == []


def test_a_daily_one_comes_again_and_not_before(tmp_path: Path) -> None:
    with World(tmp_path, DAILY) as world:
        go(world, "2027-04-02 09:30")
        assert world.ends() == ["end"], "Ben's clock shows 8:30"
        found = reach(world)
        assert (found.to_start, found.next_at) == (1, local("2027-04-03 09:00"))
        stop(world)
        world.contact("+13035550123", first_name="Dee")
        go(world, "2027-04-02 18:00")
        assert world.ends() == ["end"], "what has begun comes to no other time zone"
        go(world, "2027-04-03 12:00")
        assert world.ends() == ["end"] * 4


@pytest.mark.parametrize("steps", ["", ", {id: rest, delay: 2d}"])
def test_a_request_under_way_is_not_cut_off_and_is_not_tried_again(tmp_path: Path, steps: str) -> None:
    """Also where the run has run off its end before."""
    with World(tmp_path, WELCOME.replace(", {id: rest, delay: 2d}, {id: bye, sms: Bye}", steps)) as world:
        for phone in (ADA, BEN):
            world.event("list.joined", phone)
        world.tick()
        claim = world.outbox.claim(world.clock.now(), 10)
        assert reach(world).sending == 2
        stop(world)
        taken = world.outbox.send(claim.outgoing[0], claim.at, world.clock.now)
        busy = results.deferred(claim.outgoing[1], SendDeferred("429", "too many requests"), claim.at, claim.at)
        world.outbox.settle([taken, busy], world.clock.now())
        for _ in range(3):
            world.tick(DAY)
            world.send()
        assert world.told() == [("hero", "accepted", None), ("hero", "cancelled", "stopped")]
        world.event("list.joined", CY)
        world.tick()
        assert len(world.messages()) == 3, "the flow stands, and starts for who comes"


def test_what_was_cut_off_stays_paused_and_is_finished_later(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN) as world:
        world.crowd(30)
        go(world, "2027-04-02 09:00")
        by, deployed = By("ada", world.clock.now()), world.app.deployed()
        write = world.app.database.write
        write(lambda db: stop_flow.begin(db, deployed, "sale", by, ""))
        stop_flow.finish(world.app.database, lambda: False)
        world.tick(3 * HOUR)
        world.send()
        assert world.arrived() == []
        for again in (
            lambda db: deeds.resume(db, sale(world), "sale", by),
            lambda db: stop_flow.begin(db, deployed, "sale", by, ""),
        ):
            with pytest.raises(Refused, match="is being stopped"):
                write(again)
        stop_flow.finish(world.app.database)
        with world.app.database.reading() as db:
            assert stopping.standing(db) == [] and holds.paused(db) == {}
        world.tick(DAY)
        assert set(world.ends()) <= {"stopped", "end"} and "stopped" in world.ends()


def test_a_flow_that_was_paused_stays_so(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.app.database.write(lambda db: deeds.pause(db, sale(world), "sale", By("ada", 1)))
        stop(world)
        with world.app.database.reading() as db:
            assert list(holds.paused(db)) == [sale(world)]
        assert world.ends() == ["stopped"] and world.told() == [("hero", "cancelled", "stopped")]
