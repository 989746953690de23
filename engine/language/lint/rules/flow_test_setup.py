"""Flow tests say all that they need, and once: LO203, LO205, LO208, LO307; LO234 a number, LO242 a time that the clocks skip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.language.rule_api import (
    UNREADABLE,
    Finding,
    FlowTestCase,
    FlowTestDraft,
    LintContext,
    Loc,
    Placed,
    cases_of,
    levels,
    resolve,
    wall_of,
)
from engine.messaging.numbers import BadNumber, parse
from engine.messaging.zones import zone_of

INSTEAD = (("contact", "contacts"), ("expect", "holds"))
AFTER_ITS_START = 'add it for the file or for the test: start: "2027-04-01 10:00"'


def flow_test_setup(world: LintContext) -> Iterator[Finding]:
    for test in world.tests:
        yield from _once(test)
        cases = list(cases_of(test.tests))
        yield from _missing(test, cases)
        for case in cases:
            yield from _case(world, test, case)


def _once(test: FlowTestDraft) -> Iterator[Finding]:
    """What is said twice, or as good as not at all."""
    names: set[str] = set()
    for level, loc in levels(test.tests):
        for one, other in INSTEAD:
            if getattr(level, one, None) is not None and getattr(level, other, None) is not None:
                message = f"`{one}` and `{other}` cannot be used together"
                yield test.finding("LO203", message, (*loc, other), "remove one of them", at="key")
        for key in ("tests", "each"):
            if getattr(level, key, None) == ():
                yield test.finding("LO208", "this list is empty", (*loc, key), "add a test", at="key")
        holds = getattr(level, "holds", None)
        if holds is not None and holds is not UNREADABLE and not holds.model_fields_set:
            help = "write none_between, messages_at_most or cost_at_most"
            yield test.finding("LO208", "this holds whatever happens", (*loc, "holds"), help, at="key")
        name = getattr(level, "name", None) if len(loc) == 2 else None
        if name in names:
            help = "give each test its own name: `leadoff test -k` selects by it"
            yield test.finding("LO307", f'another test is already called "{name}"', (*loc, "name"), help)
        names |= {name} if isinstance(name, str) else set()


def _missing(test: FlowTestDraft, cases: list[FlowTestCase]) -> Iterator[Finding]:
    """One finding for all tests that lack the same."""
    timeless = next((case for case in cases if case.start is None), None)
    if timeless is not None:
        yield test.finding("LO205", "this test has no start", timeless.loc, AFTER_ITS_START, at="key")
    nobody = next((case for case in cases if case.contacts is None and "phone" not in case.contact), None)
    if nobody is not None and test.tests.contact is not UNREADABLE:
        help = 'add one for the file or for the test: contact: {phone: "+12025550143"}'
        yield test.finding("LO205", "the contact of this test has no phone", nobody.loc, help, at="key")
    for case in cases:
        if case.expect is None and case.holds is None:
            help = "write what comes of it: expect: [{sms: hero}, {exit: end}]; nothing at all: expect: []"
            yield test.finding("LO205", "this test expects nothing", case.loc, help, at="key")


def _case(world: LintContext, test: FlowTestDraft, case: FlowTestCase) -> Iterator[Finding]:
    zone, said = _zone(world, test, case)
    if said is not None:
        yield said
    start = case.start
    if start is None or start.value is UNREADABLE:
        return
    if zone is not None and _skipped(start.value, zone):
        yield _gap(test, start.loc, zone)
    ends = None if case.lasts is UNREADABLE else start.value + case.lasts.nominal
    for value, loc in _timed(case):
        if value.at is None or value.at is UNREADABLE:
            continue
        if value.at < start.value:
            yield test.finding("LO208", "this is before the start of the test", (*loc, "at"), "write a later time")
        elif ends is not None and value.at > ends:
            help = "write an earlier time, or a longer `until` (without one: 14d)"
            yield test.finding("LO208", "this is after the end of the test", (*loc, "at"), help)
        elif ends is not None and zone is not None and _skipped(value.at, zone):
            yield _gap(test, (*loc, "at"), zone)


def _zone(world: LintContext, test: FlowTestDraft, case: FlowTestCase) -> tuple[str | None, Finding | None]:
    """The zone of the contact, where it can be told; and what is wrong with its number."""
    phone = case.contact.get("phone")
    if case.contacts is not None or phone is None:
        return None, None
    try:
        if not isinstance(phone.value, str):
            raise BadNumber("a phone number is a text: put it in quotes")
        number = parse(phone.value)
    except BadNumber as error:
        return None, test.finding("LO234", error.reason, phone.loc, 'write it like "+12025550143"')
    own = case.contact.get("timezone")
    if "timezone" in world.unknown or (own is not None and not isinstance(own.value, str)):
        return None, None
    return zone_of(number.e164, number.region, own and own.value, world.project.timezone), None


def _timed(case: FlowTestCase) -> Iterator[Placed[Any]]:
    for listed in (case.happens, case.expect):
        if listed is not None and listed.value is not UNREADABLE:
            for index, each in enumerate(listed.value):
                if each is not UNREADABLE:
                    yield Placed(each, (*listed.loc, index))


def _skipped(wall: int, zone: str) -> bool:
    return wall_of(resolve(wall, zone), zone) != wall


def _gap(test: FlowTestDraft, loc: Loc, zone: str) -> Finding:
    message = f"the clocks in {zone} skip this time: they change to summer time"
    return test.finding("LO242", message, loc, "write a time before or after it")
