"""The JSON Schemas: fresh, complete, every good file passes, every bad one does not."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from pydantic import BaseModel
from ruamel.yaml import YAML

from blocks.registry import REGISTRY
from engine.language.conditions.fact_tests import STATES
from engine.language.conditions.operators import _OPERATORS
from engine.language.conditions.reading import KEYS
from engine.language.conditions.time_window import DAYS
from engine.language.jsonschema import types
from engine.language.jsonschema.schemas import MODELINE, _schemas, files, modeline, schema_of, schemas
from engine.language.model.triggers import BY_VERB
from engine.language.source import strict_yaml
from engine.language.values.fields import BUILT_IN_FIELDS
from engine.language.values.moments import ClockText
from engine.language.values.scalars import Clicked, DurationText, EventName, PhoneText, SegmentName, StepId
from engine.registry import registry

ROOT = Path(__file__).parents[3]
SCHEMAS = schemas(registry())
VALIDATORS = {name: Draft7Validator(schema) for name, schema in SCHEMAS.items()}
HEAD = "flow: f\nlanguage: 1\ntrigger: manual\n"
PROJECT = "project: p\nbrand: B\ntimezone: UTC\n"
GOOD = sorted(
    path
    for folder in ("flows", "examples", "tests/problems")
    for path in (ROOT / folder).rglob("*.yaml")
    # The custom block's own flow has a verb that only an environment with its package knows (tests/examples/test_custom_block.py).
    if (folder != "tests/problems" or "good" in path.parts) and "custom_block" not in path.parts
)


def wrong(name: str, text: str) -> list[str]:
    document = strict_yaml.read("x.yaml", text.encode())
    assert document.data is not None, document.findings
    return [error.message for error in VALIDATORS[name].iter_errors(document.data)]


def test_the_committed_files_are_those_of_the_models() -> None:
    """`leadoff schema --write` renews them."""
    there = {f"schemas/{path.name}": path.read_bytes() for path in (ROOT / "schemas").glob("*.json")}
    assert there == files(registry())


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_a_schema(name: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[name])
    assert set(references(SCHEMAS[name])) <= {f"#/$defs/{key}" for key in SCHEMAS[name].get("$defs", {})}


def test_what_is_written_down_has_the_patterns_of_the_types_and_the_fields_of_a_contact() -> None:
    condition = SCHEMAS["flow"]["$defs"]["condition"]["properties"]
    happened, clicked, event = (
        condition["happened"],
        condition["clicked"],
        SCHEMAS["event"]["$defs"]["event"]["properties"],
    )
    who = event["contact"]["properties"]
    assert who.keys() == {*BUILT_IN_FIELDS, "consent"}
    for kind, places in {
        EventName: (happened, happened["properties"]["event"], event["event"]),
        Clicked: (clicked, clicked["properties"]["link"]),
        StepId: (condition["delivered"], condition["failed"], condition["message"]["properties"]["step"]),
        SegmentName: (condition["segment"],),
        DurationText: (happened["properties"]["within"],),
        ClockText: (condition["time"]["properties"]["between"]["items"],),
        PhoneText: (who["phone"],),
    }.items():
        assert {place["pattern"] for place in places} == {types.Types().of(kind)["pattern"]}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_says_what_it_is_and_shows_one(name: str) -> None:
    silent = [where for where, schema in properties(SCHEMAS[name]) if not schema.get("description")]
    assert silent == []
    bare = [where for where, schema in properties(SCHEMAS[name]) if is_open_text(schema)]
    assert bare == []


def is_open_text(schema: dict[str, Any]) -> bool:
    """A text that could be anything, without an example."""
    return schema.get("type") == "string" and "examples" not in schema


def test_conditions_operators_triggers_and_steps_are_those_of_the_readers() -> None:
    condition, operand = (SCHEMAS["flow"]["$defs"][name]["properties"] for name in ("condition", "operand"))
    assert set(condition) == set(KEYS)
    assert set(operand) == set(_OPERATORS)
    assert condition["message"]["properties"]["is"]["enum"] == list(STATES)
    assert condition["time"]["properties"]["days"]["items"]["enum"] == list(DAYS)
    steps = SCHEMAS["flow"]["$defs"]["step"]["anyOf"]
    assert [each["$ref"] for each in steps] == [f"#/$defs/step-{verb}" for verb in REGISTRY]
    verbs = {key for name in SCHEMAS["flow"]["$defs"] if name.endswith("Trigger") for key in keys_of(name)}
    assert verbs >= set(BY_VERB)


def keys_of(name: str) -> list[str]:
    return list(SCHEMAS["flow"]["$defs"][name]["properties"])


def test_alternatives_are_never_one_of() -> None:
    """Editors lose completion in `oneOf`."""
    assert "oneOf" not in json.dumps(SCHEMAS)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_check_accepts_passes(path: Path) -> None:
    inside = path.relative_to(ROOT).parts
    below = "/".join(inside[inside.index("good") + 1 :] if "good" in inside else inside[-2:])
    name = "project" if path.name == "leadoff.yaml" else schema_of(below)
    assert wrong(name, path.read_text("utf-8")) == []


@pytest.mark.parametrize("verb", REGISTRY)
def test_every_step_of_the_case_files_passes(verb: str) -> None:
    cases = YAML(typ="safe", pure=True).load((ROOT / f"tests/blocks/{verb}.yaml").read_text("utf-8"))
    good = [case["step"] for case in cases if "outcome" in case or "describe" in case]
    assert good
    flow = {"flow": "f", "language": 1, "trigger": "manual", "steps": good}
    assert [error.message for error in VALIDATORS["flow"].iter_errors(flow)] == []


BAD_STEPS = {
    "no verb": "id: a",
    "nothing at all": "{}",
    "a sibling key without its verb": "{id: a, then: []}",
    "two verbs": "{id: a, delay: 2d, exit: b}",
    "an unknown verb": "{id: a, delya: 2d}",
    "no id where a run can rest": "delay: 2d",
    "no time": "{id: a, wait_for: {clicked: shop}}",
    "an unknown sibling key": "{id: a, delay: 2d, thn: []}",
    "an unknown key": "{id: a, sms: {text: hi, imge: x.png}}",
    "a number for a text": "{id: a, sms: 5}",
    "not a duration": "{id: a, delay: 2 days}",
    "not an id": "{id: Hero, delay: 2d}",
    "an unknown word": "{id: a, sms: {text: hi, image: a.png, otherwise: lnk}}",
    "an unknown condition": "{if: {clickd: shop}}",
    "an empty condition": "{if: {}}",
    "an unknown operator": "{if: {contact: {orders: {atleast: 3}}}}",
    "a text for a number": "{if: {contact: {phone: {exists: 'yes'}}}}",
    "an unknown state": "{if: {message: {step: a, is: arrived}}}",
    "a mistake inside a branch": "{if: {clicked: shop}, then: [{exti: a}]}",
    "a mistake in `any`": "{if: {any: [{clicked: shop}, {clickd: shop}]}}",
}


@pytest.mark.parametrize("name", BAD_STEPS)
def test_a_bad_step_fails(name: str) -> None:
    assert wrong("flow", f"{HEAD}steps:\n  - {BAD_STEPS[name]}\n") != []


BAD_FILES = {
    "no steps": ("flow", HEAD),
    "an unknown key of the flow": ("flow", f"{HEAD}steps: []\nstesp: []\n"),
    "another version": ("flow", "flow: f\nlanguage: 2\ntrigger: manual\nsteps: []\n"),
    "an unknown trigger": ("flow", "flow: f\nlanguage: 1\ntrigger: {evnt: a}\nsteps: []\n"),
    "an unknown word for a trigger": ("flow", "flow: f\nlanguage: 1\ntrigger: manuel\nsteps: []\n"),
    "an unknown key of the entry": ("flow", f"{HEAD}entry: {{again: never}}\nsteps: []\n"),
    "no project": ("project", "brand: B\ntimezone: UTC\n"),
    "an unknown key of the project": ("project", f"{PROJECT}sender: {{}}\n"),
    "a number that is a number": (
        "project",
        f"{PROJECT}senders: {{main: {{provider: simulator, number: 18445550100}}}}\n",
    ),
    "an unknown type": ("project", f"{PROJECT}fields: {{orders: int}}\n"),
    "a price in words": ("project", f"{PROJECT}prices: {{US: {{sms: cheap}}}}\n"),
    "an address without its scheme": ("project", f"{PROJECT}links: {{shop: acme.example}}\n"),
    "an event for nobody": ("event", "event: a.b\ncontact: {first_name: Ada}\n"),
    "an event without a name": ("event", 'contact: {phone: "+12025550143"}\n'),
    "an expectation that is none": (
        "flow-test",
        'flow: f\ntests: [{name: n, start: "2027-04-01 20:30", expect: [{exits: a}]}]\n',
    ),
    "a start that is no time": ("flow-test", "flow: f\ntests: [{name: n, start: today, expect: []}]\n"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_fails(name: str) -> None:
    schema, text = BAD_FILES[name]
    assert wrong(schema, text) != []


def test_the_example_of_a_flow_test_passes() -> None:
    text = """\
