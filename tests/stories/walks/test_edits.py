"""What an edit does to those who wait, a walk for each kind of edit."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from engine.deploy.live_edits.by_hand import Wanted, carry_out
from engine.deploy.live_edits.rollback import rollback_of
from engine.errors import Refused
from tests.stories.walks.edited import DAY, HOUR, PROJECT, Edited, flow
from tests.world import ADA, BEN

BEFORE = flow("{id: hero, sms: One}\n{id: think, delay: 2d}\n{id: reminder, sms: Two}")


def test_another_text_is_read_by_those_who_come_to_it(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.edit(BEFORE.replace("One", "First").replace("Two", "Second"))
        world.send()
        assert world.arrived() == [(ADA, "One")]  # it was written before
        world.tick(2 * DAY)
        assert world.texts == ["One", "Second"]


@pytest.mark.parametrize("length", ["1h", "9d"])
def test_another_delay_is_for_those_who_come(tmp_path: Path, length: str) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.edit(BEFORE.replace("2d", length))
        assert world.rests() == [("think", 48)]
        world.tick(DAY)
        assert world.texts == ["One"]
        world.tick(DAY)
        assert world.texts == ["One", "Two"]


LOOKED = flow("""\
{id: hero, sms: One}
id: look
  wait_for: {happened: order.placed}
  up_to: 3d
  then: [{exit: bought}]
{id: last, sms: Two}""")


def test_another_condition_counts_from_the_next_fact_on(tmp_path: Path) -> None:
    other = LOOKED.replace("happened: order.placed", "contact: {tier: gold}")
    with Edited(tmp_path, LOOKED) as world:
        world.joins(ADA)
        world.contact(ADA, tier="gold")
        world.edit(other)
        world.tick(HOUR)
        assert world.ends() == ["waiting:look"]  # the deploy asks nobody
        world.tick(3 * DAY)
        assert world.ends() == ["bought"]


def test_another_exit_condition_ends_nothing_by_itself(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.contact(ADA, tier="gold")
        world.joins(ADA)
        world.send()
        world.edit(BEFORE.replace("steps:", "exit_when: [{when: {contact: {tier: gold}}, reason: golden}]\nsteps:"))
        world.tick(HOUR)
        assert world.ends() == ["waiting:think"]
        world.tick(2 * DAY)
        assert world.ends() == ["golden"]
        assert world.texts == ["One"]


def test_a_step_in_front_is_not_seen_and_one_behind_is(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.edit(
            flow(
                "{id: hero, sms: One}\n{id: front, sms: Front}\n{id: think, delay: 2d}\n{id: behind, sms: Behind}\n{id: reminder, sms: Two}"
            )
        )
        world.tick(2 * DAY)
        assert world.texts == ["One", "Behind", "Two"]


def test_a_renamed_step_keeps_its_time_and_its_past(tmp_path: Path) -> None:
    before = flow("""\
{id: hero, sms: "One {{ link('shop') }}"}
{id: think, delay: 2d}
if: {clicked: {link: shop, since: hero}}
  then: [{exit: engaged}]
{id: reminder, sms: Two}""")
    after = (
        before.replace("hero", "opening")
        .replace("think", "pause")
        .replace("steps:", "moved: {hero: opening, think: pause}\nsteps:")
    )
    with Edited(tmp_path, before) as world:
        world.joins(ADA)
        world.joins(BEN)
        world.send()
        world.edit(after)
        assert world.rests() == [("pause", 48), ("pause", 48)]
        assert [message.step for message in world.messages()] == ["opening", "opening"]
        world.clicks(ADA)
        world.tick(2 * DAY)
        assert world.ends() == ["engaged", "end"]
        assert len(world.texts) == 3


def test_a_step_that_stands_elsewhere_now_is_sent_once(tmp_path: Path) -> None:
    after = flow(
        "{id: think, delay: 2d}\n{id: opening, sms: One again}\n{id: reminder, sms: Two}", "moved: {hero: opening}\n"
    )
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.edit(after)
        world.joins(BEN)
        world.tick(2 * DAY)
        assert sorted((message.contact, message.text) for message in world.messages()) == [
            (1, "One"), (1, "Two"), (2, "One again"), (2, "Two"),
        ]  # fmt: skip
        assert "passed before: nothing is sent a second time" in world.story(ADA)


def test_an_event_is_emitted_once_though_its_step_stands_elsewhere_now(tmp_path: Path) -> None:
    emits, think = "{id: says, emit: {event: order.placed}}", "{id: think, delay: 2d}"
    other = flow("{id: thanks, sms: Thanks}", name="other").replace("list.joined", "order.placed")
    with Edited(tmp_path, flow(f"{emits}\n{think}"), other) as world:
        world.joins(ADA)
        world.edit(flow(f"{think}\n{emits.replace('says', 'tells')}", "moved: {says: tells}\n"))
        world.joins(BEN)
        world.tick(2 * DAY)
        world.tick()
        assert sorted((message.contact, message.text) for message in world.messages()) == [(1, "Thanks"), (2, "Thanks")]
        assert world.ends().count("end") == 4
        assert "passed before: nothing is sent a second time" in world.story(ADA)


def test_a_renamed_split_draws_as_before(tmp_path: Path) -> None:
    split = "id: ab\n  split: {a: {weight: 1, steps: [{exit: a}]}, b: {weight: 1, steps: [{exit: b}]}}"
    many = [f"+1202555{number:04}" for number in range(100, 140)]
    with Edited(tmp_path, flow(split)) as world:
        for phone in many:
            world.contact(phone)
            world.event("list.joined", phone)
        world.tick()
        before = world.ends()
        assert set(before) == {"a", "b"}
        world.edit(flow(split.replace("ab", "half"), "moved: {ab: half}\n"))
        world.edit(flow(split.replace("ab", "half")))  # the line is not needed any more
        for phone in many:
            world.event("list.joined", phone)
        world.tick()
        assert world.ends()[len(before) :] == before


def test_another_kind_of_step_waits_until_the_time_that_is_set(tmp_path: Path) -> None:
    look = "id: look\n  wait_for: {happened: order.placed}\n  up_to: 9d\n  then: [{exit: bought}]\n  on_timeout: [{exit: silent}]"
    after = flow(f"{{id: hero, sms: One}}\n{look}", "moved: {think: look}\nremoved: {reminder: exit}\n")
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.joins(BEN)
        world.edit(after)
        assert world.rests() == [("look", 48), ("look", 48)]
        world.event("order.placed", BEN)
        world.tick(DAY)
        world.tick(DAY)
        assert world.ends() == ["silent", "bought"]


def test_a_text_in_place_of_a_delay_is_sent_at_its_end_and_not_before(tmp_path: Path) -> None:
    large = "{happened: {event: order.placed, where: {event: {total: {above: 99}}}}}"
    lines = f"moved: {{think: now}}\nremoved: {{reminder: exit}}\nexit_when: [{{when: {large}, reason: bought}}]\n"
    after = flow("{id: hero, sms: One}\n{id: now, sms: Now}", lines)
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.joins(BEN)
        world.edit(after)
        world.event("order.placed", BEN, {"order_id": "1", "total": "120.00"})
        world.event("order.placed", ADA, {"order_id": "2", "total": "20.00"})  # she is asked, and stays
        world.tick(HOUR)
        assert (world.texts, world.ends()) == (["One", "One"], ["waiting:now", "bought"])
        world.tick(2 * DAY)
        assert world.texts == ["One", "One", "Now"]


def test_another_verb_under_the_same_id_is_refused(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        with pytest.raises(
            Refused, match="1 contact of walk waits at the step think, which was `delay` and is `sms` now"
        ):
            world.edit(BEFORE.replace("think, delay: 2d", "think, sms: Hm"))
        world.tick(2 * DAY)
        assert world.texts == ["One", "Two"]


def test_a_removed_step_ends_the_run_now(tmp_path: Path) -> None:
    after = flow("{id: hero, sms: One}\n{id: reminder, sms: Two}", "removed: {think: exit}\n")
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.edit(after)
        assert world.ends() == ["step removed"]
        world.send()
        assert world.arrived() == [(ADA, "One")]
        world.tick(9 * DAY)
        assert world.texts == ["One"]


def test_what_is_taken_out_makes_no_text_earlier(tmp_path: Path) -> None:
    after = flow("{id: hero, sms: One}\n{id: reminder, sms: Two}", "removed: {think: reminder}\n")
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.edit(after)
        assert world.rests() == [("reminder", 48)]
        world.tick(DAY)
        assert world.texts == ["One"]
        world.tick(DAY)
        assert world.texts == ["One", "Two"]


def test_a_wait_begins_when_the_one_that_was_taken_out_is_over(tmp_path: Path) -> None:
    before = flow("{id: think, delay: 2d}\n{id: again, delay: 1d}\n{id: reminder, sms: Two}")
    after = flow("{id: again, delay: 1d}\n{id: reminder, sms: Two}", "removed: {think: again}\n")
    with Edited(tmp_path, before) as world:
        world.joins(ADA)
        world.edit(after)
        world.tick(2 * DAY)
        assert (world.rests(), world.texts) == ([("again", 24)], [])
        world.tick(DAY)
        assert world.texts == ["Two"]


def test_nobody_goes_back(tmp_path: Path) -> None:
    after = flow("{id: hero, sms: One}\n{id: reminder, sms: Two}", "removed: {think: hero}\n")
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        with pytest.raises(Refused, match="hero is not behind it"):
            world.edit(after)


def test_nobody_is_lost(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.joins(BEN)
        with pytest.raises(Refused, match="2 contacts of walk wait at the step think, which is gone") as refused:
            world.edit(flow("{id: hero, sms: One}\n{id: reminder, sms: Two}"))
        assert refused.value.help and "moved: {think: THE_NEW_NAME}" in refused.value.help


OTHER = flow("{id: bye, sms: Bye}", name="other").replace("list.joined", "order.placed")


def test_a_retired_flow_is_finished_as_it_was(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE, OTHER) as world:
        world.joins(ADA)
        world.gone("walk")
        world.edit(project=PROJECT + "retired: {walk: drain}\n")
        world.joins(BEN)
        world.edit(OTHER.replace("Bye", "Goodbye"), project=PROJECT + "retired: {walk: drain}\n")
        world.tick(2 * DAY)
        assert world.texts == ["One", "Two"]
        assert world.ends() == ["end"]


def test_a_stop_ends_a_run_of_a_retired_flow(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE, OTHER) as world:
        world.joins(ADA)
        world.gone("walk")
        world.edit(project=PROJECT + "retired: {walk: drain}\n")
        world.stops(ADA)
        world.tick(2 * DAY)
        assert world.ends()[0] == "opted out"
        assert "Two" not in world.texts


def test_a_retired_flow_ends_now(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE, OTHER) as world:
        world.joins(ADA)
        world.gone("walk")
        world.edit(project=PROJECT + "retired: {walk: exit}\n")
        assert world.ends() == ["flow retired"]
        assert world.told() == [("hero", "cancelled", "flow retired")]


def test_a_flow_that_is_gone_is_refused(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE, OTHER) as world:
        world.joins(ADA)
        world.gone("walk")
        with pytest.raises(Refused, match="1 contact in the flow walk, which is gone"):
            world.edit()


PINNED = flow("{id: hero, sms: First}\n{id: offer, sms: New}\n{id: think, delay: 5d}", "on_change: pin\n")


def test_pinned_ones_finish_in_their_version(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.send()
        world.edit(PINNED)
        world.joins(BEN)
        assert world.story(ADA)[-1] == "waits, and finishes as deployment 1 has the flow"
        assert world.story(BEN)[-1] == "wait 5d"
        world.edit(
            PINNED.replace("New", "Newer").replace("id: think", "id: ponder"), project=PROJECT.replace("Acme", "Apex")
        )
        world.tick(2 * DAY)
        assert world.texts == ["One", "First", "New", "Two"]
        world.tick(3 * DAY)
        assert world.ends() == ["end", "end"]


def test_pinned_ones_keep_the_names_of_their_steps(tmp_path: Path) -> None:
    before = flow("""\
{id: hero, sms: "One {{ link('shop') }}"}
{id: think, delay: 2d}
if: {clicked: {link: shop, since: hero}}
  then: [{exit: engaged}]
{id: reminder, sms: Two}""")
    after = flow(
        "{id: opening, sms: One}\n{id: pause, delay: 2d}", "on_change: pin\nmoved: {hero: opening, think: pause}\n"
    )
    with Edited(tmp_path, before) as world:
        world.joins(ADA)
        world.send()
        world.edit(after)
        world.clicks(ADA)
        world.tick(2 * DAY)
        assert world.ends() == ["engaged"]


def test_who_was_pinned_follows_when_the_flow_says_so(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.edit(PINNED)
        world.edit(
            flow("{id: hero, sms: First}\n{id: think, delay: 5d}\n{id: last, sms: Last}", "removed: {offer: exit}\n")
        )
        assert world.rests() == [("think", 48)]
        world.tick(2 * DAY)
        assert world.texts == ["One", "Last"]


SECOND = '  second: {provider: simulator, number: "+18335550100", countries: [US]}\n'
BOTH = PROJECT.replace("countries: [US, CA, JM]}\ncountries", f"countries: [US, CA, JM]}}\n{SECOND}countries")


@pytest.mark.parametrize(
    ("step", "removed", "said"),
    [
        ("sms: \"One {{ link('shop') }}\"", 'shop: "https://acme.example/spring"', "shop"),
        ("sms: \"One {{ contact.tier | default('x') }}\"", "tier: text, ", "tier"),
        (
            "wait_for: {happened: order.placed}, up_to: 1d",
            "  order.placed: {order_id: text, total: money}\n",
            "order.placed",
        ),
        ("sms: {text: Two, sender: second}", SECOND, "second"),
    ],
    ids=["link", "field", "event", "sender"],
)
def test_a_name_that_they_still_need_is_not_taken_away(tmp_path: Path, step: str, removed: str, said: str) -> None:
    before = flow(f"{{id: hero, sms: One}}\n{{id: think, delay: 2d}}\n{{id: reminder, {step}}}")
    after = flow("{id: hero, sms: One}\n{id: think, delay: 2d}", "on_change: pin\n")
    assert removed in BOTH
    with Edited(tmp_path, before, project=BOTH) as world:
        world.joins(ADA)
        world.edit(after, project=BOTH)
        with pytest.raises(Refused, match=f"1 contact of walk .*deployment 1.*{said}"):
            world.edit(after, project=BOTH.replace(removed, ""))
        world.write(project=BOTH)
        world.tick(2 * DAY)
        assert world.ends() in (["end"], ["waiting:reminder"])


def test_a_sender_of_messages_that_wait_is_not_taken_away(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        with pytest.raises(Refused, match="1 message that has not left needs the sender main"):
            world.edit(BEFORE, project=PROJECT.replace("main:", "other:"))
        world.send()
        world.edit(BEFORE, project=PROJECT.replace("main:", "other:"))


def test_a_link_of_messages_that_wait_is_not_taken_away(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE.replace("One", "\"One {{ link('shop') }}\"")) as world:
        world.joins(ADA)
        without = PROJECT.replace('links: {shop: "https://acme.example/spring"}\n', "")
        with pytest.raises(Refused, match="1 message that has not left needs the link shop"):
            world.edit(BEFORE, project=without)
        world.send()
        world.edit(BEFORE, project=without)


def rolled_back(world: Edited, name: str = "walk", to: int | None = None) -> None:
    with world.app.database.reading() as db:
        found = rollback_of(db, world.app.registry, world.app.media_dir, name, to)
    world.app.roll_back(found)
    world.reload()


def test_a_rollback_takes_those_who_wait_with_it(tmp_path: Path) -> None:
    after = BEFORE.replace("think", "pause").replace("Two", "New").replace("steps:", "moved: {think: pause}\nsteps:")
    with Edited(tmp_path, BEFORE, OTHER) as world:
        world.joins(ADA)
        world.edit(after)
        world.joins(BEN)
        world.edit(OTHER.replace("Bye", "Goodbye"))
        rolled_back(world)
        assert (world.rests(), world.app.deployed().id) == ([("think", 48), ("think", 48)], 4)
        world.tick(2 * DAY)
        assert world.texts == ["One", "One", "Two", "Two"]
        world.event("order.placed", ADA, {"order_id": "1", "total": "1"})
        world.tick()
        assert world.texts[-1] == "Goodbye"  # of the rest nothing went back
        world.edit(after.replace("New", "Newer"))
        with pytest.raises(Refused, match="rolled back in deployment 4"):
            world.edit(after)


def test_a_rollback_loses_nobody(tmp_path: Path) -> None:
    after = flow("{id: hero, sms: One}\n{id: new, delay: 2d}\n{id: reminder, sms: Two}", "removed: {think: exit}\n")
    with Edited(tmp_path, BEFORE) as world:
        world.edit(after)
        world.joins(ADA)
        with pytest.raises(Refused, match="1 contact of walk waits at the step new, which is gone"):
            rolled_back(world)
        assert world.app.deployed().id == 2


def test_a_rollback_brings_the_picture_back(tmp_path: Path) -> None:
    shown = flow("{id: hero, sms: {text: One, image: media/hero.png, otherwise: text}}")
    with Edited(tmp_path, shown) as world:
        world.joins(ADA)
        Image.new("RGB", (320, 400), "red").save(world.folder / "media/hero.png")
        world.edit(shown)
        world.joins(BEN)
        rolled_back(world)
        world.joins(BEN)
        first, second, third = (message.media for message in world.messages())
        assert first == third != second


def test_a_wait_counts_anew_on_purpose(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE) as world:
        world.joins(ADA)
        world.tick(DAY)
        world.edit(BEFORE.replace("2d", "3d"))
        assert world.rests() == [("think", 24)]
        wanted = Wanted("again", None, "walk", "think")
        carry_out(world.app.database, world.app.deployed(), wanted, world.clock.now)
        world.tick()
        assert world.rests() == [("think", 72)]
        world.tick(3 * DAY)
        assert world.texts == ["One", "Two"]


def test_a_flow_that_is_gone_comes_back(tmp_path: Path) -> None:
    with Edited(tmp_path, BEFORE, OTHER) as world:
        world.gone("walk")
        world.edit()
        rolled_back(world)
        world.joins(ADA)
        assert (world.texts, world.app.deployed().id) == (["One"], 3)


def test_a_rollback_does_not_change_the_picture_of_another_flow(tmp_path: Path) -> None:
    shown = flow("{id: hero, sms: {text: One, image: media/hero.png, otherwise: text}}")
    with Edited(tmp_path, shown, shown.replace("flow: walk", "flow: other")) as world:
        Image.new("RGB", (320, 400), "red").save(world.folder / "media/hero.png")
        world.edit(shown.replace("One", "Two"))
        with pytest.raises(Refused, match=r"another flow shows media/hero\.png too"):
            rolled_back(world)
