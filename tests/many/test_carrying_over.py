"""Several daemons, and an `apply`, carry contacts over to a deployment at the same time: each run once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.deploy.apply import Switch
from engine.deploy.git import Revision
from engine.deploy.live_edits import carrying_over
from engine.deploy.live_edits.carrying_over import finish
from engine.deploy.read_project import content_of, read_and_check
from engine.store import carrying
from engine.store.database import Database
from tests.many.meanwhile import Aside, Meanwhile, to_its_end
from tests.many.pair import Pair
from tests.world import ADA, BEN, DAY

BEFORE = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - {id: hi, sms: Hi}
  - {id: think, delay: 2d}
  - {id: more, sms: More}
  - {id: last, sms: Last}
"""
AFTER = BEFORE.replace("  - {id: think, delay: 2d}\n", "").replace("steps:", "removed: {think: last}\nsteps:")


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying_over, "STRETCH", 1)


def switched(shop: Pair) -> None:
    """Ada and Ben wait, their step is taken out, and nobody is carried over yet. Their time has come."""
    for phone in (ADA, BEN):
        shop.world.event("list.joined", phone)
    shop.world.tick()
    shop.world.write(AFTER)
    app = shop.world.app
    checked = read_and_check(app.root, app.registry)
    switch = Switch(checked, content_of(checked), Revision(None, False), shop.now, app.registry)
    shop.database.write(switch.make)
    shop.world.clock.move_to(shop.now + 2 * DAY)


def all_is_done_once(shop: Pair) -> None:
    shop.world.tick()
    finish(shop.database, shop.world.clock.now)
    with shop.database.reading() as db:
        assert not carrying.is_standing(db)
        lines = db.execute(
            "SELECT run, COUNT(*) FROM journal WHERE note LIKE 'think was taken out%' GROUP BY run"
        ).fetchall()
        assert [count for _, count in lines] == [1, 1]
        assert db.execute("SELECT COUNT(*) FROM carried_run").fetchall() == [(0,)]
    assert sorted(message.text for message in shop.world.messages()) == ["Hi", "Hi", "Last", "Last"]
    assert shop.world.ends() == ["end", "end"]


def finishing(shop: Pair, database: Database | None = None) -> Callable[[], None]:
    return lambda: finish(database or shop.other.database, shop.world.clock.now)


def test_a_daemon_goes_on_with_others_while_some_are_carried_over(pair: Callable[..., Pair]) -> None:
    with pair(BEFORE) as shop:
        switched(shop)
        meanwhile = Meanwhile(shop.database, "UPDATE run SET step", lambda: to_its_end(shop.tick_of_the_other))
        finish(meanwhile, shop.world.clock.now)  # type: ignore[arg-type]
        assert meanwhile.done
        all_is_done_once(shop)


def test_two_carry_over_at_once(pair: Callable[..., Pair]) -> None:
    with pair(BEFORE) as shop:
        switched(shop)
        beside: list[Aside] = []

        def other() -> None:
            beside.append(Aside(finishing(shop)))
            beside[0].wait_until_it_waits(shop.url)

        finish(Meanwhile(shop.database, "UPDATE run SET step", other), shop.world.clock.now)  # type: ignore[arg-type]
        beside[0].end()
        all_is_done_once(shop)


def test_whom_a_daemon_has_claimed_the_other_waits_for(pair: Callable[..., Pair]) -> None:
    with pair(BEFORE) as shop:
        switched(shop)
        beside: list[Aside] = []

        def other() -> None:
            beside.append(Aside(finishing(shop)))
            beside[0].wait_until_it_waits(shop.url)

        shop.engine_that("INSERT INTO carried_run", other).tick(shop.now)
        beside[0].end()
        all_is_done_once(shop)
