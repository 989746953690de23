"""Quiet hours in the engine: held at the step and once more before the request; caught up after days off (M0, M5, T4)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.store.queries import listings
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE, PROJECT, START, World

QUIET = PROJECT.replace("quiet_hours: off", 'quiet_hours: {between: ["20:00", "09:00"]}')
ONE = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - id: one
    sms: One
"""
LATER = """\
flow: later
language: 1
trigger: {event: list.joined}
steps:
  - id: rest
    delay: 16h
  - id: one
    sms: One
"""
NEW_YORK = ZoneInfo("America/New_York")


def local(text: str, zone: str = "America/New_York") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def clocks(world: World, zone: str = "America/New_York") -> list[str]:
    """When each message left, on the clock of that zone."""
    return [
        datetime.fromtimestamp(message.sent_at / 1000, ZoneInfo(zone)).strftime("%a %H:%M:%S")
        for message in world.messages()
        if message.sent_at is not None
    ]


def test_who_enters_at_night_is_texted_in_the_morning_and_explain_says_so(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=QUIET) as world:
        world.clock.move_to(local("2027-04-01 23:00"))
        world.event("list.joined", ADA)
        assert world.tick() == local("2027-04-02 09:00")
        assert world.send() == 0 and world.ends() == ["waiting:one"]
        assert "held until Fri, Apr 2, 09:00: quiet hours 20:00–09:00" in world.story(ADA)
        world.clock.move_to(local("2027-04-02 09:00"))
        world.tick()
        world.send()
        assert clocks(world) == ["Fri 09:00:00"]


def test_each_contact_on_its_own_clock(tmp_path: Path) -> None:
    """Chicago is an hour behind New York and Toronto."""
    with World(tmp_path, ONE, project=QUIET) as world:
        world.clock.move_to(local("2027-04-02 03:00"))
        for phone in (ADA, BEN, CY):
            world.event("list.joined", phone)
        assert world.tick() == local("2027-04-02 09:00")
        world.tick(6 * HOUR)
        world.send()
        assert sorted(to for to, _ in world.arrived()) == [ADA, CY]
        world.tick(HOUR)
        world.send()
        assert sorted(to for to, _ in world.arrived()) == sorted([ADA, BEN, CY])


@pytest.mark.parametrize(("clock", "goes"), [("19:59:59.749", True), ("19:59:59.751", False), ("20:00:00", False)])
def test_a_window_that_closes_between_writing_and_sending(tmp_path: Path, clock: str, goes: bool) -> None:
    """Nothing spills: a request of a claim may start 250 ms after it, so that much before the end nothing is claimed any more."""
    with World(tmp_path, ONE, project=QUIET) as world:
        world.clock.move_to(local("2027-04-01 19:59"))
        world.event("list.joined", ADA)
        world.tick()
        assert world.told() == [("one", "queued", None)]
        world.clock.move_to(local(f"2027-04-01 {clock}"))
        assert world.send() == int(goes)
        if not goes:
            assert world.told() == [("one", "held", "quiet hours 20:00–09:00")]
            assert world.outbox.next_due(world.clock.now()) == local("2027-04-02 09:00")
            world.clock.move_to(local("2027-04-02 09:00"))
            assert world.send() == 1
            assert world.told() == [("one", "accepted", None)]


def test_time_held_before_the_request_is_not_late(tmp_path: Path) -> None:
    """Written at 19:59, it may leave until 7:59 in the morning; the night does not count."""
    with World(tmp_path, ONE, project=QUIET) as world:
        world.clock.move_to(local("2027-04-01 19:59"))
        world.event("list.joined", ADA)
        world.tick()
        world.clock.move_to(local("2027-04-01 21:00"))
        world.send()
        world.clock.move_to(local("2027-04-02 18:00"))
        world.send()
        assert clocks(world) == ["Fri 18:00:00"]


def test_a_message_that_does_not_wait_is_skipped_when_the_window_has_closed(tmp_path: Path) -> None:
    flow = ONE.replace("sms: One", "sms: {text: One, on_quiet: skip}")
    with World(tmp_path, flow, project=QUIET) as world:
        world.clock.move_to(local("2027-04-01 19:59"))
        world.event("list.joined", ADA)
        world.tick()
        world.clock.move_to(local("2027-04-01 20:30"))
        assert world.send() == 0
        assert world.told() == [("one", "skipped", "quiet hours 20:00–09:00")]


def test_a_long_queue_at_closing_time_is_held_whole_and_opens_at_its_senders_rate(tmp_path: Path) -> None:
    project = QUIET.replace("rate: 1000", "rate: 2")
    with World(tmp_path, ONE, project=project) as world:
        world.clock.move_to(local("2027-04-01 19:59:50"))
        phones = [f"+1212555{number:04}" for number in range(100, 160)]
        for phone in phones:
            world.contact(phone)
            world.consent(phone, "subscribed")
            world.texted_before(phone)
            world.event("list.joined", phone)
        world.tick()
        world.clock.move_to(local("2027-04-01 20:00"))
        assert world.send() == 0
        assert {state for _, state, _ in world.told()} == {"held"}, "in one go, not one a claim"
        world.clock.move_to(local("2027-04-02 09:00"))
        for _ in range(10):
            world.send()
            world.clock.move_to(world.clock.now() + 500)
        assert 9 <= len(world.arrived()) <= 11, "two a second, from the opening on"


