"""What `otherwise` may cost: the SMS form of an MMS at its worst country, and countries of which nobody knows a price."""

from __future__ import annotations

import pytest

from engine.language.diagnostics.findings import Finding
from tests.walker import PROJECT, checked

FLOW = """\
flow: sample
language: 1
trigger: {event: list.joined}
steps:
  - {id: hero, sms: {text: "Acme: %s. Reply STOP to opt out", image: media/spring.jpg, otherwise: text}}
"""
BARE = PROJECT.replace("prices: {JM: {sms: 0.015}, GB: {sms: 0.015}}\n", "")
PRICES = "prices: {US: {sms: 0.015, mms: 0.045}, JM: {sms: %s}, GB: {sms: 0.04}}\n"


def found(text: str, prices: str) -> list[Finding]:
    return [each for each in checked(FLOW % text, BARE + prices).findings if each.code in ("LO416", "LO708")]


def test_the_worst_country_is_named_with_its_parts_and_its_price() -> None:
    (one,) = found("a" * 1_410, PRICES % 0.18)
    assert one.message == "in JM this goes out as an SMS of up to 10 parts for 1.800; the MMS costs 0.045"
    assert one.path == "steps[0].sms.otherwise"


@pytest.mark.parametrize(("price", "codes"), [(0.067, []), (0.0675, ["LO416"])])
def test_it_is_worth_a_word_from_three_times_the_price_on(price: float, codes: list[str]) -> None:
    assert [each.code for each in found("a" * 200, PRICES % price)] == codes


def test_a_single_part_could_be_no_cheaper() -> None:
    assert found("Look", PRICES % 0.18) == []


def test_who_is_skipped_costs_nothing() -> None:
    text = FLOW.replace("otherwise: text", "otherwise: skip") % ("a" * 1_410)
    assert not any(each.code == "LO416" for each in checked(text, BARE + PRICES % 0.18).findings)


def test_each_country_without_a_price_is_named() -> None:
    said = [each.path for each in found("Look", "prices: {JM: {sms: 0.04}}\n")]
    assert said == ["countries[3]"]


def test_a_text_of_three_parts_is_a_note_and_of_five_a_warning() -> None:
    def severities(text: str, more: str = "") -> list[str]:
        flow = FLOW.replace(", image: media/spring.jpg, otherwise: text", "") % text
        return [each.severity for each in checked(flow, PROJECT + more).findings if each.code == "LO415"]

    assert severities("a" * 200) == []
    assert severities("a" * 300) == ["note"]
    assert severities("a" * 300, "parts_note: 3\n") == []
    assert severities("a" * 200, "parts_note: 1\n") == ["note"]
    assert severities("a" * 700, "parts_note: 10\n") == ["warning"]
