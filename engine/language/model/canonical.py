"""The canonical form of a model: the same for two files that mean the same (promise V1: formatting is no change)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from pydantic import BaseModel

from engine.core.block import Block, Step
from engine.language.conditions.condition import Condition
from engine.language.templates.text import Text
from engine.language.values.by_language import ByLanguage
from engine.language.values.fields import FieldSpec
from engine.language.values.strict import written_names

PLAIN = frozenset((str, int, float, bool, type(None)))


def digest(value: object) -> str:
    """Hex of the SHA-256 of the canonical form."""
    text = json.dumps(canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def canonical(value: Any) -> Any:
    """Plain JSON data of models, steps, texts and conditions."""
    if type(value) in PLAIN:  # most of all values: they are not asked what else they might be
        return value
    if isinstance(value, Text):
        return value.source.strip()
    if isinstance(value, Condition):
        return canonical(value.source)
    if isinstance(value, Step):
        return {"id": value.id, "step": canonical(value.block)}
    if isinstance(value, BaseModel):
        fields = {key: canonical(getattr(value, name)) for key, name in written_names(type(value)).items()}
        for key in (*getattr(value, "edits", ()), *getattr(value, "later", ())):
            if getattr(value, key) == type(value).model_fields[key].default:
                del fields[key]
        return fields | ({"verb": value.verb} if isinstance(value, Block) else {})
    if isinstance(value, ByLanguage):
        return [[language, canonical(child)] for language, child in value.items()]  # the first is the default
    if isinstance(value, FieldSpec) and not value.of:
        value = value[: FieldSpec._fields.index("of")]  # as it was before lists had rows
    if isinstance(value, Mapping):
        return {str(key): canonical(child) for key, child in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [canonical(child) for child in value]
    return str(value) if isinstance(value, Decimal) else value
