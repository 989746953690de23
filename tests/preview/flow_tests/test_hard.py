"""`--hard`: each test with a STOP at every instant, in other zones and on the days on which the clocks change."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.core.calendar import DAY, HOUR
from engine.deploy.read_project import read_and_check
from engine.language.model.flow_test_cases import FlowTestCase, cases_of
from engine.preview.flow_tests import hard
from engine.preview.flow_tests.people import people_of
from engine.preview.flow_tests.play import Ending, Play, play
from engine.preview.flow_tests.runner import play_of
from engine.preview.worlds.stage import Stage
from engine.registry import registry
from tests.world import PROJECT

HOURS = PROJECT.replace("quiet_hours: off\n", "")
LONG_CODE = HOURS.replace("rate: 1000", "rate: 1000, kind: long_code").replace("+18445550100", "+12125550100")
DROP = """\
flow: drop
language: 1
trigger: {event: list.joined}
steps:
  - {id: hero, sms: "Acme: hello {{ link('shop') }} Reply STOP to opt out"}
  - if: {contact: {timezone: Pacific/Honolulu}}
    then: [{id: extra, sms: "Acme: aloha {{ link('shop') }}"}]
  - {id: think, delay: 2d}
  - {id: again, sms: "Acme: still there? {{ link('shop') }}"}
"""
TESTS = """\
flow: drop
start: "2027-04-01 19:00"
contact: {phone: "+12025550143"}
happens: [{event: list.joined}]
tests:
  - name: two texts
    expect: [{sms: hero}, {sms: again}, {exit: end}]
    cost_at_most: 0.03
