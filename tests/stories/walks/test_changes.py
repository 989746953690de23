"""Walks through steps that choose, change the contact, or make events: what a step changes, the next one sees."""

from __future__ import annotations

from collections import Counter

import pytest

from engine.core.context import Run
from engine.core.facts import Facts
from engine.core.interpreter import advance
from tests.walker import Walk, at, compiled, person

HEAD = "flow: walk\nlanguage: 1\ntrigger: manual\n"
START = "2027-04-01 10:00"


def test_what_is_updated_is_seen_in_the_same_sprint() -> None:
    flow = f"""{HEAD}steps:
  - update: {{set: {{tier: gold, orders: "7"}}, add_tags: [vip]}}
  - switch:
      - when: {{contact: {{tier: gold, orders: {{above: 6}}, tags: {{has: vip}}}}}}
        steps: [{{id: hi, sms: 'Hi, {{{{ contact.tier | default("-") }}}} member'}}]
      - else: [{{exit: unseen}}]
"""
    assert Walk(flow, START).said == ["SMS hi: Hi, gold member", "exit: end"]


def test_a_tag_that_is_taken_away_is_gone() -> None:
    flow = f"""{HEAD}steps:
  - update: {{add_tags: [new], remove_tags: [lead]}}
  - if: {{contact: {{tags: {{has: lead}}}}}}
    then: [{{exit: still a lead}}]
"""
    walk = Walk(flow, START, person(fields={"tags": ["lead", "old"]}))
    assert walk.said == ["exit: end"]
    assert walk.contact.fields["tags"] == ["new", "old"]


def test_who_takes_the_last_tag_away_leaves_no_empty_list() -> None:
    flow = f"{HEAD}steps: [update: {{remove_tags: [lead], set: {{first_name: null}}}}]\n"
    walk = Walk(flow, START, person(fields={"tags": ["lead"], "first_name": "Ada"}))
    assert walk.contact.fields == {"timezone": "America/New_York"}


def test_a_new_zone_counts_from_the_next_step_on() -> None:
    flow = f"""{HEAD}steps:
  - update: {{set: {{timezone: America/Los_Angeles}}}}
  - {{id: morning, delay: {{until: {{time: "09:00"}}}}}}
"""
    walk = Walk(flow, START)
    assert walk.rests == ("morning", "2027-04-01 09:00")
    assert walk.run.due == at("2027-04-01 09:00", "America/Los_Angeles")


def test_exit_when_is_looked_at_again_behind_an_update() -> None:
    flow = f"""{HEAD}exit_when: [{{when: {{contact: {{tags: {{has: done}}}}}}, reason: done}}]
steps:
  - {{id: first, sms: one}}
  - update: {{add_tags: [done]}}
  - {{id: second, sms: two}}
"""
    assert Walk(flow, START).said == ["SMS first: one", "exit: done (by rule)"]


def test_an_event_of_its_own_is_seen_in_the_same_sprint() -> None:
    flow = f"""{HEAD}exit_when: [{{when: {{happened: {{event: step.done, where: {{event: {{number: 2}}}}}}}}, reason: done}}]
steps:
  - emit: {{event: step.done, data: {{number: 1}}}}
  - if: {{happened: step.done}}
    then: [{{emit: {{event: step.done, data: {{number: 2}}}}}}]
  - {{exit: unseen}}
"""
    walk = Walk(flow, START)
    assert walk.said == ["emit step.done: {'number': 1}", "emit step.done: {'number': 2}", "exit: done (by rule)"]


def test_an_event_without_its_value_is_not_made() -> None:
    flow = f"""{HEAD}steps:
  - emit: {{event: step.done, data: {{city: "{{{{ contact.city }}}}"}}}}
  - if: {{happened: step.done}}
    then: [{{exit: made}}]
"""
    walk = Walk(flow, START, person(fields={}))
    assert walk.said == ["did not emit step.done: contact.city is missing and has no default", "exit: end"]


