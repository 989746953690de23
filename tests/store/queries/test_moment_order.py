"""Where moments of one instant stand."""

from __future__ import annotations

from engine.core.calendar import MINUTE
from engine.store.queries.moment_order import CameIn, InstantOrder, told_at

AT = 1_780_000_000_000
START = CameIn(AT, 1, True, False, "", None)
REPORT = CameIn(AT, 3, False, False, "", (7, "hi"))
STOP = CameIn(AT, 4, True, True, "stop", None)


def test_a_message_stands_before_what_was_said_of_it_and_behind_what_started_its_run() -> None:
    order = InstantOrder([STOP, REPORT, START], {7: 1, 8: 1})
    assert START.id < order.of_message(AT, 7, "hi") < REPORT.id
    assert START.id <= order.of_message(AT, 8, "other") < STOP.id


def test_a_message_of_which_nothing_is_known_stands_behind_all_that_came_in_then() -> None:
    order = InstantOrder([START, STOP], {7: 99})  # entered long before
    assert order.of_message(AT, 7, "hi") == STOP.id


def test_a_consent_stands_behind_the_text_that_changed_it_and_before_all_else() -> None:
    order = InstantOrder([START, STOP], {})
    assert order.of_consent(AT, "text stop (reported by the provider)") == STOP.id
    assert order.of_consent(AT, "import") < START.id


def test_a_run_ends_behind_its_messages_that_left_within_the_minute() -> None:
    assert told_at(AT, [AT + 900, AT + 1_800]) == AT + 1_800
    assert told_at(AT, [AT - 900, AT + MINUTE]) == AT
