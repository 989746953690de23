"""Generates JSON Schemas from the models.

Invariants: a type describes itself (pydantic's WithJsonSchema, or the `json_schema_input_type` of its validator); everything else follows
from the annotation. A key's description is the docstring under it in the model, or its `Field(description=…)`. Every model is described
once, under `$defs`. Nothing is nullable: an unused key is left out.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Iterable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, PlainValidator, TypeAdapter, WithJsonSchema
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from engine.core.block import Step
from engine.language.conditions.condition import Condition
from engine.language.model.media_path import MediaPath
from engine.language.model.triggers import ManualTrigger
from engine.language.templates.text import Text

Schema = dict[str, Any]

TEXT: Schema = {
    "type": "string",
    "minLength": 1,
    "examples": ["Hi {{ contact.first_name | default('there') }}, have a look: {{ link('shop') }}"],
}
MEDIA: Schema = {"type": "string", "minLength": 1, "examples": ["media/spring.jpg"]}
OURS: Mapping[Any, Schema] = {
    Text: TEXT,
    MediaPath: MEDIA,
    Step: {"$ref": "#/$defs/step"},
    Condition: {"$ref": "#/$defs/condition"},
    ManualTrigger: {"const": "manual"},
    Any: {},
}


class Types:
    """Turns types into schemas; the models that it meets are kept in `defs`."""

    def __init__(self) -> None:
        self.defs: dict[str, Schema] = {}

    def of(self, annotation: Any, metadata: Iterable[Any] = ()) -> Schema:
        """The schema of an annotated type."""
        listed = tuple(metadata)
        told = _told(listed)
        if isinstance(told, WithJsonSchema):
            return dict(told.json_schema or {})
        if told is not None:
            return self.of(told)
        origin, inner = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self.of(inner[0], (*inner[1:], *listed))
        if origin in (Union, UnionType):
            return either([self.of(each) for each in inner if each is not NoneType])
        if origin is Literal:
            return {"enum": list(inner)}
        if origin in (tuple, list, frozenset, set):
            return {"type": "array", "items": self.of(inner[0])}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "propertyNames": self.of(inner[0]), "additionalProperties": self.of(inner[1])}
        if annotation in OURS:
            return dict(OURS[annotation])
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self._known(annotation)
        bounds = [each for each in listed if not isinstance(each, PlainValidator)]
        plain: Any = Annotated[annotation, *bounds] if bounds else annotation
        return {key: value for key, value in TypeAdapter(plain).json_schema().items() if key != "title"}

    def mapping(self, model: type[BaseModel], names: Iterable[str]) -> Schema:
        """A mapping with these keys of the model (written names), in the model's order."""
        wanted = set(names)
        fields = {name: field for name, field in written(model).items() if name in wanted}
        schema: Schema = {"type": "object", "properties": {name: self.key(model, name) for name in fields}}
        required = [name for name, field in fields.items() if field.is_required()]
        return schema | ({"required": required} if required else {}) | {"additionalProperties": False}

    def key(self, model: type[BaseModel], name: str) -> Schema:
        """The schema of one key's value, with its description."""
        field = written(model)[name]
        schema = self.of(field.annotation, field.metadata)
        description = descriptions(model).get(name)
        schema |= {"description": description} if description else {}
        schema |= {"examples": list(field.examples)} if field.examples else {}
        if isinstance(field.default, str | int | float) and field.default != "":
            schema["default"] = field.default
        return schema

    def _known(self, model: type[BaseModel]) -> Schema:
        name = model.__name__.lstrip("_")
        if name not in self.defs:
            self.defs[name] = {}  # a model may hold itself
            self.defs[name] = {"description": summary(model)} | self.mapping(model, written(model))
        return {"$ref": f"#/$defs/{name}"}


_OF_OBJECTS = ("properties", "required", "additionalProperties", "propertyNames", "minProperties", "dependencies")
_OF_SCALARS = ("pattern", "minLength", "maxLength", "minimum", "maximum", "format")
_OF_A_TYPE = frozenset(("type", "items", "minItems", "maxItems", *_OF_OBJECTS, *_OF_SCALARS))
_SAID = frozenset(("title", "description", "examples"))


