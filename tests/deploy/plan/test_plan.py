"""The plan: who waits where, what becomes of them, and whether anybody is touched at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.deploy.git import Revision
from engine.deploy.plan.plan import FlowPlan, Plan, StepPlan
from engine.deploy.plan.planning import plan_here
from engine.deploy.read_project import read_and_check
from engine.store.sql import number
from tests.world import ADA, BEN, CY, DAY, HOUR, PROJECT, START, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """\
flow: spring
language: 1
trigger: {event: list.joined}
steps:
  - id: hero
    sms: "Acme: hello {{ link('shop') }}"
  - id: think
    delay: 2d
  - id: reminder
    sms: "Acme: still thinking? {{ link('shop') }}"
  - id: last_chance
    wait_for: {clicked: {link: shop, since: reminder}}
    up_to: 3d
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ada waits at last_chance, Ben and Cy at think."""
    with World(tmp_path, FLOW) as made:
        made.event("list.joined", ADA)
        made.tick()
        made.tick(2 * DAY)
        for phone in (BEN, CY):
            made.event("list.joined", phone)
            made.tick(HOUR)
        yield made


def plan(world: World, *flows: str, project: str = PROJECT, again: tuple[str, ...] = ()) -> Plan:
    world.write(*flows, project=project)
    checked = read_and_check(world.folder, world.app.registry)
    assert checked.ok, checked.findings
    with world.app.database.reading() as db:
        made = Revision(None, False)
        return plan_here(db, world.folder, world.app.registry, checked, made, world.clock.now(), again)


def of_flow(found: Plan, name: str = "spring") -> FlowPlan:
    return next(flow for flow in found.flows if flow.flow == name)


def of_step(found: Plan, name: str) -> StepPlan:
    return next(step for step in of_flow(found).steps if step.step == name)


def test_nothing_is_nothing(world: World) -> None:
    found = plan(world, FLOW.replace("delay: 2d", "delay: 48h".replace("48h", "2d # two days")))
    assert (found.there, found.touches, found.refused) == (False, False, ())
    assert of_flow(found).inside == 3


def test_who_waits_keeps_the_time(world: World) -> None:
    found = of_step(plan(world, FLOW.replace("2d", "3d")), "think")
    (edit,) = found.edits
    assert (edit.then, edit.waiting.runs) == ("keeps", 2)
    assert (edit.waiting.first_due, edit.waiting.last_due) == (START + 4 * DAY + HOUR, START + 4 * DAY + 2 * HOUR)
    assert found.coming == 0  # Ada is behind it


def test_who_may_get_the_new_text(world: World) -> None:
    found = plan(world, FLOW.replace("still thinking", "still there"))
    assert of_step(found, "reminder").coming == 2
    assert found.touches


def test_a_text_that_is_written_already_goes_as_it_is(world: World) -> None:
    assert of_step(plan(world, FLOW.replace("hello", "hi")), "hero").unsent == 3


def test_a_step_behind_and_one_in_front(world: World) -> None:
    more = '  - id: more\n    sms: "Acme: more"\n'
    behind = plan(world, FLOW.replace("  - id: last_chance", f"{more}  - id: last_chance"))
    assert of_step(behind, "more").coming == 2
    in_front = plan(world, FLOW.replace("  - id: hero", f"{more}  - id: hero"))
    assert of_step(in_front, "more").coming == 0


def test_a_lost_place_is_refused_and_the_line_to_paste_is_named(world: World) -> None:
    found = plan(world, FLOW.replace("last_chance", "last_wait"))
    (refusal,) = found.refused
    assert (refusal.flow, refusal.step, refusal.waiting) == ("spring", "last_chance", 1)
    assert refusal.suggest == ("moved: {last_chance: last_wait}", "removed: {last_chance: exit}")


def test_moved_is_nothing_to_those_who_wait(world: World) -> None:
    found = plan(
        world, FLOW.replace("last_chance", "last_wait").replace("steps:", "moved: {last_chance: last_wait}\nsteps:")
    )
    step = of_step(found, "last_wait")
    assert (step.change.change, step.change.was, step.change.fields) == ("renamed", "last_chance", ())
    assert [(edit.then, edit.to) for edit in step.edits] == [("moved", "last_wait")]
    assert not found.refused


def test_a_flow_without_a_file(world: World) -> None:
    (world.folder / "flows/spring.yaml").unlink()
    found = plan(world, FLOW.replace("flow: spring", "flow: autumn"))
    (refusal,) = found.refused
    assert (refusal.flow, refusal.step, refusal.waiting) == ("spring", None, 3)
    drained = plan(world, project=f"{PROJECT}retired: {{spring: drain}}\n")
    ((edit,), refused) = of_flow(drained).elsewhere, drained.refused
    assert (edit.then, edit.waiting.runs, refused) == ("drained", 3, ())


def test_pinned_runs_stay(world: World) -> None:
    found = plan(world, FLOW.replace("2d", "3d").replace("language: 1", "language: 1\non_change: pin"))
    assert {edit.then for edit in of_flow(found).edits} == {"pinned"}
    assert sum(edit.waiting.runs for edit in of_flow(found).edits) == 3


def test_a_new_flow_touches_nobody(world: World) -> None:
    found = plan(world, FLOW, FLOW.replace("flow: spring", "flow: autumn"))
    assert (found.there, found.touches) == (True, False)


SEGMENT = f"{PROJECT}segments: {{gold: {{contact: {{tier: gold}}}}}}\n"
WIN_BACK = """\
flow: win-back
language: 1
trigger: {segment: gold, enroll_existing: true}
steps:
  - id: hi
    sms: "Acme: gold. Reply STOP to opt out"
