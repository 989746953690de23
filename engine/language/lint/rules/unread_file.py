"""LO703: a file that looks like a part of the project is one."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.diagnostics.findings import Finding, Span
from engine.language.lint.context import LintContext


def unread_file(world: LintContext) -> Iterator[Finding]:
    for path in world.unread:
        folder, _, name = path.rpartition("/")
        if name.endswith(".yml"):
            message, help = "this file is not read: its name ends in .yml", f"call it {name.removesuffix('.yml')}.yaml"
        else:
            message, help = (
                f"this file is not read: {folder} lies inside another folder",
                "flows stand in flows/ itself",
            )
        yield Finding("LO703", "warning", message, help, path, Span(1, 1, 1, 1))