def test_consent_that_is_given_lets_the_next_message_go() -> None:
    flow = """flow: walk
language: 1
trigger: {keyword: JOIN}
steps:
  - {id: before, sms: too early}
  - update: {consent: subscribed}
  - {id: after, sms: welcome}
"""
    walk = Walk(flow, START, person(consent=None))
    assert [said.partition(":")[0] for said in walk.said] == ["skipped before", "SMS after", "exit"]


def test_a_delay_that_is_past_lets_the_run_read_on() -> None:
    """It may be no rest at all: the facts of what follows it are fetched beforehand."""
    flow = f"""{HEAD}steps:
  - {{id: sale, delay: {{until: "2027-03-01 09:00"}}}}
  - if: {{happened: order.placed}}
    then: [{{exit: bought}}]
"""
    assert Walk(flow, START).said == ["no wait: 2027-03-01 09:00 is past", "exit: end"]


def test_a_birthday_is_waited_for_and_then_gone_on() -> None:
    flow = f"""{HEAD}steps:
  - {{id: day, delay: {{until: {{field: contact.birthday, offset: -3d, time: "09:00"}}}}}}
  - {{id: gift, sms: Soon it is your day}}
"""
    walk = Walk(flow, START, person(fields={"birthday": "1990-02-28"}))
    assert walk.rests == ("day", "2028-02-25 09:00")
    walk.wakes("2028-02-25 09:00")
    assert walk.said == ["SMS gift: Soon it is your day", "exit: end"]


@pytest.mark.parametrize(("tier", "ends"), [("gold", "one"), ("silver", "two"), ("tin", "else"), (None, "else")])
def test_a_switch_takes_the_first_that_holds(tier: str | None, ends: str) -> None:
    flow = f"""{HEAD}steps:
  - switch:
      - {{when: {{contact: {{tier: gold}}}}, steps: [{{exit: one}}]}}
      - {{when: {{contact: {{tier: [gold, silver]}}}}, steps: [{{exit: two}}]}}
      - else: [{{exit: else}}]
"""
    assert Walk(flow, START, person(fields={"tier": tier})).said == [f"exit: {ends}"]


def test_behind_a_switch_the_run_goes_on() -> None:
    flow = f"""{HEAD}steps:
  - switch: [{{when: {{contact: {{city: Albany}}}}, steps: [{{id: hi, sms: Hi Albany}}]}}]
  - {{exit: behind}}
"""
    assert Walk(flow, START).said == ["SMS hi: Hi Albany", "exit: behind"]
    assert Walk(flow, START, person(fields={"city": "Troy"})).said == ["exit: behind"]


SPLIT = """flow: {flow}
language: 1
trigger: manual
steps:
  - id: {step}
    split: {{a: {{weight: {a}, steps: [{{exit: a}}]}}, b: {{weight: {b}, steps: [{{exit: b}}]}}}}
"""


def branches(a: int, b: int, flow: str = "test", step: str = "ab") -> list[str]:
    """The branch of each of 10,000 contacts, whatever their run."""
    program = compiled(SPLIT.format(flow=flow, step=step, a=a, b=b))
    now = at(START)
    found = []
    for contact in range(10_000):
        run = Run(contact + 77, contact, flow, 0, None, "waiting", None, None, None, now, now, None)
        found.append(advance(program, run, Facts(person(id=contact), {}), now).run.reason or "")
    return found


def test_a_split_gives_the_shares_that_are_written() -> None:
    assert abs(Counter(branches(1, 3))["a"] - 2_500) < 150


def test_a_larger_share_takes_some_over_and_moves_nobody_else() -> None:
    before, after = branches(50, 50), branches(60, 40)
    moved = Counter((x, y) for x, y in zip(before, after, strict=True) if x != y)
    assert set(moved) == {("b", "a")}
    assert abs(moved["b", "a"] - 1_000) < 150


def test_two_splits_are_drawn_independently() -> None:
    pairs = Counter(zip(branches(1, 1), branches(1, 1, step="other"), strict=True))
    assert all(abs(count - 2_500) < 200 for count in pairs.values())
    assert branches(1, 1) != branches(1, 1, flow="other")
