"""The small values: what is accepted, what it becomes, and what a refusal says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from engine.core.calendar import Duration
from engine.language.values import scalars
from tests.language.contexts import DAY, HOUR, MINUTE, mistakes


def read(type_: Any, value: object) -> Any:
    return TypeAdapter(type_).validate_python(value)


@pytest.mark.parametrize(
    ("written", "days", "ms"),
    [
        ("1s", 0, 1000),
        ("90m", 0, 90 * MINUTE),
        ("36h", 0, 36 * HOUR),
        ("2d", 2, 0),
        ("1d12h", 1, 12 * HOUR),
        ("1w2d3h4m5s", 9, 3 * HOUR + 4 * MINUTE + 5000),
        ("1d0h", 1, 0),
        ("260w", 1820, 0),
        ("1827d", 1827, 0),
    ],
)
def test_days_follow_the_calendar_and_hours_the_clock(written: str, days: int, ms: int) -> None:
    assert read(scalars.DurationText, written) == Duration(days, ms)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (2, "add a unit: 2h, 2d"),
        ("2", "write it like"),
        ("", "write it like"),
        ("12h1d", "largest first"),
        ("1d1d", "each at most once"),
        ("1.5d", "1d12h instead of 1.5d"),
        ("-1d", "write it like"),
        ("0d", "is zero"),
        ("1828d", "longer than 5 years"),
        ("9" * 5000 + "s", "longer than 5 years"),
        ("2 days", 'did you mean "2d"?'),
        ("30 min", 'did you mean "30m"?'),
        ("2D", 'did you mean "2d"?'),
        ("٣d", "write it like"),
        ("2d\n", "did you mean"),
        (True, "got true"),
        (None, "got null"),
        (["2d"], "got a list"),
    ],
)
def test_a_duration_that_is_none_says_what_one_is(written: object, said: str) -> None:
    [(code, loc, message)] = mistakes(scalars.DurationText, written)
    assert (code, loc) == ("LO230", ())
    assert said in message
    assert len(message) < 250


@given(st.integers(1, 260), st.integers(0, 6), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_any_duration_is_the_sum_of_its_parts(w: int, d: int, h: int, m: int, s: int) -> None:
    expected = Duration(w * 7 + d, ((h * 60 + m) * 60 + s) * 1000)
    if expected.days * DAY + expected.ms <= scalars.LONGEST_DURATION:
        assert read(scalars.DurationText, f"{w}w{d}d{h}h{m}m{s}s") == expected


@pytest.mark.parametrize("written", ["a", "hero", "last_chance", "step-2", "a" * 64])
def test_a_step_has_an_id_in_lower_case(written: str) -> None:
    assert read(scalars.StepId, written) == written


@pytest.mark.parametrize(
    "written", ["", "Hero", "2nd", "_x", "a b", "a" * 65, "hero\n", "héro", "entry", "ever", 3, None]
)
def test_other_ids_are_refused(written: object) -> None:
    [(code, _, _)] = mistakes(scalars.StepId, written)
    assert code == ("LO231" if isinstance(written, str) else "LO206")


def test_the_words_of_since_are_no_step_ids_but_may_name_links() -> None:
    assert "a meaning of its own" in mistakes(scalars.StepId, "ever")[0][2]
    assert read(scalars.LinkName, "entry") == "entry"


def test_events_have_dotted_names() -> None:
    assert read(scalars.EventName, "order.placed") == "order.placed"
    for wrong in ("order..placed", ".order", "order.", "@clicked", "two words", "a." * 60 + "a"):
        assert mistakes(scalars.EventName, wrong)[0][0] == "LO232"


def test_a_number_where_a_text_is_wanted_is_to_be_quoted_and_the_reverse() -> None:
    assert mistakes(scalars.StrictText, 5) == [("LO206", (), 'expected text, got a number / put it in quotes: "5"')]
    assert 'quotes: "true"' in mistakes(scalars.StrictText, True)[0][2]
    assert "without quotes: 5" in mistakes(scalars.Whole, "5")[0][2]
    assert mistakes(scalars.Whole, 2.5) and mistakes(scalars.Whole, True) and not mistakes(scalars.Whole, 5)
    assert mistakes(scalars.Price, True) and mistakes(scalars.Price, "x") and not mistakes(scalars.Price, 2.5)
    assert "write true, without quotes" in mistakes(scalars.Flag, "yes")[0][2]
    assert mistakes(scalars.Flag, 1) and read(scalars.Flag, False) is False


def test_zones_are_those_of_the_zone_data() -> None:
    assert read(scalars.ZoneName, "America/New_York") == "America/New_York"
    for wrong in ("Mars/Olympus", "", "../etc/passwd", "EST5EDT4"):
        assert mistakes(scalars.ZoneName, wrong)[0][0] == "LO233"


def test_phone_numbers_are_quoted_e164() -> None:
    assert read(scalars.PhoneText, "+18445550100") == "+18445550100"
    assert "write it in quotes, with +" in mistakes(scalars.PhoneText, 18445550100)[0][2]
    for wrong in ("18445550100", "+1 844 555 0100", "+0123456789", "+1844555010012345"):
        assert mistakes(scalars.PhoneText, wrong)[0][0] == "LO234"


@pytest.mark.parametrize(
    ("written", "millionths"), [(0.015, 15_000), (1, 1_000_000), (0, 0), (0.000001, 1), (999.999999, 999_999_999)]
)
def test_prices_are_exact_millionths(written: float, millionths: int) -> None:
    assert read(scalars.Price, written) == millionths


@pytest.mark.parametrize("written", [-0.01, 0.0000001, 1001, 10**400, "0.015", True, None])
def test_what_is_no_price(written: object) -> None:
    assert mistakes(scalars.Price, written)[0][0] == "LO235"