def test_transactional_goes_at_night_and_a_stop_ends_what_is_held(tmp_path: Path) -> None:
    code = "flow: code\nlanguage: 1\ncategory: transactional\ntrigger: {event: list.joined}\nsteps: [{id: code, sms: Your code}]\n"
    with World(tmp_path, ONE, code, project=QUIET) as world:
        world.clock.move_to(local("2027-04-01 23:00"))
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        assert world.arrived() == [(ADA, "Your code")]
        world.consent(ADA, "unsubscribed")
        world.clock.move_to(local("2027-04-02 09:00"))
        world.tick()
        assert world.send() == 0
        assert ("one", "skipped", "opted out") in world.told()


def test_a_flow_with_hours_of_its_own(tmp_path: Path) -> None:
    flow = ONE.replace("language: 1\n", 'language: 1\nquiet_hours: {between: ["12:00", "13:00"], state_rules: false}\n')
    with World(tmp_path, flow, project=QUIET) as world:
        world.clock.move_to(local("2027-04-01 12:30"))
        world.event("list.joined", ADA)
        assert world.tick() == local("2027-04-01 13:00")


@pytest.mark.parametrize(
    ("off", "woken", "outcome"),
    [
        (1 * HOUR, "Fri 09:00:00", "sent"),  # due at 02:00, started at 03:00: it waits for the morning like everybody
        (26 * HOUR, None, "expired"),  # 04:00 a day later: 9 to 21 o'clock of the first day have passed
        (3 * DAY, None, "expired"),
        (40 * DAY, None, "expired"),
    ],
)
def test_off_for_a_while_and_started_at_night(tmp_path: Path, off: int, woken: str | None, outcome: str) -> None:
    """T4: nothing at night, nothing twice, and what is too late is said to be."""
    with World(tmp_path, LATER, project=QUIET) as world:
        world.event("list.joined", ADA)  # at 10:00; the delay ends at 02:00
        due = world.tick()
        assert due == START + 16 * HOUR == local("2027-04-02 02:00")
        world.clock.move_to(due + off)
        opens = world.tick()
        assert world.send() == 0, "at night nothing leaves"
        if outcome == "expired":
            assert world.told() == [("one", "skipped", "expired")]
            return
        assert opens == local("2027-04-02 09:00")
        world.clock.move_to(opens)
        world.tick()
        world.tick()
        world.send()
        world.send()
        assert clocks(world) == [woken] and len(world.arrived()) == 1


def test_back_within_the_day_it_goes_on_at_once(tmp_path: Path) -> None:
    """Late by ten hours of the clock, by three of those that count."""
    with World(tmp_path, LATER, project=QUIET) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.clock.move_to(local("2027-04-02 12:00"))
        world.tick()
        world.send()
        assert clocks(world) == ["Fri 12:00:00"]


def test_three_days_off_with_a_queue_and_no_flood(tmp_path: Path) -> None:
    """What lay in the outbox is too late; who comes now is texted in the morning, at the sender's rate."""
    with World(tmp_path, ONE, project=QUIET.replace("rate: 1000", "rate: 1")) as world:
        for phone in (ADA, BEN, CY):
            world.event("list.joined", phone)
        world.tick()
        world.send()
        first = len(world.arrived())
        assert first < 3
        world.clock.move_to(local("2027-04-05 02:00"))
        world.tick()
        assert world.send() == 0
        states = [state for _, state, _ in world.told()]
        assert states.count("expired") == 3 - first


def test_messages_tells_what_is_held(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=QUIET) as world:
        world.clock.move_to(local("2027-04-01 19:59"))
        world.event("list.joined", ADA)
        world.tick()
        world.clock.move_to(local("2027-04-01 20:00"))
        world.send()
        with world.app.database.reading() as db:
            (row,) = listings.messages(db)
        assert (row["status"], row["reason"]) == ("held", "quiet hours 20:00–09:00")


def test_a_number_whose_area_code_lies_in_two_zones_waits_for_both(tmp_path: Path) -> None:
    """850 is Florida, Eastern and Central: 9:00 in the panhandle's west is 10:00 in its east, and the state's evening ends at 20:00."""
    panhandle = "+18505550123"
    with World(tmp_path, ONE, project=QUIET) as world:
        world.contact(panhandle)
        world.consent(panhandle, "subscribed")
        world.clock.move_to(local("2027-04-02 09:30"))
        world.event("list.joined", panhandle)
        assert world.tick() == local("2027-04-02 10:00")
        world.clock.move_to(local("2027-04-02 10:00"))
        world.tick()
        assert world.send() == 1


def test_minutes_matter(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=QUIET) as world:
        world.clock.move_to(local("2027-04-02 08:59:59"))
        world.event("list.joined", ADA)
        assert world.tick() == local("2027-04-02 09:00")
        world.tick(MINUTE)
        assert world.send() == 1
