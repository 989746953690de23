"""Edits that meet: names that were used before, steps that become one, versions that live beside each other, runs that are parked, held or
put aside."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from engine.deploy.git import Revision
from engine.deploy.plan.plan import Plan
from engine.deploy.plan.planning import plan_here
from engine.deploy.read_project import read_and_check
from engine.errors import Refused
from engine.store import holds, runs, webhooks
from tests.stories.walks.edited import DAY, HOUR, PROJECT, Edited, flow
from tests.world import ADA, BEN, CY, MINUTE

BEFORE = flow("{id: hero, sms: One}\n{id: think, delay: 2d}\n{id: reminder, sms: Two}")
NIGHT = PROJECT.replace("quiet_hours: off", 'quiet_hours: {between: ["09:00", "21:00"], state_rules: false}')


def planned(world: Edited) -> Plan:
    """What `leadoff plan` says of the files."""
    app = world.app
    with app.database.reading() as db:
        checked = read_and_check(world.folder, app.registry)
        return plan_here(db, world.folder, app.registry, checked, Revision(None, False), world.clock.now())


def test_two_steps_become_one(tmp_path: Path) -> None:
    before = flow("{id: think, delay: 2d}\n{id: pause, delay: 1d}\n{id: last, sms: Last}")
    with Edited(tmp_path, before) as world:
        world.joins(ADA)
        world.tick(2 * DAY)
        world.joins(BEN)
        world.edit(flow("{id: pause, delay: 1d}\n{id: last, sms: Last}", "moved: {think: pause}\n"))
        assert world.rests() == [("pause", 24), ("pause", 48)]
        world.tick(DAY)
        world.tick(DAY)
        assert [(message.contact, message.text) for message in world.messages()] == [(1, "Last"), (2, "Last")]


def test_a_name_that_another_step_had_before(tmp_path: Path) -> None:
    steps = "{id: promo, sms: Old}\n{id: think, delay: 2d}\n{id: offer, sms: New}"
    with Edited(tmp_path, flow(steps)) as world:
        world.joins(ADA)
        world.edit(flow("{id: think, delay: 2d}\n{id: offer, sms: New}"))
        world.edit(flow("{id: think, delay: 2d}\n{id: promo, sms: New}", "moved: {offer: promo}\n"))
        world.tick(2 * DAY)
        assert [(message.step, message.text) for message in world.messages()] == [("promo@2", "Old"), ("promo", "New")]
        world.edit(flow("{id: think, delay: 2d}\n{id: deal, sms: New}", "moved: {offer: promo, promo: deal}\n"))
        assert [message.step for message in world.messages()] == ["promo@2", "deal"]


def test_a_step_that_comes_back_under_its_old_name_is_another(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.edit(BEFORE.replace("hero", "opening").replace("steps:", "moved: {hero: opening}\nsteps:"))
        world.edit(
            flow("{id: opening, sms: One}\n{id: think, delay: 2d}\n{id: hero, sms: Three}\n{id: reminder, sms: Two}")
        )
        world.tick(2 * DAY)
        assert [(m.step, m.text) for m in world.messages()] == [
            ("opening", "One"),
            ("hero", "Three"),
            ("reminder", "Two"),
        ]


def test_three_versions_beside_each_other(tmp_path: Path) -> None:
    pin = "on_change: pin\n"
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.edit(flow("{id: hero, sms: One}\n{id: think, delay: 2d}\n{id: reminder, sms: Second}", pin))
        world.joins(BEN)
        world.edit(flow("{id: start, delay: 2d}\n{id: end, sms: Third}", pin))
        world.joins(CY)
        world.tick(2 * DAY)
        assert sorted((m.contact, m.text) for m in world.messages()) == [
            (1, "One"), (1, "Two"), (2, "One"), (2, "Second"), (3, "Third"),
        ]  # fmt: skip
        assert world.ends() == ["end", "end", "end"]
        with world.app.database.reading() as db:
            known = dict(
                db.execute("SELECT text, deployment FROM message WHERE text <> 'One' AND text <> ''").fetchall()
            )
        assert known == {"Two": 1, "Second": 2, "Third": 3}  # each says which version wrote it


def test_who_was_pinned_follows_a_renamed_step(tmp_path: Path) -> None:
    before = flow("""\
{id: hero, sms: "One {{ link('shop') }}"}
{id: think, delay: 2d}
if: {clicked: {link: shop, since: hero}}
  then: [{exit: engaged}]
{id: reminder, sms: Two}""")
    after = before.replace("hero", "opening").replace("think", "pause")
    names = "moved: {hero: opening, think: pause}\n"
    with Edited(tmp_path, before) as world:
        world.joins(ADA)
        world.send()
        world.edit(after.replace("steps:", f"on_change: pin\n{names}steps:").replace("Two", "Three"))
        world.clicks(ADA)
        world.edit(after.replace("steps:", f"{names}steps:").replace("Two", "Four"))
        assert world.rests() == [("pause", 48)]
        world.tick(2 * DAY)
        assert world.ends() == ["engaged"]


def test_a_pinned_message_obeys_the_exit_condition_of_its_version(tmp_path: Path) -> None:
    exits = "exit_when: [{when: {happened: order.placed}, reason: bought}]\n"
    steps = "{id: think, delay: 2d}\n{id: reminder, sms: Two}\n{id: rest, delay: 1d}"
    with Edited(tmp_path, flow(steps, exits)) as world:
        world.joins(ADA)
        world.joins(BEN)
        world.edit(flow(steps.replace("Two", "New"), "on_change: pin\n"))
        world.joins(CY)
        world.tick(2 * DAY)
        for who in (ADA, CY):
            world.event("order.placed", who, {"order_id": who, "total": "1"})
        world.send()  # the orders are known, and not acted on yet
        assert sorted(world.arrived()) == sorted([(BEN, "Two"), (CY, "New")])
        assert ("reminder", "cancelled", "exit_when: bought") in world.told()


def test_a_drained_flow_ends_or_comes_back(tmp_path: Path) -> None:
    drain, over = PROJECT + "retired: {walk: drain}\n", PROJECT + "retired: {walk: exit}\n"
    other = flow("{id: bye, sms: Bye}", name="other").replace("list.joined", "order.placed")
    with Edited(tmp_path, BEFORE, other) as world:
        world.joins(ADA)
        world.gone("walk")
        world.edit(project=drain)
        with pytest.raises(Refused, match="1 contact in the flow walk, which is gone"):
            world.edit()
        world.edit(BEFORE.replace("Two", "Back"), project=PROJECT)
        world.joins(BEN)
        assert world.rests() == [("think", 48), ("think", 48)]
        world.gone("walk")
        world.edit(project=drain)
        world.write(project=over)
        assert [(each.flow, each.elsewhere[0].then) for each in planned(world).changed] == [("walk", "ended")]
        world.write(project=PROJECT)
        assert [each.why for each in planned(world).refused] == ["2 contacts are in the flow walk, which is gone"]
        world.edit(project=over)
        assert world.ends() == ["flow retired", "flow retired"]


def test_a_held_message_that_is_taken_out_holds_its_time(tmp_path: Path) -> None:
    """It is 10 AM, and quiet until 8 AM. When the hours change, who was held at another step still waits until 8 AM."""
    with Edited(tmp_path, flow("{id: hero, sms: One}\n{id: more, sms: More}"), project=NIGHT) as world:
        world.joins(ADA)
        assert world.rests() == [("hero", 22)]
        world.edit(flow("{id: more, sms: More}", "removed: {hero: more}\n"), project=NIGHT)
        world.edit(flow("{id: more, sms: More}", "removed: {hero: more}\n"))  # no quiet hours any more
        world.tick(HOUR)
        assert (world.rests(), world.texts) == ([("more", 21)], [])
        world.tick(21 * HOUR)
        assert world.texts == ["More"]


def test_a_held_message_that_is_renamed_is_asked_again(tmp_path: Path) -> None:
    with Edited(tmp_path, flow("{id: hero, sms: One}"), project=NIGHT) as world:
        world.joins(ADA)
        world.edit(flow("{id: opening, sms: One}", "moved: {hero: opening}\n"), project=NIGHT)
        world.tick()
        assert world.rests() == [("opening", 22)]
        world.edit(flow("{id: opening, sms: One}", "moved: {hero: opening}\n"))
        world.tick(MINUTE)
        assert world.texts == ["One"]


def test_parked_ones_are_among_them(tmp_path: Path) -> None:
    after = flow("{id: hero, sms: One}\n{id: reminder, sms: Two}", "removed: {think: reminder}\n")
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.app.database.write(lambda db: runs.park(db, [(1, "broken")]))
        with pytest.raises(Refused, match="1 contact of walk waits"):
            world.edit(flow("{id: hero, sms: One}"))
        world.edit(after)
        world.tick(9 * DAY)
        assert world.ends() == ["parked:reminder"]
        world.app.database.write(lambda db: runs.retry(db, 1, world.clock.now()))
        world.tick()
        assert (world.ends(), world.told()[-1]) == (["end"], ("reminder", "skipped", "expired"))


def test_who_has_not_begun(tmp_path: Path) -> None:
    """A paused flow: who enters waits in front of it. Pinned, they begin in the version that they entered."""
    with Edited(tmp_path, BEFORE) as world:
        id = world.app.deployed().names.flow_ids["walk"]
        world.app.database.write(lambda db: holds.pause(db, id, world.clock.now()))
        world.joins(ADA)
        world.edit(BEFORE.replace("One", "First").replace("steps:", "on_change: pin\nsteps:"))
        world.joins(BEN)
        world.app.database.write(lambda db: holds.resume(db, id))
        world.tick()
        assert sorted((m.contact, m.text) for m in world.messages()) == [(1, "One"), (2, "First")]


def test_put_aside_by_a_pause_and_moved(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        id = world.app.deployed().names.flow_ids["walk"]
        world.app.database.write(lambda db: holds.pause(db, id, world.clock.now()))
        world.tick(2 * DAY)  # its time has come, and it is put aside
        world.edit(flow("{id: hero, sms: One}\n{id: reminder, sms: Two}", "removed: {think: reminder}\n"))
        world.tick(HOUR)
        assert world.texts == ["One"]
        world.app.database.write(lambda db: holds.resume(db, id))
        world.tick()
        assert world.texts == ["One", "Two"]


def test_a_web_call_of_a_step_that_is_gone_is_not_made(tmp_path: Path) -> None:
    call = "{id: call, webhook: {url: 'https://api.acme.example/x', method: POST}}"
    with Edited(tmp_path, flow(f"{call}\n{{id: last, sms: Last}}")) as world:
        world.joins(ADA)
        world.edit(flow("{id: last, sms: Last}", "removed: {call: exit}\n"))
        assert world.ends() == ["step removed"]
        claimed = world.app.database.write(lambda db: webhooks.claim(db, world.clock.now(), 9))
        assert [each.wanted for each in claimed] == [False]


def test_pinned_ones_keep_their_picture(tmp_path: Path) -> None:
    steps = flow(
        "{id: think, delay: 1d}\n{id: hero, sms: {text: One, image: media/hero.png, otherwise: text}}",
        "on_change: pin\n",
    )
    with Edited(tmp_path, steps) as world:
        world.joins(ADA)
        Image.new("RGB", (320, 400), "red").save(world.folder / "media/hero.png")
        world.edit(steps)
        world.joins(BEN)
        world.tick(DAY)
        old, new = (message.media for message in sorted(world.messages(), key=lambda each: each.contact))
        assert old and new and old != new
        assert (world.app.media_dir / old).is_file()


def test_a_split_draws_the_same_in_every_version(tmp_path: Path) -> None:
    split = "{id: think, delay: 1d}\nid: ab\n  split: {a: {weight: 1, steps: [{exit: a}]}, b: {weight: 1, steps: [{exit: b}]}}"
    people = [f"+1202555{number:04}" for number in range(100, 130)]
    with Edited(tmp_path, flow(split)) as world:
        for edit in (
            flow(split),
            flow(split.replace("ab", "half"), "moved: {ab: half}\n"),
            flow(split.replace("ab", "third"), "on_change: pin\nmoved: {ab: half, half: third}\n"),
        ):
            world.edit(edit)
            for who in people:
                world.contact(who)
                world.event("list.joined", who)
            world.tick()
            if "half: third" not in edit:
                world.tick(DAY)
        world.edit(
            flow(split.replace("ab", "fourth"), "on_change: pin\nmoved: {ab: half, half: third, third: fourth}\n")
        )
        world.tick(DAY)
        one, two, three = (world.ends()[at : at + len(people)] for at in (0, len(people), 2 * len(people)))
        assert one == two == three
        assert set(one) == {"a", "b"}
