"""Conditions: what holds for whom, which facts are read, and what an author is told."""

from __future__ import annotations

import timeit
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from engine.core.context import Segment
from engine.core.facts import ClickFact, EventFact, MessageFact, Needs, ReplyFact, Unfetched
from engine.language.conditions.condition import Condition, DefaultSince, Reference
from engine.language.conditions.fact_tests import STATES
from engine.language.conditions.operators import pattern
from tests.language.contexts import (
    ARRIVED,
    DAY,
    ENTERED,
    HOUR,
    MINUTE,
    NOW,
    PROGRAM,
    SETTINGS,
    START_EVENT,
    context,
    mistakes,
)

PLACED = "order.placed"


def holds(condition: object, default: DefaultSince = "entry", **facts: Any) -> bool:
    return Condition(condition).test(default)(context(**facts))


def placed(*instants: int, **data: Any) -> dict[str, Any]:
    return {"events": {PLACED: tuple(EventFact(at, data, 100 + n) for n, at in enumerate(instants))}}


# Fields


ADA: dict[str, Any] = {
    "first_name": "Ada",
    "country": "US",
    "orders": 4,
    "zip": "02134",
    "one": 1,
    "member": True,
    "tags": ["vip", "spring"],
    "birthday": "1990-12-10",
    "seen": "2027-04-02T10:00:00Z",
    "address": {"city": "Oslo"},
    "nothing": None,
}


@pytest.mark.parametrize(
    ("operand", "true_of", "false_of"),
    [
        ("US", ["country"], ["first_name", "orders", "tags", "missing", "nothing"]),
        (4, ["orders"], ["zip", "country", "missing"]),
        (4.0, ["orders"], []),
        (1, ["one"], ["member"]),
        (True, ["member"], ["one"]),
        ("4", [], ["orders"]),
        (["US", "CA"], ["country"], ["first_name", "tags", "missing"]),
        (["CA", 4, True], ["orders", "member"], ["country", "one"]),
        ({"in": ["US", 4]}, ["country", "orders"], ["tags", "missing"]),
        ({"is": "US"}, ["country"], ["missing"]),
        ({"not": "US"}, ["first_name", "orders"], ["country", "missing", "nothing"]),
        ({"not": ["US", 4]}, ["first_name"], ["country", "orders", "missing"]),
        ({"above": 3}, ["orders"], ["one", "zip", "member", "tags", "missing"]),
        ({"above": 4}, [], ["orders"]),
        ({"at_least": 4}, ["orders"], ["one"]),
        ({"below": 4}, ["one"], ["orders", "zip", "member"]),
        ({"at_most": 4}, ["orders", "one"], ["member", "missing"]),
        ({"above": 1, "below": 5}, ["orders"], ["one"]),
        ({"below": "2000-01-01"}, ["birthday"], ["seen", "country", "orders", "missing"]),
        ({"at_least": "2027-04-02"}, ["seen"], ["birthday"]),
        ({"has": "vip"}, ["tags"], ["country", "first_name", "missing"]),
        ({"has": "vi"}, [], ["tags"]),
        ({"matches": "ad*"}, ["first_name"], ["country", "orders", "tags", "missing"]),
        ({"exists": True}, ["country", "tags", "member"], ["missing", "nothing"]),
        ({"exists": False}, ["missing", "nothing"], ["country"]),
    ],
)
def test_operators(operand: object, true_of: list[str], false_of: list[str]) -> None:
    for field in (*true_of, *false_of):
        assert holds({"contact": {field: operand}}, contact=ADA) is (field in true_of), field
        assert holds({"event": {field: operand}}, event=ADA) is (field in true_of), field


@pytest.mark.parametrize("operand", ["x", 1, True, ["x"], {"not": "x"}, {"below": 5}, {"has": "x"}, {"matches": "*"}])
def test_a_missing_field_makes_every_operator_false_and_not_is_the_exact_complement(operand: object) -> None:
    asked = {"contact": {"missing": operand}}
    assert holds(asked) is False
    assert holds({"not": asked}) is True


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.lists(st.text()),
        st.dictionaries(st.text(), st.text()),
    )
)
def test_no_value_makes_a_condition_raise(value: object) -> None:
    for operand in (
        "x",
        1,
        True,
        ["x", 1],
        {"above": 1},
        {"below": "2027-01-01"},
        {"has": "x"},
        {"matches": "*x*"},
        {"not": 1},
    ):
        assert holds({"event": {"x": operand}}, event={"x": value}) in (True, False)


