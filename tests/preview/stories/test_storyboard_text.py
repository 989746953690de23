"""A storyboard in 80 columns: clocks, holds, what fails or does not leave, what differs from another kind, and hostile values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine.core.calendar import DAY, HOUR
from engine.preview.stories.stories import Cost, Picture, Sample, Story, Storyboard
from engine.preview.stories.storyboard_text import WIDE, lines, span
from engine.store.queries.timeline import TimelineEntry

START = round(datetime(2027, 4, 1, 14, 4, tzinfo=UTC).timestamp() * 1000)  # 10:04 in New York
PICTURE = Picture("media/spring.jpg", 640, 1138, 118_000, None)


def sample(name: str = "Ada", zone: str = "America/New_York") -> Sample:
    return Sample(1, "ada", "+12025550143", zone, "US", {"first_name": name}, "subscribed")


def message(at: int, step: str = "hero", text: str = "Acme: Hi Ada", **details: Any) -> TimelineEntry:
    given = {
        "status": "delivered",
        "reason": None,
        "kind": "sms",
        "media": None,
        "parts": 1,
        "price": 0.015,
        "text": text,
    }
    return TimelineEntry(at, "message", "SMS sent", "drop", 1, step, given | {"provider_id": "x"} | details)


def event(at: int, name: str = "list.joined", **data: Any) -> TimelineEntry:
    return TimelineEntry(at, "event", name, details={"data": data})


def held(at: int, until: str) -> TimelineEntry:
    said = f"held until {until}: quiet hours 20:00–09:00"
    return TimelineEntry(at, "noted", said, "drop", 1, "hero", {"reason": said})


def exited(at: int, reason: str = "no_purchase") -> TimelineEntry:
    return TimelineEntry(at, "exited", f"left the flow: {reason}", "drop", 1, "think", {"reason": reason})


def printed(*stories: Story, **said: Any) -> list[str]:
    board = Storyboard(
        "drop",
        START,
        START + 14 * DAY,
        "America/New_York",
        "Acme",
        "USD",
        None,
        stories,
        Cost(0, 0, 2, 30_000, 2),
        **said,
    )
    found = [line.text for line in lines(board)]
    assert max(map(len, found)) <= WIDE
    return found


def test_the_head_names_the_start_on_the_projects_clock_and_the_cost() -> None:
    told = printed(Story(2, sample(), (event(START), message(START))), range=(15_000, 30_000), remarks=("seed 7",))
    assert told[:4] == [
        "drop · 2 contacts · Thu, Apr 1 2027 10:04 AM New York, 14 days",
        "2 are texted · 2 SMS $0.030 (0.015 each)",
        "$0.015–$0.030: the cost depends on how people react; here nobody does",
        "seed 7",
    ]


def test_a_story_is_on_its_contacts_own_clock_and_a_day_is_named_once() -> None:
    moments = (
        event(START, list="vip"),
        held(START, "Thu, Apr 1, 09:00"),
        message(START + 2 * HOUR),
        exited(START + DAY),
    )
    told = printed(Story(2, sample(zone="America/Los_Angeles"), moments))
    assert told[-6:] == [
        "A  2 contacts, like Ada +1202•••0143 (Los Angeles)                1 text, $0.015",
        "   Thu, Apr 1   7:04 AM  ● list.joined  list: vip",
        "                7:04 AM  ⧗ hero held until 9:00 AM: quiet hours 20:00–09:00",
        "                9:04 AM  ✓ SMS hero · 1 part · $0.015",
        "                         │ Acme: Hi Ada",
        "   Fri, Apr 2   7:04 AM  ■ no_purchase",
    ]


def test_a_hold_until_another_day_names_it() -> None:
    told = printed(Story(1, sample(), (held(START, "Fri, Apr 2, 09:00"), message(START + DAY))))
    assert any("hero held until Fri, Apr 2, 9:00 AM: quiet hours" in line for line in told)


def test_a_picture_its_size_and_what_failed_or_did_not_leave_are_named() -> None:
    moments = (
        message(START, kind="mms", media="ab.jpg", price=0.045),
        message(START + 1, "second", status="failed", reason="a landline", provider_id=None),
        message(START + 2, "third", status="skipped", reason="cap of 1 a day", provider_id=None),
        TimelineEntry(START + 3, "parked", "parked: boom", "drop", 1, "think", {"reason": "boom"}),
    )
    told = printed(Story(1, sample(), moments), pictures={"ab.jpg": PICTURE})
    assert "   Thu, Apr 1  10:04 AM  ✓ MMS hero · $0.045 · spring.jpg 640×1138 118 KB" in told
    assert "               10:04 AM  ✗ SMS second · 1 part · $0.000 failed: a landline" in told
    assert "               10:04 AM  – third skipped: cap of 1 a day" in told
    assert "               10:04 AM  ! parked: boom" in told


def test_a_kind_like_another_is_told_by_its_difference_alone() -> None:
    whole = (event(START), message(START), message(START + DAY, "reminder"), exited(START + 2 * DAY))
    clicked = TimelineEntry(START + HOUR, "click", "clicked shop", "drop", 1, "hero")
    ended = (event(START), message(START), clicked, exited(START + 2 * DAY, "engaged"))
    told = printed(Story(5, sample(), whole), Story(2, sample("Bo"), ended))
    at = next(index for index, line in enumerate(told) if line.startswith("B "))
    assert told[at].endswith("1 text, $0.015, as A, but:")
    assert told[at + 1 : at + 4] == [
        "   Thu, Apr 1  11:04 AM  ➜ clicked shop",
        "   Sat, Apr 3  10:04 AM  ■ engaged",
        "                         – no SMS reminder",
    ]


def test_who_is_not_texted_is_counted_by_reason_and_told_where_every_story_is() -> None:
    refused = TimelineEntry(START, "refused", "did not enter: twice", "drop", details={"reason": "twice"})
    told = printed(Story(2, sample(), (message(START),)), Story(3, sample(), (event(START), refused)))
    assert told[-2:] == ["Not texted", "   3 not entered: twice"]
    alone = printed(Story(1, sample(), (event(START), refused)))
    assert alone[-1] == "               10:04 AM  ✗ did not enter: twice"


def test_what_has_not_happened_yet_has_no_time_of_its_own() -> None:
    waits = TimelineEntry(START + 40 * DAY, "waits", "waits", "drop", 1, "think", {"until": START + 40 * DAY})
    told = printed(Story(1, sample(), (event(START), message(START), waits)))
    assert told[-1] == "                         ⧗ still at think, until Tue, May 11, 10:04 AM"


def test_hostile_values_are_visible_and_long_ones_wrapped() -> None:
    name = "\x1b[31mZoë" + "x" * 90
    told = printed(Story(1, sample(name), (event(START, note="\x07bell"), message(START, text="a" * 300))))
    assert not any(ord(character) < 32 or ord(character) == 127 for line in told for character in line)


def test_a_long_name_of_a_flow_has_a_line_of_its_own() -> None:
    board = Storyboard("f" * 64, START, START + DAY, "America/New_York", "Acme", "USD", None, (), Cost())
    assert [line.text for line in lines(board)][:2] == [
        "f" * 64,
        "0 contacts · Thu, Apr 1 2027 10:04 AM New York, 1 day",
    ]


def test_lengths_are_in_the_largest_unit_that_fits() -> None:
    assert [span(14 * DAY), span(DAY), span(36 * HOUR), span(90_000)] == ["14 days", "1 day", "36 hours", "90 seconds"]
