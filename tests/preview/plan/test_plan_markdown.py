"""A plan as a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.deploy.git import Revision
from engine.deploy.plan.planning import plan_here
from engine.deploy.read_project import read_and_check
from engine.preview.plan.markdown import MOST, escaped, fenced, plan_markdown
from tests.deploy.plan.test_plan import FLOW, plan
from tests.preview.plan.test_plan_text import EDITED
from tests.world import ADA, DAY, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ada waits at last_chance."""
    with World(tmp_path, FLOW) as made:
        made.event("list.joined", ADA)
        made.tick()
        made.tick(2 * DAY)
        yield made


def test_the_whole_comment(world: World) -> None:
    found = plan(world, EDITED)
    said = plan_markdown(found, "America/New_York").replace(found.id, "PLAN")
    head, _, details = said.partition("```text\n")
    assert head == (
        """\
### Leadoff plan `PLAN`: ✗ refused

deployment 1 \\(not in git, Apr 1\\) → your files \\(not in git\\)

flows: 1 changed · refused: 1 contact would be lost · plan PLAN

| | flow | inside | what becomes of them |
| --- | --- | ---: | --- |
| ✗ | spring | 1 | 1 would be lost |

"""
    )
    assert details.startswith('flows/spring.yaml: error: 1 contact waits at the step "last_chance", which is gone\n')
    assert "<details open><summary>spring: changed</summary>\n\n```text\n    ~ think        delay: 2d → 3d\n" in said
    assert "        + Acme: still thinking? 15% off until Sunday" in said


def test_each_flow_is_drawn_with_its_changes_marked(world: World) -> None:
    said = plan_markdown(plan(world, FLOW.replace("delay: 2d", "delay: 3d")), "America/New_York")
    _, _, drawn = said.partition("<details><summary>spring, drawn</summary>\n\n```mermaid\n")
    assert drawn.startswith("flowchart TD\n") and drawn.endswith("```\n\n</details>\n")
    assert '("`**think** wait 3d\n#126; changed`"):::changed\n' in drawn
    assert drawn.count(":::changed") == 1


def test_nothing_of_a_file_makes_markup() -> None:
    assert escaped("a|b <script> @ada [x](y) `z`") == r"a\|b \<script\> \@ada \[x\]\(y\) \`z\`"
    assert fenced(["```", "end"]).startswith("````text\n```\n")


def test_a_long_plan_is_cut_between_two_details(world: World) -> None:
    name = "flow: spring\n"
    flows = [FLOW.replace(name, f"flow: spring-{number}\n").replace("hello", "hello " * 200) for number in range(60)]
    world.write(*flows)
    world.apply()
    changed = [flow.replace("hello", "bye", 1).replace("hello " * 199, "bye " * 199) for flow in flows]
    said = plan_markdown(plan(world, *changed), "America/New_York")
    assert len(said) <= MOST
    assert " sections left out, as a comment holds no more: `leadoff plan` shows all.\n" in said
    assert said.count("<details") == said.count("</details>") > 5


def test_who_waits_is_not_known(world: World, tmp_path: Path) -> None:
    checked = read_and_check(world.folder, world.app.registry)
    with world.app.database.reading() as db:
        made = Revision(None, False)
        found = plan_here(db, world.folder, world.app.registry, checked, made, world.clock.now(), (), "nobody")
    assert "> **who waits is not known" in plan_markdown(found, "UTC")
