"""Walks: a flow from YAML, taken step by step by a manual clock."""

from __future__ import annotations

import pytest

from engine.core.interpreter import LostStep, advance
from tests.walker import IMAGE, Walk, at, compiled, person

SPRING = """\
flow: spring
language: 1
trigger: {event: list.joined}
exit_when:
  - when: {happened: order.placed}
    reason: converted
steps:
  - id: hero
    sms:
      text: 'Hi {{ contact.first_name | default("there") }}: {{ link("shop") }}'
      image: media/spring.jpg
      otherwise: text
  - id: think
    delay: 2d
  - id: looked
    if: {clicked: {link: shop, since: hero}}
    then:
      - exit: engaged
    else:
      - id: reminder
        sms: "Still thinking, {{ contact.first_name | default('friend') }}?"
      - id: last_chance
        wait_for: {clicked: {link: shop, since: reminder}}
        up_to: 3d
        then: [{exit: engaged}]
        on_timeout: [{exit: no_purchase}]
"""


def test_who_does_nothing_gets_the_picture_then_a_reminder_and_leaves() -> None:
    walk = Walk(SPRING, "2027-04-01 10:00")
    assert walk.rests == ("think", "2027-04-03 10:00")
    walk.wakes("2027-04-03 10:00")
    assert walk.rests == ("last_chance", "2027-04-06 10:00")
    walk.wakes("2027-04-06 10:00")
    code = walk.sent[0].links[0].code
    assert walk.said == [
        f"MMS hero: Hi Ada: https://sms.acme.example/l/{code}",
        "SMS reminder: Still thinking, Ada?",
        "exit: no_purchase",
    ]
    assert walk.sent[0].media == IMAGE.ref


def test_who_clicks_before_the_delay_ends_is_left_alone() -> None:
    walk = Walk(SPRING, "2027-04-01 10:00")
    walk.clicks_on("shop", "hero", "2027-04-02 09:00")
    assert walk.rests == ("think", "2027-04-03 10:00"), "a delay is not cut short"
    walk.wakes("2027-04-03 10:00")
    assert walk.said[1:] == ["exit: engaged"]


def test_who_buys_while_the_delay_runs_leaves_at_once() -> None:
    walk = Walk(SPRING, "2027-04-01 10:00")
    walk.happens("order.placed", "2027-04-01 18:30")
    assert walk.said[1:] == ["exit: converted (by rule)"]
    assert (walk.run.step, walk.run.due) == ("think", None)


def test_a_click_ends_the_wait_at_once() -> None:
    walk = Walk(SPRING, "2027-04-01 10:00")
    walk.wakes("2027-04-03 10:00")
    walk.clicks_on("shop", "reminder", "2027-04-04 12:00")
    assert walk.said[-1] == "exit: engaged"


@pytest.mark.parametrize(("since", "ends"), [("hero", True), ("entry", True), ("reminder", False)])
def test_since_a_step_means_since_the_run_left_it(since: str, ends: bool) -> None:
    """The click came before the reminder: it counts since the first message, not since the second."""
    flow = f"""\
flow: since
language: 1
trigger: manual
steps:
  - {{id: hero, sms: 'Look: {{{{ link("shop") }}}}'}}
  - {{id: rest, delay: 1d}}
  - {{id: reminder, sms: 'Again: {{{{ link("shop") }}}}'}}
  - id: clicked
    wait_for: {{clicked: {{link: shop, since: {since}}}}}
    up_to: 1h
    then: [{{exit: clicked}}]
"""
    walk = Walk(flow, "2027-04-01 10:00")
    walk.clicks_on("shop", "hero", "2027-04-01 12:00")
    walk.wakes("2027-04-02 10:00")
    assert (walk.run.status == "exited") is ends


def test_a_click_on_another_link_does_not_end_the_wait() -> None:
    walk = Walk(SPRING, "2027-04-01 10:00")
    walk.wakes("2027-04-03 10:00")
    walk.clicks_on("cart", "reminder", "2027-04-04 12:00")
    assert walk.rests == ("last_chance", "2027-04-06 10:00")


def test_nothing_is_done_before_the_run_is_due() -> None:
    walk = Walk(SPRING, "2027-04-01 10:00")
    walk.wakes("2027-04-03 09:59")
    assert walk.rests == ("think", "2027-04-03 10:00")


def test_outside_north_america_the_words_go_without_the_picture() -> None:
    walk = Walk(SPRING, "2027-04-01 10:00", person(region="JM", zone="America/Jamaica"))
    assert walk.said[0].startswith("SMS hero: Hi Ada")
    assert walk.sent[0].media is None


def test_without_consent_the_messages_are_skipped_and_the_run_goes_on() -> None:
    walk = Walk(SPRING, "2027-04-01 10:00", person(consent=None))
    walk.wakes("2027-04-03 10:00")
    assert walk.said == ["skipped hero: no consent", "skipped reminder: no consent"]
    assert walk.rests == ("last_chance", "2027-04-06 10:00")


WAIT = """\
flow: wait
language: 1
trigger: manual
steps:
  - id: paid
    wait_for: {happened: order.placed}
    up_to: 2h
    then:
      - id: thanks
        sms: Thank you!
    on_timeout:
      - id: nudge
        sms: Still there?
  - id: bye
    sms: Bye!
"""


