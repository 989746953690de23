"""What is compared, and what is said of what differs."""
# ruff: noqa: E501 (a difference a line)

from __future__ import annotations

import pytest

from engine.preview.flow_tests.people import UnreadableTest
from tests.preview.flow_tests.bench import HEAD, failures, results, runner

WHOLE = 'expect: [{mms: hero, at: "2027-04-02 09:00"}, {sms: reminder, at: "2027-04-04 09:00"}, {exit: end, after: 2d, since: hero}]'


def test_a_test_that_is_right_passes() -> None:
    assert failures(WHOLE) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        # kinds and order
        ("mms: hero", ("sms: hero", "SMS hero was expected, but MMS hero left", "expect[0].sms")),
        ("mms: hero", ("skipped: hero", "skipped hero was expected, but MMS hero left", "expect[0].skipped")),
        ("exit: end", ("exit: over", 'the exit "over" was expected, but the run ended: "end"', "expect[2].exit")),
        ("{exit: end, after: 2d, since: hero}", ("{waits: cut}", 'a run that waits at cut was expected, but the run ended: "end"', "expect[2].waits")),
        ("{exit: end", ("{sms: longer}, {exit: end", "SMS longer did not come", "expect[2].sms")),
        ('{sms: reminder, at: "2027-04-04 09:00"}, ', ("", "SMS reminder left, which is not expected", "expect")),
        # times
        ("2027-04-02 09:00", ("2027-04-02 10:00", "MMS hero left at Fri, Apr 2 9:00 AM, not at Fri, Apr 2 10:00 AM", "expect[0].at")),
        ("after: 2d, since: hero", ("after: 47h, since: hero", 'the run ended: "end" at Sun, Apr 4 9:00 AM, not at Sun, Apr 4 8:00 AM', "expect[2].after")),
        ("after: 2d, since: hero", ("since: hero", 'the run ended: "end" at Sun, Apr 4 9:00 AM, not at Fri, Apr 2 9:00 AM', "expect[2].since")),
        ("after: 2d, since: hero", ("after: 2d", 'the run ended: "end" at Sun, Apr 4 9:00 AM, not at Sat, Apr 3 8:30 PM', "expect[2].after")),
        ("since: hero", ("since: longer", "longer never left, so nothing counts from it", "expect[2].since")),
        # details of a message
        ('{mms: hero, at: "2027-04-02 09:00"}', ("{mms: hero, price: 0.04}", "hero costs $0.045, not $0.040", "expect[0].price")),
        ("{sms: reminder, at", ("{sms: reminder, parts: 2, at", "reminder has 1 part, not 2", "expect[1].parts")),
        ("{mms: hero, at", ("{mms: hero, held: a cap, at", "hero was held for another reason", "expect[0].held")),
        ("{sms: reminder, at", ("{sms: reminder, held: quiet hours, at", "reminder was not held", "expect[1].held")),
        ("{mms: hero, at", ("{mms: hero, zone: America/Chicago, at", "the contact's time zone is America/New_York", "expect[0].zone")),
        ("{mms: hero, at", ("{mms: hero, picture: media/autumn.jpg, at", "hero has another picture: media/spring.jpg", "expect[0].picture")),
        ("{mms: hero, at", ("{mms: hero, text_has: Hi Ben, at", "the text of hero does not have this", "expect[0].text_has")),
        ("{mms: hero, at", ("{mms: hero, text_lacks: Hi Ada, at", "the text of hero has this", "expect[0].text_lacks")),
        ("{mms: hero, at", ('{mms: hero, text: "Acme: Hi Ada", at', "the text of hero is another one", "expect[0].text")),
        ("expect: [", ("cost_at_most: 0.05, expect: [", "it costs $0.060", "cost_at_most")),
        # what happens
        ("expect: [", ("happens: [{event: list.joined, data: {list: vip}}, {since: longer, clicked: shop}], expect: [", "longer never left, so nobody could click", "happens[1]")),
        ("expect: [", ("happens: [{event: list.joined, data: {list: vip}}, {after: 15d, replied: yes}], expect: [", "this would be after the end of the test", "happens[1]")),
    ],
)  # fmt: skip
def test_one_difference_is_told_with_its_place(right: str, wrong: tuple[str, str, str]) -> None:
    written, message, path = wrong
    assert right in WHOLE
    assert failures(WHOLE.replace(right, written, 1)) == [(message, path)]


