"""Holds answers and callbacks against the providers' OpenAPI descriptions."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_schema_validator import OAS30Validator, oas30_format_checker

FOLDER = Path(__file__).parent / "openapi"
FILES = {
    "twilio": ("twilio-messages.json", "https://api.twilio.com"),
    "bandwidth": ("bandwidth-messaging.json", "https://messaging.bandwidth.com"),
    "telnyx": ("telnyx-messages.json", "https://api.telnyx.com"),
}


@cache
def described(provider: str) -> tuple[dict[str, Any], OpenAPI]:
    spec = json.loads((FOLDER / FILES[provider][0]).read_bytes())
    return spec, OpenAPI.from_dict(spec)


def hold(provider: str, answer: httpx.Response) -> None:
    """Raises where the answer is none that the provider describes for this request."""
    _, api = described(provider)
    request = answer.request
    asked = MockRequest(FILES[provider][1], request.method.lower(), request.url.path)
    api.validate_response(asked, MockResponse(answer.content, answer.status_code))


def problems(provider: str, schema: str, value: object) -> list[str]:
    """What keeps a value from being of one of the description's schemas."""
    spec, _ = described(provider)
    whole = {"$ref": f"#/components/schemas/{schema}", "components": spec["components"]}
    return [error.message for error in OAS30Validator(whole, format_checker=oas30_format_checker).iter_errors(value)]


def unknown_fields(provider: str, schema: str, value: dict[str, Any]) -> set[str]:
    """Fields that the description does not name: it would let them pass."""
    spec, _ = described(provider)
    known: dict[str, Any] = spec["components"]["schemas"][schema]["properties"]
    return value.keys() - known.keys()
