"""Waits that follow what they were taken from: a date of the contact's, a zone, days with hours behind them (T1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.store import holds
from tests.world import ADA, HOUR, MINUTE, PROJECT, START, World

FIELDS = PROJECT.replace("orders: integer", "orders: integer, appointment: time, visit: date")
REMINDER = """\
flow: reminder
language: 1
trigger: {event: list.joined}
category: transactional
exit_when: [{when: {contact: {visit: {exists: false}}}, reason: cancelled}]
steps:
  - {id: day_before, delay: {until: {field: contact.visit, offset: -1d, time: "10:00"}}}
  - {id: remind, sms: See you tomorrow}
"""


def local(text: str, zone: str = "America/New_York") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@contextmanager
def waiting(folder: Path, flow: str, **fields: object) -> Iterator[World]:
    """Ada has entered at 10:00 on Thursday, April 1."""
    with World(folder, flow, project=FIELDS) as world:
        world.contact(ADA, **fields)
        world.event("list.joined", ADA)
        world.tick()
        yield world


@pytest.mark.parametrize(("visit", "due"), [("2027-04-20", "2027-04-19 10:00"), ("2027-04-05", "2027-04-04 10:00")])
def test_a_reminder_follows_the_appointment_later_and_earlier(tmp_path: Path, visit: str, due: str) -> None:
    with waiting(tmp_path, REMINDER, visit="2027-04-10") as world:
        assert world.tick() == local("2027-04-09 10:00")
        world.contact(ADA, visit=visit)
        assert world.tick() == local(due)
        world.clock.move_to(local(due) - MINUTE)
        world.tick()
        assert world.told() == []
        world.tick(MINUTE)
        assert [step for step, _, _ in world.told()] == ["remind"]


def test_an_appointment_whose_reminder_is_past_by_now_is_reminded_of_at_once_and_is_not_late(tmp_path: Path) -> None:
    marketing = REMINDER.replace("category: transactional\n", "")
    with waiting(tmp_path, marketing, visit="2027-04-30") as world:
        world.clock.move_to(local("2027-04-08 09:00"))
        world.tick()
        world.contact(ADA, visit="2027-04-08")
        world.tick()
        assert [(step, state) for step, state, _ in world.told()] == [("remind", "queued")]


def test_an_appointment_that_is_taken_away_moves_nothing_and_sends_nothing(tmp_path: Path) -> None:
    with waiting(tmp_path, REMINDER, visit="2027-04-10") as world:
        world.contact(ADA, visit=None)
        assert world.tick() == local("2027-04-09 10:00")
        world.clock.move_to(local("2027-04-09 10:00"))
        world.tick()
        assert world.told() == [] and world.ends() == ["cancelled"]


def test_it_is_followed_once_more_when_it_is_made_anew(tmp_path: Path) -> None:
    with waiting(tmp_path, REMINDER, visit="2027-04-10") as world:
        world.contact(ADA, visit=None)
        world.contact(ADA, visit="2027-04-15")
        assert world.tick() == local("2027-04-14 10:00")


def test_another_field_moves_nothing_and_neither_does_an_edit_of_the_step(tmp_path: Path) -> None:
    with waiting(tmp_path, REMINDER, visit="2027-04-10") as world:
        world.write(REMINDER.replace("-1d", "-2d"), project=FIELDS)
        world.apply()
        world.contact(ADA, tier="gold")
        assert world.tick() == local("2027-04-09 10:00"), "V2: the due time of a wait stays"


def test_one_of_the_projects_clock_follows_its_field_and_no_zone(tmp_path: Path) -> None:
    flow = REMINDER.replace('time: "10:00"}}', 'time: "10:00"}, timezone: project}')
    with waiting(tmp_path, flow, visit="2027-04-10") as world:
        world.contact(ADA, timezone="America/Los_Angeles")
        assert world.tick() == local("2027-04-09 10:00")
        world.contact(ADA, visit="2027-04-12")
        assert world.tick() == local("2027-04-11 10:00")


def test_an_instant_is_the_day_that_it_is_in_the_contacts_zone(tmp_path: Path) -> None:
    flow = REMINDER.replace("contact.visit", "contact.appointment")
    with waiting(tmp_path, flow, appointment="2027-04-10T03:00:00+00:00", visit="2027-04-10") as world:
        assert world.tick() == local("2027-04-08 10:00"), "in New York it is the evening of the 9th"
        world.contact(ADA, timezone="Europe/Berlin")
        assert world.tick() == local("2027-04-09 10:00", "Europe/Berlin")


def test_a_birthday_that_comes_today_still_comes_today_after_a_move_across_its_hour(tmp_path: Path) -> None:
    flow = REMINDER.replace("contact.visit, offset: -1d", "contact.birthday")
    with waiting(tmp_path, flow, birthday="1990-04-02", visit="2027-04-10") as world:
        world.clock.move_to(local("2027-04-02 09:30"))
        world.contact(ADA, timezone="Europe/Berlin")
        world.tick()
        assert [step for step, _, _ in world.told()] == ["remind"]


@pytest.mark.parametrize("verb", ["delay: 1d12h", "wait_for: {happened: order.placed}, up_to: 1d12h"])
def test_days_move_with_the_zone_and_the_hours_follow(tmp_path: Path, verb: str) -> None:
    flow = f"flow: rest\nlanguage: 1\ntrigger: {{event: list.joined}}\nsteps:\n  - {{id: rest, {verb}}}\n"
    with waiting(tmp_path, flow) as world:
        assert world.tick() == START + 36 * HOUR
        world.event("list.joined", ADA)  # somebody looks at the run in between
        world.tick()
        world.contact(ADA, timezone="America/Los_Angeles")
        assert world.tick() == START + 39 * HOUR, "ten o'clock on Friday is three hours later there"


def test_a_wait_for_hours_moves_with_nothing(tmp_path: Path) -> None:
    with waiting(
        tmp_path, "flow: rest\nlanguage: 1\ntrigger: {event: list.joined}\nsteps: [{id: rest, delay: 5h}]\n"
    ) as world:
        world.contact(ADA, timezone="Asia/Tokyo", state="FL")
        assert world.tick() == START + 5 * HOUR


def test_a_run_that_a_pause_has_put_aside_waits_for_the_new_date(tmp_path: Path) -> None:
    with waiting(tmp_path, REMINDER, visit="2027-04-03") as world:
        flow = world.app.deployed().names.flow_ids["reminder"]
        world.app.database.write(lambda db: holds.pause(db, flow, world.clock.now()))
        world.clock.move_to(local("2027-04-02 11:00"))
        world.tick()
        world.contact(ADA, visit="2027-04-20")
        world.app.database.write(lambda db: holds.resume(db, flow))
        assert world.tick() == local("2027-04-19 10:00") and world.told() == []


def test_a_flow_that_changes_the_date_itself_moves_the_wait_of_another(tmp_path: Path) -> None:
    put_off = """\
