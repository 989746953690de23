"""A flow with a file of tests, run as `leadoff test` runs it."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import BinaryIO

from engine.language.check import ProjectFiles, check
from engine.language.diagnostics.findings import dotted
from engine.language.diagnostics.rendering import render
from engine.preview.flow_tests.failure_text import Where, told
from engine.preview.flow_tests.runner import Result, Runner
from engine.preview.worlds.stage import Stage
from engine.registry import registry
from tests.walker import PROJECT, look

FLOW = """\
flow: drop
language: 1
trigger: [{event: list.joined, where: {event: {list: vip}}}, {keyword: join}, manual]
entry: {require: {not: {contact: {tier: banned}}}, again_after: 30d}
exit_when:
  - {when: {happened: order.placed}, reason: bought}
steps:
  - {id: hero, sms: {text: "Acme: Hi {{ contact.first_name | default('you') }}: {{ link('shop') }}", image: media/spring.jpg, otherwise: text}}
  - {id: pause, delay: 2d}
  - if: {clicked: shop}
    then: [{exit: engaged}]
  - {id: reminder, sms: "Acme: Still thinking, {{ contact.first_name | default('you') }}? 10% off: {{ short('https://acme.example/x') }}"}
  - id: cut
    split:
      short: {weight: 1}
      long: {weight: 1, steps: [{id: longer, sms: {text: "Acme: One more", on_cap: skip}}]}
"""  # noqa: E501 (a step a line)
HEAD = """\
flow: drop
start: "2027-04-01 20:30"
contact: {first_name: Ada, phone: "+12025550143"}
happens: [{event: list.joined, data: {list: vip}}]
tests:
"""


def runner(tests: str, flow: str = FLOW, project: str = PROJECT, files: Mapping[str, str] = {}) -> Runner:
    said = {"leadoff.yaml": project, "flows/drop.yaml": flow, "flows/drop.test.yaml": tests}
    checked = check(ProjectFiles({path: text.encode() for path, text in said.items()}, look), registry())
    errors = [found for found in checked.findings if found.severity == "error"]
    assert not errors, render(errors, checked.sources)

    def opened(path: str) -> BinaryIO | None:
        return BytesIO(files[path].encode()) if path in files else None

    return Runner(Stage(checked), opened)


def results(tests: str, **more: str | Mapping[str, str]) -> list[Result]:
    """Of a whole file of tests."""
    made = runner(tests, **more)  # type: ignore[arg-type]
    (draft,) = made.stage.checked.tests
    return list(made.run(draft))


def failures(test: str) -> list[tuple[str, str]]:
    """What is wrong with the one test that says this, and where (in the test)."""
    (result,) = results(f"{HEAD}  - {{name: the test, draws: {{cut: short}}, {test}}}\n")
    return [(found.message, dotted(found.loc).removeprefix("tests[0].")) for found in result.differences]


def failure_text(result: Result) -> str:
    return "\n".join(told(result, Where("", {("drop", "reminder"): "flows/drop.yaml:12"}, "USD")))
