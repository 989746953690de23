"""Files of tests of flows: `check` finds every mistake in them, each at its place."""

from __future__ import annotations

import pytest

from blocks.registry import REGISTRY
from engine.language.check import Checked, ProjectFiles, check
from engine.language.model.flow_test_cases import cases_of
from tests.walker import PROJECT, look

PROJECT_WITH_EVENTS = (
    PROJECT
    + """\
events:
  list.joined: {list: text}
  order.placed: {order_id: {type: text, required: true}, total: money}
"""
)
FLOW = """\
flow: sample
language: 1
trigger: {event: list.joined}
steps:
  - {id: hero, sms: {text: "Acme: Hi {{ link('shop') }} Reply STOP to opt out", image: media/spring.jpg, otherwise: text}}
  - {id: pause, delay: 1d}
  - {id: reminder, sms: "Acme: Still thinking? {{ link('shop') }}"}
  - {id: later, delay: 1d}
  - id: cut
    split:
      short: {weight: 1}
      long: {weight: 1, steps: [{id: longer, sms: "Acme: Hi again"}]}
"""
TESTS = """\
flow: sample
start: "2027-04-01 20:30"
contact: {first_name: Ada, phone: "+12025550143", consent: subscribed, orders: 3, tags: [vip]}
happens: [{event: list.joined, data: {list: vip}}]
tests:
  - name: who does nothing gets one text
    expect:
      - {mms: hero, at: "2027-04-02 09:00", held: quiet hours, text_has: "Hi", price: 0.045, picture: media/spring.jpg}
      - {sms: reminder, after: 1d, since: hero, text: "Acme: Still thinking? {{ link('shop') }}", parts: 1}
      - {exit: end, after: 3d, since: hero}
    cost_at_most: 0.06
  - name: who it is
    draws: {cut: long}
    each:
      - {contact: {phone: "+18765550119"}, expect: [{sms: hero, zone: America/Jamaica}]}
      - {contact: {consent: unsubscribed}, expect: [{skipped: hero, reason: opted out}]}
      - {name: nobody asked, contact: {consent: unknown}, expect: [{not_entered: require}]}
  - name: STOP is the last word
    happens: [{event: list.joined}, {after: 2h, since: hero, replied: "please stop"}, {after: 1d, set: {city: Rome}}]
    expect: [{mms: hero}, {answer: opt_out, text_lacks: "null"}, {cancelled: reminder}, {exit: opted out}]
  - name: all that can happen
    happens:
      - {started: sample}
      - {since: hero, clicked: shop}
      - {at: "2027-04-02 10:00", event: order.placed, data: {order_id: A-17, total: 59.9}}
      - {after: 0m, delivered: hero}
      - {failed: hero}
      - {consent: subscribed}
    expect: [{mms: hero}, {waits: later}]
    until: 2d
  - name: whoever it is
    contacts: contacts.csv
    holds: {none_between: ["20:00", "09:00"], messages_at_most: 2, cost_at_most: 0.36}
"""


def checked(tests: str, name: str = "sample") -> Checked:
    files = {"leadoff.yaml": PROJECT_WITH_EVENTS, "flows/sample.yaml": FLOW, f"flows/{name}.test.yaml": tests}
    return check(ProjectFiles({path: text.encode() for path, text in files.items()}, look), REGISTRY)


def found(tests: str, name: str = "sample") -> list[tuple[str, str]]:
    return [(each.code, each.path) for each in checked(tests, name).findings if each.file.endswith(".test.yaml")]


def test_a_whole_one_has_no_finding() -> None:
    assert found(TESTS) == []