"""


def test_who_is_in_a_segment_starts_at_once(world: World) -> None:
    for phone in (ADA, BEN):
        world.contact(phone, tier="gold")
    found = plan(world, FLOW, WIN_BACK, project=SEGMENT)
    assert of_flow(found, "win-back").starts == 2
    assert found.touches
    world.apply()
    assert of_flow(plan(world, FLOW, WIN_BACK, project=SEGMENT), "win-back").starts == 0


def test_who_comes_into_a_segment_and_who_leaves_it_by_an_edit(world: World) -> None:
    world.contact(ADA, tier="gold", orders=1)
    world.contact(BEN, tier="gold", orders=5)
    world.contact(CY, orders=9)
    world.write(FLOW, project=SEGMENT)
    world.apply()
    (segment,) = plan(world, FLOW, project=SEGMENT.replace("tier: gold", "orders: {above: 3}")).segments
    assert (segment.comes, segment.goes) == (1, 1)


def test_what_hours_hold_is_asked_again(tmp_path: Path) -> None:
    night = PROJECT.replace("quiet_hours: off", 'quiet_hours: {between: ["20:00", "09:00"]}')
    with World(tmp_path, FLOW, project=night) as world:
        world.tick(12 * HOUR)  # 22:00 in New York
        world.event("list.joined", ADA)
        world.tick()
        assert plan(world, FLOW.replace("2d", "3d"), project=night).held == 0
        assert plan(world, FLOW, project=PROJECT).held == 1


def test_prices_touch_nobody_and_hours_do(world: World) -> None:
    assert not plan(world, FLOW, project=f"{PROJECT}prices: {{US: {{sms: 0.02}}}}\n").touches
    assert plan(world, FLOW, project=f"{PROJECT}caps: {{marketing: {{per_day: 1}}}}\n").touches


def test_lines_that_nobody_needs_any_more(world: World) -> None:
    renamed = FLOW.replace("last_chance", "last_wait").replace("steps:", "moved: {last_chance: last_wait}\nsteps:")
    assert plan(world, renamed).notes == ()
    passed = FLOW.replace("id: hero", "id: opening").replace("steps:", "moved: {hero: opening}\nsteps:")
    assert plan(world, passed).notes == ()  # nobody is at it, and without the line `opening` would be another step
    (note,) = plan(world, FLOW.replace("steps:", "moved: {once: hero}\nsteps:"), project=f"{PROJECT}").notes
    assert note.startswith('flows/spring.yaml:4:9: note: nobody waits at "once" in this database: the line can go')
    world.is_counted = False  # rows are changed by hand
    world.app.database.write(lambda db: db.execute("UPDATE run SET status = 2, exited_at = ?", (START,)))
    assert plan(world, FLOW, project=f"{PROJECT}retired: {{winter: drain}}\n").notes == (
        'leadoff.yaml:13:11: note: the flow "winter" is empty: the line can go',
    )


SPLIT = """\
  - id: subject
    split:
      long: {weight: 50, steps: [{id: many, sms: "Acme: it is here"}]}
      short: {weight: 50, steps: [{id: few, sms: "Acme: here"}]}
