"""Values that are longer than anybody counted on: cut where the text is made, by what is seen as one character, and told."""

from __future__ import annotations

from typing import Any

import pytest

from engine.language.lint.costs import limits_of
from engine.language.templates.text import Text
from engine.messaging.parts import count
from tests.language.contexts import context
from tests.walker import PROJECT, Walk, checked, person

FLOW = """\
flow: hello
language: 1
trigger: {event: order.placed}
steps:
  - {id: hi, sms: "%s"}
"""
FIRE = "\N{FIRE}"
NAME = "Hi {{ contact.first_name | default('you') }}, {{ contact.city }}"


def walk(text: str, event: dict[str, Any] | None = None, **fields: Any) -> Walk:
    fields = {"first_name": "Ada", "country": "US", "city": "Albany"} | fields
    return Walk(FLOW % text, "2027-04-01 10:00", person(fields=fields), event)


def test_a_name_is_shown_with_twenty_characters_and_the_story_says_so() -> None:
    told = walk(NAME, first_name=FIRE * 700).said
    assert told[0] == "contact.first_name has 700 characters: 20 are shown"
    assert told[1] == f"SMS hi: Hi {FIRE * 20}, Albany"


def test_what_is_seen_as_one_character_is_not_parted() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # five code points, one sign
    sent = walk(NAME, first_name="ab" + family * 9).sent[0].text
    assert sent == f"Hi ab{family * 3}, Albany"


def test_a_filter_sees_what_is_shown() -> None:
    sent = walk("{{ contact.first_name | upper | default('') }}!", first_name="x" * 30).sent[0].text
    assert sent == "X" * 20 + "!"


def test_a_field_without_a_written_max_is_whole_and_so_is_an_address() -> None:
    assert walk("{{ contact.city }}", city="c" * 90).sent[0].text == "c" * 90
    assert walk("{{ event.order_id | default('') }}", {"order_id": "7" * 90}).sent[0].text == "7" * 90


def test_a_written_max_is_the_limit() -> None:
    fields = PROJECT.replace("city: {type: text,", "first_name: text, city: {type: text, max: 10,")
    result = checked(FLOW % NAME, fields + "events: {order.placed: {url: {type: text, max: 30}, note: text}}\n")
    assert result.project is not None
    limits = {"contact.first_name": 20, "contact.last_name": 20, "contact.city": 10, "event.url": 30}
    assert limits_of(result.flows["hello"], result.project) == limits
    asked = context(event={"url": "https://acme.example/" + "x" * 30, "note": "n"})
    asked.limits = limits
    assert Text("{{ event.url }}").render(asked) == "https://acme.example/" + "x" * 30


@pytest.mark.parametrize("length", [1_600, 1_601])
def test_a_text_of_more_than_1600_characters_is_skipped(length: int) -> None:
    said = walk("{{ event.order_id | default('') }}", {"order_id": "7" * length}).said
    assert (said[0] == "skipped hi: the text has 1,601 characters, more than 1,600") == (length > 1_600)


def test_more_parts_than_were_counted_are_told() -> None:
    said = walk("{{ event.order_id | default('') }}", {"order_id": "7" * 200}).said
    assert said[0] == "the text takes 2 parts, more than the 1 that `check` counted"
    assert count("7" * 200).parts == 2


def test_an_update_keeps_the_whole_value() -> None:
    flow = FLOW % NAME + "  - update: {set: {city: '{{ contact.first_name | default(0) }}'}}\n"
    told = Walk(flow, "2027-04-01 10:00", person(fields={"first_name": "n" * 30, "city": "Rome", "country": "US"}))
    assert told.contact.fields["city"] == "n" * 30