@pytest.mark.parametrize(
    ("occurred", "winner"), [("11:59", "thanks"), ("12:00", "thanks"), ("12:01", "nudge"), ("09:59", "nudge")]
)
def test_of_a_timeout_and_a_late_event_exactly_one_wins_by_when_it_happened(occurred: str, winner: str) -> None:
    """R4: the daemon was off; the event is committed, and the wait is decided an hour after it was due."""
    walk = Walk(WAIT, "2027-04-01 10:00")
    walk.knows("order.placed", f"2027-04-01 {occurred}")
    walk.wakes("2027-04-01 13:00")
    assert [line.split(":")[0] for line in walk.said] == [f"SMS {winner}", "SMS bye", "exit"]


def test_an_event_that_comes_late_but_happened_in_time_ends_the_wait_when_it_comes() -> None:
    walk = Walk(WAIT, "2027-04-01 10:00")
    walk.knows("order.placed", "2027-04-01 10:30")
    walk.happens("order.placed", "2027-04-01 11:00")
    assert walk.said[0] == "SMS thanks: Thank you!"


def test_a_run_that_runs_off_its_end_says_so() -> None:
    walk = Walk(WAIT, "2027-04-01 10:00")
    walk.wakes("2027-04-01 12:00")
    assert walk.said[-1] == "exit: end"
    assert walk.run.step == "bye"


def test_days_are_calendar_days_where_the_contact_lives() -> None:
    """New York changes its clocks on 2027-03-14; two days later it is the same time of day, 47 hours on."""
    flow = "flow: dst\nlanguage: 1\ntrigger: manual\nsteps:\n  - {id: rest, delay: 2d}\n"
    walk = Walk(flow, "2027-03-13 10:00")
    assert walk.rests == ("rest", "2027-03-15 10:00")
    assert walk.run.due is not None
    assert walk.run.due - at("2027-03-13 10:00") == 47 * 3_600_000
    assert walk.run.wall is not None, "the wall time that was meant is kept (T1)"


def test_hours_are_elapsed_time() -> None:
    flow = "flow: dst\nlanguage: 1\ntrigger: manual\nsteps:\n  - {id: rest, delay: 48h}\n"
    walk = Walk(flow, "2027-03-13 10:00")
    assert walk.rests == ("rest", "2027-03-15 11:00")


def test_the_flow_goes_on_after_a_branch() -> None:
    flow = """\
flow: branch
language: 1
trigger: manual
steps:
  - if: {contact: {tier: gold}}
    then: [{id: gold, sms: Gold!}]
  - id: all
    sms: All!
"""
    assert [line[:8] for line in Walk(flow, "2027-04-01 10:00").said] == ["SMS all:", "exit: en"]
    gold = person(fields={"tier": "gold"})
    assert [line[:8] for line in Walk(flow, "2027-04-01 10:00", gold).said] == ["SMS gold", "SMS all:", "exit: en"]


def test_a_delivery_receipt_wakes_who_waits_for_it() -> None:
    flow = """\
flow: receipt
language: 1
trigger: manual
steps:
  - {id: hero, sms: Hello}
  - id: arrived
    wait_for: {delivered: hero}
    up_to: 1h
    then: [{exit: seen}]
    on_timeout: [{exit: unseen}]
"""
    walk = Walk(flow, "2027-04-01 10:00")
    walk.status("hero", "sent", "2027-04-01 10:01")
    assert walk.rests == ("arrived", "2027-04-01 11:00")
    walk.status("hero", "delivered", "2027-04-01 10:02")
    assert walk.said[-1] == "exit: seen"


def test_a_message_that_comes_days_too_late_is_dropped_and_the_run_goes_on() -> None:
    """T4: lateness counts from when the run should have come to the step, had the daemon not been off."""
    flow = "flow: late\nlanguage: 1\ntrigger: manual\nsteps:\n  - {id: rest, delay: 1h}\n  - {id: sale, sms: Today only!}\n"
    in_time, late = Walk(flow, "2027-04-01 10:00"), Walk(flow, "2027-04-01 10:00")
    in_time.wakes("2027-04-01 23:00")
    assert in_time.said == ["SMS sale: Today only!", "exit: end"]
    late.wakes("2027-04-01 23:01")
    assert late.said == ["skipped sale: expired", "exit: end"]


def test_a_run_that_rests_where_the_program_has_no_step_is_lost_aloud() -> None:
    walk = Walk(SPRING, "2027-04-01 10:00")
    other = compiled("flow: spring\nlanguage: 1\ntrigger: manual\nsteps:\n  - {id: other, delay: 1d}\n")
    assert walk.run.due is not None
    with pytest.raises(LostStep, match="no step 'think'"):
        advance(other, walk.run, walk._facts(other.first_needs), walk.run.due)


def test_links_of_two_messages_in_one_sprint_stay_apart() -> None:
    flow = """\
flow: links
language: 1
trigger: manual
steps:
  - {id: one, sms: 'Shop: {{ link("shop") }}'}
  - {id: two, sms: 'Cart: {{ link("cart") }}'}
"""
    one, two = Walk(flow, "2027-04-01 10:00").sent
    assert [use.name for use in one.links] == ["shop"]
    assert [use.name for use in two.links] == ["cart"]
    assert one.links[0].code != two.links[0].code