"""


def test_a_weight_moves_a_part_of_those_who_come(world: World) -> None:
    world.write(FLOW + SPLIT)
    world.apply()
    found = plan(
        world,
        FLOW
        + SPLIT.replace("long: {weight: 50", "long: {weight: 30").replace("short: {weight: 50", "short: {weight: 70"),
    )
    assert of_step(found, "subject").redrawn == pytest.approx(0.2)


def test_a_split_under_another_id_draws_anew(world: World) -> None:
    world.write(FLOW + SPLIT)
    world.apply()
    found = plan(world, FLOW + SPLIT.replace("id: subject", "id: wording"))
    assert of_step(found, "subject").draws_anew
    moved = FLOW.replace("steps:", "moved: {subject: wording}\nsteps:", 1) + SPLIT.replace("id: subject", "id: wording")
    assert not of_step(plan(world, moved), "wording").draws_anew
    assert not of_step(plan(world, FLOW.replace("last_chance", "last_wait") + SPLIT), "last_chance").draws_anew


CAMPAIGN = """\
flow: sale
language: 1
trigger: {schedule: {at: "2027-04-02 12:00", audience: {contact: {country: {in: [US, CA]}}}}}
steps:
  - id: hi
    sms: "Acme: sale. Reply STOP to opt out"
"""


def test_a_campaign_at_another_time_is_refused(world: World) -> None:
    world.write(FLOW, CAMPAIGN.replace("04-02", "04-05"))
    world.apply()
    for _ in range(3):
        world.tick(DAY)
    later = CAMPAIGN.replace("04-02", "04-20")
    (refusal,) = plan(world, FLOW, later).refused
    assert refusal.why.startswith("the campaign sale has already been sent to 3 contacts")
    assert plan(world, FLOW, later, again=("sale",)).refused == ()


def test_the_id_is_of_the_changes_and_not_of_the_counts(world: World) -> None:
    before = plan(world, FLOW.replace("2d", "3d"))
    world.event("list.joined", "+12125550107")
    world.tick(HOUR)
    after = plan(world, FLOW.replace("2d", "3d"))
    assert (before.id, of_flow(before).inside) == (after.id, of_flow(after).inside - 1)
    assert plan(world, FLOW.replace("2d", "4d")).id != before.id


def test_a_plan_writes_nothing(world: World) -> None:
    def sizes() -> list[int | None]:
        with world.app.database.reading() as db:
            tables = ("deployment", "flow", "step", "run", "message", "schedule", "segment", "meta", "journal", "event")
            return [number(db, f"SELECT COUNT(*) FROM {table}") for table in tables]

    before = sizes()
    plan(world, FLOW.replace("last_chance", "last_wait"), WIN_BACK, CAMPAIGN, project=SEGMENT)
    assert sizes() == before


def test_a_deployment_that_this_version_cannot_read(world: World) -> None:
    world.app.database.write(
        lambda db: db.execute("UPDATE deployment SET content = replace(content, 'delay: 2d', 'delai: 2d')")
    )
    found = plan(world, FLOW)
    assert any("this version cannot read deployment 1" in note for note in found.notes)
    assert found.there


def test_who_is_pinned_already_is_not_told_again_until_the_pin_is_gone(world: World) -> None:
    pinned = FLOW.replace("2d", "3d").replace("language: 1", "language: 1\non_change: pin")
    world.write(pinned)
    world.apply()
    assert not plan(world, pinned).there
    (edit,) = of_flow(plan(world, pinned.replace("\non_change: pin", ""))).elsewhere
    assert (edit.then, edit.waiting.runs, edit.deployment) == ("keeps", 3, 1)


def test_a_sender_that_a_written_message_needs(world: World) -> None:
    other = PROJECT.replace("  main:", "  other:")
    (refusal,) = plan(world, FLOW, project=other).refused
    assert refusal.why == "4 messages that have not left need the sender main, which is gone"