def either(choices: list[Schema]) -> Schema:
    """One of several; `anyOf` only if necessary (editors handle `oneOf` badly).

    A text and a mapping need no union: each keyword concerns one type, and without alternatives an editor reports exact errors.
    """
    flat = [each for choice in choices for each in (choice["anyOf"] if choice.keys() == {"anyOf"} else [choice])]
    joined: list[Schema] = []
    for each in flat:
        fits = next((index for index, one in enumerate(joined) if _can_join(one, each)), None)
        if fits is None:
            joined.append(each)
        else:
            joined[fits] = _join(joined[fits], each)
    return joined[0] if len(joined) == 1 else {"anyOf": joined}


def without_mappings(schema: Schema) -> Schema:
    """What it says of every other type: behind a verb a mapping holds the fields."""
    kinds = _listed(schema.get("type", []))
    rest = [kind for kind in kinds if kind != "object"]
    if len(rest) in (0, len(kinds)):
        return schema
    return {key: value for key, value in schema.items() if key not in _OF_OBJECTS} | {
        "type": rest if rest[1:] else rest[0]
    }


def _can_join(one: Schema, other: Schema) -> bool:
    plain = all("type" in each and each.keys() <= _OF_A_TYPE | _SAID for each in (one, other))
    return (
        plain and not set(_listed(one["type"])) & set(_listed(other["type"])) and not _keywords(one) & _keywords(other)
    )


def _join(one: Schema, other: Schema) -> Schema:
    both = {key: value for each in (one, other) for key, value in each.items() if key not in _SAID}
    examples = [*one.get("examples", []), *other.get("examples", [])]
    return (
        both | {"type": [*_listed(one["type"]), *_listed(other["type"])]} | ({"examples": examples} if examples else {})
    )


def _keywords(schema: Schema) -> frozenset[str]:
    return frozenset(schema.keys()) - _SAID - {"type"}


def _listed(kind: Any) -> list[str]:
    return [kind] if isinstance(kind, str) else list(kind)


def written(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The model's fields by the names that an author writes, in the order in which they are written."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    return {**{name: fields[name] for name in getattr(model, "written_first", ()) if name in fields}, **fields}


def summary(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0].replace("\n", " ")


@cache
def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Written name -> the description of that key."""
    under: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            under |= _under_the_fields(base)
    said = {field.alias or name: field.description or under.get(name) for name, field in model.model_fields.items()}
    return {name: " ".join(text.split()) for name, text in said.items() if text}


def _under_the_fields(model: type[BaseModel]) -> dict[str, str]:
    """Attribute docstrings, read on demand: pydantic's own option reads the sources at every start."""
    try:
        body = _classes_in(inspect.getfile(model)).get(model.__qualname__)
    except (OSError, SyntaxError, TypeError, ValueError):
        body = None
    if body is None:
        return {}  # made without a source: no docstrings
    found = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = text
    return found


@cache
def _classes_in(path: str) -> dict[str, ast.ClassDef]:
    """Qualified name -> class. A file is parsed once for all its models: `check` compares the schemas each time."""
    found: dict[str, ast.ClassDef] = {}

    def search(body: Iterable[ast.stmt], prefix: str) -> None:
        for each in body:
            if isinstance(each, ast.ClassDef):
                found[prefix + each.name] = each
                search(each.body, f"{prefix}{each.name}.")
            elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                search(each.body, f"{prefix}{each.name}.<locals>.")
            else:
                search((below for below in ast.iter_child_nodes(each) if isinstance(below, ast.stmt)), prefix)

    search(ast.parse("".join(linecache.getlines(path))).body, "")
    return found


def _told(metadata: tuple[Any, ...]) -> Any:
    """A type's own schema: a WithJsonSchema, or the input type of its validator; else None."""
    for each in reversed(metadata):
        if isinstance(each, WithJsonSchema):
            return each
        if isinstance(each, PlainValidator) and each.json_schema_input_type not in (Any, PydanticUndefined):
            return each.json_schema_input_type
    return None
