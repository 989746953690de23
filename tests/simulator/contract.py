"""Holds answers and callbacks against the providers' OpenAPI descriptions."""

from __future__ import annotations

from typing import Any

import httpx
from openapi_core.testing import MockRequest, MockResponse
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from tests.senders.openapi.described import HOSTS, api, document


def hold(provider: str, answer: httpx.Response) -> None:
    """Raises where the answer is none that the provider describes for this request."""
    request = answer.request
    asked = MockRequest(HOSTS[provider], request.method.lower(), request.url.path)
    api(provider).validate_response(asked, MockResponse(answer.content, answer.status_code))


def problems(provider: str, schema: str, value: object) -> list[str]:
    """What keeps a value from being of one of the description's schemas."""
    spec = document(provider)
    whole = {"$ref": f"#/components/schemas/{schema}", "components": spec["components"]}
    return [error.message for error in OAS30Validator(whole, format_checker=oas30_format_checker).iter_errors(value)]


def unknown_fields(provider: str, schema: str, value: dict[str, Any]) -> set[str]:
    """Fields that the description does not name: it would let them pass."""
    spec = document(provider)
    known: dict[str, Any] = spec["components"]["schemas"][schema]["properties"]
    return value.keys() - known.keys()
