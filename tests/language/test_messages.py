"""What an author is told where a mistake is a usual one: the message says what is wrong there, and the way out is right."""

from __future__ import annotations

import pytest

from engine.language.diagnostics.findings import Finding
from tests.language.test_check import HEAD, project
from tests.walker import PROJECT

ONE = "steps:\n  - id: one\n    sms: {}\n"


def told(flow: str, leadoff: str = PROJECT) -> Finding:
    """The first error of a flow; that its picture is not there is no matter here."""
    found = project(leadoff=leadoff, sample=HEAD + flow).findings
    return next(each for each in found if each.severity == "error" and each.code != "LO601")


@pytest.mark.parametrize(
    ("flow", "code", "message", "help"),
    [
        (ONE.format("'Don't miss it'"), "LO101", "ended at the previous quote", "written twice: ''"),
        (ONE.format("{text: 'It's on', image: a.jpg}"), "LO101", "ended at the previous quote", "written twice: ''"),
        (ONE.format('"Say "yes" now"'), "LO101", "ended at the previous quote", 'written \\"'),
        (
            ONE.format("{text: x, image: 'https://acme.example/a.jpg', otherwise: text}"),
            "LO603",
            "a file in the project, not a URL",
            "save the picture in the project",
        ),
        (
            ONE.format("{text: x, image: [media/a.jpg, media/b.jpg], otherwise: text}"),
            "LO206",
            "one path, not a list",
            "`collage: [",
        ),
        (ONE.format("{text: x, image: media/spring.jpg}"), "LO604", "needs `otherwise`", "`otherwise: link`"),
        ("steps: [{if: {contact: {city: {at_least: 0123}}}, then: [{exit: a}]}]\n", "LO206", "a number", ": 123"),
        (
            "steps: [{switch: [{when: {contact: {city: Rome}}, then: [{exit: a}]}]}]\n",
            "LO201",
            'unknown key "then"',
            'did you mean "steps"?',
        ),
        (
            "steps: [{if: {contact: {city: Rome}}, then: [{exit: a}], elif: {contact: {city: Oslo}}}]\n",
            "LO201",
            'there is no "elif"',
            "use a `switch`",
        ),
        (
            'quiet_hours: {between: ["20:00"]}\nsteps: [{exit: a}]\n',
            "LO206",
            "a list of two times",
            '["20:00", "09:00"]',
        ),
    ],
)
def test_a_usual_mistake(flow: str, code: str, message: str, help: str) -> None:
    found = told(flow)
    assert (found.code, message in found.message, help in (found.help or "")) == (code, True, True), found


def test_a_zone_that_is_nearly_right_is_named() -> None:
    found = told("steps: [{exit: a}]\n", PROJECT.replace("America/New_York", "Europe/Pariss"))
    assert (found.code, found.help) == ("LO233", 'did you mean "Europe/Paris"?')


def test_all_mistakes_of_a_text_are_told_at_once() -> None:
    text = (
        "{{ contact.nobody | uper | defalt('x') }} {{ contct.x }} {{ contact.city ! }} {% if a %} {{ lnk('shop') }} "
        "{{ link('shp') }} {{ first_name|default:'you' }} {# why #} {{ 'open }}"
    )
    result = project(leadoff=PROJECT, sample=HEAD + f'steps:\n  - id: one\n    sms: "{text}"\n')
    errors = [each for each in result.findings if each.severity == "error"]
    assert [(each.code, text[each.span.column - 11 :][:3]) for each in errors] == [
        ("LO405", "con"),
        ("LO402", "upe"),
        ("LO402", "def"),
        ("LO403", "con"),
        ("LO401", "! }"),
        ("LO401", "{% "),
        ("LO402", "lnk"),
        ("LO303", "shp"),
        ("LO406", "{{ "),
        ("LO401", "{# "),
        ("LO401", "'op"),
    ]


def test_a_text_with_a_thousand_mistakes_tells_of_so_many() -> None:
    result = project(leadoff=PROJECT, sample=HEAD + f'steps:\n  - id: one\n    sms: "{"{{ a }} " * 1_000}"\n')
    assert 10 <= len(result.findings) <= 60


def test_a_flow_without_steps_is_told_so() -> None:
    found = project(leadoff=PROJECT, sample=HEAD + "steps: []\n").findings
    assert [(each.code, each.severity, each.path) for each in found] == [("LO502", "warning", "steps")]


def test_a_credential_in_an_address_is_one_and_a_placeholder_is_none() -> None:
    call = 'steps: [{{id: a, webhook: {{url: "https://crm.example/points?{}", method: POST}}}}]\n'
    assert told(call.format("x=1&api_key=a1b2c3d4e5")).code == "LO701"
    fine = project(leadoff=PROJECT, sample=HEAD + call.format("token={{ contact.city }}&page=12&q=tokens"))
    assert not any(each.code == "LO701" for each in fine.findings)