@pytest.mark.parametrize(
    ("right", "wrong", "code", "path"),
    [
        # keys
        ("start:", "starts:", "LO201", "starts"),
        ("cost_at_most: 0.06", "costs_at_most: 0.06", "LO201", "tests[0].costs_at_most"),
        ("text_has:", "text_hass:", "LO201", "tests[0].expect[0].text_hass"),
        ("{after: 2h,", "{afer: 2h,", "LO201", "tests[2].happens[1].afer"),
        ("messages_at_most", "most_messages", "LO201", "tests[4].holds.most_messages"),
        ("flow: sample\nstart", "start", "LO205", "flow"),
        # one thing each, and what goes with it
        ("{mms: hero}", "{sms: hero, mms: hero}", "LO203", "tests[2].expect[0]"),
        ("{started: sample}", "{after: 1d}", "LO203", "tests[3].happens[0]"),
        ("{since: hero, clicked", "{at: \"2027-04-02 09:00\", since: hero, clicked", "LO203", "tests[3].happens[1]"),
        ("{failed: hero}", "{failed: hero, data: {total: 1}}", "LO201", "tests[3].happens[4].data"),
        ("{waits: later}", "{waits: later, after: 2d}", "LO201", "tests[3].expect[1].after"),
        ("{exit: opted out}", "{exit: opted out, text: no}", "LO201", "tests[2].expect[3].text"),
        ("{sms: reminder, after", "{sms: reminder, picture: media/spring.jpg, after", "LO201", "tests[0].expect[1].picture"),
        ("    contacts: contacts.csv", "    contact: {orders: 1}\n    contacts: contacts.csv", "LO203", "tests[4].contacts"),
        ("    holds:", "    expect: []\n    holds:", "LO203", "tests[4].holds"),
        # values
        ("2027-04-01 20:30", "2027-04-31 20:30", "LO242", "start"),
        ("2027-04-01 20:30", "0001-01-01 00:00", "LO242", "start"),
        ("2027-04-01 20:30", "9999-12-31 23:59", "LO242", "start"),
        ('"2027-04-01 20:30"', "tomorrow", "LO242", "start"),
        ("{after: 2h,", "{after: 2 hours,", "LO230", "tests[2].happens[1].after"),
        ("until: 2d", "until: 9999d", "LO230", "tests[3].until"),
        ("until: 2d", "until: 0d", "LO230", "tests[3].until"),
        ("price: 0.045", 'price: "0.045"', "LO235", "tests[0].expect[0].price"),
        ("cost_at_most: 0.06", "cost_at_most: -1", "LO235", "tests[0].cost_at_most"),
        ("parts: 1", "parts: one", "LO206", "tests[0].expect[1].parts"),
        ("zone: America/Jamaica", "zone: America/Kingston", "LO233", "tests[1].each[0].expect[0].zone"),
        ("answer: opt_out", "answer: stop", "LO207", "tests[2].expect[1].answer"),
        ("{consent: subscribed}", "{consent: maybe}", "LO207", "tests[3].happens[5].consent"),
        ("consent: unknown", "consent: nobody", "LO207", "tests[1].each[2].contact.consent"),
        ("contacts.csv", "../contacts.csv", "LO603", "tests[4].contacts"),
        ('["20:00", "09:00"]', '["20:00"]', "LO206", "tests[4].holds.none_between"),
        ('["20:00", "09:00"]', '["20:00", "9am"]', "LO242", "tests[4].holds.none_between[1]"),
        # names
        ("first_name: Ada", "firstname: Ada", "LO305", "contact.firstname"),
        ("first_name: Ada", "country: US", "LO305", "contact.country"),
        ("set: {city:", "set: {cty:", "LO305", "tests[2].happens[2].set.cty"),
        ("set: {city: Rome}", 'set: {phone: "+12025550144"}', "LO305", "tests[2].happens[2].set.phone"),
        ("data: {list: vip}", "data: {lst: vip}", "LO305", "happens[0].data.lst"),
        ("{skipped: hero,", "{skipped: hera,", "LO302", "tests[1].each[1].expect[0].skipped"),
        ("since: hero, clicked", "since: hera, clicked", "LO302", "tests[3].happens[1].since"),
        ("clicked: shop", "clicked: shp", "LO303", "tests[3].happens[1].clicked"),
        ("thinking? {{ link('shop') }}", "thinking? {{ link('shp') }}", "LO303", "tests[0].expect[1].text"),
        ("happens: [{event: list.joined, data", "happens: [{event: list.jioned, data", "LO304", "happens[0].event"),
        ("flow: sample", "flow: smaple", "LO306", "flow"),
        ("name: who it is", "name: all that can happen", "LO307", "tests[3].name"),
        ("{sms: reminder", "{sms: pause", "LO308", "tests[0].expect[1].sms"),
        ("{sms: reminder", "{mms: reminder", "LO308", "tests[0].expect[1].mms"),
        ("{after: 0m, delivered: hero}", "{delivered: pause}", "LO308", "tests[3].happens[3].delivered"),
        ("{cut: long}", "{cut: lang}", "LO316", "tests[1].draws.cut"),
        ("{cut: long}", "{pause: long}", "LO316", "tests[1].draws.pause"),
        # values of declared types
        ("orders: 3", "orders: three", "LO313", "contact.orders"),
        ("total: 59.9", "total: much", "LO313", "tests[3].happens[2].data.total"),
        ("order_id: A-17, total", "total", "LO313", "tests[3].happens[2].event"),
        ('phone: "+18765550119"', 'phone: "+1876"', "LO234", "tests[1].each[0].contact.phone"),
        ('phone: "+18765550119"', "phone: 18765550119", "LO234", "tests[1].each[0].contact.phone"),
        # texts
        ("thinking? {{ link('shop') }}", "thinking? {{ contact.first_name }}", "LO401", "tests[0].expect[1].text"),
        ("thinking? {{ link('shop') }}", "thinking? {{ link('shop') }", "LO401", "tests[0].expect[1].text"),
        # what is missing, or says nothing
        ('start: "2027-04-01 20:30"\n', "", "LO205", "tests[0]"),
        ('phone: "+12025550143", ', "", "LO205", "tests[0]"),
        ('    holds: {none_between: ["20:00", "09:00"], messages_at_most: 2, cost_at_most: 0.36}\n', "", "LO205", "tests[4]"),
        ('{none_between: ["20:00", "09:00"], messages_at_most: 2, cost_at_most: 0.36}', "{}", "LO208", "tests[4].holds"),
        # times
        ('at: "2027-04-02 10:00"', 'at: "2027-04-01 10:00"', "LO208", "tests[3].happens[2].at"),
        ('at: "2027-04-02 10:00"', 'at: "2027-04-12 10:00"', "LO208", "tests[3].happens[2].at"),
    ],
)  # fmt: skip
def test_one_mistake_is_found(right: str, wrong: str, code: str, path: str) -> None:
    assert right in TESTS
    assert found(TESTS.replace(right, wrong, 1)) == [(code, path)]


