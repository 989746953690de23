"""A plan as people read it in a terminal: whole plans, word for word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.preview.plan.document import plan_document
from engine.preview.plan.text import plan_lines
from tests.deploy.plan.test_plan import FLOW, SEGMENT, WIN_BACK, plan
from tests.world import ADA, BEN, CY, DAY, HOUR, PROJECT, World

EDITED = (
    FLOW.replace("2d", "3d")
    .replace("still thinking?", "still thinking? 15% off until Sunday, and shipping is free:")
    .replace("last_chance", "last_wait")
)
MOVED = EDITED.replace("steps:", "moved: {last_chance: last_wait}\nsteps:")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ada waits at last_chance, Ben and Cy at think."""
    with World(
        tmp_path, FLOW, FLOW.replace("flow: spring", "flow: autumn").replace("list.joined", "order.placed")
    ) as made:
        made.event("list.joined", ADA)
        made.tick()
        made.tick(2 * DAY)
        for phone in (BEN, CY):
            made.event("list.joined", phone)
            made.tick(HOUR)
        yield made


def shown(world: World, *flows: str, project: str = PROJECT, everything: bool = False) -> str:
    found = plan(world, *flows, project=project)
    lines = ("".join(text for text, _ in line) for line in plan_lines(found, "America/New_York", everything))
    return "\n".join(lines).replace(found.id, "PLAN")


def test_a_renamed_step_and_one_that_is_lost(world: World) -> None:
    assert shown(world, EDITED) == (
        """\
deployment 1 (not in git, Apr 1) → your files (not in git)

✗ spring                                                       3 contacts inside
    ~ think        delay: 2d → 3d
        2 wait: they keep their time (Mon, Apr 5 11:00 AM … Mon, Apr 5 12:00 PM); 3d is for those who come
    ~ reminder     text
        - Acme: still thinking? …
        + Acme: still thinking? 15% off until Sunday, and shipping is free: …
        2 may get the new one
        1 message of it is written already: sent as written
    - last_chance  wait up to 3d for clicked shop since reminder
        1 waits at it and would be lost: say where they go
    + last_wait    wait up to 3d for clicked shop since reminder
        2 of those inside come by it

= 1 flow unchanged

flows/spring.yaml: error: 1 contact waits at the step "last_chance", which is gone
   |
11 | -  - id: last_chance                       deployment 1
   |          ^^^^^^^^^^^
   = help: it reads like "last_wait": moved: {last_chance: last_wait}
   = help: or it is gone:             removed: {last_chance: exit}      (or a step behind it)

flows: 1 changed, 1 unchanged · refused: 1 contact would be lost · plan PLAN"""
    )


def test_the_same_with_the_line_pasted(world: World) -> None:
    said = shown(world, MOVED, everything=True)
    assert "✗" not in said
    assert (
        "    → last_wait  was called last_chance\n        1 waits, nothing changes for them (Tue, Apr 6 10:00 AM)\n"
        in said
    )
    assert "= autumn unchanged\n" in said


def test_who_starts_at_once(world: World) -> None:
    world.contact(ADA, tier="gold")
    said = shown(world, FLOW, WIN_BACK, project=SEGMENT)
    assert "+ win-back\n    1 contact is in its segment and starts at once (enroll_existing)\n" in said
    assert "+ segment gold: contact tier gold\n" in said
    assert said.endswith("flows: 1 new, 2 unchanged · segments: 1 change · plan PLAN")


def test_nothing_to_do(world: World) -> None:
    assert shown(world, FLOW).endswith("\n= 2 flows unchanged\n\nnothing to do · plan PLAN")


def test_as_one_object_for_scripts(world: World) -> None:
    found = plan_document(plan(world, MOVED))
    (flow,) = found["flows"]
    assert (flow["flow"], flow["change"], flow["inside"]) == ("spring", "changed", 3)
    assert [(step["step"], step["change"], step["waiting"], step["then"]) for step in flow["steps"]] == [
        ("think", "changed", 2, "keeps"),
        ("reminder", "changed", 0, None),
        ("last_wait", "renamed", 1, "moved"),
    ]
    assert flow["steps"][0]["fields"] == [{"field": "delay", "before": "2d", "after": "3d"}]
    assert flow["steps"][0]["first_due"] == "2027-04-05T15:00:00.000Z"
    assert (found["format_version"], found["touches_people"], found["refused"]) == (1, True, [])
    assert found["from"]["deployment"] == 1


THINK = "  - id: think\n    delay: 2d\n"


@pytest.mark.parametrize(
    ("flow", "more", "line"),
    [
        (
            FLOW.replace(THINK, "").replace("steps:", "removed: {think: reminder}\nsteps:", 1),
            "",
            "2 wait at it: they go on at reminder at the time that they have (Mon, Apr 5 11:00 AM … Mon, Apr 5 12:00 PM)",
        ),
        (
            FLOW.replace(THINK, "").replace("steps:", "removed: {think: exit}\nsteps:", 1),
            "",
            "2 wait at it: their run ends now (step removed)",
        ),
        (FLOW.replace("2d", "3d").replace("steps:", "on_change: pin\nsteps:", 1), "", "3 stay on deployment 1"),
        (
            FLOW.replace("{clicked: {link: shop, since: reminder}}", "{replied: true}"),
            "",
            "1 who waits is asked with the new condition when something next happens to them",
        ),
        (
            FLOW.replace("steps:", "exit_when: [{when: {happened: order.placed}, reason: bought}]\nsteps:", 1),
            "",
            "those inside are asked with the new condition when something next happens to them",
        ),
        ("", "retired: {spring: exit}\n", "3 are in it: it ends for them now, unsent messages are cancelled"),
        ("", "retired: {spring: drain}\n", "3 finish it as deployment 1 has it; no contact enters"),
        ("", "", "3 are in it and would be lost: say where they go"),
    ],
    ids=["goes on", "exits", "pinned", "asked", "exit_when", "ends", "drains", "lost"],
)
def test_what_becomes_of_those_who_wait(flow: str, more: str, line: str, world: World) -> None:
    if not flow:
        (world.folder / "flows/spring.yaml").unlink()
    said = shown(world, *filter(None, [flow]), project=PROJECT + more)
    assert line in [each.strip() for each in said.splitlines()]


def test_parked_ones_are_named(world: World) -> None:
    world.app.database.write(lambda db: db.execute("UPDATE run SET status = 1 WHERE id = 2"))
    assert "        2 (1 parked) wait: they keep their time (" in shown(world, FLOW.replace("2d", "3d"))
