"""/openapi.json describes what the API does: a machine reads it, makes requests of it, and holds the answers against it."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from tests.server.web.caller import Caller
from tests.world import ADA, BEN, CY

OPERATIONS = [
    ("POST", "/v1/events"), ("POST", "/v1/flows/{flow}/start"),
    ("PUT", "/v1/contacts/{key}"), ("GET", "/v1/contacts/{key}"), ("DELETE", "/v1/contacts/{key}"),
    ("POST", "/v1/contacts/{key}/renumber"),
    ("POST", "/v1/coupons/{name}"),
    ("GET", "/v1/runs"), ("GET", "/v1/messages"), ("GET", "/v1/flows"), ("GET", "/v1/deployment"), ("GET", "/v1/status"),
]  # fmt: skip
RULES = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
]
EXAMPLES = {"sqlite": 20, "postgres": 8}  # what is read and answered is the same: only the statements differ


def described(caller: Caller) -> dict[str, Any]:
    found: dict[str, Any] = caller.desk.get("/openapi.json").json()
    return found


@pytest.mark.only("sqlite", "it is about the description")
def test_the_description_is_valid_and_of_v1_alone(caller: Caller) -> None:
    found = described(caller)
    validate(found)
    named = {(method.upper(), path) for path, item in found["paths"].items() for method in item}
    assert named == set(OPERATIONS)
    assert all(item[method]["security"] for item in found["paths"].values() for method in item)


def bodies(found: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, item[method]["requestBody"]["content"]["application/json"])
        for path, item in found["paths"].items()
        for method in item
        if "requestBody" in item[method]
    ]


def test_every_body_has_examples_that_are_right_and_are_taken(caller: Caller) -> None:
    found = described(caller)
    assert len(bodies(found)) == 5
    for method, path, content in bodies(found):
        for example in content["examples"].values():
            jsonschema.validate(example["value"], {**content["schema"], "components": found["components"]})
            place = path.replace("{flow}", "by-hand").replace("{key}", "c-9").replace("{name}", "spring10")
            said = {**example["value"], "phone": "+12065550111"} if method == "put" else example["value"]
            answer = caller.ask(method.upper(), place, said)
            assert answer.status_code in (200, 201, 202), (path, said)
            shown = found["paths"][path][method]["responses"][str(answer.status_code)]["content"]["application/json"]
            jsonschema.validate(answer.json(), {**shown["schema"], "components": found["components"]})


@pytest.mark.only("sqlite", "it is about the description")
def test_every_document_of_the_description_shows_one(caller: Caller) -> None:
    schemas = described(caller)["components"]["schemas"]
    for name in ("Event", "Contact", "Start", "Codes"):
        for example in schemas[name]["examples"]:
            jsonschema.validate(example, {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the tool's own transport
def test_what_a_machine_makes_of_it_is_answered_as_described(caller: Caller, each_database: str) -> None:
    import schemathesis  # slow to load

    schema = schemathesis.openapi.from_asgi("/openapi.json", caller.desk.site)
    for method, path in OPERATIONS:
        each = Caller(caller.desk, name=f"{method} {path}")  # so many requests a second are one token's
        hold(each, schema[path][method], EXAMPLES[each_database])
        assert each.get(f"/v1/contacts/{ADA}")["phone"] == ADA, (method, path)


def hold(caller: Caller, operation: Any, examples: int) -> None:
    from schemathesis import GenerationMode
    from schemathesis.checks import CHECKS, load_all_checks

    load_all_checks()
    held = CHECKS.get_by_names(RULES)

    @settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        st.one_of(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
        ),
        st.booleans(),
    )
    def holds(case: Any, is_known: bool) -> None:
        named = {"flow": "by-hand", "name": "spring10"}  # a made-up one is 404 before anything is read
        if is_known:
            named["key"] = {"DELETE": BEN, "POST": CY}.get(
                case.method, ADA
            )  # who is forgotten, and who may get another number
        case.path_parameters.update({name: named[name] for name in case.path_parameters if name in named})
        answer = case.call(headers={"Authorization": f"Bearer {caller.token}"})
        case.validate_response(answer, checks=held)

    holds()
