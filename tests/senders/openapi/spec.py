"""A provider's own description of its API, and whether a request is one that it describes."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from openapi_core.testing import MockRequest

from tests.senders.openapi.described import HOSTS, api, document
from tests.senders.rogue import Asked

SENDING = {
    "bandwidth": "/users/{accountId}/messages",
    "twilio": "/2010-04-01/Accounts/{AccountSid}/Messages.json",
    "telnyx": "/messages",
}
NUMBERS = {"to", "from", "To", "From"}
CONTENT = {"text", "media", "Body", "MediaUrl", "media_urls"}
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def fields(asked: Asked) -> dict[str, Any]:
    """The fields of a body; in a form, a key that is repeated has a list."""
    if "json" in asked.headers["content-type"]:
        found: dict[str, Any] = json.loads(asked.body)
        return found
    form: dict[str, Any] = {}
    for name, value in parse_qsl(asked.body.decode(), keep_blank_values=True, strict_parsing=True):
        form[name] = value if name not in form else [*_list(form[name]), value]
    return form


def holds(provider: str, asked: Asked) -> None:
    """Raises where the description knows no such request."""
    assert asked.headers.get("authorization")  # Bandwidth's OAuth, beside its Basic, would let none pass
    query = dict(parse_qsl(asked.query, keep_blank_values=True))
    request = MockRequest(
        HOSTS[provider],
        asked.method,
        asked.path,
        args=query,
        headers=dict(asked.headers),
        data=asked.body,
        content_type=asked.headers.get("content-type", ""),
    )
    api(provider).validate_request(request)
    operation = _operation(provider, asked)
    known = {each["name"] for each in map(lambda each: _resolved(provider, each), operation.get("parameters", []))}
    assert set(query) <= known, set(query) - known
    if asked.method == "POST":
        _sends(provider, asked)


def _sends(provider: str, asked: Asked) -> None:
    """What the descriptions do not say, or let pass: names, E.164, that there is something to send."""
    found = fields(asked)
    content = _operation(provider, asked)["requestBody"]
    schema = next(iter(_resolved(provider, content)["content"].values()))["schema"]
    known = _resolved(provider, schema)["properties"]
    assert set(found) <= set(known), set(found) - set(known)
    numbers = [number for name in NUMBERS & set(found) for number in _list(found[name])]
    assert len(numbers) == 2
    assert all(E164.fullmatch(number) for number in numbers)
    assert any(found.get(name) for name in CONTENT)


def _operation(provider: str, asked: Asked) -> dict[str, Any]:
    paths = document(provider)["paths"]
    path = SENDING[provider]
    if provider == "telnyx" and asked.method == "GET":
        path = "/messages/{id}"
    found: dict[str, Any] = paths[path][asked.method.lower()]
    return found


def _resolved(provider: str, node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = document(provider)
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
