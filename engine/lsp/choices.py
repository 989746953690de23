"""What the schema of a file allows at a place, with what is written around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.language.diagnostics.findings import Loc
from engine.language.jsonschema.schemas import schema_of, schemas
from engine.language.jsonschema.types import Schema
from engine.registry import registry


def at(path: str, data: Any, loc: Loc, ignore: str | None = None) -> list[Schema]:
    """The schemas that a value at `loc` may have, without references and alternatives. `ignore`: a key that is not written yet."""
    top = schemas(registry())[schema_of(path)]
    definitions = top.get("$defs", {})
    found = [top]
    for part in loc:
        found = [below for each in _fitting(found, data, ignore) for below in _below(each, part, definitions)]
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            data = None
    return _fitting(found, data, ignore)


def keys(path: str, data: Any, loc: Loc, ignore: str | None = None) -> dict[str, Schema]:
    """The keys of the mapping at `loc`, each with the schema of its value."""
    found: dict[str, Schema] = {}
    for schema in at(path, data, loc, ignore):
        for key, inner in schema.get("properties", {}).items():
            found.setdefault(key, inner)
    return found


def described(path: str, data: Any, loc: Loc) -> str | None:
    """What the schema says of the key at `loc`."""
    inner = keys(path, data, loc[:-1]).get(str(loc[-1])) if loc else None
    return inner.get("description") if inner is not None else None


def words(schemas: list[Schema]) -> list[str]:
    """The values that these schemas list."""
    found: dict[str, None] = {}
    for schema in schemas:
        listed = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])]
        if schema.get("type") == "boolean":
            listed += [True, False]
        for value in listed:
            found[str(value).lower() if isinstance(value, bool) else str(value)] = None
    return list(found)


def _below(schema: Schema, part: str | int, definitions: Mapping[str, Schema]) -> Iterator[Schema]:
    if isinstance(part, int):
        inner = schema.get("items")
    else:
        inner = schema.get("properties", {}).get(part, schema.get("additionalProperties"))
    if isinstance(inner, dict):
        yield from _plain(inner, definitions)


def _plain(schema: Schema, definitions: Mapping[str, Schema]) -> Iterator[Schema]:
    if "$ref" in schema:
        yield from _plain(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    elif "anyOf" in schema:
        for each in schema["anyOf"]:
            yield from _plain(each, definitions)
    else:
        yield schema


def _fitting(found: list[Schema], data: Any, ignore: str | None) -> list[Schema]:
    """Those that know all keys that are written; where none does, all."""
    if not isinstance(data, dict):
        return found
    written = data.keys() - {ignore}
    fitting = [
        each
        for each in found
        if each.get("additionalProperties") is not False or written <= each.get("properties", {}).keys()
    ]
    return fitting or found