flow: spring-drop
tests:
  - name: a click ends it, no reminder
    contact: {first_name: Ada, phone: "+12025550143", timezone: America/New_York}
    start: "2027-04-01 20:30"
    happens:
      - {after: 0m, event: list.joined, data: {list: vip}}
      - {after: 1d, clicked: shop}
    expect:
      - {mms: hero, at: "2027-04-02 09:00", text_has: "Hi Ada"}
      - {exit: engaged, at: "2027-04-04 09:00"}
    cost_at_most: 0.05
"""
    assert wrong("flow-test", text) == []


def test_the_events_of_the_shop_pass() -> None:
    events = json.loads((ROOT / "examples/shop/events.json").read_text("utf-8"))
    assert [error.message for error in VALIDATORS["event"].iter_errors(events)] == []


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("leadoff.yaml", "schemas/project"),
        ("flows/a.yaml", "../schemas/flow"),
        ("flows/a.test.yaml", "../schemas/flow-test"),
        ("segments/vip.yaml", "../schemas/segment"),
    ],
)
def test_the_modeline_names_the_schema_of_the_file(path: str, named: str) -> None:
    assert modeline(path) == f"{MODELINE}{named}.schema.json\n"


def properties(schema: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that an author may write, with its schema."""
    if isinstance(schema, dict):
        named = schema.get("properties", {})
        for name, inner in named.items():
            yield f"{where}.{name}", inner
            yield from properties(inner, f"{where}.{name}")
        for key, inner in schema.items():
            if key not in ("properties", "examples", "default", "enum"):
                yield from properties(inner, f"{where}/{key}")
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from properties(inner, f"{where}[{index}]")


def references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for inner in schema.values():
            yield from references(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from references(inner)


def test_a_file_of_models_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` compares the schemas each time: parsing for each model anew took longer than all else that it does."""
    parsed: list[str] = []
    parse = ast.parse

    def counting(source: str, *more: Any, **options: Any) -> Any:
        parsed.append(source)
        return parse(source, *more, **options)

    _schemas.cache_clear()
    types._classes_in.cache_clear()
    types.descriptions.cache_clear()
    monkeypatch.setattr(ast, "parse", counting)
    schemas(registry())
    assert parsed
    assert len(parsed) == len(set(parsed))


def test_models_inside_of_others_say_what_their_keys_mean() -> None:
    class Outer(BaseModel):
        class Inner(BaseModel):
            depth: int
            """How deep."""

        wide: int
        """How wide."""

    assert types.descriptions(Outer) == {"wide": "How wide."}
    assert types.descriptions(Outer.Inner) == {"depth": "How deep."}
