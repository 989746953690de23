"""Files of tests of flows: this version does not run them, and finds what is wrong with their keys."""

from __future__ import annotations

import pytest

from blocks.registry import REGISTRY
from engine.language.check import ProjectFiles, check
from tests.walker import PROJECT

FLOW = 'flow: sample\nlanguage: 1\ntrigger: manual\nsteps:\n  - {id: hero, sms: "Acme: Hi"}\n'
TESTS = """\
flow: sample
start: "2027-04-01 20:30"
contact: {first_name: Ada, phone: "+12025550143", consent: subscribed}
happens: [{event: list.joined, data: {list: vip}}]
tests:
  - name: who does nothing gets one text
    expect:
      - {sms: hero, at: "2027-04-02 09:00", held: quiet hours, text_has: "Hi", price: 0.015, parts: 1}
      - {exit: done, after: 3d, since: hero}
    cost_at_most: 0.06
  - name: who it is
    draws: {cut: long}
    each:
      - {contact: {phone: "+18765550119"}, expect: [{sms: hero, zone: America/Jamaica}]}
      - {contact: {consent: unsubscribed}, expect: [{skipped: hero, reason: opted out}]}
  - name: STOP is the last word
    happens: [{after: 0m, event: list.joined}, {after: 2h, since: hero, replied: "please stop"}, {after: 1d, set: {city: Rome}}]
    expect: [{sms: hero}, {answer: opt_out}, {exit: opted out}]
  - name: whoever it is
    contacts: contacts.csv
    holds: {none_between: ["20:00", "09:00"], messages_at_most: 2, cost_at_most: 0.36}
"""


def found(tests: str, name: str = "sample") -> list[tuple[str, str]]:
    files = {"leadoff.yaml": PROJECT, "flows/sample.yaml": FLOW, f"flows/{name}.test.yaml": tests}
    findings = check(ProjectFiles({path: text.encode() for path, text in files.items()}, lambda path: None), REGISTRY)
    return [(each.code, each.path) for each in findings.findings if each.file.endswith(".test.yaml")]


def test_a_whole_one_has_no_finding() -> None:
    assert found(TESTS) == []


@pytest.mark.parametrize(
    ("right", "wrong", "code", "path"),
    [
        ("start:", "starts:", "LO201", "starts"),
        ("cost_at_most: 0.06", "costs_at_most: 0.06", "LO201", "tests[0].costs_at_most"),
        ("text_has:", "text_hass:", "LO201", "tests[0].expect[0].text_hass"),
        ("{after: 2h,", "{afer: 2h,", "LO201", "tests[2].happens[1].afer"),
        ("messages_at_most", "most_messages", "LO201", "tests[3].holds.most_messages"),
        ("first_name: Ada", "firstname: Ada", "LO305", "contact.firstname"),
        ("set: {city:", "set: {cty:", "LO305", "tests[2].happens[2].set.cty"),
        ("{skipped: hero,", "{skipped: hera,", "LO302", "tests[1].each[1].expect[0].skipped"),
        ("{sms: hero}", "{sms: hero, mms: hero}", "LO203", "tests[2].expect[0]"),
        ("flow: sample", "flow: smaple", "LO306", "flow"),
    ],
)
def test_one_mistake_is_found(right: str, wrong: str, code: str, path: str) -> None:
    assert found(TESTS.replace(right, wrong, 1)) == [(code, path)]


def test_a_test_of_no_flow_is_found() -> None:
    assert found(TESTS, "other") == [("LO306", "flow")]
