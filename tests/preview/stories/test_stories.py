"""Kinds of stories: which contacts are told together, who is the sample, and what a story says of itself."""

from __future__ import annotations

from typing import Any

from engine.preview.stories.stories import (
    NOTHING_STARTS,
    Cost,
    Kinds,
    Sample,
    Story,
    Storyboard,
    cost_of,
    difference,
    held_by,
    letters,
)
from engine.store.queries.timeline import TimelineEntry

START = 1_000_000
HOUR = 3_600_000


def sample(name: str = "Ada") -> Sample:
    return Sample(1, name, "+12025550143", "America/New_York", "US", {"first_name": name}, "subscribed")


def message(at: int, text: str = "Hi", **details: Any) -> TimelineEntry:
    given = {
        "status": "delivered",
        "reason": None,
        "kind": "sms",
        "media": None,
        "parts": 1,
        "price": 0.015,
        "text": text,
    }
    return TimelineEntry(at, "message", "SMS sent", "welcome", 1, "hello", given | {"provider_id": "x"} | details)


def held(at: int, until: str, why: str = "quiet hours") -> TimelineEntry:
    reason = f"held until {until}: {why}"
    return TimelineEntry(at, "noted", reason, "welcome", 1, "hello", {"reason": reason})


def of(name: str, *moments: TimelineEntry) -> Story:
    return Story(1, sample(name), moments)


def kinds(*stories: Story, each: bool = False) -> tuple[Story, ...]:
    found = Kinds(each)
    for story in stories:
        found.add(story)
    return found.stories()


def test_texts_that_differ_by_own_fields_are_one_kind_and_the_first_contact_tells_it() -> None:
    (one,) = kinds(of("Ada", message(START, "Hi Ada")), of("Bo", message(START, "Hi Bo")))
    assert (one.contacts, one.sample.key, one.moments[0].details["text"]) == (2, "Ada", "Hi Ada")


def test_another_time_price_step_or_reason_is_another_kind() -> None:
    stories = (
        of("a", held(START, "x", "cap"), message(START)),
        of("b", held(START, "x", "cap"), message(START + 1)),
        of("c", message(START, parts=2, price=0.03)),
        of("d", held(START, "Fri, Apr 2, 09:00"), message(START + 1)),
        of("e", held(START, "Fri, Apr 2, 09:00", "cap of 1 a day"), message(START + 1)),
    )
    assert [story.sample.key for story in kinds(*stories)] == ["a", "b", "c", "d", "e"]


def test_the_same_hold_read_on_two_clocks_is_one_kind() -> None:
    east = of("a", held(START, "Fri, Apr 2, 09:00"), message(START + HOUR))
    west = of("b", held(START, "Fri, Apr 2, 08:00"), message(START + HOUR))
    assert [story.contacts for story in kinds(east, west)] == [2]
    assert held_by(east.moments[0]) == "quiet hours"


def test_the_commonest_kind_comes_first_and_those_without_a_text_last() -> None:
    silent = message(START, status="skipped", reason="no consent", provider_id=None)
    stories = [of(f"s{n}", silent) for n in range(3)] + [of("late", message(START, parts=2))]
    stories += [of("a", message(START)), of("b", message(START))]
    assert [(story.sample.key, story.contacts) for story in kinds(*stories)] == [("a", 2), ("late", 1), ("s0", 3)]
    assert len(kinds(*stories, each=True)) == 6


def test_who_is_not_texted_is_counted_by_reason() -> None:
    refused = TimelineEntry(START, "refused", "did not enter", "welcome", details={"reason": "already in this flow"})
    skipped = message(START, status="skipped", reason="no consent", provider_id=None)
    stories = kinds(of("a", refused), of("b", skipped), of("c", skipped), of("d"), of("e", message(START)))
    board = Storyboard("welcome", START, START, "UTC", "Acme", "USD", None, stories, Cost())
    assert board.not_texted == (("no consent", 2), ("not entered: already in this flow", 1), (NOTHING_STARTS, 1))
    assert [story.sample.key for story in board.texted] == ["e"]
    assert board.contacts == 5


def test_a_message_costs_where_its_provider_took_it() -> None:
    moments = (
        message(START, kind="mms", price=0.045),
        message(START, parts=2, price=0.03, status="undelivered"),
        message(START, status="failed", provider_id=None),
        message(START, status="skipped", provider_id=None),
    )
    assert Story(1, sample(), moments).price == 75_000
    assert cost_of(moments) == Cost(1, 45_000, 2, 30_000, 4)
    assert Cost(1, 45_000, 2, 30_000, 4).times(3).price == 225_000


def test_a_hold_moves_what_comes_after_it_and_is_the_whole_difference() -> None:
    exit = TimelineEntry(START + 2 * HOUR, "exited", "left the flow: end", "welcome", 1, "hello")
    one = of("a", held(START, "9:00"), message(START + HOUR), exit)
    other = of("b", message(START + 5), exit._replace(at=START + 5 + HOUR))
    assert difference(one, one) == ((), ())
    found = difference(one, other)
    assert (found.more, found.less) == (one.moments[:2], other.moments[:1])


def test_an_event_with_other_data_is_told_as_a_difference_and_makes_no_kind() -> None:
    cart = TimelineEntry(START, "event", "checkout.started", None, None, None, {"data": {"total": 59}})
    dear = cart._replace(details={"data": {"total": 100}})
    one, other = of("a", cart, message(START + HOUR)), of("b", dear, message(START + HOUR))
    assert difference(other, one) == ((dear,), (cart,))
    assert len(kinds(one, other)) == 1


def test_kinds_are_named_by_letters() -> None:
    names = list(letters(28))
    assert (names[0], names[25], names[26], names[27]) == ("A", "Z", "AA", "AB")
