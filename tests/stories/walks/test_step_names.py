"""Names that steps had at another time: what was sent under one of them is not sent again under another."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Refused
from tests.stories.walks.edited import DAY, Edited, flow
from tests.stories.walks.test_edits import rolled_back
from tests.world import ADA, HOUR


def texts(world: Edited) -> list[tuple[str, str]]:
    return [(message.step, message.text) for message in world.messages()]


def test_a_rollback_knows_a_step_that_was_renamed_and_taken_out(tmp_path: Path) -> None:
    d0 = flow("{id: a, sms: A}\n{id: think, delay: 2d}\n{id: last, sms: Last}")
    d1 = flow("{id: think, delay: 2d}\n{id: a, sms: A}\n{id: last, sms: Last}")
    d2 = flow("{id: think, delay: 2d}\n{id: b, sms: A}\n{id: last, sms: Last}", "moved: {a: b}\n")
    d3 = flow("{id: think, delay: 2d}\n{id: last, sms: Last}")
    with Edited(tmp_path, d0) as world:
        world.joins(ADA)
        world.edit(d1)
        world.edit(d2)
        world.edit(d3)
        rolled_back(world, to=2)
        world.tick(2 * DAY)
        assert world.texts == ["A", "Last"]


def test_an_older_version_means_the_step_that_it_had_by_that_name(tmp_path: Path) -> None:
    pin = "on_change: pin\n"
    d1 = flow("{id: think, delay: 2d}\n{id: foo, sms: Foo}\n{id: rest, delay: 2d}\n{id: last, sms: Last}", pin)
    d2 = flow(
        "{id: think, delay: 2d}\n{id: baz, sms: Foo}\n{id: rest, delay: 2d}\n{id: last, sms: Last}",
        pin + "moved: {foo: baz}\n",
    )
    d3 = flow(
        "{id: think, delay: 2d}\n{id: foo, sms: Other}\n{id: rest, delay: 2d}\n{id: baz, sms: Foo}\n{id: last, sms: Last}",
        pin,
    )
    d4 = flow(
        "{id: think, delay: 2d}\n{id: foo, sms: Other}\n{id: rest, delay: 2d}\n{id: baz, sms: Foo}\n{id: last, sms: Last}"
    )
    with Edited(tmp_path, d1) as world:
        world.joins(ADA)
        world.edit(d2)
        world.edit(d3)
        world.tick(2 * DAY)
        assert texts(world) == [("baz", "Foo")]
        world.edit(d4)
        world.tick(2 * DAY)
        assert world.texts == ["Foo", "Last"]


def test_a_rollback_of_names_that_were_swapped(tmp_path: Path) -> None:
    d0 = flow("{id: a, sms: A}\n{id: think, delay: 2d}\n{id: b, sms: B}\n{id: last, sms: Last}")
    d1 = flow("{id: think, delay: 2d}\n{id: a, sms: A}\n{id: b, sms: B}\n{id: last, sms: Last}")
    with Edited(tmp_path, d0) as world:
        world.joins(ADA)
        world.edit(d1)
        world.edit(
            flow("{id: think, delay: 2d}\n{id: x, sms: A}\n{id: b, sms: B}\n{id: last, sms: Last}", "moved: {a: x}\n")
        )
        world.edit(
            flow("{id: think, delay: 2d}\n{id: x, sms: A}\n{id: a, sms: B}\n{id: last, sms: Last}", "moved: {b: a}\n")
        )
        world.edit(
            flow("{id: think, delay: 2d}\n{id: b, sms: A}\n{id: a, sms: B}\n{id: last, sms: Last}", "moved: {x: b}\n")
        )
        rolled_back(world, to=2)
        world.tick(2 * DAY)
        assert world.texts == ["A", "B", "Last"]
        rolled_back(world, to=5)
        rolled_back(world, to=2)
        assert [step for step, _ in texts(world)] == ["a", "b", "last"]


def test_a_rollback_to_a_version_whose_name_another_step_has_now(tmp_path: Path) -> None:
    with Edited(tmp_path, flow("{id: foo, sms: Foo}\n{id: think, delay: 2d}\n{id: last, sms: Last}")) as world:
        world.joins(ADA)
        world.edit(flow("{id: think, delay: 2d}\n{id: foo, sms: Foo}\n{id: last, sms: Last}"))
        world.edit(flow("{id: think, delay: 2d}\n{id: baz, sms: Foo}\n{id: last, sms: Last}", "moved: {foo: baz}\n"))
        both = "{id: think, delay: 2d}\n{id: baz, sms: Foo}\n{id: foo, delay: 1d}\n{id: last, sms: Last}"
        world.edit(flow(both))
        rolled_back(world, to=2)
        rolled_back(world, to=4)
        world.tick(2 * DAY)
        assert (world.texts, world.rests()) == (["Foo"], [("foo", 24)])
        with pytest.raises(Refused, match="1 contact of walk waits at the step foo, which is gone"):
            rolled_back(world, to=2)


@pytest.mark.parametrize("pin", ["", "on_change: pin\n"])
def test_a_click_since_a_step_counts_whatever_the_step_is_called_by_now(tmp_path: Path, pin: str) -> None:
    def steps(hero: str) -> str:
        return (
            f"""{{id: {hero}, sms: "Look: {{{{ link('shop') }}}}"}}\n{{id: think, delay: 2d}}\n"""
            f"if: {{clicked: {{link: shop, since: {hero}}}}}\n  then: [{{id: thanks, sms: Thanks}}]"
        )

    with Edited(tmp_path, flow(steps("hero"), pin)) as world:
        world.joins(ADA)
        assert world.send() == 1
        world.tick(HOUR)
        world.clicks(ADA)
        world.edit(flow(steps("offer"), f"{pin}moved: {{hero: offer}}\n"))
        world.tick(2 * DAY)
        assert world.texts[1:] == ["Thanks"]
