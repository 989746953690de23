"""What a flow may cost a contact: each message at its cheapest and dearest, each way through the flow."""

from __future__ import annotations

import pytest

from engine.language.lint.costs import Range, flow_cost
from tests.walker import PROJECT, checked

HEAD = "flow: sample\nlanguage: 1\ntrigger: {event: list.joined}\nexit_when: [{when: {happened: bought}, reason: converted}]\n"
BRANCHES = """\
steps:
  - {id: hero, sms: {text: "Acme: look. Reply STOP to opt out", image: media/spring.jpg, otherwise: text}}
  - id: looked
    wait_for: {clicked: shop}
    up_to: 2d
    then: [{exit: engaged}]
    on_timeout:
      - {id: reminder, sms: "Still thinking, {{ contact.first_name | default('friend') }}?"}
      - {id: rest, delay: 2d}
      - if: {contact: {orders: {above: 3}}}
        then: [{id: vip, sms: "%s"}]
  - {id: last, sms: Last call}
""" % ("Only for you: " + "very " * 30 + "nice")


def cost(steps: str, region: str = "US", project: str = PROJECT) -> tuple[dict[str, tuple[int, ...]], Range]:
    result = checked(HEAD + steps, project)
    assert result.ok and result.project is not None
    found = flow_cost(result.flows["sample"], result.project, region)
    return {step: tuple(each.price) for step, each in found.steps.items()}, found.contact


def test_the_ways_through_a_flow() -> None:
    """The cheapest ends with the picture; the dearest takes every turn to the end."""
    steps, contact = cost(BRANCHES)
    assert steps == {
        "hero": (45_000, 45_000),
        "reminder": (15_000, 15_000),
        "vip": (30_000, 30_000),
        "last": (15_000, 15_000),
    }
    assert contact == Range(45_000, 45_000 + 15_000 + 30_000 + 15_000)


def test_where_no_picture_goes_it_is_a_text_at_that_countrys_price() -> None:
    steps, contact = cost(BRANCHES, "GB", PROJECT.replace("GB: {sms: 0.015}", "GB: {sms: 0.05}"))
    assert steps["hero"] == (50_000, 50_000) and contact.best == 50_000


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("Hello {{ contact.first_name | default('you') }}", (15_000, 15_000)),
        (
            "Acme, STOP to end: " + "a" * 132 + " {{ contact.first_name | default('y') }}",
            (15_000, 30_000),
        ),  # a long name
        ("a" * 150, (15_000, 30_000)),  # the first text gets its brand and opt-out words
        ("Acme, STOP to end: привет" + "a" * 44, (15_000, 15_000)),
        ("Acme, STOP to end: привет" + "a" * 46, (30_000, 30_000)),
    ],
)
def test_parts_at_the_least_and_at_the_most(text: str, price: tuple[int, int]) -> None:
    assert cost(f'steps: [{{id: one, sms: "{text}"}}]\n')[0]["one"] == price


def test_smart_encoding_of_the_sender_counts() -> None:
    smart = PROJECT.replace("countries: [US, CA, JM, GB]}}", "countries: [US], smart_encoding: true}}")
    steps = 'steps: [{id: one, sms: "“Acme” STOP %s"}]\n' % ("a" * 80)
    assert cost(steps)[0]["one"] == (30_000, 30_000) and cost(steps, project=smart)[0]["one"] == (15_000, 15_000)


def test_a_flow_that_sends_nothing_costs_nothing() -> None:
    assert cost("steps: [{id: rest, delay: 1d}]\n") == ({}, Range(0, 0))
