"""Flow tests name what exists: LO306 their flow, LO302 its steps, LO317 other flows, LO303 links, LO304 events, LO305 fields.

LO313: values fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.language.lint.rules.undeclared_event import no_event
from engine.language.rule_api import (
    CONSENTS,
    OWN_EVENTS,
    PROJECT_FILE,
    TEST_ENDING,
    UNREADABLE,
    BadValue,
    FieldSpec,
    Finding,
    FlowTestDraft,
    LintContext,
    Loc,
    cases_of,
    convert_named,
    did_you_mean,
    expectations,
    happenings,
    levels,
    names_value,
)

STEPS = ("since", "sms", "mms", "skipped", "cancelled", "waits", "delivered", "failed", "answered")
NOT_SET = {
    "country": "it comes from the number",
    "phone": "a contact keeps its number",
    "key": "a contact keeps its key",
}
DECLARE = "declare it under `{}` in leadoff.yaml"


def flow_test_references(world: LintContext) -> Iterator[Finding]:
    for path, document in world.documents.items():
        if path.endswith(TEST_ENDING) and f"{path.removesuffix(TEST_ENDING)}.yaml" not in world.documents:
            message = f"this test has no flow: {path.removesuffix(TEST_ENDING)}.yaml does not exist"
            yield FlowTestDraft(document, UNREADABLE, False).finding(
                "LO306", message, ("flow",), f"name it after its flow, with the ending {TEST_ENDING}", at="key"
            )
    for test in world.tests:
        if test.tested in world.documents:
            yield from _named(world, test)


def _named(world: LintContext, test: FlowTestDraft) -> Iterator[Finding]:
    name = test.tested.rpartition("/")[2].removesuffix(".yaml")
    if test.document.data.get("flow") not in (None, name):
        yield test.finding("LO306", f"the file name says this tests {name}.yaml", ("flow",), f"write `flow: {name}`")
        return
    yield from _flows(world, test)
    yield from _steps(world, test)
    yield from _links(world, test)
    yield from _events(world, test)
    if "fields" not in world.unknown:
        yield from _contacts(world, test)


def _flows(world: LintContext, test: FlowTestDraft) -> Iterator[Finding]:
    """Of those beside it, and those that somebody starts."""
    folder = test.tested.rpartition("/")[0]
    names = (
        path.rpartition("/") for path in world.documents if path != PROJECT_FILE and not path.endswith(TEST_ENDING)
    )
    known = {name.removesuffix(".yaml") for where, _, name in names if where == folder}
    own = test.tested.rpartition("/")[2].removesuffix(".yaml")
    for level, loc in levels(test.tests):
        beside = level.beside
        for index, name in enumerate(beside if beside is not None and beside is not UNREADABLE else ()):
            if name not in known:
                help = did_you_mean(name, known, f"its flows are: {', '.join(sorted(known))}")
                yield test.finding("LO317", f'the project has no flow "{name}"', (*loc, "beside", index), help)
    for case in cases_of(test.tests):
        if case.happens is None or case.happens.value is UNREADABLE:
            continue
        runs = {own, *(case.beside.value if case.beside is not None and case.beside.value is not UNREADABLE else ())}
        for index, value in enumerate(case.happens.value):
            started = None if value is UNREADABLE else value.started
            if started is not None and started is not UNREADABLE and started not in runs:
                loc = (*case.happens.loc, index, "started")
                help = f"start {own}, or write `beside: [{started}]`"
                yield test.finding("LO317", f'"{started}" does not run in this test', loc, help)


def _steps(world: LintContext, test: FlowTestDraft) -> Iterator[Finding]:
    flow = world.tested(test)
    if flow is None:
        return
    known = flow.written_ids()
    for value, loc in (*happenings(test.tests), *expectations(test.tests)):
        for key in STEPS:
            named = getattr(value, key, None)
            if named is not None and named is not UNREADABLE and named not in known:
                help = did_you_mean(named, known, f"its steps are: {', '.join(sorted(known))}")
                yield test.finding("LO302", f'the flow has no step "{named}"', (*loc, key), help)


def _links(world: LintContext, test: FlowTestDraft) -> Iterator[Finding]:
    declared = world.project.links
    if "links" in world.unknown:
        return
    for value, loc in happenings(test.tests):
        name = value.clicked
        if name is not None and name is not UNREADABLE and name not in declared and not names_value(name):
            help = did_you_mean(name, declared, DECLARE.format("links"))
            yield test.finding("LO303", f'no link is called "{name}"', (*loc, "clicked"), help)


def _events(world: LintContext, test: FlowTestDraft) -> Iterator[Finding]:
    if "events" in world.unknown:
        return
    declared = {**world.project.events, **OWN_EVENTS}
    for value, loc in happenings(test.tests):
        event = value.event
        if event is None or event is UNREADABLE or (event not in OWN_EVENTS and not world.project.events):
            continue
        if event not in declared:
            yield no_event(test.document, event, declared, (*loc, "event"))
            continue
        data = value.data or {} if value.data is not UNREADABLE else None
        if data is not None:
            yield from _values(test, (*loc, "data"), data, declared[event], f'the event "{event}" has')
            for name, spec in declared[event].items():
                if spec.required and data.get(name) is None:
                    message = f'"{event}" is rejected without "{name}", which is required'
                    yield test.finding("LO313", message, (*loc, "event"), f"add `{name}` to its data")


def _contacts(world: LintContext, test: FlowTestDraft) -> Iterator[Finding]:
    specs = world.project.contact_fields
    for level, loc in levels(test.tests):
        fields = level.contact
        if fields is None or fields is UNREADABLE:
            continue
        place = (*loc, "contact")
        given = {name: value for name, value in fields.items() if name not in ("consent", "country", "phone")}
        yield from _values(test, place, given, specs, "contacts have")
        if "country" in fields:
            help = "the country of a contact comes from its number"
            yield test.finding("LO305", '"country" cannot be set', (*place, "country"), help, at="key")
        if "consent" in fields and fields["consent"] not in CONSENTS:
            message = f"consent is one of: {', '.join(CONSENTS)}"
            yield test.finding(
                "LO207", message, (*place, "consent"), did_you_mean(str(fields["consent"]), CONSENTS, "")
            )
    for value, loc in happenings(test.tests):
        if value.values is None or value.values is UNREADABLE:
            continue
        place = (*loc, "set")
        for name in NOT_SET.keys() & value.values.keys():
            yield test.finding("LO305", f'"{name}" cannot be changed', (*place, name), NOT_SET[name], at="key")
        given = {name: each for name, each in value.values.items() if name not in NOT_SET}
        yield from _values(test, place, given, specs, "contacts have")


def _values(
    test: FlowTestDraft, loc: Loc, values: Mapping[str, Any], specs: Mapping[str, FieldSpec], have: str
) -> Iterator[Finding]:
    for name, value in values.items():
        if name not in specs:
            help = did_you_mean(name, specs, "declare it in leadoff.yaml")
            yield test.finding("LO305", f'{have} no field "{name}"', (*loc, name), help, at="key")
            continue
        try:
            convert_named(specs, name, value)
        except BadValue as error:
            help = "the field's type is declared in leadoff.yaml"
            yield test.finding("LO313", f'invalid value for "{name}": {error.reason}', (*loc, name), help)