def test_a_time_that_the_clocks_of_the_contact_skip_is_found_for_that_contact_alone() -> None:
    tests = TESTS.replace("2027-04-01 20:30", "2027-03-14 02:30").replace('at: "2027-04-02 ', 'at: "2027-03-15 ')
    assert found(tests) == [("LO242", "start")]
    assert found(tests.replace("+12025550143", "+18765550119")) == []  # Jamaica has no summer time


@pytest.mark.parametrize("empty", ["tests: []\n", "tests:\n  - {name: none, each: []}\n"])
def test_a_file_without_a_test_is_found(empty: str) -> None:
    assert [code for code, _ in found(TESTS[: TESTS.index("tests:")] + empty)] == ["LO208"]


def test_a_test_of_no_flow_is_found() -> None:
    assert found(TESTS, "other") == [("LO306", "flow")]


def test_a_test_that_is_no_mapping_is_found() -> None:
    assert [code for code, _ in found("- flow: sample\n")] == ["LO206"]


def test_what_is_further_in_counts_and_only_the_fields_of_the_contact_are_laid_over_each_other() -> None:
    (draft,) = checked(TESTS).tests
    cases = {case.name: case for case in cases_of(draft.tests)}
    assert list(cases) == [
        "who does nothing gets one text", "who it is [phone +1876•••0119]", "who it is [consent unsubscribed]",
        "who it is [nobody asked]", "STOP is the last word", "all that can happen", "whoever it is",
    ]  # fmt: skip
    jamaican = cases["who it is [phone +1876•••0119]"]
    assert {name: placed.value for name, placed in jamaican.contact.items()} == {
        "first_name": "Ada", "phone": "+18765550119", "consent": "subscribed", "orders": 3, "tags": ["vip"],
    }  # fmt: skip
    assert jamaican.contact["phone"].loc == ("tests", 1, "each", 0, "contact", "phone")
    assert jamaican.contact["first_name"].loc == ("contact", "first_name")
    assert jamaican.happens is not None and jamaican.happens.loc == ("happens",)
    assert jamaican.draws is not None and jamaican.draws.value == {"cut": "long"}
    everyone = cases["whoever it is"]
    assert not everyone.contact and everyone.expect is None and everyone.holds is not None
    assert cases["all that can happen"].lasts.days == 2 and everyone.lasts.days == 14


def test_rows_that_say_the_same_of_themselves_are_numbered() -> None:
    rows = "[{contact: {orders: 1}, until: 1d}, {contact: {orders: 1}, until: 2d}, {until: 3d}]"
    tests = TESTS[: TESTS.index("tests:")] + f"tests:\n  - {{name: who, expect: [], each: {rows}}}\n"
    (draft,) = checked(tests).tests
    assert [case.name for case in cases_of(draft.tests)] == ["who [orders 1 #1]", "who [orders 1 #2]", "who [row 3]"]


def test_a_mistake_in_a_test_keeps_no_flow_from_being_applied() -> None:
    wrong = checked(TESTS.replace("sms: reminder", "sms: pause", 1))
    assert wrong.ok and "error" in [found.severity for found in wrong.findings]
