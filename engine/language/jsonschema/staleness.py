"""LO707: the schemas that a project's editor reads are those of this version and the installed blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.core.block import Block
from engine.language.diagnostics.findings import Finding, Span
from engine.language.jsonschema.schemas import files


def stale_schemas(there: Mapping[str, bytes], registry: Mapping[str, type[Block]]) -> Iterator[Finding]:
    """`there`: what stands in schemas/, by path. A file that is no schema of ours is left alone."""
    fresh = files(registry) if there else {}
    for path, content in there.items():
        if path in fresh and content != fresh[path]:
            message, help = "this schema was written by another version", "`leadoff schema --write` updates it"
            yield Finding("LO707", "warning", message, help, path, Span(1, 1, 1, 1))