def test_deeper_fields_have_dotted_names() -> None:
    assert holds({"contact": {"address.city": "Oslo"}}, contact=ADA)
    assert not holds({"contact": {"country.city": "Oslo"}}, contact=ADA)


@pytest.mark.parametrize(
    ("written", "text", "matches"),
    [
        ("yes", "YES", True),
        ("yes", "yes!", False),
        ("yes*", "Yes please", True),
        ("*yes*", "oh yes indeed", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("a*b*c", "a--b--c", True),
        ("a*b*c", "a--c--b", False),
        ("*ab*ab*", "xabx", False),
        ("ÄB*", "äb", False),  # only ASCII letters are alike
        ("Äb*", "ÄBC", True),
        ("a.c?", "a.c?", True),
        ("a.c", "abc", False),
    ],
)
def test_patterns_match_the_whole_text(written: str, text: str, matches: bool) -> None:
    assert pattern(written)(text) is matches


def test_a_hostile_pattern_takes_linear_time() -> None:
    test = pattern("a*" * 200 + "b")
    assert timeit.timeit(lambda: test("a" * 100_000), number=1) < 0.5


# Combining


def test_a_mapping_and_a_list_mean_all_of_it() -> None:
    us, many = {"contact": {"country": "US"}}, {"contact": {"orders": {"at_least": 3}}}
    few = {"contact": {"orders": {"below": 3}}}
    assert holds({"contact": {"country": "US", "orders": 4}, "event": {"x": 1}}, contact=ADA, event={"x": 1})
    assert not holds({"contact": {"country": "US", "orders": 5}}, contact=ADA)
    assert holds([us, many], contact=ADA) and not holds([us, many, few], contact=ADA)
    assert holds({"all": [us, many, us]}, contact=ADA) and not holds({"all": [us, few]}, contact=ADA)
    assert holds({"any": [few, us]}, contact=ADA) and not holds({"any": [few]}, contact=ADA)
    assert holds({"not": few}, contact=ADA) and not holds({"not": [us, many]}, contact=ADA)
    assert holds({"not": {"any": [few, {"not": us}]}}, contact=ADA)


# What happened


def test_an_event_counts_from_the_entry_to_now_both_included() -> None:
    for at, counts in [(ENTERED - 1, False), (ENTERED, True), (NOW, True), (NOW + 1, False)]:
        assert holds({"happened": PLACED}, **placed(at)) is counts


def test_the_event_that_started_the_run_does_not_count() -> None:
    events = {PLACED: (EventFact(ENTERED, {}, START_EVENT),)}
    assert not holds({"happened": PLACED}, events=events)
    assert not holds({"happened": {"event": PLACED, "since": "ever"}}, events=events)


def test_a_wait_counts_from_its_arrival_unless_since_is_written() -> None:
    before, after = placed(ARRIVED - 1), placed(ARRIVED)
    assert not holds({"happened": PLACED}, "arrival", waiting=True, **before)
    assert holds({"happened": PLACED}, "arrival", waiting=True, **after)
    assert holds({"happened": {"event": PLACED, "since": "entry"}}, "arrival", waiting=True, **before)
    assert not holds({"happened": PLACED}, "arrival", waiting=False, **after)  # it arrives only now


def test_since_a_step_is_since_the_run_left_it() -> None:
    asked = {"happened": {"event": PLACED, "since": "hero"}}
    assert holds(asked, left={"hero": ARRIVED}, **placed(ARRIVED))
    assert not holds(asked, left={"hero": ARRIVED}, **placed(ARRIVED - 1))
    assert not holds(asked, left={}, **placed(ARRIVED))


def test_within_looks_back_from_now_by_the_contacts_calendar() -> None:
    week = {"happened": {"event": PLACED, "within": "7d"}}
    assert holds(week, **placed(NOW - 7 * DAY)) and not holds(week, **placed(NOW - 7 * DAY - 1))
    # Four weeks back New York's clocks still showed winter time: the same time of day is an hour later in UTC.
    long = {"happened": {"event": PLACED, "within": "4w"}}
    edge = NOW - 28 * DAY + HOUR
    assert holds(long, **placed(edge)) and not holds(long, **placed(edge - 1))
    hours = {"happened": {"event": PLACED, "within": "3h"}}
    assert holds(hours, **placed(NOW - 3 * HOUR)) and not holds(hours, **placed(NOW - 3 * HOUR - 1))


def test_within_and_since_take_the_later_beginning() -> None:
    asked = {"happened": {"event": PLACED, "within": "7d", "since": "hero"}}
    assert not holds(asked, left={"hero": ARRIVED}, **placed(ARRIVED - 1))
    assert holds(asked, left={"hero": ARRIVED}, **placed(ARRIVED))
    assert not holds(asked, left={}, **placed(ARRIVED))
    assert not holds(asked, left={"hero": ENTERED}, now=ENTERED + 30 * DAY, **placed(ARRIVED))


def test_at_least_counts_and_where_looks_at_each_event() -> None:
    twice = {"happened": {"event": PLACED, "at_least": 2}}
    assert (
        holds(twice, **placed(ARRIVED, NOW))
        and not holds(twice, **placed(ARRIVED))
        and not holds(twice, **placed(1, NOW))
    )
    dear = {"happened": {"event": PLACED, "where": {"event": {"total": {"above": 50}}, "contact": {"country": "US"}}}}
    run_event = {"total": 10}
    assert holds(dear, contact=ADA, event=run_event, **placed(NOW, total=60))
    assert not holds(dear, contact=ADA, event={"total": 60}, **placed(NOW, total=10))
    assert not holds(dear, contact={}, event=run_event, **placed(NOW, total=60))


def test_a_click_is_of_this_link_and_counts_like_an_event() -> None:
    clicks = (ClickFact(ARRIVED, "shop", "hero"),)
    assert holds({"clicked": "shop"}, clicks=clicks) and not holds({"clicked": "cart"}, clicks=clicks)
    assert holds({"clicked": {}}, clicks=clicks) and not holds({"clicked": {}}, clicks=())
    since = {"clicked": {"link": "shop", "since": "hero"}}
    assert holds(since, clicks=clicks, left={"hero": ARRIVED})
    assert not holds(since, clicks=clicks, left={"hero": ARRIVED + 1}) and not holds(since, clicks=clicks, left={})
    assert not holds({"clicked": "shop"}, clicks=clicks, now=ARRIVED - 1)
    assert not holds({"clicked": "shop"}, "arrival", clicks=(ClickFact(ARRIVED - 1, "shop", "hero"),), waiting=True)


@pytest.mark.parametrize(
    ("state", "reached"),
    [
        ("queued", {"queued"}),
        ("skipped", {"queued"}),
        ("sending", {"queued", "sending"}),
        ("accepted", {"queued", "sending", "accepted"}),
        ("sent", {"queued", "sending", "accepted", "sent"}),
        ("delivered", {"queued", "sending", "accepted", "sent", "delivered"}),
        ("undelivered", {"queued", "sending", "accepted", "sent", "undelivered", "failed"}),
        ("failed", {"queued", "sending", "failed"}),
        ("unknown", {"queued", "sending", "unknown"}),
        ("cancelled", {"queued", "cancelled"}),
        ("expired", {"queued", "expired"}),
    ],
)
def test_a_message_has_reached_the_states_before_its_own(state: str, reached: set[str]) -> None:
    found = {word for word in STATES if holds({"message": {"step": "hero", "is": word}}, messages={"hero": state})}
    assert found == reached
    assert holds({"delivered": "hero"}, messages={"hero": state}) is ("delivered" in reached)
    assert holds({"failed": "hero"}, messages={"hero": state}) is ("failed" in reached)


def test_a_message_that_was_never_written_has_reached_nothing() -> None:
    assert not any(holds({"message": {"step": "hero", "is": word}}, messages={}) for word in STATES)
    assert MessageFact("queued", 0).state in STATES


def test_same_is_the_field_of_the_event_that_started_the_run() -> None:
    asked = {"happened": {"event": PLACED, "same": "order_id"}}
    for ours, theirs, alike in [("7", "7", True), ("7", "8", False), ("7", 7, False), (7, 7.0, True), (1, True, False)]:
        assert holds(asked, event={"order_id": ours}, **placed(NOW, order_id=theirs)) is alike, (ours, theirs)
    assert not holds(asked, event={}, **placed(NOW)), "what is missing equals nothing"
    assert not holds(asked, event={"order_id": ["7"]}, **placed(NOW, order_id=["7"]))
    twice = {
        "happened": {"event": PLACED, "same": "order_id", "at_least": 2, "where": {"event": {"total": {"above": 5}}}}
    }
    events = {PLACED: tuple(EventFact(NOW, {"order_id": id, "total": 9}, n) for n, id in enumerate("778", 100))}
    assert holds(twice, event={"order_id": "7"}, events=events) and not holds(
        twice, event={"order_id": "8"}, events=events
    )


def test_a_reply_is_any_text_of_the_contact_or_one_that_matches_as_a_whole() -> None:
    replies = (ReplyFact(ARRIVED, " YES please\n", 100), ReplyFact(NOW, "no", 101))
    assert holds({"replied": True}, replies=replies) and not holds({"replied": True}, replies=())
    for written, matches in [("yes*", True), ("yes", False), ("NO", True), ("*x*", False), ("*n*", True), ("", False)]:
        assert holds({"replied": {"matches": written}}, replies=replies) is matches, written


@pytest.mark.parametrize(
    ("written", "said", "fits"),
    [
        ("yes", "YES!", True), ("yes", "yes.", True), ("yes", "Yes 👍", True), ("YES!", "yes", True), ("SI", "sí", True),
        ("sí", "¡Si!", True),
        ("yes", "“Yes”", True), ("yes*", "👍 Yes, please", True), ("no, thanks", "No thanks", True), ("1", "1️⃣", True), ("ja", "ＪＡ", True),
        ("ok*thanks", "ok... many thanks!", True), ("yes", "yesterday", False), ("yes *", "yesterday", False), ("yes", "yes please", False),
        ("👍", "👍", True), ("👍", "yes", False), ("👍", "", False), ("*?", "who?", True), ("*?", "who", False), ("*", "", True),
        ("", "👍", False), ("*yes*", "Liked “Reply YES to join”", False), ("yes", "> Reply YES to join\nyes", True), 
        ("liked*", "Liked “it”", True),
    ],
)  # fmt: skip
def test_a_reply_is_compared_as_people_type(written: str, said: str, fits: bool) -> None:
    assert holds({"replied": {"matches": written}}, replies=(ReplyFact(NOW, said, 100),)) is fits


def test_a_reply_counts_like_an_event() -> None:
    replies = (ReplyFact(ARRIVED, "yes", 100),)
    assert not holds({"replied": True}, replies=replies, now=ARRIVED - 1)
    assert holds({"replied": True}, "arrival", replies=replies, waiting=True)
    assert not holds({"replied": True}, "arrival", replies=(ReplyFact(ARRIVED - 1, "yes", 100),), waiting=True)
    assert not holds({"replied": True}, replies=(ReplyFact(ENTERED, "join", START_EVENT),)), (
        "the text that started the run"
    )
    since = {"replied": {"since": "hero"}}
    assert holds(since, replies=replies, left={"hero": ARRIVED})
    assert not holds(since, replies=replies, left={"hero": ARRIVED + 1}) and not holds(since, replies=replies, left={})


@pytest.mark.parametrize(
    ("asked", "hours"),  # from Thursday 1 April, 12:00 in New York, the hours at which it begins and ends
    [
        ({"between": ["09:00", "17:00"]}, [(-3, 5), (21, 29), (45, 53)]),
        ({"between": ["17:00", "09:00"]}, [(5, 21), (29, 45)]),
        ({"between": ["12:00", "00:00"]}, [(0, 12), (24, 36)]),
        ({"between": ["09:00", "17:00"], "days": ["fri"]}, [(21, 29)]),
        ({"days": ["fri", "sat"]}, [(12, 60)]),
        (
            {"between": ["22:00", "02:00"], "days": ["thu"]},
            [(10, 14)],
        ),  # the night belongs to the day on which it began
        ({"between": ["22:00", "02:00"], "days": ["fri"]}, [(34, 38)]),
    ],
)
def test_time_is_the_clock_on_the_contacts_wall(asked: object, hours: list[tuple[int, int]]) -> None:
    for minutes in range(0, 48 * 60, 30):
        expected = any(start * 60 <= minutes < end * 60 for start, end in hours)
        assert holds({"time": asked}, now=NOW + minutes * MINUTE) is expected, minutes / 60
        if not minutes % 60:
            edge = any(start * 60 < minutes <= end * 60 for start, end in hours)
            assert holds({"time": asked}, now=NOW + minutes * MINUTE - 1) is edge, "the end is excluded"


def test_a_segment_is_asked_as_if_there_were_no_run() -> None:
    segment = Condition({"happened": PLACED, "contact": {"country": "US"}})
    there = Segment(segment.test("ever"), Needs(events=frozenset((PLACED,)), ever=frozenset((PLACED,))))
    program = PROGRAM._replace(settings=SETTINGS._replace(segments={"buyers": there}))
    own = {PLACED: (EventFact(ENTERED - 30 * DAY, {}, START_EVENT),)}
    for country, inside in (("US", True), ("CA", False)):
        facts: dict[str, Any] = {"contact": {"country": country}, "events": own, "program": program}
        assert holds({"segment": "buyers"}, **facts) is inside, "from ever on, the run's own event too"
        assert holds({"not": {"segment": "buyers"}}, **facts) is not inside


# What it needs and points at


def test_needs_name_exactly_what_is_read() -> None:
    def needs(condition: object) -> Needs:
        return Condition(condition).needs

    both = frozenset((PLACED,))
    assert needs({"contact": {"country": "US"}, "event": {"x": 1}}) == Needs()
    assert needs({"happened": PLACED}) == Needs(events=both)
    assert needs({"happened": {"event": PLACED, "since": "ever"}}) == Needs(events=both, ever=both)
    assert needs({"happened": {"event": PLACED, "within": "1d"}}) == Needs(events=both, ever=both)
    assert needs({"happened": {"event": PLACED, "within": "1d", "since": "entry"}}) == Needs(events=both)
    assert needs({"clicked": {"link": "shop", "since": "hero"}}) == Needs(clicks=True, left=True)
    assert needs({"any": [{"delivered": "hero"}, {"not": {"clicked": "shop"}}]}) == Needs(clicks=True, messages=True)
    assert needs([{"replied": True}, {"segment": "vip"}]) == Needs(replies=True, segments=frozenset(("vip",)))
    assert needs({"time": {"days": ["mon"]}}) == Needs()
    for unfetched in ({"clicked": "shop"}, {"replied": True}):
        with pytest.raises(Unfetched):
            holds(unfetched)


@pytest.mark.parametrize(
    ("condition", "bound"),
    [
        ({"contact": {"country": "US"}, "time": {"days": ["mon"]}, "segment": "vip"}, []),
        ({"happened": {"event": PLACED, "since": "ever", "where": {"event": {"total": 5}}}}, []),
        ({"happened": {"event": PLACED, "since": "entry"}}, [("since: entry", ("happened", "since"))]),
        ({"not": {"event": {"total": 5}}}, [("event", ("not", "event"))]),
        ({"happened": {"event": PLACED, "same": "order_id"}}, [("same", ("happened", "same"))]),
        ({"replied": True}, [("replied", ("replied",))]),
        ({"clicked": {"since": "hero"}}, [("clicked", ("clicked",)), ("since: hero", ("clicked", "since"))]),
        (
            [{"failed": "hero"}, {"message": {"step": "hero", "is": "sent"}}],
            [("failed", (0, "failed")), ("message", (1, "message"))],
        ),
    ],
)
def test_what_is_bound_to_a_run_is_known(condition: object, bound: list[tuple[str, object]]) -> None:
    assert list(Condition(condition).bound) == bound


def test_references_stand_where_they_are_written() -> None:
    condition = Condition(
        {
            "contact": {"country": "US"},
            "event": {"total": {"above": 5}},
            "all": [
                {
                    "happened": {
                        "event": PLACED,
                        "since": "hero",
                        "where": {"event": {"total": 1}, "contact": {"tier": "x"}},
                    }
                },
                {"clicked": {"link": "shop", "since": "entry"}},
                {"clicked": "cart"},
            ],
            "delivered": "hero",
            "message": {"step": "last", "is": "sent"},
            "not": {"happened": "list.left", "segment": "vip"},
            "any": [{"happened": {"event": PLACED, "same": "order_id"}}],
        }
    )
    assert set(condition.references) == {
        Reference("field", "country", ("contact", "country")),
        Reference("event_field", "total", ("event", "total")),
        Reference("event", PLACED, ("all", 0, "happened", "event")),
        Reference("step", "hero", ("all", 0, "happened", "since")),
        Reference("event_field", "total", ("all", 0, "happened", "where", "event", "total"), PLACED),
        Reference("field", "tier", ("all", 0, "happened", "where", "contact", "tier")),
        Reference("link", "shop", ("all", 1, "clicked", "link")),
        Reference("link", "cart", ("all", 2, "clicked")),
        Reference("message_step", "hero", ("delivered",)),
        Reference("message_step", "last", ("message", "step")),
        Reference("event", "list.left", ("not", "happened")),
        Reference("segment", "vip", ("not", "segment")),
        Reference("event", PLACED, ("any", 0, "happened", "event")),
        Reference("same", "order_id", ("any", 0, "happened", "same")),
        Reference("same", "order_id", ("any", 0, "happened", "same"), PLACED),
    }
    assert condition.since == (("hero", ("all", 0, "happened", "since")),)


# What an author is told


@pytest.mark.parametrize(
    ("condition", "code", "loc", "said"),
    [
        (None, "LO205", (), "missing"),
        ("vip", "LO206", (), "got text"),
        ({}, "LO208", (), "empty"),
        ([], "LO208", (), "empty"),
        ({"contct": {}}, "LO201", ("contct",), 'did you mean "contact"?'),
        ({"replied": "yes"}, "LO206", ("replied",), 'replied: {matches: "yes*"}'),
        ({"replied": False}, "LO206", ("replied",), "not: {replied: true}"),
        ({"replied": {"match": "yes"}}, "LO201", ("replied", "match"), 'did you mean "matches"?'),
        ({"replied": {"matches": 1}}, "LO206", ("replied", "matches"), 'quotes: "1"'),
        ({"segment": ["vip"]}, "LO206", ("segment",), "got a list"),
        ({"segment": "VIP"}, "LO231", ("segment",), "not an id"),
        ({"time": {}}, "LO208", ("time",), "expected `between` or `days`"),
        ({"time": "09:00"}, "LO206", ("time",), "a mapping"),
        ({"time": {"betwen": ["09:00", "17:00"]}}, "LO201", ("time", "betwen"), 'did you mean "between"?'),
        ({"time": {"between": "09:00"}}, "LO206", ("time", "between"), "a list of two times"),
        ({"time": {"between": ["09:00", "24:00"]}}, "LO242", ("time", "between", 1), "not a time of day"),
        ({"time": {"between": ["09:00", "09:00"]}}, "LO208", ("time", "between"), "the two times are the same"),
        ({"time": {"days": "mon"}}, "LO206", ("time", "days"), "expected a list"),
        ({"time": {"days": []}}, "LO208", ("time", "days"), "empty"),
        ({"time": {"days": ["mon", "tues"]}}, "LO207", ("time", "days", 1), 'did you mean "tue"?'),
        ({"happened": {"event": PLACED, "same": "a.b"}}, "LO232", ("happened", "same"), "not a field's name"),
        ({"contact": None}, "LO205", ("contact",), "has no value"),
        ({"contact": "US"}, "LO206", ("contact",), "mapping of fields"),
        ({"contact": {}}, "LO208", ("contact",), "needs a field"),
        ({"contact": {"_x": 1}}, "LO232", ("contact", "_x"), "not a field name"),
        ({"contact": {"x": None}}, "LO205", ("contact", "x"), "exists: false"),
        ({"contact": {"x": {}}}, "LO208", ("contact", "x"), "no value or operator"),
        ({"contact": {"x": []}}, "LO208", ("contact", "x"), "empty"),
        ({"contact": {"x": [["a"]]}}, "LO206", ("contact", "x", 0), "got a list"),
        ({"contact": {"x": {"abov": 1}}}, "LO201", ("contact", "x", "abov"), 'did you mean "above"?'),
        ({"contact": {"x": {"above": "5"}}}, "LO206", ("contact", "x", "above"), "without quotes: 5"),
        ({"contact": {"x": {"above": "abc"}}}, "LO206", ("contact", "x", "above"), "not text"),
        ({"contact": {"x": {"above": True}}}, "LO206", ("contact", "x", "above"), "got true"),
        ({"contact": {"x": {"in": "US"}}}, "LO206", ("contact", "x", "in"), "expected a list"),
        ({"contact": {"x": {"has": ["a"]}}}, "LO206", ("contact", "x", "has"), "one value"),
        ({"contact": {"x": {"matches": 5}}}, "LO206", ("contact", "x", "matches"), 'quotes: "5"'),
        ({"contact": {"x": {"exists": "yes"}}}, "LO206", ("contact", "x", "exists"), "true or false"),
        ({"contact": {"x": "{{ event.x }}"}}, "LO401", ("contact", "x"), "cannot contain {{ }}"),
        ({"happened": "{{ event.x }}"}, "LO401", ("happened",), "cannot contain {{ }}"),
        ({"happened": 5}, "LO206", ("happened",), "quotes"),
        ({"happened": "two words"}, "LO232", ("happened",), "order.placed"),
        ({"happened": {"since": "entry"}}, "LO205", ("happened", "event"), "missing"),
        ({"happened": {"event": None}}, "LO205", ("happened", "event"), "has no value"),
        ({"happened": {"event": PLACED, "sinse": "entry"}}, "LO201", ("happened", "sinse"), 'did you mean "since"?'),
        ({"happened": {"event": PLACED, "since": "2d"}}, "LO231", ("happened", "since"), "not an id"),
        ({"happened": {"event": PLACED, "within": 2}}, "LO230", ("happened", "within"), "add a unit"),
        ({"happened": {"event": PLACED, "at_least": 0}}, "LO208", ("happened", "at_least"), "from 1"),
        ({"happened": {"event": PLACED, "where": {}}}, "LO208", ("happened", "where"), "empty"),
        (
            {"happened": {"event": PLACED, "where": {"clicked": "shop"}}},
            "LO201",
            ("happened", "where", "clicked"),
            "inside",
        ),
        ({"clicked": True}, "LO206", ("clicked",), "quotes"),
        ({"clicked": {"lnk": "shop"}}, "LO201", ("clicked", "lnk"), 'did you mean "link"?'),
        ({"message": "hero"}, "LO206", ("message",), "a mapping"),
        ({"message": {"step": "hero"}}, "LO205", ("message", "is"), "missing"),
        ({"message": {"step": "hero", "is": "deliverd"}}, "LO207", ("message", "is"), 'did you mean "delivered"?'),
        ({"delivered": ["hero"]}, "LO206", ("delivered",), "expected text"),
        ({"any": {"contact": {"x": 1}}}, "LO206", ("any",), "list of conditions"),
        ({"any": []}, "LO208", ("any",), "empty"),
        ({"not": "x"}, "LO206", ("not",), "a condition"),
    ],
)
def test_a_mistake_has_its_place_and_a_way_out(
    condition: object, code: str, loc: tuple[str | int, ...], said: str
) -> None:
    [(found_code, found_loc, message)] = mistakes(Condition, condition)
    assert (found_code, found_loc) == (code, loc)
    assert said in message


def test_all_mistakes_of_a_condition_are_reported_with_the_outer_place() -> None:
    class Model(BaseModel):
        when: list[Condition]

    wrong = {"contact": {"x": {"above": "a", "hass": 1}}, "any": [{"clicked": "shop"}, {"hapened": "x"}], "time": {}}
    assert [(code, loc) for code, loc, _ in mistakes(Model, {"when": [{"clicked": "shop"}, wrong]})] == [
        ("LO206", ("when", 1, "contact", "x", "above")),
        ("LO201", ("when", 1, "contact", "x", "hass")),
        ("LO201", ("when", 1, "any", 1, "hapened")),
        ("LO208", ("when", 1, "time")),
    ]


def test_a_condition_is_a_field_of_a_model() -> None:
    class Model(BaseModel):
        when: Condition

    source = {"clicked": "shop"}
    model = Model.model_validate({"when": source})
    assert model.model_dump() == {"when": source}
    assert model == Model(when=Condition(source)) and hash(model.when) == hash(Condition(source))
    assert model.when.test() is model.when.holds
    assert model.when.test("arrival") is model.when.test("arrival")
