"""Coupons: one code for each contact while it lasts, never one for two, and what happens when none is left."""

from __future__ import annotations

from pathlib import Path

from engine.contacts import consent
from engine.store import coupons, forgetting
from engine.store.coupons import Added
from engine.store.queries import outcomes
from tests.world import ADA, BEN, CY, DAY, PROJECT, World

SHOP = PROJECT + "coupons: {spring10: {length: 10, expires: 30d, low: 1}}\n"
FIXED = PROJECT + "coupons: {spring10: {length: 10, empty: {code: SPRING}}}\n"
FLOW = """\
flow: spring
language: 1
trigger: {event: list.joined}
entry: {while_active: parallel}
steps:
  - {id: hello, sms: 'Your code: {{ coupon("spring10") }}'}
  - {id: pause, delay: 1d}
  - {id: again, sms: 'Still yours: {{ coupon("spring10") }}'}
"""


def filled(world: World, *codes: str, pool: str = "spring10") -> Added:
    return world.app.database.write(lambda db: coupons.add(db, pool, codes, world.clock.now()))


def joined(world: World, *phones: str) -> None:
    for phone in phones:
        world.event("list.joined", phone)
    world.tick()


def texts(world: World) -> dict[str, list[str]]:
    """Phone -> the codes of its messages, oldest first."""
    with world.app.database.reading() as db:
        found = outcomes.messages(db)
        phones = dict(db.execute("SELECT id, phone FROM contact").fetchall())
    told: dict[str, list[str]] = {}
    for message in found:
        if message.step and message.text:
            told.setdefault(phones[message.contact], []).append(message.text.rpartition(" ")[2])
    return told


def notes(world: World) -> list[str]:
    with world.app.database.reading() as db:
        return [note for (note,) in db.execute("SELECT note FROM notice WHERE done_at IS NULL ORDER BY id")]


def test_each_contact_gets_a_code_and_keeps_it(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        filled(world, *(f"CODE-{number}" for number in range(5)))
        joined(world, ADA, BEN)
        world.send()
        world.tick(DAY)
        told = texts(world)
    assert sorted(codes[0] for codes in told.values()) == ["CODE-0", "CODE-1"]
    assert all(codes[0] == codes[1] for codes in told.values())


def test_after_it_has_expired_a_contact_gets_another_code(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        filled(world, "ONE", "TWO", "THREE")
        joined(world, ADA)
        world.tick(DAY)
        world.clock.move_to(world.clock.now() + 28 * DAY)
        joined(world, ADA)
        world.tick(DAY)
        assert texts(world)[ADA] == ["ONE", "ONE", "ONE", "TWO"], "30 days from when it was given"


def test_one_contact_in_two_runs_of_a_batch_gets_one_code(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        filled(world, "ONE", "TWO", "THREE")
        world.event("list.joined", ADA)
        world.event("list.joined", ADA)
        world.tick()
        world.tick(DAY)
        assert texts(world)[ADA] == ["ONE"] * 4


def test_an_empty_pool_skips_the_message_and_the_run_goes_on(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        filled(world, "ONE", "TWO")
        joined(world, ADA)
        assert notes(world) == ["the coupon spring10 has 1 code left: `leadoff coupons import spring10 FILE`"]
        joined(world, BEN)
        joined(world, CY)
        assert world.told() == [("hello", "queued", None), ("hello", "queued", None), ("hello", "skipped", "no coupon")]
        assert "the coupon spring10 has no code left: `leadoff coupons import spring10 FILE`" in notes(world)
        assert any("no coupon" in line for line in world.story(CY))
        filled(world, "THREE")
        assert notes(world) == [], "it is filled again"
        world.tick(DAY)
        assert texts(world)[CY][-1] == "THREE"
        assert len(notes(world)) == 1, "and empty again"


def test_the_fixed_code_of_an_empty_pool(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=FIXED) as world:
        joined(world, ADA)
        assert texts(world)[ADA] == ["SPRING"]
        assert "the pool spring10 is empty: its fixed code goes out" in "".join(world.story(ADA))
        filled(world, "ONE")
        world.tick(DAY)
        assert texts(world)[ADA] == ["SPRING", "ONE"]


def test_a_code_goes_to_who_needs_it_and_not_to_who_passes_by(tmp_path: Path) -> None:
    gold = "steps:\n  - if: {contact: {tier: gold}}\n    then: [{update: {set: {orders: 1}}}]\n    else: [{exit: not gold}]\n"
    flow = FLOW.replace("steps:\n", gold, 1)
    with World(tmp_path, flow, project=SHOP) as world:
        world.contact(CY, tier="gold")
        filled(world, "ONE")
        joined(world, ADA, BEN, CY)
        assert texts(world) == {CY: ["ONE"]}, "though all three of the batch might have needed it"


def test_a_cancelled_message_leaves_its_code_with_the_contact(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        filled(world, "ONE", "TWO", "THREE")
        joined(world, ADA)
        consent.unsubscribe(world.app.database, ADA, "phone", world.clock.now())
        world.tick()
        joined(world, BEN)
        consent.subscribe(world.app.database, ADA, "shop", world.clock.now() + 1)
        world.tick(1_000)
        joined(world, ADA)
        assert texts(world)[ADA][-1] == "ONE"
        assert texts(world)[BEN] == ["TWO"]


def test_who_is_forgotten_leaves_a_code_that_nobody_gets(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        filled(world, "ONE", "TWO", "THREE")
        joined(world, ADA)
        forgetting.forget(world.app.database, ADA, world.clock.now())
        joined(world, BEN)
        assert texts(world)[BEN] == ["TWO"]
        with world.app.database.reading() as db:
            assert db.execute(
                "SELECT contact, code FROM coupon_code WHERE given_at IS NOT NULL ORDER BY id"
            ).fetchall()[0] == (None, "ONE")


def test_the_same_code_is_in_one_pool_once(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        assert filled(world, "ONE", "TWO") == Added(2, 0, 0)
        assert filled(world, "one", "TWO", "Three") == Added(1, 2, 0), "a shop takes `one` for ONE"
        assert filled(world, "ONE", "FOUR", pool="autumn") == Added(1, 0, 1)
        with world.app.database.reading() as db:
            told = coupons.counts(db, {"spring10": None}, world.clock.now())
    assert told == [
        {"coupon": "autumn", "left": 1, "given": 0, "expired": 0, "held_back": 0},
        {"coupon": "spring10", "left": 3, "given": 0, "expired": 0, "held_back": 0},
    ]


def test_what_was_free_when_the_database_was_put_back_is_held_back(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        filled(world, "ONE", "TWO", "THREE")
        joined(world, ADA)
        assert world.app.database.write(coupons.hold_all) == 2
        joined(world, BEN)
        filled(world, "NEW", "NEWER")
        joined(world, CY)
        assert texts(world) == {ADA: ["ONE"], CY: ["NEW"]}, "ONE is hers, and what is new is free"
        assert world.app.database.write(lambda db: coupons.release(db, "spring10", world.clock.now())) == 2
        world.tick(DAY)
        assert texts(world)[BEN] == ["TWO"]
