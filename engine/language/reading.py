"""A file of a project as its model: what is right of it is kept, what is wrong with it is told.

Invariants: a file whose content and blocks are the same is read once; what is read is shared by all who ask, and never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from engine.core.block import Block
from engine.language.diagnostics.findings import Finding, Loc, key_meant
from engine.language.diagnostics.wording import wrong_kind
from engine.language.lint.context import PlacedValue, finding
from engine.language.model.segments import SegmentFile
from engine.language.model.unreadable import UNREADABLE
from engine.language.model.validation_context import LocatedMistake, ValidationContext, hidden, salvaged
from engine.language.source import strict_yaml
from engine.language.source.strict_yaml import Document
from engine.language.values.strict import written_names

Blocks = tuple[tuple[str, type[Block]], ...]  # by their verbs


class Read(NamedTuple):
    document: Document
    model: Any
    broken: frozenset[str]  # top-level keys that were left out
    findings: tuple[Finding, ...]
    half_read: tuple[PlacedValue, ...] = ()  # texts of which a part could not be read


@lru_cache(maxsize=256)
def read_file(model: type[BaseModel], path: str, raw: bytes, blocks: Blocks = (), **known: Any) -> Read:
    """The model, and what is wrong with it. What is right of it is kept. `known`: what to take where a value is wrong."""
    document = strict_yaml.read(path, raw)
    if document.data is None:
        wanted = () if document.findings else (_finding_of(document, (), wrong_kind("a mapping", None)),)
        return Read(document, None, frozenset(model.model_fields), wanted)
    data = document.data
    reading = ValidationContext(dict(blocks), data, document.empty)
    context = {"reading": reading}
    made: BaseModel | None = None
    try:
        made = model.model_validate(data, context=context)
    except ValidationError as error:
        reading.add_all((), error)
        made = salvaged(model, data, error, context, **known)
    emptied = reading.emptied(data, ()) if isinstance(data, dict) else []
    made = made and hidden(made, (key for key in emptied if key not in known), ())
    broken = frozenset(
        key for key, name in written_names(model).items() if made is None or getattr(made, name) is UNREADABLE
    )
    half_read = {loc: (error.context or {}).get("half_read") for loc, error in reading.mistakes}
    texts = tuple(PlacedValue(text, loc, "step") for loc, text in half_read.items() if text)
    return Read(document, made, broken, tuple(_findings(document, reading.mistakes)), texts)


def read_segment(path: str, raw: bytes) -> Read:
    """A file of segments/."""
    return read_file(SegmentFile, path, raw, segment=path.rsplit("/", 1)[-1].removesuffix(".yaml"))


def _findings(document: Document, mistakes: list[LocatedMistake]) -> Iterator[Finding]:
    for loc in document.empty:
        what = f'"{loc[-1]}" has' if loc and isinstance(loc[-1], str) else "this list item has"
        yield finding(document, "LO205", f"{what} no value", loc, "give it a value, or leave it out", at="key")
    follows = _follows(document, mistakes)
    for loc, error in mistakes:
        if loc not in document.empty and not follows(loc, error):
            yield _finding_of(document, loc, error)


def _finding_of(document: Document, loc: Loc, error: PydanticCustomError) -> Finding:
    """A mistake that a validator noted."""
    context = error.context or {}
    at = context.get("at", "value")
    if loc and loc[-1] == "[key]":  # pydantic's mark for the key of a mapping
        loc, at = loc[:-1], "key"
    return finding(
        document,
        error.type,
        error.message(),
        loc,
        context.get("help"),
        at=at,
        offset=context.get("offset"),
        length=context.get("length", 1),
        instead=_instead(document, loc, context.get("instead")) if at == "value" else None,
    )


def _instead(document: Document, loc: Loc, instead: str | None) -> str | None:
    """For `--fix`, where the value that is wrong has a place of its own."""
    place = document.marks.values.get(loc)
    return None if instead is None or place is None else instead.replace("{}", document.source[slice(*place)])


def _follows(document: Document, mistakes: list[LocatedMistake]) -> Callable[[Loc, PydanticCustomError], bool]:
    """Whether a mistake only follows from another: a key has nothing behind it, or is misspelt, and so something is missing."""
    poor = {loc[:-1] for loc in document.empty}
    misspelt: dict[Loc, list[str]] = {}
    for loc, error in mistakes:
        if error.type == "LO201":
            misspelt.setdefault(loc[:-1], []).append(str(loc[-1]))
            if str((error.context or {}).get("help")).startswith("did you mean"):
                poor.add(loc[:-1])

    def follows(loc: Loc, error: PydanticCustomError) -> bool:
        if error.type in ("LO203", "LO205", "LO208") and loc in poor:
            return True
        if error.type == "LO204":
            loc = (*loc, "id")
        elif error.type != "LO205" or (error.context or {}).get("at") != "parent":
            return False
        return any(key_meant(key, [str(loc[-1])]) for key in misspelt.get(loc[:-1], ()))

    return follows
