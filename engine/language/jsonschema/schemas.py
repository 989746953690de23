"""The JSON Schemas (draft-07, which editors support) of everything that an author writes, with the installed blocks.

Invariants: alternatives are `anyOf`; each verb is an object of its own with its sibling keys, so that an editor completes them. Keys that
are not built yet are left out. The same blocks give the same bytes. No model reads conditions and events: their schemas are in data/, and a
test compares them with the readers' keys, words and patterns.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import orjson

from engine.core.block import Block
from engine.language.diagnostics.findings import Finding, Span
from engine.language.jsonschema.types import Schema, Types, either, summary, without_mappings, written
from engine.language.model.flow import Flow
from engine.language.model.flow_test import FlowTests
from engine.language.model.project import Project
from engine.language.model.segments import SegmentFile
from engine.language.values.scalars import StepId
from engine.language.values.strict import Strict

Registry = Mapping[str, type[Block]]

FOLDER = "schemas"
DRAFT = "http://json-schema.org/draft-07/schema#"
MODELINE = "# yaml-language-server: $schema="


def schemas(registry: Registry) -> dict[str, Schema]:
    """All of them, by name: those of files, and that of an event. Made once, so they are only read."""
    return _schemas(tuple(registry.items()))


@lru_cache(maxsize=4)
def _schemas(blocks: tuple[tuple[str, type[Block]], ...]) -> dict[str, Schema]:
    registry = dict(blocks)
    made = {
        "flow": _of_model(Flow, registry),
        "project": _of_model(Project, registry),
        "segment": _of_model(SegmentFile, registry),
        "flow-test": _of_model(FlowTests, registry),
        "event": _written_down("event"),
    }
    return {name: {"$schema": DRAFT, "title": f"Leadoff {name}", **schema} for name, schema in made.items()}


def schema_of(path: str) -> str:
    """Which schema a file of a project has."""
    if path == "leadoff.yaml":
        return "project"
    if path.startswith("segments/"):
        return "segment"
    return "flow-test" if path.endswith(".test.yaml") else "flow"


def files(registry: Registry) -> dict[str, bytes]:
    """Path in a project -> content."""
    return {f"{FOLDER}/{name}.schema.json": written_out(schema) for name, schema in schemas(registry).items()}


def written_out(schema: Schema) -> bytes:
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def modeline(path: str) -> str:
    """The comment that tells an editor which schema the file at `path` (in a project) has."""
    return f"{MODELINE}{'../' * path.count('/')}{FOLDER}/{schema_of(path)}.schema.json\n"


def _of_model(model: type[Strict], registry: Registry) -> Schema:
    types = Types()
    top = {"description": summary(model), **types.mapping(model, written(model))}
    steps = _steps(registry, types) if "steps" in top["properties"] else {}
    return top | {"$defs": _written_down("conditions") | steps | types.defs}


def _written_down(name: str) -> Schema:
    schema: Schema = json.loads((Path(__file__).parent / "data" / f"{name}.json").read_bytes())
    return schema


def _steps(registry: Registry, types: Types) -> dict[str, Schema]:
    """`step`, and one object for each verb."""
    each = {f"step-{verb}": _step(block, types) for verb, block in registry.items()}
    beside = {name for block in registry.values() for name in block.sibling_keys}
    step: Schema = {
        "description": "One verb, an id, and the verb's sibling keys.",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in each],
        # A verb is required. With `required` in each alternative an editor would report a misspelt verb twice, and
        # offer only those verbs of which all is there.
        "not": {"type": "object", "propertyNames": {"enum": ["id", *sorted(beside)]}},
    }
    return {"step": step} | each


def _step(block: type[Block], types: Types) -> Schema:
    beside = types.mapping(block, block.sibling_keys)
    about = "The step's id, unique in the flow. Waiting contacts are stored with it, and `since:` refers to it."
    properties = {
        "id": {**types.of(StepId), "description": about},
        block.verb: {**_behind(block, types), "description": _about(block)},
        **beside["properties"],
    }
    needed = [*(["id"] if block.needs_id else []), *beside.get("required", [])]
    return {
        "type": "object",
        "properties": properties,
        **({"dependencies": {block.verb: needed}} if needed else {}),
        "additionalProperties": False,
    }


def _behind(block: type[Block], types: Types) -> Schema:
    """The schema of the verb's value: the fields as a mapping, or the short form."""
    fields = [name for name in written(block) if name not in block.sibling_keys]
    inside = types.mapping(block, fields)
    if block.shorthand is None:
        return inside
    short = types.key(block, block.shorthand)
    return short if block.shorthand_only else either([without_mappings(short), inside])


def _about(block: type[Block]) -> str:
    """The first sentence of the block's file, and how the step is written."""
    said = (sys.modules[block.__module__].__doc__ or "").strip().partition("\n\n")[0]
    return " ".join(f"{said} {summary(block)}".split())


def stale_schemas(there: Mapping[str, bytes], registry: Registry) -> Iterator[Finding]:
    """LO707: files of schemas/ that are not those of this version and the installed blocks.

    `there`: what is in schemas/, by path. A file that is no schema of Leadoff is left alone.
    """
    fresh = files(registry) if there else {}
    for path, content in there.items():
        if path in fresh and content != fresh[path]:
            message, help = "this schema was written by another version", "`leadoff schema --write` updates it"
            yield Finding("LO707", "warning", message, help, path, Span(1, 1, 1, 1))