@pytest.mark.parametrize(
    "right",
    [
        "expect: [{mms: hero, text: \"Acme: Hi Ada: {{ link('shop') }}\\nReply STOP to opt out\", held: quiet hours}, {sms: reminder}, {exit: end}]",
        "expect: [{mms: hero}, {sms: reminder, text_has: \"10% off: {{ short('https://acme.example/x') }}\"}, {exit: end}]",
        "expect: [{mms: hero, text_lacks: 'null', price: 0.045, picture: media/spring.jpg}, {sms: reminder, parts: 1}, {exit: end}]",
        "draws: {cut: long}, expect: [{mms: hero}, {sms: reminder}, {sms: longer}, {exit: end}]",
        "until: 1d, expect: [{mms: hero}, {waits: pause}]",
        "contact: {consent: unsubscribed}, expect: [{skipped: hero, reason: opted out}, {skipped: reminder}, {exit: end}]",
        "contact: {consent: unknown}, expect: [{skipped: hero, reason: no consent}, {skipped: reminder}, {exit: end}]",
        "contact: {tier: banned}, expect: [{not_entered: require}]",
        "happens: [{event: list.joined, data: {list: all}}], expect: [{not_entered: where}]",
        "happens: [], expect: []",
        "happens: [{started: drop}], expect: [{mms: hero}, {sms: reminder}, {exit: end}]",
        "happens: [{replied: Join!}], expect: [{mms: hero}, {sms: reminder}, {exit: end}]",
        "contact: {phone: '+18765550119'}, expect: [{sms: hero, zone: America/Jamaica}, {sms: reminder}, {exit: end}]",
        "happens: [{started: drop}, {after: 45d, started: drop}], until: 60d, expect: [{mms: hero}, {sms: reminder, after: 2d, since: hero}, {exit: end}, {mms: hero}, {sms: reminder, after: 2d, since: hero}, {exit: end}]",
        "happens: [{started: drop}, {after: 1h, event: order.placed}], expect: [{exit: bought, after: 1h}]",
        "happens: [{started: drop}, {after: 1h, since: hero, replied: STOP}], expect: [{mms: hero}, {exit: opted out, after: 1h, since: hero}]",
        "happens: [{started: drop}, {after: 1d, since: hero, clicked: shop}], expect: [{mms: hero}, {exit: engaged}]",
        "happens: [{replied: HELP}], expect: [{answer: help, text_has: Acme}]",
        "happens: [{started: drop}, {after: 15d, started: drop}], until: 20d, expect: [{mms: hero}, {sms: reminder}, {exit: end}, {not_entered: again_after}]",
        "happens: [{started: drop}, {after: 1h, started: drop}], expect: [{mms: hero}, {sms: reminder}, {exit: end}]",
        "happens: [{started: drop}, {after: 1h, started: drop}], expect: [{not_entered: already in}, {mms: hero}, {sms: reminder}, {exit: end}]",
    ],
)  # fmt: skip
def test_everything_that_comes_can_be_expected(right: str) -> None:
    if "draws" in right:
        right = right.replace("draws: {cut: long}, ", "")
        (result,) = results(f"{HEAD}  - {{name: the test, draws: {{cut: long}}, {right}}}\n")
        assert result.passed
    else:
        assert failures(right) == []


def test_a_run_that_still_waits_must_be_expected() -> None:
    assert failures("until: 1d, expect: [{mms: hero}]") == [
        ("the run still waits at pause at the end: expect it, or run longer (`until`)", "expect")
    ]