"""


class Stories:
    """One test of a flow, played."""

    def __init__(self, folder: Path, flow: str = DROP, tests: str = TESTS, project: str = HOURS) -> None:
        (folder / "flows").mkdir()
        (folder / "leadoff.yaml").write_text(project)
        (folder / "flows/drop.yaml").write_text(flow)
        (folder / "flows/drop.test.yaml").write_text(tests)
        checked = read_and_check(folder, registry())
        assert checked.ok, checked.findings
        self.stage = Stage(checked)
        (self.draft,) = checked.tests
        (self.case,) = cases_of(self.draft.tests)
        self.asked = play_of(self.draft, self.case)
        people = people_of(self.case, self.stage.project, lambda path: (folder / path).open("rb"))
        self.endings = list(play(self.stage, self.asked, people))

    @property
    def ending(self) -> Ending:
        return self.endings[0]

    def harder(self) -> list[tuple[str, list[str]]]:
        """What does not hold in each variant in which something does not."""
        played = hard.play_harder(self.stage, self.case, self.asked, self.ending)
        return [(variant.name, [each.message for each in found]) for variant, _, found in played if found]

    def says(self, variant: hard.Variant, harder: Ending) -> list[str]:
        found = hard.broken(self.stage, self.case, variant, self.ending, harder)
        return [each.message for each in found]


@pytest.fixture
def stories(tmp_path: Path) -> Stories:
    return Stories(tmp_path)


def names(asked: Play, ending: Ending) -> list[str]:
    return [variant.name for variant in hard.variants(asked, ending)]


def test_a_stop_at_each_instant_the_zones_and_the_clocks(stories: Stories) -> None:
    assert names(stories.asked, stories.ending) == [
        "STOP on Thu, Apr 1 7:00 PM",
        "STOP on Fri, Apr 2 7:00 PM",
        "STOP on Sat, Apr 3 7:00 PM",
        "STOP on Fri, Apr 9 7:00 PM",
        "in Honolulu",
        "in Phoenix",
        "in St Johns",
        "the clocks change on Sun, Nov 7",
        "the clocks change the day after Sat, Nov 6",
        "the clocks change on Sun, Mar 12",
        "the clocks change the day after Sat, Mar 11",
    ]


def test_a_text_more_in_one_zone_costs_more_than_the_test_says(stories: Stories) -> None:
    assert stories.harder() == [("in Honolulu", ["it costs $0.045"])]


def test_a_flow_that_keeps_its_promises_has_nothing_to_tell(tmp_path: Path) -> None:
    without = DROP.replace("Pacific/Honolulu", "Europe/Paris")
    assert Stories(tmp_path, without).harder() == []


def test_a_message_after_the_stop_is_found_and_one_after_a_start_is_none(stories: Stories) -> None:
    stopped = stories.ending.start + HOUR
    variant = hard.Variant("STOP", stories.asked, stories.ending.person, stopped)
    assert stories.says(variant, stories.ending) == ["again leaves at Sat, Apr 3 7:00 PM, after the STOP"]
    moments = stories.ending.story.moments
    subscribed = moments[0]._replace(at=stopped + HOUR, kind="consent", details={"status": "subscribed"})
    story = stories.ending.story._replace(moments=(*moments, subscribed))
    assert stories.says(variant, stories.ending._replace(story=story)) == []


def test_our_own_answer_to_the_stop_is_no_message_after_it(tmp_path: Path) -> None:
    """The network answers for a toll-free number; for a long code we do."""
    stories = Stories(tmp_path, DROP.replace("Pacific/Honolulu", "Europe/Paris"), project=LONG_CODE)
    played = list(hard.play_harder(stories.stage, stories.case, stories.asked, stories.ending))
    answered = [harder.story for variant, harder, _ in played if variant.stopped is not None]
    assert len(answered) == 4
    assert all(story.outcomes[-1].kind == "answer" or story.outcomes[-2].kind == "answer" for story in answered)
    assert [found for _, _, found in played if found] == []


def test_marketing_in_quiet_hours_is_found_and_what_they_do_not_bind_is_not(tmp_path: Path) -> None:
    stories = Stories(tmp_path)
    variant = hard.Variant("in Hawaii", stories.asked, stories.ending.person)
    hero, *rest = stories.ending.story.outcomes
    late = stories.ending.story._replace(outcomes=(hero._replace(at=hero.at + 2 * HOUR), *rest))
    harder = stories.ending._replace(story=late)
    assert stories.says(variant, harder) == ["hero leaves at Thu, Apr 1 9:00 PM, in quiet hours"]
    transactional = stories.stage.programs["drop"]._replace(category="transactional")
    stories.stage.programs = {"drop": transactional}
    assert stories.says(variant, harder) == []


def test_a_text_that_leaves_twice_and_a_run_that_fails_are_found(stories: Stories) -> None:
    variant = hard.Variant("in Hawaii", stories.asked, stories.ending.person)
    hero, *rest = stories.ending.story.outcomes
    failed = hero._replace(kind="parked", reason="KeyError: 'x'")
    story = stories.ending.story._replace(outcomes=(hero, hero._replace(price=0), *rest, failed))
    assert stories.says(variant, stories.ending._replace(story=story)) == [
        "hero leaves 2 times",
        "the run is parked: KeyError: 'x'",
    ]


def test_what_happens_at_a_date_moves_with_the_start(tmp_path: Path) -> None:
    happens = 'happens: [{event: list.joined}, {at: "2027-04-02 10:00", clicked: shop}]'
    stories = Stories(tmp_path, tests=TESTS.replace("happens: [{event: list.joined}]", happens))
    changed = [each for each in hard.variants(stories.asked, stories.ending) if "clocks" in each.name]
    for variant in changed:
        clicked = variant.asked.happens[1]
        assert clicked.at is not None
        assert clicked.at - variant.asked.start == 15 * HOUR
    days = {date(1970, 1, 1) + timedelta(each.asked.start // DAY) for each in changed}
    assert days == {date(2027, 11, 6), date(2027, 11, 7), date(2028, 3, 11), date(2028, 3, 12)}


def test_of_a_file_of_contacts_one_of_each_kind_is_played(tmp_path: Path) -> None:
    rows = ["phone,consent,consent_at,consent_source"]
    rows += [f"+1202555014{n},subscribed,2025-03-02T14:05:00Z,website form" for n in range(4)]
    rows += ["+12025550150,,,", "+12135550114,subscribed,2025-03-02T14:05:00Z,website form"]
    (tmp_path / "people.csv").write_text("\n".join(rows) + "\n")
    text = TESTS.replace('contact: {phone: "+12025550143"}\n', "").replace(
        "    expect: [{sms: hero}, {sms: again}, {exit: end}]\n",
        "    contacts: people.csv\n    holds: {messages_at_most: 2}\n",
    )
    stories = Stories(tmp_path, tests=text)
    assert len(stories.endings) == 6
    kinds = [hard.kind_of(ending) for ending in stories.endings]
    assert kinds[0] == kinds[1] == kinds[2] == kinds[3]
    assert len({kinds[0], kinds[4], kinds[5]}) == 3


def test_a_case_without_limits_has_no_cost_to_keep(stories: Stories) -> None:
    case: FlowTestCase = stories.case._replace(cost_at_most=None)
    variant = hard.Variant("in Hawaii", stories.asked, stories.ending.person)
    assert list(hard.broken(stories.stage, case, variant, stories.ending, stories.ending)) == []


def test_what_must_hold_for_all_contacts_must_hold_harder_too(tmp_path: Path) -> None:
    expect = "    expect: [{sms: hero}, {sms: again}, {exit: end}]\n    cost_at_most: 0.03\n"
    bounds = "    holds: {messages_at_most: 2, cost_at_most: 0.03}\n"
    stories = Stories(tmp_path, tests=TESTS.replace(expect, bounds))
    assert stories.harder() == [("in Honolulu", ["it costs $0.045", "3 messages left"])]
