"""Branch coverage: everything of a flow that counts, in words and with its line; and what stories reach of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image

from engine.core.lots import Lots
from engine.delivery.web_call import CallAnswer, CallRefused
from engine.deploy.read_project import read_and_check
from engine.preview.flow_tests.coverage import Coverage, Reached, Tally, coverage, percent, report
from engine.preview.worlds.stage import Stage
from engine.preview.worlds.world import World
from engine.registry import registry
from engine.store.contacts import StoredContact
from tests.world import ADA, DAY, HOUR, PROJECT, START

JAMAICA = "+18765550119"
PROJECT_WITH_LIMITS = (
    PROJECT.replace("quiet_hours: off\n", "caps: {marketing: {per_day: 1}}\n")
    + """\
  looked.at_it: {}
  is.gold: {}
  is.other: {}
  got.a: {}
"""
)
EVERYTHING = """\
flow: all
language: 1
trigger:
  - event: list.joined
    where: {event: {list: vip}}
  - keyword: JOIN
  - manual
entry:
  require: {not: {contact: {tags: {has: staff}}}}
exit_when:
  - when: {happened: order.placed}
    reason: bought
steps:
  - id: hero
    sms:
      text: "Acme: hello {{ link('shop') }} Reply STOP to opt out"
      image: media/a.jpg
      otherwise: text
      on_quiet: skip
      on_cap: skip
  - id: looked
    if: {clicked: shop}
    then: [{emit: looked.at_it}]
  - switch:
      - when: {contact: {tags: {has: gold}}}
        steps: [{emit: is.gold}]
      - else: [{emit: is.other}]
  - id: halves
    split:
      a: {weight: 1, steps: [{emit: got.a}]}
      b: {weight: 1}
  - id: asks
    webhook: {url: "https://crm.example/x"}
    on_error: exit
  - id: last
    wait_for: {clicked: shop}
    up_to: 1d
    then: [{exit: engaged}]