def test_a_message_that_had_not_left_at_the_end_is_not_half_a_success() -> None:
    said = "the run still waits at hero at the end: expect it, or run longer (`until`)"
    assert failures("until: 2h, expect: []") == [(said, "expect")]


def test_what_is_lacking_and_what_is_too_much_are_told_apart() -> None:
    test = "expect: [{sms: longer}, {mms: hero}, {exit: end}]"
    assert failures(test) == [
        ("SMS longer did not come", "expect[0].sms"),
        ("SMS reminder left, which is not expected", "expect"),
    ]


def test_of_one_instant_the_order_means_nothing() -> None:
    assert failures("contact: {consent: unsubscribed}, expect: [{exit: end}, {skipped: reminder}]")[:1] == [
        ("hero was skipped: opted out, which is not expected", "expect")
    ]
    assert (
        failures("contact: {consent: unsubscribed}, expect: [{skipped: hero}, {exit: end}, {skipped: reminder}]") == []
    )


def test_each_row_is_a_test_of_its_own() -> None:
    each = """\
  - name: who gets the picture
    draws: {cut: short}
    expect: [{mms: hero}, {sms: reminder}, {exit: end}]
    each:
      - {contact: {first_name: Ben}}
      - {contact: {phone: "+18765550119"}}
      - {contact: {phone: "+18765550119"}, expect: [{sms: hero}, {sms: reminder}, {exit: end}]}
"""
    assert [(result.name, result.passed) for result in results(HEAD + each)] == [
        ("who gets the picture [first_name Ben]", True),
        ("who gets the picture [phone +1876•••0119 #1]", False),
        ("who gets the picture [phone +1876•••0119 #2]", True),
    ]


CONTACTS = """\
phone,first_name,consent
+12025550143,Ada,yes
+15035550177,Ben,yes
+18085550112,Cy,no
"""


def holding(holds: str, happens: str = "[{event: list.joined, data: {list: vip}}]") -> list[tuple[str, list[str]]]:
    tests = (
        f"{HEAD}  - {{name: all, contacts: people.csv, happens: {happens}, draws: {{cut: short}}, holds: {holds}}}\n"
    )
    found = results(tests, files={"people.csv": CONTACTS})
    return [(result.name, [each.message for each in result.differences]) for result in found]


def test_what_holds_holds_for_each_row_of_a_file() -> None:
    holds = '{none_between: ["20:00", "09:00"], messages_at_most: 2, cost_at_most: 0.06}'
    assert holding(holds) == [
        ("all [line 2 +1202•••0143]", []),
        ("all [line 3 +1503•••0177]", []),
        ("all [line 4 +1808•••0112]", []),
    ]


def test_what_does_not_hold_is_told_for_each_row() -> None:
    assert holding('{none_between: ["08:00", "10:00"], messages_at_most: 1, cost_at_most: 0.05}') == [
        (
            "all [line 2 +1202•••0143]",
            [
                "hero left at Fri, Apr 2 9:00 AM",
                "reminder left at Sun, Apr 4 9:00 AM",
                "2 messages left",
                "it costs $0.060",
            ],
        ),
        (
            "all [line 3 +1503•••0177]",
            [
                "hero left at Fri, Apr 2 9:00 AM",
                "reminder left at Sun, Apr 4 9:00 AM",
                "2 messages left",
                "it costs $0.060",
            ],
        ),
        ("all [line 4 +1808•••0112]", []),
    ]


def test_of_many_not_everybody_can_do_everything() -> None:
    happens = "[{event: list.joined, data: {list: vip}}, {since: hero, clicked: shop}]"
    assert [passed for _, passed in holding("{messages_at_most: 1}", happens)] == [[], [], []]


def test_a_file_with_an_error_is_not_run() -> None:
    made = runner(HEAD + "  - {name: t, expect: [{sms: hero}]}\n")
    (draft,) = made.stage.checked.tests
    wrong = draft.finding("LO302", 'the flow has no step "hero"', ("tests",))
    made.stage.checked = made.stage.checked._replace(findings=(wrong,))
    with pytest.raises(UnreadableTest):
        next(made.run(draft))
