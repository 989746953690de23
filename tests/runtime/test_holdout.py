"""`holdout`: contacts who get nothing of a flow, always the same ones, so that stats can say what it adds."""

from __future__ import annotations

from pathlib import Path

from engine.core.added import Side
from engine.core.lots import is_held_out
from engine.store.queries import held_out, statistics
from engine.store.queries.held_out import Compared
from engine.store.queries.statistics import Stats
from engine.views.added import added_lines
from tests.world import DAY, HOUR, PROJECT, World

FLOW = """\
flow: sale
language: 1
holdout: 50%
trigger: {event: list.joined}
steps: [{id: hero, sms: Hello}, {id: rest, delay: 1d}]
"""
SHOP = PROJECT + "goals: {purchase: {event: order.placed, id: order_id, value: total}}\n"


def join(world: World, phones: list[str]) -> None:
    for phone in phones:
        world.event("list.joined", phone)
    world.tick()


def ids(world: World) -> dict[str, int]:
    with world.app.database.reading() as db:
        return dict(db.execute("SELECT phone, id FROM contact WHERE phone LIKE '+1212%'").fetchall())


def out(world: World) -> set[str]:
    with world.app.database.reading() as db:
        sql = "SELECT c.phone FROM run r JOIN contact c ON c.id = r.contact WHERE r.reason = 'held out'"
        return {phone for (phone,) in db.execute(sql)}


def stats(world: World) -> Stats:
    with world.app.database.reading() as db:
        return statistics.of_flow(db, world.app.deployed().names.flow_ids["sale"])


def compared(world: World) -> list[Compared]:
    with world.app.database.reading() as db:
        return held_out.compared(db, world.app.deployed().names.flow_ids["sale"], "USD", 0, 1 << 53)


def test_who_is_held_out_gets_nothing_and_stays_so(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        phones = world.crowd(40)
        join(world, phones)
        known, before = ids(world), out(world)
        assert before == {phone for phone in phones if is_held_out(known[phone], "sale", 5_000)}
        assert 10 <= len(before) <= 30
        world.send()
        texted = {phone for phone, _ in world.arrived()}
        assert texted == set(phones) - before
        found = stats(world)
        assert (found.entered, found.held_out, found.active) == (40 - len(before), len(before), 40 - len(before))
        assert "held out" not in found.exits and found.steps[0].written == len(texted)
        assert world.story(min(before))[-1] == "held out: gets nothing of this flow"
        world.tick(2 * DAY)
        join(world, phones)
        assert (out(world), stats(world).held_out) == (before, len(before)), "once each"
        world.write(FLOW.replace("50%", "25%"))
        world.apply()
        world.tick(2 * DAY)
        join(world, phones)
        world.send()
        fewer = {phone for phone in before if is_held_out(known[phone], "sale", 2_500)}
        assert {phone for phone, _ in world.arrived()} == set(phones) - fewer, "a smaller share lets some of them in"


def test_stats_compare_those_who_got_it_with_those_held_out(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        phones = world.crowd(40)
        world.event("order.placed", phones[0], {"order_id": "early", "total": "99"})
        world.tick(HOUR)
        join(world, phones)
        world.tick(HOUR)
        outside = sorted(out(world))
        inside = sorted(set(phones) - set(outside))
        for number, phone in enumerate([*inside[:4], inside[0], outside[0]]):
            world.event("order.placed", phone, {"order_id": str(number), "total": "10"})
        world.tick(31 * DAY)
        world.event("order.placed", outside[1], {"order_id": "late", "total": "10"})
        world.tick()
        (found,) = compared(world)
        assert found.got == Side(len(inside), 4, 50_000_000, 20.0e6**2 + 3 * 10.0e6**2), (
            "what came before or late counts nothing"
        )
        assert found.held_out == Side(len(outside), 1, 10_000_000, 10.0e6**2)
        said = list(added_lines(found, "USD"))
        assert said[1] == "  too few to say what the flow adds: it takes 500 contacts on each side"
        world.write(FLOW.replace("holdout: 50%\n", ""), project=SHOP)
        world.apply()
        world.tick(2 * DAY)
        join(world, phones)
        (found,) = compared(world)
        assert found.held_out.contacts == 0, "who has been on both sides is on neither"


def test_what_a_flow_adds_in_words() -> None:
    said = list(
        added_lines(
            Compared("purchase", Side(9_000, 450, 18_000_000_000, 1e18), Side(1_000, 30, 1_200_000_000, 7e16)), "USD"
        )
    )
    assert said == [
        "purchase within 30 days: 5.00 % of 9,000 who entered ($2.00 each), 3.00 % of 1,000 held out ($1.20 each)",
        "  it adds 2.00 percentage points (95 %: 0.68 to 3.01)",
        "  it adds $0.80 a contact (95 %: $0.24 to $1.36)",
    ]
    said = list(
        added_lines(
            Compared("purchase", Side(9_000, 500, 18_000_000_000, 1e18), Side(1_000, 15, 300_000_000, 7e16)), "USD"
        )
    )
    assert said[1:] == [
        "  it adds 4.06 percentage points (95 %: 2.99 to 4.82)",
        "  too few to say what that is in money: it takes 20 with an order on each side",
    ]
