"""The order of keys in a mapping, read from the file's schema.

Invariants: keys are in the schema's order; unknown keys follow as written. The keys of a condition keep the author's order: they are read
as a sentence and evaluated in that order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.language.jsonschema.types import Schema
from engine.language.values.scalars import RESERVED


class Order:
    """The schema of one kind of file."""

    def __init__(self, schema: Schema) -> None:
        self.top = schema
        self._defs: Mapping[str, Schema] = schema.get("$defs", {})

    def keys(self, schema: Schema, value: Mapping[str, Any]) -> list[str]:
        found = self._meant(schema, value)
        properties = found.get("properties", {})
        if found is self._defs.get("condition") or not properties:
            return list(value)
        return [key for key in properties if key in value] + [key for key in value if key not in properties]

    def below(self, schema: Schema, value: Any, part: str | int) -> Schema:
        """The schema of a key's value, or of a list's items."""
        found = self._meant(schema, value)
        if isinstance(part, int):
            inner = found.get("items", {})
        else:
            inner = found.get("properties", {}).get(part) or found.get("additionalProperties", {})
        return inner if isinstance(inner, dict) else {}

    def with_ids(self, data: Any) -> Any:
        """The same data with an id for every step that needs one; it is called after its verb."""
        return self._completed(self.top, data, set(_ids(data)))

    def _completed(self, schema: Schema, value: Any, taken: set[str]) -> Any:
        if isinstance(value, list):
            return [self._completed(self.below(schema, value, i), each, taken) for i, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        needs = self._meant(schema, value).get("dependencies", {})
        verb = next((key for key in value if "id" in needs.get(key, ())), None)
        added = {"id": _free_name(verb, taken)} if verb and "id" not in value else {}
        inner = {key: self._completed(self.below(schema, value, key), value[key], taken) for key in value}
        return added | inner

    def _meant(self, schema: Schema, value: Any) -> Schema:
        """The schema without references and alternatives: the first that knows all keys."""
        while "$ref" in schema:
            schema = self._defs[schema["$ref"].rpartition("/")[2]]
        if "anyOf" not in schema:
            return schema
        return next((found for each in schema["anyOf"] if _fits(found := self._meant(each, value), value)), {})


def _fits(schema: Schema, value: Any) -> bool:
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return bool(known) and (schema.get("additionalProperties") is not False or value.keys() <= known.keys())
    return "items" in schema if isinstance(value, list) else False


def _ids(value: Any) -> Iterator[str]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        if key == "id" and isinstance(child, str):
            yield child
        yield from _ids(child)


def _free_name(verb: str, taken: set[str]) -> str:
    name, number = verb, 1
    while name in taken or name in RESERVED:
        number += 1
        name = f"{verb}_{number}"
    taken.add(name)
    return name
