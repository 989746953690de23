"""What those inside will get, as deployed and with the files: the real rows, played on copies in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.deploy.plan.plan import Forecast, Texts
from engine.preview.plan.forecast import forecast
from engine.preview.plan.words import forecast_words
from tests.deploy.plan.test_plan import FLOW, plan
from tests.world import ADA, BEN, CY, DAY, HOUR, PROJECT, World

pytestmark = pytest.mark.usefixtures("each_database")

LOOKED = """\
flow: spring
language: 1
trigger: {event: list.joined}
steps:
  - id: hero
    sms: "Acme: hello {{ link('shop') }}"
  - id: think
    delay: 2d
  - if: {clicked: {link: shop, since: hero}}
    then: [{exit: looked}]
  - id: reminder
    sms: "Acme: still thinking? {{ link('shop') }}"
  - id: rest
    delay: 1d
  - id: last
    sms: "Acme: last words"
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ada, Ben and Cy have got hero, and wait at think."""
    with World(tmp_path, LOOKED) as made:
        for phone in (ADA, BEN, CY):
            made.event("list.joined", phone)
        made.tick()
        made.send()
        made.callbacks()
        made.tick(HOUR)
        yield made


def foreseen(world: World, *flows: str, most: int = 100, project: str = PROJECT) -> Forecast:
    made = plan(world, *flows, project=project)
    found = forecast(world.app.database, made, world.app.registry, world.clock.now(), most=most)
    assert found is not None
    return found


def texts(world: World, flow: str, project: str = PROJECT) -> Texts:
    return foreseen(world, flow, project=project).texts


def test_from_nobody_reacts_to_everybody_does(world: World) -> None:
    found = foreseen(world, LOOKED.replace("still thinking?", "still there?"))
    assert (found.days, found.played, found.of) == (7, 3, 3)
    assert found.planned == found.deployed
    assert (found.planned.sms, found.planned.mms, found.planned.price) == ((0, 6), (0, 0), (0, 90_000))


def test_another_text_the_same_at_another_time_and_nothing(world: World) -> None:
    assert texts(world, LOOKED.replace("last words", "bye")) == Texts(3, 0, 0, 3, 0, 0)
    assert texts(world, LOOKED.replace("delay: 1d", "delay: 2d")) == Texts(3, 0, 3, 0, 0, 0)
    taken_out = LOOKED.replace("  - id: think\n    delay: 2d\n", "").replace(
        "steps:", "removed: {think: exit}\nsteps:", 1
    )
    assert texts(world, taken_out) == Texts(3, 0, 0, 0, 3, 0)


def test_their_time_is_kept(world: World) -> None:
    assert texts(world, LOOKED.replace("delay: 2d", "delay: 5d")) == Texts(3, 3, 0, 0, 0, 0)


def test_a_renamed_step_changes_nothing_and_a_copied_one_sends_twice(world: World) -> None:
    renamed = LOOKED.replace("id: reminder", "id: nudge").replace("steps:", "moved: {reminder: nudge}\nsteps:", 1)
    assert texts(world, renamed) == Texts(3, 3, 0, 0, 0, 0)
    copied = LOOKED.replace(
        "  - id: rest", "  - id: again\n    sms: \"Acme: still thinking? {{ link('shop') }}\"\n  - id: rest"
    )
    assert texts(world, copied) == Texts(3, 0, 0, 3, 0, 3)


def test_a_new_cap_is_asked_by_the_real_gates(world: World) -> None:
    project = f"{PROJECT}caps: {{marketing: {{per_week: 1}}}}\n"
    found = foreseen(world, LOOKED, project=project)
    assert found.deployed.sms == (0, 6)
    assert found.planned.sms == (0, 3)


def test_of_many_a_sample_is_played(world: World) -> None:
    made = plan(world, LOOKED.replace("last words", "bye"))
    found = [forecast(world.app.database, made, world.app.registry, world.clock.now(), most=1) for _ in range(2)]
    assert found[0] == found[1] and found[0] is not None
    assert (found[0].played, found[0].of, found[0].planned.sms, found[0].texts.waiting) == (1, 3, (0, 6), 3)
    assert next(forecast_words(made._replace(forecast=found[0]), "USD")).startswith(
        "Played for 1 of the 3 contacts inside, drawn at random"
    )


def test_nothing_is_written_and_the_same_comes_twice(world: World) -> None:
    def image() -> list[str]:
        with world.app.database.reading() as db:
            return [
                str(row)
                for table in ("run", "message", "event", "journal", "deployment", "meta")
                for row in db.execute(f"SELECT * FROM {table}")
            ]

    before = image()
    one, two = (foreseen(world, LOOKED.replace("2d", "3d")) for _ in range(2))
    assert (one, image()) == (two, before)


def test_without_anybody_there_is_no_forecast(world: World) -> None:
    def none(*flows: str) -> bool:
        made = plan(world, *flows)
        return forecast(world.app.database, made, world.app.registry, world.clock.now()) is None

    assert none(LOOKED)
    assert none(LOOKED.replace("id: think", "id: ponder"))  # refused
    assert none(LOOKED, FLOW.replace("flow: spring", "flow: autumn"))


def test_in_words(world: World) -> None:
    made = plan(world, LOOKED.replace("last words", "bye"))
    made = made._replace(forecast=forecast(world.app.database, made, world.app.registry, world.clock.now()))
    assert list(forecast_words(made, "USD")) == [
        "Those inside now, over 7 days: 0–6 SMS, $0.000–$0.090 (the same as deployed)",
        "If nobody reacts, of 3 who wait: 3 another text; nobody gets anything twice",
    ]


PEOPLE = [f"+1{area}5550{number}" for number in range(110, 120) for area in (202, 312, 503, 617)]


def test_what_is_foreseen_is_what_happens(tmp_path: Path) -> None:
    """40 contacts of four zones, spread over the steps, with hours and caps: the messages of the plan leave after `apply`."""
    project = PROJECT.replace("quiet_hours: off", 'quiet_hours: {between: ["20:00", "09:00"]}')
    project += "caps: {marketing: {per_week: 2}}\n"
    with World(tmp_path, LOOKED, project=project) as world:
        for phone in PEOPLE:
            world.contact(phone)
            world.consent(phone, "subscribed")
            world.event("list.joined", phone)
            world.tick(2 * HOUR)
            world.send()
        edited = LOOKED.replace("delay: 2d", "delay: 4d").replace("last words", "bye").replace("id: rest", "id: pause")
        edited = edited.replace("still thinking?", "still there?").replace("steps:", "moved: {rest: pause}\nsteps:", 1)
        found = foreseen(world, edited, project=project)
        now = world.clock.now()
        world.apply()
        due = now
        while due <= now + 7 * DAY:
            world.clock.move_to(max(due, world.clock.now()))
            ahead = world.engine.tick(world.clock.now())
            world.send()
            dues = [at for at in (ahead, world.outbox.next_due(world.clock.now())) if at is not None]
            due = min(dues, default=now + 8 * DAY)
        left = [message for message in world.messages() if message.sent_at is not None and message.sent_at >= now]
        assert len(left) > 20
        assert found.planned.sms[1] == len(left)  # nobody reacted
        assert found.planned.price[1] == sum(message.price for message in left)
