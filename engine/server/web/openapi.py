"""The API's description: /openapi.json.

Invariants: only /v1 is in it; bodies are described by the models that check them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from engine import __version__
from engine.contacts import documents
from engine.intake.documents import Codes, Event, Start
from engine.server.web.responses import Problem

REFERENCE = "#/components/schemas/{model}"
WHY = {
    400: "The body is not JSON.",
    401: "No token, or an unknown one.",
    403: "The token lacks the scope.",
    404: "Not found.",
    408: "The body did not come in time.",
    409: "It conflicts with what is stored, or the same request is being processed.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "Read and refused: the detail says why.",
    429: "Too many requests; Retry-After says when to try again.",
    503: "Nothing was stored; Retry-After says when to try again.",
}
_ADDED = (Event, documents.Contact, documents.NewNumber, Start, Codes, Problem)
_INTRODUCTION = "Events from outside, contacts, and the listings. Errors are RFC 9457 problem documents."


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: these, and those of every route."""
    content = {"application/problem+json": {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
    return {
        status: {"description": WHY[status], "content": content} for status in sorted({401, 403, 429, 503, *statuses})
    }


def body_of(model: type[BaseModel], examples: Mapping[str, Any], or_list: int = 0) -> dict[str, Any]:
    """For a route's `openapi_extra`: a body that the route reads itself. `or_list`: also a list of at most so many."""
    one = {"$ref": REFERENCE.format(model=model.__name__)}
    schema = {"oneOf": [one, {"type": "array", "items": one, "maxItems": or_list}]} if or_list else one
    shown = {name: {"value": value} for name, value in examples.items()}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "examples": shown}}}}


def describe(site: FastAPI) -> None:
    """Make /openapi.json of the site."""

    def described() -> dict[str, Any]:
        if site.openapi_schema is None:
            made = get_openapi(title="Leadoff", version=__version__, description=_INTRODUCTION, routes=site.routes)
            _, ours = models_json_schema([(model, "validation") for model in _ADDED], ref_template=REFERENCE)
            made["components"].setdefault("schemas", {}).update(ours["$defs"])
            site.openapi_schema = made
        return site.openapi_schema

    site.openapi = described  # type: ignore[method-assign]
