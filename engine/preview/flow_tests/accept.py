"""`--accept`: what came of a test becomes what it expects. Values change in their places; all else of the file stays as it is.

Invariants: only values are changed. What did not come, or was not expected at all, an author adds or takes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import Any

import orjson

from engine.language.source.strict_yaml import Document
from engine.preview.flow_tests.judge import Difference

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_OTHERS = ("true", "false", "null")


def accepted(document: Document, differences: Sequence[Difference]) -> str:
    """The source with the values that came."""
    source = document.source
    edits = {document.marks.values[found.loc]: found for found in differences if can_be_accepted(document, found)}
    for (start, end), found in sorted(edits.items(), reverse=True):
        source = source[:start] + _written(found.instead, source[start:end]) + source[end:]
    return source


def can_be_accepted(document: Document, found: Difference) -> bool:
    return found.instead is not None and found.loc in document.marks.values


def changes(document: Document, new: str, file: str) -> Iterator[str]:
    """Line by line, as `diff -u` shows them."""
    old = document.source.splitlines()
    yield from (line.rstrip("\n") for line in unified_diff(old, new.splitlines(), file, file, lineterm="", n=0))


def _written(value: Any, before: str) -> str:
    """As YAML, quoted where it was or has to be."""
    if not isinstance(value, str):
        return f"{value:g}" if isinstance(value, float) else str(value)
    behind = "\n" if before[:1] in "|>" and before.endswith("\n") else ""
    quoted = before[:1] in "\"'|>" or value in _OTHERS or not _PLAIN.fullmatch(value)
    return (orjson.dumps(value).decode() if quoted else value) + behind