flow: put-off
language: 1
trigger: {event: order.placed}
steps: [{update: {set: {visit: "2027-04-25"}}}]
"""
    with World(tmp_path, REMINDER, put_off, project=FIELDS) as world:
        world.contact(ADA, visit="2027-04-10")
        world.event("list.joined", ADA)
        world.tick()
        world.event("order.placed", ADA)
        assert world.tick() == local("2027-04-24 10:00")


def test_who_is_put_behind_a_wait_that_was_taken_out_still_follows_its_date(tmp_path: Path) -> None:
    """The text comes when the wait would have been over: also when the contact's date changes after the edit."""
    with waiting(tmp_path, REMINDER, visit="2027-04-10") as world:
        steps = REMINDER.index("  - {id: day_before")
        after = REMINDER[:steps] + REMINDER[REMINDER.index("  - {id: remind,") :]
        world.write(after.replace("steps:", "removed: {day_before: remind}\nsteps:"), project=FIELDS)
        world.apply()
        assert world.tick() == local("2027-04-09 10:00")
        world.contact(ADA, visit="2027-04-12")
        assert world.tick() == local("2027-04-11 10:00")
        world.clock.move_to(local("2027-04-10 10:00"))
        world.tick()
        assert world.messages() == []
        world.clock.move_to(local("2027-04-11 10:00"))
        world.tick()
        assert [message.text for message in world.messages()] == ["See you tomorrow"]