"""
NEVER = """\
all.yaml:4   list.joined never started a run
all.yaml:5   list.joined was never refused by `where`
all.yaml:6   a keyword never started a run
all.yaml:7   a start by hand never started a run
all.yaml:9   `require` never refused a contact
all.yaml:11  `bought` never ended a run
all.yaml:18  hero never went to a number that gets no MMS (otherwise)
all.yaml:19  hero was never skipped for quiet hours (on_quiet)
all.yaml:20  hero was never skipped for a cap (on_cap)
all.yaml:21  looked was never false (else)
all.yaml:23  looked was never true (then)
all.yaml:25  `switch` never took the branch of contact tags has gold
all.yaml:27  `switch` never took else
all.yaml:30  halves never drew a
all.yaml:31  halves never drew b
all.yaml:34  asks never failed (on_error)
all.yaml:35  last never ran out of time (on_timeout)
all.yaml:38  last was never in time (then)""".splitlines()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    for folder in ("flows", "media"):
        (tmp_path / folder).mkdir()
    (tmp_path / "leadoff.yaml").write_text(PROJECT_WITH_LIMITS)
    (tmp_path / "flows/all.yaml").write_text(EVERYTHING)
    Image.new("RGB", (640, 480), "teal").save(tmp_path / "media/a.jpg")
    checked = read_and_check(tmp_path, registry())
    assert checked.ok, checked.findings
    return Stage(checked)


Story = Callable[[World, StoredContact], None]


def reached_by(
    stage: Stage, story: Story, fields: Mapping[str, object] = {}, start: int = START, draws: Mapping[str, str] = {}
) -> list[str]:
    """The words of what this story reaches."""
    reached = Reached()
    world = stage.world(start, Lots(draws), reached)
    who = world.add({"phone": ADA, **fields})
    world.open()
    story(world, who)
    world.play(start + 14 * DAY)
    world.close()
    tally = Tally()
    tally.add("all", reached)
    (of_all,) = coverage(stage, tally, ["all"])
    return [target.words for target in of_all.targets if target not in of_all.missing]


def joins(world: World, who: StoredContact, list: str = "vip") -> None:
    assert world.event(who, "list.joined", {"list": list}).status == "accepted"


def clicks(world: World, who: StoredContact) -> None:
    assert world.click(who, "shop")


def buys(world: World, who: StoredContact) -> None:
    assert world.event(who, "order.placed", {"order_id": "A", "total": 5}).status == "accepted"


def nothing_reached(stage: Stage) -> Coverage:
    (found,) = coverage(stage, Tally(), ["all"])
    return found


def test_all_that_counts_is_named_with_its_line(stage: Stage) -> None:
    lines = [line.removeprefix("all    ").strip() for line in report([nothing_reached(stage)])[1:-1]]
    lines[0] = lines[0].removeprefix("0/18").strip()
    assert lines == NEVER


def test_a_contact_who_does_nothing_reaches_the_way_of_no(stage: Stage) -> None:
    assert reached_by(stage, joins, draws={"halves": "a"}) == [
        "list.joined never started a run",
        "looked was never false (else)",
        "`switch` never took else",
        "halves never drew a",
        "last never ran out of time (on_timeout)",
    ]


def test_clicks_lead_the_other_way(stage: Stage) -> None:
    def story(world: World, who: StoredContact) -> None:
        world.reply(who, "join")
        world.answers = lambda flow, step: CallAnswer(200, {}, b"{}")
        world.at(START + 2 * HOUR, lambda: clicks(world, who))

    found = reached_by(stage, story, {"tags": ["gold"]}, draws={"halves": "b"})
    assert found == [
        "a keyword never started a run",
        "looked was never false (else)",
        "`switch` never took the branch of contact tags has gold",
        "halves never drew b",
        "last was never in time (then)",
    ]


def test_a_start_by_hand_and_a_web_call_that_fails(stage: Stage) -> None:
    def story(world: World, who: StoredContact) -> None:
        def refused(flow: str, step: str) -> CallAnswer:
            raise CallRefused("it answered 404")

        world.answers = refused
        world.start(who, "all")

    found = reached_by(stage, story, draws={"halves": "b"})
    assert "a start by hand never started a run" in found
    assert "asks never failed (on_error)" in found
    assert not [words for words in found if words.startswith("last")]


def test_refused_by_where_and_by_require(stage: Stage) -> None:
    assert reached_by(stage, lambda world, who: joins(world, who, "other")) == [
        "list.joined was never refused by `where`"
    ]
    assert reached_by(stage, joins, {"tags": ["staff"]}) == ["`require` never refused a contact"]


def test_the_keys_of_a_message_that_decide_what_happens_instead(stage: Stage) -> None:
    assert "hero never went to a number that gets no MMS (otherwise)" in reached_by(stage, joins, {"phone": JAMAICA})
    at_night = reached_by(stage, joins, start=START + 12 * HOUR)
    assert "hero was never skipped for quiet hours (on_quiet)" in at_night
    assert "hero was never skipped for a cap (on_cap)" not in at_night

    def twice(world: World, who: StoredContact) -> None:
        joins(world, who)
        world.at(START + HOUR, lambda: clicks(world, who))
        world.at(START + 2 * HOUR, lambda: joins(world, who))

    assert "hero was never skipped for a cap (on_cap)" in reached_by(stage, twice)


def test_a_rule_that_ends_a_run(stage: Stage) -> None:
    def story(world: World, who: StoredContact) -> None:
        joins(world, who)
        world.at(START + HOUR, lambda: buys(world, who))

    assert "`bought` never ended a run" in reached_by(stage, story)


def test_what_cannot_be_reached_does_not_count(stage: Stage, tmp_path: Path) -> None:
    """A project that texts only countries with MMS never needs `otherwise`; hours and caps bind no transactional message."""
    text = PROJECT_WITH_LIMITS.replace("countries: [US, CA, JM]\nlinks", "countries: [US, CA]\nlinks")
    (tmp_path / "leadoff.yaml").write_text(text)
    (tmp_path / "flows/all.yaml").write_text(EVERYTHING.replace("flow: all\n", "flow: all\ncategory: transactional\n"))
    checked = read_and_check(tmp_path, registry())
    assert checked.ok, checked.findings
    found = nothing_reached(Stage(checked))
    assert not [target for target in found.targets if target.words.startswith("hero")]


def test_a_share_is_rounded_down_and_the_fraction_is_shown(stage: Stage) -> None:
    whole = nothing_reached(stage)
    all_but_one = whole._replace(reached={target.point: 1 for target in whole.targets[1:]})
    assert report([all_but_one], 100)[-1] == "total    17/18 = 94 %, asked for: 100 %"
    many = all_but_one._replace(targets=whole.targets[1:] * 100 + whole.targets[:1])
    assert int(percent([many])) == 99
    assert percent([many]) < 100
    done = whole._replace(reached={target.point: 1 for target in whole.targets})
    assert (int(percent([done])), done.missing, int(percent([]))) == (100, (), 100)


def test_what_several_tests_reach_counts_together(stage: Stage) -> None:
    one, other = Reached(), Reached()
    whole = nothing_reached(stage)
    one.points["all"].update(target.point for target in whole.targets[:10])
    other.points["all"].update(target.point for target in whole.targets[9:])
    tally = Tally()
    tally.add("all", one)
    assert coverage(stage, tally, ["all"])[0].hits == 10
    tally.add("all", other)
    (together,) = coverage(stage, tally, ["all"])
    assert together.missing == ()
    assert together.reached[whole.targets[9].point] == 2, "tests"
    assert together.reached[whole.targets[0].point] == 1
